//! Findings, in few words.

use crate::{Finding, Place, Reproducer, Severity};

impl Finding {
    pub(crate) fn error(rule: &str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            rule: rule.to_owned(),
            severity: Severity::Error,
            message: message.into(),
            place: None,
            reproducer: None,
            remedy: remedy.into(),
        }
    }

    pub(crate) fn warning(
        rule: &str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(rule, message, remedy)
        }
    }

    pub(crate) fn note(rule: &str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            ..Self::error(rule, message, remedy)
        }
    }

    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    pub(crate) fn again(mut self, reproducer: Reproducer) -> Self {
        self.reproducer = Some(reproducer);
        self
    }
}
