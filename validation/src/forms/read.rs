//! Reports from files: someone may have written them.

use crate::ValidationReport;

/// A file longer than this is refused: 64 MiB, which is what one stage may say at most.
pub const MAX_REPORT_BYTES: u64 = 64 * 1024 * 1024;

/// The version of the form that is read and written here.
const FORMAT: u32 = 1;

/// What every version of a report says.
#[derive(serde::Deserialize)]
struct Version {
    format: u64,
}

/// Why a text is no report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadReportError {
    /// It is longer than any report.
    #[error("it has {bytes} bytes, more than the {MAX_REPORT_BYTES} that a report may have")]
    TooLong {
        /// Its length.
        bytes: u64,
    },
    /// It is no JSON, or something else.
    #[error("line {line}, column {column}: {reason}")]
    Invalid {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// It is a report of another version.
    #[error(
        "it is in format {format}, and this version of wasm-runner reads format {FORMAT}; use the version that wrote it"
    )]
    Format {
        /// What it says.
        format: u64,
    },
}

impl ValidationReport {
    /// Reads the JSON form. Memory is bounded by the length of the text, and so is time; no depth of
    /// nesting ends the process.
    ///
    /// # Errors
    /// When it is longer than [`MAX_REPORT_BYTES`], no JSON, no report, or one of another version.
    pub fn from_json(text: &[u8]) -> Result<Self, ReadReportError> {
        let bytes = text.len() as u64;
        if bytes > MAX_REPORT_BYTES {
            return Err(ReadReportError::TooLong { bytes });
        }
        let invalid = |error: serde_json::Error| {
            let place = format!(" at line {} column {}", error.line(), error.column());
            let reason = error.to_string();
            ReadReportError::Invalid {
                line: error.line(),
                column: error.column(),
                reason: reason.strip_suffix(&place).unwrap_or(&reason).to_owned(),
            }
        };
        // First, so that a later version is not called broken for what it has more.
        let version: Version = serde_json::from_slice(text).map_err(invalid)?;
        if version.format != u64::from(FORMAT) {
            return Err(ReadReportError::Format {
                format: version.format,
            });
        }
        serde_json::from_slice(text).map_err(invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let report = fixtures::failed();
        let text = serde_json::to_vec_pretty(&report).expect("JSON");
        assert_eq!(ValidationReport::from_json(&text), Ok(report));
    }

    #[test]
    fn what_is_no_report_says_where_and_why() {
        let said = |text: &str| {
            ValidationReport::from_json(text.as_bytes())
                .expect_err("refused")
                .to_string()
        };
        assert_eq!(said(""), "line 1, column 0: EOF while parsing a value");
        assert_eq!(said("{}"), "line 1, column 2: missing field `format`");
        assert!(said("{\"format\": 2}").contains("it is in format 2"));
        assert!(said("{\"format\": 1}").contains("missing field `name`"));
        let deep = format!("{{\"format\": 1, \"x\": {}", "[".repeat(100_000));
        // What no field holds is passed over without a stack of its own.
        assert!(said(&deep).contains("EOF while parsing"), "{}", said(&deep));
        let mut strange = serde_json::to_value(fixtures::failed()).expect("JSON");
        strange["verdict"] = "fine".into();
        assert!(said(&strange.to_string()).contains("unknown variant `fine`"));
    }

    #[test]
    fn a_text_one_byte_too_long_is_refused_unread() {
        let most = usize::try_from(MAX_REPORT_BYTES).expect("it fits");
        let mut text = serde_json::to_vec(&fixtures::failed()).expect("JSON");
        text.resize(most, b' ');
        assert!(ValidationReport::from_json(&text).is_ok());
        text.push(b' ');
        let bytes = MAX_REPORT_BYTES + 1;
        assert_eq!(
            ValidationReport::from_json(&text),
            Err(ReadReportError::TooLong { bytes })
        );
    }
}
