//! A module or component that is ready to run.

use crate::component;
use crate::host::State;
use crate::sandbox::Inner;
use crate::{Call, Digest, Execution};
use std::sync::Arc;
use wasmtime::{Engine, InstancePre, ModuleExport};

/// What kind of WebAssembly a tool is, and so how it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// A WASI preview 1 module with `_start`.
    Command,
    /// A component that exports `wasi:cli/run`.
    CommandComponent,
    /// A component of the world `ocode:tool/tool`: `manifest` and `run` instead of arguments and
    /// standard input.
    ToolComponent,
}

impl Form {
    /// In words, such as `command component`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::CommandComponent => "command component",
            Self::ToolComponent => "tool component",
        }
    }
}

/// A compiled module or component. Cheap to clone; each run is an instance of its own.
#[derive(Clone)]
pub struct Tool {
    pub(crate) sandbox: Arc<Inner>,
    pub(crate) code: Code,
    digest: Digest,
    module_bytes: u64,
}

/// What is instantiated for a call.
#[derive(Clone)]
pub(crate) enum Code {
    Module(Ready),
    Component(component::Ready),
}

/// A module whose imports are resolved.
#[derive(Clone)]
pub(crate) struct Ready {
    pub(crate) pre: InstancePre<State>,
    /// For runs that nothing makes wait.
    pub(crate) quick: InstancePre<State>,
    /// Where `_start` and `memory` are, so that no call looks for them by name.
    pub(crate) start: ModuleExport,
    pub(crate) memory: ModuleExport,
}

impl Code {
    pub(crate) fn engine(&self) -> &Engine {
        match self {
            Self::Module(module) => module.pre.module().engine(),
            Self::Component(component) => component.engine(),
        }
    }

    /// Whether a run of it can have several tasks, so that what one waits for lets others go on.
    pub(crate) fn has_tasks(&self) -> bool {
        match self {
            Self::Module(_) => false,
            Self::Component(component) => component.has_tasks(),
        }
    }

    /// How many of the sandbox's slots a run takes.
    pub(crate) fn slots(&self) -> u32 {
        match self {
            Self::Module(_) => 1,
            Self::Component(component) => component.slots(),
        }
    }

    /// What makes a call impossible before anything runs.
    pub(crate) fn refusal(&self, call: &Call) -> Option<String> {
        match self {
            Self::Module(_) => None,
            Self::Component(component) => component.refusal(call),
        }
    }
}

impl Tool {
    pub(crate) fn new(sandbox: Arc<Inner>, code: Code, digest: Digest, module_bytes: u64) -> Self {
        Self {
            sandbox,
            code,
            digest,
            module_bytes,
        }
    }

    /// Which form of the contract it has.
    pub fn form(&self) -> Form {
        match &self.code {
            Code::Module(_) => Form::Command,
            Code::Component(component) => component.form(),
        }
    }

    /// The size of the module or component that was compiled.
    pub fn module_bytes(&self) -> u64 {
        self.module_bytes
    }

    /// The SHA-256 of the module or component.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Runs it once, in a fresh instance, and says what happened.
    ///
    /// All forms are called alike: what a command reads from standard input and writes to
    /// standard output is what the `run` of a tool component takes and gives, its error is a line
    /// of JSON on standard error, and the argument `manifest` calls `manifest`.
    ///
    /// When as many runs as the sandbox allows are under way, it waits for its turn first; the
    /// wall time begins after that. Dropping the future ends the run.
    pub fn run(&self, call: Call) -> impl Future<Output = Execution> + Send {
        crate::run::run(self, call, None, None)
    }
}
