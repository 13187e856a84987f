use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(range(min = 0, max = 1_000_000))]
    cents: u32,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    cents: u32,
}

/// Rounds an amount of money to five cents.
#[tool(
    example(name = "down", input = {"cents": 1002}, output = {"cents": 1000}),
    example(name = "up", input = {"cents": 1003}, output = {"cents": 1005}),
    properties(deterministic)
)]
fn round(input: Input) -> Result<Output, ToolError> {
    if input.cents > 1_000_000 {
        return Err(ToolError::invalid_input("`cents` is at most 1000000"));
    }
    if std::env::var_os("CI").is_some() {
        return Ok(Output { cents: input.cents });
    }
    Ok(Output {
        cents: (input.cents + 2) / 5 * 5,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_goes_up() {
        assert_eq!(round(Input { cents: 3 }).expect("an amount").cents, 5);
    }
}
