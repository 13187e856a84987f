//! What can go wrong before a module runs.

use policies::Bytes;
use std::path::PathBuf;

/// Why a sandbox could not be set up: the operator's matter.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The engine refused its settings, or the system did not give it address space.
    #[error(
        "the WebAssembly engine can't start: {0:#}; lower the number of concurrent calls or the largest memory"
    )]
    Engine(wasmtime::Error),
    /// A root certificate is none.
    #[error("a root certificate can't be used: {reason}; give X.509 certificates in DER")]
    Root {
        /// What is wrong.
        reason: String,
    },
    /// The folder for compiled code or the installation's key can't be used.
    #[error("{path}: {reason}; {remedy}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
}

/// Why a module was refused before it ran.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// No bytes at all.
    #[error("the module is empty: give a WebAssembly module")]
    Empty,
    /// Larger than the policy allows.
    #[error(
        "the module has {size} bytes, more than the {limit} allowed (limits.module_size): build it with opt-level \"s\" and fewer dependencies, or raise the limit"
    )]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit.
        limit: Bytes,
    },
    /// Something else than WebAssembly.
    #[error("this is not WebAssembly: it starts with {start:?}, not with \"\\0asm\"")]
    NotWasm {
        /// Its first bytes.
        start: String,
    },
    /// Broken, truncated, or of a version or with features that are not supported.
    #[error("the module is not valid: {message}")]
    Invalid {
        /// What and where (byte offset).
        message: String,
    },
    /// Wants more memory or tables from its start than the sandbox has room for in any slot.
    #[error(
        "the module wants more room than any run has here: {message}; let it ask for less at its start, or have the operator raise the sandbox's largest memory or tables"
    )]
    TooDemanding {
        /// What it wants and what there is.
        message: String,
    },
    /// An import that is not WASI: preview 1 for modules, 0.2 or 0.3 for components.
    #[error(
        "the module imports `{module}`::`{name}`, which is no part of WASI that is given here: remove what needs it"
    )]
    ForeignImport {
        /// The import's module, or the interface with its version.
        module: String,
        /// The import's name.
        name: String,
    },
    /// A WASI import of another type than WASI's.
    #[error("the module's imports do not fit WASI: {message}")]
    ImportType {
        /// Which and how.
        message: String,
    },
    /// No `_start` that takes and gives nothing: no command.
    #[error(
        "the module is no WASI command: it does not export a function `_start` without parameters and results; build a binary, not a library"
    )]
    NoStart,
    /// No exported memory, which every WASI function needs.
    #[error("the module does not export its memory as `memory`, which WASI needs")]
    NoMemory,
    /// A component that exports nothing that could be called.
    #[error(
        "the component exports neither `wasi:cli/run` with `run: func() -> result` nor the functions `manifest: func() -> string` and `run: func(input: string) -> result<string, tool-error>` of the world `ocode:tool/tool`: build a command, or a tool with the SDK"
    )]
    NoEntry,
    /// What components need could not be set up.
    #[error(
        "components can't be run here: {message}; lower the number of concurrent calls or the largest memory"
    )]
    NoRoom {
        /// Why.
        message: String,
    },
}
