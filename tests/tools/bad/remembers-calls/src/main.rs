use std::fs;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(length(max = 20))]
    lines: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    lines: Vec<String>,
}

/// Numbers lines, and keeps the last numbered text in a file of its folder.
#[tool(
    capability(
        directory = "/work",
        access = "read-write",
        reason = "the folder in which the text is kept"
    ),
    example(name = "two", input = {"lines": ["a", "b"]}, output = {"lines": ["1 a", "2 b"]}),
    properties(deterministic)
)]
fn number_lines(input: Input) -> Result<Output, ToolError> {
    let path = folder("/work").join("numbered.txt");
    let before = fs::read_to_string(&path)
        .unwrap_or_default()
        .lines()
        .count();
    let lines = numbered(before, &input.lines);
    fs::write(&path, lines.join("\n"))
        .map_err(|error| ToolError::new("unwritable", error.to_string()))?;
    Ok(Output { lines })
}

fn numbered(before: usize, lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .enumerate()
        .map(|(index, line)| format!("{} {}", before + index + 1, line.replace('\n', " ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_inside_a_line_are_blanks() {
        assert_eq!(numbered(0, &["a\nb".to_owned()]), ["1 a b"]);
    }
}
