//! What happens in the confined process itself, from its first instruction to the job's.
//!
//! Two processes stand between launcher and job. The first ([`outer`]) leaves the machine's
//! namespaces, makes the job's file system, and watches the launcher. The second ([`init`]) is
//! process 1 of the job's own world: it gives up every privilege, restricts itself by Landlock
//! and seccomp, starts the job and passes on how that ended. When it ends, the kernel ends all
//! that is left of the job.

mod disk;
mod files;
mod init;
mod outer;
mod restrict;
mod root;
mod syscalls;

use crate::ended::NOT_BEGUN;
use crate::probe;
use crate::{Job, Program};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// The first argument of the first process, followed by a plan.
pub(crate) const CONFINE: &str = "__confine";
/// Of the second.
const INIT: &str = "__confine-init";
/// Of a job that is a part of this program, followed by its name.
const ROLE: &str = "__confined-role";

/// What is to be done, as one process tells the next.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Whether the job gets namespaces of its own.
    pub(crate) namespaces: bool,
    /// Whose namespaces they are; the first process finds out.
    pub(crate) user: User,
    /// This program, by its path inside as outside.
    pub(crate) program: PathBuf,
    /// What to run.
    pub(crate) job: Job,
}

/// Who the launcher is, and so the job's processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum User {
    /// Root: the job runs as a user that has nothing.
    Root,
    /// Anyone else, with number and group: the job runs as the same.
    Other(u32, u32),
}

impl User {
    fn current() -> Self {
        let user = rustix::process::geteuid();
        if user.is_root() {
            Self::Root
        } else {
            Self::Other(user.as_raw(), rustix::process::getegid().as_raw())
        }
    }
}

/// Parts of the program that can be run as jobs, by name. Each is given the job's arguments.
pub type Roles<'a> = &'a [(&'a str, fn(Vec<OsString>) -> ExitCode)];

/// Does what a confined process does, if this is one, and gives the code to end with.
///
/// To be called first in `main`, before there is any thread: what a process gives up, its
/// threads would keep.
#[must_use]
pub fn enter_if_asked(roles: Roles<'_>) -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let what = arguments.next()?;
    if what == ROLE {
        let name = arguments.next()?;
        let arguments = arguments.collect();
        if name == probe::ROLE {
            return Some(probe::inside(arguments));
        }
        let role = roles.iter().find(|(role, _)| name == *role);
        return Some(role.map_or_else(
            || not_begun(&io::Error::other(format!("{} is no role", name.display()))),
            |(_, run)| run(arguments),
        ));
    }
    if what != CONFINE && what != INIT {
        return None;
    }
    let plan = arguments
        .next()
        .ok_or_else(|| io::Error::other("no plan"))
        .and_then(|text| serde_json::from_slice(text.as_encoded_bytes()).map_err(Into::into));
    let done = plan.and_then(|plan: Plan| {
        if what == CONFINE {
            outer::run(plan)
        } else {
            init::run(&plan)
        }
    });
    Some(match done {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)),
        Err(error) => not_begun(&error),
    })
}

fn not_begun(error: &io::Error) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(u8::try_from(NOT_BEGUN).unwrap_or(u8::MAX))
}

/// Says what was being done when the system refused.
fn doing<E: Into<io::Error>>(what: impl Into<String>) -> impl FnOnce(E) -> io::Error {
    let what = what.into();
    move |error| {
        let error = error.into();
        io::Error::new(error.kind(), format!("{what}: {error}"))
    }
}

impl Program {
    /// Path and first arguments.
    fn command(&self, own: &std::path::Path) -> std::process::Command {
        match self {
            Self::Path(path) => std::process::Command::new(path),
            Self::Role(name) => {
                let mut command = std::process::Command::new(own);
                command.arg(ROLE).arg(name);
                command
            }
        }
    }
}
