//! What a guest sees of files besides their content: attributes and listings.
//!
//! The host's inode numbers, times and order of entries differ from one run to the next although
//! nothing that matters does. So inodes are numbered from 1 in the order in which the guest meets
//! them, folders are listed in the order of names, and without real clocks a file's times are
//! those at which the clock started.

use super::time::EPOCH;
use super::{Host, errno};
use policies::Clocks;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmtime::Result;

// Layout of `filestat` (wasi_snapshot_preview1.witx): 64 bytes.
const INODE: usize = 8;
const TIMES: [usize; 3] = [40, 48, 56];

// Layout of `dirent`: 24 bytes, then the name.
const DIRENT: usize = 24;

/// The longest listing that is read, as the bytes of its entries.
const MAX_LISTING: usize = 16 << 20;
/// What of listings is remembered between two calls; beyond it they are read again.
const MAX_REMEMBERED: usize = 4 << 20;

/// What the guest was shown so far.
#[derive(Default)]
pub(crate) struct Sight {
    inodes: BTreeMap<u64, u64>,
    /// By file descriptor: what a listing under way goes on in, whatever is deleted meanwhile.
    listings: BTreeMap<i32, Arc<Listing>>,
}

/// The entries of a folder, one after the other as the guest gets them.
struct Listing {
    bytes: Vec<u8>,
    /// Where each entry starts.
    starts: Vec<usize>,
}

impl Sight {
    /// The number that stands for one of the host.
    pub(crate) fn inode(&mut self, host: u64) -> u64 {
        let next = self.inodes.len() as u64 + 1;
        *self.inodes.entry(host).or_insert(next)
    }

    /// The descriptor is closed, or stands for something else now.
    pub(super) fn forget(&mut self, fd: i32) {
        self.listings.remove(&fd);
    }

    fn remember(&mut self, fd: i32, listing: &Arc<Listing>) {
        self.forget(fd);
        let held: usize = self.listings.values().map(|one| one.bytes.len()).sum();
        if held + listing.bytes.len() > MAX_REMEMBERED {
            self.listings.clear();
        }
        if listing.bytes.len() <= MAX_REMEMBERED {
            self.listings.insert(fd, Arc::clone(listing));
        }
    }
}

pub(super) async fn fd_filestat_get(host: &mut Host<'_>, fd: i32, result: i32) -> Result<i32> {
    let error = outside!(waits host.state, host.memory, fd_filestat_get, fd, result).await?;
    show(host, error, result);
    Ok(error)
}

/// Rewrites the attributes that wasmtime-wasi just wrote for the guest.
pub(super) fn show(host: &mut Host<'_>, error: i32, result: i32) {
    if error != errno::SUCCESS {
        return;
    }
    let at = |offset: usize| {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        result.cast_unsigned().wrapping_add(offset).cast_signed()
    };
    if let Some(inode) = host.u64_at(at(INODE))
        && inode != 0
    {
        let shown = host.state.sight.inode(inode);
        host.write(at(INODE), &shown.to_le_bytes());
    }
    if host.state.clocks != Clocks::Real {
        for time in TIMES {
            host.write(at(time), &EPOCH.to_le_bytes());
        }
    }
}

pub(super) async fn fd_readdir(
    host: &mut Host<'_>,
    fd: i32,
    buffer: i32,
    size: i32,
    cookie: i64,
    result: i32,
) -> Result<i32> {
    if host.bytes(buffer, size).is_none() || host.bytes(result, 4).is_none() {
        return Ok(errno::FAULT);
    }
    let remembered = host.state.sight.listings.get(&fd).cloned();
    let listing = match remembered {
        // From the start again: what has changed since is to be seen.
        Some(listing) if cookie != 0 => listing,
        _ => match read(host, fd).await? {
            Ok(listing) => {
                let listing = Arc::new(listing);
                host.state.sight.remember(fd, &listing);
                listing
            }
            Err(error) => return Ok(error),
        },
    };
    let entry = usize::try_from(cookie.cast_unsigned()).unwrap_or(usize::MAX);
    let rest = match listing.starts.get(entry) {
        Some(start) => &listing.bytes[*start..],
        None => &[],
    };
    // The last entry may be cut off, as WASI has it: the guest asks again with more room.
    let room = usize::try_from(size.cast_unsigned()).unwrap_or(usize::MAX);
    let given = &rest[..rest.len().min(room)];
    let length = u32::try_from(given.len()).unwrap_or(u32::MAX);
    host.write(buffer, given);
    host.write(result, &length.to_le_bytes());
    host.state.usage.bytes_read += u64::from(length);
    Ok(errno::SUCCESS)
}

/// Reads a whole folder through wasmtime-wasi, into memory of our own instead of the guest's,
/// and puts it in order. The inner error is WASI's number.
///
/// There is room for the longest listing from the start: each call looks at every entry, however
/// little room it has, and what is not touched of the memory is never there.
async fn read(host: &mut Host<'_>, fd: i32) -> Result<Result<Listing, i32>> {
    // The entries, and after them the four bytes that tell how many bytes they have.
    let mut memory = vec![0; MAX_LISTING + 4];
    let end = i32::try_from(MAX_LISTING).expect("it fits");
    let entries = &mut memory;
    let error = outside!(waits host.state, entries, fd_readdir, fd, 0, end, 0, end).await?;
    if error != errno::SUCCESS {
        return Ok(Err(error));
    }
    let mut length = [0; 4];
    length.copy_from_slice(&memory[MAX_LISTING..]);
    let used = u32::from_le_bytes(length) as usize;
    if used >= MAX_LISTING {
        return Ok(Err(errno::OVERFLOW));
    }
    Ok(Ok(sorted(&mut host.state.sight, &memory[..used])))
}

/// Entries in the order of their names, with cookies and inodes to match.
fn sorted(sight: &mut Sight, mut bytes: &[u8]) -> Listing {
    let mut entries = Vec::new();
    while let Some((head, rest)) = bytes.split_at_checked(DIRENT) {
        let mut length = [0; 4];
        length.copy_from_slice(&head[16..20]);
        let Some((name, rest)) = rest.split_at_checked(u32::from_le_bytes(length) as usize) else {
            break;
        };
        entries.push((name, head));
        bytes = rest;
    }
    // `.` and `..` come first, as everywhere.
    entries.sort_by_key(|(name, _)| (!matches!(*name, b"." | b".."), *name));
    let mut listing = Listing {
        bytes: Vec::new(),
        starts: Vec::with_capacity(entries.len()),
    };
    for (next, (name, head)) in (1u64..).zip(entries) {
        listing.starts.push(listing.bytes.len());
        let mut inode = [0; 8];
        inode.copy_from_slice(&head[8..16]);
        let inode = sight.inode(u64::from_le_bytes(inode));
        listing.bytes.extend_from_slice(&next.to_le_bytes());
        listing.bytes.extend_from_slice(&inode.to_le_bytes());
        listing.bytes.extend_from_slice(&head[16..]);
        listing.bytes.extend_from_slice(name);
    }
    listing
}
