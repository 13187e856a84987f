//! What a tool promises to need at most for one call.

use policies::{Bytes, Fuel};
use serde::{Deserialize, Serialize};

/// What a tool promises to need at most for one call with valid input. Nothing is promised where
/// a part is absent.
///
/// It is written in the package's `Cargo.toml`, with units as in a policy, or in a manifest that
/// is given as JSON, in plain numbers:
///
/// ```toml
/// [package.metadata.wasm-runner.budget]
/// fuel = "5 M"
/// memory = "4 MiB"
/// growth = 1
/// input = "16 KiB"
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallBudget {
    /// WebAssembly work: at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<Fuel>,
    /// Linear memory at its most: at least one page, 64 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
    /// How work may grow with the size of the input, as an exponent from 1 (linear) to 8. A
    /// measured exponent may lie 0.3 above it: sizes are small, and start-up counts. Where it is
    /// absent, more than quadratic growth is an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth: Option<f64>,
    /// For inputs up to which size, as JSON text, fuel and memory are promised: 4 KiB where it is
    /// absent. Larger ones are bounded by the growth alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Bytes>,
}

/// One page of linear memory: no module that has any has less.
const LEAST_MEMORY: Bytes = Bytes::kib(64);
/// `input` where nothing is said.
const INPUT: Bytes = Bytes::kib(4);
/// What `growth` may be.
const GROWTH: std::ops::RangeInclusive<f64> = 1.0..=8.0;

impl CallBudget {
    /// Whether nothing is promised.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The size of inputs up to which fuel and memory are promised.
    pub fn input(&self) -> Bytes {
        self.input.unwrap_or(INPUT)
    }

    /// Parts that can't be meant: each with its name and what is wrong.
    pub(crate) fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if self.fuel == Some(Fuel(0)) {
            problems.push(("fuel", "no call does without any fuel".to_owned()));
        }
        if let Some(memory) = self.memory.filter(|it| *it < LEAST_MEMORY) {
            problems.push((
                "memory",
                format!("{memory} is less than one page of memory, {LEAST_MEMORY}"),
            ));
        }
        if let Some(growth) = self.growth.filter(|it| !GROWTH.contains(it)) {
            problems.push((
                "growth",
                format!("{growth} is no exponent from 1 (linear) to 8"),
            ));
        }
        if self.input == Some(Bytes(0)) {
            problems.push(("input", "no input is as short as that".to_owned()));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(budget: CallBudget) -> Vec<&'static str> {
        let problems = budget.problems().into_iter();
        problems.map(|(part, _)| part).collect()
    }

    #[test]
    fn a_part_that_can_t_be_meant_is_named_just_beyond_its_edge() {
        let at = CallBudget {
            fuel: Some(Fuel(1)),
            memory: Some(LEAST_MEMORY),
            growth: Some(1.0),
            input: Some(Bytes(1)),
        };
        assert_eq!(wrong(at), [""; 0]);
        let growth = Some(8.0);
        assert_eq!(wrong(CallBudget { growth, ..at }), [""; 0]);
        let beyond = CallBudget {
            fuel: Some(Fuel(0)),
            memory: Some(Bytes(LEAST_MEMORY.0 - 1)),
            growth: Some(0.99),
            input: Some(Bytes(0)),
        };
        assert_eq!(wrong(beyond), ["fuel", "memory", "growth", "input"]);
        for growth in [8.01, f64::NAN, f64::INFINITY, -1.0] {
            let growth = Some(growth);
            assert_eq!(wrong(CallBudget { growth, ..at }), ["growth"]);
        }
        assert_eq!(wrong(CallBudget::default()), [""; 0]);
    }

    #[test]
    fn what_is_not_promised_is_not_written() {
        let text = serde_json::to_string(&CallBudget::default()).expect("JSON");
        assert_eq!(text, "{}");
        let budget: CallBudget =
            serde_json::from_str(r#"{"fuel":5000000,"memory":65536}"#).expect("a budget");
        assert_eq!(
            (budget.fuel, budget.memory, budget.input()),
            (Some(Fuel(5_000_000)), Some(Bytes::kib(64)), Bytes::kib(4))
        );
        assert!(serde_json::from_str::<CallBudget>(r#"{"feul":1}"#).is_err());
    }
}
