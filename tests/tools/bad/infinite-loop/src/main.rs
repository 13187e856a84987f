use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    number: u32,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    steps: u32,
    /// The largest number on the way.
    peak: u128,
}

/// Counts the steps that a number takes to 1 when even ones are halved and odd ones are tripled
/// plus one.
#[tool(
    example(name = "six", input = {"number": 6}, output = {"steps": 8, "peak": 16}),
    example(name = "zero", input = {"number": 0}, output = {"steps": 0, "peak": 0}),
    properties(deterministic, total)
)]
fn collatz(input: Input) -> Result<Output, ToolError> {
    let mut number = u128::from(input.number);
    let mut peak = number;
    let mut steps = 0_u32;
    while number != 1 {
        number = if number % 2 == 0 {
            number / 2
        } else {
            3 * number + 1
        };
        peak = peak.max(number);
        steps = steps.wrapping_add(1);
    }
    Ok(Output { steps, peak })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(number: u32) -> u32 {
        collatz(Input { number })
            .expect("every number has steps")
            .steps
    }

    #[test]
    fn one_is_there_already() {
        assert_eq!(steps(1), 0);
    }

    #[test]
    fn known_ways_have_their_length() {
        assert_eq!(steps(27), 111);
        assert_eq!(steps(97), 118);
    }

    #[test]
    fn the_peak_may_be_far_above() {
        assert_eq!(collatz(Input { number: 27 }).expect("steps").peak, 9232);
    }
}
