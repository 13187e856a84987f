use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(range(min = 0, max = 1000))]
    from: u32,
    #[schemars(range(min = 0, max = 1000))]
    to: u32,
    #[schemars(range(min = 0, max = 1000))]
    step: u32,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// How many numbers there are.
    count: u32,
    sum: u64,
}

/// Counts and adds up the numbers of a range, from the first to the last in steps.
#[tool(
    example(
        name = "even numbers",
        input = {"from": 2, "to": 8, "step": 2},
        output = {"count": 4, "sum": 20}
    ),
    example(
        name = "an empty range",
        input = {"from": 5, "to": 4, "step": 1},
        output = {"count": 0, "sum": 0}
    ),
    properties(deterministic)
)]
fn range_sum(input: Input) -> Result<Output, ToolError> {
    if [input.from, input.to, input.step]
        .iter()
        .any(|it| *it > 1000)
    {
        return Err(ToolError::invalid_input("numbers are from 0 to 1000"));
    }
    let mut output = Output { count: 0, sum: 0 };
    let mut number = input.from;
    while number <= input.to {
        output.count = output.count.wrapping_add(1);
        output.sum = output.sum.wrapping_add(u64::from(number));
        number += input.step;
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_belong_to_it() {
        let output = range_sum(Input {
            from: 1,
            to: 3,
            step: 1,
        })
        .expect("a range");
        assert_eq!(output, Output { count: 3, sum: 6 });
    }
}
