//! The stages after the build. Each takes what it needs and gives findings and figures.

pub(crate) mod analysis;
pub(crate) mod examples;
pub(crate) mod fixtures;
pub(crate) mod inspection;
pub(crate) mod manifest;
pub(crate) mod telling;
pub(crate) mod tests;

#[cfg(test)]
pub(crate) mod example;

use crate::{Finding, Severity, ValidationError, ValidatorOptions};
use runtime::{Call, CancellationToken, Execution, Tool};
use std::collections::BTreeMap;
use std::time::Instant;

/// What a stage found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) findings: Vec<Finding>,
    pub(crate) metrics: BTreeMap<String, f64>,
}

impl Found {
    pub(crate) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Whether anything keeps the tool from passing.
    pub(crate) fn failed(&self) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|finding| finding.severity == Severity::Error)
    }

    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    pub(crate) fn count(&mut self, name: &str, figure: u64) {
        self.metrics.insert(name.to_owned(), figure as f64);
    }
}

/// What every stage that runs the tool is given.
#[derive(Clone, Copy)]
pub(crate) struct Stage<'a> {
    pub(crate) options: &'a ValidatorOptions,
    pub(crate) cancel: &'a CancellationToken,
    /// Tells people what is being done.
    pub(crate) step: &'a (dyn Fn(String) + Send + Sync),
    /// When the stage has to be done with starting runs.
    pub(crate) until: Instant,
}

impl Stage<'_> {
    /// Runs a call; one that was called off ends the whole validation.
    pub(crate) async fn run(&self, tool: &Tool, call: Call) -> Result<Execution, ValidationError> {
        let execution = tool.run(call.with_cancel(self.cancel.clone())).await;
        self.go_on()?;
        Ok(execution)
    }

    pub(crate) fn go_on(&self) -> Result<(), ValidationError> {
        if self.cancel.is_cancelled() {
            return Err(ValidationError::Cancelled);
        }
        Ok(())
    }

    pub(crate) fn has_time(&self) -> bool {
        Instant::now() < self.until
    }
}
