//! Components: how they are compiled and called, and what they can call.
//!
//! Every function of WASI 0.2 is defined here by name, as those of preview 1 are in `host`: in
//! [`cli`], [`clocks`], [`files`], [`network`], [`poll`], [`random`], [`sight`] and [`streams`]
//! ours, which judge, count, limit and record, and let wasmtime-wasi do the work; in [`wasi3`] those
//! of WASI 0.3, by the same rules.
#![allow(
    clippy::unused_async,
    reason = "functions are called alike, whether they wait or not"
)]

mod beside;
mod cli;
mod clocks;
mod entry;
mod files;
mod kept;
mod link;
mod network;
mod parts;
mod poll;
mod random;
mod sight;
mod size;
mod streams;
mod wasi3;
mod words;

pub(crate) use entry::{Ready, no_text};
pub(crate) use network::Networking;
pub(crate) use parts::Parts;

use crate::cache::Cache;
use crate::host::{State, Stop};
use crate::sandbox::{base_config, pool_config, refused};
use crate::{Digest, LoadError, SandboxConfig};
use std::sync::OnceLock;
use wasmtime::component::{Component, Linker, ResourceTableError};
use wasmtime::{Config, Engine, InstanceAllocationStrategy};

/// Memories that one component may have. Most have one; what is composed has one a part.
const MAX_MEMORIES: u32 = 8;
/// Memories that there is room for, for each run that there is a slot for: a component with more
/// takes more slots.
const MEMORIES_A_SLOT: u32 = 2;
/// Core instances of a component, whatever a policy says: as many as it can say.
const MAX_INSTANCES: u32 = 1_000;
/// What a run may hold at once of resources (files, streams, pollables, …) and of handles to
/// them and to its own: the host remembers each.
pub(crate) const MAX_RESOURCES: usize = 10_000;

/// The engines of components, each made when the first component is loaded that needs it.
pub(crate) struct Components {
    config: SandboxConfig,
    /// Those that the component model without async has room for.
    plain: OnceLock<Result<Half, String>>,
    /// The others, such as all of WASI 0.3: what keeps several tasks apart makes each call dearer.
    later: OnceLock<Result<Half, String>>,
}

/// An engine, what its components can call, and where their compiled code is.
struct Half {
    engine: Engine,
    linker: Linker<State>,
    cache: Option<Cache>,
    /// Runs at the same time.
    calls: u32,
    later: bool,
}

impl Components {
    pub(crate) fn new(config: &SandboxConfig) -> Self {
        Self {
            config: config.clone(),
            plain: OnceLock::new(),
            later: OnceLock::new(),
        }
    }

    /// Those engines that were made.
    pub(crate) fn engines(&self) -> impl Iterator<Item = &Engine> {
        let made = [&self.plain, &self.later]
            .into_iter()
            .filter_map(OnceLock::get);
        made.filter_map(|half| half.as_ref().ok())
            .map(|half| &half.engine)
    }

    fn half(&self, later: bool) -> Result<&Half, LoadError> {
        let half = if later { &self.later } else { &self.plain };
        let half = half
            .get_or_init(|| Half::new(&self.config, later).map_err(|error| format!("{error:#}")));
        half.as_ref().map_err(|message| LoadError::NoRoom {
            message: message.clone(),
        })
    }

    /// Checks and compiles a component, or takes its compiled form from the cache.
    pub(crate) fn load(&self, wasm: &[u8], digest: &Digest) -> Result<Ready, LoadError> {
        if let Some((ready, _)) = self.recall(digest)? {
            return Ok(ready);
        }
        size::check(wasm)?;
        match self.half(false)?.load(wasm, digest) {
            // It may be what only the other one takes; if it is broken, that one says so too.
            Err(LoadError::Invalid { .. }) => self.half(true)?.load(wasm, digest),
            other => other,
        }
    }

    /// A component that was compiled before, and its size.
    pub(crate) fn recall(&self, digest: &Digest) -> Result<Option<(Ready, u64)>, LoadError> {
        if self.config.cache_dir.is_none() {
            return Ok(None);
        }
        for later in [false, true] {
            let half = self.half(later)?;
            if let Some((component, size)) = half.cached(digest) {
                return Ok(Some((half.ready(&component)?, size)));
            }
        }
        Ok(None)
    }
}

impl Half {
    fn new(config: &SandboxConfig, later: bool) -> wasmtime::Result<Self> {
        let engine = Engine::new(&if later {
            later_config()
        } else {
            plain_config(config)
        })?;
        let mut linker = Linker::new(&engine);
        link::add_to_linker(&mut linker)?;
        if later {
            wasi3::add_to_linker(&mut linker)?;
        }
        let cache = match (&config.cache_dir, &config.key) {
            (Some(folder), Some(key)) => Some(Cache::new(folder, key.clone(), &engine)?),
            _ => None,
        };
        Ok(Self {
            engine,
            linker,
            cache,
            calls: config.max_concurrent_calls.max(1),
            later,
        })
    }

    fn cached(&self, digest: &Digest) -> Option<(Component, u64)> {
        self.cache.as_ref()?.get(&self.engine, digest)
    }

    fn load(&self, wasm: &[u8], digest: &Digest) -> Result<Ready, LoadError> {
        let component =
            Component::from_binary(&self.engine, wasm).map_err(|error| refused(&error))?;
        let ready = self.ready(&component)?;
        if let Some(cache) = &self.cache {
            cache.put(digest, wasm.len() as u64, &component);
        }
        Ok(ready)
    }

    fn ready(&self, component: &Component) -> Result<Ready, LoadError> {
        link::check_imports(&self.engine, component, self.later)?;
        let pre = self
            .linker
            .instantiate_pre(component)
            .map_err(|error| link::unfit(&error))?;
        // Without it the component only knows at its instantiation: it has imported modules.
        let memories = component
            .resources_required()
            .map_or(MAX_MEMORIES, |required| required.num_memories);
        let slots = memories.div_ceil(MEMORIES_A_SLOT).clamp(1, self.calls);
        Ready::new(pre, component, slots, self.later)
    }
}

/// Without a pool: one run may have several tasks and each its stack, so that with a pool one run
/// could take those of others. What a run may have is limited as ever.
fn later_config() -> Config {
    let mut engine = base_config();
    engine
        .wasm_component_model(true)
        .wasm_component_model_async(true)
        .concurrency_support(true);
    engine
}

fn plain_config(config: &SandboxConfig) -> Config {
    let calls = config.max_concurrent_calls.max(1);
    let tables = config.max_tables.max(1);
    let mut pool = pool_config(config);
    pool.total_component_instances(calls)
        .total_core_instances(calls.saturating_mul(MAX_INSTANCES))
        .max_core_instances_per_component(MAX_INSTANCES)
        .max_memories_per_component(MAX_MEMORIES)
        .total_memories(calls.saturating_mul(MEMORIES_A_SLOT).max(MAX_MEMORIES))
        .max_tables_per_component(tables);
    let mut engine = base_config();
    engine
        .wasm_component_model(true)
        .concurrency_support(false)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    engine
}

/// Why a run ended, where it held more than it may.
pub(crate) fn exceeded(error: &wasmtime::Error) -> Option<String> {
    let full = match error.downcast_ref::<Stop>() {
        Some(Stop::Resources(_)) => true,
        _ => matches!(
            error.downcast_ref::<ResourceTableError>(),
            Some(ResourceTableError::Full)
        ),
    };
    // The engine has no type for this one; a test holds its words.
    let full = full
        || error
            .root_cause()
            .to_string()
            .contains("store handle limit exceeded");
    full.then(|| Stop::Resources(MAX_RESOURCES).to_string())
}
