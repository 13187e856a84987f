use super::*;
use serde_json::json;

fn query(document: Value, path: &str) -> Result<Output, ToolError> {
    let path = path.to_owned();
    json_query(Input {
        document,
        path,
        limit: 1000,
    })
}

#[track_caller]
fn assert_found(document: Value, path: &str, expected: Value) {
    let found = query(document, path).expect("a path").found;
    let values: Vec<Value> = found.into_iter().map(|it| it.value).collect();
    assert_eq!(Value::Array(values), expected, "{path}");
}

#[track_caller]
fn assert_bad(path: &str, message: &str) {
    let error = query(Value::Null, path).expect_err("no path");
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("bad_path", message)
    );
}

#[test]
fn members_and_elements_are_picked() {
    let document = json!({"a": {"b c": [10, 20, 30]}, "é-1": true});
    assert_found(document.clone(), "$", json!([document]));
    assert_found(document.clone(), "$.a['b c'][1]", json!([20]));
    assert_found(document.clone(), "$.a[\"b c\"][-1]", json!([30]));
    assert_found(document.clone(), "$.é-1", json!([true]));
    assert_found(document.clone(), "$.a.x", json!([]));
    assert_found(document.clone(), "$.a[0]", json!([]));
    assert_found(document.clone(), "$.a['b c'][3]", json!([]));
    assert_found(document.clone(), "$.a['b c'][-4]", json!([]));
    assert_found(
        document,
        " $ ",
        json!([{"a": {"b c": [10, 20, 30]}, "é-1": true}]),
    );
}

#[test]
fn slices_are_cut_at_the_ends() {
    let document = json!([0, 1, 2, 3, 4]);
    assert_found(document.clone(), "$[1:3]", json!([1, 2]));
    assert_found(document.clone(), "$[:2]", json!([0, 1]));
    assert_found(document.clone(), "$[3:]", json!([3, 4]));
    assert_found(document.clone(), "$[:]", json!([0, 1, 2, 3, 4]));
    assert_found(document.clone(), "$[-2:]", json!([3, 4]));
    assert_found(document.clone(), "$[:-3]", json!([0, 1]));
    assert_found(document.clone(), "$[-9:9]", json!([0, 1, 2, 3, 4]));
    assert_found(document.clone(), "$[3:1]", json!([]));
    assert_found(document, "$[ 1 : 2 ]", json!([1]));
}

#[test]
fn all_are_in_order() {
    let document = json!({"a": [1, {"b": 2}], "c": 3});
    assert_found(document.clone(), "$.*", json!([[1, {"b": 2}], 3]));
    assert_found(document.clone(), "$.a[*]", json!([1, {"b": 2}]));
    assert_found(document.clone(), "$.c[*]", json!([]));
    assert_found(document.clone(), "$..b", json!([2]));
    assert_found(document.clone(), "$..[0]", json!([1]));
    assert_found(document, "$..*", json!([[1, {"b": 2}], 3, 1, {"b": 2}, 2]));
}

#[test]
fn filters_compare_what_is_of_one_kind() {
    let document = json!([{"n": 1}, {"n": 2.5}, {"n": "2"}, {"m": 1}, null, 7]);
    assert_found(
        document.clone(),
        "$[?@.n]",
        json!([{"n": 1}, {"n": 2.5}, {"n": "2"}]),
    );
    assert_found(
        document.clone(),
        "$[?@.n >= 1]",
        json!([{"n": 1}, {"n": 2.5}]),
    );
    assert_found(document.clone(), "$[?@.n > 1]", json!([{"n": 2.5}]));
    assert_found(document.clone(), "$[?@.n < 2.5]", json!([{"n": 1}]));
    assert_found(
        document.clone(),
        "$[?@.n <= 2.5]",
        json!([{"n": 1}, {"n": 2.5}]),
    );
    assert_found(document.clone(), "$[?@.n == '2']", json!([{"n": "2"}]));
    assert_found(document.clone(), "$[?@.n < 'b']", json!([{"n": "2"}]));
    assert_found(document.clone(), "$[?@ == null]", json!([null]));
    assert_found(document.clone(), "$[?@ == 7]", json!([7]));
    assert_found(
        document,
        "$[?@.n != 1]",
        json!([{"n": 2.5}, {"n": "2"}, {"m": 1}, null, 7]),
    );
}

#[test]
fn tests_are_put_together() {
    let document = json!([{"a": 1, "b": true}, {"a": 2}, {"a": 3, "b": false}]);
    let firsts = |path: &str, expected: Value| {
        assert_found(document.clone(), &format!("$[?{path}].a"), expected);
    };
    firsts("@.a > 1 && @.b", json!([3]));
    firsts("@.a == 1 || @.a == 3", json!([1, 3]));
    firsts("@.a == 1 || @.a == 3 && @.b == true", json!([1]));
    firsts("(@.a == 1 || @.a == 3) && @.b == true", json!([1]));
    firsts("!@.b", json!([2]));
    firsts("!(@.a < 3)", json!([3]));
    firsts(" ! ! @.b ", json!([1, 3]));
    firsts("@.a > -1.5e0", json!([1, 2, 3]));
}

#[test]
fn a_path_that_leads_to_several_compares_as_nothing() {
    let document = json!([[1, 2], [1]]);
    assert_found(document.clone(), "$[?@[*] == 1]", json!([[1]]));
    assert_found(document, "$[?@[?@ == 2]]", json!([[1, 2]]));
}

#[test]
fn the_place_finds_the_value_again() {
    let document = json!({"it's": [{"a\\b\n\t": 1}]});
    let found = query(document.clone(), "$..*").expect("a path").found;
    assert_eq!(found.len(), 3);
    assert_eq!(found[2].at, "$['it\\'s'][0]['a\\\\b\\n\\t']");
    for one in found {
        assert_found(document.clone(), &one.at, json!([one.value]));
    }
}

#[test]
fn the_summary_counts_all() {
    let document = json!([null, true, 1, 2.5, "x", [], {}]);
    let output = json_query(Input {
        document,
        path: "$[*]".to_owned(),
        limit: 2,
    })
    .expect("a path");
    assert_eq!(output.found.len(), 2);
    assert_eq!(output.summary.count, 7);
    assert_eq!(output.summary.sum, Some(3.5));
    let kinds: Vec<_> = output.summary.kinds.into_iter().collect();
    assert_eq!(
        kinds,
        [
            ("array", 1),
            ("boolean", 1),
            ("null", 1),
            ("number", 2),
            ("object", 1),
            ("string", 1)
        ]
    );
}

#[test]
fn a_sum_that_is_not_finite_is_left_out() {
    let output = query(json!([1e308, 1e308]), "$[*]").expect("a path");
    assert_eq!(output.summary.sum, None);
}

#[test]
fn what_is_no_path_is_told_with_its_place() {
    assert_bad("", "at 1: a path begins with $");
    assert_bad("$a", "at 2: a step begins with a point or a bracket");
    assert_bad("$.", "at 3: a name or * is missing");
    assert_bad("$[]", "at 3: nothing is asked for");
    assert_bad("$[1", "at 4: a closing bracket is missing");
    assert_bad("$['a", "at 5: the quotes are not closed");
    assert_bad("$['\\x']", "at 5: this can't stand after a backslash");
    assert_bad(
        "$[99999999999999999999]",
        "at 3: this is no place in an array",
    );
    assert_bad("$[-]", "at 3: this is no place in an array");
    assert_bad("$[?1]", "at 5: a comparison is missing");
    assert_bad(
        "$[?@.a == ]",
        "at 11: @, a text, a number, true, false or null is missing",
    );
    assert_bad("$[?@ == 1.2.3]", "at 9: this is no number");
    assert_bad("$[?(@.a]", "at 8: a closing bracket is missing");
}

#[test]
fn depth_and_work_have_limits() {
    let nested = |count: usize| format!("$[?{}@]", "!".repeat(count));
    assert_found(json!([1]), &nested(30), json!([1]));
    assert!(query(json!([1]), &nested(32)).is_err());
    let inner = |count: usize| format!("$[?{}@{}]", "@[?".repeat(count), "]".repeat(count));
    assert!(query(json!([1]), &inner(31)).is_ok());
    assert!(query(json!([1]), &inner(32)).is_err());
    let wide = Value::Array(vec![Value::Null; 9_999]);
    assert_eq!(
        query(wide, "$..*").expect_err("twice as many").code,
        "too_much"
    );
    let wide = Value::Array(vec![Value::Null; 9_999]);
    assert_eq!(query(wide, "$[*]").expect("just so").summary.count, 9_999);
}
