//! The program that `#[tool]` writes, run as the host runs it.

use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The example `word_count`, which cargo builds with the tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("<target>/<profile>/deps/<test>");
    profile.join("examples").join("word_count")
}

fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(program())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example is built");
    let mut stdin = child.stdin.take().expect("piped");
    // A program that does not read its input is none of this function's business.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).expect("text");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect()
}

#[test]
fn json_goes_in_and_json_comes_out() {
    let output = run(&[], r#"{"text": "a b"}"#);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"{\"words\":2}\n");
    assert_eq!(
        lines(&output.stderr),
        [json!({"level": "info", "message": "counted", "words": 2})]
    );
}

#[test]
fn the_tools_no_is_the_last_line_of_standard_error() {
    let output = run(&[], r#"{"text": "a b c d"}"#);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    let error = json!({
        "level": "error", "code": "too_long", "details": 4,
        "message": "4 words are too many: give at most 3"
    });
    assert_eq!(lines(&output.stderr).last(), Some(&error));
}

#[test]
fn an_input_that_does_not_fit_has_a_code_of_its_own() {
    for (input, message) in [
        (r#"{"text": 1}"#, "at `text`: invalid type"),
        (r#"{"text": "", "more": 1}"#, "at `more`: unknown field"),
        ("{}", "missing field `text`"),
        ("{", "not JSON"),
        ("", "no input"),
    ] {
        let output = run(&[], input);
        assert_eq!(output.status.code(), Some(2), "{input}");
        let error = &lines(&output.stderr)[0];
        assert_eq!(error["code"], "invalid_input");
        assert!(
            error["message"].as_str().expect("text").contains(message),
            "{error}"
        );
    }
}

#[test]
fn other_arguments_are_refused_with_the_way_to_call_it() {
    for arguments in [&["--help"][..], &["manifest", "please"]] {
        let output = run(arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let error = &lines(&output.stderr)[0];
        assert!(
            error["message"]
                .as_str()
                .expect("text")
                .contains("standard input"),
            "{error}"
        );
    }
}

#[test]
fn the_manifest_says_all_that_the_source_says() {
    let output = run(&["manifest"], "");
    assert_eq!(output.status.code(), Some(0));
    let manifest = &lines(&output.stdout)[0];
    let dialect = "https://json-schema.org/draft/2020-12/schema";
    let word_type = &manifest["output_schema"]["properties"]["words"];
    assert_eq!(word_type["description"], "How many words there are.");
    assert_eq!(
        *manifest,
        json!({
            "name": "word-count",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Counts the words of a text: whatever stands between white space.",
            "input_schema": {
                "$schema": dialect,
                "title": "Input",
                "type": "object",
                "properties": {
                    "text": {
                        "type": "string",
                        "description": "The text whose words are counted."
                    }
                },
                "additionalProperties": false,
                "required": ["text"],
            },
            "output_schema": {
                "$schema": dialect,
                "title": "Output",
                "type": "object",
                "properties": { "words": word_type },
                "required": ["words"],
            },
            "capabilities": [{
                "kind": "directory", "guest": "/data", "access": "read",
                "fixture": "fixtures/data", "reason": "shows how one asks"
            }],
            "examples": [
                {
                    "name": "two words", "input": {"text": "hello world"}, "output": {"words": 2}
                },
                {
                    "name": "too long", "input": {"text": "one two three four"}, "error": "at most 3"
                },
            ],
            "properties": { "deterministic": true },
        })
    );
}
