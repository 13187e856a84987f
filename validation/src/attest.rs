//! Who vouches for a verdict: signed statements about a module, in the forms that supply chains
//! use.
//!
//! A bundle is a text of two lines, each a DSSE envelope around an in-toto statement about the
//! module: what its validation found (`test-result`) and from what it was built (SLSA
//! provenance). Both are signed with the installation's Ed25519 key, so that whoever has the
//! public key can tell, anywhere, that this installation said so of that very module.

mod envelope;
mod key;
mod statement;
mod verify;

pub use key::{AttestationKey, AttestationPublicKey, KeyError};
pub use statement::AttestedResult;
pub use verify::{MAX_BUNDLE_BYTES, Verified, VerifyError, verify_attestations};

use crate::{Installation, ValidationReport};
use sha2::{Digest as _, Sha256};

impl ValidationReport {
    /// Statements about the module of this report, signed: a bundle, as text. None without a
    /// module, for there is nothing that could be vouched for.
    ///
    /// `installation` built the module: its list of crates is one of the materials.
    pub fn attest(&self, key: &AttestationKey, installation: &Installation) -> Option<String> {
        let module = self.artifact_digest.as_ref()?;
        let list = std::fs::read(installation.home.join("allowlist.lock")).ok();
        let list = list.map(|bytes| hex::encode(Sha256::digest(bytes)));
        let statements = [
            statement::test_result(self, module, list.as_deref()),
            statement::provenance(self, module, list.as_deref(), &key.public().id()),
        ];
        let lines = statements.map(|statement| envelope::sign(&statement, key) + "\n");
        Some(lines.concat())
    }
}

#[cfg(test)]
mod tests;
