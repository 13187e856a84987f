//! Killed at any moment: what was answered is kept, and nothing is half there.

use crate::child;
use crate::conformance::fixtures::{by, finish, propose, tool};
use kbi::{KnowledgeBase, SqliteKnowledgeBase, State};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use validation::Verdict;

/// Takes versions through their life for ever, and says each move after it was answered. The
/// numbers go on where an earlier child was killed.
#[test]
#[ignore = "a child of other tests"]
fn writes_until_it_is_killed() {
    let Some(path) = child::path() else { return };
    let kb = SqliteKnowledgeBase::open(&path).expect("opens");
    let mut out = std::io::stdout();
    let mut say = |number: u64, state: State| {
        writeln!(out, "\nmoved 1.0.{number} {state}").expect("said");
        out.flush().expect("said");
    };
    let first = kb.last_event().expect("read");
    for number in first.. {
        let tool = tool("word-count", &format!("1.0.{number}"));
        let id = propose(&kb, &tool);
        say(number, State::Proposed);
        kb.begin_validation(id, &by()).expect("begun");
        say(number, State::Validating);
        say(
            number,
            finish(&kb, id, &tool, Verdict::Passed).expect("finished"),
        );
        say(number, kb.activate(id, &by()).expect("activated"));
        say(number, kb.roll_back(id, &by()).expect("rolled back"));
    }
}

/// Runs the child until it has said so many moves, kills it, and returns where it said that
/// each version was.
fn killed_after(path: &Path, moves: usize) -> HashMap<String, State> {
    let mut running = child::command("crash::writes_until_it_is_killed", path)
        .spawn()
        .unwrap();
    let lines = BufReader::new(running.stdout.take().unwrap()).lines();
    let said = lines
        .map(|line| line.expect("text"))
        .filter_map(|line| {
            let (version, state) = line.strip_prefix("moved ")?.split_once(' ')?;
            Some((version.to_owned(), state.parse().expect("a state")))
        })
        .take(moves)
        .collect();
    running.kill().expect("killed");
    running.wait().expect("gone");
    said
}

/// How far along its life a version is.
fn age(state: State) -> usize {
    let life = [
        State::Proposed,
        State::Validating,
        State::Passed,
        State::Active,
        State::RolledBack,
    ];
    life.iter()
        .position(|&at| at == state)
        .expect("a state of the child's")
}

#[test]
fn what_was_answered_before_a_kill_is_there_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kbi.sqlite");
    let mut answered = HashMap::new();
    // One file through all kills. The child runs on while its lines are read, so that it is hit
    // at any point of its transactions, the first of all included.
    for moves in [0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 13, 21] {
        answered.extend(killed_after(&path, moves));
        let kb = SqliteKnowledgeBase::open(&path).expect("opens after a kill");
        assert_eq!(kb.verify().unwrap(), [""; 0]);
        for (version, &state) in &answered {
            let found = kb.version("word-count", &version.parse().unwrap()).unwrap();
            assert!(
                age(found.state) >= age(state),
                "{version}: {state} became {}",
                found.state
            );
        }
        // What is owed is known, and can be taken up.
        for id in kb.unfinished().unwrap() {
            let kept = kb.proposal(id).unwrap();
            let started = kb.begin_validation(id, &by()).unwrap();
            assert_eq!(started.resumed, kept.version.state == State::Validating);
            assert_eq!(
                finish(&kb, id, &kept.tool, Verdict::Passed).unwrap(),
                State::Passed
            );
        }
    }
    assert!(!answered.is_empty());
}

/// A fixed life, left in the write-ahead log by a kill.
#[test]
#[ignore = "a child of other tests"]
fn writes_a_little_and_waits() {
    let Some(path) = child::path() else { return };
    let kb = SqliteKnowledgeBase::open(&path).expect("opens");
    for number in 0..2 {
        let tool = tool("word-count", &format!("1.0.{number}"));
        let id = propose(&kb, &tool);
        kb.begin_validation(id, &by()).expect("begun");
        finish(&kb, id, &tool, Verdict::Passed).expect("finished");
        kb.activate(id, &by()).expect("activated");
    }
    println!("\nwritten");
    loop {
        std::thread::park();
    }
}

#[test]
fn a_log_cut_off_anywhere_is_the_state_of_some_earlier_moment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kbi.sqlite");
    let mut running = child::command("crash::writes_a_little_and_waits", &path)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.expect("text") == "written"));
    running.kill().unwrap();
    running.wait().unwrap();

    let (file, log) = (path.clone(), folder.path().join("kbi.sqlite-wal"));
    let log = std::fs::read(log).unwrap();
    // Each frame of the log is a header of 24 bytes and a page; its file has a header of 32.
    let frame = 24 + 4096;
    let ends = (0..=log.len() / frame).map(|frames| 32 + frames * frame);
    let cuts = ends
        .flat_map(|end| [end - 1, end, end + 100])
        .filter(|&cut| cut <= log.len());
    let mut last = 0;
    let mut moments = std::collections::BTreeSet::new();
    for cut in cuts {
        let copy = tempfile::tempdir().unwrap();
        let path = copy.path().join("kbi.sqlite");
        std::fs::copy(&file, &path).unwrap();
        std::fs::write(copy.path().join("kbi.sqlite-wal"), &log[..cut]).unwrap();
        let kb = SqliteKnowledgeBase::open(&path).expect("opens whatever is lost");
        assert_eq!(kb.verify().unwrap(), [""; 0], "cut at {cut}");
        let event = kb.last_event().unwrap();
        assert!(event >= last, "more of the log, less known, at {cut}");
        last = event;
        moments.insert(event);
    }
    assert_eq!(
        moments,
        (0..=8).collect(),
        "each move is a moment of its own"
    );
}
