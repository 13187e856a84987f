use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    line: String,
    times: u32,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// Bytes of all lines together.
    bytes: usize,
    /// The first ten of them.
    beginning: Vec<String>,
}

/// Repeats a line, and tells how long all of them are together.
#[tool(
    example(
        name = "twice",
        input = {"line": "ab", "times": 2},
        output = {"bytes": 6, "beginning": ["ab", "ab"]}
    ),
    example(name = "none", input = {"line": "ab", "times": 0}, output = {"bytes": 0, "beginning": []}),
    properties(deterministic)
)]
fn repeat_line(input: Input) -> Result<Output, ToolError> {
    let whole = format!("{}\n", input.line).repeat(input.times as usize);
    Ok(Output {
        bytes: whole.len(),
        beginning: whole.lines().take(10).map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_line_has_its_end() {
        let line = String::new();
        let output = repeat_line(Input { line, times: 3 }).expect("lines");
        assert_eq!(output.bytes, 3);
    }
}
