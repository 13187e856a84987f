//! Circuit breakers for what the program asks of others.

use failsafe::failure_policy::{ConsecutiveFailures, consecutive_failures};
use failsafe::{Config, StateMachine};
use std::time::Duration;
use tower::util::rng::{HasherRng, Rng as _};

/// Closed until so many in a row failed; then open for a while that grows, with a random part, until one
/// succeeds.
pub(crate) type Breaker = StateMachine<ConsecutiveFailures<Breaks>, ()>;

/// One that so many failures in a row open, first for about `shortest`, later for `longest` at most.
pub(crate) fn breaker(failures: u32, shortest: Duration, longest: Duration) -> Breaker {
    let breaks = Breaks {
        next: shortest,
        longest,
        random: HasherRng::default(),
    };
    Config::new()
        .failure_policy(consecutive_failures(failures, breaks))
        .build()
}

/// How long a breaker is open, each time: twice as long as the last time, and of that a half and a random
/// part of the other half. (Those of failsafe itself are whole seconds.)
#[derive(Clone, Debug)]
pub(crate) struct Breaks {
    next: Duration,
    longest: Duration,
    random: HasherRng,
}

impl Iterator for Breaks {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let whole = self.next.min(self.longest);
        self.next = whole.saturating_mul(2);
        Some(whole / 2 + (whole / 2).mul_f64(self.random.next_f64().clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_grow_twofold_to_the_longest_and_differ() {
        let breaks = |_| {
            let breaks = Breaks {
                next: Duration::from_millis(100),
                longest: Duration::from_secs(1),
                random: HasherRng::default(),
            };
            breaks.take(8).collect::<Vec<_>>()
        };
        let many: Vec<_> = (0..20).map(breaks).collect();
        let wholes = [100, 200, 400, 800, 1000, 1000, 1000, 1000].map(Duration::from_millis);
        for breaks in &many {
            for (took, whole) in breaks.iter().zip(wholes) {
                assert!(
                    *took >= whole / 2 && *took <= whole,
                    "{took:?} of {whole:?}"
                );
            }
        }
        assert!(many.iter().any(|breaks| breaks != &many[0]), "by chance");
    }

    #[test]
    fn it_opens_at_the_failure_and_not_one_early() {
        let breaker = breaker(3, Duration::from_hours(1), Duration::from_hours(1));
        for _ in 0..2 {
            breaker.on_error();
            assert!(breaker.is_call_permitted());
        }
        breaker.on_success();
        for _ in 0..2 {
            breaker.on_error();
            assert!(breaker.is_call_permitted(), "in a row");
        }
        breaker.on_error();
        assert!(!breaker.is_call_permitted());
    }
}
