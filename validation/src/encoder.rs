//! From a module to a component, in a confined process: the module is what a stranger's sources
//! were compiled to, and whoever wraps it has to read all of it.
//!
//! The module lies in a folder that is the process's own, and the component is written beside
//! it. The process says nothing on standard output; when the module can't be wrapped it says why
//! on standard error and ends with [`REFUSED`].

mod inside;
mod outside;

pub use inside::encode as run_encode;
pub(crate) use outside::encode;

/// The name of the role that the launcher's program must have: [`run_encode`].
pub const ENCODE: &str = "encode";

/// The files' names.
const MODULE: &str = "module.wasm";
const COMPONENT: &str = "component.wasm";

/// The exit code that says that the module can't be wrapped.
const REFUSED: u8 = 2;
