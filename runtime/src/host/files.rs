//! Files and folders: quotas and records around wasmtime-wasi's file system.

use super::state::Kind;
use super::{Host, errno, hole, input, output, sight};
use crate::execution::Rule;
use wasmtime::Result;

/// `oflags` of path_open (wasi_snapshot_preview1.witx).
const CREATE: i32 = 1;
const EXCLUSIVE: i32 = 4;

/// `filetype` (wasi_snapshot_preview1.witx).
const DIRECTORY: u8 = 3;
const REGULAR: u8 = 4;
const SYMLINK: u8 = 7;

/// Files and folders that a guest may hold open at once: descriptors are the whole process's, and
/// a guest that never closes any must not starve the others.
pub(crate) const MAX_OPEN: usize = 100;

/// Vectors that one call looks at: a guest could list empty ones by the million.
pub(super) const MAX_VECTORS: i32 = 1024;

/// So many of them as are looked at.
fn vectors(count: i32) -> i32 {
    if (0..=MAX_VECTORS).contains(&count) {
        count
    } else {
        MAX_VECTORS
    }
}

/// wasmtime-wasi's function of that name.
macro_rules! pass {
    ($host:ident, $name:ident, $($arg:expr),*) => {
        outside!(waits $host.state, $host.memory, $name, $($arg),*)
    };
}

impl Host<'_> {
    /// Whether one more file may be made; if not, that is recorded.
    fn may_create(&mut self, what: &str, path: i32, length: i32) -> bool {
        if self.state.usage.files_created < self.state.limits.files {
            return true;
        }
        let target = self.path(path, length);
        self.state.deny(what, target, Rule::Files);
        false
    }

    fn created(&mut self, error: i32) {
        if error == errno::SUCCESS {
            self.state.usage.files_created += 1;
        }
    }

    /// Whether that many bytes more may be written to files; if not, that is recorded and the
    /// error number is given.
    fn may_write(&mut self, what: &str, fd: i32, bytes: u64) -> std::result::Result<(), i32> {
        let after = self.state.file_bytes.saturating_add(bytes);
        if after <= self.state.limits.file_bytes.0 {
            return Ok(());
        }
        // What is no file can't be written anyway: no rule of the policy says no to that.
        if self.state.descriptors.get(fd) != Some(Kind::File) {
            return Err(errno::BADF);
        }
        let name = self.state.names.get(&fd).map_or("", String::as_str);
        let target = format!("{name} ({after} bytes in all)");
        self.state.deny(what, target, Rule::FileBytes);
        Err(errno::DQUOT)
    }

    fn count_written(&mut self, error: i32, result: i32, hole: u64) {
        if error == errno::SUCCESS
            && let Some(written) = self.u32_at(result)
        {
            self.state.file_bytes += hole + u64::from(written);
            self.state.usage.bytes_written += u64::from(written);
        }
    }

    fn count_read(&mut self, error: i32, result: i32) {
        if error == errno::SUCCESS
            && let Some(read) = self.u32_at(result)
        {
            self.state.usage.bytes_read += u64::from(read);
        }
    }

    /// The bytes that a vectored write can move: wasmtime-wasi takes the first non-empty vector.
    fn first_length(&self, iovs: i32, count: i32) -> Option<u64> {
        for index in 0..count.cast_unsigned() {
            let at = iovs
                .cast_unsigned()
                .checked_add(index.checked_mul(8)?)?
                .checked_add(4)?;
            match self.u32_at(at.cast_signed())? {
                0 => {}
                length => return Some(u64::from(length)),
            }
        }
        Some(0)
    }
}

pub(super) async fn fd_write(
    host: &mut Host<'_>,
    fd: i32,
    iovs: i32,
    count: i32,
    result: i32,
) -> Result<i32> {
    if let Some(kind @ (Kind::Stdout | Kind::Stderr)) = host.state.descriptors.get(fd) {
        return output::write(host, kind, iovs, count, result).await;
    }
    let Some(length) = host.first_length(iovs, vectors(count)) else {
        return Ok(errno::FAULT);
    };
    // Where it stands is only asked of those that were moved: the others stand where their own
    // writes, which were counted, have brought them.
    let hole = if length > 0 && host.state.sought.contains(&fd) {
        let at = hole::position(host, fd)?;
        hole::before(host, fd, at).await?
    } else {
        0
    };
    if let Err(error) = host.may_write("fd_write", fd, length.saturating_add(hole)) {
        return Ok(error);
    }
    let error = Box::pin(pass!(host, fd_write, fd, iovs, vectors(count), result)).await?;
    host.count_written(error, result, hole);
    Ok(error)
}

pub(super) async fn fd_pwrite(
    host: &mut Host<'_>,
    fd: i32,
    iovs: i32,
    count: i32,
    offset: i64,
    result: i32,
) -> Result<i32> {
    let Some(length) = host.first_length(iovs, vectors(count)) else {
        return Ok(errno::FAULT);
    };
    let hole = match length {
        0 => 0,
        _ => hole::before(host, fd, offset.cast_unsigned()).await?,
    };
    if let Err(error) = host.may_write("fd_pwrite", fd, length.saturating_add(hole)) {
        return Ok(error);
    }
    let error = pass!(host, fd_pwrite, fd, iovs, vectors(count), offset, result).await?;
    host.count_written(error, result, hole);
    Ok(error)
}

pub(super) async fn fd_read(
    host: &mut Host<'_>,
    fd: i32,
    iovs: i32,
    count: i32,
    result: i32,
) -> Result<i32> {
    let is_input = host.state.descriptors.get(fd) == Some(Kind::Stdin);
    if is_input
        && host.state.live_input.is_some()
        && let Err(error) = Box::pin(input::wait_for_more(host.state)).await?
    {
        return Ok(error);
    }
    if is_input && let Some(read) = input::read(host, iovs, vectors(count), result)? {
        host.state.usage.bytes_read += u64::from(read);
        return Ok(errno::SUCCESS);
    }
    // In a box: the future of a call that reads standard input stays small.
    let error = Box::pin(pass!(host, fd_read, fd, iovs, vectors(count), result)).await?;
    host.count_read(error, result);
    Ok(error)
}

pub(super) async fn fd_pread(
    host: &mut Host<'_>,
    fd: i32,
    iovs: i32,
    count: i32,
    offset: i64,
    result: i32,
) -> Result<i32> {
    let error = pass!(host, fd_pread, fd, iovs, vectors(count), offset, result).await?;
    host.count_read(error, result);
    Ok(error)
}

/// A size that is set counts as written: on a disk without holes it is.
pub(super) async fn fd_filestat_set_size(host: &mut Host<'_>, fd: i32, size: i64) -> Result<i32> {
    let bytes = size.cast_unsigned();
    if let Err(error) = host.may_write("fd_filestat_set_size", fd, bytes) {
        return Ok(error);
    }
    let error = pass!(host, fd_filestat_set_size, fd, size).await?;
    if error == errno::SUCCESS {
        host.state.file_bytes += bytes;
    }
    Ok(error)
}

pub(super) async fn fd_allocate(
    host: &mut Host<'_>,
    fd: i32,
    offset: i64,
    length: i64,
) -> Result<i32> {
    let bytes = length.cast_unsigned();
    if let Err(error) = host.may_write("fd_allocate", fd, bytes) {
        return Ok(error);
    }
    let error = outside!(sync host.state, host.memory, fd_allocate, fd, offset, length)?;
    if error == errno::SUCCESS {
        host.state.file_bytes += bytes;
    }
    Ok(error)
}

pub(super) async fn fd_close(host: &mut Host<'_>, fd: i32) -> Result<i32> {
    let error = pass!(host, fd_close, fd).await?;
    if error == errno::SUCCESS {
        host.state.descriptors.set(fd, None);
        host.state.names.remove(&fd);
        host.state.sought.remove(&fd);
        host.state.sight.forget(fd);
    }
    Ok(error)
}

pub(super) async fn fd_renumber(host: &mut Host<'_>, from: i32, to: i32) -> Result<i32> {
    let error = pass!(host, fd_renumber, from, to).await?;
    if error == errno::SUCCESS && from != to {
        let kind = host.state.descriptors.set(from, None);
        host.state.descriptors.set(to, kind);
        match host.state.names.remove(&from) {
            Some(name) => host.state.names.insert(to, name),
            None => host.state.names.remove(&to),
        };
        if host.state.sought.remove(&from) {
            host.state.sought.insert(to);
        } else {
            host.state.sought.remove(&to);
        }
        host.state.sight.forget(from);
        host.state.sight.forget(to);
    }
    Ok(error)
}

#[allow(clippy::too_many_arguments, reason = "WASI's signature")]
pub(super) async fn path_open(
    host: &mut Host<'_>,
    fd: i32,
    lookup: i32,
    path: i32,
    length: i32,
    open: i32,
    rights: i64,
    inheriting: i64,
    flags: i32,
    result: i32,
) -> Result<i32> {
    // Seen to first, so that nothing is ever open that we do not know of.
    if host.bytes(result, 4).is_none() || result % 4 != 0 {
        return Ok(errno::FAULT);
    }
    if host.state.descriptors.len() >= MAX_OPEN {
        return Ok(errno::MFILE);
    }
    let error = match kind_of(host, fd, lookup, path, length).await? {
        Err(errno::NOENT) if open & CREATE != 0 => {
            if !host.may_create("path_open", path, length) {
                return Ok(errno::DQUOT);
            }
            let error = pass!(
                host, path_open, fd, lookup, path, length, open, rights, inheriting, flags, result
            )
            .await?;
            host.created(error);
            error
        }
        // Neither a file nor a folder nor a link: opening a pipe would wait for its other end in
        // a thread of the host, and no deadline ends that.
        Ok(kind) if !matches!(kind, DIRECTORY | REGULAR | SYMLINK) => errno::ACCES,
        seen => {
            // Nothing is made here: what exists can only be found to exist.
            let open = match seen {
                Ok(_) if open & EXCLUSIVE != 0 => open,
                _ => open & !(CREATE | EXCLUSIVE),
            };
            pass!(
                host, path_open, fd, lookup, path, length, open, rights, inheriting, flags, result
            )
            .await?
        }
    };
    if error == errno::SUCCESS
        && let Some(opened) = host.u32_at(result)
    {
        let name = host.path(path, length);
        let opened = opened.cast_signed();
        host.state.descriptors.set(opened, Some(Kind::File));
        host.state.names.insert(opened, name);
    }
    note(host, error, "path_open", path, length);
    Ok(error)
}

/// What a path leads to (`filetype`), asked in memory of our own; the inner error is WASI's.
async fn kind_of(
    host: &mut Host<'_>,
    fd: i32,
    lookup: i32,
    path: i32,
    length: i32,
) -> Result<std::result::Result<u8, i32>> {
    /// Where the path is put: after the `filestat`.
    const PATH: u8 = 64;
    const LONGEST: usize = 64 << 10;
    let mut memory = vec![0; usize::from(PATH)];
    match host.bytes(path, length) {
        Some(bytes) if bytes.len() <= LONGEST => memory.extend_from_slice(bytes),
        Some(_) => return Ok(Err(errno::NAMETOOLONG)),
        // The call itself says what is wrong.
        None => return Ok(Err(errno::FAULT)),
    }
    let memory = &mut memory;
    let at = i32::from(PATH);
    let error =
        outside!(waits host.state, memory, path_filestat_get, fd, lookup, at, length, 0).await?;
    Ok(match error {
        errno::SUCCESS => Ok(memory[16]),
        error => Err(error),
    })
}

/// Records what the sandbox itself said no to.
fn note(host: &mut Host<'_>, error: i32, what: &str, path: i32, length: i32) {
    if matches!(error, errno::ACCES | errno::PERM | errno::NOTCAPABLE) {
        let target = host.path(path, length);
        host.state.deny(what, target, Rule::Directories);
    }
}

pub(super) async fn path_create_directory(
    host: &mut Host<'_>,
    fd: i32,
    path: i32,
    length: i32,
) -> Result<i32> {
    if !host.may_create("path_create_directory", path, length) {
        return Ok(errno::DQUOT);
    }
    let error = pass!(host, path_create_directory, fd, path, length).await?;
    host.created(error);
    note(host, error, "path_create_directory", path, length);
    Ok(error)
}

pub(super) async fn path_symlink(
    host: &mut Host<'_>,
    target: i32,
    target_length: i32,
    fd: i32,
    path: i32,
    length: i32,
) -> Result<i32> {
    if !host.may_create("path_symlink", path, length) {
        return Ok(errno::DQUOT);
    }
    let error = pass!(host, path_symlink, target, target_length, fd, path, length).await?;
    host.created(error);
    // An absolute target is what is refused, so that is what the record names.
    note(host, error, "path_symlink", target, target_length);
    Ok(error)
}

#[allow(clippy::too_many_arguments, reason = "WASI's signature")]
pub(super) async fn path_link(
    host: &mut Host<'_>,
    fd: i32,
    flags: i32,
    path: i32,
    length: i32,
    to: i32,
    to_path: i32,
    to_length: i32,
) -> Result<i32> {
    if !host.may_create("path_link", to_path, to_length) {
        return Ok(errno::DQUOT);
    }
    let error = pass!(
        host, path_link, fd, flags, path, length, to, to_path, to_length
    )
    .await?;
    host.created(error);
    note(host, error, "path_link", path, length);
    Ok(error)
}

/// Functions that only need their denials recorded: the path's place in the arguments is given.
macro_rules! recorded {
    ($($name:ident [ $path:ident $length:ident ] ( $($arg:ident : $ty:ty),* );)*) => {$(
        #[allow(clippy::too_many_arguments, reason = "WASI's signature")]
        pub(super) async fn $name(host: &mut Host<'_>, $($arg: $ty),*) -> Result<i32> {
            let error = pass!(host, $name, $($arg),*).await?;
            note(host, error, stringify!($name), $path, $length);
            Ok(error)
        }
    )*};
}

pub(super) async fn path_filestat_get(
    host: &mut Host<'_>,
    fd: i32,
    flags: i32,
    path: i32,
    length: i32,
    result: i32,
) -> Result<i32> {
    let error = pass!(host, path_filestat_get, fd, flags, path, length, result).await?;
    sight::show(host, error, result);
    note(host, error, "path_filestat_get", path, length);
    Ok(error)
}

recorded! {
    path_filestat_set_times [path length] (fd: i32, flags: i32, path: i32, length: i32, accessed: i64, modified: i64, which: i32);
    path_readlink [path length] (fd: i32, path: i32, length: i32, buffer: i32, size: i32, result: i32);
    path_remove_directory [path length] (fd: i32, path: i32, length: i32);
    path_rename [path length] (fd: i32, path: i32, length: i32, to: i32, to_path: i32, to_length: i32);
    path_unlink_file [path length] (fd: i32, path: i32, length: i32);
}
