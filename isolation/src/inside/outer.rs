//! The first process: leaves the machine's namespaces, and watches launcher and job.

use super::disk::{Disk, NotKept};
use super::{INIT, Plan, User, doing, files, root};
use crate::ended::{BY_SIGNAL, DISK_FULL, Ended, NOT_BEGUN};
use nix::sched::{CloneFlags, unshare};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};
use std::io;
use std::process::{Child, Command, Stdio};

/// What a job has of its own, whoever starts it.
const OWN: CloneFlags = CloneFlags::CLONE_NEWNS
    .union(CloneFlags::CLONE_NEWPID)
    .union(CloneFlags::CLONE_NEWNET)
    .union(CloneFlags::CLONE_NEWIPC)
    .union(CloneFlags::CLONE_NEWUTS);

pub(super) fn run(mut plan: Plan) -> io::Result<i32> {
    files::close_what_was_inherited()?;
    plan.user = User::current();
    let mut disk = None;
    if plan.namespaces {
        match plan.user {
            User::Root => {
                root::give_away(&plan.job.writes)?;
                unshare(OWN).map_err(doing("leaving the namespaces"))?;
            }
            User::Other(user, group) => {
                unshare(OWN | CloneFlags::CLONE_NEWUSER).map_err(doing(
                    "leaving the namespaces (user namespaces may be forbidden)",
                ))?;
                // Root of what was just made, and of nothing else: the second process still
                // has to mount.
                root::map((0, user), (0, group))?;
            }
        }
        disk = root::make(&plan)?;
    }
    let text = serde_json::to_string(&plan)?;
    let mut init = Command::new(&plan.program)
        .args([INIT, &text])
        .stdin(Stdio::null())
        .spawn()
        .map_err(doing("starting the second process"))?;
    drop(plan);
    let code = wait(&mut init)?;
    match disk {
        Some(disk) => settle(&disk, code),
        None => Ok(code),
    }
}

/// Keeps what a job wrote that ended by itself, and says so where it failed because there was
/// no more room. None of its processes is left: the second process was the first of them all.
fn settle(disk: &Disk, code: i32) -> io::Result<i32> {
    if code != 0 && code != NOT_BEGUN && disk.is_full() {
        return Ok(DISK_FULL);
    }
    if code >= BY_SIGNAL || code == NOT_BEGUN {
        return Ok(code);
    }
    match disk.keep() {
        Ok(()) => Ok(code),
        Err(NotKept::TooMuch) => Ok(DISK_FULL),
        Err(NotKept::Machine(error)) => Err(doing("keeping what the job wrote")(error)),
    }
}

/// Waits for the second process, or for the launcher to be gone: then all has to end.
fn wait(init: &mut Child) -> io::Result<i32> {
    let id = i32::try_from(init.id())
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::other("the second process has no number"))?;
    let ended =
        pidfd_open(id, PidfdFlags::empty()).map_err(doing("watching the second process"))?;
    // Nothing is ever written here: all that can come is the end.
    let launcher = io::stdin();
    loop {
        let mut both = [
            PollFd::new(&ended, PollFlags::IN),
            PollFd::new(&launcher, PollFlags::IN),
        ];
        match poll(&mut both, None) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        if !both[0].revents().is_empty() {
            return init.wait().map(Ended::to_code);
        }
        if !both[1].revents().is_empty() {
            init.kill()?;
            init.wait()?;
            // Where the job has no namespace of processes, its processes are in this group.
            let _ = rustix::process::kill_current_process_group(Signal::KILL);
            return Ok(BY_SIGNAL + Signal::KILL.as_raw());
        }
    }
}
