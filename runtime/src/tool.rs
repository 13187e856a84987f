//! A module that is ready to run.

use crate::host::State;
use crate::sandbox::Inner;
use crate::{Call, Digest, Execution};
use std::sync::Arc;
use wasmtime::{InstancePre, ModuleExport};

/// A compiled module. Cheap to clone; each run is an instance of its own.
#[derive(Clone)]
pub struct Tool {
    pub(crate) sandbox: Arc<Inner>,
    pub(crate) pre: InstancePre<State>,
    /// For runs that nothing makes wait.
    pub(crate) quick: InstancePre<State>,
    /// Where `_start` and `memory` are, so that no call looks for them by name.
    pub(crate) start: ModuleExport,
    pub(crate) memory: ModuleExport,
    digest: Digest,
    module_bytes: u64,
}

impl Tool {
    pub(crate) fn new(
        sandbox: Arc<Inner>,
        [pre, quick]: [InstancePre<State>; 2],
        [start, memory]: [ModuleExport; 2],
        digest: Digest,
        module_bytes: u64,
    ) -> Self {
        Self {
            sandbox,
            pre,
            quick,
            start,
            memory,
            digest,
            module_bytes,
        }
    }

    /// The size of the module that was compiled.
    pub fn module_bytes(&self) -> u64 {
        self.module_bytes
    }

    /// The SHA-256 of the module.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Runs it once, in a fresh instance, and says what happened.
    ///
    /// When as many runs as the sandbox allows are under way, it waits for its turn first; the
    /// wall time begins after that. Dropping the future ends the run.
    pub fn run(&self, call: Call) -> impl Future<Output = Execution> + Send {
        crate::run::run(self, call)
    }
}
