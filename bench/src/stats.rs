//! Numbers out of many measurements.

use serde::Serialize;
use std::time::Duration;

/// The middle and the slow end of one side's measurements.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Summary {
    /// What was measured.
    pub(crate) name: String,
    pub(crate) median: f64,
    pub(crate) p99: f64,
    pub(crate) samples: usize,
}

impl Summary {
    pub(crate) fn new(name: &str, mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self {
            name: name.to_owned(),
            median: at(&values, 0.5),
            p99: at(&values, 0.99),
            samples: values.len(),
        }
    }
}

/// The value below which this share of the sorted values lies.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index into a list that fits into memory"
)]
fn at(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let index = (last as f64 * share).round() as usize;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    at(&values, 0.5)
}

pub(crate) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middle_and_slow_end() {
        let summary = Summary::new("x", (1..=101).rev().map(f64::from).collect());
        assert!((summary.median - 51.0).abs() < f64::EPSILON, "{summary:?}");
        assert!((summary.p99 - 100.0).abs() < f64::EPSILON, "{summary:?}");
        assert!(median(Vec::new()).is_nan());
        assert!((median(vec![2.0]) - 2.0).abs() < f64::EPSILON);
    }
}
