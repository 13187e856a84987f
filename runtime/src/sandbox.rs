//! The engine that all runs share.

use crate::cache::Cache;
use crate::component::Components;
use crate::host::{self, State};
use crate::network::{Outside, Resolver, System};
use crate::run::shortened;
use crate::tool::{Code, Ready};
use crate::{Digest, InstallationKey, LoadError, SandboxError, Swept, Tool};
use policies::{Bytes, Limits};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;
use wasmtime::{
    Config, Enabled, Engine, ExternType, InstanceAllocationStrategy, Linker, Module, OptLevel,
    PoolingAllocationConfig, WasmBacktraceDetails,
};

/// How a sandbox is set up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SandboxConfig {
    /// Where compiled code is kept; without it (or without a key) each load compiles.
    pub cache_dir: Option<PathBuf>,
    /// What compiled code is signed with.
    pub key: Option<InstallationKey>,
    /// Runs at the same time; more wait for their turn before their time begins.
    pub max_concurrent_calls: u32,
    /// What no policy can exceed: the size of a slot in the pool of memories.
    pub max_memory: Bytes,
    /// What no policy can exceed: elements of a table in the pool.
    pub max_table_elements: u32,
    /// What no policy can exceed: tables of a module.
    pub max_tables: u32,
    /// Whether modules may have a second memory, for what an instrumentation added to them
    /// writes down ([`Probe`](crate::Probe)). They are compiled quickly, not well, so their fuel
    /// is the same and their time is not. Never for modules as somebody sent them: whoever
    /// instruments one has seen to it that its own code has one memory only.
    pub second_memory: bool,
    /// Where components' names are looked up; without one, by the machine's own resolver.
    pub resolver: Option<Arc<dyn Resolver>>,
    /// Root certificates (X.509, DER) that components' HTTPS trusts besides those that browsers do.
    pub roots: Vec<Vec<u8>>,
}

impl Default for SandboxConfig {
    /// 64 runs at a time, 1 GiB of memory at most, 100 000 elements in each of 4 tables.
    fn default() -> Self {
        Self {
            cache_dir: None,
            key: None,
            max_concurrent_calls: 64,
            max_memory: Bytes::gib(1),
            max_table_elements: 100_000,
            max_tables: 4,
            second_memory: false,
            resolver: None,
            roots: Vec::new(),
        }
    }
}

/// Compiles modules and has the room in which they run. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

pub(crate) struct Inner {
    engine: Engine,
    linker: Linker<State>,
    /// The same for runs that nothing makes wait.
    quick: Linker<State>,
    cache: Option<Cache>,
    components: Components,
    /// What components' networks ask.
    pub(crate) outside: Arc<dyn Outside>,
    pub(crate) slots: Semaphore,
    /// How many slots there are in all.
    calls: u32,
    pub(crate) largest: Largest,
}

/// What runs hold of a sandbox at one moment, over all its engines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Occupancy {
    /// Runs that there is room for at the same time.
    pub slots: u32,
    /// Of these, those that no run has.
    pub free_slots: u32,
    /// Core instances.
    pub instances: u64,
    /// Linear memories.
    pub memories: u64,
    /// Tables.
    pub tables: u64,
    /// Stacks of guests that may be made to wait.
    pub stacks: u64,
    /// Memories that nobody has and that were used before: a run that gets one touches less anew.
    pub warm_memories: u64,
    /// Bytes that stay mapped for the next runs while nobody has them.
    pub idle_resident: u64,
}

/// What the pool can give any run, whatever its policy says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Largest {
    pub(crate) memory: Bytes,
    pub(crate) table_elements: u32,
}

/// Fuel between two looks at the deadline, at cancellation and at other tasks: about a tenth of a
/// millisecond of plain work. A tenth of it costs work that is long a sixth of its time.
pub(crate) const YIELD_INTERVAL: u64 = 1_000_000;

impl Sandbox {
    /// Sets up an engine and its pool.
    ///
    /// # Errors
    /// When the system does not give the pool's address space, or the cache can't be used.
    pub fn new(config: &SandboxConfig) -> Result<Self, SandboxError> {
        let outside = System::new(config.resolver.clone(), &config.roots)
            .map_err(|reason| SandboxError::Root { reason })?;
        let engine = Engine::new(&engine_config(config)).map_err(SandboxError::Engine)?;
        let mut linker = Linker::new(&engine);
        host::add_to_linker(&mut linker).map_err(SandboxError::Engine)?;
        let mut quick = linker.clone();
        host::quick::shadow(&mut quick).map_err(SandboxError::Engine)?;
        let cache = match (&config.cache_dir, &config.key) {
            (Some(folder), Some(key)) => {
                Some(Cache::new(folder, key.clone(), &engine).map_err(|error| {
                    SandboxError::File {
                        path: folder.clone(),
                        reason: format!("the folder for compiled code can't be made: {error}"),
                        remedy: "see that the folder above it exists and may be written",
                    }
                })?)
            }
            _ => None,
        };
        Ok(Self(Arc::new(Inner {
            engine,
            linker,
            quick,
            cache,
            components: Components::new(config),
            outside: Arc::new(outside),
            slots: Semaphore::new(config.max_concurrent_calls.max(1) as usize),
            calls: config.max_concurrent_calls.max(1),
            largest: Largest {
                memory: config.max_memory,
                table_elements: config.max_table_elements,
            },
        })))
    }

    /// Checks and compiles a module or component, or takes its compiled form from the cache.
    ///
    /// Compiling is work for a processor, up to seconds for large modules: call it where
    /// blocking is allowed.
    ///
    /// # Errors
    /// When the bytes are no WASI command module, nor a component with a [`Form`](crate::Form),
    /// or exceed `limits.module_size`.
    pub fn load(&self, wasm: &[u8], limits: &Limits) -> Result<Tool, LoadError> {
        let size = wasm.len() as u64;
        check_size(size, limits)?;
        let layer = check_start(wasm)?;
        let digest = Digest::of(wasm);
        let span = tracing::debug_span!("load", %digest);
        let _entered = span.enter();
        if layer == Layer::Component {
            let component = self.0.components.load(wasm, &digest)?;
            let code = Code::Component(component);
            return Ok(Tool::new(Arc::clone(&self.0), code, digest, size));
        }
        let module = if let Some((module, _)) = self.cached(&digest) {
            module
        } else {
            let module =
                Module::from_binary(&self.0.engine, wasm).map_err(|error| refused(&error))?;
            check_interface(&module)?;
            if let Some(cache) = &self.0.cache {
                cache.put(&digest, size, &module);
            }
            module
        };
        self.tool(&module, digest, size)
    }

    /// The same for a module or component that was compiled before and is known by its digest: nothing but
    /// the compiled code is read. `None` when there is none; [`Sandbox::load`] then makes it.
    ///
    /// # Errors
    /// When the module exceeded `limits.module_size`.
    pub fn recall(&self, digest: &Digest, limits: &Limits) -> Result<Option<Tool>, LoadError> {
        let span = tracing::debug_span!("recall", %digest);
        let _entered = span.enter();
        if let Some((module, size)) = self.cached(digest) {
            check_size(size, limits)?;
            return self.tool(&module, *digest, size).map(Some);
        }
        if self.0.cache.is_none() {
            return Ok(None);
        }
        let Some((component, size)) = self.0.components.recall(digest)? else {
            return Ok(None);
        };
        check_size(size, limits)?;
        let code = Code::Component(component);
        Ok(Some(Tool::new(Arc::clone(&self.0), code, *digest, size)))
    }

    /// Removes compiled code that the installation's key did not sign, and then what was not used
    /// for longest, until all together has at most so many bytes. Nothing that this sandbox
    /// loaded goes. Without a cache there is nothing to do.
    ///
    /// # Errors
    /// When the folder can't be read or something in it not be removed.
    pub fn sweep(&self, most: Bytes) -> std::io::Result<Swept> {
        match &self.0.cache {
            Some(cache) => cache.sweep(most),
            None => Ok(Swept::default()),
        }
    }

    /// What runs hold at this moment. Cheap: a look at a few counters.
    pub fn occupancy(&self) -> Occupancy {
        let inner = &self.0;
        let engines = std::iter::once(&inner.engine).chain(inner.components.engines());
        let mut occupancy = Occupancy {
            slots: inner.calls,
            free_slots: u32::try_from(inner.slots.available_permits()).unwrap_or(u32::MAX),
            ..Occupancy::default()
        };
        for pool in engines.filter_map(Engine::pooling_allocator_metrics) {
            occupancy.instances += pool.core_instances();
            occupancy.memories += pool.memories() as u64;
            occupancy.tables += pool.tables() as u64;
            occupancy.stacks += pool.stacks() as u64;
            occupancy.warm_memories += u64::from(pool.unused_warm_memories());
            occupancy.idle_resident +=
                (pool.unused_memory_bytes_resident() + pool.unused_table_bytes_resident()) as u64;
        }
        occupancy
    }

    fn cached(&self, digest: &Digest) -> Option<(Module, u64)> {
        let cache = self.0.cache.as_ref()?;
        cache.get(&self.0.engine, digest)
    }

    fn tool(&self, module: &Module, digest: Digest, size: u64) -> Result<Tool, LoadError> {
        let pre = |linker: &Linker<State>| {
            let pre = linker.instantiate_pre(module);
            pre.map_err(|error| LoadError::ImportType {
                message: format!("{error:#}"),
            })
        };
        // Both were seen before the module was kept.
        let start = module.get_export_index("_start");
        let memory = module.get_export_index("memory");
        let code = Code::Module(Ready {
            pre: pre(&self.0.linker)?,
            quick: pre(&self.0.quick)?,
            start: start.ok_or(LoadError::NoStart)?,
            memory: memory.ok_or(LoadError::NoMemory)?,
        });
        Ok(Tool::new(Arc::clone(&self.0), code, digest, size))
    }
}

fn check_size(size: u64, limits: &Limits) -> Result<(), LoadError> {
    let limit = limits.module_size;
    if size > limit.0 {
        return Err(LoadError::TooLarge { size, limit });
    }
    Ok(())
}

/// Why the engine did not take a module.
pub(crate) fn refused(error: &wasmtime::Error) -> LoadError {
    let message = format!("{error:#}");
    // The engine has no type for these; tests hold their words.
    if let Some((_, message)) =
        message.split_once("does not fit in pooling allocator requirements: ")
    {
        return LoadError::TooDemanding {
            message: message.to_owned(),
        };
    }
    if message.starts_with("The component transitively contains ") {
        return LoadError::TooDemanding { message };
    }
    LoadError::Invalid {
        message: shortened(message),
    }
}

/// A name that a module gives, for people: they have up to 100 000 bytes of any kind.
pub(crate) fn shown(name: &str) -> String {
    shortened(name.escape_debug().to_string())
}

/// What WebAssembly is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layer {
    Module,
    Component,
}

/// What the first eight bytes say.
fn check_start(wasm: &[u8]) -> Result<Layer, LoadError> {
    if wasm.is_empty() {
        return Err(LoadError::Empty);
    }
    if !wasm.starts_with(b"\0asm") {
        let start = &wasm[..wasm.len().min(16)];
        return Err(LoadError::NotWasm {
            start: String::from_utf8_lossy(start).into_owned(),
        });
    }
    // The upper half of the version is the layer: 1 is the component model.
    Ok(match wasm.get(6..8) {
        Some(&[1, 0]) => Layer::Component,
        _ => Layer::Module,
    })
}

fn check_interface(module: &Module) -> Result<(), LoadError> {
    for import in module.imports() {
        if import.module() != host::MODULE || !host::FUNCTIONS.contains(&import.name()) {
            return Err(LoadError::ForeignImport {
                module: shown(import.module()),
                name: shown(import.name()),
            });
        }
    }
    match module.get_export("_start") {
        Some(ExternType::Func(ty)) if ty.params().len() == 0 && ty.results().len() == 0 => {}
        _ => return Err(LoadError::NoStart),
    }
    match module.get_export("memory") {
        Some(ExternType::Memory(_)) => Ok(()),
        _ => Err(LoadError::NoMemory),
    }
}

fn engine_config(config: &SandboxConfig) -> Config {
    let mut engine = base_config();
    let mut pool = pool_config(config);
    if config.second_memory {
        pool.total_memories(config.max_concurrent_calls.max(1).saturating_mul(2))
            .max_memories_per_module(2);
        engine
            .wasm_multi_memory(true)
            // What is added, and code that was not optimised, make frames larger.
            .max_wasm_stack(1 << 20)
            .cranelift_opt_level(OptLevel::None);
    }
    engine.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    // What only components need makes every instance dearer.
    engine.concurrency_support(false);
    engine
}

/// The pool that modules are laid in: one slot of each kind for a call.
pub(crate) fn pool_config(config: &SandboxConfig) -> PoolingAllocationConfig {
    let calls = config.max_concurrent_calls.max(1);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(calls)
        .total_memories(calls)
        .total_tables(calls.saturating_mul(config.max_tables.max(1)))
        .total_stacks(calls)
        .max_memories_per_module(1)
        .max_tables_per_module(config.max_tables.max(1))
        .table_elements(config.max_table_elements as usize)
        .max_memory_size(usize::try_from(config.max_memory.0).unwrap_or(usize::MAX))
        // What a call touched stays mapped up to here and is zeroed, which costs less than
        // mapping it anew; the kernel says which pages those are, where it can.
        .linear_memory_keep_resident(2 * 1024 * 1024)
        .table_keep_resident(64 * 1024)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// What holds for every engine.
pub(crate) fn base_config() -> Config {
    let mut engine = Config::new();
    engine
        .consume_fuel(true)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_relaxed_simd(true)
        // The same bits on every processor.
        .relaxed_simd_deterministic(true)
        .cranelift_nan_canonicalization(true)
        // A panic's own machinery is a dozen frames before those that matter.
        .wasm_backtrace_max_frames(NonZeroUsize::new(40))
        .wasm_backtrace_details(WasmBacktraceDetails::Enable);
    engine
}
