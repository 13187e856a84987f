//! The forms that a report takes for those who read it.
//!
//! The report itself, [`ValidationReport`], is the one model. Its JSON is the source of the
//! others: each form is made from it alone, so that a report which was saved, or which a service
//! holds, gives the same forms as one just made.
//!
//! Whatever stands in a report may come from the tool: names, messages, lines of sources. No form
//! gives it a meaning that it does not have as text.

mod agent;
mod html;
mod junit;
mod read;
mod rules;
mod sarif;
mod text;

pub use agent::Budget;
pub use read::{MAX_REPORT_BYTES, ReadReportError};

use crate::ValidationReport;
use std::fmt;
use std::str::FromStr;

/// A form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReportForm {
    /// The report itself, with a published schema: [`report_schema`].
    Json,
    /// The Static Analysis Results Interchange Format, 2.1.0: for code viewers.
    Sarif,
    /// XML as JUnit's: for what shows the results of tests.
    Junit,
    /// One page that needs nothing else: for people.
    Html,
    /// Text for a model's next try, within a budget of tokens.
    Agent,
}

impl ReportForm {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Json,
        Self::Sarif,
        Self::Junit,
        Self::Html,
        Self::Agent,
    ];

    /// Its name: `json`, `sarif`, `junit`, `html` or `agent`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Html => "html",
            Self::Agent => "agent",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Sarif => "application/sarif+json",
            Self::Junit => "application/xml",
            Self::Html => "text/html; charset=utf-8",
            Self::Agent => "text/plain; charset=utf-8",
        }
    }
}

/// A word that names no form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no form `{0}`; there are json, sarif, junit, html and agent")]
pub struct UnknownForm(String);

impl FromStr for ReportForm {
    type Err = UnknownForm;
    fn from_str(text: &str) -> Result<Self, UnknownForm> {
        let found = Self::ALL.into_iter().find(|form| form.as_str() == text);
        found.ok_or_else(|| UnknownForm(text.escape_debug().to_string()))
    }
}

impl fmt::Display for ReportForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ValidationReport {
    /// The report in a form; `budget` is what the agent's form may take.
    pub fn render(&self, form: ReportForm, budget: Budget) -> String {
        match form {
            ReportForm::Json => {
                let text = serde_json::to_string_pretty(self);
                // No map of it has keys that are no text, and nothing else can fail.
                text.expect("a report is JSON") + "\n"
            }
            ReportForm::Sarif => sarif::render(self),
            ReportForm::Junit => junit::render(self),
            ReportForm::Html => html::render(self),
            ReportForm::Agent => agent::render(self, budget),
        }
    }
}

/// The JSON Schema (2020-12) of a report's JSON form, made from its types.
///
/// It allows fields that it does not name: later versions of this format may have more.
pub fn report_schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(ValidationReport).to_value();
    if let Some(fields) = schema.as_object_mut() {
        fields.insert(
            "$id".to_owned(),
            "urn:wasm-runner:validation-report:1".into(),
        );
    }
    schema
}

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
