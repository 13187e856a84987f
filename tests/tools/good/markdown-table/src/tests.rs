use super::*;

#[track_caller]
fn assert_formatted(markdown: &str, expected: &str) {
    let formatted = format(markdown);
    assert_eq!(formatted, expected);
    assert_eq!(format(&formatted), expected, "formatted twice");
}

#[track_caller]
fn assert_untouched(markdown: &str) {
    assert_formatted(markdown, markdown);
}

#[test]
fn every_alignment_is_kept() {
    assert_formatted(
        "a|b|c|d\n-|:-|:-:|-:\nxxxxx|xxxxx|xx|xx\n1|2|3|4",
        "| a     | b     |  c  |   d |\n\
         | ----- | :---- | :-: | --: |\n\
         | xxxxx | xxxxx | xx  |  xx |\n\
         | 1     | 2     |  3  |   4 |",
    );
}

#[test]
fn text_without_tables_is_untouched() {
    assert_untouched("");
    assert_untouched("a | b\n\nc | d\n");
    assert_untouched("# a | b\ntext\n");
    assert_untouched("a | b\n--- | x\n");
}

#[test]
fn a_heading_under_text_is_no_table() {
    assert_untouched("Title\n---\n");
}

#[test]
fn a_rule_of_another_width_makes_no_table() {
    assert_untouched("|a|b|\n|-|\n|1|2|\n");
}

#[test]
fn rows_with_too_many_cells_lose_nothing() {
    assert_untouched("|a|b|\n|-|-|\n|1|2|3|\n");
}

#[test]
fn escaped_pipes_stay_in_their_cell() {
    assert_formatted("|a|\n|-|\n|x\\|y|", "| a    |\n| ---- |\n| x\\|y |");
    assert_formatted(
        "|a|b|\n|-|-|\n|x\\\\|y|",
        "| a   | b   |\n| --- | --- |\n| x\\\\ | y   |",
    );
}

#[test]
fn code_is_left_alone_to_the_end_of_its_block() {
    assert_untouched("~~~\n|a|b|\n|-|-|\n");
    assert_untouched("````\n```\n|a|b|\n|-|-|\n````\n");
    assert_untouched("    |a|b|\n    |-|-|\n");
    assert_formatted(
        "```sh\n|a|\n|-|\n```\n|a|\n|-|\n",
        "```sh\n|a|\n|-|\n```\n| a   |\n| --- |\n",
    );
}

#[test]
fn a_table_ends_where_another_block_begins() {
    assert_formatted(
        "|a|\n|-|\n|1|\n# next\n|2|\n",
        "| a   |\n| --- |\n| 1   |\n# next\n|2|\n",
    );
}

#[test]
fn wide_signs_take_two_columns_and_marks_none() {
    assert_formatted(
        "|a|b|\n|-|-|\n|日本|x|\n|e\u{301}|y|",
        "| a    | b   |\n| ---- | --- |\n| 日本 | x   |\n| e\u{301}    | y   |",
    );
}

#[test]
fn two_tables_are_lined_up_each_by_itself() {
    assert_formatted(
        "|a|\n|-|\n\n|long head|\n|-|",
        "| a   |\n| --- |\n\n| long head |\n| --------- |",
    );
}

#[test]
fn line_ends_of_windows_do_not_add_up() {
    let once = format("|a|\r\n|-|\r\n|1|\r\n");
    assert_eq!(format(&once), once);
}
