use wasm_runner_sdk::prelude::*;

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Text {
    text: String,
}

/// Puts a text in single quotes for a shell, if it needs them.
#[tool(
    example(name = "plain", input = {"text": "anvil.txt"}, output = {"text": "anvil.txt"}),
    example(name = "a blank", input = {"text": "my file"}, output = {"text": "'my file'"}),
    properties(deterministic, idempotent, total)
)]
fn quote(input: Text) -> Result<Text, ToolError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if !input.text.is_empty() && input.text.chars().all(plain) {
        return Ok(input);
    }
    Ok(Text {
        text: format!("'{}'", input.text.replace('\'', r"'\''")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> String {
        let text = text.to_owned();
        quote(Text { text }).expect("always").text
    }

    #[test]
    fn quotes_are_left_and_entered_again() {
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }

    #[test]
    fn nothing_needs_quotes() {
        assert_eq!(quoted(""), "''");
    }
}
