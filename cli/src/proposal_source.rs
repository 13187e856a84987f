//! A proposal as people name it: a package folder, or its JSON form.

use crate::problem::{Problem, file_problem};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use validation::ProposedTool;

/// More than a proposal of the largest size needs, even where every character is escaped.
const MAX_JSON_BYTES: u64 = 8 * ProposedTool::MAX_BYTES as u64;

/// Reads and checks a proposal.
///
/// # Errors
/// When there is nothing to read, or it is no proposal: then each field that is wrong.
pub(crate) fn read(path: &Path) -> anyhow::Result<ProposedTool> {
    let failed = |error| file_problem("read", path, error);
    let refused = |error| Problem::new(format!("{} is no proposal", path.display())).because(error);
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Ok(ProposedTool::from_dir(path).map_err(refused)?);
    }
    if path.extension().is_none_or(|extension| extension != "json") {
        return Err(Problem::new(format!(
            "{} is neither a folder nor a .json file",
            path.display()
        ))
        .remedy("give a package's folder (`wasm-runner new` makes one) or a proposal as JSON")
        .into());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_JSON_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_JSON_BYTES {
        return Err(
            Problem::new(format!("{} is larger than any proposal", path.display()))
                .remedy(format!(
                    "all texts of a proposal together have {} bytes at most",
                    ProposedTool::MAX_BYTES
                ))
                .into(),
        );
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Problem::new(format!(
            "{} is not UTF-8 text (byte {at} is wrong)",
            path.display()
        ))
    })?;
    Ok(ProposedTool::from_json(&text).map_err(refused)?)
}
