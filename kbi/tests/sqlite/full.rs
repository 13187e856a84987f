//! No space left.

use crate::conformance::fixtures::{all, by, finish, propose, state, tool};
use kbi::{ErrorKind, KbiError, KnowledgeBase, SqliteKnowledgeBase, SqliteOptions, State};
use policies::Bytes;
use validation::Verdict;

fn bounded(path: &std::path::Path, max_bytes: Option<Bytes>) -> SqliteKnowledgeBase {
    let options = SqliteOptions {
        max_bytes,
        ..SqliteOptions::default()
    };
    SqliteKnowledgeBase::open_with(path, options).expect("opens")
}

#[test]
fn when_it_is_full_changes_are_refused_whole_and_reading_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kbi.sqlite");
    let kb = bounded(&path, Some(Bytes::kib(512)));
    let first = tool("word-count", "1.0.0");
    let id = propose(&kb, &first);
    kb.begin_validation(id, &by()).unwrap();

    let mut before = all(&kb);
    let mut accepted = 0_u32;
    let error = loop {
        let mut next = tool("word-count", &format!("2.0.{accepted}"));
        next.source_code = format!("// {accepted} {}", "x".repeat(20_000));
        match kb.propose(&next, &by()) {
            Ok(_) => accepted += 1,
            Err(error) => break error,
        }
        before = all(&kb);
    };
    assert!(accepted > 5, "{accepted}");
    assert!(
        matches!(
            error,
            KbiError::Full {
                action: "proposing"
            }
        ),
        "{error:?}"
    );
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
    assert_eq!(all(&kb), before);
    assert_eq!(kb.verify().unwrap(), [""; 0]);
    assert_eq!(kb.unfinished().unwrap().len(), accepted as usize + 1);
    drop(kb);
    assert!(std::fs::metadata(&path).unwrap().len() <= Bytes::kib(512).0);

    // With more space it goes on where it was.
    let kb = bounded(&path, None);
    assert_eq!(all(&kb), before);
    finish(&kb, id, &first, Verdict::Passed).unwrap();
    assert_eq!(state(&kb, id), State::Passed);
}
