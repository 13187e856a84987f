//! What is kept while a run goes on.

use super::calls::{Calls, Question};
use super::observe::Observer;
use super::outputs;
use super::recording::Answer;
use crate::sandbox::Largest;

/// Keeps what a run asks and is answered from outside, within a bound.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each says something of its own"
)]
pub(super) struct Recorder {
    /// Bytes that may be kept.
    room: u64,
    /// Bytes that are kept in answers.
    held: u64,
    /// There was more than there is room for; nothing is kept any more.
    pub(super) overflowed: bool,
    /// The network was used in a way of which nothing is kept.
    pub(super) network: bool,
    /// The run has ended.
    pub(super) closed: bool,
    /// How often what goes on beside the guest had its turn in this host call.
    pub(super) turn: u32,
    pub(super) calls: Calls,
    pub(super) answers: Vec<Answer>,
    pub(super) functions: Vec<String>,
    /// Fuel used before the last call.
    fuel: u64,
    /// The longest name of a folder that the guest sees.
    pub(super) longest: usize,
    /// Why a folder could not be opened.
    pub(super) opening: Option<String>,
    /// Whether an instance was made.
    pub(super) began: bool,
    /// Whether a host call is under way: where a run is called off, it is called off in that.
    pub(super) in_call: bool,
    pub(super) largest: Option<Largest>,
    pub(super) observer: Option<Observer>,
}

/// What an answer takes beside its bytes.
const ANSWER: u64 = 64;

impl Recorder {
    pub(super) fn new(room: u64) -> Self {
        Self {
            room,
            held: 0,
            overflowed: false,
            network: false,
            closed: false,
            turn: 0,
            calls: Calls::default(),
            answers: Vec::new(),
            functions: Vec::new(),
            fuel: 0,
            longest: 0,
            opening: None,
            began: false,
            in_call: false,
            largest: None,
            observer: None,
        }
    }

    pub(super) fn asked(&mut self, question: &Question) {
        self.in_call = true;
        self.turn = 0;
        if let Some(observer) = &mut self.observer {
            observer.asked(&question.function);
        }
        if self.overflowed {
            return;
        }
        self.calls.add(question, self.fuel);
        self.fuel = question.fuel;
        self.look();
    }

    /// Keeps nothing and watches.
    pub(super) fn observing() -> Self {
        Self {
            overflowed: true,
            observer: Some(Observer::default()),
            ..Self::new(0)
        }
    }

    /// A host call has ended; so many bytes were written to files until now.
    pub(super) fn done(&mut self, file_bytes: u64) {
        self.in_call = false;
        if let Some(observer) = &mut self.observer {
            observer.observed.file_bytes = file_bytes;
        }
    }

    /// Keeps what wasmtime-wasi answered.
    pub(super) fn answered(
        &mut self,
        function: &str,
        arguments: &[i64],
        memory: &[u8],
        result: &wasmtime::Result<i32>,
    ) {
        if let (Some(observer), Ok(errno)) = (&mut self.observer, result) {
            observer.answered(function, arguments, memory, *errno);
        }
        if self.overflowed {
            return;
        }
        let (errno, trap) = match result {
            Ok(errno) => (*errno, None),
            Err(error) => (0, Some(error.root_cause().to_string())),
        };
        let bytes = if errno == 0 && trap.is_none() {
            // wasmtime-wasi has just written there, so it is inside.
            outputs::taken(function, arguments, memory, self.longest).unwrap_or_default()
        } else {
            Vec::new()
        };
        self.keep(function, errno, trap, bytes);
    }

    pub(super) fn keep(
        &mut self,
        function: &str,
        errno: i32,
        trap: Option<String>,
        bytes: Vec<u8>,
    ) {
        if self.overflowed || self.closed {
            return;
        }
        self.held += ANSWER + (bytes.len() + trap.as_ref().map_or(0, String::len)) as u64;
        let function = self.number(function);
        self.answers.push(Answer {
            call: self.calls.count,
            function,
            errno,
            trap,
            bytes,
        });
        self.look();
    }

    /// A function's number: names are kept once.
    fn number(&mut self, function: &str) -> u16 {
        let known = self.functions.iter().position(|name| name == function);
        let index = known.unwrap_or_else(|| {
            self.functions.push(function.to_owned());
            self.functions.len() - 1
        });
        u16::try_from(index).unwrap_or(u16::MAX)
    }

    /// Gives everything up where it has become too much.
    fn look(&mut self) {
        if self.held + self.calls.size() > self.room {
            self.forget();
        }
    }

    /// Something of the network comes that is not kept.
    pub(super) fn gives_up(&mut self) {
        // Who gave up before for want of room says so.
        self.network |= !self.overflowed;
        self.forget();
    }

    /// Keeps nothing from now on: an incomplete recording is none.
    fn forget(&mut self) {
        self.overflowed = true;
        self.answers = Vec::new();
        self.calls = Calls::default();
    }
}
