//! What goes on beside the guest of a run that is recorded or repeated ([`crate::network::Beside`]).

use super::network::Networking;
use crate::host::State;
use crate::record::Tape;
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wasmtime::Result;

impl State {
    /// Puts a host call on the tape, or compares it, and lets what goes on beside the guest go on.
    ///
    /// # Errors
    /// Where a replay ends because the guest asks for something else.
    #[cold]
    pub(super) fn begin(&mut self, function: &str, words: String, left: u64) -> Result<()> {
        let used = self.limits.fuel.0.saturating_sub(left);
        if let Some(tape) = &self.tape {
            tape.asked(function, words, used)?;
        }
        self.go_on()
    }

    /// What comes next is of the network by WASI 0.3, of which a recording keeps nothing: there,
    /// other tasks of the guest go on while one waits.
    ///
    /// # Errors
    /// Where a replay ends.
    pub(super) fn keeps_no_network(&mut self) -> Result<()> {
        let tape = self.tape.as_ref();
        tape.map_or(Ok(()), Tape::keeps_no_network)
    }

    /// Lets what goes on beside the guest go on as far as it can.
    ///
    /// # Errors
    /// Where a resource is not what it was.
    pub(super) fn go_on(&mut self) -> Result<()> {
        let mut context = Context::from_waker(Waker::noop());
        if let Some(tape) = &self.tape {
            tape.turn();
        }
        loop {
            let given = self.tape.as_ref().map_or(0, Tape::given);
            self.parts.networking.go_on(&mut context);
            self.parts.give()?;
            // In a replay everything has come that can: one thing can be what another waits for.
            if self.tape.as_ref().map_or(0, Tape::given) == given {
                return Ok(());
            }
        }
    }
}

/// Waits for something, and lets what goes on beside the guest go on meanwhile.
///
/// # Errors
/// Where a replay ends: nothing is waited for in it, and here something has not come.
pub(super) async fn beside<T>(
    tape: Option<&Tape>,
    networking: &mut Networking,
    waited: impl Future<Output = T>,
) -> Result<T> {
    let Some(tape) = tape else {
        return Ok(waited.await);
    };
    let mut waited = pin!(waited);
    if !tape.replays() {
        let both = poll_fn(|context| {
            tape.turn();
            networking.go_on(context);
            waited.as_mut().poll(context)
        });
        return Ok(both.await);
    }
    let mut context = Context::from_waker(Waker::noop());
    tape.turn();
    loop {
        let given = tape.given();
        networking.go_on(&mut context);
        if let Poll::Ready(value) = waited.as_mut().poll(&mut context) {
            return Ok(value);
        }
        if tape.given() == given && !tape.next_turn() {
            return Err(tape.stuck());
        }
    }
}
