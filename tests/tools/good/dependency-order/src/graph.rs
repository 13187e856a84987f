//! What needs what.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Each thing with what it needs directly; what is needed is a thing of the graph too.
pub struct Graph<'a> {
    needs: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Graph<'a> {
    pub fn new(listed: &'a BTreeMap<String, BTreeSet<String>>) -> Self {
        let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (thing, needed) in listed {
            for other in needed {
                needs.entry(other).or_default();
            }
            needs
                .entry(thing)
                .or_default()
                .extend(needed.iter().map(String::as_str));
        }
        Self { needs }
    }

    pub fn contains(&self, thing: &str) -> bool {
        self.needs.contains_key(thing)
    }

    /// Leaves out what neither is a target nor needed by one.
    pub fn keep_only_needed_by(&mut self, targets: &BTreeSet<String>) {
        let mut wanted = BTreeSet::new();
        let mut open: Vec<&str> = targets.iter().map(String::as_str).collect();
        while let Some(thing) = open.pop() {
            if wanted.insert(thing.to_owned()) {
                open.extend(self.needs.get(thing).into_iter().flatten());
            }
        }
        self.needs.retain(|thing, _| wanted.contains(*thing));
    }

    /// The things in steps, each step in the order of the alphabet; or a circle, from a thing
    /// back to itself.
    pub fn steps(&self) -> Result<Vec<Vec<String>>, Vec<String>> {
        let mut open: BTreeMap<&str, usize> = self
            .needs
            .iter()
            .map(|(thing, needs)| (*thing, needs.len()))
            .collect();
        let mut needed_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (thing, needs) in &self.needs {
            for needed in needs {
                needed_by.entry(needed).or_default().push(thing);
            }
        }
        let mut steps = Vec::new();
        let mut ready: BTreeSet<&str> = open
            .iter()
            .filter(|(_, left)| **left == 0)
            .map(|(thing, _)| *thing)
            .collect();
        while !ready.is_empty() {
            let mut next = BTreeSet::new();
            for thing in &ready {
                open.remove(thing);
                for user in needed_by.get(thing).into_iter().flatten() {
                    if let Some(left) = open.get_mut(user) {
                        *left -= 1;
                        if *left == 0 {
                            next.insert(*user);
                        }
                    }
                }
            }
            steps.push(ready.iter().map(|thing| (*thing).to_owned()).collect());
            ready = next;
        }
        if open.is_empty() {
            return Ok(steps);
        }
        Err(self.cycle_among(&open))
    }

    /// One circle among what could not be put into a step: each of these is in a circle or needs
    /// something that is, so going from need to need comes round.
    fn cycle_among(&self, left: &BTreeMap<&str, usize>) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut at = left.keys().next().copied();
        while let Some(thing) = at {
            if !seen.insert(thing) {
                return self.cycle_through(thing).unwrap_or_default();
            }
            let mut needs = self.needs.get(thing).into_iter().flatten();
            at = needs.find(|needed| left.contains_key(*needed)).copied();
        }
        Vec::new()
    }

    /// A shortest circle through a thing, by looking at what is needed nearest first.
    fn cycle_through(&self, start: &str) -> Option<Vec<String>> {
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut open = VecDeque::from([start]);
        while let Some(thing) = open.pop_front() {
            for needed in self.needs.get(thing).into_iter().flatten() {
                if *needed == start {
                    let mut cycle = vec![start.to_owned(), thing.to_owned()];
                    let mut at = thing;
                    while let Some(before) = came_from.get(at) {
                        cycle.push((*before).to_owned());
                        at = before;
                    }
                    cycle.reverse();
                    return Some(cycle);
                }
                if !came_from.contains_key(needed) {
                    came_from.insert(needed, thing);
                    open.push_back(needed);
                }
            }
        }
        None
    }
}
