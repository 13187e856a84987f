//! One example, and what a run says of it.

use super::same::same;
use super::{Context, short};
use crate::stages::telling::{
    self, denied, ending, exceeded, own_function, panic, refusal, reproducer, succeeded, tail,
    wants_a_folder,
};
use crate::{CaseReport, CaseStatus, Example, Finding, Place, Reproducer};
use policies::Policy;
use runtime::Execution;
use serde_json::Value;

pub(super) struct Case<'a> {
    index: usize,
    example: &'a Example,
    /// What is written to the tool.
    pub(super) input: &'a str,
    again: Reproducer,
}

impl<'a> Case<'a> {
    pub(super) fn new(index: usize, example: &'a Example, input: &'a str, policy: &Policy) -> Self {
        Self {
            index,
            example,
            input,
            again: reproducer(&[], input, policy),
        }
    }

    pub(super) fn name(&self) -> String {
        if self.example.name.is_empty() {
            format!("example {}", self.index)
        } else {
            format!("example {} ({})", self.index, self.example.name)
        }
    }

    pub(super) fn place(&self) -> Place {
        Place::Example {
            index: u32::try_from(self.index).unwrap_or(u32::MAX),
        }
    }

    /// What became of it, for the report.
    pub(super) fn report(&self, execution: &Execution, is_broken: bool) -> CaseReport {
        let status = if is_broken {
            CaseStatus::Failed
        } else {
            CaseStatus::Passed
        };
        telling::case(&self.name(), self.place(), status, Some(execution))
    }

    fn finding(&self, rule: &str, message: String, remedy: &str) -> Finding {
        Finding::error(&format!("examples/{rule}"), message, remedy)
            .at(self.place())
            .again(self.again.clone())
    }

    /// What the run says of the example; the output where it gives one and that is right.
    pub(super) fn judge(
        &self,
        context: Context<'_>,
        execution: &Execution,
    ) -> Result<Option<Value>, Finding> {
        let stderr = String::from_utf8_lossy(&execution.stderr.bytes);
        let name = self.name();
        if let Some(exceeded) = exceeded(execution) {
            let function = own_function(execution, context.proposal);
            let function = function.map_or(String::new(), |name| format!(", in {name}"));
            let message = format!("{name} {}{function}", exceeded.what);
            return Err(self.finding(exceeded.rule, message, exceeded.remedy));
        }
        if let Some(panic) = panic(&stderr, context.proposal).filter(|_| !succeeded(execution)) {
            let mut finding = self.finding(
                "panicked",
                format!("{name} panics: {}", panic.message),
                wants_a_folder(&panic.message, Some(context.manifest)).unwrap_or(
                    "return a ToolError instead of panicking; check indexes, unwraps and arithmetic",
                ),
            );
            finding.place = panic.place.or(finding.place);
            return Err(finding);
        }
        if let Some(expected) = &self.example.error {
            return self.refused(expected, execution, &stderr).map(|()| None);
        }
        if !succeeded(execution) {
            let tried = denied(execution).map_or(String::new(), |tried| {
                format!("\nit was denied on the way: {tried}")
            });
            return Err(self.finding(
                "failed",
                format!("{name} {}: {}{tried}", ending(execution), tail(&stderr, 5)),
                wants_a_folder(&stderr, Some(context.manifest))
                    .unwrap_or("make the tool give the example's output, or mend the example"),
            ));
        }
        self.answer(context, &execution.output).map(Some)
    }

    fn refused(&self, expected: &str, execution: &Execution, stderr: &str) -> Result<(), Finding> {
        let name = self.name();
        if succeeded(execution) {
            let output = tail(&String::from_utf8_lossy(&execution.output), 5);
            return Err(self.finding(
                "expected-error",
                format!("{name} should be refused, and gives {output}"),
                "refuse this input with a ToolError, or mend the example",
            ));
        }
        let refusal = refusal(stderr);
        if refusal.says(expected) {
            return Ok(());
        }
        Err(self.finding(
            "expected-error",
            format!(
                "{name} should be refused with {expected:?}, and is refused with {:?}",
                tail(&refusal.message, 3)
            ),
            "mend the message or the example",
        ))
    }

    fn answer(&self, context: Context<'_>, output: &[u8]) -> Result<Value, Finding> {
        let name = self.name();
        let output: Value = serde_json::from_slice(output).map_err(|error| {
            self.finding(
                "output-not-json",
                format!("the output of {name} is not JSON: {error}"),
                "write one JSON value to standard output, and nothing else",
            )
        })?;
        if let Some(contract) = context.contract
            && let Err(mismatch) = contract.check_output(&output)
        {
            return Err(self.finding(
                "output-against-schema",
                format!("the output of {name} does not fit the output schema: {mismatch}"),
                "mend the tool or its output schema",
            ));
        }
        match &self.example.output {
            Some(expected) if !same(expected, &output) => Err(self.finding(
                "wrong-output",
                format!(
                    "{name} gives {} and should give {}",
                    short(&output),
                    short(expected)
                ),
                "mend the tool, or the example if it is wrong",
            )),
            _ => Ok(output),
        }
    }

    /// What it tried beyond its grant although all went well: a person should know.
    pub(super) fn denied(&self, execution: &Execution) -> Option<Finding> {
        let tried = denied(execution)?;
        let finding = Finding::warning(
            "examples/denied",
            format!(
                "{} is as it should be and was denied on the way: {tried}",
                self.name()
            ),
            "do without that, or ask for the capability in the manifest",
        );
        Some(finding.at(self.place()).again(self.again.clone()))
    }
}
