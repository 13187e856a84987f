//! The form in which a report is printed or written.

use crate::output::{print_report, write_file};
use clap::ValueEnum;
use std::io::{self, Write};
use std::path::Path;
use validation::{Budget, ReportForm, ValidationReport};

/// A form as people name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people, on a terminal
    #[value(alias = "human")]
    Text,
    /// The report itself; `report schema` prints its schema
    Json,
    /// SARIF 2.1.0, for code viewers
    Sarif,
    /// XML as JUnit's, for what shows the results of tests
    Junit,
    /// One page that needs nothing else
    Html,
    /// Text for a model's next try
    Agent,
}

impl ReportFormat {
    fn form(self) -> Option<ReportForm> {
        match self {
            Self::Text => None,
            Self::Json => Some(ReportForm::Json),
            Self::Sarif => Some(ReportForm::Sarif),
            Self::Junit => Some(ReportForm::Junit),
            Self::Html => Some(ReportForm::Html),
            Self::Agent => Some(ReportForm::Agent),
        }
    }

    /// The form that a file's name promises: JSON where it promises none.
    pub(crate) fn of_file(path: &Path) -> Self {
        match path.extension().and_then(|end| end.to_str()) {
            Some("sarif") => Self::Sarif,
            Some("xml") => Self::Junit,
            Some("html" | "htm") => Self::Html,
            _ => Self::Json,
        }
    }
}

/// What the agent's form may take.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct BudgetFlag {
    /// Tokens that the form `agent` may take, at four bytes each; what is left out is said
    #[arg(long, value_name = "TOKENS", default_value = "2000", value_parser = budget)]
    budget: Budget,
}

fn budget(text: &str) -> Result<Budget, String> {
    let budget = text.parse().ok().and_then(Budget::new);
    budget.ok_or_else(|| {
        format!(
            "write a number of tokens from {} to {}",
            Budget::MIN,
            Budget::MAX
        )
    })
}

impl BudgetFlag {
    /// Prints a report in a form.
    pub(crate) fn print(self, report: &ValidationReport, format: ReportFormat) -> io::Result<()> {
        match format.form() {
            None => print_report(report, true),
            // As it is: nothing in these forms is a colour.
            Some(form) => io::stdout()
                .lock()
                .write_all(report.render(form, self.budget).as_bytes()),
        }
    }

    /// Writes a report in a form into a file; text is written as JSON.
    pub(crate) fn write(
        self,
        report: &ValidationReport,
        format: ReportFormat,
        path: &Path,
    ) -> anyhow::Result<()> {
        let form = format.form().unwrap_or(ReportForm::Json);
        write_file(path, report.render(form, self.budget).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_promises_its_form() {
        for (name, form) in [
            ("r.json", ReportFormat::Json),
            ("r.sarif", ReportFormat::Sarif),
            ("r.xml", ReportFormat::Junit),
            ("r.html", ReportFormat::Html),
            ("r", ReportFormat::Json),
        ] {
            assert_eq!(ReportFormat::of_file(Path::new(name)), form, "{name}");
        }
    }

    #[test]
    fn a_budget_has_edges() {
        assert!(budget("399").is_err() && budget("400").is_ok());
        assert!(budget("1000000").is_ok() && budget("1000001").is_err());
        assert!(budget("many").unwrap_err().contains("from 400 to 1000000"));
    }
}
