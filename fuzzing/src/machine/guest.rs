//! What a run has and has done so far.

use crate::comparisons::Comparisons;
use crate::world::World;
use std::sync::Arc;
use wasmtime::{Memory, ResourceLimiter};

/// Ends a run from inside a host function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    #[error("more was written to standard output than is allowed")]
    Output,
    #[error("the host was made to do too much")]
    Work,
}

/// How much one run may use here. Fuel is that of the rewritten module, which does a few times
/// as much for the same work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) fuel: u64,
    pub(crate) memory: usize,
    pub(crate) table_elements: usize,
    pub(crate) output: usize,
    pub(crate) stderr: usize,
    /// The size of our own memory, which is not the guest's.
    pub(crate) ours: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            fuel: 100_000_000,
            memory: 64 << 20,
            table_elements: 20_000,
            output: 1 << 20,
            stderr: 64 << 10,
            ours: 0,
        }
    }
}

/// What the guest asked of its world in this run: what it did not ask for, it can't depend on.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own"
)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) clock: bool,
    pub(crate) random: bool,
    pub(crate) environment: bool,
    pub(crate) arguments: bool,
}

/// Something that it tried and that nothing allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    /// The host function.
    pub(crate) what: String,
}

/// What a run has and has done so far.
pub(crate) struct Guest {
    pub(crate) memory: Option<Memory>,
    pub(crate) limits: Room,
    pub(crate) world: Arc<World>,
    pub(crate) input: Vec<u8>,
    /// How much of it was read.
    pub(crate) read: usize,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// Nanoseconds since the clock's start.
    pub(crate) elapsed: u64,
    pub(crate) seed: u64,
    pub(crate) asked: Asked,
    pub(crate) denied: Vec<Denied>,
    pub(crate) host_calls: u64,
    /// Bytes that the host moved.
    pub(crate) moved: u64,
    /// Ranges of the memory that the host wrote: start and length.
    pub(crate) host_writes: Vec<(u32, u32)>,
    pub(crate) peak_memory: usize,
    /// Whether it asked for more memory or table than there is.
    pub(crate) refused: bool,
    pub(crate) comparisons: Comparisons,
}

impl Default for Guest {
    fn default() -> Self {
        Self {
            memory: None,
            limits: Room::default(),
            world: Arc::new(World::usual(Vec::new(), 0)),
            input: Vec::new(),
            read: 0,
            stdout: Vec::new(),
            stderr: Vec::new(),
            elapsed: 0,
            seed: 0,
            asked: Asked::default(),
            denied: Vec::new(),
            host_calls: 0,
            moved: 0,
            host_writes: Vec::new(),
            peak_memory: 0,
            refused: false,
            comparisons: Comparisons::default(),
        }
    }
}

/// Denied attempts that are kept.
const MOST_DENIED: usize = 8;

impl Guest {
    /// Makes ready for a run.
    pub(crate) fn begin(&mut self, input: &[u8], world: &Arc<World>) {
        self.input.clear();
        self.input.extend_from_slice(input);
        self.read = 0;
        self.stdout.clear();
        self.stderr.clear();
        self.elapsed = 0;
        self.seed = world.seed;
        if !Arc::ptr_eq(&self.world, world) {
            self.world = Arc::clone(world);
        }
        self.asked = Asked::default();
        self.denied.clear();
        self.host_calls = 0;
        self.moved = 0;
        self.host_writes.clear();
        self.refused = false;
        self.comparisons.clear();
    }

    /// Remembers that the host wrote here.
    pub(crate) fn wrote(&mut self, at: u32, length: u32) {
        if length > 0 {
            self.host_writes.push((at, length));
        }
    }

    pub(crate) fn denied(&mut self, attempt: Denied) {
        if self.denied.len() < MOST_DENIED && !self.denied.contains(&attempt) {
            self.denied.push(attempt);
        }
    }
}

impl ResourceLimiter for Guest {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        if current == 0 && desired == self.limits.ours && maximum == Some(desired) {
            return Ok(true);
        }
        if desired > self.limits.memory {
            self.refused = true;
            return Ok(false);
        }
        self.peak_memory = self.peak_memory.max(desired);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let fits = desired <= self.limits.table_elements;
        self.refused |= !fits;
        Ok(fits)
    }
}
