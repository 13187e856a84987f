//! Copies, and putting them back.

use crate::child;
use crate::conformance::fixtures::{activated, all, propose, tool};
use kbi::{ErrorKind, KbiError, KnowledgeBase, SqliteKnowledgeBase};
use rusqlite::Connection;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

struct World(TempDir);

impl World {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A knowledge base with one active tool of this name.
    fn with(&self, file: &str, name: &str) -> SqliteKnowledgeBase {
        let kb = SqliteKnowledgeBase::open(&self.path(file)).unwrap();
        activated(&kb, name, "1.0.0");
        kb
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn holds(path: &Path, name: &str) -> bool {
    let kb = SqliteKnowledgeBase::open(path).unwrap();
    assert_eq!(kb.verify().unwrap(), [""; 0]);
    kb.active(name, None).is_ok()
}

#[test]
fn a_copy_of_a_file_that_others_write_is_whole() {
    let world = World::new();
    let kb = world.with("kbi.sqlite", "word-count");
    // Not yet in the database itself, only in its log.
    assert!(world.path("kbi.sqlite-wal").metadata().unwrap().len() > 0);
    SqliteKnowledgeBase::copy(&world.path("kbi.sqlite"), &world.path("copy")).unwrap();
    propose(&kb, &tool("word-count", "2.0.0"));

    let contents = SqliteKnowledgeBase::examine(&world.path("copy")).unwrap();
    assert_eq!((contents.versions, contents.active), (1, 1));
    assert_eq!(contents.installation, kb.installation());
    assert_eq!(contents.problems, [""; 0]);
    let now = SqliteKnowledgeBase::examine(&world.path("kbi.sqlite")).unwrap();
    assert_eq!((now.versions, now.active), (2, 1));
    assert_eq!(now.last_event, kb.last_event().unwrap());
    assert_eq!(now.last_event, contents.last_event + 1);
}

#[test]
fn what_is_copied_or_examined_is_not_made_or_changed() {
    let world = World::new();
    let cases: [(&str, Option<&str>); 3] = [
        ("none", None),
        ("empty", Some("")),
        ("text", Some("no database, but some bytes of text\n")),
    ];
    for (name, bytes) in cases {
        let path = world.path(name);
        if let Some(bytes) = bytes {
            std::fs::write(&path, bytes).unwrap();
        }
        let error = SqliteKnowledgeBase::examine(&path).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
        assert!(SqliteKnowledgeBase::copy(&path, &world.path("copy")).is_err());
        assert_eq!(std::fs::read_to_string(&path).ok().as_deref(), bytes);
    }
    let other = Connection::open(world.path("other")).unwrap();
    other.execute_batch("CREATE TABLE t (x)").unwrap();
    drop(other);
    let error = SqliteKnowledgeBase::examine(&world.path("other")).unwrap_err();
    assert!(
        matches!(error, KbiError::NotAKnowledgeBase { .. }),
        "{error}"
    );
    assert_eq!(world.names(), ["empty", "other", "text"]);
}

#[test]
fn a_restored_one_takes_the_place_of_the_old_one_which_is_kept() {
    let world = World::new();
    let (place, aside) = (world.path("kbi.sqlite"), world.path("aside"));
    let kb = world.with("kbi.sqlite", "word-count");
    SqliteKnowledgeBase::copy(&place, &world.path("copy")).unwrap();
    let known = all(&kb);
    activated(&kb, "later", "1.0.0");
    drop(kb);

    SqliteKnowledgeBase::restore(&world.path("copy"), &place, &aside).unwrap();
    assert_eq!(
        all(&SqliteKnowledgeBase::open(&place).unwrap()),
        known,
        "what the copy had"
    );
    assert!(!holds(&place, "later"));
    assert!(holds(&aside, "later"), "nothing of the old one is lost");
    assert_eq!(world.names(), ["aside", "copy", "kbi.sqlite"]);

    // A name that is taken is not taken again.
    let again = SqliteKnowledgeBase::restore(&world.path("copy"), &place, &aside);
    assert!(matches!(again, Err(KbiError::CannotOpen { .. })));
    assert!(holds(&place, "word-count") && holds(&aside, "later"));
    assert_eq!(world.names(), ["aside", "copy", "kbi.sqlite"]);
}

#[test]
fn it_is_restored_where_there_was_none() {
    let world = World::new();
    drop(world.with("old", "word-count"));
    SqliteKnowledgeBase::restore(
        &world.path("old"),
        &world.path("kbi.sqlite"),
        &world.path("aside"),
    )
    .unwrap();
    assert!(holds(&world.path("kbi.sqlite"), "word-count"));
    assert!(!world.path("aside").exists());
}

#[test]
fn the_log_of_a_killed_one_is_never_taken_for_the_new_ones() {
    let world = World::new();
    let (place, aside) = (world.path("kbi.sqlite"), world.path("aside"));
    drop(world.with("copy", "from-the-copy"));
    let mut killed = child::command("crash::writes_a_little_and_waits", &place)
        .spawn()
        .unwrap();
    let out = std::io::BufReader::new(killed.stdout.take().unwrap());
    let written = out.lines().any(|line| line.unwrap() == "written");
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(written && world.path("kbi.sqlite-wal").exists());

    SqliteKnowledgeBase::restore(&world.path("copy"), &place, &aside).unwrap();
    assert!(holds(&place, "from-the-copy") && !holds(&place, "word-count"));
    assert!(holds(&aside, "word-count"), "its log was written back");
}

#[test]
fn one_that_is_beyond_repair_is_set_aside_with_its_log() {
    let world = World::new();
    let (place, aside) = (world.path("kbi.sqlite"), world.path("aside"));
    drop(world.with("copy", "word-count"));
    std::fs::write(&place, vec![7; 4096]).unwrap();
    std::fs::write(world.path("kbi.sqlite-wal"), "a log").unwrap();
    SqliteKnowledgeBase::restore(&world.path("copy"), &place, &aside).unwrap();
    assert!(holds(&place, "word-count"));
    assert_eq!(std::fs::read(&aside).unwrap(), vec![7; 4096]);
    assert_eq!(
        std::fs::read_to_string(world.path("aside-wal")).unwrap(),
        "a log"
    );

    // The same, cut off between the two.
    std::fs::remove_file(&place).unwrap();
    std::fs::write(world.path("kbi.sqlite-wal"), "another").unwrap();
    let second = world.path("second");
    SqliteKnowledgeBase::restore(&world.path("copy"), &place, &second).unwrap();
    assert!(holds(&place, "word-count"));
    assert_eq!(
        std::fs::read_to_string(world.path("second-wal")).unwrap(),
        "another"
    );
}

#[test]
fn damage_in_a_copy_is_told() {
    let world = World::new();
    drop(world.with("copy", "word-count"));
    let sql = Connection::open(world.path("copy")).unwrap();
    sql.execute_batch(
        "DROP TRIGGER objects_no_update;
         UPDATE objects SET bytes = x'00' WHERE digest = (SELECT artifact FROM versions);",
    )
    .unwrap();
    drop(sql);
    let contents = SqliteKnowledgeBase::examine(&world.path("copy")).unwrap();
    assert_eq!(contents.problems.len(), 1, "{:?}", contents.problems);

    // So much that nothing can be read any more.
    let bytes = std::fs::read(world.path("copy")).unwrap();
    std::fs::write(world.path("half"), &bytes[..bytes.len() / 2]).unwrap();
    match SqliteKnowledgeBase::examine(&world.path("half")) {
        Ok(contents) => assert_ne!(contents.problems, [""; 0]),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}"),
    }
}
