//! Medians and spread.

use crate::stages::Found;

/// What a list of figures comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spread {
    /// Half of them are not above it.
    pub(super) median: u64,
    /// Median of the distances from the median: half of them are not farther away. One that is
    /// far off does not move it.
    pub(super) mad: u64,
    /// 99 of 100 are not above it.
    pub(super) p99: u64,
    pub(super) most: u64,
}

impl Spread {
    /// Of figures in any order; of none it is all 0.
    pub(super) fn of(mut figures: Vec<u64>) -> Self {
        figures.sort_unstable();
        let median = at(&figures, 50);
        let mut distances: Vec<u64> = figures.iter().map(|it| it.abs_diff(median)).collect();
        distances.sort_unstable();
        Self {
            median,
            mad: at(&distances, 50),
            p99: at(&figures, 99),
            most: figures.last().copied().unwrap_or(0),
        }
    }

    /// As figures of the report, such as `examples_median_fuel`.
    pub(super) fn count(self, found: &mut Found, of: &str, unit: &str) {
        for (name, figure) in [
            ("median", self.median),
            ("mad", self.mad),
            ("p99", self.p99),
            ("most", self.most),
        ] {
            found.count(&format!("{of}_{name}_{unit}"), figure);
        }
    }
}

/// The smallest of sorted figures that so many of a hundred are not above.
fn at(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.max(1) - 1).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_far_off_moves_neither_median_nor_mad() {
        let spread = Spread::of(vec![5, 1, 3, 2, 1_000_000]);
        assert_eq!(
            spread,
            Spread {
                median: 3,
                mad: 2,
                p99: 1_000_000,
                most: 1_000_000
            }
        );
        assert_eq!(Spread::of(vec![7]).mad, 0);
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }

    #[test]
    fn ninety_nine_of_a_hundred_are_not_above_p99() {
        let spread = Spread::of((1..=100).collect());
        assert_eq!((spread.median, spread.p99, spread.most), (50, 99, 100));
        let spread = Spread::of((1..=101).collect());
        assert_eq!((spread.median, spread.p99), (51, 100));
    }
}
