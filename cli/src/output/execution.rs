//! How a run ended and what it used.

use super::{ACT, BAD, BOLD, DIM, GOOD, WARN, err, grouped, harmless, size, time};
use policies::Policy;
use runtime::{Execution, Frame, Outcome, Rule};
use std::io::{self, Write};

/// Says on standard error why a guest did not end by itself; nothing when it did. Where flags
/// can allow more, it says which.
pub(crate) fn print_ending(execution: &Execution, flags_help: bool) -> io::Result<()> {
    let mut err = err();
    let Some((what, remedy)) = ending(&execution.outcome) else {
        return Ok(());
    };
    writeln!(err, "{BAD}error:{BAD:#} {}", harmless(&what))?;
    let shown = telling_frames(&execution.backtrace);
    for frame in &shown {
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
        .checked_sub(shown.len())
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
const SHOWN_FRAMES: usize = 8;

/// The innermost frames of the guest's own; all kinds where none is.
fn telling_frames(backtrace: &[Frame]) -> Vec<&Frame> {
    let own: Vec<_> = backtrace.iter().filter(|frame| is_own(frame)).collect();
    let frames = if own.is_empty() {
        backtrace.iter().collect()
    } else {
        own
    };
    frames.into_iter().take(SHOWN_FRAMES).collect()
}

/// Whether a function is the author's: not of Rust's or C's libraries, nor what starts a program.
fn is_own(frame: &Frame) -> bool {
    const LIBRARIES: [&str; 6] = ["std::", "core::", "alloc::", "dlmalloc", "__", "_start"];
    const PLACES: [&str; 3] = ["/rustc/", "/library/", "/wasi-libc/"];
    let name = frame.function.as_deref().unwrap_or_default();
    // `<alloc::vec::Vec<T> as …>::f`, `<&T as core::…>::f`.
    let plain = name.trim_start_matches(['<', '&']);
    let place = frame.location.as_deref().unwrap_or_default();
    !LIBRARIES.iter().any(|library| plain.starts_with(library))
        && !PLACES.iter().any(|library| place.contains(library))
}

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
    if usage.network_requests > 0 {
        writeln!(
            err,
            "{BOLD}network{BOLD:#}     {}{} requests, {} sent and {} received{}",
            usage.network_requests,
            of(limits.map(|limits| limits.network_requests.to_string())),
            size(usage.network_sent),
            size(usage.network_received),
            of(limits.map(|limits| limits.network_bytes.to_string())),
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
        Rule::NetworkRequests => "limits.network_requests",
        Rule::NetworkBytes => "limits.network_bytes",
        _ => "policy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str, location: &str) -> Frame {
        Frame {
            index: 0,
            function: Some(function.to_owned()),
            location: Some(location.to_owned()),
        }
    }

    #[test]
    fn a_backtrace_shows_the_guests_own_functions() {
        let names = |frames: &[Frame]| -> Vec<String> {
            let shown = telling_frames(frames);
            shown.iter().filter_map(|it| it.function.clone()).collect()
        };
        let mut frames = vec![
            frame(
                "core::panicking::panic_fmt",
                "/rustc/0/library/core/src/panicking.rs:1:2",
            ),
            frame(
                "<alloc::vec::Vec<T> as core::ops::Index<I>>::index",
                "/rustc/0/library/alloc/src/vec.rs:1:2",
            ),
            frame(
                "dlmalloc::dlmalloc::Dlmalloc<A>::malloc",
                "/vendor/dlmalloc/src/lib.rs:1:2",
            ),
            frame("word_count::pick", "src/main.rs:12:9"),
            frame(
                "<word_count::Row as core::fmt::Display>::fmt",
                "src/main.rs:13:9",
            ),
            frame("word_count::main", "src/main.rs:20:1"),
            frame("std::rt::lang_start", "/rustc/0/library/std/src/rt.rs:1:2"),
            frame("__main_void", ""),
            frame("_start", ""),
        ];
        assert_eq!(
            names(&frames),
            [
                "word_count::pick",
                "<word_count::Row as core::fmt::Display>::fmt",
                "word_count::main"
            ]
        );
        // Recursion without end.
        frames.extend(vec![frame("word_count::again", "src/main.rs:1:1"); 100]);
        assert_eq!(names(&frames).len(), SHOWN_FRAMES);
        // One that is all library is better than none.
        assert_eq!(names(&frames[..1]), ["core::panicking::panic_fmt"]);
    }
}
