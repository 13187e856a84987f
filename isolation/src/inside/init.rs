//! The second process: gives everything up, starts the job, and passes on how it ended.

use super::{Plan, User, doing, restrict, root};
use crate::ended::Ended;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use std::io;
use std::process::Stdio;

pub(super) fn run(plan: &Plan) -> io::Result<i32> {
    // Where there is no namespace of processes, this ends with the first process all the same.
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    let mut own_count = false;
    if plan.namespaces {
        nix::unistd::sethostname("sandbox").map_err(doing("naming the machine"))?;
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        let none: Option<&str> = None;
        mount(Some("proc"), "/proc", Some("proc"), flags, none)
            .map_err(doing("showing the job's own processes"))?;
        if plan.user == User::Root {
            root::become_nobody()?;
            // A change of user took these back.
            prctl::set_pdeathsig(Signal::SIGKILL)?;
            prctl::set_dumpable(true)?;
        }
        // Processes are counted for each namespace of users by itself; where root is forbidden
        // to make one, those of other jobs are counted too.
        match (unshare(CloneFlags::CLONE_NEWUSER), plan.user) {
            (Ok(()), User::Root) => {
                root::map((root::NOBODY, root::NOBODY), (root::NOBODY, root::NOBODY))?;
                own_count = true;
            }
            (Ok(()), User::Other(user, group)) => {
                root::map((user, 0), (group, 0))?;
                own_count = true;
            }
            (Err(_), User::Root) => {}
            (Err(error), User::Other(..)) => {
                return Err(doing("becoming a user without privileges")(error));
            }
        }
    }
    // The job runs as the same user and must not look into this process.
    prctl::set_dumpable(false)?;
    prctl::set_no_new_privs()?;
    let job = &plan.job;
    let mut command = job.program.command(&plan.program);
    command
        .args(&job.arguments)
        .env_clear()
        .envs(&job.environment)
        .current_dir(&job.folder)
        .stdin(Stdio::null());
    restrict::files(plan)?;
    restrict::resources(&job.resources, own_count)?;
    restrict::system_calls()?;
    let mut started = command.spawn().map_err(doing(format!(
        "starting {}",
        command.get_program().display()
    )))?;
    started.wait().map(Ended::to_code_of_a_job)
}
