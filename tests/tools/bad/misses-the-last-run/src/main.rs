use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    numbers: Vec<i32>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// Length of the longest run.
    longest: usize,
}

/// Finds the longest run of equal numbers.
#[tool(
    example(name = "a run", input = {"numbers": [1, 2, 2, 3]}, output = {"longest": 2}),
    example(name = "none", input = {"numbers": []}, output = {"longest": 0}),
    properties(deterministic)
)]
fn longest_run(input: Input) -> Result<Output, ToolError> {
    let mut longest = 0;
    let mut run = 0;
    let mut before = None;
    for number in input.numbers {
        if before == Some(number) {
            run += 1;
        } else {
            longest = longest.max(run);
            run = 1;
        }
        before = Some(number);
    }
    Ok(Output { longest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_counts_wherever_it_stands() {
        let numbers = vec![1, 1, 1, 2, 2, 3];
        assert_eq!(longest_run(Input { numbers }).expect("always").longest, 3);
    }
}
