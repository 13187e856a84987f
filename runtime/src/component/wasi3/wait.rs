//! Waiting in the middle of a host call.
//!
//! Functions of WASI 0.3 that may wait give way to the guest's other tasks, which could then see
//! how fast the host is. What is done with files is over when the call returns, as in WASI 0.2, so
//! that runs are the same to the unit of fuel, and so that recordings hold what a call was answered
//! within that call. The thread waits meanwhile; its other work goes on in another one.

use super::link;
use crate::host::{Patience, State, Stop};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;
use tokio::task::coop::unconstrained;
use wasmtime::{Result, StoreContextMut};

/// A host call that is over when it returns: counted and, where a tape is there, recorded.
pub(super) fn at_once<T>(
    store: &mut StoreContextMut<'_, State>,
    function: &str,
    words: impl FnOnce() -> String,
    answer: impl AsyncFnOnce(&mut State) -> Result<T>,
) -> Result<T> {
    let state = link::enter(store, function, words)?;
    let patience = state.patience.clone();
    let answer = held(&patience, answer(state))??;
    if let Some(tape) = &state.tape {
        tape.done(state.file_bytes)?;
    }
    Ok(answer)
}

/// Waits for a future in this thread, until the run's time is over or it is called off.
///
/// # Errors
/// Which of both.
pub(super) fn held<T>(patience: &Patience, future: impl Future<Output = T>) -> Result<T, Stop> {
    // Whoever polls this task may have used up its budget, and nobody here would give it more.
    let mut future = pin!(unconstrained(future));
    let mut context = Context::from_waker(Waker::noop());
    if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
        return Ok(value);
    }
    let handle = Handle::try_current();
    if handle.is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread) {
        return block_in_place(|| parked(patience, future));
    }
    parked(patience, future)
}

fn parked<T>(
    patience: &Patience,
    mut future: Pin<&mut impl Future<Output = T>>,
) -> Result<T, Stop> {
    let cancelled = patience.cancel.cancelled();
    let mut either = pin!(unconstrained(async {
        let mut cancelled = pin!(cancelled);
        poll_fn(|context| {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(value));
            }
            let cancelled = cancelled.as_mut().poll(context);
            cancelled.map(|()| Err(Stop::Cancelled))
        })
        .await
    }));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(result) = either.as_mut().poll(&mut context) {
            return result;
        }
        let left = patience.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Stop::Deadline);
        }
        thread::park_timeout(left);
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::sync::oneshot;
    use tokio_util::sync::CancellationToken;

    fn patience(left: Duration) -> Patience {
        Patience {
            until: Instant::now() + left,
            cancel: CancellationToken::new(),
        }
    }

    const LONG: Duration = Duration::from_hours(1);

    /// Another thread answers, as those do that work on files.
    fn answered() -> u8 {
        let (answer, answered) = oneshot::channel();
        let other = thread::spawn(move || answer.send(7));
        let value = held(&patience(LONG), answered).expect("there is time");
        other.join().expect("it ends").expect("somebody listens");
        value.expect("it was sent")
    }

    #[test]
    fn what_another_thread_answers_is_waited_for() {
        assert_eq!(answered(), 7);
    }

    #[test]
    fn both_kinds_of_runtime_can_wait() {
        for mut builder in [
            tokio::runtime::Builder::new_current_thread(),
            tokio::runtime::Builder::new_multi_thread(),
        ] {
            let runtime = builder.build().expect("a runtime");
            assert_eq!(runtime.block_on(async { answered() }), 7);
            let task = runtime.spawn(async { answered() });
            assert_eq!(runtime.block_on(task).expect("it ends"), 7);
        }
    }

    #[test]
    fn a_thread_of_one_worker_that_waits_keeps_nobody_up() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .expect("a runtime");
        let (answer, answered) = oneshot::channel();
        let waits = runtime.spawn(async { held(&patience(LONG), answered) });
        let answers = runtime.spawn(async { answer.send(7) });
        let ended = runtime.block_on(async { tokio::join!(waits, answers) });
        let value = ended.0.expect("it ends").expect("there is time");
        assert_eq!(value, Ok(7));
    }

    #[test]
    fn waiting_ends_with_the_time_and_when_called_off() {
        let never = std::future::pending::<()>();
        let over = held(&patience(Duration::ZERO), never);
        assert!(matches!(over, Err(Stop::Deadline)));
        let called_off = patience(LONG);
        called_off.cancel.cancel();
        let over = held(&called_off, std::future::pending::<()>());
        assert!(matches!(over, Err(Stop::Cancelled)));
        // What is there is given, whatever the time.
        assert!(held(&patience(Duration::ZERO), std::future::ready(())).is_ok());
    }
}
