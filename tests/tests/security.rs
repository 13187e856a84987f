//! SECURITY.md names tests; they have to be there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("read").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if name != "target" && !name.to_string_lossy().starts_with('.') {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The names of all functions that are tests: an attribute that ends in `test`, then, with other
/// attributes between at most, the function.
fn tests() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(root(), &mut files);
    let mut names = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file).expect("text");
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[") {
                let path = line.trim_start_matches("#[");
                let path = path.split(['(', ']']).next().unwrap_or_default();
                is_test |= path == "test" || path.ends_with("::test");
            } else if let Some((before, rest)) = line.split_once("fn ") {
                if is_test && matches!(before, "" | "async ") {
                    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
                    names.insert(rest[..end.unwrap_or(rest.len())].to_owned());
                }
                is_test = false;
            }
        }
    }
    names
}

/// What the page has between backquotes that can be a test's name.
fn named(page: &str) -> BTreeSet<&str> {
    let between = page.split('`').skip(1).step_by(2);
    between
        .filter(|name| {
            name.matches('_').count() >= 2
                && name
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        })
        .collect()
}

#[test]
fn every_test_that_is_named_here_is_there() {
    let page = std::fs::read_to_string(root().join("SECURITY.md")).expect("the page");
    let (named, tests) = (named(&page), tests());
    assert!(named.len() > 40, "it names its tests: {named:?}");
    // One name is a finding's word, and no test.
    let missing: Vec<_> = named
        .into_iter()
        .filter(|name| !tests.contains(*name) && *name != "human_review_required")
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn every_promise_has_its_test() {
    let page = std::fs::read_to_string(root().join("SECURITY.md")).expect("the page");
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| promise"));
    for row in rows {
        let shown_by = row.split('|').nth(2).unwrap_or_default();
        assert!(!named(shown_by).is_empty(), "{row}");
    }
}
