//! The life of a tool version: its states, its moves, and which move is legal when.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use validation::Verdict;

/// Declares an enum whose variants have stable names, for databases, JSON and people alike.
macro_rules! named {
    ($(#[$meta:meta])* $type:ident { $($(#[$doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $type { $($(#[$doc])* #[serde(rename = $name)] $variant,)* }

        impl $type {
            /// All of them, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = UnknownName;
            fn from_str(text: &str) -> Result<Self, UnknownName> {
                match text {
                    $($name => Ok(Self::$variant),)*
                    _ => Err(UnknownName {
                        given: text.escape_debug().take(80).collect(),
                        known: &[$($name,)*],
                    }),
                }
            }
        }
    };
}

/// A text that names no state, move or status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is none of {}", known.join(", "))]
pub struct UnknownName {
    given: String,
    known: &'static [&'static str],
}

named! {
    /// Where a tool version stands.
    ///
    /// Failed, rejected, deprecated and rolled back are ends: what comes after is a new version.
    State {
        /// Accepted, and not yet looked at.
        Proposed = "proposed",
        /// Being built, inspected and tested.
        Validating = "validating",
        /// Nothing wrong found; may be activated.
        Passed = "passed",
        /// Something wrong found; the report says what to mend.
        Failed = "failed",
        /// Waits for a person's decision.
        Review = "review",
        /// May be called.
        Active = "active",
        /// A person said no.
        Rejected = "rejected",
        /// Was active, and is retired because something better has come.
        Deprecated = "deprecated",
        /// Was active, and is withdrawn because something was wrong with it.
        RolledBack = "rolled_back",
    }
}

named! {
    /// What can happen to a tool version. Each is one row of the audit log and one event.
    Move {
        /// It is proposed: the first move of each version, and never a later one.
        Propose = "propose",
        /// Its validation begins.
        BeginValidation = "begin_validation",
        /// Its validation begins anew, because the one before was cut off.
        ResumeValidation = "resume_validation",
        /// Validation: nothing wrong.
        Pass = "pass",
        /// Validation: something wrong.
        Fail = "fail",
        /// Validation: a person must decide.
        AskForReview = "ask_for_review",
        /// The person says yes, which activates it.
        Approve = "approve",
        /// The person says no; possible as long as it was never active.
        Reject = "reject",
        /// A version that passed may be called from now on.
        Activate = "activate",
        /// An active version is retired.
        Deprecate = "deprecate",
        /// An active version is withdrawn.
        RollBack = "roll_back",
    }
}

named! {
    /// The status that the agent architecture shows for a proposed tool.
    ValidationStatus {
        /// Accepted, not begun.
        Pending = "PENDING",
        /// Validation goes on.
        InProgress = "IN_PROGRESS",
        /// Found good, by validation or by a person.
        Passed = "PASSED",
        /// Found wanting, by validation or by a person.
        Failed = "FAILED",
        /// Waits for a person.
        HumanReviewRequired = "HUMAN_REVIEW_REQUIRED",
    }
}

/// A move that the present state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a version that {} can't be {}: {}", standing(*.from), done(*.attempted), advice(*.from))]
pub struct IllegalMove {
    /// The present state.
    pub from: State,
    /// The move that was asked for.
    pub attempted: Move,
}

/// A state in words, to follow "a version that".
fn standing(state: State) -> &'static str {
    match state {
        State::Proposed => "waits for its validation",
        State::Validating => "is being validated",
        State::Passed => "passed",
        State::Failed => "failed its validation",
        State::Review => "waits for a person's decision",
        State::Active => "is active",
        State::Rejected => "was rejected",
        State::Deprecated => "was deprecated",
        State::RolledBack => "was rolled back",
    }
}

/// A move in words, to follow "can't be".
fn done(by_move: Move) -> &'static str {
    match by_move {
        Move::Propose => "proposed again",
        Move::BeginValidation | Move::ResumeValidation => "validated",
        Move::Pass => "found good",
        Move::Fail => "found wanting",
        Move::AskForReview => "given to a person",
        Move::Approve => "approved",
        Move::Reject => "rejected",
        Move::Activate => "activated",
        Move::Deprecate => "deprecated",
        Move::RollBack => "rolled back",
    }
}

/// What to do with a version that stands there.
fn advice(state: State) -> &'static str {
    match state {
        State::Proposed | State::Validating => {
            "wait for its verdict (`wasm-runner proposal watch`)"
        }
        State::Passed => {
            "activate it (`wasm-runner tool activate`), or reject it (`wasm-runner proposal decide`)"
        }
        State::Review => "approve or reject it first (`wasm-runner proposal decide`)",
        State::Active => "deprecate it or roll it back (`wasm-runner tool deprecate`, `roll-back`)",
        State::Failed | State::Rejected | State::Deprecated | State::RolledBack => {
            "that is for good; raise the version and submit it again"
        }
    }
}

impl State {
    /// The state after [`Move::Propose`], in which each version begins.
    pub const FIRST: Self = Self::Proposed;

    /// The state after a move: the whole table of what is legal.
    ///
    /// # Errors
    /// The move is not possible in this state.
    pub const fn after(self, attempted: Move) -> Result<Self, IllegalMove> {
        match (self, attempted) {
            (Self::Proposed, Move::BeginValidation)
            | (Self::Validating, Move::ResumeValidation) => Ok(Self::Validating),
            (Self::Validating, Move::Pass) => Ok(Self::Passed),
            (Self::Validating, Move::Fail) => Ok(Self::Failed),
            (Self::Validating, Move::AskForReview) => Ok(Self::Review),
            (Self::Passed, Move::Activate) | (Self::Review, Move::Approve) => Ok(Self::Active),
            (Self::Passed | Self::Review, Move::Reject) => Ok(Self::Rejected),
            (Self::Active, Move::Deprecate) => Ok(Self::Deprecated),
            (Self::Active, Move::RollBack) => Ok(Self::RolledBack),
            (from, attempted) => Err(IllegalMove { from, attempted }),
        }
    }

    /// The moves that are possible now.
    pub fn moves(self) -> impl Iterator<Item = Move> {
        Move::ALL
            .iter()
            .copied()
            .filter(move |&attempted| self.after(attempted).is_ok())
    }

    /// Whether a validation is still owed: what the service resumes at its start.
    pub const fn is_unfinished(self) -> bool {
        matches!(self, Self::Proposed | Self::Validating)
    }

    /// Whether no move is possible any more.
    pub fn is_end(self) -> bool {
        self.moves().next().is_none()
    }

    /// The status that the agent architecture shows. A version that was ever active has passed;
    /// one that a person rejected has failed.
    pub const fn validation_status(self) -> ValidationStatus {
        match self {
            Self::Proposed => ValidationStatus::Pending,
            Self::Validating => ValidationStatus::InProgress,
            Self::Passed | Self::Active | Self::Deprecated | Self::RolledBack => {
                ValidationStatus::Passed
            }
            Self::Failed | Self::Rejected => ValidationStatus::Failed,
            Self::Review => ValidationStatus::HumanReviewRequired,
        }
    }
}

impl Move {
    /// The move that follows from a verdict.
    pub const fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::Pass,
            Verdict::Failed => Self::Fail,
            Verdict::HumanReviewRequired => Self::AskForReview,
        }
    }

    /// The type of its event, such as `dev.ocode.tool.activated.v1`.
    pub const fn event_type(self) -> &'static str {
        match self {
            Self::Propose => "dev.ocode.tool.proposed.v1",
            Self::BeginValidation => "dev.ocode.tool.validation-started.v1",
            Self::ResumeValidation => "dev.ocode.tool.validation-resumed.v1",
            Self::Pass => "dev.ocode.tool.passed.v1",
            Self::Fail => "dev.ocode.tool.failed.v1",
            Self::AskForReview => "dev.ocode.tool.review-required.v1",
            Self::Approve => "dev.ocode.tool.approved.v1",
            Self::Reject => "dev.ocode.tool.rejected.v1",
            Self::Activate => "dev.ocode.tool.activated.v1",
            Self::Deprecate => "dev.ocode.tool.deprecated.v1",
            Self::RollBack => "dev.ocode.tool.rolled-back.v1",
        }
    }
}

/// What a person, or a policy in their stead, says about a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// A version in review becomes active.
    Approve,
    /// A version in review, or one that passed and is not active yet, is refused for good.
    Reject,
}

impl From<Decision> for Move {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Approve => Self::Approve,
            Decision::Reject => Self::Reject,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeSet, HashSet};

    /// The table once more, written as people read it.
    const LEGAL: &str = "
        proposed   begin_validation  validating
        validating resume_validation validating
        validating pass              passed
        validating fail              failed
        validating ask_for_review    review
        passed     activate          active
        passed     reject            rejected
        review     approve           active
        review     reject            rejected
        active     deprecate         deprecated
        active     roll_back         rolled_back
    ";

    #[test]
    fn exactly_the_moves_of_the_table_are_legal() {
        let written: BTreeSet<String> = LEGAL
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|line| !line.is_empty())
            .collect();
        let coded: BTreeSet<String> = State::ALL
            .iter()
            .flat_map(|&from| Move::ALL.iter().map(move |&by| (from, by)))
            .filter_map(|(from, by)| from.after(by).ok().map(|to| format!("{from} {by} {to}")))
            .collect();
        assert_eq!(coded, written);
    }

    #[test]
    fn every_state_is_reached_from_the_first() {
        let mut reached = HashSet::from([State::FIRST]);
        for _ in State::ALL {
            let next: Vec<_> = reached
                .iter()
                .flat_map(|s| s.moves().map(|m| s.after(m)))
                .collect();
            reached.extend(next.into_iter().flatten());
        }
        assert_eq!(reached.len(), State::ALL.len());
    }

    #[test]
    fn ends_are_the_states_that_need_a_new_version() {
        let ends: Vec<_> = State::ALL
            .iter()
            .filter(|s| s.is_end())
            .map(|s| s.as_str())
            .collect();
        assert_eq!(ends, ["failed", "rejected", "deprecated", "rolled_back"]);
    }

    #[test]
    fn names_are_read_back_and_event_types_differ() {
        for &state in State::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
        for &by in Move::ALL {
            assert_eq!(by.as_str().parse(), Ok(by));
        }
        for &status in ValidationStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        let types: HashSet<_> = Move::ALL.iter().map(|m| m.event_type()).collect();
        assert_eq!(types.len(), Move::ALL.len());
        assert_eq!(
            "gone".parse::<ValidationStatus>().unwrap_err().to_string(),
            "`gone` is none of PENDING, IN_PROGRESS, PASSED, FAILED, HUMAN_REVIEW_REQUIRED"
        );
    }

    #[test]
    fn an_illegal_move_says_what_to_do() {
        let message = |from: State, by| from.after(by).unwrap_err().to_string();
        assert_eq!(
            message(State::Validating, Move::Activate),
            "a version that is being validated can't be activated: wait for its verdict \
             (`wasm-runner proposal watch`)"
        );
        assert_eq!(
            message(State::Failed, Move::Activate),
            "a version that failed its validation can't be activated: that is for good; raise the \
             version and submit it again"
        );
        let review = message(State::Review, Move::Activate);
        assert!(review.contains("wasm-runner proposal decide"), "{review}");
    }

    #[test]
    fn each_status_of_the_agent_architecture_is_shown_by_some_state() {
        let shown: BTreeSet<_> = State::ALL.iter().map(|s| s.validation_status()).collect();
        assert_eq!(shown.len(), ValidationStatus::ALL.len());
    }
}
