mod network;

use itertools::Itertools;
use network::{Network, Route};
use serde::Serialize;
use std::collections::BTreeSet;
use wasm_runner_sdk::prelude::*;

const MOST_WAYS: usize = 2000;
const DEAREST: u32 = 1_000_000_000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    ways: Vec<Way>,
    from: String,
    to: String,
    /// Whether each way can be gone in both directions at the same cost.
    #[serde(default)]
    both_ways: bool,
    /// Places that may not be passed.
    #[serde(default)]
    avoid: BTreeSet<String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Way {
    from: String,
    to: String,
    #[schemars(range(min = 0, max = 1_000_000_000))]
    cost: u32,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    cost: u64,
    /// The places in order, with both ends.
    route: Vec<String>,
    /// The cheapest route that shares no stop between the ends with it, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    detour: Option<Detour>,
    /// How many places can be reached, the start left out.
    reachable: usize,
    /// Places without which there would be no route at all, in the order of the route.
    needed: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Detour {
    cost: u64,
    route: Vec<String>,
}

/// Finds the cheapest route between two places of a network (Dijkstra), the cheapest one that
/// shares no stop with it, and the places that every route has to pass.
#[tool(
    example(
        name = "a detour over two places is cheaper",
        input = {
            "ways": [
                {"from": "a", "to": "d", "cost": 10}, {"from": "a", "to": "b", "cost": 2},
                {"from": "b", "to": "c", "cost": 3}, {"from": "c", "to": "d", "cost": 4}
            ],
            "from": "a", "to": "d"
        },
        output = {
            "cost": 9, "route": ["a", "b", "c", "d"],
            "detour": {"cost": 10, "route": ["a", "d"]}, "reachable": 3, "needed": []
        }
    ),
    example(
        name = "a bridge",
        input = {
            "ways": [{"from": "a", "to": "b", "cost": 1}, {"from": "c", "to": "b", "cost": 1}],
            "from": "a", "to": "c", "both_ways": true
        },
        output = {"cost": 2, "route": ["a", "b", "c"], "reachable": 2, "needed": ["b"]}
    ),
    example(
        name = "a street in one direction",
        input = {"ways": [{"from": "a", "to": "b", "cost": 1}], "from": "b", "to": "a"},
        error = "no route"
    ),
    properties(deterministic)
)]
fn route_find(input: Input) -> Result<Output, ToolError> {
    check(&input)?;
    let network = Network::new(
        input
            .ways
            .iter()
            .map(|way| (way.from.as_str(), way.to.as_str(), way.cost)),
        input.both_ways,
        &input.avoid,
    );
    let place = |name: &str| {
        network.place(name).ok_or_else(|| {
            let why = if input.avoid.contains(name) {
                "is to be avoided"
            } else {
                "is on no way"
            };
            ToolError::new("unknown_place", format!("the place {name:?} {why}"))
        })
    };
    let (from, to) = (place(&input.from)?, place(&input.to)?);
    let reached = network.reachable(from, None);
    let names = |route: &Route| -> Vec<String> {
        let stops = route.stops.iter();
        stops.map(|stop| network.name(*stop).to_owned()).collect()
    };
    let Some(best) = network.cheapest(from, to, &BTreeSet::new()) else {
        let there = reached
            .iter()
            .map(|stop| network.name(*stop))
            .sorted()
            .join(", ");
        return Err(ToolError::new(
            "no_route",
            format!(
                "there is no route from {:?} to {:?}; reached are: {there}",
                input.from, input.to
            ),
        ));
    };
    let between: BTreeSet<usize> = best.between().iter().copied().collect();
    // A way that leads there at once is no stop, so it can't be avoided as one.
    let detour = match between.is_empty() {
        true => None,
        false => network.cheapest(from, to, &between),
    };
    let needed = best
        .between()
        .iter()
        .filter(|stop| !network.reachable(from, Some(**stop)).contains(&to))
        .map(|stop| network.name(*stop).to_owned())
        .collect();
    Ok(Output {
        cost: best.cost,
        route: names(&best),
        detour: detour.map(|detour| Detour {
            cost: detour.cost,
            route: names(&detour),
        }),
        reachable: reached.len() - 1,
        needed,
    })
}

fn check(input: &Input) -> Result<(), ToolError> {
    let count = input.ways.len();
    if count > MOST_WAYS {
        let message = format!("there are {count} ways; at most {MOST_WAYS} are taken");
        return Err(ToolError::new("too_large", message));
    }
    match input.ways.iter().find(|way| way.cost > DEAREST) {
        Some(way) => Err(ToolError::invalid_input(format!(
            "the cost {} from {:?} to {:?} is more than {DEAREST}",
            way.cost, way.from, way.to
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
