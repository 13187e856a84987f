use super::*;
use serde_json::json;

fn parse(ini: &str, typed: bool) -> Result<Output, ToolError> {
    ini_parse(Input {
        ini: ini.to_owned(),
        typed,
        lower_case: false,
    })
}

/// The keys before any section.
#[track_caller]
fn assert_global(ini: &str, expected: Value) {
    let output = parse(ini, false).expect("a file");
    assert_eq!(Value::Object(output.global), expected);
    assert!(output.sections.is_empty());
}

#[track_caller]
fn assert_refused(ini: &str, message: &str) {
    let error = parse(ini, false).expect_err("no file");
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("syntax_error", message)
    );
}

#[track_caller]
fn assert_typed(text: &str, expected: Value) {
    assert_eq!(typed::typed(text), expected, "{text}");
}

#[test]
fn a_key_ends_at_the_first_sign() {
    assert_global("a=b=c", json!({"a": "b=c"}));
    assert_global("a : b=c", json!({"a": "b=c"}));
    assert_global("a b =c", json!({"a b": "c"}));
}

#[test]
fn comments_begin_a_line_or_follow_a_blank() {
    assert_global(
        "# a=1\n  ; b=2\nc=3 # d\ne=x#y\n",
        json!({"c": "3", "e": "x#y"}),
    );
    assert_global("a=;nothing\nb= #\n", json!({"a": "", "b": ""}));
}

#[test]
fn quotes_keep_blanks_and_signs() {
    assert_global(r#"a = "  x ; y " "#, json!({"a": "  x ; y "}));
    assert_global(r#"a="x\n\t\"\\y""#, json!({"a": "x\n\t\"\\y"}));
    assert_global(r#"a=b "c" d"#, json!({"a": "b c d"}));
    assert_global("a=\"x\"#y", json!({"a": "x#y"}));
    assert_global("a=\"\"", json!({"a": ""}));
}

#[test]
fn a_backslash_at_the_end_goes_on_in_the_next_line() {
    assert_global("a=1\\\n2\\\n3\nb=4", json!({"a": "123", "b": "4"}));
    assert_global("a=x\\\\\nb=1", json!({"a": "x\\\\", "b": "1"}));
    assert_global("# a\\\nb=1", json!({"b": "1"}));
    assert_global("a=1\\", json!({"a": "1"}));
}

#[test]
fn keys_of_a_section_are_put_together() {
    let output = parse("[a]\nx=1\n[b]\n[a]\ny=2\nx=3\nx=4", false).expect("a file");
    let expected = json!({"a": {"x": ["1", "3", "4"], "y": "2"}, "b": {}});
    assert_eq!(Value::Object(output.sections), expected);
    assert_eq!(output.keys, 4);
}

#[test]
fn a_section_may_have_a_comment_and_blanks() {
    let output = parse("[ a b ] ; c\nx=1", false).expect("a file");
    assert_eq!(Value::Object(output.sections), json!({"a b": {"x": "1"}}));
    assert_refused(
        "[a] b",
        "line 1: only a comment can follow a section's bracket",
    );
}

#[test]
fn what_is_wrong_has_its_line() {
    assert_refused(
        "a=1\n\nb",
        "line 3: there is neither `=` nor `:` after the key",
    );
    assert_refused("=1", "line 1: the key is missing");
    assert_refused("[]", "line 1: the section has no name");
    assert_refused("[a", "line 1: the section's bracket is not closed");
    assert_refused("x=1\\\n2\na=\"b", "line 3: the quotes are not closed");
    assert_refused("a=\"b\\", "line 1: the quotes are not closed");
    assert_refused(
        "a=\"\\x\"",
        "line 1: this can't stand after a backslash in quotes",
    );
}

#[test]
fn a_mark_of_byte_order_is_no_part_of_a_key() {
    assert_global("\u{feff}a=1", json!({"a": "1"}));
}

#[test]
fn lower_case_puts_keys_together() {
    let output = ini_parse(Input {
        ini: "[A]\nX=Y\nx=z\n[a]\nX=w".to_owned(),
        typed: false,
        lower_case: true,
    });
    let sections = output.expect("a file").sections;
    assert_eq!(
        Value::Object(sections),
        json!({"a": {"x": ["Y", "z", "w"]}})
    );
}

#[test]
fn types_are_seen_by_their_form() {
    assert_typed("0", json!(0));
    assert_typed("-12", json!(-12));
    assert_typed("9223372036854775807", json!(i64::MAX));
    assert_typed("9223372036854775808", json!("9223372036854775808"));
    assert_typed("007", json!("007"));
    assert_typed("1.50", json!(1.5));
    assert_typed("-0.5", json!(-0.5));
    assert_typed("1.", json!("1."));
    assert_typed(".5", json!(".5"));
    assert_typed("1.2.3", json!("1.2.3"));
    assert_typed("1e5", json!("1e5"));
    assert_typed("0xfF", json!(255));
    assert_typed("0x", json!("0x"));
    assert_typed("0x+1", json!("0x+1"));
    assert_typed("-", json!("-"));
    assert_typed("Yes", json!(true));
    assert_typed("OFF", json!(false));
    assert_typed("None", json!(null));
    assert_typed("nan", json!("nan"));
}

#[test]
fn quoted_values_stay_texts() {
    let output = parse("a=\"1\"\nb=1", true).expect("a file");
    assert_eq!(Value::Object(output.global), json!({"a": "1", "b": 1}));
}

#[test]
fn a_file_has_a_limit() {
    assert_eq!(
        parse(&"a=1\n".repeat(5000), false).expect("just so").keys,
        5000
    );
    assert_eq!(
        parse(&"\n".repeat(5001), false).expect_err("more").code,
        "too_large"
    );
}
