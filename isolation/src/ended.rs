//! How a job ended.

use crate::Resources;
use rustix::process::Signal;
use std::fmt::{self, Display};

/// The exit code by which the confined process says that it never began the job.
pub(crate) const NOT_BEGUN: i32 = 125;
/// The exit code by which it says that the job failed once its disk was full.
pub(crate) const DISK_FULL: i32 = 124;
/// What a job's own code becomes that is one of those: whatever takes a job over must not speak
/// for the ring.
const NOT_THE_JOBS: i32 = 126;
/// Added to the number of the signal that ended the job, as shells do.
pub(crate) const BY_SIGNAL: i32 = 128;

/// How a job ended. Shown, it completes the sentence "the process …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code.
    Exited(i32),
    /// By a signal: its own crash, the kernel, or a limit.
    Signal(i32),
    /// It wrote more than it had room for, or made more files.
    DiskFull {
        /// Bytes that it might write.
        bytes: u64,
        /// Files and folders that it might make.
        files: u64,
    },
    /// The ring around it could not be made; the reason is on its standard error.
    NotBegun,
}

impl Ended {
    /// Whether it ended by itself and well.
    pub fn well(&self) -> bool {
        *self == Self::Exited(0)
    }

    pub(crate) fn of(status: std::process::ExitStatus, resources: &Resources) -> Self {
        match status.code() {
            Some(DISK_FULL) => Self::disk_full(resources),
            _ => Self::of_any(status),
        }
    }

    pub(crate) fn disk_full(resources: &Resources) -> Self {
        Self::DiskFull {
            bytes: resources.disk,
            files: resources.files,
        }
    }

    fn of_any(status: std::process::ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt;
        match (status.code(), status.signal()) {
            (Some(NOT_BEGUN), _) | (None, None) => Self::NotBegun,
            (Some(code), _) if code > BY_SIGNAL => Self::Signal(code - BY_SIGNAL),
            (Some(code), _) => Self::Exited(code),
            (None, Some(signal)) => Self::Signal(signal),
        }
    }

    /// The same of the job itself, which may end with any code.
    pub(crate) fn to_code_of_a_job(status: std::process::ExitStatus) -> i32 {
        match status.code() {
            Some(NOT_BEGUN | DISK_FULL) => NOT_THE_JOBS,
            _ => Self::to_code(status),
        }
    }

    /// As the exit code of a process that stands between the job and its launcher.
    pub(crate) fn to_code(status: std::process::ExitStatus) -> i32 {
        use std::os::unix::process::ExitStatusExt;
        match (status.code(), status.signal()) {
            (Some(code), _) => code,
            (None, Some(signal)) => BY_SIGNAL + signal,
            (None, None) => NOT_BEGUN,
        }
    }
}

impl Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "ended with code {code}"),
            Self::Signal(number) => match cause(*number) {
                Some((name, why)) => write!(f, "was ended by {name} ({why})"),
                None => write!(f, "was ended by signal {number}"),
            },
            Self::DiskFull { bytes, files } => write!(
                f,
                "had no more room on its disk (at most {bytes} B in {files} files)"
            ),
            Self::NotBegun => f.write_str("could not be confined and was not begun"),
        }
    }
}

/// Name and usual reason of the signals that end jobs.
fn cause(number: i32) -> Option<(&'static str, &'static str)> {
    let causes = [
        (Signal::KILL, "SIGKILL", "out of memory, or called off"),
        (Signal::XCPU, "SIGXCPU", "its processor time is used up"),
        (Signal::XFSZ, "SIGXFSZ", "a file grew over its limit"),
        (Signal::SEGV, "SIGSEGV", "it crashed, or its stack was full"),
        (Signal::ABORT, "SIGABRT", "it gave up, often out of memory"),
        (Signal::BUS, "SIGBUS", "it crashed, or its disk was full"),
        (Signal::ILL, "SIGILL", "it crashed"),
        (Signal::TRAP, "SIGTRAP", "it crashed"),
        (Signal::FPE, "SIGFPE", "it crashed"),
        (
            Signal::SYS,
            "SIGSYS",
            "it made a system call that is not allowed",
        ),
    ];
    causes
        .into_iter()
        .find(|(signal, ..)| signal.as_raw() == number)
        .map(|(_, name, why)| (name, why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    #[test]
    fn an_end_is_the_same_however_many_processes_pass_it_on() {
        for (wait_status, ended) in [
            (0, Ended::Exited(0)),
            (3 << 8, Ended::Exited(3)),
            (NOT_BEGUN << 8, Ended::NotBegun),
            (9, Ended::Signal(9)),
            (0x8b, Ended::Signal(11)),
        ] {
            let status = ExitStatus::from_raw(wait_status);
            assert_eq!(Ended::of_any(status), ended);
            let passed_on = ExitStatus::from_raw(Ended::to_code(status) << 8);
            assert_eq!(Ended::of_any(passed_on), ended);
        }
    }

    #[test]
    fn no_job_speaks_for_the_ring() {
        for code in [NOT_BEGUN, DISK_FULL] {
            let said = Ended::to_code_of_a_job(ExitStatus::from_raw(code << 8));
            let passed_on = ExitStatus::from_raw(said << 8);
            assert_eq!(Ended::of_any(passed_on), Ended::Exited(NOT_THE_JOBS));
        }
    }
}
