mod walk;

use regex::{Regex, RegexBuilder};
use std::path::Path;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// A regular expression in the syntax of Rust's `regex` crate; it never spans lines.
    pattern: String,
    /// Whether upper and lower case are the same.
    #[serde(default)]
    ignore_case: bool,
    /// Only files whose names end like one of these (".md"); all if empty.
    #[serde(default)]
    endings: Vec<String>,
    /// At most this many lines are given, though all are counted.
    #[serde(default = "hundred")]
    limit: usize,
}

fn hundred() -> usize {
    100
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// The first lines that match, by file and line.
    matches: Vec<Match>,
    /// How many lines match, given or not.
    total: usize,
    /// How many files were read.
    files: usize,
    /// Files that are no text, or can't be read.
    skipped: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Match {
    /// Below the folder, with "/".
    file: String,
    /// From 1.
    line: usize,
    /// Of the first match in the line, from 1, in characters.
    column: usize,
    /// The line, without white space at its ends.
    text: String,
}

/// Finds the lines of a folder's text files, and of all folders in it, that match a regular
/// expression. Files and folders whose names begin with a dot are left out.
#[tool(
    capability(
        directory = "/docs",
        access = "read",
        reason = "the folder whose files are searched"
    ),
    example(
        name = "in the Markdown files only",
        input = {"pattern": "^#.*anvil", "endings": [".md"]},
        output = {
            "matches": [
                {"file": "guides/anvil.md", "line": 1, "column": 1, "text": "# Care of an anvil"}
            ],
            "total": 1, "files": 2, "skipped": []
        }
    ),
    example(
        name = "more matches than asked for",
        input = {"pattern": "\\banvil\\b", "ignore_case": true, "limit": 1},
        output = {
            "matches": [
                {"file": "guides/anvil.md", "line": 1, "column": 14, "text": "# Care of an anvil"}
            ],
            "total": 5, "files": 3, "skipped": []
        }
    ),
    example(
        name = "a pattern that is none",
        input = {"pattern": "(anvil"},
        error = "unclosed group"
    ),
    properties(deterministic)
)]
fn text_search(input: Input) -> Result<Output, ToolError> {
    search(&folder("/docs"), &input)
}

fn search(root: &Path, input: &Input) -> Result<Output, ToolError> {
    let pattern = RegexBuilder::new(&input.pattern)
        .case_insensitive(input.ignore_case)
        .build()
        .map_err(|error| ToolError::new("bad_pattern", error.to_string()))?;
    let mut output = Output {
        matches: Vec::new(),
        total: 0,
        files: 0,
        skipped: Vec::new(),
    };
    for file in walk::files(root)? {
        if !input.endings.is_empty() && !input.endings.iter().any(|end| file.ends_with(end)) {
            continue;
        }
        match std::fs::read_to_string(root.join(&file)) {
            Ok(text) => {
                output.files += 1;
                search_file(&file, &text, &pattern, input.limit, &mut output);
            }
            Err(error) => {
                warn!("skipped a file", file = file, why = error.to_string());
                output.skipped.push(file);
            }
        }
    }
    Ok(output)
}

fn search_file(file: &str, text: &str, pattern: &Regex, limit: usize, output: &mut Output) {
    for (index, line) in text.lines().enumerate() {
        let Some(found) = pattern.find(line) else {
            continue;
        };
        output.total += 1;
        if output.matches.len() < limit {
            output.matches.push(Match {
                file: file.to_owned(),
                line: index + 1,
                column: line[..found.start()].chars().count() + 1,
                text: line.trim().to_owned(),
            });
        }
    }
}

#[cfg(test)]
mod tests;
