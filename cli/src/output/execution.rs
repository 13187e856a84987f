//! How a run ended and what it used.

use super::{ACT, BAD, BOLD, DIM, GOOD, WARN, err, grouped, harmless, size, time};
use policies::Policy;
use runtime::{Execution, Outcome, Rule};
use std::io::{self, Write};

/// Says on standard error why a guest did not end by itself; nothing when it did. Where flags
/// can allow more, it says which.
pub(crate) fn print_ending(execution: &Execution, flags_help: bool) -> io::Result<()> {
    let mut err = err();
    let Some((what, remedy)) = ending(&execution.outcome) else {
        return Ok(());
    };
    writeln!(err, "{BAD}error:{BAD:#} {}", harmless(&what))?;
    for frame in execution.backtrace.iter().take(SHOWN_FRAMES) {
        let function = frame
            .function
            .clone()
            .unwrap_or_else(|| format!("function {}", frame.index));
        match &frame.location {
            Some(location) => writeln!(
                err,
                "  at {} {DIM}({}){DIM:#}",
                harmless(&function),
                harmless(location)
            )?,
            None => writeln!(err, "  at {}", harmless(&function))?,
        }
    }
    if let Some(more) = execution
        .backtrace
        .len()
        .checked_sub(SHOWN_FRAMES)
        .filter(|more| *more > 0)
    {
        writeln!(
            err,
            "  {DIM}and {more} frames more: --json shows them{DIM:#}"
        )?;
    }
    if let Some(remedy) = remedy.filter(|_| flags_help) {
        writeln!(err, "  {ACT}remedy:{ACT:#} {remedy}")?;
    }
    Ok(())
}

/// Frames of a backtrace that are shown: recursion without end has thousands.
const SHOWN_FRAMES: usize = 20;

fn ending(outcome: &Outcome) -> Option<(String, Option<&'static str>)> {
    Some(match outcome {
        Outcome::Success | Outcome::ToolError { .. } => return None,
        Outcome::Trap { message } => (format!("the guest trapped: {message}"), None),
        Outcome::FuelExhausted { limit } => (
            format!("the fuel was used up: {limit} units were allowed (limits.fuel)"),
            Some("allow more with --fuel, if the work is worth it"),
        ),
        Outcome::MemoryExceeded { message } => (
            format!("out of memory: {message}"),
            Some("allow more with --memory (or --table-elements)"),
        ),
        Outcome::DeadlineExceeded { limit } => (
            format!("the time was over: {limit} were allowed (limits.wall_time)"),
            Some("allow more with --wall-time"),
        ),
        Outcome::OutputExceeded { limit } => (
            format!("too much output: {limit} were allowed (limits.output)"),
            Some("allow more with --output-size"),
        ),
        Outcome::InvalidInput { message } => (format!("the input was refused: {message}"), None),
        Outcome::InvalidOutput { message } => (
            format!("the output is not what the tool promises: {message}"),
            None,
        ),
        Outcome::Cancelled => ("the run was called off".to_owned(), None),
        other => (format!("the run ended as {}", other.kind().as_str()), None),
    })
}

/// What a run used and tried, on standard error.
pub(crate) fn print_usage(execution: &Execution, policy: Option<&Policy>) -> io::Result<()> {
    let usage = &execution.usage;
    let of = |limit: Option<String>| limit.map_or(String::new(), |limit| format!(" of {limit}"));
    let style = match execution.outcome {
        Outcome::Success => GOOD,
        Outcome::ToolError { .. } => WARN,
        _ => BAD,
    };
    let mut err = err();
    writeln!(
        err,
        "{BOLD}outcome{BOLD:#}     {style}{}{style:#}",
        execution.outcome.kind().as_str()
    )?;
    let limits = policy.map(|policy| &policy.limits);
    let rows = [
        (
            "fuel",
            grouped(usage.fuel) + &of(limits.map(|limits| limits.fuel.to_string())),
        ),
        (
            "memory",
            size(usage.peak_memory)
                + " at its peak"
                + &of(limits.map(|limits| limits.memory.to_string())),
        ),
        (
            "time",
            format!(
                "{}{}, {} of it on a processor",
                time(usage.wall_micros),
                of(limits.map(|limits| limits.wall_time.to_string())),
                time(usage.cpu_micros)
            ),
        ),
        ("host calls", grouped(usage.host_calls)),
        ("read", size(usage.bytes_read)),
        ("written", size(usage.bytes_written)),
    ];
    for (name, figure) in rows {
        writeln!(err, "{BOLD}{name:<11}{BOLD:#} {figure}")?;
    }
    if usage.files_created > 0 {
        writeln!(
            err,
            "{BOLD}made{BOLD:#}        {} files and folders",
            usage.files_created
        )?;
    }
    print_denied(&mut err, execution)
}

fn print_denied(err: &mut impl Write, execution: &Execution) -> io::Result<()> {
    for attempt in &execution.denied {
        writeln!(
            err,
            "{WARN}denied{WARN:#}      {} {} {DIM}({}){DIM:#}",
            harmless(&attempt.what),
            harmless(&attempt.target),
            rule_name(attempt.rule)
        )?;
    }
    let more = execution
        .usage
        .denied
        .saturating_sub(execution.denied.len() as u64);
    if more > 0 {
        writeln!(
            err,
            "{WARN}denied{WARN:#}      {} more attempts",
            grouped(more)
        )?;
    }
    Ok(())
}

/// The key of a policy's TOML form.
fn rule_name(rule: Rule) -> &'static str {
    match rule {
        Rule::Directories => "capabilities.directories",
        Rule::Environment => "capabilities.environment",
        Rule::Network => "capabilities.network",
        Rule::Memory => "limits.memory",
        Rule::Tables => "limits.tables",
        Rule::Files => "limits.files",
        Rule::FileBytes => "limits.file_bytes",
        _ => "policy",
    }
}
