use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(range(min = 1, max = 9999))]
    year: u32,
    #[schemars(range(min = 1, max = 12))]
    month: usize,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    days: u32,
}

/// Tells how many days a month has.
#[tool(
    example(name = "a leap year", input = {"year": 2024, "month": 2}, output = {"days": 29}),
    example(name = "a short month", input = {"year": 2023, "month": 4}, output = {"days": 30}),
    properties(deterministic)
)]
fn days_of_month(input: Input) -> Result<Output, ToolError> {
    if !(1..=12).contains(&input.month) || !(1..=9999).contains(&input.year) {
        return Err(ToolError::invalid_input("there is no such month"));
    }
    let days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30];
    let leap = input.year % 4 == 0 && (input.year % 100 != 0 || input.year % 400 == 0);
    Ok(Output {
        days: match input.month {
            2 if leap => 29,
            month => days[month - 1],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn centuries_are_no_leap_years() {
        let input = Input {
            year: 1900,
            month: 2,
        };
        assert_eq!(days_of_month(input).expect("a month").days, 28);
    }
}
