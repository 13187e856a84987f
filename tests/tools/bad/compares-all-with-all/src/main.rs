use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    numbers: Vec<i32>,
    sum: i64,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// How many threes there are.
    count: u64,
}

/// Counts in how many ways three of the numbers make up a sum.
#[tool(
    example(
        name = "two ways",
        input = {"numbers": [1, 2, 3, 4], "sum": 7},
        output = {"count": 1}
    ),
    example(name = "too few", input = {"numbers": [1, 2], "sum": 3}, output = {"count": 0}),
    properties(deterministic)
)]
fn threes(input: Input) -> Result<Output, ToolError> {
    let numbers: Vec<i64> = input.numbers.into_iter().map(i64::from).collect();
    let mut count = 0;
    for (first, one) in numbers.iter().enumerate() {
        for (second, other) in numbers.iter().enumerate().skip(first + 1) {
            for third in &numbers[second + 1..] {
                if one + other + third == input.sum {
                    count += 1;
                }
            }
        }
    }
    Ok(Output { count })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_count_each_for_itself() {
        let numbers = vec![1, 1, 1, 1];
        assert_eq!(threes(Input { numbers, sum: 3 }).expect("always").count, 4);
    }
}
