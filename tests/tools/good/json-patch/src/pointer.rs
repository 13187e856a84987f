//! JSON Pointer (RFC 6901): `/items/0/name`.

use serde::Deserialize;
use std::fmt;

/// A parsed pointer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pointer {
    tokens: Vec<String>,
}

impl Pointer {
    /// The way to the parent and the last token; none for the whole document.
    pub fn split_last(&self) -> Option<(&[String], &str)> {
        let (last, parents) = self.tokens.split_last()?;
        Some((parents, last))
    }

    /// All tokens from the outside in.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// Whether `other` is somewhere inside of what this one points at.
    pub fn is_parent_of(&self, other: &Pointer) -> bool {
        other.tokens.len() > self.tokens.len() && other.tokens.starts_with(&self.tokens)
    }
}

impl TryFrom<String> for Pointer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if !text.is_empty() && !text.starts_with('/') {
            return Err(format!(
                "the pointer {text:?} must be empty or start with \"/\""
            ));
        }
        let tokens = text
            .split('/')
            .skip(1)
            .map(unescape)
            .collect::<Result<_, _>>()?;
        Ok(Self { tokens })
    }
}

/// `~1` is a slash and `~0` a tilde; any other tilde is a mistake.
fn unescape(token: &str) -> Result<String, String> {
    let mut plain = String::new();
    let mut characters = token.chars();
    while let Some(c) = characters.next() {
        match c {
            '~' => match characters.next() {
                Some('0') => plain.push('~'),
                Some('1') => plain.push('/'),
                _ => {
                    return Err(format!(
                        "in the token {token:?} a \"~\" needs a 0 or 1 after it"
                    ));
                }
            },
            c => plain.push(c),
        }
    }
    Ok(plain)
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for token in &self.tokens {
            write!(f, "/{}", token.replace('~', "~0").replace('/', "~1"))?;
        }
        f.write_str("\"")
    }
}
