//! The files of a folder.

use std::path::Path;
use wasm_runner_sdk::ToolError;

/// Paths of all files below a folder, with "/", sorted, hidden ones left out. Links are not
/// followed, so that there is no going round in circles.
pub fn files(root: &Path) -> Result<Vec<String>, ToolError> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(root.join(&folder)).map_err(|error| {
            ToolError::new(
                "unreadable_folder",
                format!("the folder {folder:?} can't be listed: {error}"),
            )
        })?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            // Names that are no text can't be given as JSON.
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else {
                continue;
            };
            let path = if folder.is_empty() {
                name.to_owned()
            } else {
                format!("{folder}/{name}")
            };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                found.push(path);
            }
        }
    }
    // A folder lists its entries in any order.
    found.sort();
    Ok(found)
}
