//! What is to be run, and with what.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// The folders in which Linux systems keep shared libraries, and what the loader reads to find
/// them. Those that a machine lacks are left out.
pub const SYSTEM_LIBRARIES: &[&str] = &[
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/etc/ld.so.cache",
];

/// The folders of programs (compilers and linkers among them) with what those need beside the
/// libraries.
pub const SYSTEM_PROGRAMS: &[&str] = &[
    "/bin",
    "/usr/bin",
    "/usr/include",
    "/usr/libexec",
    "/etc/alternatives",
];

/// A program, what it may see, and what it may use.
///
/// It begins with an empty standard input, no network, and no file but those named here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// What is run.
    pub program: Program,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its whole environment, but for `TMPDIR` where `scratch` is more than nothing.
    pub environment: BTreeMap<String, String>,
    /// Where it begins; one of the folders below, or in one.
    pub folder: PathBuf,
    /// Files and folders that it may read and execute. What is not there is left out.
    pub reads: Vec<PathBuf>,
    /// Folders in which it may do as it likes. They are given to the user that the job runs as.
    /// What it changed is in them once it has ended by itself: the content of files, with holes
    /// filled and links to the same file undone, of at most `disk` bytes in all.
    pub writes: Vec<PathBuf>,
    /// Bytes of room for temporary files, gone when it ends.
    pub scratch: u64,
    /// Whether it has `/proc`, with its own processes in it and what that tells of the machine
    /// (its memory, its mounts). Without namespaces there is no other than the machine's.
    pub sees_processes: bool,
    /// What it may use.
    pub resources: Resources,
}

/// What a job runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// A program of the machine, by its absolute path.
    Path(PathBuf),
    /// A part of this program itself, by its name among the [`Roles`](crate::Roles).
    Role(String),
}

/// Limits of a job. All are the kernel's (without namespaces, `disk` and `files` are looked at
/// twice a second); memory, processor time and open files are counted for each process of the
/// job by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// Bytes of addresses (`RLIMIT_AS`), if they are limited: programs that reserve far more
    /// than they use, as a WebAssembly engine does, can't be.
    pub addresses: Option<u64>,
    /// Bytes of private memory that can be written (`RLIMIT_DATA`).
    pub memory: u64,
    /// Seconds of processor time (`RLIMIT_CPU`).
    pub processor_seconds: u64,
    /// Processes and threads (`RLIMIT_NPROC`); counted for the job alone where the machine has
    /// user namespaces, and not limited where it has none.
    pub processes: u64,
    /// Files open at once (`RLIMIT_NOFILE`).
    pub open_files: u64,
    /// Bytes of one file (`RLIMIT_FSIZE`).
    pub file_size: u64,
    /// Bytes that may be written in all of `writes` together, in whole pages of 4 KiB a file. To
    /// change a part of a file that was there counts as writing it all. They are the machine's
    /// memory until the job has ended.
    pub disk: u64,
    /// Files, folders and links that may be made or changed there.
    pub files: u64,
}
