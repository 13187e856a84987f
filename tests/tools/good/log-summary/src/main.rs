mod line;
mod summary;

use chrono::{DateTime, Utc};
use regex::Regex;
use std::collections::BTreeMap;
use std::path::Path;
use summary::Summary;
use wasm_runner_sdk::prelude::*;

/// Bytes of a file that are read at most.
const LONGEST: u64 = 4 << 20;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Only lines from this time on (RFC 3339).
    #[serde(default)]
    from: Option<String>,
    /// Only lines before this time.
    #[serde(default)]
    until: Option<String>,
    /// Only lines of this level and those above.
    #[serde(default)]
    level: Level,
    /// Only messages that this regular expression matches.
    #[serde(default)]
    matching: Option<String>,
    /// So many kinds of messages are given.
    #[serde(default = "ten")]
    kinds: usize,
}

fn ten() -> usize {
    10
}

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    #[default]
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    files: usize,
    /// Lines that count.
    lines: usize,
    /// Lines that are no log: no time, or no level.
    unread: usize,
    levels: BTreeMap<Level, usize>,
    /// How many lines of each hour, in UTC.
    hours: BTreeMap<String, usize>,
    /// The most frequent kinds of messages.
    kinds: Vec<Kind>,
    /// The first and the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<Span>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Span {
    first: String,
    last: String,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Kind {
    /// The message with `#` for what differs.
    pattern: String,
    count: usize,
    level: Level,
    /// The first of them.
    example: String,
}

/// Sums up the log files of a folder: lines by level and hour, and the most frequent kinds of
/// messages.
#[tool(
    capability(directory = "/logs", access = "read", reason = "the folder with the log files"),
    example(
        name = "the errors",
        input = {"level": "error"},
        output = {
            "files": 2, "lines": 2, "unread": 1, "levels": {"error": 2},
            "hours": {"2026-03-01T08": 2},
            "kinds": [{
                "pattern": "request # failed: timed out after # ms", "count": 2, "level": "error",
                "example": "request 4711 failed: timed out after 3000 ms"
            }],
            "span": {"first": "2026-03-01T08:01:00Z", "last": "2026-03-01T08:02:00Z"}
        }
    ),
    example(
        name = "a time that is none",
        input = {"from": "yesterday"},
        error = "yesterday"
    ),
    properties(deterministic)
)]
fn log_summary(input: Input) -> Result<Output, ToolError> {
    summarise(&folder("/logs"), &input)
}

/// Which lines count.
struct Wanted {
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    level: Level,
    matching: Option<Regex>,
}

impl Wanted {
    fn of(input: &Input) -> Result<Self, ToolError> {
        let time = |text: &Option<String>| {
            let read = |text: &String| {
                line::time(text).ok_or_else(|| {
                    ToolError::new("bad_time", format!("{text:?} is no time of RFC 3339"))
                })
            };
            text.as_ref().map(read).transpose()
        };
        let matching = input.matching.as_deref().map(Regex::new).transpose();
        Ok(Self {
            from: time(&input.from)?,
            until: time(&input.until)?,
            level: input.level,
            matching: matching.map_err(|error| ToolError::new("bad_pattern", error.to_string()))?,
        })
    }

    fn takes(&self, line: &line::Line<'_>) -> bool {
        line.level >= self.level
            && self.from.is_none_or(|from| line.time >= from)
            && self.until.is_none_or(|until| line.time < until)
            && self
                .matching
                .as_ref()
                .is_none_or(|it| it.is_match(line.message))
    }
}

fn summarise(root: &Path, input: &Input) -> Result<Output, ToolError> {
    let wanted = Wanted::of(input)?;
    let mut summary = Summary::default();
    for path in log_files(root)? {
        let path = root.join(path);
        let size = std::fs::metadata(&path)?.len();
        if size > LONGEST {
            warn!("a file is too large and is left out", bytes = size);
            continue;
        }
        summary.files += 1;
        // What is no text in it is shown as such.
        let bytes = std::fs::read(&path)?;
        for line in String::from_utf8_lossy(&bytes).lines() {
            if line.is_empty() || line.starts_with([' ', '\t']) {
                continue;
            }
            match line::Line::read(line) {
                Some(line) if wanted.takes(&line) => summary.take(&line),
                Some(_) => {}
                None => summary.unread += 1,
            }
        }
    }
    Ok(summary.output(input.kinds))
}

/// The log files below a folder, in the order of their paths.
fn log_files(root: &Path) -> Result<Vec<String>, ToolError> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(root.join(&folder)).map_err(|error| {
            let message = format!("the folder {folder:?} can't be listed: {error}");
            ToolError::new("unreadable_folder", message)
        })?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                continue;
            };
            let path = if folder.is_empty() {
                name.to_owned()
            } else {
                format!("{folder}/{name}")
            };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && Path::new(name).extension().is_some_and(|it| it == "log") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests;
