mod graph;

use graph::Graph;
use itertools::Itertools;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// What each thing needs directly. What is only needed need not be listed.
    needs: BTreeMap<String, BTreeSet<String>>,
    /// Only these and all that they need; everything if empty.
    #[serde(default)]
    targets: BTreeSet<String>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// All things, each after all that it needs.
    order: Vec<String>,
    /// The same in steps: the things of one step need only those of the steps before, so that
    /// they can be done at the same time.
    steps: Vec<Vec<String>>,
}

/// Sorts things so that each comes after all that it needs (a topological sort), also in steps
/// that can be done at the same time. If things need each other in a circle, the error names it.
#[tool(
    example(
        name = "a build",
        input = {
            "needs": {"app": ["lib", "log"], "lib": ["core"], "log": ["core"], "docs": []}
        },
        output = {
            "order": ["core", "docs", "lib", "log", "app"],
            "steps": [["core", "docs"], ["lib", "log"], ["app"]]
        }
    ),
    example(
        name = "one target",
        input = {"needs": {"app": ["lib"], "lib": ["core"], "docs": ["app"]}, "targets": ["lib"]},
        output = {"order": ["core", "lib"], "steps": [["core"], ["lib"]]}
    ),
    example(
        name = "a circle",
        input = {"needs": {"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]}},
        error = "a -> b -> c -> a"
    ),
    properties(deterministic)
)]
fn dependency_order(input: Input) -> Result<Output, ToolError> {
    let mut graph = Graph::new(&input.needs);
    if let Some(unknown) = input.targets.iter().find(|target| !graph.contains(target)) {
        let message = format!("the target {unknown:?} is nowhere in `needs`");
        return Err(ToolError::new("unknown_target", message));
    }
    if !input.targets.is_empty() {
        graph.keep_only_needed_by(&input.targets);
    }
    let steps = graph.steps().map_err(|cycle| {
        let message = format!(
            "things need each other in a circle: {}",
            cycle.iter().join(" -> ")
        );
        ToolError::new("cycle", message).with_details(json!({ "cycle": cycle }))
    })?;
    Ok(Output {
        order: steps.concat(),
        steps,
    })
}

#[cfg(test)]
mod tests;
