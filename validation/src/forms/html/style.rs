//! The page's one style sheet, and the policy that allows nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// What the page may load and do: nothing but this style sheet, known by its digest.
pub(super) fn policy() -> String {
    let digest = STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")
}

pub(super) const STYLE: &str = include_str!("style.css");
