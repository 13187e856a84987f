//! What a run of a component has besides what every run has.

use super::MAX_RESOURCES;
use super::files::Opened;
use super::network::{Made, Networking};
use super::poll::Waits;
use super::streams::Stream;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::Result;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

/// A component's resources. What it never uses is never made.
pub(crate) struct Parts {
    /// What the host holds for the guest.
    pub(crate) table: ResourceTable,
    /// wasmtime-wasi's part: made when a folder is granted, or once something is called that is
    /// not ours.
    wasi: Option<Box<WasiCtx>>,
    /// Whether folders were granted.
    files: bool,
    /// The streams that are ours, by their place in the table.
    pub(super) streams: BTreeMap<u32, Stream>,
    /// The pollables that are ours.
    pub(super) waits: BTreeMap<u32, Waits>,
    /// The streams of which it comes from outside when they are ready; kept only in runs that are
    /// recorded or repeated.
    pub(super) outside: BTreeSet<u32>,
    /// What the guest has opened.
    pub(super) opened: BTreeMap<u32, Opened>,
    /// How many of the process's descriptors that are.
    pub(super) open: Held,
    /// What the guest seeds its own randomness with, once it has asked.
    pub(super) seed: Option<(u64, u64)>,
    /// Waits of WASI 0.3 that have begun.
    pub(super) waited: u32,
    /// Bytes of listings that are under way.
    pub(super) listed: Held,
    pub(crate) networking: Networking,
}

/// How much of something a run holds. Streams of WASI 0.3 end where nobody can be told, so each
/// share gives itself back.
#[derive(Clone, Default)]
pub(super) struct Held(Arc<AtomicUsize>);

/// So much of it, until it is dropped.
pub(super) struct Share {
    of: Held,
    amount: usize,
}

impl Held {
    pub(super) fn amount(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn take(&self, amount: usize) -> Share {
        self.0.fetch_add(amount, Ordering::Relaxed);
        let of = self.clone();
        Share { of, amount }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.of.0.fetch_sub(self.amount, Ordering::Relaxed);
    }
}

impl Parts {
    pub(crate) fn new(networking: Networking) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        Self {
            table,
            wasi: None,
            files: false,
            streams: BTreeMap::new(),
            waits: BTreeMap::new(),
            outside: BTreeSet::new(),
            opened: BTreeMap::new(),
            open: Held::default(),
            seed: None,
            waited: 0,
            listed: Held::default(),
            networking,
        }
    }

    /// Gives the folders that are granted.
    pub(crate) fn give_files(&mut self, wasi: WasiCtx) {
        self.wasi = Some(Box::new(wasi));
        self.files = true;
    }

    /// Says that folders are granted, where what they hold is told by a recording.
    pub(crate) fn promise_files(&mut self) {
        self.files = true;
    }

    /// Gives the guest what has come of its requests.
    ///
    /// # Errors
    /// Where a resource is not what it was.
    pub(super) fn give(&mut self) -> Result<()> {
        self.networking.give(&mut self.table)
    }

    /// The network and what is held for the guest.
    pub(super) fn network(&mut self) -> (&mut Made, &mut ResourceTable) {
        (self.networking.made(), &mut self.table)
    }

    /// Whether folders were granted.
    pub(crate) fn has_files(&self) -> bool {
        self.files
    }
}

impl WasiView for Parts {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: self
                .wasi
                .get_or_insert_with(|| Box::new(WasiCtxBuilder::new().build())),
            table: &mut self.table,
        }
    }
}
