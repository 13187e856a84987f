//! What the kernel refuses the job from here on.

use super::{Plan, doing, files, syscalls};
use crate::Resources;
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, Scope,
};
use nix::sys::resource::{Resource, setrlimit};
use std::io;
use std::path::Path;

/// The newest form of Landlock that is asked for; a kernel that has an older one gives that.
const LANDLOCK: ABI = ABI::V6;

/// By Landlock: no file but those named, no TCP, no signal and no abstract socket to outside.
pub(super) fn files(plan: &Plan) -> io::Result<()> {
    let wrong = |error: landlock::RulesetError| io::Error::other(format!("Landlock: {error}"));
    let read = AccessFs::from_read(LANDLOCK);
    let rules = Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(LANDLOCK)))
        .and_then(|rules| rules.scope(Scope::from_all(LANDLOCK)))
        .and_then(Ruleset::create)
        .map_err(wrong)?;
    let mut rules = Some(rules);
    let mut allow = |path: &Path, access: BitFlags<AccessFs>| -> io::Result<()> {
        let Ok(file) = PathFd::new(path) else {
            // What is not there needs no rule.
            return Ok(());
        };
        let access = if path.is_dir() {
            access
        } else {
            access & AccessFs::from_file(LANDLOCK)
        };
        let before: RulesetCreated = rules.take().ok_or_else(|| io::Error::other("no rules"))?;
        rules = Some(
            before
                .add_rule(PathBeneath::new(file, access))
                .map_err(wrong)?,
        );
        Ok(())
    };
    for path in plan.job.reads.iter().chain([&plan.program]) {
        allow(path, read)?;
    }
    let devices = AccessFs::ReadFile | AccessFs::WriteFile;
    for path in files::DEVICES {
        allow(Path::new(path), devices)?;
    }
    if plan.job.sees_processes {
        allow(Path::new("/proc"), AccessFs::ReadFile | AccessFs::ReadDir)?;
    }
    // No device can be made in them, and none that is there can be spoken to.
    let write = AccessFs::from_all(LANDLOCK)
        & !(AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev);
    for path in &plan.job.writes {
        allow(path, write)?;
    }
    if plan.namespaces && plan.job.scratch > 0 {
        allow(Path::new("/tmp"), write)?;
    }
    let rules = rules.ok_or_else(|| io::Error::other("no rules"))?;
    // How much of this the kernel has is what the probe finds out.
    rules.restrict_self().map(drop).map_err(wrong)
}

/// By resource limits; `own_count` says that processes are counted for this job alone.
pub(super) fn resources(resources: &Resources, own_count: bool) -> io::Result<()> {
    let mut limits = vec![
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_DATA, resources.memory),
        (Resource::RLIMIT_CPU, resources.processor_seconds),
        (Resource::RLIMIT_NOFILE, resources.open_files),
        (Resource::RLIMIT_FSIZE, resources.file_size),
        (Resource::RLIMIT_MEMLOCK, 0),
        (Resource::RLIMIT_MSGQUEUE, 0),
    ];
    limits.extend(resources.addresses.map(|most| (Resource::RLIMIT_AS, most)));
    if own_count {
        limits.push((Resource::RLIMIT_NPROC, resources.processes));
    }
    for (resource, most) in limits {
        // Where the machine's own limit is tighter, that one stays.
        let (_, hard) = nix::sys::resource::getrlimit(resource)?;
        let most = most.min(hard);
        setrlimit(resource, most, most).map_err(doing(format!("limiting {resource:?}")))?;
    }
    Ok(())
}

/// By seccomp: no system call but those that programs need for work.
pub(super) fn system_calls() -> io::Result<()> {
    for program in syscalls::programs()? {
        seccompiler::apply_filter(&program)
            .map_err(|error| io::Error::other(format!("seccomp: {error}")))?;
    }
    Ok(())
}
