//! What is found where the file should be.

use crate::child;
use crate::conformance::fixtures::{activated, all, propose, tool};
use kbi::{ErrorKind, KbiError, KnowledgeBase, SqliteKnowledgeBase, SqliteOptions};
use rusqlite::Connection;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

#[test]
fn knowledge_outlives_the_handle() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kbi.sqlite");
    let (before, installation) = {
        let kb = SqliteKnowledgeBase::open(&path).unwrap();
        activated(&kb, "word-count", "1.0.0");
        (all(&kb), kb.installation())
    };
    let kb = SqliteKnowledgeBase::open(&path).unwrap();
    assert_eq!((all(&kb), kb.installation()), (before, installation));
}

#[test]
fn many_that_open_a_new_file_at_once_share_it() {
    let folder = tempfile::tempdir().unwrap();
    // A name that SQLite would read as a URI with options, were it let to.
    let path = folder.path().join("file:kbi?mode=memory#1.sqlite");
    let installations: Vec<_> = std::thread::scope(|scope| {
        let opening: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| SqliteKnowledgeBase::open(&path).unwrap().installation()))
            .collect();
        opening
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(
        installations.windows(2).all(|pair| pair[0] == pair[1]),
        "{installations:?}"
    );
    assert!(path.exists());
}

#[test]
fn the_files_are_their_owners_only() {
    let folder = tempfile::tempdir().unwrap();
    let kb = SqliteKnowledgeBase::open(&folder.path().join("kbi.sqlite")).unwrap();
    propose(&kb, &tool("word-count", "1.0.0"));
    let mut seen = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{entry:?}"
        );
        seen += 1;
    }
    assert_eq!(seen, 3, "the file, its log and the log's index");
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kbi.sqlite");
    drop(SqliteKnowledgeBase::open(&path).unwrap());
    let sql = Connection::open(&path).unwrap();
    let supported: i64 = sql
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    sql.pragma_update(None, "user_version", supported + 1)
        .unwrap();
    drop(sql);
    let before = std::fs::read(&path).unwrap();
    match SqliteKnowledgeBase::open(&path) {
        Err(error @ KbiError::NewerSchema { .. }) => {
            let message = error.to_string();
            assert!(
                message.contains("kbi.sqlite") && message.contains("newer"),
                "{message}"
            );
            assert_eq!(error.kind(), ErrorKind::Internal);
        }
        other => panic!("{other:?}"),
    }
    assert!(std::fs::read(&path).unwrap() == before);
}

#[test]
fn what_is_no_knowledge_base_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "Not a database, but long enough to be taken for one. ".repeat(40),
    )
    .unwrap();
    let foreign = folder.path().join("foreign.sqlite");
    Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE t (a)")
        .unwrap();
    let marked = folder.path().join("marked.sqlite");
    Connection::open(&marked)
        .unwrap()
        .pragma_update(None, "application_id", 7)
        .unwrap();
    for path in [text, foreign, marked] {
        let before = std::fs::read(&path).unwrap();
        match SqliteKnowledgeBase::open(&path) {
            Err(KbiError::NotAKnowledgeBase { path: found, .. }) => assert_eq!(found, path),
            other => panic!("{}: {other:?}", path.display()),
        }
        assert!(
            std::fs::read(&path).unwrap() == before,
            "{}",
            path.display()
        );
    }
}

#[test]
fn an_empty_file_becomes_a_knowledge_base() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kbi.sqlite");
    std::fs::write(&path, "").unwrap();
    assert_eq!(
        SqliteKnowledgeBase::open(&path)
            .unwrap()
            .last_event()
            .unwrap(),
        0
    );
}

#[test]
fn places_where_no_file_can_be_are_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    for place in ["missing/kbi.sqlite", "file/kbi.sqlite", ""] {
        let path = folder.path().join(place);
        match SqliteKnowledgeBase::open(&path) {
            Err(error @ KbiError::CannotOpen { .. }) => {
                assert!(
                    error.to_string().contains(&path.display().to_string()),
                    "{error}"
                );
            }
            other => panic!("{place}: {other:?}"),
        }
    }
}

#[test]
#[ignore = "a child of other tests"]
fn opens_what_is_read_only() {
    let Some(path) = child::path() else { return };
    match SqliteKnowledgeBase::open(&path) {
        Err(KbiError::ReadOnly { action: "opening" }) => println!("\nrefused as read-only"),
        other => println!("\n{other:?}"),
    }
}

#[test]
fn a_read_only_file_is_refused_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kbi.sqlite");
    drop(SqliteKnowledgeBase::open(&path).unwrap());
    std::fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
    let output = child::unprivileged("files::opens_what_is_read_only", &path, folder.path())
        .output()
        .expect("ran");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.lines().any(|line| line == "refused as read-only"),
        "{said}"
    );
}

#[test]
fn a_writer_that_holds_on_is_busy_and_readers_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kbi.sqlite");
    let options = SqliteOptions {
        busy_timeout: Duration::from_millis(20),
        ..Default::default()
    };
    let kb = SqliteKnowledgeBase::open_with(&path, options).unwrap();
    let id = propose(&kb, &tool("word-count", "1.0.0"));
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let attempt = || kb.begin_validation(id, &crate::conformance::fixtures::by());
    match attempt() {
        Err(error @ KbiError::Busy { .. }) => assert_eq!(error.kind(), ErrorKind::Unavailable),
        answer => panic!("{answer:?}"),
    }
    assert_eq!(kb.unfinished().unwrap(), [id]);
    other.execute_batch("ROLLBACK").unwrap();
    assert!(!attempt().unwrap().resumed);
}

#[test]
fn a_backup_is_a_whole_knowledge_base_and_replaces_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let kb = SqliteKnowledgeBase::open(&folder.path().join("kbi.sqlite")).unwrap();
    activated(&kb, "word-count", "1.0.0");
    let copy = folder.path().join("it's a copy.sqlite");
    kb.back_up(&copy).unwrap();
    assert_eq!(
        std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let known = all(&kb);
    propose(&kb, &tool("word-count", "2.0.0"));
    assert!(matches!(
        kb.back_up(&copy),
        Err(KbiError::CannotOpen { .. })
    ));

    let restored = SqliteKnowledgeBase::open(&copy).unwrap();
    assert_eq!(all(&restored), known);
    assert_eq!(restored.verify().unwrap(), [""; 0]);
    assert_eq!(restored.installation(), kb.installation());
    propose(&restored, &tool("word-count", "2.0.0"));
}

#[test]
fn a_file_of_the_schema_before_goes_on_with_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kbi.sqlite");
    let (id, before) = {
        let kb = SqliteKnowledgeBase::open(&path).unwrap();
        (activated(&kb, "word-count", "1.0.0"), all(&kb))
    };
    let sql = Connection::open(&path).unwrap();
    sql.execute_batch(
        "DROP TRIGGER versions_attestations; DROP INDEX versions_by_agent;
         ALTER TABLE versions DROP COLUMN attestations; PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(sql);
    let kb = SqliteKnowledgeBase::open(&path).unwrap();
    assert_eq!(all(&kb), before);
    assert!(matches!(
        kb.attestations(id),
        Err(KbiError::NotAttested { .. })
    ));
    assert_eq!(kb.verify().unwrap(), Vec::<String>::new());
    activated(&kb, "word-count", "1.1.0");
}
