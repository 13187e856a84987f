use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// From 1 to 3999.
    #[schemars(range(min = 1, max = 3999))]
    number: u32,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    roman: String,
}

const SIGNS: [(u32, &str); 7] = [
    (1000, "M"),
    (500, "D"),
    (100, "C"),
    (50, "L"),
    (10, "X"),
    (5, "V"),
    (1, "I"),
];

/// Writes numbers from 1 to 3999 as Roman numerals.
#[tool(
    example(name = "a year", input = {"number": 1666}, output = {"roman": "MDCLXVI"}),
    example(name = "three", input = {"number": 3}, output = {"roman": "III"}),
    properties(deterministic, total)
)]
fn roman_numeral(input: Input) -> Result<Output, ToolError> {
    if !(1..=3999).contains(&input.number) {
        return Err(ToolError::invalid_input("`number` must be from 1 to 3999"));
    }
    let mut left = input.number;
    let mut roman = String::new();
    for (value, sign) in SIGNS {
        while left >= value {
            roman.push_str(sign);
            left -= value;
        }
    }
    Ok(Output { roman })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roman(number: u32) -> String {
        roman_numeral(Input { number }).expect("in range").roman
    }

    #[test]
    fn signs_are_added_up() {
        assert_eq!(roman(2026), "MMXXVI");
    }

    #[test]
    fn smaller_signs_before_larger_ones_are_taken_away() {
        assert_eq!(roman(1994), "MCMXCIV");
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        assert!(roman_numeral(Input { number: 0 }).is_err());
        assert!(roman_numeral(Input { number: 4000 }).is_err());
    }
}
