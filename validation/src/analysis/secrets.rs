//! Keys, tokens and passwords that stand in sources or in a module's data.
//!
//! Only forms that say by themselves what they are: the prefixes that issuers give their tokens
//! for scanners to find (the documented forms of each issuer), private keys in PEM, and
//! passwords within addresses. Whatever merely looks random is left alone.

use regex::bytes::{Regex, RegexSet};
use std::sync::LazyLock;

/// One that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// What it is, in words.
    pub kind: &'static str,
    /// Where it begins, in bytes.
    pub at: usize,
    /// Its beginning, with the rest left out: enough to find it again, too little to use it.
    pub shown: String,
}

/// Most secrets of one text that are told.
const MOST: usize = 20;

const KINDS: &[(&str, &str)] = &[
    ("an access key of AWS", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    (
        "a token of GitHub",
        r"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{60,90})\b",
    ),
    ("a token of GitLab", r"\bglpat-[0-9A-Za-z_-]{20}\b"),
    ("a token of Slack", r"\bxox[abeoprs]-[0-9A-Za-z-]{10,250}"),
    ("an API key of Google", r"\bAIza[0-9A-Za-z_-]{35}\b"),
    (
        "a secret key of Stripe",
        r"\b[rs]k_(?:live|test)_[0-9A-Za-z]{20,250}\b",
    ),
    (
        "an API key of a model's provider",
        r"\bsk-(?:ant|proj|svcacct)-[0-9A-Za-z_-]{20,250}",
    ),
    ("a token of npm", r"\bnpm_[0-9A-Za-z]{36}\b"),
    (
        "a token of PyPI",
        r"\bpypi-AgEIcHlwaS5vcmc[0-9A-Za-z_-]{50,250}",
    ),
    (
        "a JSON web token",
        r"\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}",
    ),
    (
        "a private key",
        r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*[0-9A-Za-z+/=]{20}",
    ),
    (
        "a password in an address",
        r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\x22]{1,64}:[^\s/:@'\x22{}$<]{3,64}@[a-zA-Z0-9.-]{3,253}",
    ),
];

static ANY: LazyLock<Option<RegexSet>> =
    LazyLock::new(|| RegexSet::new(KINDS.iter().map(|(_, form)| form)).ok());
static EACH: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let each = KINDS.iter();
    each.filter_map(|(kind, form)| Some((*kind, Regex::new(form).ok()?)))
        .collect()
});

/// Keys, tokens and passwords in a text or in data; the first twenty.
pub fn secrets(bytes: &[u8]) -> Vec<Secret> {
    let mut found = Vec::new();
    if !ANY.as_ref().is_some_and(|any| any.is_match(bytes)) {
        return found;
    }
    for (kind, form) in EACH.iter() {
        for hit in form.find_iter(bytes).take(MOST - found.len()) {
            let beginning: String = String::from_utf8_lossy(hit.as_bytes())
                .chars()
                .take_while(|character| !character.is_control())
                .take(8)
                .collect();
            found.push(Secret {
                kind,
                at: hit.start(),
                shown: format!("{beginning}…"),
            });
        }
    }
    found.sort_by_key(|secret| secret.at);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, so that no scanner takes these lines for the real thing.
    fn made(parts: &[&str]) -> String {
        parts.concat()
    }

    #[test]
    fn every_form_can_be_read() {
        assert_eq!(EACH.len(), KINDS.len());
        assert!(ANY.is_some());
    }

    #[test]
    fn tokens_are_found_and_not_shown() {
        let long = "a1B2".repeat(10);
        for (text, kind) in [
            (made(&["AKIA", "ABCDEFGHIJKLMNOP"]), "AWS"),
            (made(&["ghp", "_", &long[..36]]), "GitHub"),
            (made(&["glpat", "-", &long[..20]]), "GitLab"),
            (made(&["xoxb", "-", &long]), "Slack"),
            (made(&["AIza", &long[..35]]), "Google"),
            (made(&["sk", "_live_", &long]), "Stripe"),
            (made(&["sk", "-ant-", &long]), "model's provider"),
            (made(&["npm", "_", &long[..36]]), "npm"),
            (
                made(&["eyJ", &long, ".eyJ", &long, ".", &long]),
                "web token",
            ),
            (
                made(&["-----BEGIN ", "PRIVATE KEY-----\n", &long]),
                "private key",
            ),
            (
                made(&[
                    "postgres",
                    "://user:",
                    "hunter2hunter2",
                    "@db.example.com/x",
                ]),
                "password",
            ),
        ] {
            let whole = format!("let it = \"{text}\";");
            let found = secrets(whole.as_bytes());
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].kind.contains(kind), "{found:?}");
            assert!(found[0].shown.chars().count() <= 9, "{found:?}");
            assert_eq!(&whole[found[0].at..=found[0].at], &text[..1]);
        }
    }

    #[test]
    fn what_only_resembles_a_token_is_left_alone() {
        for text in [
            "AKIA",
            "AKIAabcdefghijklmnop",
            "sk-learn is a library",
            "https://example.com:8080/path@version",
            "https://user@example.com/",
            "postgres://{user}:{password}@host/db",
            "eyJ0 eyJ1 x.y.z",
            "-----BEGIN CERTIFICATE-----",
            "-----BEGIN PRIVATE KEY-----",
            "0123456789abcdef0123456789abcdef0123456789abcdef",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ] {
            assert_eq!(secrets(text.as_bytes()), [], "{text}");
        }
    }

    #[test]
    fn no_more_than_twenty_are_told() {
        let one = made(&["AKIA", "ABCDEFGHIJKLMNOP", " "]);
        assert_eq!(secrets(one.repeat(MOST).as_bytes()).len(), MOST);
        assert_eq!(secrets(one.repeat(MOST + 1).as_bytes()).len(), MOST);
    }
}
