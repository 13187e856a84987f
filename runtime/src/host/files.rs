//! Files and folders: quotas and records around wasmtime-wasi's file system.

use super::state::Kind;
use super::{Host, errno, output};
use crate::execution::Rule;
use wasmtime::Result;
use wasmtime_wasi::p1::wasi_snapshot_preview1 as wasi;
use wiggle::GuestMemory;

/// `oflags` of path_open (wasi_snapshot_preview1.witx).
const CREATE: i32 = 1;
const EXCLUSIVE: i32 = 4;

/// wasmtime-wasi's function of that name.
macro_rules! pass {
    ($host:ident, $name:ident, $($arg:expr),*) => {
        wasi::$name(
            &mut $host.state.wasi,
            &mut GuestMemory::Unshared($host.memory),
            $($arg),*
        )
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

    /// Whether that many bytes more may be written to files; if not, that is recorded.
    fn may_write(&mut self, what: &str, fd: i32, bytes: u64) -> bool {
        let after = self.state.file_bytes.saturating_add(bytes);
        if after <= self.state.limits.file_bytes.0 {
            return true;
        }
        let target = format!("file descriptor {fd}, {after} bytes in all");
        self.state.deny(what, target, Rule::FileBytes);
        false
    }

    fn count_written(&mut self, error: i32, result: i32) {
        if error == errno::SUCCESS
            && let Some(written) = self.u32_at(result)
        {
            self.state.file_bytes += u64::from(written);
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
    match host.state.descriptors.get(&fd) {
        Some(kind @ (Kind::Stdout | Kind::Stderr)) => {
            let kind = *kind;
            output::write(host, kind, iovs, count, result).await
        }
        _ => {
            let Some(length) = host.first_length(iovs, count) else {
                return Ok(errno::FAULT);
            };
            if !host.may_write("fd_write", fd, length) {
                return Ok(errno::DQUOT);
            }
            let error = pass!(host, fd_write, fd, iovs, count, result).await?;
            host.count_written(error, result);
            Ok(error)
        }
    }
}

pub(super) async fn fd_pwrite(
    host: &mut Host<'_>,
    fd: i32,
    iovs: i32,
    count: i32,
    offset: i64,
    result: i32,
) -> Result<i32> {
    let Some(length) = host.first_length(iovs, count) else {
        return Ok(errno::FAULT);
    };
    if !host.may_write("fd_pwrite", fd, length) {
        return Ok(errno::DQUOT);
    }
    let error = pass!(host, fd_pwrite, fd, iovs, count, offset, result).await?;
    host.count_written(error, result);
    Ok(error)
}

pub(super) async fn fd_read(
    host: &mut Host<'_>,
    fd: i32,
    iovs: i32,
    count: i32,
    result: i32,
) -> Result<i32> {
    let error = pass!(host, fd_read, fd, iovs, count, result).await?;
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
    let error = pass!(host, fd_pread, fd, iovs, count, offset, result).await?;
    host.count_read(error, result);
    Ok(error)
}

/// A size that is set counts as written: on a disk without holes it is.
pub(super) async fn fd_filestat_set_size(host: &mut Host<'_>, fd: i32, size: i64) -> Result<i32> {
    let bytes = size.cast_unsigned();
    if !host.may_write("fd_filestat_set_size", fd, bytes) {
        return Ok(errno::DQUOT);
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
    if !host.may_write("fd_allocate", fd, bytes) {
        return Ok(errno::DQUOT);
    }
    let error = pass!(host, fd_allocate, fd, offset, length)?;
    if error == errno::SUCCESS {
        host.state.file_bytes += bytes;
    }
    Ok(error)
}

pub(super) async fn fd_close(host: &mut Host<'_>, fd: i32) -> Result<i32> {
    let error = pass!(host, fd_close, fd).await?;
    if error == errno::SUCCESS {
        host.state.descriptors.remove(&fd);
    }
    Ok(error)
}

pub(super) async fn fd_renumber(host: &mut Host<'_>, from: i32, to: i32) -> Result<i32> {
    let error = pass!(host, fd_renumber, from, to).await?;
    if error == errno::SUCCESS && from != to {
        match host.state.descriptors.remove(&from) {
            Some(kind) => host.state.descriptors.insert(to, kind),
            None => host.state.descriptors.remove(&to),
        };
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
    // Opened first as if it had to exist: that tells whether anything is made.
    let mut error = errno::NOENT;
    if open & CREATE == 0 || open & EXCLUSIVE == 0 {
        let open = open & !CREATE;
        error = pass!(
            host, path_open, fd, lookup, path, length, open, rights, inheriting, flags, result
        )
        .await?;
    }
    if error == errno::NOENT && open & CREATE != 0 {
        if !host.may_create("path_open", path, length) {
            return Ok(errno::DQUOT);
        }
        error = pass!(
            host, path_open, fd, lookup, path, length, open, rights, inheriting, flags, result
        )
        .await?;
        host.created(error);
    }
    if error == errno::SUCCESS
        && let Some(opened) = host.u32_at(result)
    {
        host.state
            .descriptors
            .insert(opened.cast_signed(), Kind::File);
    }
    note(host, error, "path_open", path, length);
    Ok(error)
}

fn note(host: &mut Host<'_>, error: i32, what: &str, path: i32, length: i32) {
    let target = host.path(path, length);
    host.note_denial(error, what, || target);
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

recorded! {
    path_filestat_get [path length] (fd: i32, flags: i32, path: i32, length: i32, result: i32);
    path_filestat_set_times [path length] (fd: i32, flags: i32, path: i32, length: i32, accessed: i64, modified: i64, which: i32);
    path_readlink [path length] (fd: i32, path: i32, length: i32, buffer: i32, size: i32, result: i32);
    path_remove_directory [path length] (fd: i32, path: i32, length: i32);
    path_rename [path length] (fd: i32, path: i32, length: i32, to: i32, to_path: i32, to_length: i32);
    path_unlink_file [path length] (fd: i32, path: i32, length: i32);
}
