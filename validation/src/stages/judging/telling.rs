//! What is said of the tests.

use super::runs::{Case, Went, What};
use super::tried::{Outcome, Tried};
use super::{Line, ratio};
use crate::mutation::Source;
use crate::stages::Found;
use crate::{Finding, Place};
use std::collections::BTreeSet;

/// Stretches of lines that are named, and changes.
const MOST: usize = 10;
/// Below this share of reached lines a person should look.
const LITTLE_REACHED: f64 = 0.5;
/// A tool of fewer lines has no share worth speaking of.
const FEW_LINES: usize = 10;
/// Below this share of noticed changes a person should look.
const LITTLE_NOTICED: f64 = 0.3;
/// So many changes have to be tried before their share says something.
const FEW_CHANGES: usize = 8;
/// So many that no assertion notices are no accident.
const NO_ACCIDENT: usize = 5;

fn place(sources: &[Source], (file, line): Line, column: Option<u32>) -> Option<Place> {
    let source = sources.get(usize::from(file))?;
    Some(Place::File {
        path: source.path().to_owned(),
        line: Some(line),
        column,
    })
}

/// What tests and examples reach, and do not.
pub(super) fn reached(
    found: &mut Found,
    cases: &[Case],
    code: &BTreeSet<Line>,
    covered: &BTreeSet<Line>,
    sources: &[Source],
) {
    let tests = || cases.iter().filter(|case| case.is_test() && case.held);
    let idle: Vec<&str> = tests()
        .filter(|case| case.lines.is_empty())
        .filter_map(|case| match &case.what {
            What::Test(name) => Some(name.as_str()),
            What::Example(..) => None,
        })
        .collect();
    let all = tests().count();
    if all > 0 && idle.len() == all {
        found.add(Finding::error(
            "test/never-calls",
            format!("none of the {all} tests that pass runs a line of the tool's own code"),
            "call the tool's own functions in the tests, and assert what they give",
        ));
    } else {
        for name in idle.iter().take(MOST) {
            let finding = Finding::note(
                "test/never-calls",
                format!("the test `{name}` runs no line of the tool's own code"),
                "call the tool's own functions, and assert what they give",
            );
            found.add(finding.at(Place::Test {
                name: (*name).to_owned(),
            }));
        }
    }
    let share = ratio(covered.len(), code.len());
    let missed = stretches(code, covered);
    if code.len() >= FEW_LINES && share < LITTLE_REACHED {
        let mut finding = Finding::warning(
            "test/low-coverage",
            format!(
                "its tests and examples reach {} of its {} lines with code",
                covered.len(),
                code.len()
            ),
            "add tests and examples for what is never reached: each way to answer, each refusal, each edge",
        );
        finding.place = missed
            .iter()
            .max_by_key(|stretch| stretch.count)
            .and_then(|stretch| place(sources, stretch.first, None));
        found.add(finding);
    }
    let mut longest: Vec<&Stretch> = missed.iter().collect();
    longest.sort_by_key(|stretch| std::cmp::Reverse(stretch.count));
    let mut named: Vec<&Stretch> = longest.into_iter().take(MOST).collect();
    named.sort_by_key(|stretch| stretch.first);
    for stretch in named {
        let lines = if stretch.first == stretch.last {
            format!("line {}", stretch.first.1)
        } else {
            format!("lines {} to {}", stretch.first.1, stretch.last.1)
        };
        let mut finding = Finding::note(
            "test/not-reached",
            format!("no test and no example reaches {lines}"),
            "add a test that takes this way, and assert what it gives; if no input can, take the code out",
        );
        finding.place = place(sources, stretch.first, None);
        found.add(finding);
    }
}

/// Lines with code one after the other, none of which was reached.
struct Stretch {
    first: Line,
    last: Line,
    count: usize,
}

fn stretches(code: &BTreeSet<Line>, covered: &BTreeSet<Line>) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut open = false;
    for line in code {
        if covered.contains(line) {
            open = false;
            continue;
        }
        match stretches.last_mut() {
            Some(stretch) if open && stretch.first.0 == line.0 => {
                stretch.last = *line;
                stretch.count += 1;
            }
            _ => stretches.push(Stretch {
                first: *line,
                last: *line,
                count: 1,
            }),
        }
        open = true;
    }
    stretches
}

/// Which changes were noticed, and which were not.
pub(super) fn noticed(found: &mut Found, outcome: &Outcome, sources: &[Source]) {
    let tried = &outcome.tried;
    let count = tried.iter().filter(|it| it.noticed.is_some()).count();
    found.count("mutants_count", outcome.reached as u64);
    found.count("mutants_tried_count", tried.len() as u64);
    found.count("mutants_noticed_count", count as u64);
    if tried.is_empty() {
        return;
    }
    let share = ratio(count, tried.len());
    found
        .metrics
        .insert("mutation_score_ratio".to_owned(), share);
    let by_tests = tried.iter().filter(|it| it.by_tests);
    let by_tests: Vec<&Tried> = by_tests.collect();
    let asserted = by_tests
        .iter()
        .any(|it| it.test_noticed == Some(Went::Asserted));
    if !by_tests.is_empty() && !asserted {
        let message = format!(
            "the tests reach {} small changes of the tool that were tried, and what they assert holds with each of them",
            by_tests.len()
        );
        let remedy = "assert what the tool gives, value by value: `assert_eq!` with results worked out by hand";
        found.add(if by_tests.len() >= NO_ACCIDENT {
            Finding::error("test/asserts-nothing", message, remedy)
        } else {
            // Few changes may all be ones that no result shows.
            Finding::note("test/asserts-nothing", message, remedy)
        });
    } else if tried.len() >= FEW_CHANGES && share < LITTLE_NOTICED {
        found.add(Finding::warning(
            "test/notices-little",
            format!(
                "of {} small changes of the tool its tests and examples notice {count}",
                tried.len()
            ),
            "assert whole results in the tests, for usual inputs and at the edges; the changes that go unnoticed are named",
        ));
    }
    for it in tried.iter().filter(|it| it.noticed.is_none()).take(MOST) {
        let position = it.change.position;
        let source = sources.get(usize::from(position.file));
        let text = source
            .and_then(|source| source.line(position.line))
            .unwrap_or_default();
        let mut finding = Finding::note(
            "test/unnoticed-change",
            format!(
                "no test and no example notices when {} in `{}`",
                it.change.told(text),
                text.trim()
            ),
            it.change.kind.remedy(),
        );
        let line = (position.file, position.line);
        finding.place = place(sources, line, Some(position.column));
        found.add(finding);
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn stretches_end_where_something_was_reached_and_where_a_file_ends() {
        let code: BTreeSet<Line> = [(0, 1), (0, 2), (0, 9), (0, 10), (0, 11), (1, 1)].into();
        let covered: BTreeSet<Line> = [(0, 9)].into();
        let found: Vec<(Line, Line, usize)> = stretches(&code, &covered)
            .iter()
            .map(|it| (it.first, it.last, it.count))
            .collect();
        assert_eq!(
            found,
            [
                ((0, 1), (0, 2), 2),
                ((0, 10), (0, 11), 2),
                ((1, 1), (1, 1), 1)
            ]
        );
    }
}
