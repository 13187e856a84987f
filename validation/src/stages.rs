//! The stages after the build. Each takes what it needs and gives findings and figures.

pub(crate) mod analysis;
pub(crate) mod bench;
pub(crate) mod examples;
pub(crate) mod fixtures;
pub(crate) mod fuzz;
pub(crate) mod inspection;
pub(crate) mod judging;
pub(crate) mod manifest;
pub(crate) mod telling;
pub(crate) mod tests;

#[cfg(test)]
pub(crate) mod example;

use crate::{CaseReport, Finding, Severity, ValidationError, ValidatorOptions};
use runtime::{Call, CancellationToken, Execution, Tool};
use std::collections::BTreeMap;
use std::time::Instant;

/// What a stage found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) findings: Vec<Finding>,
    pub(crate) metrics: BTreeMap<String, f64>,
    pub(crate) cases: Vec<CaseReport>,
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

/// The most that any run of a stage used, each by itself.
#[derive(Clone, Copy, Default)]
pub(crate) struct Most {
    fuel: u64,
    memory: u64,
    wall_micros: u64,
    input: u64,
    output: u64,
    stderr: u64,
    files: u64,
    /// Written in all: output, standard error and files.
    written: u64,
}

impl Most {
    /// Looks at one more run, which had so many bytes of input.
    pub(crate) fn look(&mut self, execution: &Execution, input: usize) {
        let usage = &execution.usage;
        for (most, used) in [
            (&mut self.fuel, usage.fuel),
            (&mut self.memory, usage.peak_memory),
            (&mut self.wall_micros, usage.wall_micros),
            (&mut self.input, input as u64),
            (&mut self.output, execution.output.len() as u64),
            (&mut self.stderr, execution.stderr.bytes.len() as u64),
            (&mut self.files, usage.files_created.into()),
            (&mut self.written, usage.bytes_written),
        ] {
            *most = (*most).max(used);
        }
    }

    /// As figures of the report.
    pub(crate) fn count(&self, found: &mut Found) {
        for (name, figure) in [
            ("most_fuel", self.fuel),
            ("most_memory_bytes", self.memory),
            ("most_wall_micros", self.wall_micros),
            ("most_input_bytes", self.input),
            ("most_output_bytes", self.output),
            ("most_stderr_bytes", self.stderr),
            ("most_files_count", self.files),
            ("most_written_bytes", self.written),
        ] {
            found.count(name, figure);
        }
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
