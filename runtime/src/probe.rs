//! Runs that are looked into: of modules to which something was added, and in moved time.

use crate::{Call, Execution, Tool};
use std::time::Duration;
use wasmtime::{Memory, Store};

/// What a run is told beside its call, and what it tells beside its execution.
///
/// The memory is one that the guest's own code can't name: whoever instruments a module gives it
/// a second one, exports that under a name of its own, and loads the module in a sandbox with
/// [`SandboxConfig::second_memory`](crate::SandboxConfig::second_memory). Components have none.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Probe {
    /// The export by which that memory is found; empty for none.
    pub memory: &'static str,
    /// Written to the first four bytes of that memory, little-endian, before `_start` is called.
    pub selector: u32,
    /// How far frozen and virtual clocks are ahead of where they start otherwise.
    pub ahead: Duration,
    /// After the run: all of that memory. Empty where there is none.
    pub marks: Vec<u8>,
    /// After the run: whether the guest ended itself by `proc_exit`, with any code, instead of
    /// returning from `_start`.
    pub left: bool,
}

impl Probe {
    /// A probe of a module that has a second memory.
    pub fn of(memory: &'static str, selector: u32) -> Self {
        Self {
            memory,
            selector,
            ..Self::default()
        }
    }

    /// A probe that moves frozen and virtual clocks ahead.
    pub fn ahead(by: Duration) -> Self {
        Self {
            ahead: by,
            ..Self::default()
        }
    }
}

/// A probe while its run goes on.
pub(crate) struct Probing<'p> {
    pub(crate) probe: &'p mut Probe,
    found: Option<Memory>,
}

impl<'p> Probing<'p> {
    pub(crate) fn new(probe: &'p mut Probe) -> Self {
        Self { probe, found: None }
    }

    /// Tells the instance what it is to do.
    pub(crate) fn begin<T>(
        &mut self,
        instance: wasmtime::Instance,
        store: &mut Store<T>,
    ) -> wasmtime::Result<()> {
        if self.probe.memory.is_empty() {
            return Ok(());
        }
        self.found = instance.get_memory(&mut *store, self.probe.memory);
        if let Some(memory) = self.found {
            memory.write(store, 0, &self.probe.selector.to_le_bytes())?;
        }
        Ok(())
    }

    /// Reads what the instance left.
    pub(crate) fn end<T>(self, store: &Store<T>, left: bool) {
        self.probe.left = left;
        self.probe.marks = match self.found {
            Some(memory) => memory.data(store).to_vec(),
            None => Vec::new(),
        };
    }
}

impl Tool {
    /// As [`Tool::run`], looked into: what the probe says is done, and what it asks is in it
    /// afterwards.
    pub async fn probe(&self, call: Call, probe: &mut Probe) -> Execution {
        crate::run::run(self, call, None, Some(Probing::new(probe))).await
    }
}
