use wasm_runner_sdk::prelude::*;

/// What the tool is given. The types are the contract: their schemas go into the manifest.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The text whose words are counted.
    text: String,
    /// Words with fewer characters are left out.
    #[serde(default)]
    min_length: usize,
}

/// What it answers.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// How many words there are.
    words: usize,
    /// The longest of them, the first if there are several.
    longest: String,
}

/// Counts the words of a text (whatever stands between white space) and finds the longest.
#[tool(
    example(
        name = "two words",
        input = {"text": "hello there"},
        output = {"words": 2, "longest": "hello"}
    ),
    example(
        name = "short words left out",
        input = {"text": "to be or not to be", "min_length": 3},
        output = {"words": 1, "longest": "not"}
    ),
    example(
        name = "nothing to count",
        input = {"text": " "},
        error = "no words"
    ),
    properties(deterministic)
)]
fn run(input: Input) -> Result<Output, ToolError> {
    let length = |word: &str| word.chars().count();
    let mut words = 0;
    let mut longest = "";
    for word in input.text.split_whitespace() {
        if length(word) < input.min_length {
            continue;
        }
        words += 1;
        if length(word) > length(longest) {
            longest = word;
        }
    }
    if words == 0 {
        let message = format!(
            "there are no words of {} characters or more",
            input.min_length
        );
        return Err(ToolError::new("no_words", message));
    }
    Ok(Output {
        words,
        longest: longest.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str, min_length: usize) -> Result<Output, ToolError> {
        run(Input {
            text: text.to_owned(),
            min_length,
        })
    }

    #[test]
    fn any_white_space_parts_words() {
        let output = count("\ta b\n\nc ", 0).expect("there are words");
        assert_eq!(output.words, 3);
    }

    #[test]
    fn the_first_of_the_longest_is_told() {
        let output = count("ab cd é", 0).expect("there are words");
        assert_eq!(output.longest, "ab");
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        let error = count("é", 2).expect_err("one character only");
        assert_eq!(error.code, "no_words");
    }
}
