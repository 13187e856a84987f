//! Names of proposals.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The id of one proposal, and so of one tool version: a UUID of version 7, which sorts by the
/// time of proposing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProposalId(Uuid);

/// A text that is no proposal id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no proposal id: a UUID as answered to the proposal is expected")]
pub struct ParseProposalIdError(String);

impl ProposalId {
    /// The UUID itself.
    pub fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for ProposalId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl From<ProposalId> for Uuid {
    fn from(id: ProposalId) -> Self {
        id.0
    }
}

impl fmt::Display for ProposalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for ProposalId {
    type Err = ParseProposalIdError;
    fn from_str(text: &str) -> Result<Self, ParseProposalIdError> {
        Uuid::parse_str(text)
            .map(Self)
            .map_err(|_| ParseProposalIdError(text.escape_debug().take(80).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_back_and_others_refused() {
        let id = ProposalId::from(Uuid::from_u128(7));
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in ["", "7", "00000000-0000-0000-0000-00000000000g", "a\nb"] {
            let error = bad.parse::<ProposalId>().expect_err(bad);
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }
}
