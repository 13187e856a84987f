//! How much a job holds on disk.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Bytes of the disk that folders take; no link is followed, and what can't be read, or goes
/// meanwhile, counts nothing. Stops counting beyond `most`.
pub(crate) fn held(folders: &[PathBuf], most: u64) -> u64 {
    let mut bytes = 0;
    let mut waiting = folders.to_vec();
    while let Some(folder) = waiting.pop() {
        for entry in entries(&folder) {
            let Ok(about) = entry.metadata() else {
                continue;
            };
            // In units of 512 bytes, whatever the file system's block is. Names cost too.
            bytes += about.blocks() * 512 + 64;
            if bytes > most {
                return bytes;
            }
            if about.is_dir() {
                waiting.push(entry.path());
            }
        }
    }
    bytes
}

fn entries(folder: &Path) -> impl Iterator<Item = std::fs::DirEntry> {
    std::fs::read_dir(folder).into_iter().flatten().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_counted_and_no_link_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("a")).expect("a folder");
        std::fs::write(folder.path().join("a/b"), vec![1; 100_000]).expect("written");
        std::os::unix::fs::symlink("/", folder.path().join("root")).expect("a link");
        let held_now = held(&[folder.path().to_owned()], u64::MAX);
        assert!((100_000..200_000).contains(&held_now), "{held_now}");
        assert!(held(&[folder.path().to_owned()], 50_000) > 50_000);
    }
}
