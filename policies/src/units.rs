//! Quantities that carry their unit in their type.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// WebAssembly work, in wasmtime's units: about one per executed instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fuel(pub u64);

/// A size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// Elapsed time, in whole microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WallTime(pub u64);

impl Bytes {
    /// A number of binary kilobytes (1024 bytes).
    pub const fn kib(n: u64) -> Self {
        Self(n * 1024)
    }
    /// A number of binary megabytes (1024 KiB).
    pub const fn mib(n: u64) -> Self {
        Self(n * 1024 * 1024)
    }
}

impl WallTime {
    /// A number of milliseconds.
    pub const fn millis(n: u64) -> Self {
        Self(n * 1000)
    }
    /// A number of seconds.
    pub const fn secs(n: u64) -> Self {
        Self(n * 1_000_000)
    }
    /// The same as the standard library's type.
    pub const fn as_duration(self) -> Duration {
        Duration::from_micros(self.0)
    }
}
