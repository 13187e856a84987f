//! `wasm-runner policy suggest`: the least under which a tool does what it does.

mod headroom;
mod module;
mod proposal;
mod text;

use crate::commands::run::grants;
use crate::exit::Exit;
use crate::limit_flags::LimitFlags;
use crate::{confine, module as module_file};
use headroom::Headroom;
use policies::{Clocks, NetworkGrant, Policy, Random};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// Runs a tool under watching and prints the smallest policy under which it does the same
///
/// A package or proposal is built once, and its tests and examples are run again and again in a
/// confined process, with less each time. A module is run as `wasm-runner run` does, once for
/// each --input, in copies of the folders given; what it writes there is thrown away.
///
/// What is suggested: folders, variables, clocks and randomness without which the results are
/// others; files and folders as many as were made; of everything else what was used times the
/// headroom, rounded up (and ten times that for the time, which hangs on the machine). In the end
/// everything is run once more under the policy as it is printed.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  wasm-runner policy suggest . > policy.toml
  wasm-runner policy suggest --dir ./data --input case.json search.wasm -- needle /data
  wasm-runner policy suggest --headroom 4 -- proposal.json
Exit codes: 0 it was verified, 10 something fails even under watching, 1 it could not be found out.")]
pub(super) struct Args {
    /// A module (.wasm, .wat), a package's folder, or a proposal as JSON
    #[arg(value_name = "TOOL")]
    tool: Option<PathBuf>,

    /// Arguments for a module
    #[arg(last = true, value_name = "ARGS")]
    passed_on: Vec<OsString>,

    /// Shows a module a folder, as `wasm-runner run` does
    #[arg(long, value_name = "HOST[::GUEST][:ro]")]
    dir: Vec<OsString>,

    /// Sets an environment variable for a module
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<OsString>,

    /// Lets the tool call a host, where it can
    #[arg(long, value_name = "HOST:PORT")]
    net: Vec<NetworkGrant>,

    /// Standard input of one run of a module; each is a run of its own
    #[arg(long, value_name = "FILE")]
    input: Vec<PathBuf>,

    /// How many times what was used is allowed: 1 to 1000, such as 2 or 1.5
    #[arg(long, value_name = "TIMES", default_value = "2")]
    headroom: Headroom,

    /// As JSON: the policy, the reasons, and what was denied
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    limits: LimitFlags,

    #[command(flatten)]
    confine: confine::Args,
}

/// What was found out.
#[derive(Debug, Serialize)]
struct Suggestion {
    policy: Policy,
    /// By key of the policy, such as `limits.fuel` or `capabilities.directories./data`.
    reasons: BTreeMap<String, String>,
    /// What was there under watching and is not needed, with the reason.
    dropped: Vec<String>,
    /// What was tried and denied even under watching.
    denied: Vec<String>,
    /// What was run, in words.
    cases: String,
    /// Whether everything was the same under this policy.
    verified: bool,
}

/// What fails even under watching.
#[derive(Debug, Serialize)]
struct Failing {
    /// Each with how it ends.
    failing: Vec<String>,
    denied: Vec<String>,
}

type Found = Result<Suggestion, Failing>;

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let (tool, passed_on) = match (&args.tool, args.passed_on.split_first()) {
        (Some(tool), _) => (tool.clone(), &args.passed_on[..]),
        // `policy suggest -- TOOL`.
        (None, Some((tool, rest))) => (PathBuf::from(tool), rest),
        (None, None) => {
            return Err(crate::problem::Problem::new("there is no tool to watch")
                .remedy("name a module, a package's folder or a proposal: wasm-runner policy suggest TOOL")
                .into());
        }
    };
    let is_module = tool
        .extension()
        .is_some_and(|extension| extension == "wasm" || extension == "wat");
    let found = if is_module {
        module::suggest(args, &tool, passed_on)?
    } else {
        proposal::suggest(args, &tool, passed_on)?
    };
    if args.json {
        match &found {
            Ok(suggestion) => crate::output::print_json(suggestion)?,
            Err(failing) => crate::output::print_json(failing)?,
        }
    } else {
        text::print(&found)?;
    }
    Ok(match found {
        Ok(suggestion) if suggestion.verified => Exit::Success,
        Ok(_) => Exit::Failure,
        Err(_) => Exit::VerdictFailed,
    })
}

/// A policy under which next to everything goes.
fn generous(args: &Args) -> anyhow::Result<Policy> {
    use policies::{Bytes, Fuel, WallTime};
    let mut policy = Policy::default();
    let limits = &mut policy.limits;
    limits.fuel = Fuel(1_000_000_000_000);
    limits.memory = Bytes::gib(1);
    limits.tables = 100;
    limits.table_elements = 1_000_000;
    limits.wall_time = WallTime::secs(60);
    limits.stdout = Bytes::mib(16);
    limits.stderr = Bytes::mib(16);
    limits.input = Bytes::mib(64);
    limits.output = Bytes::mib(64);
    limits.files = 10_000;
    limits.file_bytes = Bytes::mib(256);
    limits.module_size = Bytes::mib(64);
    limits.network_requests = 1_000;
    limits.network_bytes = Bytes::mib(64);
    args.limits.apply(limits)?;
    policy.capabilities.clocks = Clocks::Real;
    policy.capabilities.random = Random::Real;
    Ok(policy)
}

/// The most that was used of each thing that has a limit.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    fuel: u64,
    memory: u64,
    wall_micros: u64,
    input: u64,
    output: u64,
    stderr: u64,
    files: u64,
    file_bytes: u64,
    module: u64,
    /// How many tables, and elements of the largest, where that is known.
    tables: Option<(u64, u64)>,
}

/// Sets the limits to what was used, with room, and says why.
fn set_limits(
    policy: &mut Policy,
    reasons: &mut BTreeMap<String, String>,
    used: &Used,
    headroom: Headroom,
) {
    use crate::output::{grouped, size, time};
    use policies::{Bytes, Fuel, WallTime};
    let limits = &mut policy.limits;
    let mut because = |key: &str, reason: String| {
        reasons.insert(format!("limits.{key}"), reason);
    };
    let most = |what: &str| format!("{what} at most, {headroom} times that");
    limits.fuel = Fuel(headroom.count(used.fuel).max(1000));
    because("fuel", most(&grouped(used.fuel)) + ", and 1 k at least");
    limits.memory = headroom.memory(Bytes(used.memory));
    because("memory", most(&size(used.memory)));
    limits.wall_time = WallTime(headroom.count(used.wall_micros.saturating_mul(10)))
        .max(WallTime::secs(1))
        .min(WallTime::secs(24 * 60 * 60));
    because(
        "wall_time",
        format!(
            "{} at most, ten times {headroom} times that, and 1 s at least: time hangs on the \
             machine",
            time(used.wall_micros)
        ),
    );
    for (key, limit, figure) in [
        ("stdout", &mut limits.stdout, used.output),
        ("stderr", &mut limits.stderr, used.stderr),
        ("input", &mut limits.input, used.input),
        ("output", &mut limits.output, used.output),
    ] {
        // A little always: what goes wrong is to be seen.
        *limit = Bytes(headroom.size(figure).max(1024)).min(Bytes::gib(1));
        because(key, most(&size(figure)) + ", and 1 KiB at least");
    }
    limits.files = u32::try_from(used.files).unwrap_or(u32::MAX);
    because("files", "as many as were made".to_owned());
    limits.file_bytes = Bytes(headroom.size(used.file_bytes));
    let used_bytes = most(&size(used.file_bytes));
    let may_write = |grant: &policies::DirectoryGrant| grant.access == policies::Access::ReadWrite;
    if limits.files == 0
        && limits.file_bytes == Bytes(0)
        && policy.capabilities.directories.iter().any(may_write)
    {
        limits.file_bytes = Bytes::kib(1);
        because(
            "file_bytes",
            "none; no policy lets a folder be changed and nothing be written".to_owned(),
        );
    } else {
        because("file_bytes", used_bytes);
    }
    limits.module_size = Bytes(headroom.size(used.module).max(1024)).min(Bytes::gib(1));
    because(
        "module_size",
        format!("it has {}, {headroom} times that", size(used.module)),
    );
    if let Some((tables, elements)) = used.tables {
        limits.tables = u32::try_from(tables).unwrap_or(u32::MAX);
        limits.table_elements = u32::try_from(elements).unwrap_or(u32::MAX);
        because("tables", "as many as the module has".to_owned());
        because(
            "table_elements",
            "as its largest has or may grow to".to_owned(),
        );
    } else {
        let usual = policies::Limits::default();
        limits.tables = usual.tables;
        limits.table_elements = usual.table_elements;
        because("tables", "as the preset pure has".to_owned());
        because("table_elements", "as the preset pure has".to_owned());
    }
    if used.tables.is_some() {
        limits.instances = 1;
        because("instances", "a module is one".to_owned());
    } else {
        limits.instances = policies::Limits::default().instances;
        because("instances", "as the preset pure has".to_owned());
    }
    limits.network_requests = 0;
    limits.network_bytes = Bytes(0);
    because("network_requests", "it calls no host".to_owned());
    because("network_bytes", "it calls no host".to_owned());
}

/// The module's arguments and the like mean nothing to a proposal.
fn only_for_modules(args: &Args, passed_on: &[OsString]) -> Option<&'static str> {
    [
        (!args.dir.is_empty(), "--dir"),
        (!args.env.is_empty(), "--env"),
        (!args.input.is_empty(), "--input"),
        (!passed_on.is_empty(), "arguments"),
    ]
    .into_iter()
    .find_map(|(given, what)| given.then_some(what))
}

pub(super) use grants::{directory, variable};
use module_file::read as read_module;
