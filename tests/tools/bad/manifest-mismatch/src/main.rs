use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    from: u8,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    numbers: Vec<u8>,
}

/// Lists the numbers from one down to zero.
#[tool(
    name = "json-patch",
    example(name = "three", input = {"from": 3}, output = {"numbers": [3, 2, 1, 0]}),
    example(name = "zero", input = {"from": 0}, output = {"numbers": [0]}),
    properties(deterministic, total)
)]
fn count_down(input: Input) -> Result<Output, ToolError> {
    Ok(Output {
        numbers: (0..=input.from).rev().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_list_has_all_numbers() {
        let output = count_down(Input { from: u8::MAX }).expect("always");
        assert_eq!(output.numbers.len(), 256);
    }
}
