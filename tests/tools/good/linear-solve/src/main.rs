mod elimination;
mod fraction;

use elimination::{Reduced, reduce};
use fraction::Fraction;
use wasm_runner_sdk::prelude::*;

const MOST: usize = 12;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// A row for each equation: the coefficients of all unknowns, and then what they add up to.
    #[schemars(length(min = 1, max = 12))]
    rows: Vec<Vec<Number>>,
}

/// A whole number, or a fraction or decimal as text.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Number {
    Whole(i32),
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// There is one solution.
    Unique,
    /// There are many; those that are given are one, with 0 for what is free.
    Many,
    /// There is none.
    None,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    kind: Kind,
    /// The unknowns in order; none if there is no solution.
    solution: Vec<String>,
    /// The unknowns that may be chosen freely, from 1.
    free: Vec<usize>,
    rank: usize,
    /// Of the coefficients, if there are as many equations as unknowns.
    #[serde(skip_serializing_if = "Option::is_none")]
    determinant: Option<String>,
}

/// Solves a system of linear equations exactly, with fractions (Gauss and Jordan), and tells the
/// rank and the determinant.
#[tool(
    example(
        name = "two equations",
        input = {"rows": [[1, 1, 3], [1, -1, "1/2"]]},
        output = {
            "kind": "unique", "solution": ["7/4", "5/4"], "free": [], "rank": 2,
            "determinant": "-2"
        }
    ),
    example(
        name = "one equation says nothing new",
        input = {"rows": [[1, 2, 3], [2, 4, 6]]},
        output = {
            "kind": "many", "solution": ["3", "0"], "free": [2], "rank": 1, "determinant": "0"
        }
    ),
    example(
        name = "a contradiction",
        input = {"rows": [[1, 1], ["0.5", 2]]},
        output = {"kind": "none", "solution": [], "free": [], "rank": 1}
    ),
    example(
        name = "no number",
        input = {"rows": [["1/0", 1]]},
        error = "1/0"
    ),
    properties(deterministic)
)]
fn linear_solve(input: Input) -> Result<Output, ToolError> {
    let rows = matrix(&input.rows)?;
    let unknowns = rows[0].len() - 1;
    let equations = rows.len();
    let overflow = |error: fraction::Overflow| ToolError::new("overflow", error.to_string());
    let Reduced {
        rows,
        pivots,
        determinant,
    } = reduce(rows, unknowns).map_err(overflow)?;
    let rank = pivots.len();
    let determinant = (equations == unknowns).then(|| determinant.to_string());
    let is_contradiction = |row: &Vec<Fraction>| {
        row[..unknowns].iter().all(Fraction::is_zero) && !row[unknowns].is_zero()
    };
    if rows.iter().any(is_contradiction) {
        return Ok(Output {
            kind: Kind::None,
            solution: Vec::new(),
            free: Vec::new(),
            rank,
            determinant,
        });
    }
    let mut solution = vec![Fraction::ZERO; unknowns];
    for (row, column) in pivots.iter().enumerate() {
        solution[*column] = rows[row][unknowns];
    }
    let free: Vec<usize> = (0..unknowns)
        .filter(|column| !pivots.contains(column))
        .map(|column| column + 1)
        .collect();
    Ok(Output {
        kind: if free.is_empty() {
            Kind::Unique
        } else {
            Kind::Many
        },
        solution: solution.iter().map(ToString::to_string).collect(),
        free,
        rank,
        determinant,
    })
}

/// The rows as fractions: at least one, each with an unknown and a sum at least.
fn matrix(rows: &[Vec<Number>]) -> Result<Vec<Vec<Fraction>>, ToolError> {
    let Some(first) = rows.first() else {
        return Err(ToolError::invalid_input("there is no equation"));
    };
    let width = first.len();
    if width < 2 {
        return Err(ToolError::invalid_input("there is no unknown"));
    }
    if rows.len() > MOST || width > MOST + 1 {
        let message = format!("at most {MOST} equations of {MOST} unknowns are solved");
        return Err(ToolError::new("too_large", message));
    }
    let number = |number: &Number| match number {
        Number::Whole(number) => Ok(Fraction::from(*number)),
        Number::Text(text) => text
            .parse()
            .map_err(|error| ToolError::new("bad_number", format!("{text:?}: {error}"))),
    };
    let mut matrix = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        if row.len() != width {
            let message = format!(
                "row {} has {} numbers and not {width} like the first",
                index + 1,
                row.len()
            );
            return Err(ToolError::new("ragged", message));
        }
        matrix.push(row.iter().map(number).collect::<Result<_, ToolError>>()?);
    }
    Ok(matrix)
}

#[cfg(test)]
mod tests;
