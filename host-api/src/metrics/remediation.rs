//! What was done about alerts without a person.

use super::registry::{Counter, Registering};
use super::table;

/// Remediations.
pub(crate) struct RemediationMetrics {
    pub(crate) opened: Counter,
    pub(crate) closed: Counter,
    pub(crate) drained: Counter,
    pub(crate) nothing: Counter,
    pub(crate) refused: Counter,
}

impl RemediationMetrics {
    pub(super) fn new(registering: &mut Registering) -> Self {
        let actions = registering.counters(&table::REMEDIATIONS);
        Self {
            opened: actions.of(["opened_circuit"]),
            closed: actions.of(["closed_circuit"]),
            drained: actions.of(["drained"]),
            nothing: actions.of(["nothing"]),
            refused: actions.of(["refused"]),
        }
    }

    /// The same counters.
    pub(crate) fn handles(&self) -> Self {
        Self {
            opened: self.opened.clone(),
            closed: self.closed.clone(),
            drained: self.drained.clone(),
            nothing: self.nothing.clone(),
            refused: self.refused.clone(),
        }
    }
}
