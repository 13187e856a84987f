//! What makes two proposals the same, and what makes one fit to be kept.

use crate::{Digest, KbiError};
use validation::ProposedTool;

/// The digest of a proposal's content.
pub(crate) fn content_digest(tool: &ProposedTool) -> Digest {
    tool.content_digest()
        .parse()
        .expect("validation writes digests as 64 hexadecimal digits")
}

/// What must hold for a proposal to be kept and found again. Whether it is any good is for
/// validation to say.
pub(crate) fn check_proposal(tool: &ProposedTool) -> Result<(), KbiError> {
    let mut bytes = tool.name.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_lowercase());
    let rest = bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b));
    if first && rest && tool.name.len() <= 64 {
        return Ok(());
    }
    Err(KbiError::InvalidInput {
        field: "name".to_owned(),
        problem: "is expected to be 1 to 64 of a-z, 0-9, `_` and `-`, the first a letter"
            .to_owned(),
    })
}
