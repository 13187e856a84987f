use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Measurements; those below the threshold are left out.
    values: Vec<f64>,
    #[serde(default)]
    threshold: f64,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    count: usize,
    mean: f64,
    /// Largest less smallest.
    spread: f64,
}

/// Tells the mean and the spread of measurements that reach a threshold.
#[tool(
    example(
        name = "three",
        input = {"values": [1.0, 2.0, 6.0]},
        output = {"count": 3, "mean": 3.0, "spread": 5.0}
    ),
    example(
        name = "one is left out",
        input = {"values": [1.0, 2.0, 6.0], "threshold": 1.5},
        output = {"count": 2, "mean": 4.0, "spread": 4.0}
    ),
    properties(deterministic)
)]
fn measure(input: Input) -> Result<Output, ToolError> {
    if input.values.is_empty() {
        return Err(ToolError::invalid_input("`values` is empty"));
    }
    let kept: Vec<f64> = input
        .values
        .into_iter()
        .filter(|value| *value >= input.threshold)
        .collect();
    let most = kept.iter().copied().fold(f64::MIN, f64::max);
    let least = kept.iter().copied().fold(f64::MAX, f64::min);
    Ok(Output {
        count: kept.len(),
        mean: kept.iter().sum::<f64>() / kept.len() as f64,
        spread: most - least,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_mean() {
        let values = Vec::new();
        assert!(
            measure(Input {
                values,
                threshold: 0.0
            })
            .is_err()
        );
    }
}
