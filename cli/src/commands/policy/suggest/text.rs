//! A suggestion as a policy file, with its reasons as comments.

use super::{Failing, Found, Suggestion};
use crate::output::{BAD, BOLD, GOOD, err, harmless, out};
use std::fmt::Write as _;
use std::io::{self, Write};

pub(super) fn print(found: &Found) -> io::Result<()> {
    match found {
        Ok(suggestion) => {
            write!(out(), "{}", file(suggestion))?;
            let mut err = err();
            if suggestion.verified {
                writeln!(
                    err,
                    "{GOOD}verified{GOOD:#}: {} once more, under this policy",
                    suggestion.cases
                )
            } else {
                writeln!(
                    err,
                    "{BAD}not verified{BAD:#}: under this policy the results are others; what \
                     was run may hang on more than its policy says"
                )
            }
        }
        Err(Failing { failing, denied }) => {
            let mut err = err();
            writeln!(
                err,
                "{BAD}failing{BAD:#} even with all that was allowed under watching:"
            )?;
            for one in failing {
                writeln!(err, "  {}", harmless(one))?;
            }
            for one in denied {
                writeln!(err, "  {BOLD}denied{BOLD:#} {}", harmless(one))?;
            }
            Ok(())
        }
    }
}

/// The TOML form, each key with its reason behind it.
pub(super) fn file(suggestion: &Suggestion) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "# The least under which it does what it does: {}.",
        comment(&suggestion.cases)
    );
    if suggestion.verified {
        text += "# Verified: all of it was run once more under this policy.\n";
    } else {
        text += "# NOT verified: under this policy the results are others.\n";
    }
    for one in &suggestion.dropped {
        let _ = writeln!(text, "# Not needed: {}.", comment(one));
    }
    for one in &suggestion.denied {
        let _ = writeln!(text, "# Denied even under watching: {}.", comment(one));
    }
    text.push('\n');
    let mut section = String::new();
    let mut folders = suggestion.policy.capabilities.directories.iter();
    for line in suggestion.policy.to_toml().lines() {
        if line == "[[capabilities.directories]]" {
            section.clear();
            if let Some(reason) = folders.next().and_then(|folder| {
                let key = format!("capabilities.directories.{}", folder.guest);
                suggestion.reasons.get(&key)
            }) {
                let _ = writeln!(text, "# {}", comment(reason));
            }
        } else if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            name.clone_into(&mut section);
        }
        text += line;
        let key = line
            .split_once(" = ")
            .map(|(key, _)| format!("{section}.{key}"));
        if let Some(reason) = key.and_then(|key| suggestion.reasons.get(&key)) {
            let _ = write!(text, "  # {}", comment(reason));
        }
        text.push('\n');
    }
    text
}

/// What stands in a comment stays in it.
fn comment(text: &str) -> String {
    harmless(text).replace(['\n', '\r', '\t'], " ")
}
