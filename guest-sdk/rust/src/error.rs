//! How a tool says no.

use serde_json::Value;
use std::fmt;

/// Why a tool could not do what it was asked. It is data for the caller, not a crash.
///
/// Any [`std::error::Error`] becomes one by `?`, with the code `failed`; what only displays
/// (such as `anyhow::Error`) by `.map_err(ToolError::failed)?`.
///
/// ```
/// use wasm_runner_sdk::ToolError;
///
/// fn percent(part: f64, whole: f64) -> Result<f64, ToolError> {
///     if whole == 0.0 {
///         return Err(ToolError::new("division_by_zero", "`whole` is 0: give another one"));
///     }
///     Ok(100.0 * part / whole)
/// }
/// assert_eq!(percent(1.0, 0.0).unwrap_err().code, "division_by_zero");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ToolError {
    /// For programs: a stable word such as `not_found`.
    pub code: String,
    /// For people and agents: what is wrong and what would be right.
    pub message: String,
    /// More, if it helps.
    pub details: Option<Value>,
}

impl ToolError {
    /// An error with a code of the tool's own.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            details: None,
        }
    }

    /// The input is of the right form and still makes no sense: code `invalid_input`.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Self::new("invalid_input", message)
    }

    /// Whatever displays, with the code `failed` and, where there are any, its causes.
    pub fn failed(error: impl fmt::Display) -> Self {
        // `anyhow::Error` shows its causes in this form; others show the same as ever.
        Self::new("failed", format!("{error:#}"))
    }

    /// Adds what may help a program to react.
    #[must_use]
    pub fn with_details(mut self, details: impl Into<Value>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// The line by which the caller learns of it.
    pub(crate) fn line(&self) -> Vec<u8> {
        let mut fields = vec![("code", Value::from(self.code.as_str()))];
        if let Some(details) = &self.details {
            fields.push(("details", details.clone()));
        }
        crate::log::text("error", &self.message, &fields)
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

// `ToolError` itself is no `Error`, so that this can hold for all that are.
impl<E: std::error::Error> From<E> for ToolError {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message = format!("{message}: {cause}");
            source = cause.source();
        }
        Self::new("failed", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn any_error_becomes_one_by_the_question_mark() {
        fn parse(text: &str) -> Result<i32, ToolError> {
            Ok(text.parse::<i32>()?)
        }
        let error = parse("x").expect_err("no number");
        assert_eq!(error.to_string(), "failed: invalid digit found in string");
    }

    #[test]
    fn the_causes_of_an_error_are_told() {
        #[derive(Debug)]
        struct Outer(std::num::ParseIntError);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("row 3")
            }
        }
        impl std::error::Error for Outer {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                Some(&self.0)
            }
        }
        let outer = Outer("x".parse::<i32>().expect_err("no number"));
        assert_eq!(
            ToolError::from(outer).message,
            "row 3: invalid digit found in string"
        );
    }

    #[test]
    fn what_only_displays_becomes_one_too() {
        let result: Result<(), &str> = Err("no such thing");
        let error = result.map_err(ToolError::failed).expect_err("it fails");
        assert_eq!(error, ToolError::new("failed", "no such thing"));
    }

    #[test]
    fn the_line_holds_code_message_and_details() {
        let error = ToolError::invalid_input("no such row");
        let line = |error: &ToolError| String::from_utf8(error.line()).expect("JSON is text");
        assert_eq!(
            line(&error),
            "{\"code\":\"invalid_input\",\"level\":\"error\",\"message\":\"no such row\"}\n"
        );
        let line = line(&error.with_details(json!({"row": 3})));
        assert!(line.contains(r#""details":{"row":3}"#), "{line}");
    }
}
