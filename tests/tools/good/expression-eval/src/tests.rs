use super::*;

fn run(expression: &str, variables: &[(&str, f64)]) -> Result<Output, ToolError> {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), *value))
        .collect();
    expression_eval(Input {
        expression: expression.to_owned(),
        variables,
    })
}

#[track_caller]
fn assert_value(expression: &str, value: f64, understood: &str) {
    let output = run(expression, &[]).expect("an expression");
    assert_eq!(
        (output.value, output.understood.as_str()),
        (value, understood)
    );
}

#[track_caller]
fn assert_refused(expression: &str, code: &str, message: &str) {
    let error = run(expression, &[("x", 1.0)]).expect_err("no expression");
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        (code, message)
    );
}

#[test]
fn operators_bind_as_in_school() {
    assert_value("1-2-3", -4.0, "((1 - 2) - 3)");
    assert_value("2*3+4*5", 26.0, "((2 * 3) + (4 * 5))");
    assert_value("(1+2)*3", 9.0, "((1 + 2) * 3)");
    assert_value("8/4/2", 1.0, "((8 / 4) / 2)");
    assert_value("7%4*2", 6.0, "((7 % 4) * 2)");
}

#[test]
fn powers_bind_from_the_right() {
    assert_value("2^3^2", 512.0, "(2 ^ (3 ^ 2))");
    assert_value("2^-1", 0.5, "(2 ^ (-1))");
    assert_value("-3^2+1", -8.0, "((-(3 ^ 2)) + 1)");
    assert_value("2*3^2", 18.0, "(2 * (3 ^ 2))");
}

#[test]
fn signs_may_stand_one_before_the_other() {
    assert_value("--1", 1.0, "(-(-1))");
    assert_value("+4", 4.0, "4");
    assert_value("3 - -3", 6.0, "(3 - (-3))");
    assert_value("-2*3", -6.0, "((-2) * 3)");
}

#[test]
fn numbers_have_points_and_exponents() {
    assert_value(".5", 0.5, "0.5");
    assert_value("1.", 1.0, "1");
    assert_value("1.5e2", 150.0, "150");
    assert_value("2E-1", 0.2, "0.2");
    assert_refused(".", "syntax_error", "at 1: \".\" is no number");
    assert_refused("1e999", "syntax_error", "at 1: \"1e999\" is no number");
    assert_refused(
        "2e",
        "syntax_error",
        "at 2: the name \"e\" can't stand here",
    );
}

#[test]
fn functions_take_what_they_take() {
    assert_value("max(1, 3, 2)", 3.0, "max(1, 3, 2)");
    assert_value("min(4,-1)", -1.0, "min(4, (-1))");
    assert_value("abs(-2)+ceil(0.1)", 3.0, "(abs((-2)) + ceil(0.1))");
    assert_value("floor(2.9)*round(2.5)", 6.0, "(floor(2.9) * round(2.5))");
    assert_value("ln(1)", 0.0, "ln(1)");
    assert_refused(
        "sqrt()",
        "wrong_arguments",
        "sqrt takes one argument, and is given 0",
    );
    assert_refused(
        "abs(1,2)",
        "wrong_arguments",
        "abs takes one argument, and is given 2",
    );
    assert_refused(
        "max()",
        "wrong_arguments",
        "max takes at least one argument, and is given 0",
    );
    let error = run("sin(1)", &[]).expect_err("no such function");
    assert_eq!(error.code, "unknown_name");
    assert!(error.message.contains("\"sqrt\""), "{error}");
}

#[test]
fn names_are_looked_up() {
    let output = run("b*x + pi*0", &[("b", 2.0), ("x", 5.0), ("y", 1.0)]).expect("names");
    assert_eq!(output.value, 10.0);
    assert_eq!(output.uses.into_iter().collect::<Vec<_>>(), ["b", "x"]);
    assert_eq!(run("e", &[("e", 1.0)]).expect("a name").value, 1.0);
    assert!(run("e", &[]).expect("a name").value > 2.7);
    assert_refused(
        "x + z",
        "unknown_name",
        "there is no variable \"z\"; there are [\"x\"], \"pi\" and \"e\"",
    );
}

#[test]
fn uses_are_found_below_signs_and_in_calls() {
    let output = run("-a + max(b, 1)", &[("a", 1.0), ("b", 2.0)]).expect("names");
    assert_eq!(output.uses.len(), 2);
    assert_eq!(output.value, 1.0);
}

#[test]
fn what_is_no_number_is_an_error() {
    assert_refused("1/0", "not_a_number", "(1 / 0) is larger than numbers get");
    assert_refused("0/0", "not_a_number", "(0 / 0) is no number");
    assert_refused("sqrt(0-1)", "not_a_number", "sqrt((0 - 1)) is no number");
    assert_refused(
        "10^400",
        "not_a_number",
        "(10 ^ 400) is larger than numbers get",
    );
}

#[test]
fn places_are_told() {
    assert_refused(
        "",
        "syntax_error",
        "the expression ends where a number, a name or a bracket is missing",
    );
    assert_refused(
        "1 +",
        "syntax_error",
        "the expression ends where a number, a name or a bracket is missing",
    );
    assert_refused("1 2", "syntax_error", "at 3: the number 2 can't stand here");
    assert_refused("é", "syntax_error", "at 1: 'é' can't stand here");
    assert_refused(
        "(1,2)",
        "syntax_error",
        "at 3: a closing bracket is missing",
    );
    assert_refused("1)", "syntax_error", "at 2: ')' can't stand here");
    assert_refused("*1", "syntax_error", "at 1: '*' can't stand here");
}

#[test]
fn depth_has_a_limit() {
    let nested = |count: usize| format!("{}1{}", "(".repeat(count), ")".repeat(count));
    assert_eq!(run(&nested(64), &[]).expect("just so deep").value, 1.0);
    assert_eq!(
        run(&nested(65), &[]).expect_err("too deep").code,
        "too_deep"
    );
    let chain = |count: usize| format!("1{}", "+1".repeat(count));
    assert_eq!(run(&chain(500), &[]).expect("just so long").value, 501.0);
    assert_eq!(
        run(&chain(501), &[]).expect_err("too long").code,
        "too_deep"
    );
}

#[test]
fn length_has_a_limit() {
    let long = |count: usize| format!("1{}", " ".repeat(count - 1));
    assert_eq!(run(&long(2000), &[]).expect("just so long").value, 1.0);
    assert_eq!(
        run(&long(2001), &[]).expect_err("too long").code,
        "invalid_input"
    );
}
