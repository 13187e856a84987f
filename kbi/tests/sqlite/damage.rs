//! Damaged bytes and foreign hands.

use crate::conformance::fixtures::{activated, all, artifact, by, finish, propose, tool};
use kbi::{Digest, ErrorKind, KbiError, KnowledgeBase, SqliteKnowledgeBase};
use rusqlite::Connection;
use std::path::PathBuf;
use tempfile::TempDir;
use validation::Verdict;

/// A knowledge base with one active tool, and a connection that goes past it.
struct Damaged {
    kb: SqliteKnowledgeBase,
    sql: Connection,
    _folder: TempDir,
}

fn with_one_tool() -> Damaged {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("kbi.sqlite");
    let kb = SqliteKnowledgeBase::open(&path).unwrap();
    activated(&kb, "word-count", "1.0.0");
    assert_eq!(kb.verify().unwrap(), [""; 0]);
    let sql = Connection::open(&path).unwrap();
    sql.pragma_update(None, "foreign_keys", false).unwrap();
    Damaged {
        kb,
        sql,
        _folder: folder,
    }
}

/// Damages the object that a column of the version names, as a failing disk would.
fn damage(damaged: &Damaged, column: &str, to: &str) {
    let sql = format!(
        "DROP TRIGGER objects_no_update;
         UPDATE objects SET bytes = {to} WHERE digest = (SELECT {column} FROM versions);"
    );
    damaged.sql.execute_batch(&sql).unwrap();
}

fn assert_corrupt<T: std::fmt::Debug>(answer: Result<T, KbiError>) {
    match answer {
        Err(error @ KbiError::Corrupt { .. }) => assert_eq!(error.kind(), ErrorKind::Corrupt),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_damaged_artifact_is_never_given_out() {
    let digest = Digest::of(&artifact(&tool("word-count", "1.0.0")));
    // One bit, the end, all of it.
    for to in [
        "CAST(bytes || 'x' AS BLOB)",
        "substr(bytes, 2)",
        "x''",
        "zeroblob(length(bytes))",
    ] {
        let damaged = with_one_tool();
        assert!(damaged.kb.artifact(&digest).is_ok());
        damage(&damaged, "artifact", to);
        assert_corrupt(damaged.kb.artifact(&digest));
        let problems = damaged.kb.verify().unwrap();
        assert_eq!(problems.len(), 1);
        assert!(problems[0].contains(&digest.to_string()), "{problems:?}");
    }
}

#[test]
fn nothing_new_rests_on_a_damaged_object() {
    let damaged = with_one_tool();
    damage(&damaged, "granted", "x'00'");
    let tool = tool("word-count", "1.0.1");
    let id = propose(&damaged.kb, &tool);
    damaged.kb.begin_validation(id, &by()).unwrap();
    let before = all(&damaged.kb);
    assert_corrupt(finish(&damaged.kb, id, &tool, Verdict::Passed));
    assert_eq!(all(&damaged.kb), before);
}

#[test]
fn damaged_documents_are_named() {
    for (column, asks) in [
        ("proposal", "proposal"),
        ("report", "report"),
        ("manifest", "active"),
        ("granted", "active"),
    ] {
        let damaged = with_one_tool();
        let id = damaged.kb.active("word-count", None).unwrap().proposal_id;
        damage(&damaged, column, "CAST('{}' AS BLOB)");
        match asks {
            "proposal" => assert_corrupt(damaged.kb.proposal(id)),
            "report" => assert_corrupt(damaged.kb.report(id)),
            _ => assert_corrupt(damaged.kb.active("word-count", None)),
        }
    }
}

#[test]
fn damaged_rows_are_noticed() {
    let damaged = with_one_tool();
    damaged.sql.execute_batch(
        "DROP TRIGGER versions_content; UPDATE versions SET version = 'one', content_digest = upper(content_digest);",
    ).unwrap();
    let one = "1.0.0".parse().unwrap();
    assert_corrupt(damaged.kb.version("word-count", &one));
    assert_corrupt(damaged.kb.active("word-count", None));
    assert!(damaged.kb.verify().is_ok());

    let damaged = with_one_tool();
    damaged
        .sql
        .execute_batch("DROP TRIGGER events_no_update; UPDATE events SET body = '{}';")
        .unwrap();
    assert_corrupt(damaged.kb.events_after(0, 10));
}

#[test]
fn verifying_finds_histories_that_do_not_add_up() {
    for (sql, expected) in [
        (
            "DROP TRIGGER versions_move; UPDATE versions SET state = 'rolled_back';",
            "should be `active`",
        ),
        (
            "DROP TRIGGER audit_no_update; UPDATE audit SET to_state = 'failed' WHERE sequence = 2;",
            "does not follow",
        ),
        (
            "DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE sequence = 4;",
            "refers to",
        ),
        (
            "DROP TRIGGER events_no_delete; DELETE FROM events WHERE sequence = 4;",
            "differ at number 4",
        ),
        (
            "DROP TRIGGER events_no_update;
             UPDATE events SET body = json_set(body, '$.data.to', 'failed') WHERE sequence = 3;",
            "differ at number 3",
        ),
        (
            "DROP TRIGGER objects_no_delete; DELETE FROM objects;",
            "missing or do not have",
        ),
    ] {
        let damaged = with_one_tool();
        damaged.sql.execute_batch(sql).unwrap();
        let problems = damaged.kb.verify().unwrap().join("\n");
        if expected == "missing or do not have" {
            assert!(
                problems.contains("refers to one that `objects` lacks"),
                "{problems}"
            );
        } else {
            assert!(problems.contains(expected), "{sql}: {problems}");
        }
    }
}

/// What a person with an SQL shell may try, and which rule says no.
#[test]
fn history_can_not_be_rewritten_by_hand() {
    let damaged = with_one_tool();
    let id = damaged.kb.active("word-count", None).unwrap().proposal_id;
    propose(&damaged.kb, &tool("word-count", "2.0.0"));
    damaged
        .sql
        .pragma_update(None, "foreign_keys", true)
        .unwrap();
    let before = all(&damaged.kb);
    for (sql, rule) in [
        ("DELETE FROM audit", "append-only"),
        ("UPDATE audit SET reason = 'other'", "append-only"),
        (
            "REPLACE INTO audit SELECT * FROM audit WHERE sequence = 1",
            "without gaps",
        ),
        (
            "INSERT INTO audit VALUES (9, 'ID', 'deprecate', 'active', 'deprecated', 'b', 'r', 0)",
            "without gaps",
        ),
        (
            "INSERT INTO audit VALUES (6, 'ID', 'approve', 'review', 'active', 'b', 'r', 0)",
            "starts where the last one ended",
        ),
        (
            "INSERT INTO audit VALUES (6, 'ID', 'deprecate', 'active', 'deprecated', 'b', 'r', 0)",
            "FOREIGN KEY",
        ),
        ("DELETE FROM events", "append-only"),
        ("UPDATE events SET body = '{}'", "append-only"),
        (
            "REPLACE INTO events SELECT * FROM events WHERE sequence = 1",
            "without gaps",
        ),
        ("INSERT INTO events VALUES (6, '{}')", "FOREIGN KEY"),
        ("DELETE FROM objects", "immutable"),
        ("UPDATE objects SET bytes = x''", "immutable"),
        (
            "REPLACE INTO objects SELECT digest, x'' FROM objects",
            "immutable",
        ),
        (
            "UPDATE versions SET state = 'deprecated'",
            "last audited move",
        ),
        ("UPDATE versions SET description = 'other'", "immutable"),
        (
            "UPDATE versions SET granted = report WHERE state = 'active'",
            "immutable",
        ),
        (
            "UPDATE versions SET report = proposal WHERE state = 'proposed'",
            "CHECK",
        ),
        ("DELETE FROM versions", "known for good"),
        (
            "REPLACE INTO versions SELECT * FROM versions WHERE state = 'proposed'",
            "begins as proposed",
        ),
        ("UPDATE tools SET tool_id = 'x'", "keeps its id"),
        ("DELETE FROM tools", "known for good"),
        ("REPLACE INTO tools SELECT * FROM tools", "keeps its id"),
    ] {
        let sql = sql.replace("ID", &id.to_string());
        let error = damaged.sql.execute_batch(&sql).expect_err(&sql).to_string();
        assert!(error.contains(rule), "{sql}: {error}");
    }
    assert_eq!(all(&damaged.kb), before);
    assert_eq!(damaged.kb.verify().unwrap(), [""; 0]);
}
