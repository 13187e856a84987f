use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    text: String,
    /// Columns at most.
    #[schemars(range(min = 1, max = 200))]
    width: usize,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    text: String,
    /// Whether anything was cut off.
    cut: bool,
}

/// Shortens a text to a number of columns, with three dots where something was cut off.
#[tool(
    example(
        name = "too long",
        input = {"text": "a fairly long line", "width": 10},
        output = {"text": "a fairl...", "cut": true}
    ),
    example(
        name = "short enough",
        input = {"text": "short", "width": 10},
        output = {"text": "short", "cut": false}
    ),
    properties(deterministic)
)]
fn shorten(input: Input) -> Result<Output, ToolError> {
    if !(1..=200).contains(&input.width) {
        return Err(ToolError::invalid_input("`width` is from 1 to 200"));
    }
    if input.text.len() <= input.width {
        return Ok(Output {
            text: input.text,
            cut: false,
        });
    }
    let kept = input.width.saturating_sub(3);
    Ok(Output {
        text: format!("{}...", &input.text[..kept]),
        cut: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_exactly_is_left() {
        let text = "abc".to_owned();
        let output = shorten(Input { text, width: 3 }).expect("a width");
        assert_eq!(output.text, "abc");
    }
}
