//! A file system of nothing but what the job names.

use super::disk::{Disk, Laying};
use super::{Plan, User, doing, files};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::{Gid, Uid, pivot_root};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Who a job runs as where it is started by root: a user that has nothing, as Linux uses it
/// for that.
pub(super) const NOBODY: u32 = 65534;
/// Where the new file system is made, and where in it the machine's own is until the end.
const PLACE: &str = "/tmp";
const OLD: &str = "/.old";

/// Gives folders to the user that the job will run as, once.
pub(super) fn give_away(folders: &[PathBuf]) -> io::Result<()> {
    for folder in folders {
        if fs::symlink_metadata(folder)?.uid() != NOBODY {
            files::give_to(folder, NOBODY)
                .map_err(doing(format!("giving {} away", folder.display())))?;
        }
    }
    Ok(())
}

/// Says who this process is in a namespace of users just made: number inside and outside, of
/// the user and of the group.
pub(super) fn map(user: (u32, u32), group: (u32, u32)) -> io::Result<()> {
    for (file, text) in [
        ("/proc/self/setgroups", "deny".to_owned()),
        ("/proc/self/gid_map", format!("{} {} 1", group.0, group.1)),
        ("/proc/self/uid_map", format!("{} {} 1", user.0, user.1)),
    ] {
        fs::write(file, text).map_err(doing(format!("writing {file}")))?;
    }
    Ok(())
}

/// Makes the job's file system and leaves the machine's. What the job may write to is shown
/// through the room that is given back, or as it is where the kernel can't do that.
pub(super) fn make(plan: &Plan) -> io::Result<Option<Disk>> {
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)
        .map_err(doing("keeping mounts to ourselves"))?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(
        Some("tmpfs"),
        PLACE,
        Some("tmpfs"),
        flags,
        Some("size=1m,nr_inodes=8192,mode=0755"),
    )
    .map_err(doing("making a file system"))?;
    let old = format!("{PLACE}{OLD}");
    fs::create_dir(&old)?;
    pivot_root(PLACE, old.as_str()).map_err(doing("entering it"))?;
    std::env::set_current_dir("/")?;

    devices()?;
    fs::create_dir("/proc")?;
    if plan.user != User::Root {
        // The kernel gives a namespace of users a view of its processes only where one could
        // be seen already. It comes to lie under the job's own.
        mount(
            Some(&*format!("{OLD}/proc")),
            "/proc",
            none,
            MsFlags::MS_BIND | MsFlags::MS_REC,
            none,
        )
        .map_err(doing("keeping /proc"))?;
    }
    if plan.job.scratch > 0 {
        fs::create_dir("/tmp")?;
        // In a namespace of users, 0 is who we are.
        let user = match plan.user {
            User::Root => NOBODY,
            User::Other(..) => 0,
        };
        let options = format!(
            "size={},nr_inodes=65536,mode=0700,uid={user}",
            plan.job.scratch
        );
        mount(Some("tmpfs"), "/tmp", Some("tmpfs"), flags, Some(&*options))
            .map_err(doing("making room for temporary files"))?;
    }
    let mut grafts: Vec<(&Path, bool)> = Vec::new();
    let job = &plan.job;
    grafts.extend(job.reads.iter().map(|path| (path.as_path(), false)));
    grafts.push((&plan.program, false));
    grafts.extend(job.writes.iter().map(|path| (path.as_path(), true)));
    // Outer ones first, so that those inside come to lie over them.
    grafts.sort_by_key(|(path, _)| path.components().count());
    let mut laying = if job.writes.is_empty() {
        None
    } else {
        Some(Laying::begin(plan)?)
    };
    for (path, writable) in grafts {
        let failed = || doing(format!("showing {}", path.display()));
        if writable
            && let Some(laying) = &mut laying
            && laying
                .show(plan, Path::new(OLD), path)
                .map_err(|error| failed()(error))?
        {
            continue;
        }
        graft(path, writable).map_err(|error| failed()(error))?;
    }
    let disk = match laying {
        Some(laying) => laying.finish(plan)?,
        None => None,
    };

    umount2(OLD, MntFlags::MNT_DETACH).map_err(doing("leaving the machine's files"))?;
    fs::remove_dir(OLD)?;
    mount(
        none,
        "/",
        none,
        flags | MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY,
        none,
    )
    .map_err(doing("closing the file system"))?;
    Ok(disk)
}

fn devices() -> io::Result<()> {
    fs::create_dir("/dev")?;
    for name in files::DEVICES {
        fs::write(name, "")?;
        bind(&PathBuf::from(format!("{OLD}{name}")), Path::new(name))
            .map_err(doing(format!("showing {name}")))?;
    }
    Ok(())
}

/// Shows a path of the machine's at the same place.
fn graft(path: &Path, writable: bool) -> io::Result<()> {
    let from = within(Path::new(OLD), path)?;
    let about = match fs::symlink_metadata(&from) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !writable => return Ok(()),
        Err(error) => return Err(error),
    };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    if about.is_symlink() {
        return match std::os::unix::fs::symlink(fs::read_link(&from)?, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        };
    }
    if about.is_dir() {
        fs::create_dir_all(path)?;
    } else if !path.exists() {
        fs::write(path, "")?;
    }
    bind(&from, path)?;
    // What the machine forbids there stays forbidden: a namespace of users may not lift it.
    let there = statvfs(path)?.flags();
    let mut flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    for (set, flag) in [
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
        (FsFlags::ST_RDONLY, MsFlags::MS_RDONLY),
    ] {
        if there.contains(set) {
            flags |= flag;
        }
    }
    if !writable {
        flags |= MsFlags::MS_RDONLY;
    }
    let none: Option<&str> = None;
    mount(none, path, none, flags, none).map_err(Into::into)
}

/// Where a path of the machine's is while its files are at `old`.
pub(super) fn within(old: &Path, path: &Path) -> io::Result<PathBuf> {
    path.strip_prefix("/")
        .map(|relative| old.join(relative))
        .map_err(|_| io::Error::other("it is not absolute"))
}

pub(super) fn bind(from: &Path, to: &Path) -> io::Result<()> {
    let none: Option<&str> = None;
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(from), to, none, flags, none).map_err(Into::into)
}

/// Becomes a user that has nothing, for good.
pub(super) fn become_nobody() -> io::Result<()> {
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    nix::unistd::setgroups(&[]).map_err(doing("leaving all groups"))?;
    nix::unistd::setresgid(group, group, group).map_err(doing("leaving the group"))?;
    nix::unistd::setresuid(user, user, user).map_err(doing("becoming nobody"))?;
    Ok(())
}
