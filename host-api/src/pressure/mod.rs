//! When memory runs short, validations wait before calls suffer.
//!
//! ```text
//!  control group ─▶ reading ─▶ guard ─▶ paused, or not ─▶ the queue's workers
//!                                    └▶ metrics, log
//! ```
//!
//! A validation that waits costs nothing but time, and is kept; a call that meets an empty machine
//! ends with it. So no new validation begins while the control group that the service is in is nearly
//! full, or while its processes stall on memory. Those that run go on: each is bounded by itself.

mod reading;

use reading::{Groups, Reading};
use runtime::CancellationToken;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;

/// When validations wait because memory runs short. Between the thresholds what was decided stays, so
/// that nothing flickers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryGuard {
    /// The folder of a control group (version 2) whose memory counts. Default: the process's own, and
    /// those around it; where none has a limit, only stalls count.
    pub control_group: Option<PathBuf>,
    /// They wait from so many percent of the limit on, files that can be dropped not counted.
    /// Default: 80.
    pub pause_at: u8,
    /// They go on below so many percent. Default: 70.
    pub resume_below: u8,
    /// They wait from so many percent of time on in which some process of the group stalled on memory
    /// (PSI, average of 10 s). Default: 20.
    pub pause_at_stall: u8,
    /// They go on below so many percent of it. Default: 5.
    pub resume_below_stall: u8,
    /// How often is looked. Default: 1 s.
    pub look_every: Duration,
}

impl Default for MemoryGuard {
    fn default() -> Self {
        Self {
            control_group: None,
            pause_at: 80,
            resume_below: 70,
            pause_at_stall: 20,
            resume_below_stall: 5,
            look_every: Duration::from_secs(1),
        }
    }
}

impl MemoryGuard {
    /// Waiting from so many percent of the limit on, and going on below seven eighths of that.
    #[must_use]
    pub fn pausing_at(mut self, percent: u8) -> Self {
        self.pause_at = percent;
        // Below 0 % is nothing.
        self.resume_below = (percent - percent.div_ceil(8)).max(1);
        self
    }

    /// Whether validations wait after this reading, if they did or did not before it.
    fn decide(&self, paused: bool, reading: &Reading) -> bool {
        let (full, stall) = if paused {
            (self.resume_below, self.resume_below_stall)
        } else {
            (self.pause_at, self.pause_at_stall)
        };
        reading.fills(full) || reading.stalls(stall)
    }
}

/// What the guard saw last, and what it made of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pressure {
    /// Validations wait.
    pub(crate) paused: bool,
    /// Bytes that the group holds; none where there is no limit.
    pub(crate) used: Option<u64>,
    /// Bytes that it may hold; none where there is no limit.
    pub(crate) limit: Option<u64>,
}

/// Who looks.
pub(crate) struct Guard {
    config: MemoryGuard,
    groups: Groups,
    pressure: watch::Sender<Pressure>,
}

impl Guard {
    /// Looks once, so that what is waiting at a start does not begin on a full machine.
    pub(crate) fn new(config: MemoryGuard, pressure: watch::Sender<Pressure>) -> Self {
        let guard = Self {
            groups: Groups::find(config.control_group.as_deref()),
            config,
            pressure,
        };
        guard.look();
        guard
    }

    /// Looks now and then until it is told to end, and tells those who wait.
    pub(crate) async fn watch(self, end: CancellationToken) {
        let mut ticks = tokio::time::interval(self.config.look_every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = end.cancelled() => return,
                _ = ticks.tick() => self.look(),
            }
        }
    }

    /// A few short files that the kernel makes up: no disk is waited for.
    fn look(&self) {
        let reading = self.groups.read();
        let before = self.pressure.borrow().paused;
        let paused = self.config.decide(before, &reading);
        if paused && !before {
            tracing::warn!(
                used_bytes = reading.used,
                limit_bytes = reading.limit,
                stalled_percent = reading.stalled_percent(),
                "memory runs short: validations wait, calls go on"
            );
        } else if before && !paused {
            tracing::info!(
                used_bytes = reading.used,
                limit_bytes = reading.limit,
                "there is memory again: validations go on"
            );
        }
        self.pressure.send_replace(Pressure {
            paused,
            used: reading.used,
            limit: reading.limit,
        });
    }
}

/// Waits until validations may begin.
pub(crate) async fn relieved(pressure: &mut watch::Receiver<Pressure>) {
    // An error means that nobody looks any more, and then nobody says that memory is short.
    drop(pressure.wait_for(|pressure| !pressure.paused).await);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(used: u64, limit: u64, stalled: u32) -> Reading {
        Reading {
            used: Some(used),
            limit: Some(limit),
            stalled,
        }
    }

    #[test]
    fn validations_wait_from_the_threshold_on_and_go_on_below_the_other() {
        let guard = MemoryGuard::default();
        assert!(!guard.decide(false, &reading(799, 1000, 0)), "just under");
        assert!(guard.decide(false, &reading(800, 1000, 0)), "at it");
        assert!(guard.decide(true, &reading(700, 1000, 0)), "not yet below");
        assert!(!guard.decide(true, &reading(699, 1000, 0)), "below");
        // Between the two nothing changes.
        for used in [700, 799] {
            for paused in [false, true] {
                assert_eq!(guard.decide(paused, &reading(used, 1000, 0)), paused);
            }
        }
    }

    #[test]
    fn stalls_count_as_a_full_group_does() {
        let guard = MemoryGuard::default();
        assert!(!guard.decide(false, &reading(0, 1000, 1999)), "19.99 %");
        assert!(guard.decide(false, &reading(0, 1000, 2000)), "20.00 %");
        assert!(guard.decide(true, &reading(0, 1000, 500)), "5.00 %");
        assert!(!guard.decide(true, &reading(0, 1000, 499)), "4.99 %");
        // One of the two is enough to wait, both are needed to go on.
        assert!(guard.decide(true, &reading(700, 1000, 0)));
    }

    #[test]
    fn without_a_limit_only_stalls_count() {
        let guard = MemoryGuard::default();
        let mut none = Reading {
            used: None,
            limit: None,
            stalled: 0,
        };
        assert!(!guard.decide(false, &none) && !guard.decide(true, &none));
        none.stalled = 2000;
        assert!(guard.decide(false, &none));
    }

    #[test]
    fn figures_near_the_end_of_numbers_are_compared_as_they_are() {
        let guard = MemoryGuard::default().pausing_at(100);
        assert_eq!(guard.resume_below, 87);
        assert!(guard.decide(false, &reading(u64::MAX, u64::MAX, 0)));
        assert!(!guard.decide(false, &reading(u64::MAX - 1, u64::MAX, 0)));
        assert_eq!(
            MemoryGuard::default().pausing_at(80),
            MemoryGuard::default()
        );
        let lowest = MemoryGuard::default().pausing_at(1);
        assert!(lowest.decide(false, &reading(1, 100, 0)));
        assert!(!lowest.decide(true, &reading(0, 100, 0)), "it can go on");
    }
}
