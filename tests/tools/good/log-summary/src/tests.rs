use super::*;
use line::{Line, pattern};

fn asked() -> Input {
    Input {
        from: None,
        until: None,
        level: Level::Trace,
        matching: None,
        kinds: 10,
    }
}

fn run(input: &Input) -> Output {
    summarise(&folder("/logs"), input).expect("the fixture")
}

#[test]
fn all_lines_are_counted() {
    let output = run(&asked());
    assert_eq!((output.files, output.lines, output.unread), (2, 6, 1));
    let levels: Vec<_> = output.levels.into_iter().collect();
    assert_eq!(
        levels,
        [
            (Level::Debug, 1),
            (Level::Info, 2),
            (Level::Warn, 1),
            (Level::Error, 2)
        ]
    );
    let hours: Vec<_> = output.hours.into_iter().collect();
    assert_eq!(
        hours,
        [
            ("2026-02-28T22".to_owned(), 1),
            ("2026-02-28T23".to_owned(), 1),
            ("2026-03-01T08".to_owned(), 4)
        ]
    );
    let span = output.span.expect("lines");
    assert_eq!(
        (span.first.as_str(), span.last.as_str()),
        ("2026-02-28T22:59:59Z", "2026-03-01T08:02:00Z")
    );
}

#[test]
fn times_are_from_the_first_and_before_the_last() {
    let mut input = asked();
    input.from = Some("2026-03-01T08:00:05Z".to_owned());
    assert_eq!(run(&input).lines, 3);
    input.until = Some("2026-03-01T09:02:00+01:00".to_owned());
    assert_eq!(run(&input).lines, 2);
    input.until = input.from.clone();
    let output = run(&input);
    assert_eq!((output.lines, output.span), (0, None));
}

#[test]
fn levels_above_count_too() {
    let mut input = asked();
    input.level = Level::Warn;
    assert_eq!(run(&input).lines, 3);
    input.level = Level::Info;
    assert_eq!(run(&input).lines, 5);
}

#[test]
fn messages_may_be_chosen() {
    let mut input = asked();
    input.matching = Some("(?i)DISK|rot".to_owned());
    assert_eq!(run(&input).lines, 2);
    input.matching = Some("(".to_owned());
    assert_eq!(
        summarise(Path::new("/none"), &input)
            .expect_err("no pattern")
            .code,
        "bad_pattern"
    );
}

#[test]
fn the_most_frequent_kinds_come_first() {
    let mut input = asked();
    let kinds = run(&input).kinds;
    let told: Vec<(&str, usize)> = kinds
        .iter()
        .map(|it| (it.pattern.as_str(), it.count))
        .collect();
    assert_eq!(
        told,
        [
            ("request # failed: timed out after # ms", 2),
            ("cache # entries", 1),
            ("disk #% full", 1),
            ("rotated", 1),
            ("started in # ms", 1),
        ]
    );
    input.kinds = 1;
    assert_eq!(run(&input).kinds.len(), 1);
    input.kinds = 0;
    assert_eq!(run(&input).kinds, []);
}

#[test]
fn patterns_leave_out_what_differs() {
    for (message, expected) in [
        ("", ""),
        ("plain words.", "plain words."),
        ("user 12 and user-13.", "user # and #."),
        ("file \"a b.txt\" of 1.5 MB", "file \"#\" of # MB"),
        ("id=ab12cd, x_1: y", "id=#, #: y"),
        ("an open \"quote 1", "an open \""),
        ("v1.2.3... done", "#... done"),
        ("٣ signs", "# signs"),
    ] {
        assert_eq!(pattern(message), expected, "{message}");
    }
}

#[test]
fn lines_are_read_or_not() {
    let level = |text: &str| Line::read(&format!("2026-01-01T00:00:00Z {text}")).map(|it| it.level);
    assert_eq!(level("[warn] x"), Some(Level::Warn));
    assert_eq!(level("WARNING: x"), Some(Level::Warn));
    assert_eq!(level("fatal x"), Some(Level::Error));
    assert_eq!(level("notice"), Some(Level::Info));
    assert_eq!(level("trace x"), Some(Level::Trace));
    assert_eq!(level("Info"), Some(Level::Info));
    assert_eq!(level("information x"), None);
    assert_eq!(level(""), None);
    assert_eq!(Line::read("2026-13-01T00:00:00Z INFO x"), None);
    assert_eq!(Line::read("INFO"), None);
    let line = Line::read("2026-01-01T00:00:00Z INFO   a b ").expect("a line");
    assert_eq!(line.message, "a b");
}

#[test]
fn times_are_checked() {
    let mut input = asked();
    input.until = Some("2026-02-30T00:00:00Z".to_owned());
    let error = summarise(Path::new("/none"), &input).expect_err("no time");
    assert_eq!(error.code, "bad_time");
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let error = summarise(&folder("/logs/none"), &asked()).expect_err("nothing there");
    assert_eq!(error.code, "unreadable_folder");
}
