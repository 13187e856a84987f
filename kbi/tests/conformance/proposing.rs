//! Taking versions in.

use super::fixtures::{Fresh, all, brought_to, by, propose, tool, version};
use kbi::{Attribution, KbiError, Move, State};
use serde_json::json;
use std::collections::HashSet;
use uuid::Uuid;

pub(crate) fn a_new_version_is_proposed(fresh: &Fresh) {
    let bench = fresh();
    let answer = bench
        .kb
        .propose(&tool("word-count", "1.0.0"), &by())
        .unwrap();
    assert!(!answer.already_known);
    assert_eq!(answer.state, State::Proposed);
    assert_eq!(answer.id.as_uuid().get_version_num(), 7);
    assert_eq!(bench.kb.tool_name(answer.tool_id).unwrap(), "word-count");

    let audit = bench.kb.audit(answer.id).unwrap();
    assert_eq!(audit.len(), 1);
    assert_eq!(
        (audit[0].by_move, audit[0].from, audit[0].to),
        (Move::Propose, None, State::FIRST)
    );
    assert_eq!(audit[0].attribution, by());
}

pub(crate) fn what_was_proposed_is_read_back_exactly(fresh: &Fresh) {
    let bench = fresh();
    let given = serde_json::from_value(json!({
        "tool_id": Uuid::from_u128(5),
        "name": "a_b-9",
        "version": "1.0.0-rc.1+build.7",
        "description": "Ünïcode, \u{0} a NUL, \u{1F980}, 'quotes' and \"more\"; -- no comment",
        "signature": "fn(a: f64)",
        "source_code": "fn main() {}\r\n\t",
        "test_code": "#[test] fn t() {}",
        "documentation": "# D",
        "language": "rust",
        "dependencies": ["serde", "regex@1"],
        "files": [{"path": "src/b.rs", "content": ""}, {"path": "src/a.rs", "content": "\u{feff}"}],
        "specification": {
            "name": "a_b-9", "version": "1.0.0-rc.1+build.7", "description": "d",
            "input_schema": {"z": 1, "a": [0.1, 1e-7, 5e-324, -0.0, 1.797_693_134_862_315_7e308]},
            "output_schema": false,
        },
        "generator": {"model": "m", "prompt_version": "p"},
        "generated_by_agent_id": "agent",
    }))
    .unwrap();
    let id = propose(&*bench.kb, &given);
    let kept = bench.another_handle().proposal(id).unwrap();
    assert_eq!(kept.tool, given);
    // Equality does not look at the order of keys; the text does.
    assert_eq!(
        serde_json::to_string(&kept.tool).unwrap(),
        serde_json::to_string(&given).unwrap()
    );
    assert_eq!(kept.version.description, given.description);
    assert_eq!(
        kept.version.content_digest.to_string(),
        given.content_digest()
    );
    assert_eq!((kept.manifest, kept.grant), (None, None));
}

pub(crate) fn the_same_content_again_is_answered_with_what_is_known(fresh: &Fresh) {
    let bench = fresh();
    for (number, &state) in State::ALL.iter().enumerate() {
        let tool = tool(&format!("tool-{number}"), "1.0.0");
        let id = brought_to(&*bench.kb, &tool, state);
        let before = all(&*bench.kb);
        let again = bench.kb.propose(&tool, &by()).unwrap();
        assert_eq!(
            (again.id, again.state, again.already_known),
            (id, state, true)
        );
        let mut with_id = tool.clone();
        with_id.tool_id = Some(again.tool_id);
        assert_eq!(bench.kb.propose(&with_id, &by()).unwrap(), again);
        assert_eq!(all(&*bench.kb), before);
    }
}

pub(crate) fn other_content_is_a_conflict_that_names_the_known_proposal(fresh: &Fresh) {
    let bench = fresh();
    for (number, &at) in State::ALL.iter().enumerate() {
        let mut tool = tool(&format!("tool-{number}"), "1.0.0");
        let id = brought_to(&*bench.kb, &tool, at);
        let before = all(&*bench.kb);
        tool.source_code.push('\n');
        match bench.kb.propose(&tool, &by()) {
            Err(KbiError::Conflict {
                name,
                version,
                known,
                state,
            }) => {
                assert_eq!((name, version), (tool.name, tool.version));
                assert_eq!((known, state), (id, at));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(all(&*bench.kb), before);
    }
}

pub(crate) fn build_metadata_makes_no_other_version(fresh: &Fresh) {
    let bench = fresh();
    let id = propose(&*bench.kb, &tool("word-count", "1.0.0+a"));
    assert!(matches!(
        bench.kb.propose(&tool("word-count", "1.0.0+b"), &by()),
        Err(KbiError::Conflict { known, .. }) if known == id
    ));
    let found = bench.kb.version("word-count", &version("1.0.0")).unwrap();
    assert_eq!((found.proposal_id, found.version), (id, version("1.0.0+a")));
}

pub(crate) fn a_tool_keeps_the_id_of_its_first_proposal(fresh: &Fresh) {
    let bench = fresh();
    let [chosen, other] = [1, 2].map(Uuid::from_u128);
    let with = |id, version| {
        let mut tool = tool("word-count", version);
        tool.tool_id = id;
        bench.kb.propose(&tool, &by())
    };
    assert_eq!(with(Some(chosen), "1.0.0").unwrap().tool_id, chosen);
    assert_eq!(with(None, "1.0.1").unwrap().tool_id, chosen);
    assert_eq!(with(Some(chosen), "1.0.2").unwrap().tool_id, chosen);
    let before = all(&*bench.kb);
    // For new versions and for known ones alike.
    for version in ["1.0.3", "1.0.1"] {
        assert!(matches!(
            with(Some(other), version),
            Err(KbiError::ToolIdMismatch { known, given, .. }) if (known, given) == (chosen, other)
        ));
    }
    assert_eq!(all(&*bench.kb), before);
}

pub(crate) fn an_id_names_one_tool_only(fresh: &Fresh) {
    let bench = fresh();
    let first = bench.kb.propose(&tool("first", "1.0.0"), &by()).unwrap();
    let mut second = tool("second", "1.0.0");
    second.tool_id = Some(first.tool_id);
    assert!(matches!(
        bench.kb.propose(&second, &by()),
        Err(KbiError::ToolIdTaken { known, .. }) if known == "first"
    ));
    second.tool_id = None;
    assert_ne!(
        bench.kb.propose(&second, &by()).unwrap().tool_id,
        first.tool_id
    );
}

pub(crate) fn names_that_could_not_be_found_again_are_refused(fresh: &Fresh) {
    let bench = fresh();
    let longest = "a".repeat(64);
    let too_long = "a".repeat(65);
    for good in ["a", "z9", "a-b_c", &longest] {
        assert!(
            bench.kb.propose(&tool(good, "1.0.0"), &by()).is_ok(),
            "{good}"
        );
    }
    let before = all(&*bench.kb);
    for bad in [
        "", "A", "9a", "-a", "a b", "a@b", "a/b", "../a", "ä", "a\0", "a\n", &too_long,
    ] {
        match bench.kb.propose(&tool(bad, "1.0.0"), &by()) {
            Err(KbiError::InvalidInput { field, .. }) => assert_eq!(field, "name"),
            other => panic!("{bad:?}: {other:?}"),
        }
    }
    assert_eq!(all(&*bench.kb), before);
}

pub(crate) fn who_and_why_are_asked_for_within_their_bounds(fresh: &Fresh) {
    let bench = fresh();
    let attempt = |by: &str, reason: &str| {
        bench
            .kb
            .propose(&tool("word-count", "1.0.0"), &Attribution::new(by, reason))
    };
    let (who, why) = ("w".repeat(256), "y".repeat(4096));
    for (by, reason, field) in [
        ("", "y", "attribution.by"),
        (" \t", "y", "attribution.by"),
        (&format!("{who}w"), "y", "attribution.by"),
        ("w", "", "attribution.reason"),
        ("w", &format!("{why}y"), "attribution.reason"),
    ] {
        match attempt(by, reason) {
            Err(KbiError::InvalidInput { field: found, .. }) => assert_eq!(found, field),
            other => panic!("{by:?} {reason:?}: {other:?}"),
        }
    }
    assert_eq!(bench.kb.last_event().unwrap(), 0);
    let id = attempt(&who, &why).unwrap().id;
    assert_eq!(
        bench.kb.audit(id).unwrap()[0].attribution,
        Attribution::new(who, why)
    );
}

pub(crate) fn many_that_propose_the_same_at_once_get_one_proposal(fresh: &Fresh) {
    let bench = fresh();
    let answers = bench.at_once(6, |_, kb| {
        kb.propose(&tool("word-count", "1.0.0"), &by()).unwrap()
    });
    assert_eq!(
        answers
            .iter()
            .map(|answer| answer.id)
            .collect::<HashSet<_>>()
            .len(),
        1
    );
    assert_eq!(
        answers
            .iter()
            .map(|answer| answer.tool_id)
            .collect::<HashSet<_>>()
            .len(),
        1
    );
    assert_eq!(
        answers
            .iter()
            .filter(|answer| !answer.already_known)
            .count(),
        1
    );
    assert_eq!(bench.kb.last_event().unwrap(), 1);
}

pub(crate) fn of_many_that_propose_otherwise_at_once_one_wins(fresh: &Fresh) {
    let bench = fresh();
    let answers = bench.at_once(6, |number, kb| {
        let mut tool = tool("word-count", "1.0.0");
        tool.source_code = format!("// {number}");
        kb.propose(&tool, &by())
    });
    let winner = answers
        .iter()
        .find_map(|answer| answer.as_ref().ok())
        .expect("one wins");
    let lost = answers.iter().filter(
        |answer| matches!(answer, Err(KbiError::Conflict { known, .. }) if *known == winner.id),
    );
    assert_eq!(lost.count(), 5);
    assert_eq!(bench.kb.last_event().unwrap(), 1);
}
