use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    words: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// How many of the words stand in the list once.
    once: usize,
}

/// Counts the words that stand in a list exactly once.
#[tool(
    example(name = "one", input = {"words": ["a", "b", "a"]}, output = {"once": 1}),
    example(name = "none", input = {"words": []}, output = {"once": 0}),
    properties(deterministic)
)]
fn once(input: Input) -> Result<Output, ToolError> {
    let count = |word: &str| input.words.iter().filter(|it| *it == word).count();
    let once = input.words.iter().filter(|word| count(word) == 1).count();
    Ok(Output { once })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_matters() {
        let words = vec!["a".to_owned(), "A".to_owned()];
        assert_eq!(once(Input { words }).expect("always").once, 2);
    }
}
