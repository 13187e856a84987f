//! Functions that every tool calls and that never wait, as plain calls.
//!
//! A function that may wait is a future in a box, made for each call, which takes longer than
//! what these do. A run that was granted no folder and whose output nobody listens to gets them
//! as functions that return at once. Such a function can't give way to others, so the guest's own
//! code has to: fuel sees to that, and whoever calls these very often is interrupted after less
//! fuel, and less again, until the calls between two turns are few.

use super::{Host, MODULE, State, enter, files, input};
use crate::sandbox::YIELD_INTERVAL;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wasmtime::{AsContextMut as _, Caller, Linker, Result, bail};

/// How much of such work a run does before its fuel between two turns becomes less: a unit is a
/// call, or eight of the things that it went through, and takes some tens of nanoseconds.
const MUCH: u64 = 1 << 15;
/// Each time it has done that many times more, the fuel becomes that many times less.
const STEP: u64 = 4;
/// The least fuel between two turns.
const LEAST: u64 = 1_000;

/// What a run has done in these functions.
pub(crate) struct Work {
    done: u64,
    /// What makes the fuel between two turns become less.
    much: u64,
    interval: u64,
}

impl Default for Work {
    fn default() -> Self {
        Self {
            done: 0,
            much: MUCH,
            interval: YIELD_INTERVAL,
        }
    }
}

impl Work {
    /// Counts a call, and says if the fuel between two turns is to change.
    fn count(&mut self, things: u64) -> Option<u64> {
        self.done = self.done.saturating_add(1 + things / 8);
        if self.done < self.much || self.interval == LEAST {
            return None;
        }
        self.much = self.much.saturating_mul(STEP);
        self.interval = (self.interval / STEP).max(LEAST);
        Some(self.interval)
    }
}

/// The result of a future that does not wait.
fn at_once<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        // Nothing that a run without folders has can make it wait.
        Poll::Pending => bail!("a file was waited for in a run that has none"),
    }
}

/// Defines each in place of the one that waits; what it goes through is the last argument.
macro_rules! quick {
    ($($name:ident ( $($arg:ident),* ) [$module:ident] $things:expr;)*) => {
        /// Puts them in the place of those that may wait.
        pub(crate) fn shadow(linker: &mut Linker<State>) -> Result<()> {
            linker.allow_shadowing(true);
            $(
                linker.func_wrap(
                    MODULE,
                    stringify!($name),
                    |mut caller: Caller<'_, State>, $($arg: i32),*| -> Result<i32> {
                        let things: fn(&Host<'_>, [i32; quick!(@count $($arg)*)]) -> u64 = $things;
                        let mut host = enter(&mut caller)?;
                        let things = things(&host, [$($arg),*]);
                        let interval = host.state.work.count(things);
                        let answer = at_once($module::$name(&mut host, $($arg),*))?;
                        if let Some(interval) = interval {
                            caller.as_context_mut().fuel_async_yield_interval(Some(interval))?;
                        }
                        Ok(answer)
                    },
                )?;
            )*
            linker.allow_shadowing(false);
            Ok(())
        }
    };
    (@count) => { 0 };
    (@count $first:ident $($rest:ident)*) => { 1 + quick!(@count $($rest)*) };
}

quick! {
    args_sizes_get(count, size) [input] |host, _| host.state.words.args.len() as u64;
    environ_sizes_get(count, size) [input] |host, _| host.state.words.env.len() as u64;
    fd_prestat_get(fd, result) [input] |_, _| 0;
    fd_read(fd, iovs, count, result) [files] |_, [_, _, count, _]| vectors(count);
    fd_write(fd, iovs, count, result) [files] |_, [_, _, count, _]| vectors(count);
}

/// The vectors that are looked at.
fn vectors(count: i32) -> u64 {
    u64::from(
        count
            .cast_unsigned()
            .min(files::MAX_VECTORS.cast_unsigned()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_work_makes_turns_come_sooner_down_to_the_least() {
        let mut work = Work::default();
        for _ in 1..MUCH {
            assert_eq!(work.count(7), None);
        }
        let mut intervals = Vec::new();
        for _ in 0..100_000 {
            intervals.extend(work.count(u64::from(u32::MAX)));
        }
        assert_eq!(intervals, [250_000, 62_500, 15_625, 3_906, 1_000]);
    }

    #[test]
    fn what_a_call_goes_through_counts_as_calls() {
        let mut work = Work::default();
        assert_eq!(work.count(8 * (MUCH - 2)), None);
        assert_eq!(work.count(0), Some(YIELD_INTERVAL / STEP));
        assert_eq!(work.count(0), None);
    }
}
