//! The least that running a module can take: the functions that the guest calls and no others,
//! written by hand on bytes, the best settings of the pool, no policy, no record, no async.

use crate::stock::plain;
use anyhow::Result;
use wasmtime::{
    Caller, Config, Enabled, Engine, Extern, InstanceAllocationStrategy, InstancePre, Linker,
    Memory, Module, PoolingAllocationConfig, Store, bail,
};

const MODULE: &str = "wasi_snapshot_preview1";
const FUEL: u64 = 1_000_000_000;
const BADF: i32 = 8;

/// What a run has.
#[derive(Default)]
pub(crate) struct State {
    memory: Option<Memory>,
    input: Vec<u8>,
    read: usize,
    output: Vec<u8>,
}

/// A compiled module.
pub(crate) struct Least {
    engine: Engine,
    pre: InstancePre<State>,
    metered: bool,
}

impl Least {
    pub(crate) fn new(wasm: &[u8], metered: bool) -> Result<Self> {
        Self::with(wasm, metered, |_| Ok(())).map_err(plain)
    }

    /// The same with further host functions.
    pub(crate) fn with(
        wasm: &[u8],
        metered: bool,
        further: impl FnOnce(&mut Linker<State>) -> wasmtime::Result<()>,
    ) -> wasmtime::Result<Self> {
        let mut pool = PoolingAllocationConfig::new();
        pool.linear_memory_keep_resident(2 << 20)
            .table_keep_resident(64 << 10)
            .pagemap_scan(Enabled::Auto);
        let mut config = Config::new();
        config
            .consume_fuel(metered)
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config)?;
        let mut linker = Linker::new(&engine);
        define(&mut linker)?;
        further(&mut linker)?;
        let module = Module::from_binary(&engine, wasm)?;
        // What the guest imports and never calls here.
        linker.define_unknown_imports_as_traps(&module)?;
        let pre = linker.instantiate_pre(&module)?;
        Ok(Self {
            engine,
            pre,
            metered,
        })
    }

    /// Runs it once in a fresh instance; gives what it wrote.
    pub(crate) fn run(&self, input: Vec<u8>) -> Result<Vec<u8>> {
        let state = State {
            input,
            ..State::default()
        };
        let mut store = Store::new(&self.engine, state);
        if self.metered {
            store.set_fuel(FUEL).map_err(plain)?;
        }
        let instance = self.pre.instantiate(&mut store).map_err(plain)?;
        store.data_mut().memory = instance.get_memory(&mut store, "memory");
        let start = instance
            .get_typed_func::<(), ()>(&mut store, "_start")
            .map_err(plain)?;
        start.call(&mut store, ()).map_err(plain)?;
        Ok(store.into_data().output)
    }
}

/// The guest's memory and the state of its run.
fn parts<'a>(caller: &'a mut Caller<'_, State>) -> wasmtime::Result<(&'a mut [u8], &'a mut State)> {
    let memory = match caller.data().memory {
        Some(memory) => memory,
        None => match caller.get_export("memory") {
            Some(Extern::Memory(memory)) => memory,
            _ => bail!("no memory"),
        },
    };
    Ok(memory.data_and_store_mut(caller))
}

fn at(pointer: i32) -> usize {
    pointer.cast_unsigned() as usize
}

fn word(memory: &[u8], pointer: usize) -> wasmtime::Result<usize> {
    let Some(bytes) = memory.get(pointer..pointer + 4) else {
        bail!("outside the memory");
    };
    Ok(u32::from_le_bytes(bytes.try_into()?) as usize)
}

fn put(memory: &mut [u8], pointer: i32, bytes: &[u8]) -> wasmtime::Result<()> {
    let Some(place) = memory.get_mut(at(pointer)..at(pointer) + bytes.len()) else {
        bail!("outside the memory");
    };
    place.copy_from_slice(bytes);
    Ok(())
}

fn put_word(memory: &mut [u8], pointer: i32, value: usize) -> wasmtime::Result<()> {
    put(memory, pointer, &u32::try_from(value)?.to_le_bytes())
}

/// There are no words, so they have no bytes.
fn none(mut caller: Caller<'_, State>, count: i32, size: i32) -> wasmtime::Result<i32> {
    let (memory, _) = parts(&mut caller)?;
    put_word(memory, count, 0)?;
    put_word(memory, size, 0)?;
    Ok(0)
}

fn define(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker
        .func_wrap(MODULE, "fd_read", fd_read)?
        .func_wrap(MODULE, "fd_write", fd_write)?
        .func_wrap(MODULE, "environ_sizes_get", none)?
        .func_wrap(MODULE, "environ_get", |_: i32, _: i32| 0i32)?
        .func_wrap(MODULE, "args_sizes_get", none)?
        .func_wrap(MODULE, "args_get", |_: i32, _: i32| 0i32)?
        .func_wrap(
            MODULE,
            "random_get",
            |mut caller: Caller<'_, State>, pointer: i32, length: i32| {
                let (memory, _) = parts(&mut caller)?;
                put(memory, pointer, &vec![7; at(length)])?;
                Ok(0i32)
            },
        )?
        .func_wrap(MODULE, "fd_prestat_get", |_: i32, _: i32| BADF)?
        .func_wrap(
            MODULE,
            "fd_fdstat_get",
            |mut caller: Caller<'_, State>, _: i32, result: i32| {
                let (memory, _) = parts(&mut caller)?;
                // A character device with every right.
                let mut stat = [0xff; 24];
                stat[..8].copy_from_slice(&[2, 0, 0, 0, 0, 0, 0, 0]);
                put(memory, result, &stat)?;
                Ok(0i32)
            },
        )?;
    Ok(())
}

fn fd_read(
    mut caller: Caller<'_, State>,
    _fd: i32,
    iovs: i32,
    count: i32,
    result: i32,
) -> wasmtime::Result<i32> {
    let (memory, state) = parts(&mut caller)?;
    let mut total = 0;
    for index in 0..at(count) {
        let buffer = word(memory, at(iovs) + index * 8)?;
        let length = word(memory, at(iovs) + index * 8 + 4)?;
        let rest = &state.input[state.read..];
        let piece = &rest[..rest.len().min(length)];
        put(memory, i32::try_from(buffer)?, piece)?;
        state.read += piece.len();
        total += piece.len();
    }
    put_word(memory, result, total)?;
    Ok(0)
}

pub(crate) fn fd_write(
    mut caller: Caller<'_, State>,
    _fd: i32,
    iovs: i32,
    count: i32,
    result: i32,
) -> wasmtime::Result<i32> {
    let (memory, state) = parts(&mut caller)?;
    let mut total = 0;
    for index in 0..at(count) {
        let buffer = word(memory, at(iovs) + index * 8)?;
        let length = word(memory, at(iovs) + index * 8 + 4)?;
        let Some(piece) = memory.get(buffer..buffer + length) else {
            bail!("outside the memory");
        };
        state.output.extend_from_slice(piece);
        total += length;
    }
    put_word(memory, result, total)?;
    Ok(0)
}
