use super::*;
use serde_json::json;

fn run(template: &str, values: Value, strict: bool) -> Result<Output, ToolError> {
    let Value::Object(values) = values else {
        panic!("values are an object");
    };
    let template = template.to_owned();
    template_fill(Input {
        template,
        values,
        escape: false,
        strict,
    })
}

#[track_caller]
fn assert_text(template: &str, values: Value, expected: &str) {
    assert_eq!(
        run(template, values, false).expect("a template").text,
        expected
    );
}

#[track_caller]
fn assert_refused(template: &str, message: &str) {
    let error = run(template, json!({}), false).expect_err("no template");
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("syntax_error", message)
    );
}

#[test]
fn values_of_all_kinds_are_written() {
    let values = json!({"a": "x", "b": 1, "c": 2.5, "d": true, "e": null, "f": [1, "y"]});
    assert_text(
        "{{a}}|{{b}}|{{ c }}|{{d}}|{{e}}|{{f}}",
        values,
        "x|1|2.5|true||[1,\"y\"]",
    );
}

#[test]
fn names_with_points_look_into_objects() {
    let values = json!({"a": {"b": {"c": 1}}, "b": {"c": 2}});
    assert_text("{{a.b.c}}{{b.c}}{{a.c}}", values.clone(), "12");
    assert_text("{{#a}}{{b.c}}{{/a}}", values.clone(), "1");
    // The first part decides where the others are looked for.
    assert_text("{{#a}}{{b.x}}{{/a}}", values, "");
}

#[test]
fn sections_are_given_once_for_each() {
    assert_text("{{#a}}{{.}},{{/a}}", json!({"a": [1, "x", null]}), "1,x,,");
    assert_text("{{#a}}yes{{/a}}{{^a}}no{{/a}}", json!({"a": true}), "yes");
    assert_text(
        "{{#a}}[{{n}}]{{/a}}",
        json!({"a": [{"n": 1}, {}], "n": 9}),
        "[1][9]",
    );
    assert_text(
        "{{#a}}{{#b}}{{c}}{{d}}{{/b}}{{/a}}",
        json!({"a": {"b": {"c": 1}, "d": 2}}),
        "12",
    );
}

#[test]
fn nothing_is_what_is_false_or_empty() {
    for nothing in [json!(null), json!(false), json!([]), json!("")] {
        assert_text(
            "{{#a}}yes{{/a}}{{^a}}no{{/a}}",
            json!({ "a": nothing }),
            "no",
        );
    }
    for something in [json!(0), json!("0"), json!({}), json!([null])] {
        assert_text(
            "{{#a}}yes{{/a}}{{^a}}no{{/a}}",
            json!({ "a": something }),
            "yes",
        );
    }
    assert_text("{{^a}}no{{/a}}", json!({}), "no");
}

#[test]
fn signs_alone_in_a_line_leave_none() {
    assert_text(
        "a\n{{#b}}\nc\n{{/b}}\nd\n",
        json!({"b": [1, 2]}),
        "a\nc\nc\nd\n",
    );
    assert_text("{{! x }}\na", json!({}), "a");
    assert_text("a\n  {{! x }}  \nb", json!({}), "a\nb");
    assert_text("a {{! x }}\nb", json!({}), "a \nb");
    assert_text("{{#b}}x{{/b}}\ny", json!({"b": 1}), "x\ny");
    assert_text("{{#b}}\nx\n{{/b}}", json!({"b": 1}), "x\n");
    assert_text(
        "{{#b}}\n{{#c}}\nx\n{{/c}}\n{{/b}}\ny",
        json!({"b": {"c": 1}}),
        "x\ny",
    );
}

#[test]
fn a_value_alone_keeps_its_line() {
    assert_text("a\n{{b}}\nc", json!({"b": "x"}), "a\nx\nc");
    assert_text("a\n{{b}}\nc", json!({}), "a\n\nc");
}

#[test]
fn escaping_is_for_two_braces_only() {
    let of = |template: &str, escape| {
        let Value::Object(values) = json!({"a": "<'&\">"}) else {
            return String::new();
        };
        let template = template.to_owned();
        template_fill(Input {
            template,
            values,
            escape,
            strict: true,
        })
        .expect("a template")
        .text
    };
    assert_eq!(of("{{a}}", true), "&lt;&#39;&amp;&quot;&gt;");
    assert_eq!(of("{{a}}", false), "<'&\">");
    assert_eq!(of("{{{a}}}{{&a}}", true), "<'&\"><'&\">");
}

#[test]
fn what_is_missing_is_told_or_an_error() {
    let output = run("{{b}}{{a}}{{#c}}{{d}}{{/c}}", json!({"a": null}), false).expect("a template");
    assert_eq!(output.missing.into_iter().collect::<Vec<_>>(), ["b"]);
    let error = run("{{b}}", json!({}), true).expect_err("nothing for b");
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("missing_value", "there is no value for \"b\"")
    );
    assert!(run("{{#b}}{{/b}}", json!({}), true).is_ok());
}

#[test]
fn what_is_wrong_has_its_line() {
    assert_refused("a\n{{b", "line 2: what is opened by {{ is not closed");
    assert_refused("{{{b}}", "line 1: a value is not closed by }}}");
    assert_refused("\n\n{{#a}}\n", "line 3: \"a\" is not closed");
    assert_refused("{{/a}}", "line 1: \"a\" is closed and was not opened");
    assert_refused(
        "{{#a}}\n{{#b}}\n{{/a}}",
        "line 3: \"a\" is closed where \"b\" is open",
    );
    assert_refused("{{}}", "line 1: \"\" is no name");
    assert_refused("{{a b}}", "line 1: \"a b\" is no name");
    assert_refused("{{a.}}", "line 1: \"a.\" is no name");
}

#[test]
fn there_are_limits() {
    let nested = |count: usize| format!("{}x{}", "{{#a}}".repeat(count), "{{/a}}".repeat(count));
    assert_text(&nested(32), json!({"a": true}), "x");
    assert_refused(
        &nested(33),
        "line 1: more than 32 sections stand in each other",
    );
    let elements = |count: usize| json!({"a": vec![1; count]});
    assert_eq!(
        run("{{#a}}x{{/a}}", elements(19_999), false)
            .expect("just so")
            .text
            .len(),
        19_999
    );
    assert_eq!(
        run("{{#a}}x{{/a}}", elements(20_000), false)
            .expect_err("more")
            .code,
        "too_large"
    );
    let long = json!({"a": "x".repeat(100_000)});
    assert_eq!(
        run("{{a}}{{a}}", long.clone(), false)
            .expect("just so")
            .text
            .len(),
        200_000
    );
    assert_eq!(
        run("{{a}}{{a}}.", long, false).expect_err("more").code,
        "too_large"
    );
    assert_eq!(
        run(&"x".repeat(20_001), json!({}), false)
            .expect_err("long")
            .code,
        "invalid_input"
    );
}
