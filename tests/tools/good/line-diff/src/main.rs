//! A tool without the SDK: the contract is JSON on standard input and output, and `tool.json`.

mod diff;

use diff::{Change, Edit};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::io::Read;
use std::process::ExitCode;

/// More would need a table that is too large for the memory of a tool.
const MAX_LINES: usize = 2000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    before: String,
    after: String,
}

#[derive(Serialize)]
struct Output {
    /// One text, a line each, with a blank, "-" or "+" before it.
    diff: String,
    added: usize,
    removed: usize,
}

/// Why there is no output: exit code, code and message.
type Refusal = (u8, &'static str, String);

fn main() -> ExitCode {
    let mut input = String::new();
    let answer = std::io::stdin()
        .read_to_string(&mut input)
        .map_err(|error| (1, "input_unreadable", error.to_string()))
        .and_then(|_| answer(&input));
    match answer {
        Ok(output) => {
            println!("{output}");
            ExitCode::SUCCESS
        }
        Err((exit, code, message)) => {
            eprintln!(
                "{}",
                json!({ "level": "error", "code": code, "message": message })
            );
            ExitCode::from(exit)
        }
    }
}

fn answer(input: &str) -> Result<String, Refusal> {
    let input: Input =
        serde_json::from_str(input).map_err(|error| (2, "invalid_input", error.to_string()))?;
    let output = compare(&input)?;
    serde_json::to_string(&output).map_err(|error| (1, "output_unwritable", error.to_string()))
}

fn compare(input: &Input) -> Result<Output, Refusal> {
    let before: Vec<&str> = input.before.lines().collect();
    let after: Vec<&str> = input.after.lines().collect();
    for (name, lines) in [("before", before.len()), ("after", after.len())] {
        if lines > MAX_LINES {
            let message = format!("`{name}` has {lines} lines: give at most {MAX_LINES}");
            return Err((1, "too_long", message));
        }
    }
    let mut output = Output {
        diff: String::new(),
        added: 0,
        removed: 0,
    };
    for Edit { change, line } in diff::edits(&before, &after) {
        let sign = match change {
            Change::Keep => ' ',
            Change::Remove => '-',
            Change::Add => '+',
        };
        output.added += usize::from(change == Change::Add);
        output.removed += usize::from(change == Change::Remove);
        output.diff.push(sign);
        output.diff.push_str(line);
        output.diff.push('\n');
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(before: &str, after: &str) -> String {
        let input = Input {
            before: before.to_owned(),
            after: after.to_owned(),
        };
        compare(&input).expect("short enough").diff
    }

    #[test]
    fn equal_texts_are_kept() {
        assert_eq!(diff("a\nb", "a\nb"), " a\n b\n");
        assert_eq!(diff("", ""), "");
    }

    #[test]
    fn all_is_added_to_nothing_and_removed_to_nothing() {
        assert_eq!(diff("", "a\nb"), "+a\n+b\n");
        assert_eq!(diff("a\nb", ""), "-a\n-b\n");
    }

    #[test]
    fn a_changed_line_is_removed_then_added() {
        assert_eq!(diff("a\nb\nc", "a\nB\nc"), " a\n-b\n+B\n c\n");
    }

    #[test]
    fn as_much_as_possible_is_kept() {
        let input = Input {
            before: "a\nb\nc\na\nb\nb\na".to_owned(),
            after: "c\nb\na\nb\na\nc".to_owned(),
        };
        let output = compare(&input).expect("short enough");
        // The longest common part of the two has four lines.
        assert_eq!((output.removed, output.added), (3, 2));
    }

    #[test]
    fn the_old_and_the_new_text_can_be_read_off() {
        let (before, after) = ("a\nx\nb\ny", "x\nz\nb\nb\ny\nw");
        let diff = diff(before, after);
        let side = |left_out: char| {
            let lines = diff.lines().filter(|line| !line.starts_with(left_out));
            lines.map(|line| &line[1..]).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(side('+'), before);
        assert_eq!(side('-'), after);
    }

    #[test]
    fn the_limit_is_exact() {
        let lines = |count| Input {
            before: "a\n".repeat(count),
            after: String::new(),
        };
        assert!(compare(&lines(MAX_LINES)).is_ok());
        let (exit, code, message) = compare(&lines(MAX_LINES + 1)).err().expect("too long");
        assert_eq!((exit, code), (1, "too_long"));
        assert!(message.contains("`before` has 2001 lines"), "{message}");
    }

    #[test]
    fn what_does_not_fit_is_refused_with_exit_code_2() {
        for input in [
            "",
            "{}",
            r#"{"before": "a", "after": 1}"#,
            r#"{"before": "", "after": "", "x": 1}"#,
        ] {
            let (exit, code, _) = answer(input).expect_err(input);
            assert_eq!((exit, code), (2, "invalid_input"), "{input}");
        }
    }
}
