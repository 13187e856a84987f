//! Runs a rewritten module again and again, each time from the same state.

mod guest;
mod wasi;

pub(crate) use guest::{Guest, Room, Stop};

use crate::instrument::{Form, NotInstrumented, Plan, Restorable, instrument, layout};
use crate::world::World;
use std::num::NonZeroUsize;
use std::sync::Arc;
use wasi::Exit;
use wasmtime::{
    Config, Enabled, Engine, Extern, Global, InstanceAllocationStrategy, InstancePre, Linker,
    Memory, Module, OptLevel, PoolingAllocationConfig, Store, Trap, TypedFunc, Val, WasmBacktrace,
    WasmBacktraceDetails,
};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// `_start` returned, or exit code 0.
    Success,
    Exit(i32),
    Trap(Trap),
    /// Ended by the host.
    Stopped(Stop),
    /// Out of fuel.
    Fuel,
    /// Something that has no name here.
    Other,
}

/// What is known of a run right after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    pub(crate) ended: Ended,
    /// Units of the rewritten module.
    pub(crate) fuel: u64,
    /// Tells apart where runs ended that did not end well.
    pub(crate) stack: u64,
}

/// A module that was rewritten and compiled, ready for runs.
pub(crate) struct Machine {
    engine: Engine,
    pre: InstancePre<Guest>,
    edges: usize,
    entries: Vec<usize>,
    restorable: Restorable,
    room: Room,
    /// The number of globals that change.
    globals: usize,
    /// The guest's memory in a new instance; empty where it is not put back.
    snapshot: Vec<u8>,
    /// `None` before the first run and where a run's state can't be put back.
    live: Option<Live>,
    /// What a run without an instance left: the buffers are used again.
    spare: Option<Guest>,
    last: Ending,
    /// Instances made so far, for the report.
    pub(crate) instances: u64,
}

/// An instance, and what it was like when it was new.
struct Live {
    store: Store<Guest>,
    memory: Memory,
    ours: Memory,
    start: TypedFunc<(), ()>,
    globals: Vec<(Global, Val)>,
    /// The memory's size when it was new.
    size: usize,
    /// Whether it ran since it was new or put back.
    used: bool,
}

/// Frames that tell where a run ended.
const FRAMES: usize = 24;

impl Machine {
    /// Rewrites and compiles a module.
    ///
    /// # Errors
    /// When it can't be rewritten, or the engine does not take it then.
    pub(crate) fn new(
        wasm: &[u8],
        plan: &Plan,
        form: Form,
        room: Room,
    ) -> Result<Self, NotInstrumented> {
        let refused = |error: wasmtime::Error| {
            let mut text = format!("{error:#}");
            text.truncate(text.floor_char_boundary(500));
            NotInstrumented::Refused(text)
        };
        let rewritten = instrument(wasm, plan, form)?;
        let room = Room {
            ours: usize::try_from(plan.our_pages() * 65_536).unwrap_or(usize::MAX),
            ..room
        };
        let engine = Engine::new(&config(form, &room)).map_err(refused)?;
        let module = Module::from_binary(&engine, &rewritten.wasm).map_err(refused)?;
        let mut linker = Linker::new(&engine);
        wasi::define(&mut linker, &module).map_err(refused)?;
        if form == Form::Comparing {
            hear_comparisons(&mut linker).map_err(refused)?;
        }
        let pre = linker.instantiate_pre(&module).map_err(refused)?;
        Ok(Self {
            engine,
            pre,
            edges: rewritten.edges,
            entries: rewritten.entries,
            restorable: plan.restorable,
            room,
            globals: plan.mutable_globals.len(),
            snapshot: Vec::new(),
            live: None,
            spare: None,
            last: Ending {
                ended: Ended::Other,
                fuel: 0,
                stack: 0,
            },
            instances: 0,
        })
    }

    /// How much room a run has.
    pub(crate) fn room(&self) -> Room {
        self.room
    }

    /// How many counters there are.
    pub(crate) fn edges(&self) -> usize {
        self.edges
    }

    /// The counter of each function's entry.
    pub(crate) fn entries(&self) -> &[usize] {
        &self.entries
    }

    /// What the last run did.
    pub(crate) fn guest(&self) -> &Guest {
        match (&self.live, &self.spare) {
            (Some(live), _) => live.store.data(),
            (None, Some(guest)) => guest,
            (None, None) => {
                static NONE: std::sync::OnceLock<Guest> = std::sync::OnceLock::new();
                NONE.get_or_init(Guest::default)
            }
        }
    }

    /// The counters of the last run; whoever reads them sets them to 0.
    pub(crate) fn counters(&mut self) -> &mut [u8] {
        let edges = self.edges;
        match &mut self.live {
            Some(live) => {
                let from = usize::try_from(layout::EDGES).unwrap_or(0);
                &mut live.ours.data_mut(&mut live.store)[from..from + edges]
            }
            None => &mut [],
        }
    }

    /// How the last run ended.
    pub(crate) fn last(&self) -> Ending {
        self.last
    }

    /// Runs it once. The state in which it starts is the same each time, to the last byte.
    pub(crate) fn run(&mut self, input: &[u8], world: &Arc<World>) -> Ending {
        self.last = self.go(input, world);
        self.last
    }

    fn go(&mut self, input: &[u8], world: &Arc<World>) -> Ending {
        if !self.put_back() {
            let mut guest = match self.live.take() {
                Some(live) => live.store.into_data(),
                None => self.spare.take().unwrap_or_default(),
            };
            guest.memory = None;
            guest.limits = self.room;
            guest.peak_memory = 0;
            guest.begin(input, world);
            match self.instantiate(guest) {
                Ok(live) => self.live = Some(live),
                Err(ended) => {
                    return Ending {
                        ended,
                        fuel: 0,
                        stack: 0,
                    };
                }
            }
        } else if let Some(live) = &mut self.live {
            live.store.data_mut().begin(input, world);
        }
        let Some(live) = &mut self.live else {
            unreachable!("it was just made");
        };
        live.used = true;
        // Engines that count fuel always take it.
        let _ = live.store.set_fuel(self.room.fuel);
        let result = live.start.call(&mut live.store, ());
        let left = live.store.get_fuel().unwrap_or(0);
        let (ended, stack) = match &result {
            Ok(()) => (Ended::Success, 0),
            Err(error) => (classify(error), stack(error)),
        };
        Ending {
            ended,
            fuel: self.room.fuel.saturating_sub(left),
            stack,
        }
    }

    /// Makes a new instance and keeps what it is like.
    fn instantiate(&mut self, guest: Guest) -> Result<Live, Ended> {
        self.instances += 1;
        let mut store = Store::new(&self.engine, guest);
        store.limiter(|guest| guest);
        let _ = store.set_fuel(self.room.fuel);
        let made = self.pre.instantiate(&mut store);
        let instance = match made {
            Ok(instance) => instance,
            Err(error) => {
                let ended = classify(&error);
                self.spare = Some(store.into_data());
                return Err(ended);
            }
        };
        let memory = |store: &mut Store<Guest>, name: &str| match instance.get_export(store, name) {
            Some(Extern::Memory(memory)) => Some(memory),
            _ => None,
        };
        let found = (|| {
            let guests = memory(&mut store, "memory")?;
            let ours = memory(&mut store, layout::MEMORY)?;
            let start = instance.get_typed_func(&mut store, "_start").ok()?;
            let mut globals = Vec::with_capacity(self.globals);
            for number in 0..self.globals {
                let name = format!("{}{number}", layout::GLOBAL);
                let global = instance.get_global(&mut store, &name)?;
                globals.push((global, global.get(&mut store)));
            }
            Some((guests, ours, start, globals))
        })();
        let Some((memory, ours, start, globals)) = found else {
            self.spare = Some(store.into_data());
            return Err(Ended::Other);
        };
        store.data_mut().memory = Some(memory);
        // No code of the guest's has run: what one new instance is like, all are.
        if self.restorable == Restorable::Yes && self.snapshot.is_empty() {
            self.snapshot = memory.data(&store).to_vec();
        }
        let size = memory.data_size(&store);
        Ok(Live {
            store,
            memory,
            ours,
            start,
            globals,
            size,
            used: false,
        })
    }

    /// Puts the state back in which the instance was new; `false` where it can't be.
    fn put_back(&mut self) -> bool {
        let (Some(live), Restorable::Yes) = (&mut self.live, self.restorable) else {
            return false;
        };
        if !live.used {
            return true;
        }
        // A memory that has grown can't be made smaller.
        live.memory.data_size(&live.store) == live.size && live.put_back(&self.snapshot)
    }

    /// A digest of all that a run can see at its start, for tests.
    #[cfg(test)]
    pub(crate) fn state_before_next(&mut self) -> Option<[u8; 32]> {
        if !self.put_back() {
            return None;
        }
        self.live.as_mut().map(Live::digest)
    }

    /// The same as it is now.
    #[cfg(test)]
    pub(crate) fn state_now(&mut self) -> Option<[u8; 32]> {
        self.live.as_mut().map(Live::digest)
    }
}

impl Live {
    /// Copies back each page that was written, and sets the globals.
    fn put_back(&mut self, snapshot: &[u8]) -> bool {
        for (global, value) in &self.globals {
            if global.set(&mut self.store, *value).is_err() {
                return false;
            }
        }
        let size = snapshot.len();
        let pages = size.div_ceil(layout::PAGE);
        let writes = std::mem::take(&mut self.store.data_mut().host_writes);
        let marks = &mut self.ours.data_mut(&mut self.store)[..layout::DIRTY_BYTES];
        for (at, length) in &writes {
            let first = *at as usize / layout::PAGE;
            let last = (*at as usize + *length as usize - 1) / layout::PAGE;
            marks[first..=last].fill(1);
        }
        let mut dirty = Vec::new();
        for (eight, marks) in marks[..pages.next_multiple_of(8)]
            .chunks_exact_mut(8)
            .enumerate()
        {
            if marks.iter().all(|mark| *mark == 0) {
                continue;
            }
            for (index, mark) in marks.iter_mut().enumerate() {
                if std::mem::take(mark) != 0 {
                    dirty.push(eight * 8 + index);
                }
            }
        }
        let memory = self.memory.data_mut(&mut self.store);
        for page in dirty {
            let from = (page * layout::PAGE).min(size);
            // A store that begins in this page may end in the next.
            let to = (from + layout::PAGE + layout::SPILL).min(size);
            memory[from..to].copy_from_slice(&snapshot[from..to]);
        }
        self.store.data_mut().host_writes = writes;
        self.used = false;
        true
    }

    #[cfg(test)]
    fn digest(&mut self) -> [u8; 32] {
        use sha2::{Digest as _, Sha256};
        let mut hash = Sha256::new();
        let memory = self.memory.data(&self.store);
        hash.update((memory.len() as u64).to_le_bytes());
        hash.update(memory);
        for (global, _) in &self.globals {
            let value = global.get(&mut self.store);
            hash.update(format!("{value:?}"));
        }
        hash.finalize().into()
    }
}

/// Gives the functions that hear of comparisons their place.
fn hear_comparisons(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    type Call<'a> = wasmtime::Caller<'a, Guest>;
    linker
        .func_wrap(
            layout::HOST,
            "compare32",
            |mut caller: Call<'_>, site: i32, one: i32, other: i32| {
                caller.data_mut().comparisons.narrow(site, one, other);
            },
        )?
        .func_wrap(
            layout::HOST,
            "compare64",
            |mut caller: Call<'_>, site: i32, one: i64, other: i64| {
                caller.data_mut().comparisons.wide(site, one, other);
            },
        )?
        .func_wrap(
            layout::HOST,
            "compare_memory",
            |mut caller: Call<'_>, one: i32, other: i32, length: i32| {
                if let Some(memory) = caller.data().memory {
                    let (memory, guest) = memory.data_and_store_mut(&mut caller);
                    guest.comparisons.texts(memory, one, other, length);
                }
            },
        )?;
    Ok(())
}

fn classify(error: &wasmtime::Error) -> Ended {
    if let Some(Exit(code)) = error.downcast_ref() {
        return match code {
            0 => Ended::Success,
            code => Ended::Exit(*code),
        };
    }
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return Ended::Stopped(*stop);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Ended::Fuel,
        Some(trap) => Ended::Trap(*trap),
        None => Ended::Other,
    }
}

/// Tells stacks apart: the functions on it, each once, so that recursion is one however deep.
fn stack(error: &wasmtime::Error) -> u64 {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return 0;
    };
    let mut functions: Vec<u32> = Vec::new();
    for frame in backtrace.frames() {
        if !functions.contains(&frame.func_index()) {
            functions.push(frame.func_index());
        }
    }
    let bytes: Vec<u8> = functions.iter().flat_map(|it| it.to_le_bytes()).collect();
    hash(&bytes)
}

/// FNV-1a: small, and the same in every process.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn config(form: Form, room: &Room) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(2)
        .total_memories(4)
        .total_tables(16)
        .max_memories_per_module(2)
        .max_tables_per_module(8)
        .table_elements(room.table_elements)
        .max_core_instance_size(16 << 20)
        .max_memory_size(room.memory.max(room.ours))
        // A run that grew its memory pays for a new instance, which is as the last one was where
        // the kernel says which of its pages were touched.
        .linear_memory_keep_resident(2 << 20)
        .table_keep_resident(64 << 10)
        .pagemap_scan(Enabled::Auto);
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .wasm_multi_memory(true)
        .wasm_memory64(false)
        .wasm_relaxed_simd(true)
        .relaxed_simd_deterministic(true)
        .cranelift_nan_canonicalization(true)
        // Counters on the stack make frames larger: what overflows here and not there is not
        // believed.
        .max_wasm_stack(1 << 20)
        .wasm_backtrace_max_frames(NonZeroUsize::new(FRAMES))
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    if form == Form::Comparing {
        // Run a few times only: what it costs is to compile it.
        config.cranelift_opt_level(OptLevel::None);
    }
    config
}

#[cfg(test)]
mod tests;
