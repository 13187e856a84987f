use wasm_runner_sdk::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Celsius,
    Fahrenheit,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    degrees: f64,
    from: Unit,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    degrees: f64,
    unit: Unit,
}

/// Converts a temperature from degrees Celsius to Fahrenheit, or the other way.
#[tool(
    example(
        name = "water boils",
        input = {"degrees": 100, "from": "celsius"},
        output = {"degrees": 212.0, "unit": "fahrenheit"}
    ),
    example(
        name = "a fever",
        input = {"degrees": 40, "from": "celsius"},
        output = {"degrees": 100.0, "unit": "fahrenheit"}
    ),
    properties(deterministic, total)
)]
fn convert_temperature(input: Input) -> Result<Output, ToolError> {
    let (degrees, unit) = match input.from {
        Unit::Celsius => (input.degrees * 9.0 / 5.0 + 32.0, Unit::Fahrenheit),
        Unit::Fahrenheit => ((input.degrees - 32.0) * 5.0 / 9.0, Unit::Celsius),
    };
    Ok(Output { degrees, unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(degrees: f64, from: Unit) -> f64 {
        let output = convert_temperature(Input { degrees, from });
        output.expect("always").degrees
    }

    #[test]
    fn both_scales_meet_at_minus_forty() {
        for unit in [Unit::Celsius, Unit::Fahrenheit] {
            assert!((converted(-40.0, unit) + 40.0).abs() < 1e-9);
        }
    }

    #[test]
    fn there_and_back_is_the_same() {
        let there = converted(36.6, Unit::Celsius);
        assert!((converted(there, Unit::Fahrenheit) - 36.6).abs() < 1e-9);
    }
}
