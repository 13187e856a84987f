use super::*;

fn solve(rows: &[&[&str]]) -> Result<Output, ToolError> {
    let rows = rows.iter().map(|row| {
        let row = row.iter().map(|text| Number::Text((*text).to_owned()));
        row.collect()
    });
    linear_solve(Input {
        rows: rows.collect(),
    })
}

#[track_caller]
fn assert_code(rows: &[&[&str]], code: &str) {
    assert_eq!(solve(rows).expect_err("no system").code, code);
}

fn fraction(text: &str) -> Fraction {
    text.parse().expect("a number")
}

#[test]
fn numbers_come_in_three_forms() {
    for (text, written) in [
        ("4", "4"),
        ("-4", "-4"),
        ("6/4", "3/2"),
        ("-6/4", "-3/2"),
        ("0/5", "0"),
        ("-0", "0"),
        ("0.125", "1/8"),
        ("-2.50", "-5/2"),
        ("007", "7"),
        ("999999999999999999", "999999999999999999"),
    ] {
        assert_eq!(fraction(text).to_string(), written, "{text}");
    }
}

#[test]
fn what_is_no_number_is_refused() {
    use fraction::NoNumber;
    let of = |text: &str| text.parse::<Fraction>().expect_err(text);
    for text in [
        "", "-", "--1", "+1", "1/", "/2", "1/2/3", "1.", ".5", "1.2.3", "1e3", "½", " 1", "1/-2",
    ] {
        assert_eq!(of(text), NoNumber::Form, "{text}");
    }
    assert_eq!(of("1000000000000000000"), NoNumber::Form, "19 digits");
    assert_eq!(of("0.0000000000000000001"), NoNumber::Form, "19 digits");
    assert_eq!(of("1/0"), NoNumber::Zero);
    assert_eq!(of("0/00"), NoNumber::Zero);
    assert_code(&[&["x", "1"]], "bad_number");
}

#[test]
fn fractions_are_exact() {
    assert_eq!(fraction("1/3").minus(fraction("1/6")), Ok(fraction("1/6")));
    assert_eq!(fraction("1/2").minus(fraction("1/2")), Ok(Fraction::ZERO));
    assert_eq!(
        fraction("2/3").times(fraction("-9/4")),
        Ok(fraction("-3/2"))
    );
    assert_eq!(fraction("-2/3").inverse(), Ok(fraction("-3/2")));
    assert_eq!(fraction("5").negative(), Ok(fraction("-5")));
}

#[test]
fn three_equations_have_one_solution() {
    let output = solve(&[
        &["2", "1", "-1", "8"],
        &["-3", "-1", "2", "-11"],
        &["-2", "1", "2", "-3"],
    ]);
    let output = output.expect("a system");
    assert_eq!(output.solution, ["2", "3", "-1"]);
    assert_eq!((output.kind, output.rank), (Kind::Unique, 3));
    assert_eq!(output.determinant.as_deref(), Some("-1"));
}

#[test]
fn rows_change_their_places_where_a_pivot_is_missing() {
    let output = solve(&[&["0", "2", "4"], &["3", "0", "9"]]).expect("a system");
    assert_eq!(output.solution, ["3", "2"]);
    assert_eq!(output.determinant.as_deref(), Some("-6"));
}

#[test]
fn what_is_free_is_told() {
    let output =
        solve(&[&["1", "2", "0", "3", "5"], &["0", "0", "1", "4", "6"]]).expect("a system");
    assert_eq!(output.kind, Kind::Many);
    assert_eq!(output.free, [2, 4]);
    assert_eq!(output.solution, ["5", "0", "6", "0"]);
    assert_eq!((output.rank, output.determinant), (2, None));
}

#[test]
fn nothing_in_all_columns_says_nothing() {
    let output = solve(&[&["0", "0"]]).expect("a system");
    assert_eq!(
        (output.kind, output.rank, output.free),
        (Kind::Many, 0, vec![1])
    );
    assert_eq!(output.determinant.as_deref(), Some("0"));
    assert_eq!(solve(&[&["0", "1"]]).expect("a system").kind, Kind::None);
}

#[test]
fn more_equations_than_unknowns_may_agree() {
    let output = solve(&[&["1", "2"], &["2", "4"], &["3", "6"]]).expect("a system");
    assert_eq!(
        (output.kind, output.rank, output.determinant),
        (Kind::Unique, 1, None)
    );
    let output = solve(&[&["1", "2"], &["2", "4"], &["3", "7"]]).expect("a system");
    assert_eq!((output.kind, output.solution), (Kind::None, Vec::new()));
}

#[test]
fn whole_numbers_may_be_numbers() {
    let rows = vec![vec![Number::Whole(i32::MIN), Number::Whole(i32::MAX)]];
    let output = linear_solve(Input { rows }).expect("a system");
    assert_eq!(output.solution, ["-2147483647/2147483648"]);
    assert_eq!(output.determinant.as_deref(), Some("-2147483648"));
}

#[test]
fn what_gets_too_large_is_an_error() {
    let huge = "999999999999999989/999999999999999967";
    let other = "999999999999999877/999999999999999883";
    assert_code(
        &[
            &[huge, other, "1/999999999999999863", "1"],
            &[other, "1/999999999999999961", huge, "2"],
            &["1/999999999999999953", huge, other, "3"],
        ],
        "overflow",
    );
}

#[test]
fn the_form_is_checked() {
    assert_code(&[], "invalid_input");
    assert_code(&[&["1"]], "invalid_input");
    assert_code(&[&["1", "2"], &["1"]], "ragged");
    assert_code(&[&["1", "2"], &["1", "2", "3"]], "ragged");
    let row = vec!["1"; 13];
    assert_eq!(solve(&vec![&row[..]; 12]).expect("just so large").rank, 1);
    assert_code(&vec![&row[..]; 13], "too_large");
    assert_code(&[&["1"; 14]], "too_large");
}
