use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// At most 100 million.
    #[schemars(range(max = 100_000_000))]
    bound: u32,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    count: usize,
    largest: Option<u64>,
}

/// Counts the prime numbers up to a bound and tells the largest.
#[tool(
    example(name = "to ten", input = {"bound": 10}, output = {"count": 4, "largest": 7}),
    example(
        name = "to fifty million",
        input = {"bound": 50000000},
        output = {"count": 3001134, "largest": 49999991}
    ),
    properties(deterministic)
)]
fn primes(input: Input) -> Result<Output, ToolError> {
    if input.bound > 100_000_000 {
        return Err(ToolError::invalid_input(
            "`bound` must be at most 100 million",
        ));
    }
    let mut numbers: Vec<u64> = (0..=u64::from(input.bound)).collect();
    let mut next = 2;
    while next * next < numbers.len() {
        if numbers[next] != 0 {
            for multiple in (next * next..numbers.len()).step_by(next) {
                numbers[multiple] = 0;
            }
        }
        next += 1;
    }
    let primes = || numbers.iter().skip(2).filter(|number| **number != 0);
    Ok(Output {
        count: primes().count(),
        largest: primes().next_back().copied(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bound: u32) -> Output {
        primes(Input { bound }).expect("small enough")
    }

    #[test]
    fn the_bound_itself_counts() {
        assert_eq!(
            of(7),
            Output {
                count: 4,
                largest: Some(7)
            }
        );
    }

    #[test]
    fn below_two_there_are_none() {
        for bound in 0..2 {
            assert_eq!(
                of(bound),
                Output {
                    count: 0,
                    largest: None
                }
            );
        }
    }

    #[test]
    fn squares_of_primes_are_none() {
        assert_eq!(
            of(10_000),
            Output {
                count: 1229,
                largest: Some(9973)
            }
        );
    }
}
