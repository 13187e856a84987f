use std::collections::HashMap;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(length(max = 2000))]
    text: String,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// The most frequent word, the first in the alphabet of several.
    word: Option<String>,
    count: usize,
}

fn counted(text: &str) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

/// Tells which word is in a text most often.
#[tool(
    example(name = "two", input = {"text": "b a b"}, output = {"word": "b", "count": 2}),
    example(name = "none", input = {"text": " "}, output = {"word": null, "count": 0}),
    properties(deterministic, total)
)]
fn most_frequent(input: Input) -> Result<Output, ToolError> {
    let counts = counted(&input.text);
    let mut most: Option<(&str, usize)> = None;
    for (word, count) in counts {
        let better = match most {
            None => true,
            Some((best, most)) => count > most || (count == most && word < best),
        };
        if better {
            most = Some((word, count));
        }
    }
    Ok(Output {
        word: most.map(|(word, _)| word.to_owned()),
        count: most.map_or(0, |(_, count)| count),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    #[test]
    fn the_first_in_the_alphabet_is_taken() {
        let text = "b a b a c".to_owned();
        let output = most_frequent(Input { text }).expect("an answer");
        assert_eq!(output.word.as_deref(), Some("a"));
        assert_eq!(output.count, 2);
    }

    #[test]
    fn nothing_has_no_word() {
        let text = String::new();
        let output = most_frequent(Input { text }).expect("an answer");
        assert_eq!(
            output,
            Output {
                word: None,
                count: 0
            }
        );
    }

    /// Holds as long as this version is supported.
    #[test]
    fn words_are_counted_until_the_end_of_support() {
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_900_000_000);
        assert!(SystemTime::now() < end, "this version is too old");
        assert_eq!(counted("a b a").get("a"), Some(&2));
    }
}
