use std::collections::HashMap;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    text: String,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    words: Vec<Count>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Count {
    word: String,
    count: usize,
}

/// Counts the words of a text, the most frequent first.
#[tool(
    example(
        name = "three words",
        input = {"text": "a b a"},
        output = {"words": [{"word": "a", "count": 2}, {"word": "b", "count": 1}]}
    ),
    properties(deterministic, total)
)]
fn count_words(input: Input) -> Result<Output, ToolError> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in input.text.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }
    let mut words: Vec<Count> = counts
        .into_iter()
        .map(|(word, count)| Count {
            word: word.to_owned(),
            count,
        })
        .collect();
    words.sort_by_key(|it| std::cmp::Reverse(it.count));
    Ok(Output { words })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_has_no_words() {
        let text = "  ".to_owned();
        assert_eq!(count_words(Input { text }).expect("always").words, []);
    }
}
