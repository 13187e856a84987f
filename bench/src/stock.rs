//! How a module is run by whoever follows wasmtime's documentation: wasmtime-wasi's preview 1
//! with pipes in memory, and the pool as it is by default. No limit is on but fuel.

use anyhow::{Result, anyhow};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, InstancePre, Linker, Module,
    PoolingAllocationConfig, Store,
};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::{I32Exit, WasiCtxBuilder};

/// As much as the policy of our side allows, so that the same code is counted.
const FUEL: u64 = 1_000_000_000;
/// The most that a pipe takes.
const OUTPUT: usize = 1024 * 1024;

/// A compiled module.
pub(crate) struct Stock {
    engine: Engine,
    pre: InstancePre<WasiP1Ctx>,
    metered: bool,
}

impl Stock {
    pub(crate) fn new(wasm: &[u8], metered: bool) -> Result<Self> {
        let mut config = Config::new();
        config
            .consume_fuel(metered)
            .allocation_strategy(InstanceAllocationStrategy::Pooling(
                PoolingAllocationConfig::new(),
            ));
        let engine = Engine::new(&config).map_err(plain)?;
        let mut linker = Linker::new(&engine);
        p1::add_to_linker_async(&mut linker, |wasi| wasi).map_err(plain)?;
        let module = Module::from_binary(&engine, wasm).map_err(plain)?;
        let pre = linker.instantiate_pre(&module).map_err(plain)?;
        Ok(Self {
            engine,
            pre,
            metered,
        })
    }

    /// Runs it once in a fresh instance; gives what it wrote and the fuel it burnt.
    pub(crate) async fn run(&self, input: Vec<u8>) -> Result<(Vec<u8>, u64)> {
        let output = MemoryOutputPipe::new(OUTPUT);
        let wasi = WasiCtxBuilder::new()
            .arg("tool")
            .stdin(MemoryInputPipe::new(input))
            .stdout(output.clone())
            .stderr(MemoryOutputPipe::new(OUTPUT))
            .build_p1();
        let mut store = Store::new(&self.engine, wasi);
        if self.metered {
            store.set_fuel(FUEL).map_err(plain)?;
        }
        let instance = self
            .pre
            .instantiate_async(&mut store)
            .await
            .map_err(plain)?;
        let start = instance
            .get_typed_func::<(), ()>(&mut store, "_start")
            .map_err(plain)?;
        match start.call_async(&mut store, ()).await {
            Err(error) if !matches!(error.downcast_ref(), Some(I32Exit(0))) => {
                return Err(plain(error));
            }
            _ => {}
        }
        let fuel = if self.metered {
            FUEL - store.get_fuel().map_err(plain)?
        } else {
            0
        };
        drop(store);
        Ok((output.contents().to_vec(), fuel))
    }
}

/// wasmtime's error as everyone else's.
#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(crate) fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:#}")
}
