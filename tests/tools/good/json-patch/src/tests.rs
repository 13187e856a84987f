use super::*;

/// Applies a patch; the error as its code and message.
fn patched(document: Value, patch: Value) -> Result<Value, (String, String)> {
    let patch = serde_json::from_value(patch).expect("a patch");
    json_patch(Input { document, patch })
        .map(|output| output.document)
        .map_err(|error| (error.code, error.message))
}

#[test]
fn add_puts_into_objects_and_arrays() {
    let one = |path: &str| json!([{"op": "add", "path": path, "value": 0}]);
    assert_eq!(patched(json!({}), one("/a")), Ok(json!({"a": 0})));
    assert_eq!(patched(json!({"a": 1}), one("/a")), Ok(json!({"a": 0})));
    assert_eq!(patched(json!([1, 2]), one("/1")), Ok(json!([1, 0, 2])));
    assert_eq!(patched(json!([1, 2]), one("/2")), Ok(json!([1, 2, 0])));
    assert_eq!(patched(json!([1, 2]), one("/-")), Ok(json!([1, 2, 0])));
    assert_eq!(patched(json!({"a": 1}), one("")), Ok(json!(0)));
    assert_eq!(patched(json!({}), one("/")), Ok(json!({"": 0})));
}

#[test]
fn indices_past_the_end_or_not_plain_are_refused() {
    for token in ["3", "-1", "01", "+1", "1e0", "a", ""] {
        let patch = json!([{"op": "add", "path": format!("/{token}"), "value": 0}]);
        let (code, _) = patched(json!([1, 2]), patch).expect_err(token);
        assert_eq!(code, "bad_index", "{token}");
    }
    let patch = json!([{"op": "remove", "path": "/-"}]);
    assert_eq!(
        patched(json!([1]), patch).expect_err("no place").0,
        "bad_index"
    );
}

#[test]
fn what_is_not_there_can_not_be_removed_or_replaced() {
    for operation in [
        json!({"op": "remove", "path": "/b"}),
        json!({"op": "replace", "path": "/b", "value": 1}),
        json!({"op": "copy", "from": "/b", "path": "/c"}),
        json!({"op": "add", "path": "/b/c", "value": 1}),
        json!({"op": "add", "path": "/a/c", "value": 1}),
    ] {
        let (code, _) = patched(json!({"a": 1}), json!([operation])).expect_err("nothing there");
        assert_eq!(code, "not_found", "{operation}");
    }
}

#[test]
fn move_takes_and_copy_leaves() {
    let patch = |op: &str| json!([{"op": op, "from": "/a/0", "path": "/b"}]);
    let document = || json!({"a": [1, 2]});
    assert_eq!(
        patched(document(), patch("move")),
        Ok(json!({"a": [2], "b": 1}))
    );
    assert_eq!(
        patched(document(), patch("copy")),
        Ok(json!({"a": [1, 2], "b": 1}))
    );
}

#[test]
fn nothing_moves_into_itself_but_onto_itself_it_may() {
    let to = |path: &str| json!([{"op": "move", "from": "/a", "path": path}]);
    let document = || json!({"a": {"b": 1}});
    assert_eq!(
        patched(document(), to("/a/b")).expect_err("inside").0,
        "into_itself"
    );
    assert_eq!(patched(document(), to("/a")), Ok(document()));
    assert_eq!(patched(document(), to("/ab")), Ok(json!({"ab": {"b": 1}})));
}

#[test]
fn tests_compare_numbers_by_value_and_objects_in_any_order() {
    let test = |value: Value| json!([{"op": "test", "path": "/a", "value": value}]);
    let document = || json!({"a": [{"x": 1, "y": 2.0}]});
    assert!(patched(document(), test(json!([{"y": 2, "x": 1.0}]))).is_ok());
    let (code, message) = patched(document(), test(json!("1"))).expect_err("another value");
    assert_eq!(code, "test_failed");
    assert!(
        message.contains(r#"the value there is [{"x":1,"y":2.0}]"#),
        "{message}"
    );
}

#[test]
fn pointers_escape_slashes_and_tildes() {
    let document = json!({"a/b": {"~1": 1}});
    let patch = json!([{"op": "remove", "path": "/a~1b/~01"}]);
    assert_eq!(patched(document, patch), Ok(json!({"a/b": {}})));
}

#[test]
fn malformed_pointers_never_get_in() {
    for (path, message) in [
        ("a", "must be empty or start"),
        ("/~2", "0 or 1"),
        ("/~", "0 or 1"),
    ] {
        let operation = json!({"op": "remove", "path": path});
        let error = serde_json::from_value::<Operation>(operation).expect_err(path);
        assert!(error.to_string().contains(message), "{path}: {error}");
    }
}

#[test]
fn a_patch_that_undoes_itself_changes_nothing() {
    let patch = serde_json::from_value(json!([
        {"op": "add", "path": "/b", "value": 1},
        {"op": "remove", "path": "/b"}
    ]));
    let output = json_patch(Input {
        document: json!({"a": 1}),
        patch: patch.expect("a patch"),
    });
    assert_eq!(
        output,
        Ok(Output {
            document: json!({"a": 1}),
            changed: false
        })
    );
}
