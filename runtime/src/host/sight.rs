//! What a guest sees of files besides their content: attributes and listings.
//!
//! The host's inode numbers, times and order of entries differ from one run to the next although
//! nothing that matters does. So inodes are numbered from 1 in the order in which the guest meets
//! them, folders are listed in the order of names, and without real clocks a file's times are
//! those at which the clock started.

use super::listing::{self, Listing};
use super::time::EPOCH;
use super::{Host, errno};
use crate::execution::Rule;
use policies::Clocks;
use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use wasmtime::Result;
use wasmtime_wasi::WasiView as _;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p1::wasi_snapshot_preview1 as wasi;
use wiggle::GuestMemory;

// Layout of `filestat` (wasi_snapshot_preview1.witx): 64 bytes.
const INODE: usize = 8;
const TIMES: [usize; 3] = [40, 48, 56];

/// What of listings is remembered between two calls; beyond it they are read again.
const MAX_REMEMBERED: usize = 4 << 20;
/// Files that get a number of their own. A guest that meets more than these million sees the
/// others by numbers that differ from one run to the next.
const MAX_NUMBERED: usize = 1 << 20;

/// What the guest was shown so far.
#[derive(Default)]
pub(crate) struct Sight {
    inodes: Inodes,
    /// By file descriptor: what a listing under way goes on in, whatever is deleted meanwhile.
    listings: BTreeMap<i32, Arc<Listing>>,
}

/// Files by the host's number, in the order in which the guest met them.
#[derive(Default)]
pub(super) struct Inodes(BTreeMap<u64, u64>);

impl Inodes {
    pub(super) fn number(&mut self, host: u64) -> u64 {
        let next = self.0.len() as u64 + 1;
        if self.0.len() >= MAX_NUMBERED {
            // Above all that are counted.
            let other = host | 1 << 63;
            return self.0.get(&host).copied().unwrap_or(other);
        }
        *self.0.entry(host).or_insert(next)
    }
}

impl Sight {
    /// The number that stands for one of the host.
    pub(crate) fn inode(&mut self, host: u64) -> u64 {
        self.inodes.number(host)
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
        let shown = host.state.sight.inodes.number(inode);
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
        Some(start) => &listing.bytes[*start as usize..],
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

/// Reads a whole folder and puts it in order. The inner error is WASI's number.
///
/// What is kept of it in the host stands for the guest, so there has to be room for it in what
/// the policy gives the guest as memory.
async fn read(host: &mut Host<'_>, fd: i32) -> Result<Result<Listing, i32>> {
    let room = host.state.limiter.room();
    let most = room.min(listing::LONGEST);
    let read = if host.state.tape.is_some() {
        taped(host, fd, most).await?
    } else {
        let folder = match folder(host, fd).await? {
            Ok(folder) => folder,
            Err(error) => return Ok(Err(error)),
        };
        listing::read(folder, most, &mut host.state.sight.inodes).await
    };
    if let Err(errno::OVERFLOW) = read {
        let name = host.state.names.get(&fd).map_or("", String::as_str);
        let target = format!("{name} (a listing of more than {most} bytes)");
        host.state.deny("fd_readdir", target, Rule::Memory);
        if room < listing::LONGEST {
            return Ok(Err(errno::NOMEM));
        }
    }
    Ok(read)
}

/// The same in a run that is recorded or replayed: what the folder held goes onto the tape, or
/// comes from there, as `fd_readdir` would give it in a buffer of that size.
async fn taped(host: &mut Host<'_>, fd: i32, most: usize) -> Result<Result<Listing, i32>> {
    // The entries, and after them the four bytes that tell how many bytes they have.
    let mut memory = vec![0; most + 4];
    let end = i64::try_from(most)?;
    let arguments = [i64::from(fd), 0, end, 0, end];
    let told = host.state.replayed("fd_readdir", &mut memory, &arguments);
    let answer = if let Some(answer) = told {
        answer?
    } else {
        let raw = match folder(host, fd).await? {
            Ok(folder) => listing::raw(folder, most).await,
            Err(error) => Err(error),
        };
        let error = match raw {
            Ok(raw) => {
                memory[..raw.bytes.len()].copy_from_slice(&raw.bytes);
                let length = u32::try_from(raw.bytes.len())?;
                memory[most..].copy_from_slice(&length.to_le_bytes());
                errno::SUCCESS
            }
            Err(error) => error,
        };
        if let Some(tape) = &host.state.tape {
            tape.answered("fd_readdir", &memory, &arguments, &Ok(error));
        }
        error
    };
    if answer != errno::SUCCESS {
        return Ok(Err(answer));
    }
    let mut length = [0; 4];
    length.copy_from_slice(&memory[most..]);
    let length = (u32::from_le_bytes(length) as usize).min(most);
    memory.truncate(length);
    Ok(Ok(Listing::of(memory).sorted(&mut host.state.sight.inodes)))
}

/// The folder that a descriptor stands for, among those that wasmtime-wasi has open.
async fn folder(host: &mut Host<'_>, fd: i32) -> Result<Result<Arc<File>, i32>> {
    let mut memory = [0; 64];
    let guest = &mut GuestMemory::Unshared(&mut memory);
    let wasi = host.state.wasi();
    let error = wasi::fd_filestat_get(wasi, guest, fd, 0).await?;
    if error != errno::SUCCESS {
        return Ok(Err(error));
    }
    let mut inode = [0; 8];
    inode.copy_from_slice(&memory[INODE..INODE + 8]);
    let inode = u64::from_le_bytes(inode);
    // Whichever handle it is found by: it is the same folder, and all that are open may be read.
    let found = wasi
        .ctx()
        .table
        .iter_mut()
        .find_map(|entry| match entry.downcast_ref() {
            Some(Descriptor::Dir(dir)) => {
                let about = rustix::fs::fstat(&*dir.dir).ok()?;
                (listing::identity(&about) == inode).then(|| Arc::clone(&dir.dir))
            }
            _ => None,
        });
    Ok(found.ok_or(errno::BADF))
}
