//! A module from a file.

use crate::problem::{Problem, file_problem};
use policies::Bytes;
use runtime::LoadError;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Reads a module: WebAssembly as it is, `.wat` text compiled. At most `limit` bytes are read.
///
/// # Errors
/// When it can't be read, is larger than the limit, or is text that is no module.
pub(crate) fn read(path: &Path, limit: Bytes) -> anyhow::Result<Vec<u8>> {
    if path.is_dir() {
        return Err(
            Problem::new(format!("{} is a folder, not a module", path.display()))
                .remedy("give a .wasm file; `wasm-runner build` makes one of a package")
                .into(),
        );
    }
    let read_failed = |error| file_problem("read", path, error);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(read_failed)?;
    let known_size = file.metadata().map_err(read_failed)?.len();
    // One byte more than allowed tells that there is more, even where no size is known.
    file.take(limit.0.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(read_failed)?;
    let size = known_size.max(bytes.len() as u64);
    if size > limit.0 {
        let refused = LoadError::TooLarge { size, limit };
        return Err(Problem::new(format!("{} can't be used", path.display()))
            .because(refused)
            .into());
    }
    if path.extension().is_some_and(|extension| extension == "wat") {
        let wasm = wat::parse_bytes(&bytes).map_err(|error| {
            Problem::new(format!("{} is no WebAssembly text", path.display()))
                .because(error.to_string())
        })?;
        return Ok(wasm.into_owned());
    }
    Ok(bytes)
}
