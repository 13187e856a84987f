//! Files that every job has, and whose they are.

use std::io;
use std::os::unix::fs::lchown;
use std::path::Path;

/// The devices of a job: none of them holds or reaches anything.
pub(super) const DEVICES: [&str; 5] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
];

/// Closes all but the standard streams: whatever whoever started the launcher left open.
pub(super) fn close_what_was_inherited() -> io::Result<()> {
    let open: Vec<i32> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|number| *number > 2)
        .collect();
    for number in open {
        // The one by which they were listed is closed already.
        let _ = nix::unistd::close(number);
    }
    Ok(())
}

/// Gives a folder and all in it to a user and the group of the same number; follows no link.
pub(super) fn give_to(path: &Path, user: u32) -> io::Result<()> {
    let mut waiting = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        if std::fs::symlink_metadata(&path)?.is_dir() {
            for entry in std::fs::read_dir(&path)? {
                waiting.push(entry?.path());
            }
        }
        lchown(&path, Some(user), Some(user))?;
    }
    Ok(())
}
