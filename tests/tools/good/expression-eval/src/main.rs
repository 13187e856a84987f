mod eval;
mod lexer;
mod parser;

use std::collections::{BTreeMap, BTreeSet};
use wasm_runner_sdk::prelude::*;

/// Characters of an expression at most.
const LONGEST: usize = 2000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Such as `2 * (width + height)`.
    #[schemars(length(max = 2000))]
    expression: String,
    /// The values of the names in it. `pi` and `e` are there anyway.
    #[serde(default)]
    variables: BTreeMap<String, f64>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    value: f64,
    /// The expression with a pair of brackets for each operation.
    understood: String,
    /// The variables that it uses, in the order of the alphabet.
    uses: BTreeSet<String>,
}

/// Evaluates an arithmetic expression with variables and functions, and shows how it was
/// understood. `^` is the power, `%` the remainder of a division.
#[tool(
    example(
        name = "multiplication before addition",
        input = {"expression": "1 + 2 * 3"},
        output = {"value": 7.0, "understood": "(1 + (2 * 3))", "uses": []}
    ),
    example(
        name = "variables and a function",
        input = {"expression": "sqrt(a^2 + b^2)", "variables": {"a": 3.0, "b": 4.0}},
        output = {"value": 5.0, "understood": "sqrt(((a ^ 2) + (b ^ 2)))", "uses": ["a", "b"]}
    ),
    example(
        name = "a power binds more than the sign before it",
        input = {"expression": "-2^2"},
        output = {"value": -4.0, "understood": "(-(2 ^ 2))", "uses": []}
    ),
    example(
        name = "a bracket that is not closed",
        input = {"expression": "(1 + 2"},
        error = "a closing bracket"
    ),
    properties(deterministic)
)]
fn expression_eval(input: Input) -> Result<Output, ToolError> {
    let length = input.expression.chars().count();
    if length > LONGEST {
        return Err(ToolError::invalid_input(format!(
            "the expression has {length} characters; at most {LONGEST} are taken"
        )));
    }
    let tokens = lexer::tokens(&input.expression).map_err(refused)?;
    let tree = parser::parse(&tokens).map_err(refused)?;
    let value = eval::value(&tree, &input.variables)?;
    let mut uses = BTreeSet::new();
    eval::names(&tree, &input.variables, &mut uses);
    Ok(Output {
        value,
        understood: tree.to_string(),
        uses,
    })
}

fn refused(problem: parser::Problem) -> ToolError {
    ToolError::new(problem.code(), problem.to_string())
}

#[cfg(test)]
mod tests;
