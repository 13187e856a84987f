//! What the guest can call: WASI preview 1, each function through our hands.
//!
//! Every function of the interface is defined here by name. Most pass straight to wasmtime-wasi;
//! those that a policy speaks of are in [`files`], [`hole`], [`output`], [`sight`] and [`time`],
//! and those that every tool calls, for their speed, in [`input`] and [`quick`].

#[macro_use]
mod outside;

pub(crate) mod files;
mod hole;
mod input;
mod listing;
mod output;
pub(crate) mod quick;
pub(crate) mod sight;
mod state;
pub(crate) mod time;

pub(crate) use input::{wait_for_all, wait_for_more};
pub(crate) use state::{Patience, State, Stop, Words};

use std::ops::Range;
use wasmtime::{Caller, Extern, Linker, Result, bail};
use wasmtime_wasi::I32Exit;

/// The module whose functions these are.
pub(crate) const MODULE: &str = "wasi_snapshot_preview1";

/// WASI's error numbers that are used here (wasi_snapshot_preview1.witx, `errno`).
pub(crate) mod errno {
    pub(crate) const SUCCESS: i32 = 0;
    pub(crate) const ACCES: i32 = 2;
    pub(crate) const BADF: i32 = 8;
    pub(crate) const DQUOT: i32 = 19;
    pub(crate) const FAULT: i32 = 21;
    pub(crate) const ILSEQ: i32 = 25;
    pub(crate) const INVAL: i32 = 28;
    pub(crate) const IO: i32 = 29;
    pub(crate) const MFILE: i32 = 33;
    pub(crate) const NAMETOOLONG: i32 = 37;
    pub(crate) const NOENT: i32 = 44;
    pub(crate) const NOMEM: i32 = 48;
    pub(crate) const NOTSOCK: i32 = 57;
    pub(crate) const OVERFLOW: i32 = 61;
    pub(crate) const PERM: i32 = 63;
    pub(crate) const NOTCAPABLE: i32 = 76;
}

/// One call from the guest: its memory, and the state of its run.
pub(crate) struct Host<'a> {
    pub(crate) memory: &'a mut [u8],
    pub(crate) state: &'a mut State,
}

impl Host<'_> {
    /// Bytes of the guest, or `None` where they are not all inside its memory.
    pub(crate) fn bytes(&self, at: i32, length: i32) -> Option<&[u8]> {
        Some(&self.memory[self.range(at, length)?])
    }

    /// Where those bytes are, if they are all inside the guest's memory.
    pub(crate) fn range(&self, at: i32, length: i32) -> Option<Range<usize>> {
        let at = usize::try_from(at.cast_unsigned()).ok()?;
        let end = at.checked_add(usize::try_from(length.cast_unsigned()).ok()?)?;
        (end <= self.memory.len()).then_some(at..end)
    }

    pub(crate) fn u32_at(&self, at: i32) -> Option<u32> {
        let bytes = self.bytes(at, 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }

    pub(crate) fn u64_at(&self, at: i32) -> Option<u64> {
        let bytes = self.bytes(at, 8)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }

    pub(crate) fn write(&mut self, at: i32, bytes: &[u8]) -> Option<()> {
        let at = usize::try_from(at.cast_unsigned()).ok()?;
        self.memory
            .get_mut(at..at.checked_add(bytes.len())?)?
            .copy_from_slice(bytes);
        Some(())
    }

    /// A path as the guest gave it, for records.
    pub(crate) fn path(&self, at: i32, length: i32) -> String {
        match self.bytes(at, length) {
            Some(bytes) => String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).into_owned(),
            None => "(outside the guest's memory)".to_owned(),
        }
    }
}

/// Gives every function its place in the linker; `$module::$name` is our own version, and
/// without it wasmtime-wasi's is called as it is.
macro_rules! functions {
    ($($name:ident ( $($arg:ident : $ty:ty),* ) $kind:tt $([$module:ident])?;)*) => {
        /// The functions of WASI preview 1.
        pub(crate) const FUNCTIONS: &[&str] = &[$(stringify!($name)),*, "proc_exit"];

        /// Defines them all.
        pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
            $(
                linker.func_wrap_async(
                    MODULE,
                    stringify!($name),
                    |mut caller: Caller<'_, State>, ($($arg,)*): ($($ty,)*)| {
                        Box::new(async move {
                            if caller.data().tape.is_some() {
                                outside::asked(&mut caller, stringify!($name), &[$(i64::from($arg)),*])?;
                            }
                            #[allow(unused_mut, reason = "only some functions write")]
                            let mut host = enter(&mut caller)?;
                            let answer = functions!(@call host $name ($($arg),*) $kind $([$module])?);
                            host.state.give_way().await;
                            if let Some(tape) = &host.state.tape {
                                tape.done(host.state.file_bytes)?;
                            }
                            answer
                        })
                    },
                )?;
            )*
            linker.func_wrap(MODULE, "proc_exit", |mut caller: Caller<'_, State>, code: i32| {
                if caller.data().tape.is_some() {
                    outside::asked(&mut caller, "proc_exit", &[i64::from(code)])?;
                }
                enter(&mut caller)?;
                caller.data_mut().left = true;
                // wasmtime-wasi's own would refuse the codes from 126 on, which programs do use.
                Err::<(), _>(I32Exit(code).into())
            })?;
            Ok(())
        }
    };
    (@call $host:ident $name:ident ($($arg:ident),*) $kind:tt [$module:ident]) => {
        $module::$name(&mut $host, $($arg),*).await
    };
    (@call $host:ident $name:ident ($($arg:ident),*) sync) => {
        outside!(sync $host.state, $host.memory, $name, $($arg),*)
    };
    (@call $host:ident $name:ident ($($arg:ident),*) waits) => {
        outside!(waits $host.state, $host.memory, $name, $($arg),*).await
    };
}

functions! {
    args_get(list: i32, text: i32) sync [input];
    args_sizes_get(count: i32, size: i32) sync [input];
    environ_get(list: i32, text: i32) sync [input];
    environ_sizes_get(count: i32, size: i32) sync [input];
    clock_res_get(id: i32, result: i32) sync [time];
    clock_time_get(id: i32, precision: i64, result: i32) sync [time];
    fd_advise(a: i32, b: i64, c: i64, d: i32) waits;
    fd_allocate(fd: i32, offset: i64, length: i64) sync [files];
    fd_close(fd: i32) waits [files];
    fd_datasync(a: i32) waits;
    fd_fdstat_get(a: i32, b: i32) waits;
    fd_fdstat_set_flags(a: i32, b: i32) sync;
    fd_fdstat_set_rights(a: i32, b: i64, c: i64) sync;
    fd_filestat_get(fd: i32, result: i32) waits [sight];
    fd_filestat_set_size(fd: i32, size: i64) waits [files];
    fd_filestat_set_times(a: i32, b: i64, c: i64, d: i32) waits;
    fd_pread(fd: i32, iovs: i32, count: i32, offset: i64, result: i32) waits [files];
    fd_prestat_get(fd: i32, result: i32) sync [input];
    fd_prestat_dir_name(a: i32, b: i32, c: i32) sync;
    fd_pwrite(fd: i32, iovs: i32, count: i32, offset: i64, result: i32) waits [files];
    fd_read(fd: i32, iovs: i32, count: i32, result: i32) waits [files];
    fd_readdir(fd: i32, buffer: i32, size: i32, cookie: i64, result: i32) waits [sight];
    fd_renumber(from: i32, to: i32) waits [files];
    fd_seek(fd: i32, offset: i64, whence: i32, result: i32) waits [hole];
    fd_sync(a: i32) waits;
    fd_tell(a: i32, b: i32) sync;
    fd_write(fd: i32, iovs: i32, count: i32, result: i32) waits [files];
    path_create_directory(fd: i32, path: i32, length: i32) waits [files];
    path_filestat_get(fd: i32, flags: i32, path: i32, length: i32, result: i32) waits [files];
    path_filestat_set_times(fd: i32, flags: i32, path: i32, length: i32, accessed: i64, modified: i64, which: i32) waits [files];
    path_link(fd: i32, flags: i32, path: i32, length: i32, to: i32, to_path: i32, to_length: i32) waits [files];
    path_open(fd: i32, lookup: i32, path: i32, length: i32, open: i32, rights: i64, inheriting: i64, flags: i32, result: i32) waits [files];
    path_readlink(fd: i32, path: i32, length: i32, buffer: i32, size: i32, result: i32) waits [files];
    path_remove_directory(fd: i32, path: i32, length: i32) waits [files];
    path_rename(fd: i32, path: i32, length: i32, to: i32, to_path: i32, to_length: i32) waits [files];
    path_symlink(target: i32, target_length: i32, fd: i32, path: i32, length: i32) waits [files];
    path_unlink_file(fd: i32, path: i32, length: i32) waits [files];
    poll_oneoff(subscriptions: i32, events: i32, count: i32, result: i32) waits [time];
    proc_raise(a: i32) sync;
    sched_yield() sync;
    random_get(at: i32, length: i32) sync [time];
    sock_accept(fd: i32, flags: i32, result: i32) sync [network];
    sock_recv(fd: i32, a: i32, b: i32, c: i32, d: i32, e: i32) sync [network];
    sock_send(fd: i32, a: i32, b: i32, c: i32, d: i32) sync [network];
    sock_shutdown(fd: i32, how: i32) sync [network];
}

/// Counts the call and takes hold of the guest's memory.
fn enter<'a>(caller: &'a mut Caller<'_, State>) -> Result<Host<'a>> {
    let host = hold(caller)?;
    host.state.usage.host_calls += 1;
    Ok(host)
}

/// Takes hold of the guest's memory.
fn hold<'a>(caller: &'a mut Caller<'_, State>) -> Result<Host<'a>> {
    let memory = if let Some(memory) = caller.data().memory {
        memory
    } else {
        let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
            bail!("the module does not export its memory as `memory`");
        };
        caller.data_mut().memory = Some(memory);
        memory
    };
    let (memory, state) = memory.data_and_store_mut(caller);
    Ok(Host { memory, state })
}

/// Sockets: preview 1 can only use those that were opened for it, and none ever is.
mod network {
    use super::{Host, MODULE, errno};
    use crate::execution::Rule;
    use wasmtime::Result;
    use wasmtime_wasi::p1::wasi_snapshot_preview1 as wasi;
    use wiggle::GuestMemory;

    /// Records the attempt. What is open is no socket, and nothing else is open.
    fn denied(host: &mut Host<'_>, what: &str, fd: i32) -> Result<i32> {
        let target = format!("{MODULE} file descriptor {fd}");
        host.state.deny(what, target, Rule::Network);
        if host.state.descriptors.get(fd).is_some() || is_granted_folder(host, fd)? {
            return Ok(errno::NOTSOCK);
        }
        Ok(errno::BADF)
    }

    fn is_granted_folder(host: &mut Host<'_>, fd: i32) -> Result<bool> {
        if host.state.has_no_files() {
            return Ok(false);
        }
        let mut prestat = [0; 8];
        let memory = &mut GuestMemory::Unshared(&mut prestat);
        let error = wasi::fd_prestat_get(host.state.wasi(), memory, fd, 0)?;
        Ok(error == errno::SUCCESS)
    }

    pub(super) async fn sock_accept(host: &mut Host<'_>, fd: i32, _: i32, _: i32) -> Result<i32> {
        denied(host, "sock_accept", fd)
    }

    pub(super) async fn sock_recv(
        host: &mut Host<'_>,
        fd: i32,
        _: i32,
        _: i32,
        _: i32,
        _: i32,
        _: i32,
    ) -> Result<i32> {
        denied(host, "sock_recv", fd)
    }

    pub(super) async fn sock_send(
        host: &mut Host<'_>,
        fd: i32,
        _: i32,
        _: i32,
        _: i32,
        _: i32,
    ) -> Result<i32> {
        denied(host, "sock_send", fd)
    }

    pub(super) async fn sock_shutdown(host: &mut Host<'_>, fd: i32, _: i32) -> Result<i32> {
        denied(host, "sock_shutdown", fd)
    }
}
