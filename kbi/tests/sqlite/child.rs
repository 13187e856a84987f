//! This test binary again, in a process of its own that may be killed.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PATH: &str = "KBI_TEST_CHILD_PATH";

/// Runs the ignored test of this name, which gets a path by [`path`].
pub(crate) fn command(test: &str, path: &Path) -> Command {
    command_of(&std::env::current_exe().expect("this binary"), test, path)
}

fn command_of(exe: &Path, test: &str, path: &Path) -> Command {
    let mut command = Command::new(exe);
    command
        .args([
            "--ignored",
            "--exact",
            test,
            "--nocapture",
            "--test-threads=1",
        ])
        .env(PATH, path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    command
}

/// The same without root's power over permissions; `folder` gets a copy of the binary.
pub(crate) fn unprivileged(test: &str, path: &Path, folder: &Path) -> Command {
    if std::fs::metadata(folder).expect("a folder").uid() != 0 {
        return command(test, path);
    }
    // Where the binary is, others than root may not be able to reach.
    let exe = folder.join("test-binary");
    std::fs::copy(std::env::current_exe().expect("this binary"), &exe).expect("copied");
    for (path, mode) in [(&*exe, 0o755), (folder, 0o755)] {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("permitted");
    }
    let mut command = command_of(&exe, test, path);
    command.uid(65534).gid(65534).current_dir("/");
    command
}

/// The path that the child was given; `None` when a person runs ignored tests.
pub(crate) fn path() -> Option<PathBuf> {
    std::env::var_os(PATH).map(PathBuf::from)
}
