use std::io::ErrorKind;
use std::time::Duration;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The file's name.
    file: String,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    first_line: String,
}

/// Waits for a file to appear in a folder and gives its first line.
#[tool(
    capability(directory = "/inbox", access = "read", reason = "the folder that is watched"),
    capability(clock = "real", reason = "to look again after a while"),
    example(
        name = "it is there",
        input = {"file": "order.txt"},
        output = {"first_line": "anvil"}
    ),
    example(name = "it never comes", input = {"file": "answer.txt"}, error = "answer.txt"),
    properties(deterministic)
)]
fn wait_for_file(input: Input) -> Result<Output, ToolError> {
    loop {
        match first_line(&input.file) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                std::thread::sleep(Duration::from_millis(250));
            }
            found => return Ok(Output { first_line: found? }),
        }
    }
}

fn first_line(file: &str) -> std::io::Result<String> {
    let text = std::fs::read_to_string(folder("/inbox").join(file))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_line_is_given() {
        assert_eq!(first_line("order.txt").expect("the fixture"), "anvil");
    }

    #[test]
    fn a_file_that_is_not_there_is_not_found() {
        let error = first_line("answer.txt").expect_err("nothing there");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
