//! With which inputs a tool is measured and compared.

use super::Context;
use crate::{Contract, Manifest};
use serde_json::Value;
use std::collections::BTreeSet;

/// Where an input comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// From the manifest, by its index.
    Example(usize),
    /// Made by fuzzing or from a schema.
    Made,
}

/// An input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Input {
    /// JSON text.
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// Made-up inputs at most: those that fuzzing kept, and those at the edges of a schema.
const KEPT: usize = 250;
const EDGES: usize = 150;
/// Inputs that are made from the schema without a plan.
const MADE: usize = 400;

/// Inputs, each once.
#[derive(Default)]
struct Inputs {
    known: BTreeSet<String>,
    list: Vec<Input>,
}

impl Inputs {
    fn add(&mut self, text: String, origin: Origin) {
        if self.known.insert(text.clone()) {
            self.list.push(Input { text, origin });
        }
    }

    /// Valid values at the edges of a manifest's input schema.
    fn add_edges(&mut self, manifest: &Manifest, contract: &Contract, seed: u64) {
        let schema = fuzzing::with_format_ranges(&manifest.input_schema);
        let edges = fuzzing::boundary_inputs(&schema, seed).into_iter();
        for value in edges.filter(|it| contract.allows_input(it)).take(EDGES) {
            self.add(value.to_string(), Origin::Made);
        }
    }
}

/// What the tool is measured with: its examples, then what fuzzing kept, the costliest first, then
/// values at the edges of its schema. All of it is valid.
pub(super) fn gather(context: &Context<'_>) -> Vec<Input> {
    let mut inputs = Inputs::default();
    let examples = context.manifest.examples.iter().enumerate();
    for (index, example) in examples.take(context.stage.options.max_examples) {
        if context.contract.allows_input(&example.input) {
            inputs.add(example.input.to_string(), Origin::Example(index));
        }
    }
    let tried = context.tried;
    let kept = tried.costliest.iter().chain(&tried.corpus).take(KEPT);
    for bytes in kept {
        if let Some(text) = valid(bytes, context.contract) {
            inputs.add(text, Origin::Made);
        }
    }
    let seed = context.stage.options.fuzz_seed;
    inputs.add_edges(context.manifest, context.contract, seed);
    inputs.list
}

/// What two implementations are compared with: the examples of the one that was there first, then
/// those that the tool is measured with, then values at the edges of the schema and any that it
/// allows. All of it is valid by that contract.
pub(super) fn to_compare(
    first: &Manifest,
    contract: &Contract,
    measured: &[Input],
    seed: u64,
) -> Vec<Input> {
    let mut inputs = Inputs::default();
    for (index, example) in first.examples.iter().enumerate() {
        if contract.allows_input(&example.input) {
            inputs.add(example.input.to_string(), Origin::Example(index));
        }
    }
    for input in measured {
        if let Some(text) = valid(input.text.as_bytes(), contract) {
            inputs.add(text, Origin::Made);
        }
    }
    inputs.add_edges(first, contract, seed);
    let schema = fuzzing::with_format_ranges(&first.input_schema);
    for value in fuzzing::made_inputs(&schema, seed, MADE) {
        if contract.allows_input(&value) {
            inputs.add(value.to_string(), Origin::Made);
        }
    }
    inputs.list
}

/// The text of an input that a contract allows, as it was written.
fn valid(bytes: &[u8], contract: &Contract) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let value: Value = serde_json::from_str(text).ok()?;
    contract.allows_input(&value).then(|| text.to_owned())
}
