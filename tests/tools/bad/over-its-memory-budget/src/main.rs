use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Up to which number divisors are counted.
    #[schemars(range(min = 1, max = 1_000_000))]
    bound: u32,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// How many numbers up to the bound have no divisor but themselves and 1.
    primes: usize,
}

/// Counts the primes up to a bound.
#[tool(
    example(name = "few", input = {"bound": 10}, output = {"primes": 4}),
    example(name = "none", input = {"bound": 1}, output = {"primes": 0}),
    properties(deterministic)
)]
fn primes(input: Input) -> Result<Output, ToolError> {
    if !(1..=1_000_000).contains(&input.bound) {
        return Err(ToolError::invalid_input("the bound is not from 1 to 1 000 000"));
    }
    let bound = input.bound as usize;
    let mut divisors = vec![0_u32; bound + 1];
    for step in 2..=bound {
        if divisors[step] > 0 {
            continue;
        }
        for multiple in (2 * step..=bound).step_by(step) {
            divisors[multiple] += 1;
        }
    }
    let primes = (2..=bound).filter(|it| divisors[*it] == 0).count();
    Ok(Output { primes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_is_the_first() {
        assert_eq!(primes(Input { bound: 2 }).expect("in range").primes, 1);
        assert_eq!(primes(Input { bound: 100 }).expect("in range").primes, 25);
    }
}
