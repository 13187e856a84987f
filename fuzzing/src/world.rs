//! What surrounds a run beside its input.

use crate::oracle::CANARY;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// 2000-01-01T00:00:00Z in nanoseconds of Unix time: where the runtime's virtual clock starts.
pub(crate) const EPOCH: u64 = 946_684_800 * NANOS;
const NANOS: u64 = 1_000_000_000;

/// What surrounds a run beside its input: the same world and input always give the same run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    /// The environment.
    pub environment: Vec<(String, String)>,
    /// What the clock shows when the run starts, in nanoseconds of Unix time.
    pub clock: u64,
    /// Seed of randomness.
    pub seed: u64,
}

impl World {
    /// The world of an ordinary run: the runtime's virtual clock, this seed.
    pub fn usual(environment: Vec<(String, String)>, seed: u64) -> Self {
        Self {
            environment,
            clock: EPOCH,
            seed,
        }
    }
}

/// The worlds that a run is compared in. What a tool shows in one and not in another, it does
/// not owe to its input.
pub(crate) struct Worlds {
    pub(crate) usual: Arc<World>,
    /// Moved clocks: past, next year's, and so far on that anything set to go off has.
    pub(crate) clocks: Vec<Arc<World>>,
    pub(crate) seeds: Vec<Arc<World>>,
    /// Variables that programs look at to learn where they run.
    pub(crate) environments: Vec<Arc<World>>,
}

/// Variables that programs look at to learn who runs them.
const TELLING: [&str; 12] = [
    "CI",
    "DEBUG",
    "FUZZING",
    "TEST",
    "TESTING",
    "PRODUCTION",
    "ENV",
    "HOME",
    "USER",
    "HOSTNAME",
    "LANG",
    "TZ",
];

impl Worlds {
    pub(crate) fn around(usual: &World) -> Self {
        let moved = |seconds: u64| {
            Arc::new(World {
                clock: seconds * NANOS,
                ..usual.clone()
            })
        };
        let seeded = |seed: u64| {
            Arc::new(World {
                seed: usual.seed ^ seed,
                ..usual.clone()
            })
        };
        let told = |value: &str| {
            let mut world = usual.clone();
            for name in TELLING {
                if !world.environment.iter().any(|(had, _)| had == name) {
                    world.environment.push((name.to_owned(), value.to_owned()));
                }
            }
            Arc::new(world)
        };
        Self {
            clocks: vec![moved(86_400), moved(1_900_000_000), moved(4_000_000_000)],
            seeds: vec![seeded(0x5eed), seeded(0x0dd5_eed5)],
            environments: vec![told("1"), told(CANARY)],
            usual: Arc::new(usual.clone()),
        }
    }
}
