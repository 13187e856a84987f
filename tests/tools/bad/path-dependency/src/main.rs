use std::collections::BTreeMap;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    text: String,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    letters: BTreeMap<char, usize>,
}

/// Counts how often each letter stands in a text; upper and lower case are the same.
#[tool(
    example(name = "three", input = {"text": "Abba!"}, output = {"letters": {"a": 2, "b": 2}}),
    example(name = "none", input = {"text": "123"}, output = {"letters": {}}),
    properties(deterministic, total)
)]
fn count_letters(input: Input) -> Result<Output, ToolError> {
    let mut counts = BTreeMap::new();
    for letter in letters::of(&input.text) {
        *counts.entry(letter).or_default() += 1;
    }
    Ok(Output { letters: counts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_letters() {
        let input = Input {
            text: String::new(),
        };
        assert!(count_letters(input).expect("always").letters.is_empty());
    }
}
