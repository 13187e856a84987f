//! What a guest sees of files besides their content, by the same rules as for preview 1
//! (`host::sight`): numbers of its own for inodes, folders in the order of names, and without real
//! clocks the times at which its clock started.

use super::clocks::datetime;
use super::files::{Answer, Fd, answer, note, pass, try_guest};
use super::parts::Share;
use crate::host::State;
use crate::host::time::EPOCH;
use crate::record::kept;
use policies::Clocks;
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::WasiFilesystemView as _;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorStat, DirectoryEntry, ErrorCode, HostDescriptor, MetadataHashValue, PathFlags,
};

/// The longest listing that is read, and all that are under way together, in bytes of names and
/// what the host keeps beside each.
const MAX_LISTED: usize = 16 << 20;
/// What the host keeps of an entry besides its name.
const ENTRY: usize = 24;

/// A folder's entries that the guest has not read yet, in the order of their names.
pub(super) struct Listing {
    entries: std::vec::IntoIter<DirectoryEntry>,
    _share: Share,
}

impl Listing {
    /// The next ones, at most so many, which count as read.
    pub(super) fn take(&mut self, state: &mut State, count: usize) -> Vec<DirectoryEntry> {
        let entries: Vec<_> = self.entries.by_ref().take(count).collect();
        let bytes = entries.iter().map(|entry| ENTRY + entry.name.len());
        state.usage.bytes_read += bytes.sum::<usize>() as u64;
        entries
    }
}

/// Attributes as the guest sees them: without real clocks, with the times at which its clock
/// started.
fn seen(state: &State, stat: DescriptorStat) -> DescriptorStat {
    if state.clocks == Clocks::Real {
        return stat;
    }
    let time = Some(datetime(EPOCH));
    DescriptorStat {
        data_access_timestamp: time,
        data_modification_timestamp: time,
        status_change_timestamp: time,
        ..stat
    }
}

pub(super) async fn stat(state: &mut State, fd: Fd) -> Answer<DescriptorStat> {
    let stat = try_guest!(pass!(state, stat(fd))?);
    Ok(Ok(seen(state, stat)))
}

pub(super) async fn stat_at(
    state: &mut State,
    fd: Fd,
    flags: PathFlags,
    path: String,
) -> Answer<DescriptorStat> {
    let answer = pass!(state, stat_at(fd, flags, path.clone()))?;
    note(state, &answer, "stat-at", &path);
    Ok(answer.map(|stat| seen(state, stat)))
}

pub(super) async fn read_directory(state: &mut State, fd: Fd) -> Answer<Resource<Listing>> {
    let listing = try_guest!(listing(state, fd).await?);
    Ok(Ok(state.parts.table.push(listing)?))
}

/// Reads a whole folder and puts it in order.
pub(super) async fn listing(state: &mut State, fd: Fd) -> Answer<Listing> {
    let all = kept!(state, "descriptor.read_directory", listed(state, fd).await);
    let all = try_guest!(all?);
    let mut entries = Vec::new();
    let mut bytes = 0;
    for entry in all {
        // A name that is no text can't be told, as wasmtime-wasi has it.
        let entry = try_guest!(entry);
        bytes += entry.name.len() + ENTRY;
        if state.parts.listed.amount() + bytes > MAX_LISTED {
            return Ok(Err(ErrorCode::Overflow));
        }
        entries.push(entry);
    }
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Ok(Listing {
        entries: entries.into_iter(),
        _share: state.parts.listed.take(bytes),
    }))
}

/// What a folder holds, as far as any guest may read it.
async fn listed(
    state: &mut State,
    fd: Fd,
) -> Answer<Vec<std::result::Result<DirectoryEntry, ErrorCode>>> {
    let all = HostDescriptor::read_directory(&mut state.parts.filesystem(), fd).await;
    let all = try_guest!(answer(all)?);
    let all = state.parts.table.delete(all)?;
    let mut entries = Vec::new();
    let mut bytes = 0;
    for entry in all {
        let entry = answer(entry)?;
        bytes += ENTRY + entry.as_ref().map_or(0, |entry| entry.name.len());
        let ends = entry.is_err() || bytes > MAX_LISTED;
        entries.push(entry);
        if ends {
            break;
        }
    }
    Ok(Ok(entries))
}

pub(super) async fn read_directory_entry(
    state: &mut State,
    listing: Resource<Listing>,
) -> Answer<Option<DirectoryEntry>> {
    let entry = state.parts.table.get_mut(&listing)?.entries.next();
    if let Some(entry) = &entry {
        state.usage.bytes_read += (ENTRY + entry.name.len()) as u64;
    }
    Ok(Ok(entry))
}

pub(super) async fn drop_listing(state: &mut State, listing: Resource<Listing>) -> Result<()> {
    state.parts.table.delete(listing)?;
    Ok(())
}

/// The host's hash is made of its inode number, for which a number of the guest's own stands. Its
/// upper half is made of the lower one.
fn hashed(state: &mut State, hash: &MetadataHashValue) -> MetadataHashValue {
    MetadataHashValue {
        lower: state.sight.inode(hash.lower),
        upper: 0,
    }
}

pub(super) async fn metadata_hash(state: &mut State, fd: Fd) -> Answer<MetadataHashValue> {
    let hash = try_guest!(pass!(state, metadata_hash(fd))?);
    Ok(Ok(hashed(state, &hash)))
}

pub(super) async fn metadata_hash_at(
    state: &mut State,
    fd: Fd,
    flags: PathFlags,
    path: String,
) -> Answer<MetadataHashValue> {
    let answer = pass!(state, metadata_hash_at(fd, flags, path.clone()))?;
    note(state, &answer, "metadata-hash-at", &path);
    Ok(answer.map(|hash| hashed(state, &hash)))
}
