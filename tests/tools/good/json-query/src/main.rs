mod path;
mod select;

use serde_json::Value;
use std::collections::BTreeMap;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    document: Value,
    /// Such as `$.books[?@.price < 10].title`.
    #[schemars(length(max = 1000))]
    path: String,
    /// At most so many values are given; all are counted.
    #[serde(default = "thousand")]
    limit: usize,
}

fn thousand() -> usize {
    1000
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    found: Vec<Found>,
    summary: Summary,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Found {
    /// Where it stands, in the form of a path that finds it alone.
    at: String,
    value: Value,
}

#[derive(Debug, Default, PartialEq, Serialize, JsonSchema)]
struct Summary {
    /// How many values were found.
    count: usize,
    /// How many of each kind: null, boolean, number, string, array, object.
    kinds: BTreeMap<&'static str, usize>,
    /// Of the numbers, if there are any and it is finite.
    #[serde(skip_serializing_if = "Option::is_none")]
    sum: Option<f64>,
}

/// Picks values out of a JSON document by a path in the manner of JSONPath (RFC 9535), tells where
/// each stands, and sums them up.
#[tool(
    example(
        name = "a comparison",
        input = {
            "document": {"books": [{"title": "A", "price": 8}, {"title": "B", "price": 12.5}]},
            "path": "$.books[?@.price < 10].title"
        },
        output = {
            "found": [{"at": "$['books'][0]['title']", "value": "A"}],
            "summary": {"count": 1, "kinds": {"string": 1}}
        }
    ),
    example(
        name = "at any depth",
        input = {"document": {"n": 1, "a": [{"n": 2}, {"n": 3.5}]}, "path": "$..n", "limit": 1},
        output = {
            "found": [{"at": "$['n']", "value": 1}],
            "summary": {"count": 3, "kinds": {"number": 3}, "sum": 6.5}
        }
    ),
    example(
        name = "from the end",
        input = {"document": [1, 2, 3, 4], "path": "$[-2:]"},
        output = {
            "found": [{"at": "$[2]", "value": 3}, {"at": "$[3]", "value": 4}],
            "summary": {"count": 2, "kinds": {"number": 2}, "sum": 7.0}
        }
    ),
    example(
        name = "a bracket that is not closed",
        input = {"document": null, "path": "$['a'"},
        error = "at 6"
    ),
    properties(deterministic)
)]
fn json_query(input: Input) -> Result<Output, ToolError> {
    if input.path.chars().count() > 1000 {
        return Err(ToolError::invalid_input(
            "`path` has at most 1000 characters",
        ));
    }
    let path = path::parse(&input.path)
        .map_err(|problem| ToolError::new("bad_path", problem.to_string()))?;
    let found = select::select(&input.document, &path)
        .ok_or_else(|| ToolError::new("too_much", "the path leads over more than 10000 values"))?;
    let mut summary = Summary {
        count: found.len(),
        ..Summary::default()
    };
    for (_, value) in &found {
        *summary.kinds.entry(kind(value)).or_default() += 1;
        if let Some(number) = value.as_f64() {
            summary.sum = Some(summary.sum.unwrap_or(0.0) + number);
        }
    }
    summary.sum = summary.sum.filter(|sum| sum.is_finite());
    let given = found.into_iter().take(input.limit);
    Ok(Output {
        found: given
            .map(|(at, value)| Found {
                at: at.to_string(),
                value: value.clone(),
            })
            .collect(),
        summary,
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests;
