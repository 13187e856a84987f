//! Runs one WASI module under one policy, once, and says what happened.

mod execution;

pub use execution::{
    Captured, DeniedAttempt, Execution, Frame, Outcome, OutcomeKind, Rule, Usage,
};
