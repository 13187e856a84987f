//! What this process, and what a guest's memory, really holds.

use crate::least::{self, Least, State};
use crate::stock::plain;
use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use wasmtime::{Caller, Extern, bail};

const PAGE: u64 = 4096;

/// Bytes of this process that are in memory.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Resident {
    /// Its own pages, and those of files that it has mapped.
    pub(crate) pages: u64,
    /// The kernel's tables that say where they are, which the former do not include.
    pub(crate) tables: u64,
}

impl Resident {
    pub(crate) fn now() -> Result<Self> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let field = |name: &str| -> Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|rest| rest.split_whitespace().next());
            Ok(kib.with_context(|| name.to_owned())?.parse::<u64>()? * 1024)
        };
        Ok(Self {
            pages: field("VmRSS:")?,
            tables: field("VmPTE:")?,
        })
    }

    pub(crate) fn sum(self) -> u64 {
        self.pages + self.tables
    }
}

/// Bytes of a guest's memory that are there when it begins to wait. The kernel is asked from
/// within the host function in which it would wait, at that call of it.
pub(crate) fn touched_by_waiting(
    wasm: &[u8],
    input: &[u8],
    (function, nth): (&str, usize),
) -> Result<u64> {
    let touched = Arc::new(AtomicU64::new(0));
    let result = Arc::clone(&touched);
    let least = Least::with(wasm, true, |linker| {
        linker.allow_shadowing(true);
        let calls = AtomicUsize::new(0);
        let look = move |mut caller: Caller<'_, State>, a: i32, b: i32, c: i32, d: i32| {
            if calls.fetch_add(1, Ordering::Relaxed) + 1 < nth {
                return least::fd_write(caller, a, b, c, d);
            }
            let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
                bail!("no memory");
            };
            let size = memory.data_size(&caller) as u64;
            let bytes = present(memory.data_ptr(&caller).addr() as u64, size)?;
            result.store(bytes, Ordering::Relaxed);
            bail!("seen")
        };
        linker.func_wrap(
            "wasi_snapshot_preview1",
            function,
            move |caller: Caller<'_, State>, a: i32, b: i32, c: i32, d: i32| {
                let seen: wasmtime::Result<i32> = look(caller, a, b, c, d);
                seen
            },
        )?;
        Ok(())
    })
    .map_err(plain)?;
    let ended = least.run(input.to_vec());
    let bytes = touched.load(Ordering::Relaxed);
    ensure!(bytes > 0, "the guest did not wait: {ended:?}");
    Ok(bytes)
}

/// Bytes in memory of this range (`/proc/self/pagemap`, bit 63).
fn present(start: u64, size: u64) -> std::io::Result<u64> {
    let map = File::open("/proc/self/pagemap")?;
    let pages = usize::try_from(size / PAGE).map_err(std::io::Error::other)?;
    let mut entries = vec![0; pages * 8];
    map.read_exact_at(&mut entries, start / PAGE * 8)?;
    let there = entries.chunks_exact(8).filter(|entry| entry[7] & 0x80 != 0);
    Ok(there.count() as u64 * PAGE)
}
