//! What a run tells about itself, in words for findings.

use crate::{
    CapabilityRequest, CaseReport, CaseStatus, CaseUsage, Manifest, Place, ProposedTool,
    Reproducer, StackFrame,
};
use policies::{Policy, Random};
use runtime::{DeniedAttempt, Execution, Frame, Outcome, OutcomeKind, Rule};

/// How to see a run again.
pub(crate) fn reproducer(args: &[&str], input: &str, policy: &Policy) -> Reproducer {
    Reproducer {
        args: args.iter().map(|argument| (*argument).to_owned()).collect(),
        input: input.to_owned(),
        seed: match policy.capabilities.random {
            Random::Seeded(seed) => Some(seed),
            Random::Real => None,
        },
        fuel: Some(policy.limits.fuel.0),
    }
}

/// A limit that a run met.
pub(crate) struct Exceeded {
    /// The last part of the rule, such as `fuel-exhausted`.
    pub(crate) rule: &'static str,
    /// What happened, to follow the name of what ran.
    pub(crate) what: String,
    pub(crate) remedy: &'static str,
}

/// The limit that a run met, if it met one.
pub(crate) fn exceeded(execution: &Execution) -> Option<Exceeded> {
    let (rule, what, remedy) = match &execution.outcome {
        Outcome::FuelExhausted { limit } => (
            "fuel-exhausted",
            format!("used up its fuel ({limit} units): it loops without end, or does far too much"),
            "look for a loop that does not end, or do less work for this input",
        ),
        Outcome::MemoryExceeded { message } => (
            "memory-exceeded",
            format!("wanted more memory than there is for it: {message}"),
            "use less memory: read in pieces, keep nothing that is no longer needed, check for growth without end",
        ),
        Outcome::DeadlineExceeded { limit } => (
            "deadline-exceeded",
            format!("ran longer than {limit}"),
            "do less, and do not wait: a tool answers at once",
        ),
        Outcome::OutputExceeded { limit } => (
            "output-exceeded",
            format!("wrote more than {limit} to standard output"),
            "write only the answer; a log goes to standard error, in few lines",
        ),
        _ => return None,
    };
    Some(Exceeded { rule, what, remedy })
}

/// How a run ended, in words, to follow the name of what ran.
pub(crate) fn ending(execution: &Execution) -> String {
    match &execution.outcome {
        Outcome::Success => "succeeds".to_owned(),
        Outcome::ToolError { exit_code } => format!("ends with exit code {exit_code}"),
        Outcome::Trap { message } => format!("traps ({message})"),
        other => format!("ends as {}", other.kind().as_str()),
    }
}

pub(crate) fn succeeded(execution: &Execution) -> bool {
    execution.outcome.kind() == OutcomeKind::Success
}

/// A panic in Rust's own words on standard error.
#[derive(Debug, PartialEq)]
pub(crate) struct Panic {
    pub(crate) message: String,
    /// Where, if that is in a file of the proposal.
    pub(crate) place: Option<Place>,
}

/// The last panic that standard error tells of.
pub(crate) fn panic(stderr: &str, proposal: &ProposedTool) -> Option<Panic> {
    let lines: Vec<&str> = stderr.lines().collect();
    let head = |line: &&str| line.starts_with("thread ") && line.contains(" panicked at ");
    let index = lines.iter().rposition(head)?;
    let (_, at) = lines[index].split_once(" panicked at ")?;
    let message: Vec<&str> = lines[index + 1..]
        .iter()
        .copied()
        .take_while(|line| !line.starts_with("note: run with `RUST_BACKTRACE"))
        .collect();
    Some(Panic {
        message: message.join("\n").trim_end().to_owned(),
        place: place(at.trim_end_matches(':'), proposal),
    })
}

/// `src/main.rs:12:9`, if the proposal has such a file: what panics in another crate is placed
/// by the crate's path on this machine, which is nobody else's matter.
fn place(at: &str, proposal: &ProposedTool) -> Option<Place> {
    let mut parts = at.rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    let path = parts.next()?;
    let single = ["src/main.rs", "src/tests.rs"].contains(&path);
    if !single && !proposal.files.iter().any(|file| file.path == path) {
        return None;
    }
    Some(Place::File {
        path: path.to_owned(),
        line: Some(line),
        column: Some(column),
    })
}

/// The innermost function of the tool's own, for traps and exhausted limits.
pub(crate) fn own_function(execution: &Execution, proposal: &ProposedTool) -> Option<String> {
    let own = format!("{}::", proposal.name.replace('-', "_"));
    let names = execution.backtrace.iter().filter_map(|frame| {
        let name = frame.function.as_deref()?;
        name.trim_start_matches('<')
            .starts_with(&own)
            .then_some(name)
    });
    names.map(str::to_owned).next()
}

/// The most functions of a backtrace that are kept.
const MOST_FRAMES: usize = 32;
/// The most characters of a name that are kept.
const MOST_NAME: usize = 200;

/// Where the module was when it ended, as far as that has names. Of places only those in the
/// proposal's own files: others are paths on this machine.
pub(crate) fn frames(backtrace: &[Frame], proposal: &ProposedTool) -> Vec<StackFrame> {
    let named = backtrace.iter();
    let named = named.skip_while(|frame| is_of_rust(frame.function.as_deref(), &HOW_IT_ENDS));
    let named = named.take_while(|frame| !is_of_rust(frame.function.as_deref(), &HOW_IT_BEGINS));
    let named = named.filter_map(|frame| {
        let function = name(frame.function.as_deref()?);
        let at = frame.location.as_deref();
        let place = at.and_then(|at| place(own_path(at, proposal)?, proposal));
        Some(StackFrame { function, place })
    });
    named.take(MOST_FRAMES).collect()
}

/// What is innermost in every panic, and says nothing of this one.
const HOW_IT_ENDS: [&str; 9] = [
    "abort",
    "__rustc",
    "rust_panic",
    "std::panicking",
    "std::process::abort",
    "std::sys::",
    "core::panicking",
    "core::option::",
    "core::result::",
];
/// What is outermost in every program.
const HOW_IT_BEGINS: [&str; 3] = ["std::sys::backtrace", "std::rt::", "_start"];

fn is_of_rust(function: Option<&str>, beginnings: &[&str]) -> bool {
    function.is_some_and(|function| beginnings.iter().any(|it| function.starts_with(it)))
}

/// The end of a location that is a path of the proposal, line and column.
fn own_path<'a>(at: &'a str, proposal: &ProposedTool) -> Option<&'a str> {
    let path = at.rsplitn(3, ':').nth(2)?;
    let single = ["src/main.rs", "src/tests.rs"];
    let own = proposal.files.iter().map(|file| file.path.as_str());
    let own = own.chain(single).find(|own| {
        let before = path.strip_suffix(own);
        before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
    })?;
    at.get(path.len() - own.len()..)
}

/// A name that a guest chose, of bounded length.
pub(crate) fn name(name: &str) -> String {
    match name.char_indices().nth(MOST_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// One test or example for the report.
pub(crate) fn case(
    name: &str,
    place: Place,
    status: CaseStatus,
    execution: Option<&Execution>,
) -> CaseReport {
    CaseReport {
        name: self::name(name),
        place,
        status,
        usage: execution.map(|execution| CaseUsage {
            fuel: execution.usage.fuel,
            peak_memory_bytes: execution.usage.peak_memory,
            wall_micros: execution.usage.wall_micros,
        }),
    }
}

/// What a tool says when it says no: the error line of the SDK, else the end of standard error.
pub(crate) struct Refusal {
    pub(crate) code: Option<String>,
    pub(crate) message: String,
}

impl Refusal {
    /// Whether these are the words that were expected: a part of the message, or the code.
    pub(crate) fn says(&self, expected: &str) -> bool {
        self.message.contains(expected) || self.code.as_deref() == Some(expected)
    }
}

pub(crate) fn refusal(stderr: &str) -> Refusal {
    let line = stderr.lines().rev().find_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| line.get(key)?.as_str().map(str::to_owned);
        (text("level").as_deref() == Some("error")).then_some(Refusal {
            code: text("code"),
            message: text("message")?,
        })
    });
    line.unwrap_or_else(|| Refusal {
        code: None,
        message: stderr.trim().to_owned(),
    })
}

/// What helps a tool that looked for a file outside of every folder: the guest's own library says
/// that there is none, without asking us, so that no denied attempt tells of it.
pub(crate) fn wants_a_folder(said: &str, manifest: Option<&Manifest>) -> Option<&'static str> {
    // WASI's number for `no such file or directory`, and the words of Rust's standard library.
    let looked = ["os error 44", "pre-opened file descriptor"];
    let asks = manifest.is_some_and(|manifest| {
        manifest
            .capabilities
            .iter()
            .any(|request| matches!(request, CapabilityRequest::Directory { .. }))
    });
    (!asks && looked.iter().any(|words| said.contains(words))).then_some(
        "a tool sees no file of the machine unless it asks for a folder: with the SDK \
         capability(directory = \"/data\", access = \"read\", reason = \"…\"); tests and examples \
         see fixtures/data there",
    )
}

/// The last lines of a text.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.trim_end().lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// What the guest tried beyond its policy, as a list; `None` if nothing. Memory and tables are
/// left out: asking for more than there is, is no attempt to get at something.
pub(crate) fn denied(execution: &Execution) -> Option<String> {
    const SHOWN: usize = 5;
    let tried: Vec<&DeniedAttempt> = execution
        .denied
        .iter()
        .filter(|denied| !matches!(denied.rule, Rule::Memory | Rule::Tables))
        .collect();
    let list: Vec<String> = tried
        .iter()
        .take(SHOWN)
        .map(|denied| format!("{} {:?}", denied.what, denied.target))
        .collect();
    let more = match tried.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!list.is_empty()).then(|| list.join(", ") + &more)
}

#[cfg(test)]
mod unit {
    use super::*;

    fn at(path: &str, line: u32, column: u32) -> Place {
        Place::File {
            path: path.to_owned(),
            line: Some(line),
            column: Some(column),
        }
    }

    #[test]
    fn a_panic_is_read_from_rusts_own_words() {
        let proposal = crate::stages::example::proposal();
        let stderr = "it panicked at noon\n\nthread 'tests::adds' (1) panicked at src/main.rs:12:9:\n\
                      assertion failed: a == b\n\n  left: 1\n\
                      note: run with `RUST_BACKTRACE=1` environment variable\n";
        let found = panic(stderr, &proposal).expect("a panic");
        assert_eq!(found.message, "assertion failed: a == b\n\n  left: 1");
        assert_eq!(found.place, Some(at("src/main.rs", 12, 9)));
        assert_eq!(panic("all is well", &proposal), None);
        assert_eq!(panic("a panicked at b", &proposal), None);
        let cut = panic("thread 'main' panicked at ", &proposal).expect("a panic");
        assert_eq!((cut.message.as_str(), cut.place), ("", None));
    }

    #[test]
    fn a_backtrace_is_the_tool_s_own_part_without_paths_of_the_machine() {
        let proposal = crate::stages::example::proposal();
        let frame = |function: &str, location: &str| Frame {
            index: 0,
            function: Some(function.to_owned()),
            location: Some(location.to_owned()),
        };
        let backtrace = [
            frame("abort", "abort.c:1:1"),
            frame("core::panicking::panic_fmt", "/rustc/0/panicking.rs:1:1"),
            frame("core::option::unwrap_failed", "/rustc/0/option.rs:1:1"),
            frame("adder::add", "/home/x/build/src/main.rs:12:9"),
            frame(
                "serde_json::from_str",
                "/home/x/vendor/serde_json/src/de.rs:3:4",
            ),
            Frame {
                index: 7,
                function: None,
                location: None,
            },
            frame("adder::main", "mysrc/main.rs:1:1"),
            frame("std::rt::lang_start", "/rustc/0/rt.rs:1:1"),
            frame("_start", "x:1:1"),
        ];
        let frames = frames(&backtrace, &proposal);
        let shown: Vec<(&str, Option<Place>)> = frames
            .iter()
            .map(|frame| (frame.function.as_str(), frame.place.clone()))
            .collect();
        assert_eq!(
            shown,
            [
                ("adder::add", Some(at("src/main.rs", 12, 9))),
                ("serde_json::from_str", None),
                ("adder::main", None),
            ]
        );
        let deep = vec![backtrace[3].clone(); MOST_FRAMES + 1];
        assert_eq!(super::frames(&deep, &proposal).len(), MOST_FRAMES);
    }

    #[test]
    fn names_that_a_guest_chose_are_cut_at_their_edge() {
        let whole = "é".repeat(MOST_NAME);
        assert_eq!(name(&whole), whole);
        assert_eq!(name(&format!("{whole}x")), format!("{whole}…"));
    }

    #[test]
    fn a_file_that_was_looked_for_in_vain_points_to_folders() {
        let said = "Error: Os { code: 44, kind: NotFound } No such file or directory (os error 44)";
        assert!(wants_a_folder(said, None).is_some_and(|it| it.contains("capability(directory")));
        assert_eq!(wants_a_folder("no such word", None), None);
        let mut manifest: Manifest = serde_json::from_value(serde_json::json!({
            "name": "n", "version": "1.0.0", "description": "d", "input_schema": true,
            "output_schema": true,
            "capabilities": [{"kind": "directory", "guest": "/data", "access": "read", "reason": "r"}],
        }))
        .expect("a manifest");
        // It has one: the file is just not there.
        assert_eq!(wants_a_folder(said, Some(&manifest)), None);
        manifest.capabilities.clear();
        assert!(wants_a_folder(said, Some(&manifest)).is_some());
    }

    #[test]
    fn a_panic_elsewhere_has_no_place_in_the_proposal() {
        let proposal = crate::stages::example::proposal();
        for path in [
            "/rustc/0/library/alloc/src/vec.rs",
            "/home/x/vendor/a/src/lib.rs",
            "src/no.rs",
        ] {
            let stderr = format!("thread 'main' panicked at {path}:1:2:\nboom");
            let found = panic(&stderr, &proposal).expect("a panic");
            assert_eq!((found.message.as_str(), found.place), ("boom", None));
        }
    }

    #[test]
    fn a_refusal_is_read_from_the_last_error_line() {
        let stderr = "{\"level\":\"error\",\"code\":\"old\",\"message\":\"first\"}\n\
                      {\"code\":\"bad_row\",\"level\":\"error\",\"message\":\"row \\\"a\\\" is none\"}\n\
                      {\"level\":\"info\",\"message\":\"bye\"}\n";
        let said = refusal(stderr);
        assert_eq!(said.message, "row \"a\" is none");
        assert!(said.says("row \"a\"") && said.says("bad_row") && !said.says("first"));
        assert!(!said.says("bad_"));
        let plain = refusal("no such row\n");
        assert!(plain.says("such row") && plain.code.is_none());
    }
}
