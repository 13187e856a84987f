//! How much a job holds on disk.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Whether folders hold more bytes of the disk, or more files, than a job may have; no link is
/// followed, and what can't be read, or goes meanwhile, counts nothing.
pub(crate) fn is_full(folders: &[PathBuf], bytes: u64, files: u64) -> bool {
    let (held, entries) = held(folders, bytes, files);
    held > bytes || entries > files
}

/// Bytes and files; stops counting beyond the limits.
fn held(folders: &[PathBuf], most: u64, files: u64) -> (u64, u64) {
    let (mut bytes, mut count) = (0, 0);
    let mut waiting = folders.to_vec();
    while let Some(folder) = waiting.pop() {
        for entry in entries(&folder) {
            let Ok(about) = entry.metadata() else {
                continue;
            };
            // In units of 512 bytes, whatever the file system's block is. Names cost too.
            bytes += about.blocks() * 512 + 64;
            count += 1;
            if bytes > most || count > files {
                return (bytes, count);
            }
            if about.is_dir() {
                waiting.push(entry.path());
            }
        }
    }
    (bytes, count)
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
        let folders = [folder.path().to_owned()];
        let (held_now, files) = held(&folders, u64::MAX, u64::MAX);
        assert!((100_000..200_000).contains(&held_now), "{held_now}");
        assert_eq!(files, 3);
        assert!(!is_full(&folders, 200_000, 3));
        assert!(is_full(&folders, 50_000, 3));
        assert!(is_full(&folders, 200_000, 2));
    }
}
