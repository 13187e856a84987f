//! Findings, in few words.

use crate::{Finding, Place, Reproducer, Severity, StackFrame};

/// The longest message of a finding, in bytes; what is longer is cut and says so.
const MOST_BYTES: usize = 8 * 1024;

impl Finding {
    pub(crate) fn error(rule: &str, message: impl AsRef<str>, remedy: impl Into<String>) -> Self {
        Self {
            rule: rule.to_owned(),
            severity: Severity::Error,
            message: presentable(message.as_ref()),
            place: None,
            reproducer: None,
            remedy: remedy.into(),
            backtrace: Vec::new(),
        }
    }

    pub(crate) fn warning(rule: &str, message: impl AsRef<str>, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(rule, message, remedy)
        }
    }

    pub(crate) fn note(rule: &str, message: impl AsRef<str>, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            ..Self::error(rule, message, remedy)
        }
    }

    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    pub(crate) fn traced(mut self, backtrace: Vec<StackFrame>) -> Self {
        self.backtrace = backtrace;
        self
    }

    pub(crate) fn again(mut self, reproducer: Reproducer) -> Self {
        self.reproducer = Some(reproducer);
        self
    }
}

/// What a guest said, fit to be shown: no control character but the line break and the tab, so
/// that nothing in it can move a terminal's cursor, and no more than a page or two.
pub(crate) fn presentable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(MOST_BYTES));
    for character in text.trim_end().chars() {
        if shown.len() >= MOST_BYTES {
            shown.push_str("… (cut)");
            break;
        }
        if character.is_control() && !matches!(character, '\n' | '\t') {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_guest_says_can_t_move_the_cursor() {
        assert_eq!(
            presentable("a\tb\n\u{1b}[2Jc\u{9b}\r\n"),
            "a\tb\n\\u{1b}[2Jc\\u{9b}"
        );
    }

    #[test]
    fn long_messages_are_cut_at_their_edge() {
        let whole = "é".repeat(MOST_BYTES / 2);
        assert_eq!(presentable(&whole), whole);
        assert_eq!(presentable(&format!("{whole}x")), format!("{whole}… (cut)"));
    }
}
