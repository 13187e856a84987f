use super::*;

fn input(pattern: &str) -> Input {
    Input {
        pattern: pattern.to_owned(),
        ignore_case: false,
        endings: Vec::new(),
        limit: 100,
    }
}

/// What is found in one text.
fn found(pattern: &str, text: &str) -> Vec<(usize, usize, String)> {
    let mut output = Output {
        matches: Vec::new(),
        total: 0,
        files: 0,
        skipped: Vec::new(),
    };
    let pattern = Regex::new(pattern).expect("a pattern");
    search_file("f", text, &pattern, 100, &mut output);
    output
        .matches
        .into_iter()
        .map(|found| (found.line, found.column, found.text))
        .collect()
}

#[test]
fn files_of_all_folders_are_read_in_order() {
    let files = walk::files(&folder("/docs")).expect("the fixture");
    assert_eq!(files, ["guides/anvil.md", "index.md", "notes/todo.txt"]);
}

#[test]
fn a_line_counts_once_however_often_it_matches() {
    assert_eq!(
        found("a", "aaa\nb\na"),
        [(1, 1, "aaa".to_owned()), (3, 1, "a".to_owned())]
    );
}

#[test]
fn columns_are_characters() {
    assert_eq!(found("x", "  éx"), [(1, 4, "éx".to_owned())]);
}

#[test]
fn a_pattern_never_spans_lines_and_line_ends_are_no_part_of_them() {
    assert_eq!(found("a\\s*b", "a\nb"), []);
    assert_eq!(found("a$", "a\r\nb"), [(1, 1, "a".to_owned())]);
}

#[test]
fn case_matters_unless_it_is_ignored() {
    let mut input = input("ANVIL");
    assert_eq!(text_search_total(&input), 1);
    input.ignore_case = true;
    assert_eq!(text_search_total(&input), 6);
}

fn text_search_total(input: &Input) -> usize {
    search(&folder("/docs"), input).expect("the fixture").total
}

#[test]
fn endings_choose_files() {
    let mut input = input("oil");
    input.endings = vec![".txt".to_owned(), ".rst".to_owned()];
    let output = search(&folder("/docs"), &input).expect("the fixture");
    assert_eq!((output.files, output.total), (1, 1));
}

#[test]
fn with_a_limit_of_nothing_matches_are_only_counted() {
    let mut input = input("anvil");
    input.limit = 0;
    let output = search(&folder("/docs"), &input).expect("the fixture");
    assert_eq!((output.matches.len(), output.total), (0, 4));
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let error = search(&folder("/docs/none"), &input("a")).expect_err("nothing there");
    assert_eq!(error.code, "unreadable_folder");
}

#[test]
fn a_pattern_that_is_none_is_refused_before_anything_is_read() {
    let error = search(Path::new("/none"), &input("[")).expect_err("no pattern");
    assert_eq!(error.code, "bad_pattern");
}
