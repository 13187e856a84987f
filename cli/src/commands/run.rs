//! `wasm-runner run`: one module, once, under a policy.

use super::block_on;
use crate::exit::Exit;
use crate::limit_flags::LimitFlags;
use crate::output::{PrivateFile, print_ending, print_json, print_usage, spinner};
use crate::problem::{Problem, file_problem};
use crate::{cancel, policy_source};
use policies::{
    Access, Bytes, Clocks, DirectoryGrant, HostPath, Limits, NetworkGrant, Policy, Random,
};
use runtime::{
    Call, Chunk, Execution, LiveInput, NotRecorded, Recording, Sandbox, SandboxConfig, Stream, Tool,
};
use std::ffi::OsString;
use std::io::{self, IsTerminal, Read as _, Write as _};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(crate) mod grants;

/// Runs a WASI command module in the sandbox
///
/// Without --policy the module may compute and nothing else (the preset `pure`); each flag
/// allows more, or less. The guest's output passes through while it is written, and its exit
/// code becomes ours.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  echo '{\"text\": \"a b\"}' | wasm-runner run word-count.wasm
  wasm-runner run --dir ./data::/data:ro --fuel '10 G' --usage search.wasm needle /data
  wasm-runner run --net api.example.com:443 fetch.wasm
  wasm-runner run --env TZ=UTC --env LANG --json --input case.json tool.wasm
  wasm-runner run --record case.rec --dir ./data tool.wasm && wasm-runner replay case.rec
Exit codes: the guest's own (0 to 125), else from 200 on: 202 fuel, 203 memory, 204 time,
205 output, 201 trap, 206 input refused, 200 nothing ran. `wasm-runner --help` lists them all.")]
pub(crate) struct Args {
    /// The module (.wasm, or .wat text), and after it the guest's arguments
    ///
    /// Whatever stands after the module is the guest's, options too: ours stand before it. One
    /// `--` directly after the module is left out.
    #[arg(required = true, trailing_var_arg = true, num_args = 1.., value_names = ["MODULE", "ARGS"])]
    command_line: Vec<OsString>,

    /// A policy file, or a preset: pure, workspace, web
    #[arg(long, value_name = "FILE|PRESET", default_value = "pure")]
    policy: String,

    /// Shows the guest a folder, to read and write; with `:ro` at the end only to read
    ///
    /// Without GUEST it is seen at the path given, so that what the guest calls `data/a` is
    /// here `data/a` too. A folder whose own name ends in `:ro` needs its GUEST written out.
    /// Where neither the policy nor a flag says how much may be written, it is what the preset
    /// `workspace` allows.
    #[arg(long, value_name = "HOST[::GUEST][:ro]")]
    dir: Vec<OsString>,

    /// Sets an environment variable; with the name alone, to the value that it has here
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<OsString>,

    /// Lets the guest call a host and port: api.example.com:443, *.example.com:443, 127.0.0.1:8080
    ///
    /// A name leads to public addresses only; a private or local address is named itself
    /// (`localhost` stands for loopback). Where neither the policy nor a flag says how much may
    /// be asked and sent, it is what the preset `web` allows.
    #[arg(long, value_name = "HOST:PORT", value_parser = grants::network)]
    net: Vec<NetworkGrant>,

    /// Standard input: a file, or - for our own (the default, unless that is a terminal)
    #[arg(long, value_name = "FILE|-")]
    input: Option<PathBuf>,

    /// Which clock the guest sees: frozen, virtual (the same each run), real
    #[arg(long, value_name = "CLOCK", value_parser = grants::clocks)]
    clocks: Option<Clocks>,

    /// Which randomness the guest sees: a seed (the same numbers each run), real
    #[arg(long, value_name = "SEED|real", value_parser = grants::random)]
    random: Option<Random>,

    /// Afterwards, what was used and what was denied, on standard error
    #[arg(long)]
    usage: bool,

    /// Prints what happened as JSON, instead of passing the guest's output through
    #[arg(long)]
    json: bool,

    /// Keeps what the run is told by its outside, so that `wasm-runner replay` can repeat it
    ///
    /// Clocks, randomness, files and folders, with arguments, environment, input and the module:
    /// the file holds whatever secrets those are, and only you may read it. It is written whole
    /// once the run has ended.
    #[arg(long, value_name = "FILE", help_heading = "Recording")]
    record: Option<PathBuf>,

    /// Leaves the module out of the recording; a replay is then given the module too
    #[arg(long, requires = "record", help_heading = "Recording")]
    record_without_module: bool,

    /// What is kept at most; beyond it the run goes on and is not recorded
    #[arg(long, value_name = "SIZE", requires = "record", help_heading = "Recording",
        default_value_t = Recording::DEFAULT_LIMIT)]
    record_limit: Bytes,

    #[command(flatten)]
    limits: LimitFlags,
}

impl Args {
    /// What is run, and what it is told.
    fn module_and_arguments(&self) -> anyhow::Result<(&Path, Vec<String>)> {
        let (module, mut arguments) = self
            .command_line
            .split_first()
            .ok_or_else(|| Problem::new("no module was named"))?;
        if let Some((first, rest)) = arguments.split_first()
            && first == "--"
        {
            arguments = rest;
        }
        Ok((Path::new(module), utf8_arguments(arguments)?))
    }
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let env = args
        .env
        .iter()
        .map(grants::variable)
        .collect::<Result<Vec<_>, _>>()?;
    let (module, arguments) = args.module_and_arguments()?;
    let policy = effective_policy(args, &env)?;
    let wasm = crate::module::read(module, policy.limits.module_size)?;
    folders_are_there(&policy)?;
    let (input, live_input) = input_of(args.input.as_deref(), policy.limits.input)?;
    let sandbox = sandbox_for(&policy.limits)?;
    let compiling = spinner(&format!("compiling {}", module.display()));
    let tool = sandbox.load(&wasm, &policy.limits).map_err(|error| {
        Problem::new(format!("{} can't be run", module.display())).because(error)
    })?;
    drop(compiling);
    let recording = args.record.as_deref().map(PrivateFile::at).transpose()?;
    let module = (recording.is_some() && !args.record_without_module).then_some(wasm);

    let (execution, recorded) = block_on(async {
        let cancel = cancel::by_ctrl_c();
        let mut call = Call::new(policy.clone())
            .with_args(arguments)
            .with_env(env)
            .with_input(input)
            .with_cancel(cancel.clone());
        call.live_input = live_input;
        if args.json {
            return Ok(run_once(&tool, call, args).await);
        }
        let (live, chunks) = mpsc::channel(64);
        let run = run_once(&tool, call.with_live(live), args);
        let (ended, passed) = tokio::join!(run, pass_on(chunks, &cancel));
        passed?;
        Ok::<_, anyhow::Error>(ended)
    })?;

    if args.json {
        print_json(&execution)?;
    } else {
        print_ending(&execution, true)?;
    }
    if args.usage {
        print_usage(&execution, Some(&policy))?;
    }
    if let (Some(file), Some(recorded)) = (recording, recorded) {
        keep(file, recorded, module).map_err(|error| {
            Problem::new("the run was not recorded")
                .because(error)
                .exit(Exit::NotRecorded)
        })?;
    }
    Ok(Exit::of(&execution.outcome))
}

/// Runs it, and records it if that was asked for.
async fn run_once(tool: &Tool, call: Call, args: &Args) -> (Execution, Option<Recorded>) {
    if args.record.is_none() {
        return (tool.run(call).await, None);
    }
    let (execution, recorded) = tool.record(call, args.record_limit).await;
    (execution, Some(recorded))
}

type Recorded = Result<Recording, NotRecorded>;

/// Writes a recording, with its module if there is one.
fn keep(file: PrivateFile, recorded: Recorded, module: Option<Vec<u8>>) -> anyhow::Result<()> {
    let mut recording = recorded?;
    if let Some(module) = module {
        recording = recording.with_module(module);
    }
    file.write(&recording.to_bytes()?)
}

/// The policy, with what the flags allow in addition: whoever runs a module by hand is the
/// operator, so nothing keeps a flag from widening.
fn effective_policy(args: &Args, env: &[(String, String)]) -> anyhow::Result<Policy> {
    let mut policy = policy_source::load(&args.policy)?;
    let capabilities = &mut policy.capabilities;
    for dir in &args.dir {
        let grant = grants::directory(dir)?;
        if let Some(other) = capabilities
            .directories
            .iter()
            .find(|other| other.guest == grant.guest)
        {
            return Err(Problem::new(format!(
                "two folders are to be seen at {}: {} and {}",
                grant.guest, other.host, grant.host
            ))
            .remedy("give one of them another place: --dir HOST::GUEST")
            .into());
        }
        capabilities.directories.push(grant);
    }
    capabilities
        .directories
        .sort_by(|a, b| a.guest.cmp(&b.guest));
    capabilities
        .environment
        .extend(env.iter().map(|(name, _)| name.clone()));
    capabilities.network.extend(args.net.iter().cloned());
    capabilities.clocks = args.clocks.unwrap_or(capabilities.clocks);
    capabilities.random = args.random.unwrap_or(capabilities.random);

    let may_write = |grant: &DirectoryGrant| grant.access == Access::ReadWrite;
    let limits = &mut policy.limits;
    // A folder to write to in which nothing can be written would help no one.
    if policy.capabilities.directories.iter().any(may_write)
        && limits.files == 0
        && limits.file_bytes == Bytes(0)
        && !args.limits.has_file_limits()
        && let Some(workspace) = Policy::preset("workspace")
    {
        limits.files = workspace.limits.files;
        limits.file_bytes = workspace.limits.file_bytes;
    }
    if !policy.capabilities.network.is_empty()
        && limits.network_requests == 0
        && limits.network_bytes == Bytes(0)
        && !args.limits.has_network_limits()
        && let Some(web) = Policy::preset("web")
    {
        limits.network_requests = web.limits.network_requests;
        limits.network_bytes = web.limits.network_bytes;
    }
    args.limits.apply(limits)?;
    Ok(policy)
}

/// A folder that a policy names may be gone; that is not the input's fault.
fn folders_are_there(policy: &Policy) -> Result<(), Problem> {
    for grant in &policy.capabilities.directories {
        if let HostPath::Path(path) = &grant.host
            && !path.is_dir()
        {
            return Err(Problem::new(format!(
                "the policy shows {} at {}, and there is no such folder",
                path.display(),
                grant.guest
            ))
            .remedy("make the folder, or name another in the policy"));
        }
    }
    Ok(())
}

/// A sandbox with room for just this run.
pub(crate) fn sandbox_for(limits: &Limits) -> anyhow::Result<Sandbox> {
    let mut config = SandboxConfig::default();
    config.max_concurrent_calls = 1;
    // Room for whatever a module may begin with, so that it is the policy's limit that it meets.
    config.max_memory = Bytes::gib(4);
    config.max_tables = limits.tables;
    config.max_table_elements = limits.table_elements;
    Ok(Sandbox::new(&config)?)
}

pub(crate) fn utf8_arguments(args: &[OsString]) -> anyhow::Result<Vec<String>> {
    let mut texts = Vec::with_capacity(args.len());
    for (index, arg) in args.iter().enumerate() {
        let Some(text) = arg.to_str() else {
            return Err(Problem::new(format!(
                "argument {} for the guest is not UTF-8 text: {}",
                index + 1,
                arg.display()
            ))
            .remedy("WASI guests receive text only; pass other bytes as input")
            .exit(Exit::InvalidInput)
            .into());
        };
        texts.push(text.to_owned());
    }
    Ok(texts)
}

/// What is there of the input before the run, and where the rest comes from. Our own standard
/// input is read only once the guest reads: whoever starts us may write to it much later, or
/// leave it to the next program.
fn input_of(source: Option<&Path>, limit: Bytes) -> anyhow::Result<(Vec<u8>, Option<LiveInput>)> {
    match source {
        None if io::stdin().is_terminal() => Ok((Vec::new(), None)),
        Some(path) if path != Path::new("-") => {
            let failed = |error| file_problem("read", path, error);
            let file = std::fs::File::open(path).map_err(failed)?;
            let mut bytes = Vec::new();
            // At most one byte more than the policy allows: the run itself then says no.
            let most = limit.0.saturating_add(1);
            io::Read::take(file, most)
                .read_to_end(&mut bytes)
                .map_err(failed)?;
            Ok((bytes, None))
        }
        _ => Ok((Vec::new(), Some(LiveInput::new(tokio::io::stdin())))),
    }
}

/// Writes what the guest writes. When no one reads it any more, the run is called off.
async fn pass_on(mut chunks: mpsc::Receiver<Chunk>, cancel: &CancellationToken) -> io::Result<()> {
    while let Some(chunk) = chunks.recv().await {
        let written = tokio::task::spawn_blocking(move || match chunk.stream {
            Stream::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(&chunk.bytes).and_then(|()| out.flush())
            }
            Stream::Stderr => io::stderr().lock().write_all(&chunk.bytes),
        })
        .await
        .map_err(io::Error::other)?;
        if let Err(error) = written {
            cancel.cancel();
            return Err(error);
        }
    }
    Ok(())
}
