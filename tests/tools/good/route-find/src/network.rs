//! Places and the ways between them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// Places have numbers in the order of their names.
pub struct Network<'n> {
    names: Vec<&'n str>,
    numbers: BTreeMap<&'n str, usize>,
    /// From each place, where to and at what cost: one way each, the cheapest.
    ways: Vec<BTreeMap<usize, u32>>,
}

/// A route and what it costs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    pub cost: u64,
    pub stops: Vec<usize>,
}

impl Route {
    /// The stops without both ends.
    pub fn between(&self) -> &[usize] {
        match &self.stops[..] {
            [_, between @ .., _] => between,
            _ => &[],
        }
    }
}

impl<'n> Network<'n> {
    pub fn new(
        ways: impl Iterator<Item = (&'n str, &'n str, u32)> + Clone,
        both_ways: bool,
        avoid: &BTreeSet<String>,
    ) -> Self {
        let names: BTreeSet<&str> = ways.clone().flat_map(|(from, to, _)| [from, to]).collect();
        let names: Vec<&str> = names
            .into_iter()
            .filter(|name| !avoid.contains(*name))
            .collect();
        let numbers: BTreeMap<&str, usize> = names
            .iter()
            .enumerate()
            .map(|(number, name)| (*name, number))
            .collect();
        let mut network = Self {
            ways: vec![BTreeMap::new(); names.len()],
            names,
            numbers,
        };
        for (from, to, cost) in ways {
            network.lead(from, to, cost);
            if both_ways {
                network.lead(to, from, cost);
            }
        }
        network
    }

    fn lead(&mut self, from: &str, to: &str, cost: u32) {
        // Ways from or to a place that is avoided lead nowhere.
        let (Some(from), Some(to)) = (self.place(from), self.place(to)) else {
            return;
        };
        self.ways[from]
            .entry(to)
            .and_modify(|known| *known = cost.min(*known))
            .or_insert(cost);
    }

    pub fn place(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    pub fn name(&self, place: usize) -> &'n str {
        self.names[place]
    }

    /// All places that can be reached from one, itself included, if another may not be passed.
    pub fn reachable(&self, from: usize, without: Option<usize>) -> BTreeSet<usize> {
        let mut reached = BTreeSet::from([from]);
        let mut waiting = vec![from];
        while let Some(place) = waiting.pop() {
            for to in self.ways[place].keys() {
                if Some(*to) != without && reached.insert(*to) {
                    waiting.push(*to);
                }
            }
        }
        reached
    }

    /// The cheapest route that passes none of these places: with the fewest stops, and then the
    /// first by its places, of those that cost the same.
    pub fn cheapest(&self, from: usize, to: usize, without: &BTreeSet<usize>) -> Option<Route> {
        // What it costs from each place to the end, and in how many steps: from the end backwards,
        // so that the way from the start can then choose the first place that keeps to that.
        let mut back: Vec<Vec<(usize, u32)>> = vec![Vec::new(); self.names.len()];
        for (place, ways) in self.ways.iter().enumerate() {
            for (next, cost) in ways {
                back[*next].push((place, *cost));
            }
        }
        let mut left: Vec<Option<(u64, usize)>> = vec![None; self.names.len()];
        let mut waiting = BinaryHeap::from([Reverse(((0_u64, 0_usize), to))]);
        while let Some(Reverse((rest, place))) = waiting.pop() {
            if left[place].is_some() {
                continue;
            }
            left[place] = Some(rest);
            for (before, cost) in &back[place] {
                if left[*before].is_none() && !without.contains(before) {
                    let longer = (rest.0 + u64::from(*cost), rest.1 + 1);
                    waiting.push(Reverse((longer, *before)));
                }
            }
        }
        let (cost, steps) = left[from]?;
        let mut stops = Vec::with_capacity(steps + 1);
        stops.push(from);
        let (mut at, mut rest) = (from, (cost, steps));
        while at != to {
            // The steps left end the search; the first place that keeps to both is the next.
            let next = self.ways[at].iter().find_map(|(next, cost)| {
                let shorter = (
                    rest.0.checked_sub(u64::from(*cost))?,
                    rest.1.checked_sub(1)?,
                );
                (left[*next] == Some(shorter)).then_some((*next, shorter))
            });
            (at, rest) = next?;
            stops.push(at);
        }
        Some(Route { cost, stops })
    }
}
