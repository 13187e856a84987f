use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(length(max = 300))]
    numbers: Vec<i32>,
    sum: i64,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// How many pairs there are.
    pairs: u64,
}

/// Counts the pairs of numbers that make up a sum.
#[tool(
    example(name = "two ways", input = {"numbers": [1, 2, 3, 4], "sum": 5}, output = {"pairs": 2}),
    example(name = "none", input = {"numbers": [], "sum": 0}, output = {"pairs": 0}),
    properties(deterministic)
)]
fn pairs(input: Input) -> Result<Output, ToolError> {
    if input.numbers.len() > 300 {
        return Err(ToolError::invalid_input("there are more than 300 numbers"));
    }
    let mut pairs = 0;
    for (index, one) in input.numbers.iter().enumerate() {
        for other in &input.numbers[index + 1..] {
            if i64::from(*one) + i64::from(*other) == input.sum {
                pairs += 1;
            }
        }
    }
    Ok(Output { pairs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_count_each_for_itself() {
        let numbers = vec![1, 1, 1];
        assert_eq!(pairs(Input { numbers, sum: 2 }).expect("always").pairs, 3);
    }
}
