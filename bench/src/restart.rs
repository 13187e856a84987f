//! The first call of a tool after a restart, its compiled code in the cache, beside a process
//! that runs the same precompiled.

use crate::alternate::{Compared, Effort, Side, alternate};
use crate::figure::{Figure, Reach, number};
use crate::guest::{self, SUMS};
use crate::service::{bind, caller, check, plant, request};
use crate::stats::{Summary, micros};
use crate::stock::plain;
use anyhow::{Context as _, Result, ensure};
use host_api::CancellationToken;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use wasmtime::{Config, Engine, Linker, Module, Store};
use wasmtime_wasi::p1;
use wasmtime_wasi::{I32Exit, WasiCtxBuilder};

/// The first argument of a process that is [`run_precompiled`].
pub(crate) const PROCESS: &str = "run-precompiled";

/// The first argument of a process that is [`serve`].
pub(crate) const SERVICE: &str = "serve";

/// Names a `wasmtime` program of the same version, to be used instead of our own stand-in.
const WASMTIME: &str = "WASMTIME";

/// What `wasmtime run --allow-precompiled FILE` does, and no more: it reads no options and no
/// configuration, so it is a little faster than the real one.
pub(crate) fn run_precompiled(path: &Path) -> Result<()> {
    let engine = Engine::new(&Config::new()).map_err(plain)?;
    // SAFETY: `deserialize_file` asks for a file that `Module::serialize` wrote and nobody has
    // changed or changes. The parent wrote it into its own temporary folder just before.
    #[allow(
        unsafe_code,
        reason = "the only way to load precompiled code; see SAFETY"
    )]
    let module = unsafe { Module::deserialize_file(&engine, path) }.map_err(plain)?;
    let mut linker = Linker::new(&engine);
    p1::add_to_linker_sync(&mut linker, |wasi| wasi).map_err(plain)?;
    let wasi = WasiCtxBuilder::new().inherit_stdio().arg("tool").build_p1();
    let mut store = Store::new(&engine, wasi);
    let instance = linker.instantiate(&mut store, &module).map_err(plain)?;
    let start = instance
        .get_typed_func::<(), ()>(&mut store, "_start")
        .map_err(plain)?;
    match start.call(&mut store, ()) {
        Err(error) if !matches!(error.downcast_ref(), Some(I32Exit(0))) => Err(plain(error)),
        _ => Ok(()),
    }
}

/// A process that runs the tool precompiled, with the order as its standard input.
struct Process {
    name: &'static str,
    program: PathBuf,
    args: Vec<OsString>,
    input: PathBuf,
}

impl Process {
    fn new(folder: &Path, wasm: &[u8]) -> Result<Self> {
        let input = folder.join("order.json");
        std::fs::write(&input, guest::order())?;
        let code = folder.join("tool.cwasm");
        if let Some(program) = std::env::var_os(WASMTIME) {
            let module = folder.join("tool.wasm");
            std::fs::write(&module, wasm)?;
            let status = Command::new(&program)
                .args([OsString::from("compile"), "-o".into()])
                .args([&code, &module])
                .status()
                .with_context(|| format!("starting {}", program.display()))?;
            ensure!(status.success(), "{} compile: {status}", program.display());
            return Ok(Self {
                name: "wasmtime run, as a process",
                program: program.into(),
                args: vec!["run".into(), "--allow-precompiled".into(), code.into()],
                input,
            });
        }
        let engine = Engine::new(&Config::new()).map_err(plain)?;
        std::fs::write(&code, engine.precompile_module(wasm).map_err(plain)?)?;
        Ok(Self {
            name: "stand-in for wasmtime run, as a process",
            program: std::env::current_exe()?,
            args: vec![PROCESS.into(), code.into()],
            input,
        })
    }

    fn run(&self) -> Result<f64> {
        let input = File::open(&self.input)?;
        let begin = Instant::now();
        let output = Command::new(&self.program)
            .args(&self.args)
            .stdin(input)
            .stderr(Stdio::inherit())
            .output()?;
        let time = micros(begin.elapsed());
        ensure!(output.stdout.trim_ascii_end() == SUMS, "{output:?}");
        Ok(time)
    }
}

/// A service on this data folder: prints its address, and serves until it is killed.
pub(crate) fn serve(data: &Path) -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let server = bind(data).await?;
        println!("{}", server.local_addr());
        Ok(server.serve(CancellationToken::new()).await?)
    })
}

/// A service in a process of its own, as after every restart.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What a restart took, in microseconds.
#[derive(Default)]
struct Restarts {
    /// From the start of the process to a connection.
    starts: Vec<f64>,
    seconds: Vec<f64>,
}

/// Starts a service, makes the first call and a second, and stops it.
fn first_call(
    runtime: &tokio::runtime::Runtime,
    data: &Path,
    restarts: &mut Restarts,
) -> Result<f64> {
    let begin = Instant::now();
    let child = Command::new(std::env::current_exe()?)
        .arg(SERVICE)
        .arg(data)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut service = Service(child);
    let mut line = String::new();
    let stdout = service.0.stdout.take().context("a pipe")?;
    BufReader::new(stdout).read_line(&mut line)?;
    let address = line.trim().parse().context("the service did not start")?;
    runtime.block_on(async {
        let mut caller = caller(address).await?;
        restarts.starts.push(micros(begin.elapsed()));
        let mut times = [0.0; 2];
        for time in &mut times {
            let request = request();
            let begin = Instant::now();
            let response = caller.execute_tool(request).await?;
            *time = micros(begin.elapsed());
            check(response.get_ref())?;
        }
        restarts.seconds.push(times[1]);
        Ok(times[0])
    })
}

pub(crate) fn figure(effort: Effort) -> Result<Vec<Figure>> {
    let guest = guest::orders()?;
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    std::fs::create_dir(&data)?;
    plant(&data, &guest)?;
    let process = Process::new(folder.path(), &guest.wasm)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut restarts = Restarts::default();
    // Compiles it, so that its code is in the cache.
    first_call(&runtime, &data, &mut restarts)?;
    restarts = Restarts::default();
    let Compared { sides, ratios } = alternate(
        effort,
        vec![
            Side::new("first call after a restart", |calls| {
                (0..calls)
                    .map(|_| first_call(&runtime, &data, &mut restarts))
                    .collect()
            }),
            Side::new(process.name, |calls| {
                (0..calls).map(|_| process.run()).collect()
            }),
        ],
    )?;
    let shown = |times| {
        let summary = Summary::new("", times);
        (number(summary.median), number(summary.p99))
    };
    let (start, start_p99) = shown(restarts.starts);
    let (second, second_p99) = shown(restarts.seconds);
    let reach = Reach::AtMost(0.20);
    Ok(vec![Figure {
        name: "restart",
        what: "the first ExecuteTool over gRPC of a service that was just started, the tool's \
               compiled code in the cache",
        beside: process.name,
        unit: "µs",
        sides,
        ratio: ratios[0],
        met: reach.met_by(ratios[0]),
        reach,
        notes: vec![
            format!(
                "the start before it, from the process to a connection: {start} µs, p99 {start_p99}"
            ),
            format!("the second call: {second} µs, p99 {second_p99}"),
        ],
    }])
}
