//! Which version may be called.

use super::fixtures::{
    Fresh, activated, all, artifact, brought_to, by, finish, manifest, propose, state, tool,
    version,
};
use kbi::{Attribution, Decision, Digest, KbiError, KnowledgeBase, Move, ProposalId, State};
use policies::Policy;
use validation::{ProposedTool, Verdict};

/// Attempts a move through the public contract; `Propose` has no form that could be illegal.
pub(crate) fn attempt(
    kb: &dyn KnowledgeBase,
    tool: &ProposedTool,
    id: ProposalId,
    by_move: Move,
) -> Result<State, KbiError> {
    match by_move {
        Move::Propose => kb.propose(tool, &by()).map(|answer| answer.state),
        // One call, which resumes when it must.
        Move::BeginValidation | Move::ResumeValidation => {
            kb.begin_validation(id, &by()).map(|_| State::Validating)
        }
        Move::Pass => finish(kb, id, tool, Verdict::Passed),
        Move::Fail => finish(kb, id, tool, Verdict::Failed),
        Move::AskForReview => finish(kb, id, tool, Verdict::HumanReviewRequired),
        Move::Approve => kb.decide(id, Decision::Approve, &by()),
        Move::Reject => kb.decide(id, Decision::Reject, &by()),
        Move::Activate => kb.activate(id, &by()),
        Move::Deprecate => kb.deprecate(id, &by()),
        Move::RollBack => kb.roll_back(id, &by()),
    }
}

pub(crate) fn each_move_is_refused_in_every_state_that_does_not_allow_it(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    let begins = |m| matches!(m, Move::BeginValidation | Move::ResumeValidation);
    for (number, &from) in State::ALL.iter().enumerate() {
        let tool = tool(&format!("tool-{number}"), "1.0.0");
        let id = brought_to(kb, &tool, from);
        let before = all(kb);
        for &by_move in Move::ALL.iter().filter(|&&m| m != Move::Propose) {
            if from.after(by_move).is_ok() || (begins(by_move) && from.is_unfinished()) {
                continue;
            }
            match attempt(kb, &tool, id, by_move) {
                Err(KbiError::IllegalMove { id: found, source }) => {
                    assert_eq!((found, source.from), (id, from));
                    assert!(source.attempted == by_move || begins(by_move));
                }
                other => panic!("{by_move} in {from}: {other:?}"),
            }
            assert_eq!(all(kb), before, "{by_move} in {from}");
        }
    }
}

pub(crate) fn approval_activates_and_rejection_ends(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    let ada = Attribution::new("ada", "read the source");
    let approved = brought_to(kb, &tool("approved", "1.0.0"), State::Review);
    assert_eq!(
        kb.decide(approved, Decision::Approve, &ada).unwrap(),
        State::Active
    );
    assert_eq!(kb.active("approved", None).unwrap().proposal_id, approved);
    let last = kb.audit(approved).unwrap().pop().unwrap();
    assert_eq!(
        (last.by_move, last.attribution),
        (Move::Approve, ada.clone())
    );

    for from in [State::Review, State::Passed] {
        let tool = tool(&format!("rejected-from-{from}"), "1.0.0");
        let id = brought_to(kb, &tool, from);
        assert_eq!(
            kb.decide(id, Decision::Reject, &ada).unwrap(),
            State::Rejected
        );
        assert!(matches!(
            kb.active(&tool.name, None),
            Err(KbiError::NoActiveVersion { .. })
        ));
    }
}

pub(crate) fn the_highest_active_version_answers(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    // Not in order, and not in the order of texts.
    for (number, highest) in [
        ("1.2.0", "1.2.0"),
        ("1.10.0", "1.10.0"),
        ("0.9.0", "1.10.0"),
        ("2.0.0", "2.0.0"),
    ] {
        activated(kb, "word-count", number);
        assert_eq!(
            kb.active("word-count", None).unwrap().version,
            version(highest)
        );
    }
    // One that is only proposed or passed does not answer, and each active one does to its name.
    propose(kb, &tool("word-count", "9.0.0"));
    brought_to(kb, &tool("word-count", "8.0.0"), State::Passed);
    activated(kb, "word-count-2", "7.0.0");
    assert_eq!(
        kb.active("word-count", None).unwrap().version,
        version("2.0.0")
    );
    for number in ["0.9.0", "1.2.0", "1.10.0", "2.0.0"] {
        let version = version(number);
        assert_eq!(
            kb.active("word-count", Some(&version)).unwrap().version,
            version
        );
    }
}

pub(crate) fn rolling_back_the_newest_makes_the_one_before_the_answer(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    let [first, second, third] =
        ["1.0.0", "1.1.0", "1.2.0"].map(|number| activated(kb, "word-count", number));
    assert_eq!(kb.roll_back(third, &by()).unwrap(), State::RolledBack);
    assert_eq!(kb.active("word-count", None).unwrap().proposal_id, second);
    assert_eq!(kb.deprecate(second, &by()).unwrap(), State::Deprecated);
    assert_eq!(kb.active("word-count", None).unwrap().proposal_id, first);
    for (number, expected) in [("1.1.0", State::Deprecated), ("1.2.0", State::RolledBack)] {
        assert!(matches!(
            kb.active("word-count", Some(&version(number))),
            Err(KbiError::NotActive { state, .. }) if state == expected
        ));
    }
    kb.roll_back(first, &by()).unwrap();
    assert!(matches!(
        kb.active("word-count", None),
        Err(KbiError::NoActiveVersion { .. })
    ));
    assert_eq!(state(kb, third), State::RolledBack);
}

pub(crate) fn a_pre_release_answers_only_if_it_is_named(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    for number in ["2.0.0-alpha.2", "2.0.0-alpha.10"] {
        activated(kb, "word-count", number);
    }
    match kb.active("word-count", None) {
        Err(KbiError::NoActiveVersion { pre_releases, .. }) => {
            assert_eq!(
                pre_releases,
                ["2.0.0-alpha.10", "2.0.0-alpha.2"].map(version)
            );
        }
        other => panic!("{other:?}"),
    }
    activated(kb, "word-count", "1.0.0");
    assert_eq!(
        kb.active("word-count", None).unwrap().version,
        version("1.0.0")
    );
    let named = version("2.0.0-alpha.2");
    assert_eq!(
        kb.active("word-count", Some(&named)).unwrap().version,
        named
    );
}

pub(crate) fn what_is_missing_is_told_apart(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    let one = version("1.0.0");
    for wanted in [None, Some(&one)] {
        assert!(matches!(
            kb.active("nobody", wanted),
            Err(KbiError::UnknownTool { name }) if name == "nobody"
        ));
    }
    for (number, &state) in State::ALL
        .iter()
        .enumerate()
        .filter(|(_, s)| **s != State::Active)
    {
        let name = format!("tool-{number}");
        brought_to(kb, &tool(&name, "1.0.0"), state);
        assert!(matches!(
            kb.active(&name, Some(&one)),
            Err(KbiError::NotActive { state: found, .. }) if found == state
        ));
        assert!(matches!(
            kb.active(&name, None),
            Err(KbiError::NoActiveVersion { pre_releases, .. }) if pre_releases.is_empty()
        ));
        assert!(matches!(
            kb.active(&name, Some(&version("1.0.1"))),
            Err(KbiError::UnknownVersion { version: found, .. }) if found == version("1.0.1")
        ));
    }
}

pub(crate) fn an_active_tool_comes_with_all_that_a_call_needs(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    let tool = tool("word-count", "1.0.0");
    let id = brought_to(kb, &tool, State::Active);
    let active = bench.another_handle().active("word-count", None).unwrap();
    assert_eq!(active.proposal_id, id);
    assert_eq!(active.tool_id, kb.proposal(id).unwrap().version.tool_id);
    assert_eq!(
        (active.name.as_str(), &active.version),
        ("word-count", &tool.version)
    );
    assert_eq!(active.artifact, Digest::of(&artifact(&tool)));
    assert_eq!(active.manifest, manifest(&tool));
    assert_eq!(active.grant, Policy::default());
    assert_eq!(kb.artifact(&active.artifact).unwrap(), artifact(&tool));
}
