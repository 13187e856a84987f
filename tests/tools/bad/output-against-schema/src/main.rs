use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// In whole units of a currency.
    #[schemars(range(min = 1))]
    budget: u32,
    /// What was spent, item by item.
    items: Vec<u32>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    #[schemars(range(max = 100))]
    percent: u64,
    left: i64,
}

/// Tells how much of a budget is spent, in whole percent, and what is left of it.
#[tool(
    example(
        name = "half",
        input = {"budget": 200, "items": [60, 40]},
        output = {"percent": 50, "left": 100}
    ),
    example(name = "too much", input = {"budget": 100, "items": [90, 60]}),
    properties(deterministic)
)]
fn budget_spent(input: Input) -> Result<Output, ToolError> {
    if input.budget == 0 {
        return Err(ToolError::invalid_input("`budget` must be at least 1"));
    }
    let spent: u64 = input.items.iter().map(|item| u64::from(*item)).sum();
    Ok(Output {
        percent: spent * 100 / u64::from(input.budget),
        left: i64::from(input.budget) - i64::try_from(spent)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(budget: u32, items: &[u32]) -> Result<Output, ToolError> {
        let items = items.to_vec();
        budget_spent(Input { budget, items })
    }

    #[test]
    fn nothing_spent_is_zero_percent() {
        assert_eq!(
            of(7, &[]),
            Ok(Output {
                percent: 0,
                left: 7
            })
        );
    }

    #[test]
    fn percent_are_rounded_down() {
        assert_eq!(of(3, &[1]).expect("a budget").percent, 33);
    }

    #[test]
    fn no_budget_has_no_percent() {
        assert!(of(0, &[]).is_err());
    }
}
