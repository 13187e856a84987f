use wasm_runner_sdk::prelude::*;

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Text {
    text: String,
}

/// Removes double blanks from a text.
#[tool(
    example(name = "two blanks", input = {"text": "a  b"}, output = {"text": "a b"}),
    example(name = "nothing to do", input = {"text": "a b"}, output = {"text": "a b"}),
    properties(deterministic, idempotent, total)
)]
fn tidy(input: Text) -> Result<Text, ToolError> {
    Ok(Text {
        text: input.text.replace("  ", " "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_are_left() {
        let text = "a\t\tb".to_owned();
        assert_eq!(tidy(Text { text }).expect("always").text, "a\t\tb");
    }
}
