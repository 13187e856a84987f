//! Copies of the folders that a run may write to, so that no run changes anything.

use crate::problem::{Problem, file_problem};
use policies::{Access, HostPath, Policy};
use std::io;
use std::path::Path;

/// What is copied at most for one run.
const MOST_BYTES: u64 = 256 << 20;
const MOST_ENTRIES: u64 = 20_000;

/// The policy with copies in place of the folders that may be written; they are gone when the
/// second is dropped.
pub(super) async fn bind(policy: &Policy) -> anyhow::Result<(Policy, Vec<tempfile::TempDir>)> {
    let mut policy = policy.clone();
    let work = move || {
        let mut copies = Vec::new();
        for grant in &mut policy.capabilities.directories {
            let HostPath::Path(host) = &grant.host else {
                continue;
            };
            if grant.access == Access::Read {
                continue;
            }
            let copy = tempfile::Builder::new()
                .prefix("wasm-runner-suggest-")
                .tempdir()
                .map_err(|error| file_problem("copied", host, error))?;
            let mut room = (MOST_BYTES, MOST_ENTRIES);
            copied(host, copy.path(), &mut room).map_err(|error| {
                file_problem("copied", host, error).remedy(
                    "show it only to be read (:ro), or show a smaller folder: each run has a copy \
                     of what it may write to",
                )
            })?;
            grant.host = HostPath::Path(copy.path().to_owned());
            copies.push(copy);
        }
        Ok::<_, Problem>((policy, copies))
    };
    Ok(tokio::task::spawn_blocking(work).await??)
}

fn copied(from: &Path, to: &Path, room: &mut (u64, u64)) -> io::Result<()> {
    let full = || io::Error::other("it holds more than 256 MiB or 20 000 files and folders");
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        room.1 = room.1.checked_sub(1).ok_or_else(full)?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            std::fs::create_dir(&target)?;
            copied(&entry.path(), &target, room)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(entry.path())?, &target)?;
        } else if kind.is_file() {
            let size = entry.metadata()?.len();
            room.0 = room.0.checked_sub(size).ok_or_else(full)?;
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
