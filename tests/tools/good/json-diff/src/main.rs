use serde_json::{Map, Value};
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The document as it was.
    from: Value,
    /// The document as it is now.
    to: Value,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// The steps from the one to the other, in the order in which they apply; none when the two
    /// are the same.
    patch: Vec<Step>,
}

/// One operation of RFC 6902.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Step {
    Add { path: String, value: Value },
    Remove { path: String },
    Replace { path: String, value: Value },
}

/// Says what changed between two JSON documents, as a JSON Patch (RFC 6902) that makes the second
/// of the first. Objects are compared key by key and lists place by place, so a list that got an
/// item at its beginning is told as changes of all its items.
#[tool(
    example(
        name = "a key more, a key less, a value changed",
        input = {
            "from": {"name": "Ada", "born": 1815, "city": "Paris"},
            "to": {"name": "Ada", "city": "London", "field": "mathematics"}
        },
        output = {"patch": [
            {"op": "remove", "path": "/born"},
            {"op": "replace", "path": "/city", "value": "London"},
            {"op": "add", "path": "/field", "value": "mathematics"}
        ]}
    ),
    example(
        name = "lists are cut from their end",
        input = {"from": [1, [2, 3], 4, 5], "to": [1, [2]]},
        output = {"patch": [
            {"op": "remove", "path": "/1/1"},
            {"op": "remove", "path": "/3"},
            {"op": "remove", "path": "/2"}
        ]}
    ),
    example(
        name = "signs of paths in keys",
        input = {"from": {"a/b~c": 1}, "to": {"a/b~c": null}},
        output = {"patch": [{"op": "replace", "path": "/a~1b~0c", "value": null}]}
    ),
    example(
        name = "the same",
        input = {"from": {"a": [1, 2]}, "to": {"a": [1, 2]}},
        output = {"patch": []}
    ),
    properties(deterministic, total)
)]
fn json_diff(input: Input) -> Result<Output, ToolError> {
    let mut patch = Vec::new();
    compare(&mut patch, "", input.from, input.to);
    debug!("compared", steps = patch.len());
    Ok(Output { patch })
}

fn compare(patch: &mut Vec<Step>, path: &str, from: Value, to: Value) {
    match (from, to) {
        (Value::Object(from), Value::Object(to)) => objects(patch, path, from, to),
        (Value::Array(from), Value::Array(to)) => lists(patch, path, from, to),
        (from, to) if from == to => {}
        (_, value) => patch.push(Step::Replace {
            path: path.to_owned(),
            value,
        }),
    }
}

/// Keys are taken in the order of their names.
fn objects(patch: &mut Vec<Step>, path: &str, from: Map<String, Value>, to: Map<String, Value>) {
    let mut to = to;
    for (key, was) in from {
        let path = format!("{path}/{}", escaped(&key));
        match to.remove(&key) {
            Some(is) => compare(patch, &path, was, is),
            None => patch.push(Step::Remove { path }),
        }
    }
    patch.extend(to.into_iter().map(|(key, value)| Step::Add {
        path: format!("{path}/{}", escaped(&key)),
        value,
    }));
}

fn lists(patch: &mut Vec<Step>, path: &str, from: Vec<Value>, to: Vec<Value>) {
    let (before, after) = (from.len(), to.len());
    let mut is = to.into_iter();
    for (index, (was, is)) in from.into_iter().zip(is.by_ref().take(before)).enumerate() {
        compare(patch, &format!("{path}/{index}"), was, is);
    }
    // From the end, so that no place moves before its turn.
    patch.extend((after..before).rev().map(|index| Step::Remove {
        path: format!("{path}/{index}"),
    }));
    patch.extend(is.zip(before..).map(|(value, index)| Step::Add {
        path: format!("{path}/{index}"),
        value,
    }));
}

/// A key as a part of a path.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patch(from: Value, to: Value) -> Value {
        let output = json_diff(Input { from, to }).expect("it is total");
        serde_json::to_value(output.patch).expect("it has a JSON form")
    }

    #[test]
    fn another_kind_of_value_is_replaced_as_a_whole() {
        assert_eq!(
            patch(json!({"a": {"b": 1}}), json!({"a": [1]})),
            json!([{"op": "replace", "path": "/a", "value": [1]}])
        );
        assert_eq!(
            patch(json!(1), json!("1")),
            json!([{"op": "replace", "path": "", "value": "1"}])
        );
    }

    #[test]
    fn a_longer_list_gets_its_new_items_in_their_order() {
        assert_eq!(
            patch(json!([1]), json!([2, 3, 4])),
            json!([
                {"op": "replace", "path": "/0", "value": 2},
                {"op": "add", "path": "/1", "value": 3},
                {"op": "add", "path": "/2", "value": 4},
            ])
        );
    }

    #[test]
    fn a_key_with_null_is_no_missing_key() {
        assert_eq!(
            patch(json!({"a": null}), json!({})),
            json!([{"op": "remove", "path": "/a"}])
        );
    }

    #[test]
    fn whole_and_broken_numbers_differ_by_their_value() {
        assert_eq!(patch(json!([1, 2.5]), json!([1, 2.5])), json!([]));
        assert_ne!(patch(json!(1), json!(2)), json!([]));
    }
}
