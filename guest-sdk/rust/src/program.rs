//! The program around the function.

use crate::ToolError;
use crate::manifest::Manifest;
use crate::place::path_at;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::json;
use std::io::{Read, Write};
use std::process::ExitCode;

/// The code of an input that makes no sense, and how a command exits for it.
const INVALID_INPUT: (&str, u8) = ("invalid_input", 2);
/// The tool said no for another reason, or its output could not be written.
const FAILED: u8 = 1;

type Answer = dyn Fn(&[u8]) -> Result<String, ToolError> + Send + Sync;

/// A tool, whatever its types are.
pub(crate) struct Tool {
    answer: Box<Answer>,
    manifest: Box<dyn Fn() -> Manifest + Send + Sync>,
}

impl Tool {
    /// The output for an input, both as JSON.
    pub(crate) fn answer(&self, input: &[u8]) -> Result<String, ToolError> {
        (self.answer)(input)
    }

    /// What it says of itself, as JSON.
    pub(crate) fn manifest(&self) -> String {
        (self.manifest)().into_json().to_string()
    }
}

/// What `main` does: runs the tool as a command, see the crate's documentation; in a component
/// it tells what the tool is.
pub fn run<I, O>(
    tool: impl Fn(I) -> Result<O, ToolError> + Send + Sync + 'static,
    manifest: impl Fn() -> Manifest + Send + Sync + 'static,
) -> ExitCode
where
    I: DeserializeOwned + 'static,
    O: Serialize + 'static,
{
    let tool = Tool {
        answer: Box::new(move |input| answer(&tool, input)),
        manifest: Box::new(manifest),
    };
    #[cfg(target_os = "wasi")]
    if crate::component::is_asked() {
        crate::component::tell(tool);
        return ExitCode::SUCCESS;
    }
    command(&tool)
}

fn command(tool: &Tool) -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let answer = match arguments.as_slice() {
        [] => read(std::io::stdin().lock()).and_then(|input| tool.answer(&input)),
        [word] if word == "manifest" => Ok(tool.manifest()),
        _ => Err(ToolError::invalid_input(
            "this tool takes its input as JSON on standard input; its only argument is `manifest`",
        )),
    };
    match answer.and_then(|output| write(std::io::stdout().lock(), output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = std::io::stderr().lock().write_all(&error.line());
            ExitCode::from(exit(&error))
        }
    }
}

/// The code that tells an input that makes no sense from everything else.
fn exit(error: &ToolError) -> u8 {
    let (code, exit) = INVALID_INPUT;
    if error.code == code { exit } else { FAILED }
}

fn read(mut stdin: impl Read) -> Result<Vec<u8>, ToolError> {
    let mut input = Vec::new();
    stdin
        .read_to_end(&mut input)
        .map_err(|error| ToolError::new("input_unreadable", error.to_string()))?;
    Ok(input)
}

fn write(mut stdout: impl Write, mut output: String) -> Result<(), ToolError> {
    output.push('\n');
    stdout
        .write_all(output.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(|error| ToolError::new("output_unwritable", error.to_string()))
}

fn answer<I, O>(
    tool: impl FnOnce(I) -> Result<O, ToolError>,
    input: &[u8],
) -> Result<String, ToolError>
where
    I: DeserializeOwned,
    O: Serialize,
{
    let input: I = serde_json::from_slice(input).map_err(|error| does_not_fit(input, &error))?;
    serde_json::to_string(&tool(input)?).map_err(|error| {
        let message = format!("the output has no JSON form: {error}");
        ToolError::new("output_unwritable", message)
    })
}

/// Says what is wrong with an input and where.
fn does_not_fit(input: &[u8], error: &serde_json::Error) -> ToolError {
    if input.trim_ascii().is_empty() {
        return ToolError::invalid_input("there is no input: give it as JSON on standard input");
    }
    if error.classify() != Category::Data {
        return ToolError::invalid_input(format!("the input is not JSON: {error}"));
    }
    let position = format!(" at line {} column {}", error.line(), error.column());
    let text = error.to_string();
    let what = text.strip_suffix(&position).unwrap_or(&text);
    let path = path_at(input, error.line(), error.column());
    if path.is_empty() {
        return ToolError::invalid_input(format!("the input does not fit: {what}"));
    }
    ToolError::invalid_input(format!("the input does not fit at `{path}`: {what}"))
        .with_details(json!({ "path": path }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn double(input: u32) -> Result<u32, ToolError> {
        input
            .checked_mul(2)
            .ok_or_else(|| ToolError::new("too_large", "halve it"))
    }

    #[test]
    fn json_goes_in_and_json_comes_out() {
        assert_eq!(answer(double, b" 21 "), Ok("42".to_owned()));
    }

    #[test]
    fn an_input_of_another_form_is_named_with_its_place() {
        let sum = |input: Vec<u8>| Ok(input.len());
        let error = answer(sum, b"[1, 300]").expect_err("too large for a byte");
        assert_eq!(exit(&error), 2);
        assert_eq!(error.code, "invalid_input");
        assert_eq!(
            error.message,
            "the input does not fit at `[1]`: invalid value: integer `300`, expected u8"
        );
        assert_eq!(error.details, Some(json!({"path": "[1]"})));
    }

    #[test]
    fn an_input_of_another_form_as_a_whole_has_no_place() {
        let error = answer(double, b"\"21\"").expect_err("a text");
        assert_eq!(exit(&error), 2);
        assert_eq!(
            error.message,
            "the input does not fit: invalid type: string \"21\", expected u32"
        );
        assert_eq!(error.details, None);
    }

    #[test]
    fn what_is_no_json_is_said_so() {
        let message = |input: &[u8]| answer(double, input).expect_err("no JSON").message;
        assert!(message(b" \n").starts_with("there is no input"));
        assert!(message(b"tru").starts_with("the input is not JSON: EOF"));
        assert!(message(b"1 2").starts_with("the input is not JSON: trailing characters"));
        assert!(message(b"\xff").starts_with("the input is not JSON"));
        let deep = "[".repeat(1000);
        let error = answer(|_: serde_json::Value| Ok(()), deep.as_bytes()).expect_err("deep");
        assert_eq!(exit(&error), 2);
        assert!(error.message.contains("recursion limit"), "{error}");
    }

    #[test]
    fn the_tool_says_no_in_its_own_words() {
        let said = answer(double, b"4294967295");
        assert_eq!(said, Err(ToolError::new("too_large", "halve it")));
        assert_eq!(exit(&said.expect_err("it said no")), 1);
        // What the tool finds wrong with an input is no less so than what its types do.
        assert_eq!(exit(&ToolError::invalid_input("no such row")), 2);
    }

    #[test]
    fn an_output_without_a_json_form_is_the_tools_fault() {
        let map = |key: u8| Ok(std::collections::BTreeMap::from([((key, key), key)]));
        let error = answer(map, b"1").expect_err("keys are pairs");
        assert_eq!(
            (exit(&error), error.code.as_str()),
            (1, "output_unwritable")
        );
    }

    #[test]
    fn streams_that_fail_are_told_of() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("gone"))
            }
        }
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::Error::other("gone"))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let failure = |code| ToolError::new(code, "gone");
        assert_eq!(read(Broken), Err(failure("input_unreadable")));
        assert_eq!(
            write(Broken, "1".to_owned()),
            Err(failure("output_unwritable"))
        );
    }
}
