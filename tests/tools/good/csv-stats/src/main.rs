mod column;

use column::{Column, Summary};
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The CSV text; its first record names the columns.
    csv: String,
    /// What parts the fields: one ASCII character.
    #[serde(default = "comma")]
    delimiter: char,
    /// Only these columns; all if empty.
    #[serde(default)]
    columns: Vec<String>,
}

fn comma() -> char {
    ','
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// How many records there are below the names.
    rows: usize,
    /// The columns in the order of the text.
    columns: Vec<Summary>,
}

/// Summarises the columns of a CSV text. For numbers: minimum, maximum, mean, median and
/// standard deviation; for texts: how many different ones and the most frequent.
#[tool(
    example(
        name = "numbers and texts",
        input = {"csv": "city,degrees\nRome,21\nOslo,8\nRome,\n"},
        output = {
            "rows": 3,
            "columns": [
                {
                    "name": "city", "kind": "text", "empty": 0, "distinct": 2,
                    "most_frequent": {"value": "Rome", "count": 2}
                },
                {
                    "name": "degrees", "kind": "number", "empty": 1, "distinct": 2,
                    "numbers": {
                        "min": 8.0, "max": 21.0, "mean": 14.5, "median": 14.5, "deviation": 6.5
                    }
                }
            ]
        }
    ),
    example(
        name = "one column, other delimiter, quotes",
        input = {"csv": "a;b\n1;\"x;y\"\n", "delimiter": ";", "columns": ["b"]},
        output = {
            "rows": 1,
            "columns": [{
                "name": "b", "kind": "text", "empty": 0, "distinct": 1,
                "most_frequent": {"value": "x;y", "count": 1}
            }]
        }
    ),
    example(
        name = "a record that is too short",
        input = {"csv": "a,b\n1,2\n3\n"},
        error = "line 3"
    ),
    properties(deterministic)
)]
fn csv_stats(input: Input) -> Result<Output, ToolError> {
    let delimiter = u8::try_from(input.delimiter)
        .ok()
        .filter(u8::is_ascii)
        .ok_or_else(|| ToolError::invalid_input("`delimiter` must be one ASCII character"))?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(input.csv.as_bytes());
    let names = reader.headers().map_err(malformed)?.clone();
    if names.is_empty() {
        return Err(ToolError::new(
            "no_columns",
            "the text is empty: the first record names the columns",
        ));
    }
    for wanted in &input.columns {
        if !names.iter().any(|name| name == wanted) {
            let known: Vec<_> = names.iter().collect();
            return Err(ToolError::new(
                "unknown_column",
                format!("there is no column {wanted:?}; there are {known:?}"),
            ));
        }
    }

    let mut columns: Vec<(usize, Column)> = names
        .iter()
        .enumerate()
        .filter(|(_, name)| input.columns.is_empty() || input.columns.iter().any(|c| c == name))
        .map(|(index, name)| (index, Column::new(name)))
        .collect();
    let mut rows = 0;
    for record in reader.records() {
        let record = record.map_err(malformed)?;
        rows += 1;
        for (index, column) in &mut columns {
            column.take(record.get(*index).unwrap_or_default());
        }
    }
    info!("read the text", rows = rows, columns = columns.len());
    Ok(Output {
        rows,
        columns: columns
            .into_iter()
            .map(|(_, column)| column.summary())
            .collect(),
    })
}

/// The crate's messages name the place; the code is ours.
#[expect(clippy::needless_pass_by_value, reason = "made for `map_err`")]
fn malformed(error: csv::Error) -> ToolError {
    let line = error.position().map(csv::Position::line);
    match (error.kind(), line) {
        (
            csv::ErrorKind::UnequalLengths {
                expected_len, len, ..
            },
            Some(line),
        ) => ToolError::new(
            "malformed_csv",
            format!("line {line} has {len} fields and not {expected_len} like those before"),
        ),
        _ => ToolError::new("malformed_csv", error.to_string()),
    }
}

#[cfg(test)]
mod tests;
