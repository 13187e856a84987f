//! What a tree is worth.

use crate::parser::{Operator, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::{E, PI};
use wasm_runner_sdk::ToolError;

type Variables = BTreeMap<String, f64>;

const FUNCTIONS: [&str; 8] = ["abs", "ceil", "floor", "ln", "max", "min", "round", "sqrt"];

pub fn value(tree: &Tree, variables: &Variables) -> Result<f64, ToolError> {
    let value = match tree {
        Tree::Number(number) => *number,
        Tree::Name(name) => return variable(name, variables),
        Tree::Minus(inner) => -value(inner, variables)?,
        Tree::Binary(left, operator, right) => {
            let (left, right) = (value(left, variables)?, value(right, variables)?);
            match operator {
                Operator::Add => left + right,
                Operator::Subtract => left - right,
                Operator::Multiply => left * right,
                Operator::Divide => left / right,
                Operator::Remainder => left % right,
                Operator::Power => left.powf(right),
            }
        }
        Tree::Call(name, arguments) => {
            let arguments = arguments
                .iter()
                .map(|argument| value(argument, variables))
                .collect::<Result<Vec<f64>, ToolError>>()?;
            call(name, &arguments)?
        }
    };
    if value.is_finite() {
        return Ok(value);
    }
    let why = if value.is_nan() {
        "no number"
    } else {
        "larger than numbers get"
    };
    Err(ToolError::new("not_a_number", format!("{tree} is {why}")))
}

fn variable(name: &str, variables: &Variables) -> Result<f64, ToolError> {
    if let Some(value) = variables.get(name) {
        return Ok(*value);
    }
    match name {
        "pi" => Ok(PI),
        "e" => Ok(E),
        _ => {
            let known: Vec<&str> = variables.keys().map(String::as_str).collect();
            Err(ToolError::new(
                "unknown_name",
                format!("there is no variable {name:?}; there are {known:?}, \"pi\" and \"e\""),
            ))
        }
    }
}

fn call(name: &str, arguments: &[f64]) -> Result<f64, ToolError> {
    if !FUNCTIONS.contains(&name) {
        return Err(ToolError::new(
            "unknown_name",
            format!("there is no function {name:?}; there are {FUNCTIONS:?}"),
        ));
    }
    let wrong = |wanted: &str| {
        let count = arguments.len();
        Err(ToolError::new(
            "wrong_arguments",
            format!("{name} takes {wanted}, and is given {count}"),
        ))
    };
    if matches!(name, "max" | "min") {
        let pick = if name == "max" { f64::max } else { f64::min };
        return match arguments.iter().copied().reduce(pick) {
            Some(value) => Ok(value),
            None => wrong("at least one argument"),
        };
    }
    let [argument] = arguments else {
        return wrong("one argument");
    };
    Ok(match name {
        "abs" => argument.abs(),
        "ceil" => argument.ceil(),
        "floor" => argument.floor(),
        "ln" => argument.ln(),
        "round" => argument.round(),
        _ => argument.sqrt(),
    })
}

/// The variables that a tree uses.
pub fn names(tree: &Tree, variables: &Variables, into: &mut BTreeSet<String>) {
    match tree {
        Tree::Number(_) => {}
        Tree::Name(name) => {
            if variables.contains_key(name) {
                into.insert(name.clone());
            }
        }
        Tree::Minus(inner) => names(inner, variables, into),
        Tree::Binary(left, _, right) => {
            names(left, variables, into);
            names(right, variables, into);
        }
        Tree::Call(_, arguments) => {
            for argument in arguments {
                names(argument, variables, into);
            }
        }
    }
}
