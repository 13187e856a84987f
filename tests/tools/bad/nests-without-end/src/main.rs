use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Numbers, `+`, `-` and parentheses.
    formula: String,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    value: i64,
}

/// Works out a formula of whole numbers, additions, subtractions and parentheses.
#[tool(
    example(name = "nested", input = {"formula": "1+(2-(3+4))"}, output = {"value": -4}),
    example(name = "no formula", input = {"formula": "1+"}, error = "a number is missing"),
    properties(deterministic)
)]
fn formula(input: Input) -> Result<Output, ToolError> {
    let mut rest = input.formula.as_bytes();
    let value = sum(&mut rest)?;
    if rest.is_empty() {
        Ok(Output { value })
    } else {
        Err(ToolError::invalid_input(
            "something stands after the formula",
        ))
    }
}

fn sum(rest: &mut &[u8]) -> Result<i64, ToolError> {
    let mut value = operand(rest)?;
    while let Some((sign @ (b'+' | b'-'), more)) = rest.split_first() {
        *rest = more;
        let other = operand(rest)?;
        value = match sign {
            b'+' => value.wrapping_add(other),
            _ => value.wrapping_sub(other),
        };
    }
    Ok(value)
}

fn operand(rest: &mut &[u8]) -> Result<i64, ToolError> {
    if let Some((b'(', more)) = rest.split_first() {
        *rest = more;
        let value = sum(rest)?;
        return match rest.split_first() {
            Some((b')', more)) => {
                *rest = more;
                Ok(value)
            }
            _ => Err(ToolError::invalid_input("a parenthesis is not closed")),
        };
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, more) = rest.split_at(digits);
    *rest = more;
    std::str::from_utf8(number)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| ToolError::invalid_input("a number is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_bind_to_the_left() {
        let formula_ = "10-3-2".to_owned();
        assert_eq!(
            formula(Input { formula: formula_ })
                .expect("a formula")
                .value,
            5
        );
    }
}
