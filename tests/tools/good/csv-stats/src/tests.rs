use super::*;
use column::{Frequent, Kind, Numbers};

fn stats(csv: &str) -> Result<Output, ToolError> {
    csv_stats(Input {
        csv: csv.to_owned(),
        delimiter: ',',
        columns: Vec::new(),
    })
}

/// The summary of a single column of these values.
fn column(values: &[&str]) -> Summary {
    let mut column = Column::new("c");
    values.iter().for_each(|value| column.take(value));
    column.summary()
}

#[test]
fn one_number_is_its_own_mean() {
    let numbers = column(&["-2.5"]).numbers.expect("a number");
    let same = Numbers {
        min: -2.5,
        max: -2.5,
        mean: -2.5,
        median: -2.5,
        deviation: 0.0,
    };
    assert_eq!(numbers, same);
}

#[test]
fn the_median_is_in_the_middle_whatever_the_order() {
    assert_eq!(
        column(&["9", "1", "10"]).numbers.expect("numbers").median,
        9.0
    );
    assert_eq!(
        column(&["4", "1", "2", "100"])
            .numbers
            .expect("numbers")
            .median,
        3.0
    );
    assert_eq!(
        column(&["1", "1", "1", "7"])
            .numbers
            .expect("numbers")
            .median,
        1.0
    );
}

#[test]
fn one_text_makes_a_column_of_texts() {
    let summary = column(&["1", "2", "n/a", "2"]);
    assert_eq!(summary.kind, Kind::Text);
    assert_eq!(summary.numbers, None);
    assert_eq!(summary.distinct, 3);
    let two = Frequent {
        value: "2".to_owned(),
        count: 2,
    };
    assert_eq!(summary.most_frequent, Some(two));
}

#[test]
fn infinities_are_texts() {
    assert_eq!(column(&["1", "inf"]).kind, Kind::Text);
    assert_eq!(column(&["NaN"]).kind, Kind::Text);
}

#[test]
fn of_equally_frequent_texts_the_first_in_the_alphabet_is_told() {
    let summary = column(&["b", "a", "a", "b", "c"]);
    assert_eq!(summary.most_frequent.expect("texts").value, "a");
}

#[test]
fn white_space_is_empty() {
    let summary = column(&["", "  ", "\t"]);
    assert_eq!(
        (summary.kind, summary.empty, summary.distinct),
        (Kind::Empty, 3, 0)
    );
}

#[test]
fn names_alone_are_no_rows() {
    let output = stats("a,b\n").expect("it is well formed");
    assert_eq!(output.rows, 0);
    assert!(
        output
            .columns
            .iter()
            .all(|column| column.kind == Kind::Empty)
    );
}

#[test]
fn quoted_fields_may_have_line_ends() {
    let output = stats("a\n\"x\ny\"\n").expect("it is well formed");
    assert_eq!(output.rows, 1);
    assert_eq!(
        output.columns[0]
            .most_frequent
            .as_ref()
            .expect("a text")
            .value,
        "x\ny"
    );
}

#[test]
fn a_text_without_names_is_refused() {
    assert_eq!(stats("").expect_err("empty").code, "no_columns");
}

#[test]
fn a_longer_record_is_refused_with_its_line() {
    let error = stats("a\n1\n2,3\n").expect_err("too long");
    assert_eq!(error.code, "malformed_csv");
    assert_eq!(
        error.message,
        "line 3 has 2 fields and not 1 like those before"
    );
}

#[test]
fn unknown_columns_are_refused_with_those_there_are() {
    let error = csv_stats(Input {
        csv: "a,b\n".to_owned(),
        delimiter: ',',
        columns: vec!["c".to_owned()],
    })
    .expect_err("there is no c");
    assert_eq!(error.code, "unknown_column");
    assert!(error.message.contains(r#"["a", "b"]"#), "{error}");
}

#[test]
fn only_ascii_parts_fields() {
    let input = Input {
        csv: "a\n".to_owned(),
        delimiter: 'é',
        columns: Vec::new(),
    };
    assert_eq!(
        csv_stats(input).expect_err("two bytes").code,
        "invalid_input"
    );
}
