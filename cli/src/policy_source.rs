//! A policy as people name it: a file, or a preset.

use policies::{Policy, PolicyError};
use std::path::Path;

/// Reads the preset of that name, else the file of that path (`./pure` for a file that has a
/// preset's name).
///
/// # Errors
/// Everything that is wrong with the file, or that there is none.
pub(crate) fn load(source: &str) -> Result<Policy, PolicyError> {
    match Policy::preset(source) {
        Some(policy) => Ok(policy),
        None => Policy::load(Path::new(source)),
    }
}
