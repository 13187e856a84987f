use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    text: String,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    text: String,
}

/// Turns a text around, character by character.
#[tool(
    example(name = "a word", input = {"text": "anvil"}, output = {"text": "livna"}),
    example(name = "nothing", input = {"text": ""}, output = {"text": ""}),
    properties(deterministic, total)
)]
fn turn_around(input: Input) -> Result<Output, ToolError> {
    debug!("compiled", by = proc_macro_package::compiled_by!());
    Ok(Output {
        text: input.text.chars().rev().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_is_the_same() {
        let once = |text: String| turn_around(Input { text }).expect("always").text;
        assert_eq!(once(once("añb".to_owned())), "añb");
    }
}
