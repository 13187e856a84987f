use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    text: String,
    /// At most 1000.
    #[schemars(range(max = 1000))]
    times: u16,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    text: String,
}

/// Repeats a text some times, with a greeting before it.
#[tool(
    example(name = "twice", input = {"text": "ab", "times": 2}, output = {"text": "abab"}),
    example(name = "never", input = {"text": "ab", "times": 0}, output = {"text": ""}),
    properties(deterministic)
)]
fn repeat(input: Input) -> Result<Output, ToolError> {
    if input.times > 1000 {
        return Err(ToolError::invalid_input("`times` must be at most 1000"));
    }
    let text = greeting::plain(&input.text).repeat(input.times.into());
    Ok(Output { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_is_not_too_often() {
        let of = |times| {
            repeat(Input {
                text: "é".to_owned(),
                times,
            })
        };
        assert_eq!(of(1000).expect("not too often").text.len(), 2000);
        assert!(of(1001).is_err());
    }
}
