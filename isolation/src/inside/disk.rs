//! Room to write that the kernel limits.
//!
//! What a job may write to is shown through an overlay: what is there below, and above it a file
//! system in memory of as many bytes and files as the job may have. So the machine's disk holds
//! nothing of a job while it goes on, and the job's own writes fail once its room is used up.
//! When the job has ended by itself, what it changed is put into its folders, by names alone: no
//! link is followed, nothing special is made, and no more is written than there was room.

use super::{Plan, User, doing, root};
use crate::Resources;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::statvfs::FsFlags;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, RawMode, Stat, Timespec, Timestamps};
use rustix::io::Errno;
use std::ffi::CStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// Where the room is until it is mounted, in the job's file system.
const PLACE: &str = "/.disk";
/// Folders inside each other that are put back: cargo makes a dozen.
const DEEPEST: u32 = 64;

/// The room of a job, and the folders that it stands for.
pub(super) struct Disk {
    room: OwnedFd,
    folders: Vec<Folder>,
    bytes: u64,
    /// Whose the files are; none where they are whoever's this process is.
    owner: Option<u32>,
}

struct Folder {
    /// What the job changed.
    upper: OwnedFd,
    /// The folder of the machine's.
    lower: OwnedFd,
}

/// Why what a job wrote was not put back.
#[derive(Debug)]
pub(super) enum NotKept {
    /// It is more than there was room for, as it can be with holes and links, or too deep.
    TooMuch,
    /// The machine's part went wrong.
    Machine(io::Error),
}

impl From<io::Error> for NotKept {
    fn from(error: io::Error) -> Self {
        Self::Machine(error)
    }
}

impl From<Errno> for NotKept {
    fn from(error: Errno) -> Self {
        Self::Machine(error.into())
    }
}

/// A room that is being laid out.
pub(super) struct Laying {
    folders: Vec<Folder>,
    /// This kernel has no overlays for us.
    failed: bool,
}

impl Laying {
    /// Makes the room.
    pub(super) fn begin(plan: &Plan) -> io::Result<Self> {
        let (writes, resources) = (&plan.job.writes, &plan.job.resources);
        fs::create_dir(PLACE)?;
        // While it is laid out there is room for more files than the job may have.
        let more = 64 + 8 * writes.len() as u64;
        mount_room(
            resources,
            resources.files.saturating_add(more),
            MsFlags::empty(),
        )
        .map_err(doing("making room to write"))?;
        Ok(Self {
            folders: Vec::new(),
            failed: false,
        })
    }

    /// Shows a folder of the job's through the room; `old` is where the machine's files are
    /// until they are left. `false` where this kernel can't.
    ///
    /// # Errors
    /// When the folder is not there, or can be shown though another one could not.
    pub(super) fn show(&mut self, plan: &Plan, old: &Path, path: &Path) -> io::Result<bool> {
        if self.failed {
            return Ok(false);
        }
        match Folder::show(plan, old, self.folders.len(), path)? {
            Some(folder) => self.folders.push(folder),
            None if self.folders.is_empty() => self.failed = true,
            None => {
                let what = format!("{} can't be shown as the others are", path.display());
                return Err(io::Error::other(what));
            }
        }
        Ok(!self.failed)
    }

    /// Closes the room to all but the job's folders; `None` where none is shown through it.
    pub(super) fn finish(self, plan: &Plan) -> io::Result<Option<Disk>> {
        if self.failed {
            return leave().map(|()| None);
        }
        let resources = &plan.job.resources;
        let room = open(rustix::fs::CWD, PLACE)?;
        // What was laid out is no part of the job's.
        let about = rustix::fs::fstatvfs(&room)?;
        let used = about.f_files.saturating_sub(about.f_ffree);
        mount_room(
            resources,
            used.saturating_add(resources.files),
            MsFlags::MS_REMOUNT,
        )
        .map_err(doing("limiting the room to write"))?;
        leave()?;
        Ok(Some(Disk {
            room,
            folders: self.folders,
            bytes: resources.disk,
            owner: (plan.user == User::Root).then_some(root::NOBODY),
        }))
    }
}

fn mount_room(resources: &Resources, files: u64, how: MsFlags) -> io::Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | how;
    // A size of 0 would be none at all.
    let (bytes, files) = (resources.disk.max(1), files.max(1));
    let options = format!("size={bytes},nr_inodes={files},mode=0755");
    let tmpfs = Some("tmpfs");
    Ok(mount(tmpfs, PLACE, tmpfs, flags, Some(&*options))?)
}

/// Takes the room's own place out of the job's sight. Its overlays and we still hold it.
fn leave() -> io::Result<()> {
    umount2(PLACE, MntFlags::MNT_DETACH).map_err(doing("hiding the room to write"))?;
    fs::remove_dir(PLACE)
}

impl Disk {
    /// Whether nothing more can be written, or no further file made.
    pub(super) fn is_full(&self) -> bool {
        rustix::fs::fstatvfs(&self.room).is_ok_and(|about| about.f_bfree == 0 || about.f_ffree == 0)
    }

    /// Puts what the job changed into its folders.
    pub(super) fn keep(&self) -> Result<(), NotKept> {
        let mut keeper = Keeper {
            left: self.bytes,
            owner: self.owner,
        };
        for folder in &self.folders {
            keeper.folder(folder.upper.as_fd(), folder.lower.as_fd(), 0)?;
        }
        Ok(())
    }
}

impl Folder {
    fn show(plan: &Plan, old: &Path, number: usize, path: &Path) -> io::Result<Option<Self>> {
        let from = root::within(old, path)?;
        let lower =
            open(rustix::fs::CWD, &from).map_err(doing(format!("opening {}", path.display())))?;
        let about = rustix::fs::fstat(&lower)?;
        let [low, up, work] =
            ["l", "u", "w"].map(|kind| PathBuf::from(format!("{PLACE}/{kind}{number}")));
        for folder in [&low, &up, &work] {
            fs::create_dir(folder)?;
        }
        // Under a name of ours, in which nothing stands that an option could take for its end.
        root::bind(&from, &low)?;
        let upper = open(rustix::fs::CWD, &up)?;
        rustix::fs::fchmod(&upper, Mode::from_raw_mode(about.st_mode & 0o7777))?;
        std::os::unix::fs::fchown(&upper, Some(about.st_uid), Some(about.st_gid))?;
        fs::create_dir_all(path)?;
        let mut flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        // What the machine forbids there stays forbidden.
        if nix::sys::statvfs::statvfs(&low)?
            .flags()
            .contains(FsFlags::ST_NOEXEC)
        {
            flags |= MsFlags::MS_NOEXEC;
        }
        let mut options = format!(
            "lowerdir={},upperdir={},workdir={},index=off,metacopy=off",
            low.display(),
            up.display(),
            work.display()
        );
        if plan.user != User::Root {
            options.push_str(",userxattr");
        }
        match mount(
            Some("overlay"),
            path,
            Some("overlay"),
            flags,
            Some(&*options),
        ) {
            Ok(()) => Ok(Some(Self { upper, lower })),
            Err(_) => Ok(None),
        }
    }
}

/// Opens a folder, which no link may stand for.
fn open(at: impl AsFd, path: impl rustix::path::Arg) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(at, path, flags, Mode::empty())?)
}

/// Puts files back, as long as there is room.
struct Keeper {
    left: u64,
    owner: Option<u32>,
}

impl Keeper {
    fn folder(
        &mut self,
        from: BorrowedFd<'_>,
        to: BorrowedFd<'_>,
        depth: u32,
    ) -> Result<(), NotKept> {
        if depth > DEEPEST {
            return Err(NotKept::TooMuch);
        }
        if is_opaque(from) {
            empty(to, 0)?;
        }
        for entry in Dir::read_from(from)? {
            let entry = entry?;
            let name = entry.file_name();
            if !matches!(name.to_bytes(), b"." | b"..") {
                self.entry(from, to, name, depth)?;
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        from: BorrowedFd<'_>,
        to: BorrowedFd<'_>,
        name: &CStr,
        depth: u32,
    ) -> Result<(), NotKept> {
        let about = rustix::fs::statat(from, name, AtFlags::SYMLINK_NOFOLLOW)?;
        match FileType::from_raw_mode(about.st_mode) {
            FileType::Directory => {
                match rustix::fs::mkdirat(to, name, Mode::RWXU) {
                    Err(Errno::EXIST) if !is_folder(to, name)? => {
                        remove(to, name, 0)?;
                        rustix::fs::mkdirat(to, name, Mode::RWXU)?;
                    }
                    Err(Errno::EXIST) | Ok(()) => {}
                    Err(error) => return Err(error.into()),
                }
                let (inner, outer) = (open(from, name)?, open(to, name)?);
                self.folder(inner.as_fd(), outer.as_fd(), depth + 1)?;
                self.finish(outer.as_fd(), &about)?;
            }
            FileType::RegularFile => self.file(from, to, name, &about)?,
            FileType::Symlink => {
                let target = rustix::fs::readlinkat(from, name, Vec::new())?;
                self.take(target.to_bytes().len() as u64)?;
                remove(to, name, 0)?;
                rustix::fs::symlinkat(&*target, to, name)?;
                if let Some(owner) = self.owner {
                    let (user, group) = ids(owner);
                    rustix::fs::chownat(to, name, user, group, AtFlags::SYMLINK_NOFOLLOW)?;
                }
            }
            // So an overlay notes what was removed.
            FileType::CharacterDevice if about.st_rdev == 0 => remove(to, name, 0)?,
            // A job can make no other, and nobody would want them.
            _ => {}
        }
        Ok(())
    }

    fn file(
        &mut self,
        from: BorrowedFd<'_>,
        to: BorrowedFd<'_>,
        name: &CStr,
        about: &Stat,
    ) -> Result<(), NotKept> {
        let size = u64::try_from(about.st_size).unwrap_or(u64::MAX);
        self.take(size)?;
        let read = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let source = File::from(rustix::fs::openat(from, name, read, Mode::empty())?);
        remove(to, name, 0)?;
        let write = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mut target = File::from(rustix::fs::openat(
            to,
            name,
            write,
            Mode::RUSR | Mode::WUSR,
        )?);
        io::copy(&mut source.take(size), &mut target)?;
        self.finish(target.as_fd(), about)
    }

    /// Mode, owner and times: cargo goes by those.
    fn finish(&self, file: BorrowedFd<'_>, about: &Stat) -> Result<(), NotKept> {
        let mode: RawMode = about.st_mode & 0o777;
        rustix::fs::fchmod(file, Mode::from_raw_mode(mode))?;
        if let Some(owner) = self.owner {
            let (user, group) = ids(owner);
            rustix::fs::fchown(file, user, group)?;
        }
        let time = |seconds, nanoseconds: u64| Timespec {
            tv_sec: seconds,
            tv_nsec: nanoseconds.cast_signed(),
        };
        let times = Timestamps {
            last_access: time(about.st_atime, about.st_atime_nsec),
            last_modification: time(about.st_mtime, about.st_mtime_nsec),
        };
        Ok(rustix::fs::futimens(file, &times)?)
    }

    fn take(&mut self, bytes: u64) -> Result<(), NotKept> {
        self.left = self.left.checked_sub(bytes).ok_or(NotKept::TooMuch)?;
        Ok(())
    }
}

fn ids(owner: u32) -> (Option<rustix::fs::Uid>, Option<rustix::fs::Gid>) {
    (
        Some(rustix::fs::Uid::from_raw(owner)),
        Some(rustix::fs::Gid::from_raw(owner)),
    )
}

/// Whether a folder stands in place of the one below, not over it.
fn is_opaque(folder: BorrowedFd<'_>) -> bool {
    ["trusted.overlay.opaque", "user.overlay.opaque"]
        .into_iter()
        .any(|name| {
            let mut value = [0; 8];
            matches!(rustix::fs::fgetxattr(folder, name, &mut value), Ok(1) if value[0] == b'y')
        })
}

fn is_folder(at: BorrowedFd<'_>, name: &CStr) -> Result<bool, NotKept> {
    let about = rustix::fs::statat(at, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(about.st_mode) == FileType::Directory)
}

/// Removes what has this name, if anything has.
fn remove(at: BorrowedFd<'_>, name: &CStr, depth: u32) -> Result<(), NotKept> {
    match rustix::fs::unlinkat(at, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(Errno::ISDIR | Errno::PERM) => {
            empty(open(at, name)?.as_fd(), depth)?;
            Ok(rustix::fs::unlinkat(at, name, AtFlags::REMOVEDIR)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// Removes all that is in a folder.
fn empty(folder: BorrowedFd<'_>, depth: u32) -> Result<(), NotKept> {
    if depth > DEEPEST {
        return Err(NotKept::TooMuch);
    }
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if !matches!(name.to_bytes(), b"." | b"..") {
            remove(folder, name, depth + 1)?;
        }
    }
    Ok(())
}
