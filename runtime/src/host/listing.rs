//! The entries of a folder, read and put in order.
//!
//! wasmtime-wasi would read a folder as a whole before anyone could say how large it may be. So
//! it is read here, from the folder that wasmtime-wasi has open, up to a bound, on a thread that
//! may block and that stops when nobody waits for it any more.

use super::errno;
use super::sight::Inodes;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes of a `dirent` before its name (wasi_snapshot_preview1.witx).
pub(super) const DIRENT: usize = 24;
/// The longest listing: 16 MiB as the bytes of its entries. While it is put in order it takes
/// about two and a half times as much.
pub(super) const LONGEST: usize = 16 << 20;

/// The entries of a folder, one after the other as the guest gets them.
pub(super) struct Listing {
    pub(super) bytes: Vec<u8>,
    /// Where each entry starts.
    pub(super) starts: Vec<u32>,
}

/// Tells the thread to stop once this is dropped.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Reads a folder of at most `most` bytes of entries, and numbers what it meets. The inner error
/// is WASI's number.
pub(super) async fn read(
    folder: Arc<File>,
    most: usize,
    inodes: &mut Inodes,
) -> Result<Listing, i32> {
    let stop = Stop(Arc::default());
    let told = Arc::clone(&stop.0);
    let mut numbers = std::mem::take(inodes);
    let reading = tokio::task::spawn_blocking(move || {
        let listing = entries(&folder, most, &told).map(|entries| entries.sorted(&mut numbers));
        (listing, numbers)
    });
    let Ok((listing, numbers)) = reading.await else {
        return Err(errno::IO);
    };
    drop(stop);
    *inodes = numbers;
    listing
}

/// The same as they come: in no order, with the host's numbers and without cookies.
pub(super) async fn raw(folder: Arc<File>, most: usize) -> Result<Listing, i32> {
    let stop = Stop(Arc::default());
    let told = Arc::clone(&stop.0);
    let reading = tokio::task::spawn_blocking(move || entries(&folder, most, &told));
    let listing = reading.await.unwrap_or(Err(errno::IO));
    drop(stop);
    listing
}

/// What wasmtime-wasi makes of a file's device and number for the guest: both have to be the same
/// for what is listed and what is looked at. A test holds that.
pub(super) fn identity(about: &Stat) -> u64 {
    let mut hasher = DefaultHasher::new();
    #[allow(
        clippy::useless_conversion,
        reason = "not all systems have them as 64 bits"
    )]
    (u64::from(about.st_dev), u64::from(about.st_ino)).hash(&mut hasher);
    hasher.finish()
}

/// The entries as they come, in the guest's form: cookies are still to be filled in, and inodes
/// are the host's.
fn entries(folder: &File, most: usize, stop: &AtomicBool) -> Result<Listing, i32> {
    let wrong = |error: rustix::io::Errno| match error {
        rustix::io::Errno::ACCESS => errno::ACCES,
        rustix::io::Errno::NOTDIR => errno::BADF,
        _ => errno::IO,
    };
    let mut all = Listing {
        bytes: Vec::new(),
        starts: Vec::new(),
    };
    let own = rustix::fs::fstat(folder).map_err(wrong)?;
    for name in [b".".as_slice(), b".."] {
        all.push(name, &own, most)?;
    }
    // What wasmtime-wasi has open may be good for looking up names only.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let readable = rustix::fs::openat(folder, c".", flags, Mode::empty()).map_err(wrong)?;
    for entry in Dir::new(readable).map_err(wrong)? {
        if stop.load(Ordering::Relaxed) {
            return Err(errno::IO);
        }
        let entry = entry.map_err(wrong)?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        if name.to_str().is_err() {
            return Err(errno::ILSEQ);
        }
        match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(about) => all.push(name.to_bytes(), &about, most)?,
            // Gone meanwhile.
            Err(rustix::io::Errno::NOENT) => {}
            Err(error) => return Err(wrong(error)),
        }
    }
    Ok(all)
}

impl Listing {
    fn push(&mut self, name: &[u8], about: &Stat, most: usize) -> Result<(), i32> {
        if self.bytes.len() + DIRENT + name.len() > most {
            return Err(errno::OVERFLOW);
        }
        let start = u32::try_from(self.bytes.len()).map_err(|_| errno::OVERFLOW)?;
        let length = u32::try_from(name.len()).map_err(|_| errno::OVERFLOW)?;
        self.starts.push(start);
        self.bytes.extend_from_slice(&[0; 8]);
        self.bytes.extend_from_slice(&identity(about).to_le_bytes());
        self.bytes.extend_from_slice(&length.to_le_bytes());
        let kind = FileType::from_raw_mode(about.st_mode);
        self.bytes.extend_from_slice(&[file_type(kind), 0, 0, 0]);
        self.bytes.extend_from_slice(name);
        Ok(())
    }

    /// Entries from their bytes; what is cut off at the end is left out.
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        let mut starts = Vec::new();
        let mut start = 0;
        while let Some(head) = bytes
            .get(start..)
            .and_then(|rest| rest.first_chunk::<DIRENT>())
        {
            let length = u32::from_le_bytes([head[16], head[17], head[18], head[19]]);
            let end = start.saturating_add(DIRENT).saturating_add(length as usize);
            if end > bytes.len() {
                break;
            }
            starts.extend(u32::try_from(start));
            start = end;
        }
        Self { bytes, starts }
    }

    /// Entries in the order of their names, with cookies and inodes to match.
    pub(super) fn sorted(mut self, inodes: &mut Inodes) -> Self {
        let mut order = std::mem::take(&mut self.starts);
        // `.` and `..` come first, as everywhere.
        order.sort_unstable_by_key(|start| {
            let name = &self.entry(*start)[DIRENT..];
            (!matches!(name, b"." | b".."), name)
        });
        let mut listing = Self {
            bytes: Vec::with_capacity(self.bytes.len()),
            starts: Vec::with_capacity(order.len()),
        };
        for (next, start) in (1u64..).zip(order) {
            let entry = self.entry(start);
            let mut inode = [0; 8];
            inode.copy_from_slice(&entry[8..16]);
            let inode = inodes.number(u64::from_le_bytes(inode));
            // It is as long as the one before, whose length fits.
            listing
                .starts
                .push(u32::try_from(listing.bytes.len()).unwrap_or(u32::MAX));
            listing.bytes.extend_from_slice(&next.to_le_bytes());
            listing.bytes.extend_from_slice(&inode.to_le_bytes());
            listing.bytes.extend_from_slice(&entry[16..]);
        }
        listing
    }

    /// The entry that starts there.
    fn entry(&self, start: u32) -> &[u8] {
        let rest = &self.bytes[start as usize..];
        let mut length = [0; 4];
        length.copy_from_slice(&rest[16..20]);
        &rest[..DIRENT + u32::from_le_bytes(length) as usize]
    }
}

/// `filetype` (wasi_snapshot_preview1.witx), as wasmtime-wasi has it: what it has no word for is
/// unknown.
fn file_type(kind: FileType) -> u8 {
    match kind {
        FileType::BlockDevice => 1,
        FileType::CharacterDevice => 2,
        FileType::Directory => 3,
        FileType::RegularFile => 4,
        FileType::Symlink => 7,
        _ => 0,
    }
}
