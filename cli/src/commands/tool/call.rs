//! `wasm-runner tool call`.

use super::lookup;
use crate::client::{Client, ServerArgs};
use crate::commands::run::grants;
use crate::exit::Exit;
use crate::output::{PrivateFile, print_ending, print_json, print_usage, spinner};
use crate::problem::{Problem, file_problem};
use crate::wire::{ToolName, incomplete, strange};
use host_api::proto::execute_tool_stream_response::Event;
use host_api::proto::{
    Access, CallLimits, CallPolicy, DirectoryBinding, ExecuteToolRequest, ExecuteToolResponse,
};
use policies::{Bytes, Fuel, WallTime};
use runtime::Execution;
use serde_json::json;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use tonic::{Code, Request, Status};

/// Calls an active tool with a JSON input and prints its output
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  wasm-runner tool call word-count '{\"text\": \"hello there\"}'
  wasm-runner tool call csv-stats@0.1.0 @input.json --usage
  jq -n '{text: \"a\"}' | wasm-runner tool call word-count -
  wasm-runner tool call search '{\"word\": \"x\"}' --dir /srv/notes::/data:ro
Exit codes: as of `wasm-runner run`.")]
pub(crate) struct Args {
    /// The tool; without a version, its highest active one
    #[arg(value_name = "NAME[@VERSION]")]
    tool: ToolName,
    /// The input: JSON, @FILE, or - for standard input (the default, unless that is a terminal)
    #[arg(value_name = "INPUT", conflicts_with = "input")]
    json_input: Option<String>,
    /// The same as INPUT
    #[arg(long, value_name = "JSON|@FILE|-")]
    input: Option<String>,
    /// Binds a folder of the service's machine to one that the tool asks for
    #[arg(long, value_name = "HOST::GUEST[:ro]")]
    dir: Vec<String>,
    /// Sets an environment variable that the tool may see; with the name alone, to the value here
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<OsString>,
    /// Gives up after this time: "5 s"
    #[arg(long, value_name = "TIME")]
    timeout: Option<WallTime>,
    /// Less fuel than the tool may use
    #[arg(long, value_name = "UNITS")]
    fuel: Option<Fuel>,
    /// Less memory than the tool may use
    #[arg(long, value_name = "SIZE")]
    memory: Option<Bytes>,
    /// Less time than the tool may take
    #[arg(long, value_name = "TIME")]
    wall_time: Option<WallTime>,
    /// A seed for the call's random numbers
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Passes output on while it is written
    #[arg(long, conflicts_with = "json")]
    stream: bool,
    /// Afterwards, what was used and what was denied, on standard error
    #[arg(long)]
    usage: bool,
    /// Prints what happened as JSON, instead of the output
    #[arg(long)]
    json: bool,
    /// Keeps what the call was told by its outside, for `wasm-runner replay FILE MODULE`
    ///
    /// The file holds the input, the environment and what the tool read; only you may read it.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Exit> {
    let request = request(args)?;
    let recording = args.record.as_deref().map(PrivateFile::at).transpose()?;
    let names: Vec<String> = request.environment.keys().cloned().collect();
    let client = Client::connect(&args.server).await?;
    let answer = if args.stream {
        streamed(&client, timed(request, args)).await
    } else {
        let _calling = spinner(&format!("calling {}", args.tool.name));
        let answer = client.execution().execute_tool(timed(request, args)).await;
        answer
            .map(tonic::Response::into_inner)
            .map_err(anyhow::Error::from)
    };
    let answer = match answer {
        Err(error) if is_over_time(&error) => {
            let allowed = args
                .timeout
                .map_or(String::new(), |time| format!(" after {time}"));
            return Err(Problem::new(format!("the call was given up{allowed}"))
                .remedy("allow more with --timeout")
                .exit(Exit::DeadlineExceeded)
                .into());
        }
        Err(error) => return Err(lookup::explained(&client, &args.tool, error).await),
        Ok(answer) => answer,
    };
    let exit = report(args, &answer)?;
    if let Some(file) = recording {
        keep(file, &answer)?;
    }
    if !args.env.is_empty() {
        lookup::tell_unseen(&client, &args.tool.name, &answer.version, &names).await?;
    }
    Ok(exit)
}

fn request(args: &Args) -> anyhow::Result<ExecuteToolRequest> {
    let environment = args
        .env
        .iter()
        .map(grants::variable)
        .collect::<Result<_, _>>()?;
    let limits = CallLimits {
        fuel: args.fuel.map(|fuel| fuel.0),
        memory_bytes: args.memory.map(|memory| memory.0),
        wall_time_micros: args.wall_time.map(|time| time.0),
        ..CallLimits::default()
    };
    let policy = CallPolicy {
        limits: Some(limits),
        directories: args
            .dir
            .iter()
            .map(|text| binding(text))
            .collect::<Result<_, _>>()?,
        seed: args.seed,
        ..CallPolicy::default()
    };
    Ok(ExecuteToolRequest {
        name: args.tool.name.clone(),
        version: args.tool.version_text(),
        input: read_input(args.json_input.as_deref().or(args.input.as_deref()))?.into(),
        policy: Some(policy),
        environment,
        record: args.record.is_some(),
    })
}

fn timed(request: ExecuteToolRequest, args: &Args) -> Request<ExecuteToolRequest> {
    let mut request = Request::new(request);
    if let Some(timeout) = args.timeout {
        request.set_timeout(timeout.as_duration());
    }
    request
}

/// A deadline of ours may be noticed by the service, or here first.
fn is_over_time(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Status>().is_some_and(|status| {
        status.code() == Code::DeadlineExceeded
            || (status.code() == Code::Cancelled && status.message().contains("Timeout expired"))
    })
}

/// `HOST::GUEST[:ro]`; the host's part is a path of the service's machine, so it is not looked
/// at here.
fn binding(text: &str) -> Result<DirectoryBinding, Problem> {
    let (paths, access) = match text.strip_suffix(":ro") {
        Some(paths) => (paths, Access::Read),
        None => (text, Access::Unspecified),
    };
    let Some((host, guest)) = paths.split_once("::") else {
        return Err(Problem::new(format!(
            "--dir {text}: it does not say where the tool sees the folder"
        ))
        .remedy(format!(
            "write --dir {paths}::/data, as `wasm-runner tool show` says"
        )));
    };
    let guest = grants::guest_path(text, guest)?;
    let host = std::path::absolute(host)
        .map_err(|error| Problem::new(format!("--dir {text}")).because(error))?;
    Ok(DirectoryBinding {
        host: host.to_string_lossy().into_owned(),
        guest: guest.to_string(),
        access: access.into(),
    })
}

const NO_INPUT: &str =
    "give it as JSON, as @FILE, or on standard input; a tool that takes nothing takes {}";

fn read_input(source: Option<&str>) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match source {
        None if io::stdin().is_terminal() => {
            return Err(Problem::new("there is no input").remedy(NO_INPUT).into());
        }
        None | Some("-") => {
            let failed = |error| file_problem("read", Path::new("standard input"), error);
            io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
            if bytes.trim_ascii().is_empty() {
                return Err(Problem::new("there is no input: standard input is empty")
                    .remedy(NO_INPUT)
                    .into());
            }
        }
        Some(text) => match text.strip_prefix('@') {
            Some(path) => {
                bytes = std::fs::read(path)
                    .map_err(|error| file_problem("read", Path::new(path), error))?;
            }
            None => bytes = text.as_bytes().to_vec(),
        },
    }
    Ok(bytes)
}

async fn streamed(
    client: &Client,
    request: Request<ExecuteToolRequest>,
) -> anyhow::Result<ExecuteToolResponse> {
    let mut events = client
        .execution()
        .execute_tool_stream(request)
        .await?
        .into_inner();
    while let Some(message) = events.message().await? {
        match message.event {
            Some(Event::Stdout(bytes)) => {
                let mut out = io::stdout().lock();
                out.write_all(&bytes)?;
                out.flush()?;
            }
            Some(Event::Stderr(bytes)) => io::stderr().lock().write_all(&bytes)?,
            Some(Event::Response(answer)) => return Ok(answer),
            None => {}
        }
    }
    Err(incomplete("end").into())
}

/// Writes the recording that came with an answer.
fn keep(file: PrivateFile, answer: &ExecuteToolResponse) -> anyhow::Result<()> {
    if answer.recording.is_empty() {
        let why = if answer.recording_too_large {
            "the call was told more by its outside than a service keeps of one"
        } else {
            "nothing ran, or it used the network by WASI 0.3, of which none is kept"
        };
        return Err(Problem::new(format!("there is no recording: {why}"))
            .exit(Exit::NotRecorded)
            .into());
    }
    file.write(&answer.recording)
}

fn report(args: &Args, answer: &ExecuteToolResponse) -> anyhow::Result<Exit> {
    let sent = answer
        .execution
        .as_ref()
        .ok_or_else(|| incomplete("execution"))?;
    let execution = Execution::try_from(sent.clone()).map_err(strange("execution"))?;
    if args.json {
        print_json(&json!({
            "name": args.tool.name,
            "version": answer.version,
            "artifact_digest": answer.artifact_digest,
            "execution": execution,
        }))?;
    } else {
        if !args.stream {
            io::stderr().lock().write_all(&execution.stderr.bytes)?;
            // As the tool wrote it: what is in `execution` went through text.
            let mut out = io::stdout().lock();
            out.write_all(&sent.output)?;
            out.flush()?;
        }
        print_ending(&execution, false)?;
    }
    if args.usage {
        print_usage(&execution, None)?;
    }
    Ok(Exit::of(&execution.outcome))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_names_both_folders() {
        let bound = binding("/srv/notes::/data:ro").expect("both");
        assert_eq!(
            (bound.host.as_str(), bound.guest.as_str()),
            ("/srv/notes", "/data")
        );
        assert_eq!(bound.access(), Access::Read);
        assert_eq!(
            binding("/srv::/data").expect("both").access(),
            Access::Unspecified
        );
        assert!(binding("/srv/notes").is_err());
        assert!(binding("/srv::data").is_err());
        assert!(binding("/srv::/data:rw").is_err());
    }

    #[test]
    fn an_input_is_text_or_a_file() {
        assert_eq!(read_input(Some("{}")).expect("text"), b"{}");
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "[1]").expect("written");
        let named = format!("@{}", file.path().display());
        assert_eq!(read_input(Some(&named)).expect("a file"), b"[1]");
        assert!(read_input(Some("@/nonexistent")).is_err());
    }
}
