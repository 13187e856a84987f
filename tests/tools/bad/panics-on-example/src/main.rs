use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    numbers: Vec<i32>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// Rounded towards zero.
    mean: i64,
    /// The largest minus the smallest.
    spread: i64,
}

/// Computes the mean of whole numbers, rounded towards zero, and how far apart they are.
#[tool(
    example(name = "three", input = {"numbers": [1, 2, 6]}, output = {"mean": 3, "spread": 5}),
    example(name = "none", input = {"numbers": []}, output = {"mean": 0, "spread": 0}),
    properties(deterministic, total)
)]
fn mean(input: Input) -> Result<Output, ToolError> {
    let numbers = || input.numbers.iter().map(|number| i64::from(*number));
    let count = i64::try_from(input.numbers.len())?;
    let smallest = numbers().min().unwrap();
    let largest = numbers().max().unwrap();
    Ok(Output {
        mean: numbers().sum::<i64>() / count,
        spread: largest - smallest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[i32]) -> Output {
        let numbers = numbers.to_vec();
        mean(Input { numbers }).expect("it has a mean")
    }

    #[test]
    fn one_number_is_its_own_mean() {
        assert_eq!(
            of(&[-7]),
            Output {
                mean: -7,
                spread: 0
            }
        );
    }

    #[test]
    fn large_numbers_do_not_overflow() {
        let output = of(&[i32::MAX, i32::MAX, i32::MIN]);
        assert_eq!(output.spread, i64::from(u32::MAX));
    }

    #[test]
    fn the_mean_is_rounded_towards_zero() {
        assert_eq!(of(&[-1, -2]).mean, -1);
    }
}
