//! The knowledge base against a model that is a map.

use super::deciding::attempt;
use super::fixtures::{Fresh, propose, tool};
use kbi::{KbiError, KnowledgeBase, Move, ProposalId, State};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Versions of two tools; the moves are spread over them.
const VERSIONS: [(&str, &str); 5] = [
    ("a", "1.0.0"),
    ("a", "1.1.0"),
    ("a", "2.0.0-rc.1"),
    ("b", "0.1.0"),
    ("b", "0.2.0"),
];

/// What a version should be: its moves so far, and where they led.
#[derive(Clone, Default)]
struct Expected {
    id: Option<ProposalId>,
    state: Option<State>,
    moves: Vec<Move>,
}

impl Expected {
    /// What a move should do: the state after it, or `None` when it must be refused.
    fn after(&self, by_move: Move) -> Option<(Move, State)> {
        match (self.state, by_move) {
            (None, Move::Propose) => Some((Move::Propose, State::FIRST)),
            (None, _) => None,
            // One call begins or resumes, as the state asks.
            (Some(State::Proposed), Move::ResumeValidation) => {
                Some((Move::BeginValidation, State::Validating))
            }
            (Some(State::Validating), Move::BeginValidation) => {
                Some((Move::ResumeValidation, State::Validating))
            }
            (Some(state), by_move) => state.after(by_move).ok().map(|to| (by_move, to)),
        }
    }
}

pub(crate) fn any_sequence_of_moves_ends_where_the_model_does(fresh: &Fresh) {
    // Half of the moves are drawn from what is legal then, or most runs would end at once.
    let step = (
        0..VERSIONS.len(),
        any::<prop::sample::Index>(),
        any::<bool>(),
    );
    let steps = prop::collection::vec(step, 1..40);
    let config = Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&steps, |steps| {
            let bench = fresh();
            let mut model = vec![Expected::default(); VERSIONS.len()];
            for (which, index, legal) in steps {
                let by_move = draw(&model[which], index, legal);
                step_both(&*bench.kb, &mut model[which], VERSIONS[which], by_move);
            }
            compare(&*bench.another_handle(), &model);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

fn draw(expected: &Expected, index: prop::sample::Index, legal: bool) -> Move {
    let possible: Vec<_> = Move::ALL
        .iter()
        .copied()
        .filter(|&m| !legal || expected.after(m).is_some())
        .collect();
    if possible.is_empty() {
        *index.get(Move::ALL)
    } else {
        *index.get(&possible)
    }
}

fn step_both(
    kb: &dyn KnowledgeBase,
    expected: &mut Expected,
    (name, version): (&str, &str),
    by_move: Move,
) {
    let tool = tool(name, version);
    let Some(id) = expected.id else {
        if by_move == Move::Propose {
            expected.id = Some(propose(kb, &tool));
            expected.state = Some(State::FIRST);
            expected.moves.push(Move::Propose);
        }
        return;
    };
    let before = kb.last_event().unwrap();
    let answer = attempt(kb, &tool, id, by_move);
    let written = kb.last_event().unwrap() - before;
    match expected.after(by_move) {
        Some((effective, to)) => {
            assert_eq!((answer.unwrap(), written), (to, 1));
            expected.moves.push(effective);
            expected.state = Some(to);
        }
        None if by_move == Move::Propose => {
            assert_eq!((answer.ok(), written), (expected.state, 0));
        }
        None => {
            assert!(
                matches!(answer, Err(KbiError::IllegalMove { .. })),
                "{answer:?}"
            );
            assert_eq!(written, 0);
        }
    }
}

fn compare(kb: &dyn KnowledgeBase, model: &[Expected]) {
    let known = || model.iter().filter_map(|e| Some((e, e.id?, e.state?)));
    let mut rows = 0;
    for (expected, id, state) in known() {
        assert_eq!(kb.proposal(id).unwrap().version.state, state);
        let audit = kb.audit(id).unwrap();
        assert_eq!(
            audit.iter().map(|e| e.by_move).collect::<Vec<_>>(),
            expected.moves
        );
        let replayed = audit[1..]
            .iter()
            .try_fold(State::FIRST, |s, e| s.after(e.by_move));
        assert_eq!(replayed, Ok(state));
        rows += audit.len();
    }
    let numbers: Vec<_> = kb
        .events_after(0, u32::MAX)
        .unwrap()
        .iter()
        .map(|event| event.sequence)
        .collect();
    assert_eq!(
        numbers,
        (1..=u64::try_from(rows).unwrap()).collect::<Vec<_>>()
    );

    let mut owed: Vec<_> = known()
        .filter(|(.., s)| s.is_unfinished())
        .map(|(_, id, _)| id)
        .collect();
    let mut unfinished = kb.unfinished().unwrap();
    owed.sort_unstable();
    unfinished.sort_unstable();
    assert_eq!(unfinished, owed);

    for name in ["a", "b"] {
        let highest = VERSIONS
            .iter()
            .zip(model)
            .filter(|((of, _), e)| *of == name && e.state == Some(State::Active))
            .map(|((_, version), _)| version.parse::<semver::Version>().unwrap())
            .filter(|version| version.pre.is_empty())
            .max();
        assert_eq!(
            kb.active(name, None).ok().map(|active| active.version),
            highest
        );
    }
}
