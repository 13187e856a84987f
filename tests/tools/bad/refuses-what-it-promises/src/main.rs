use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(length(min = 1, max = 60))]
    name: String,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    file: String,
}

/// Writes a name so that it can be a file's: lower case, dashes for what is no letter or digit.
#[tool(
    example(name = "two words", input = {"name": "Annual Report"}, output = {"file": "annual-report"}),
    properties(deterministic, total)
)]
fn file_name(input: Input) -> Result<Output, ToolError> {
    if input.name.contains('\'') {
        return Err(ToolError::invalid_input(
            "an apostrophe can't be in a file's name",
        ));
    }
    let file = input
        .name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    Ok(Output { file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stay() {
        let name = "Q3".to_owned();
        assert_eq!(file_name(Input { name }).expect("a name").file, "q3");
    }
}
