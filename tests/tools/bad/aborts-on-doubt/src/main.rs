use std::collections::BTreeMap;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// What was booked, in order.
    #[schemars(length(max = 200))]
    entries: Vec<Entry>,
    /// The currency that balances are told in.
    #[serde(default)]
    rounding: Rounding,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Entry {
    debit: String,
    credit: String,
    /// In thousandths of the currency.
    #[schemars(range(min = 0, max = 1_000_000_000))]
    amount: u32,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Rounding {
    /// To the thousandth: nothing is rounded.
    #[default]
    None,
    /// To cents.
    Cents,
    /// To five cents, as in shops.
    FiveCents,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// Of each account, in thousandths; what it owes is negative.
    balances: BTreeMap<String, i64>,
    /// Accounts with nothing left.
    settled: Vec<String>,
    /// The sum of all that was booked.
    turnover: i64,
}

/// Balances the accounts of a ledger by double entry, and rounds the balances if asked to.
#[tool(
    example(
        name = "two accounts",
        input = {"entries": [{"debit": "cash", "credit": "sales", "amount": 1250}]},
        output = {"balances": {"cash": 1250, "sales": -1250}, "settled": [], "turnover": 1250}
    ),
    example(
        name = "back again",
        input = {
            "entries": [
                {"debit": "a", "credit": "b", "amount": 50}, {"debit": "b", "credit": "a", "amount": 50}
            ],
            "rounding": "cents"
        },
        output = {"balances": {"a": 0, "b": 0}, "settled": ["a", "b"], "turnover": 100}
    ),
    properties(deterministic)
)]
fn balance(input: Input) -> Result<Output, ToolError> {
    if input.entries.len() > 200 {
        return Err(ToolError::invalid_input("at most 200 entries are booked"));
    }
    let mut ledger = Ledger::default();
    for entry in &input.entries {
        if entry.amount > 1_000_000_000 {
            return Err(ToolError::invalid_input("an amount is at most 1000000000"));
        }
        ledger.book(entry);
    }
    Ok(ledger.close(input.rounding))
}

#[derive(Default)]
struct Ledger {
    balances: BTreeMap<String, i64>,
    turnover: i64,
}

impl Ledger {
    fn book(&mut self, entry: &Entry) {
        let amount = i64::from(entry.amount);
        *self.balances.entry(entry.debit.clone()).or_default() += amount;
        *self.balances.entry(entry.credit.clone()).or_default() -= amount;
        self.turnover += amount;
    }

    fn close(mut self, rounding: Rounding) -> Output {
        for balance in self.balances.values_mut() {
            *balance = rounded(*balance, rounding);
        }
        let sum: i64 = self.balances.values().sum();
        if sum != 0 {
            // Books that do not balance are never shown to anyone.
            std::process::abort();
        }
        let settled = self.balances.iter().filter(|(_, balance)| **balance == 0);
        Output {
            settled: settled.map(|(name, _)| name.clone()).collect(),
            turnover: self.turnover,
            balances: self.balances,
        }
    }
}

/// To the nearest; a half away from nothing.
fn rounded(amount: i64, rounding: Rounding) -> i64 {
    let step = match rounding {
        Rounding::None => return amount,
        Rounding::Cents => 10,
        Rounding::FiveCents => 50,
    };
    let half = step / 2 * amount.signum();
    (amount + half) / step * step
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(debit: &str, credit: &str, amount: u32) -> Entry {
        Entry {
            debit: debit.to_owned(),
            credit: credit.to_owned(),
            amount,
        }
    }

    #[test]
    fn halves_are_rounded_away_from_nothing() {
        assert_eq!(rounded(15, Rounding::Cents), 20);
        assert_eq!(rounded(-15, Rounding::Cents), -20);
        assert_eq!(rounded(24, Rounding::FiveCents), 0);
        assert_eq!(rounded(25, Rounding::FiveCents), 50);
        assert_eq!(rounded(1, Rounding::None), 1);
    }

    #[test]
    fn what_comes_back_is_settled() {
        let entries = vec![entry("a", "b", 7), entry("b", "a", 7)];
        let output = balance(Input {
            entries,
            rounding: Rounding::FiveCents,
        });
        assert_eq!(output.expect("a ledger").settled, ["a", "b"]);
    }

    #[test]
    fn an_account_may_owe_itself() {
        let entries = vec![entry("a", "a", 5)];
        let output = balance(Input {
            entries,
            rounding: Rounding::None,
        });
        assert_eq!(output.expect("a ledger").turnover, 5);
    }
}
