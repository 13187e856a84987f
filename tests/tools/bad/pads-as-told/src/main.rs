use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(length(max = 50))]
    cells: Vec<String>,
    #[schemars(range(min = 0, max = 9_000_000))]
    width: usize,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    table: String,
}

/// Writes a table of one column, each cell filled up with blanks to a width.
#[tool(
    example(
        name = "two rows",
        input = {"cells": ["a", "bcd"], "width": 3},
        output = {"table": "|a  |\n|bcd|\n"}
    ),
    properties(deterministic)
)]
fn column(input: Input) -> Result<Output, ToolError> {
    if input.width > 9_000_000 || input.cells.len() > 50 {
        return Err(ToolError::invalid_input("that is too large"));
    }
    let mut table = String::new();
    for cell in input.cells {
        table.push('|');
        table.push_str(&cell);
        let missing = input.width.saturating_sub(cell.chars().count());
        table.push_str(&" ".repeat(missing));
        table.push_str("|\n");
    }
    Ok(Output { table })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_wide_is_left() {
        let cells = vec!["abc".to_owned()];
        assert_eq!(
            column(Input { cells, width: 1 }).expect("a table").table,
            "|abc|\n"
        );
    }
}
