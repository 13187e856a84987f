//! `wasm-runner serve`: the service.

mod remediation;

use super::block_on;
use crate::exit::Exit;
use crate::output::{out, write_file};
use crate::problem::{Problem, file_problem};
use crate::{confine, policy_source};
use host_api::telemetry::LogLevel;
use host_api::{CancellationToken, MemoryGuard, Server, ServerConfig};
use policies::{Bytes, WallTime};
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::DropGuard;
use validation::Installation;

/// Starts the service and serves until Ctrl-C or SIGTERM
///
/// Prints `listening on http://ADDRESS` once it can be reached; its log goes to standard error.
/// When told to stop it takes nothing new, lets running calls end, and keeps proposals whose
/// validation was cut off: they begin anew at its next start.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  wasm-runner serve
  wasm-runner serve --listen 127.0.0.1:0 --data-dir /tmp/wr --ready-file /tmp/wr.url
  wasm-runner serve --metrics-listen 127.0.0.1:9464
  wasm-runner serve --ceiling ceiling.toml --log-format json
Whoever reaches the address may use the whole service: it knows no users yet.")]
pub(crate) struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:50051", value_parser = address)]
    listen: SocketAddr,
    /// Where scrapers read metrics, at /metrics (docs/metrics.md); by default nowhere
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    metrics_listen: Option<SocketAddr>,
    /// Whom to tell traces: an OTLP collector that takes gRPC, such as http://127.0.0.1:4317; by
    /// default nobody
    #[arg(
        long,
        value_name = "URL",
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        hide_env_values = true
    )]
    otlp_endpoint: Option<String>,
    /// How much is logged at the start: error, warn, info, debug, trace, or levels by part;
    /// `wasm-runner log-level` changes it later
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    /// Where knowledge, compiled code and the key are kept; by default `state` in the
    /// installation's folder
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Gets the address once the service can be reached; removed at the end
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// What no tool and no call may exceed: a policy file, or a preset; by default `workspace`
    /// with the folder `folders` of the data folder as the only one that callers may bind
    #[arg(long, value_name = "FILE|PRESET")]
    ceiling: Option<String>,
    /// A folder with an advisory database (RustSec's form) in which the crates of proposals are
    /// looked up
    #[arg(long, value_name = "FOLDER")]
    advisories: Option<PathBuf>,
    /// From which confidence on a proposal passes, and below which it fails: a TOML file
    #[arg(long, value_name = "FILE")]
    thresholds: Option<PathBuf>,
    /// How long small changes of each proposal are tried on its tests, to judge them; `0s` for not
    /// at all, and then it is not measured what they reach either
    #[arg(long, value_name = "TIME")]
    mutation_time: Option<WallTime>,
    /// Only calls tools, and takes no proposals: needs no set-up
    #[arg(long)]
    calls_only: bool,
    /// Calls that run at the same time
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    max_running_calls: Option<u32>,
    /// Calls that wait for their turn; more are refused
    #[arg(long, value_name = "COUNT")]
    max_waiting_calls: Option<u32>,
    /// Proposals that are validated at the same time
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    validation_workers: Option<u32>,
    /// What all compiled code together may hold on disk; beyond it, what was not used for longest
    /// goes at the start: "4 GiB"
    #[arg(long, value_name = "SIZE")]
    code_cache: Option<Bytes>,
    /// How long running calls may go on once the service is told to stop: "10 s"
    #[arg(long, value_name = "TIME")]
    grace: Option<WallTime>,
    /// From how much of the memory that the service may hold (its control group's limit) no new
    /// validation begins, in percent; calls go on
    #[arg(long, value_name = "PERCENT", default_value = "80", value_parser = clap::value_parser!(u8).range(1..=100))]
    pause_validations_at: u8,
    #[command(flatten)]
    remediation: remediation::Args,
    #[command(flatten)]
    confine: confine::Args,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "write an IP address and a port, such as 127.0.0.1:50051".to_owned())
}

impl Args {
    /// Whom to tell traces.
    pub(crate) fn otlp_endpoint(&self) -> Option<&str> {
        // As OpenTelemetry asks: a variable that is empty is none.
        self.otlp_endpoint.as_deref().filter(|it| !it.is_empty())
    }

    /// How much is logged at the start.
    pub(crate) fn log_level(&self) -> Option<&str> {
        self.log_level.as_deref()
    }
}

pub(crate) fn run(args: &Args, level: &LogLevel) -> anyhow::Result<Exit> {
    let config = config(args)?;
    let data_dir = config.data_dir.clone();
    if !args.listen.ip().is_loopback() {
        tracing::warn!(
            address = %args.listen,
            "whoever reaches this address may use the whole service, for it knows no users yet: \
             listen on 127.0.0.1 unless something else keeps strangers away"
        );
    }
    block_on(async {
        // Before there is anything to stop, so that no signal is missed.
        let shutdown = told_to_stop()?;
        if let Some(path) = &args.ready_file {
            remove(path)?;
        }
        let server = Server::bind(config)
            .await
            .map_err(|error| Problem::told(error, "the service can't start"))?;
        // Only now: until then the folder may be another's.
        LogLevel::forget(&data_dir);
        let _following = follow_log_level(level, data_dir)?;
        let address = format!("http://{}", server.local_addr());
        if let Some(path) = &args.ready_file {
            write_file(path, format!("{address}\n").as_bytes())?;
        }
        writeln!(out(), "listening on {address}")?;
        if let Some(address) = server.metrics_addr() {
            writeln!(out(), "metrics on http://{address}/metrics")?;
        }
        if let Some(address) = server.remediation_addr() {
            writeln!(out(), "alerts to http://{address}/alerts")?;
        }
        let result = server.serve(shutdown).await;
        if let Some(path) = &args.ready_file {
            remove(path)?;
        }
        result?;
        Ok(Exit::Success)
    })
}

fn config(args: &Args) -> anyhow::Result<ServerConfig> {
    let home = Installation::locate();
    let data_dir = args.data_dir.clone().unwrap_or_else(|| home.join("state"));
    let mut config = ServerConfig::new(data_dir);
    config.listen = args.listen;
    config.metrics_listen = args.metrics_listen;
    config.home = (!args.calls_only).then_some(home);
    config.advisories.clone_from(&args.advisories);
    config.isolation = args.confine.isolation();
    if let Some(ceiling) = &args.ceiling {
        config.ceiling = policy_source::load(ceiling)?;
    }
    config.thresholds = super::validate::thresholds(args.thresholds.as_deref())?;
    config.mutation_time = args.mutation_time.unwrap_or(config.mutation_time);
    config.max_running_calls = args.max_running_calls.unwrap_or(config.max_running_calls);
    config.max_waiting_calls = args.max_waiting_calls.unwrap_or(config.max_waiting_calls);
    config.validation_workers = args.validation_workers.unwrap_or(config.validation_workers);
    config.code_cache = args.code_cache.unwrap_or(config.code_cache);
    config.memory_guard = MemoryGuard::default().pausing_at(args.pause_validations_at);
    config.remediation = args.remediation.remediation()?;
    config.grace = args.grace.map_or(config.grace, WallTime::as_duration);
    Ok(config)
}

/// Follows what `wasm-runner log-level` asks for, until what this gives is dropped.
fn follow_log_level(level: &LogLevel, data_dir: PathBuf) -> Result<DropGuard, Problem> {
    let mut hangup = signal(SignalKind::hangup())
        .map_err(|error| Problem::new("signals can't be received").because(error))?;
    let (look, looks) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            // One that waits already is enough.
            let _ = look.try_send(());
        }
    });
    let end = CancellationToken::new();
    tokio::spawn(level.clone().follow(data_dir, looks, end.clone()));
    Ok(end.drop_guard())
}

/// Cancelled by the first Ctrl-C or SIGTERM; the second ends the program at once.
fn told_to_stop() -> Result<CancellationToken, Problem> {
    let listen = |kind| {
        signal(kind).map_err(|error| Problem::new("signals can't be received").because(error))
    };
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    tokio::spawn(async move {
        for again in [false, true] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if again {
                std::process::exit(Exit::Interrupted.code().into());
            }
            token.cancel();
        }
    });
    Ok(shutdown)
}

/// What an earlier service left says nothing of this one.
fn remove(path: &Path) -> Result<(), Problem> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(file_problem("removed", path, error))
        }
        _ => Ok(()),
    }
}
