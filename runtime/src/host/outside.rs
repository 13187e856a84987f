//! Calls of wasmtime-wasi, and what stands in for them when a run is repeated.

use super::{State, hold};
use crate::record::question;
use wasmtime::{Caller, Result};

/// wasmtime-wasi's function of that name, on a memory that may be the guest's: `sync` gives its
/// result, `waits` a future of it. In a replay the recording answers, and wasmtime-wasi is not
/// asked.
macro_rules! outside {
    (sync $state:expr, $memory:expr, $name:ident, $($arg:expr),*) => {
        outside!(@ $state, $memory, $name, [$($arg),*])
    };
    (waits $state:expr, $memory:expr, $name:ident, $($arg:expr),*) => {
        async { outside!(@ $state, $memory, $name, [$($arg),*] .await) }
    };
    (@ $state:expr, $memory:expr, $name:ident, [$($arg:expr),*] $(. $await:tt)?) => {{
        use wasmtime_wasi::p1::wasi_snapshot_preview1 as wasi;
        let state: &mut $crate::host::State = &mut *$state;
        let memory: &mut [u8] = &mut *$memory;
        match state.replayed(stringify!($name), memory, &[$(i64::from($arg)),*]) {
            Some(answer) => answer,
            None => {
                let answer = wasi::$name(
                    state.wasi(),
                    &mut wiggle::GuestMemory::Unshared(&mut *memory),
                    $($arg),*
                ) $(. $await)?;
                if let Some(tape) = &state.tape {
                    tape.answered(stringify!($name), memory, &[$(i64::from($arg)),*], &answer);
                }
                answer
            }
        }
    }};
}

/// Puts a call of the guest on the tape, or compares it.
///
/// # Errors
/// Where a replay ends because the guest asks for something else.
#[cold]
pub(super) fn asked(
    caller: &mut Caller<'_, State>,
    function: &str,
    arguments: &[i64],
) -> Result<()> {
    let left = caller.get_fuel()?;
    let host = hold(caller)?;
    let words = question(&host, function, arguments);
    let used = host.state.limits.fuel.0.saturating_sub(left);
    match &host.state.tape {
        Some(tape) => tape.asked(function, words, used),
        None => Ok(()),
    }
}

impl State {
    /// In a replay, what wasmtime-wasi answered to this then.
    pub(super) fn replayed(
        &mut self,
        function: &str,
        memory: &mut [u8],
        arguments: &[i64],
    ) -> Option<Result<i32>> {
        let answer = self.tape.as_ref()?.replayed(function, memory, arguments)?;
        // As if it had been set up to answer.
        self.may_have_files = true;
        Some(answer)
    }

    /// Random bytes of the system's.
    ///
    /// # Errors
    /// When the system has none, or a replay ends.
    pub(super) fn random(&self, to: &mut [u8]) -> Result<()> {
        let system = |to: &mut [u8]| Ok(getrandom::fill(to)?);
        match &self.tape {
            Some(tape) => tape.bytes("random_get", to, system),
            None => system(to),
        }
    }
}
