use super::*;

#[track_caller]
fn assert_wrapped(text: &str, width: usize, expected: &str) {
    let once = wrapped(text, width, false);
    assert_eq!(once, expected);
    assert_eq!(wrapped(&once, width, false), expected, "wrapped twice");
}

#[track_caller]
fn assert_untouched(text: &str) {
    assert_wrapped(text, 20, text);
}

#[test]
fn words_are_put_on_a_line_up_to_its_last_column() {
    assert_wrapped("aaaa bbbb cccc dddd e", 19, "aaaa bbbb cccc dddd\ne");
    assert_wrapped("aaaa bbbb cccc dddd e", 18, "aaaa bbbb cccc\ndddd e");
    assert_wrapped("a\nb\nc", 20, "a b c");
    assert_wrapped("  a   b\t c  ", 20, "  a b c");
}

#[test]
fn paragraphs_stay_apart() {
    assert_wrapped("a\nb\n\nc\nd\n", 20, "a b\n\nc d\n");
    assert_wrapped("\n\na", 20, "\n\na");
    assert_untouched("");
    assert_untouched("\n");
}

#[test]
fn elements_of_lists_have_their_text_below_each_other() {
    assert_wrapped(
        "- aaaa bbbb cccc dddd eeee\n- f\n  g\n",
        20,
        "- aaaa bbbb cccc\n  dddd eeee\n- f g\n",
    );
    assert_wrapped(
        "10. aaaa bbbb cccc dddd",
        20,
        "10. aaaa bbbb cccc\n    dddd",
    );
    assert_wrapped("1) a\n2) b", 20, "1) a\n2) b");
    assert_wrapped("* a\nb", 20, "* a\nb");
    assert_wrapped("12345. a\nb", 20, "12345. a b");
}

#[test]
fn quotes_keep_their_sign_on_each_line() {
    assert_wrapped(
        "> aaaa bbbb cccc dddd eeee",
        20,
        "> aaaa bbbb cccc\n> dddd eeee",
    );
    assert_wrapped("> a\n> b\nc", 20, "> a b\nc");
    assert_wrapped("> > a\n> > b", 20, "> > a b");
    assert_wrapped(">a\n>b", 20, "> a b");
    assert_wrapped(
        "> - aa bb cc dd ee ff gg",
        20,
        "> - aa bb cc dd ee\n>   ff gg",
    );
}

#[test]
fn headings_rules_tables_and_code_are_left_alone() {
    assert_untouched("# a heading that is wider than a line\ntext");
    assert_untouched("text\n====\n-----------------------------");
    assert_untouched("| a | b that is wide | c |\n|---|---|---|");
    assert_untouched("    a line of code that is wide");
    assert_untouched("~~~\na line of code that is wide\n```\n~~~~");
    assert_untouched("```\nnever closed, and wider than a line");
    assert_wrapped("```\na\n```\nb\nc", 20, "```\na\n```\nb c");
    assert_wrapped("a\n```\nb\nc\n```", 20, "a\n```\nb\nc\n```");
}

#[test]
fn a_word_that_is_too_wide_stands_on_its_own() {
    assert_wrapped(
        "a bbbbbbbbbbbbbbbbbbbbbbbbb c",
        20,
        "a\nbbbbbbbbbbbbbbbbbbbbbbbbb\nc",
    );
    let broken = wrapped("a bbbbbbbbbbbbbbbbbbbbbbbbb c", 20, true);
    assert_eq!(broken, "a\nbbbbbbbbbbbbbbbbbbbb\nbbbbb c");
}

#[test]
fn wide_signs_take_two_columns() {
    assert_wrapped("日本日本 日本日本 日本", 20, "日本日本 日本日本\n日本");
    assert_eq!(
        wrapped(&"日".repeat(11), 20, true),
        "日日日日日日日日日日\n日"
    );
}

#[test]
fn a_word_that_would_begin_a_block_begins_no_line() {
    assert_wrapped("aaaa bbbb cccc dddd - e", 20, "aaaa bbbb cccc dddd -\ne");
    assert_wrapped("aaaa bbbb cccc ddddd # e", 20, "aaaa bbbb cccc ddddd #\ne");
    assert_wrapped(
        "aaaa bbbb cccc ddddd 1. e",
        20,
        "aaaa bbbb cccc ddddd 1.\ne",
    );
    assert_wrapped(
        "aaaa bbbb cccc ddddd 1.5 e",
        20,
        "aaaa bbbb cccc ddddd\n1.5 e",
    );
}

#[test]
fn the_width_is_put_in_range() {
    let of = |width| {
        let document = Document {
            text: "a".to_owned(),
            width,
            break_words: false,
        };
        text_wrap(document).expect("any text").width
    };
    assert_eq!([of(0), of(19), of(20), of(21)], [20, 20, 20, 21]);
    assert_eq!(
        [of(399), of(400), of(401), of(u32::MAX)],
        [399, 400, 400, 400]
    );
}

#[test]
fn line_ends_of_windows_are_blanks() {
    assert_wrapped("a\r\nb\r\n", 20, "a b\n");
}
