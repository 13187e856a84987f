//! Where times come from.

use jiff::Timestamp;

/// Tells the time that is written with moves and events.
///
/// The order of moves is their sequence number, never their time: a clock may go backwards.
pub trait Clock: Send + Sync {
    /// The time now. Kept to the microsecond.
    fn now(&self) -> Timestamp;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

impl<F: Fn() -> Timestamp + Send + Sync> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}
