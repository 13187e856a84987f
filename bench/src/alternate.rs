//! Sides that are measured in strict alternation, so that whatever else the machine does meets
//! both of them alike.

use crate::stats::{Summary, median};
use anyhow::Result;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Rounds in which each side has its turn.
    pub(crate) rounds: usize,
    /// Calls of each side in a round.
    pub(crate) calls: usize,
    /// Only this side has its turns, for a profiler; there is nothing to compare then.
    pub(crate) side: Option<usize>,
}

/// One way to do the same thing.
pub(crate) struct Side<'a> {
    pub(crate) name: &'static str,
    /// Does it so many times and says what each took (or gave), in the figure's unit.
    pub(crate) turn: Box<dyn FnMut(usize) -> Result<Vec<f64>> + 'a>,
}

impl<'a> Side<'a> {
    pub(crate) fn new(
        name: &'static str,
        turn: impl FnMut(usize) -> Result<Vec<f64>> + 'a,
    ) -> Self {
        Self {
            name,
            turn: Box::new(turn),
        }
    }
}

/// What came of it: a summary of each side, and for each side but the first the median over the
/// rounds of the first side's median over its own.
pub(crate) struct Compared {
    pub(crate) sides: Vec<Summary>,
    pub(crate) ratios: Vec<f64>,
}

/// Lets each side have its turns, after one round that only warms up.
pub(crate) fn alternate(effort: Effort, mut sides: Vec<Side<'_>>) -> Result<Compared> {
    let runs = |index: usize| effort.side.is_none_or(|side| side == index);
    for (index, side) in sides.iter_mut().enumerate() {
        if runs(index) {
            (side.turn)(effort.calls)?;
        }
    }
    let mut all = vec![Vec::new(); sides.len()];
    let mut medians = vec![Vec::new(); sides.len()];
    for round in 0..effort.rounds {
        for turn in 0..sides.len() {
            // Another one begins each time: none always runs behind the same neighbour.
            let index = (turn + round) % sides.len();
            if !runs(index) {
                continue;
            }
            let times = (sides[index].turn)(effort.calls)?;
            medians[index].push(median(times.clone()));
            all[index].extend(times);
        }
    }
    let ratios = medians[1..]
        .iter()
        .map(|theirs| {
            let pairs = medians[0].iter().zip(theirs);
            median(pairs.map(|(ours, theirs)| ours / theirs).collect())
        })
        .collect();
    let sides = sides
        .iter()
        .zip(all)
        .map(|(side, times)| Summary::new(side.name, times))
        .collect();
    Ok(Compared { sides, ratios })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn sides_take_turns_and_are_compared() {
        let order = RefCell::new(String::new());
        let side = |name: &'static str, value| {
            let order = &order;
            Side::new(name, move |calls| {
                order.borrow_mut().push_str(name);
                Ok(vec![value; calls])
            })
        };
        let effort = Effort {
            rounds: 2,
            calls: 3,
            side: None,
        };
        let compared = alternate(effort, vec![side("a", 1.0), side("b", 2.0)]).expect("no error");
        assert_eq!(order.into_inner(), "ababba");
        assert_eq!(compared.sides[0].samples, 6);
        assert!((compared.ratios[0] - 0.5).abs() < 1e-9);
    }
}
