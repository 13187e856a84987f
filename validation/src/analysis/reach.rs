//! Which functions can be reached, and which of those call themselves.

use super::code::Code;
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

/// A set of functions, by index.
pub(super) struct Reached(Vec<bool>);

impl Reached {
    pub(super) fn contains(&self, index: u32) -> bool {
        usize::try_from(index).is_ok_and(|index| self.0.get(index).copied().unwrap_or(false))
    }

    /// Adds one; tells whether it is new.
    fn add(&mut self, index: u32) -> bool {
        let place = usize::try_from(index)
            .ok()
            .and_then(|at| self.0.get_mut(at));
        place.is_some_and(|place| !std::mem::replace(place, true))
    }
}

/// All that can be called from the exports and the start function.
pub(super) fn reached(code: &Code) -> Reached {
    let mut reached = Reached(vec![false; code.count()]);
    let exports = code.exports.iter().map(|(_, index)| *index);
    let mut waiting: Vec<u32> = exports.chain(code.start).collect();
    let mut through_tables = false;
    while let Some(index) = waiting.pop() {
        if !reached.add(index) {
            continue;
        }
        let Some(body) = code.body(index) else {
            continue;
        };
        waiting.extend(&body.calls);
        // Whoever took a reference may call it, or hand it on.
        waiting.extend(&body.refers);
        if body.indirect_calls > 0 && !through_tables {
            through_tables = true;
            waiting.extend(&code.in_tables);
        }
    }
    reached
}

/// The groups of functions that call themselves by direct calls: the first of each.
pub(super) fn recursive(code: &Code, reached: &Reached) -> Vec<u32> {
    let mut graph = DiGraphMap::<u32, ()>::new();
    for (index, body) in code.bodies().filter(|(index, _)| reached.contains(*index)) {
        for called in &body.calls {
            graph.add_edge(index, *called, ());
        }
    }
    let mut firsts: Vec<u32> = tarjan_scc(&graph)
        .into_iter()
        .filter_map(|group| {
            let first = *group.iter().min()?;
            (group.len() > 1 || graph.contains_edge(first, first)).then_some(first)
        })
        .collect();
    firsts.sort_unstable();
    firsts
}
