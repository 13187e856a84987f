//! A validation's report for people.

use super::{ACT, BAD, BOLD, DIM, GOOD, WARN, harmless, out};
use anstyle::Style;
use std::fmt;
use std::io::{self, Write};
use validation::{
    Changes, Finding, Reproducer, Severity, StageReport, StageStatus, ValidationReport, Verdict,
};

/// Prints the verdict and what led to it: stages (where they were not shown before), findings,
/// and why the confidence is what it is.
pub(crate) fn print_report(report: &ValidationReport, with_stages: bool) -> io::Result<()> {
    let mut out = out();
    let (style, verdict) = (verdict_style(report.verdict), report.verdict.as_str());
    let (name, version) = (harmless(&report.name), &report.version);
    writeln!(
        out,
        "{BOLD}{name}{BOLD:#} {version}  {style}{verdict}{style:#}  {DIM}{}, confidence {:.2}{DIM:#}",
        report.form.as_str(),
        report.confidence.score
    )?;
    for reason in &report.reasons {
        writeln!(out, "  {DIM}{}{DIM:#}", harmless(reason).replace('\n', " "))?;
    }
    if with_stages {
        for stage in &report.stages {
            writeln!(out, "  {}", StageLine(stage))?;
        }
    }
    for finding in report.findings() {
        write_finding(&mut out, finding)?;
    }
    if let Some(changes) = &report.changes {
        write_changes(&mut out, changes)?;
    }
    if report.verdict != Verdict::Passed || with_stages {
        for factor in &report.confidence.factors {
            writeln!(
                out,
                "  {DIM}{:+.2}  {}{DIM:#}",
                factor.change,
                harmless(&factor.what)
            )?;
        }
    }
    Ok(())
}

/// Prints findings that are no part of a whole report.
pub(crate) fn print_findings(findings: &[Finding]) -> io::Result<()> {
    let mut out = out();
    findings
        .iter()
        .try_for_each(|finding| write_finding(&mut out, finding))
}

/// One finding: rule and place, what is wrong, how to see it again, what to do.
fn write_finding(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let (style, severity) = match finding.severity {
        Severity::Error => (BAD, "error"),
        Severity::Warning => (WARN, "warning"),
        Severity::Note => (DIM, "note"),
    };
    write!(
        out,
        "  {style}{severity}{style:#} {BOLD}{}{BOLD:#}",
        harmless(&finding.rule)
    )?;
    if let Some(place) = &finding.place {
        write!(out, "  {}", harmless(&place.text()))?;
    }
    writeln!(out)?;
    write_block(out, "", &finding.message)?;
    if let Some(reproducer) = finding
        .reproducer
        .as_ref()
        .filter(|it| **it != Reproducer::default())
    {
        write_block(
            out,
            &format!("{ACT}again:{ACT:#} "),
            &reproducer_words(reproducer),
        )?;
    }
    if !finding.remedy.is_empty() {
        write_block(out, &format!("{ACT}remedy:{ACT:#} "), &finding.remedy)?;
    }
    Ok(())
}

/// What changed since the version before, a line each.
fn write_changes(out: &mut impl Write, changes: &Changes) -> io::Result<()> {
    for (index, line) in changes.lines().iter().enumerate() {
        let line = harmless(line).replace('\n', " ");
        if index == 0 {
            writeln!(out, "  {BOLD}{line}{BOLD:#}")?;
        } else {
            writeln!(out, "      {line}")?;
        }
    }
    Ok(())
}

fn write_block(out: &mut impl Write, head: &str, text: &str) -> io::Result<()> {
    let mut head = head;
    for line in harmless(text).trim_end().lines() {
        writeln!(out, "      {head}{line}")?;
        head = "";
    }
    Ok(())
}

/// One stage: `build     passed    1.2 s`.
pub(crate) struct StageLine<'a>(pub(crate) &'a StageReport);

impl fmt::Display for StageLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = self.0;
        let (style, status) = match stage.status {
            StageStatus::Passed => (GOOD, "passed"),
            StageStatus::Failed => (BAD, "failed"),
            StageStatus::Skipped => (DIM, "skipped"),
        };
        write!(f, "{:<9} {style}{status:<8}{style:#}", stage.stage.as_str())?;
        match (&stage.reason, stage.status) {
            (Some(reason), _) => write!(f, " {DIM}{}{DIM:#}", harmless(reason)),
            (None, StageStatus::Skipped) => Ok(()),
            (None, _) => write!(f, " {}", millis(stage.duration_millis)),
        }
    }
}

/// A stage's time, which is measured in milliseconds.
fn millis(millis: u64) -> String {
    match millis {
        0 => "under 1 ms".to_owned(),
        1..1000 => format!("{millis} ms"),
        _ => super::time(millis.saturating_mul(1000)),
    }
}

/// How a verdict looks.
pub(crate) fn verdict_style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Passed => GOOD,
        Verdict::Failed => BAD,
        Verdict::HumanReviewRequired => WARN,
    }
}

/// Enough to see it again with `wasm-runner run`.
fn reproducer_words(reproducer: &Reproducer) -> String {
    let mut words = Vec::new();
    if !reproducer.args.is_empty() {
        words.push(format!("arguments {}", reproducer.args.join(" ")));
    }
    if !reproducer.input.is_empty() {
        words.push(format!("input {}", shortened(&reproducer.input)));
    }
    if let Some(seed) = reproducer.seed {
        words.push(format!("seed {seed}"));
    }
    if let Some(fuel) = reproducer.fuel {
        words.push(format!("fuel {}", policies::Fuel(fuel)));
    }
    words.join(", ")
}

/// The beginning of a long text; the whole is in the JSON form.
fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    let mut characters = text.chars();
    let beginning: String = characters.by_ref().take(MOST).collect();
    match characters.count() {
        0 => beginning,
        more => format!("{beginning}… ({more} characters more)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use validation::{Place, StageKind};

    #[test]
    fn a_finding_says_what_where_how_and_what_to_do() {
        let finding = Finding {
            rule: "test/failed".to_owned(),
            severity: Severity::Error,
            message: "two lines\nof message\u{1b}[2J".to_owned(),
            place: Some(Place::File {
                path: "src/main.rs".to_owned(),
                line: Some(3),
                column: None,
            }),
            reproducer: Some(Reproducer {
                seed: Some(7),
                input: "x".repeat(201),
                ..Reproducer::default()
            }),
            remedy: "mend it".to_owned(),
            backtrace: Vec::new(),
        };
        let mut bytes = Vec::new();
        write_finding(&mut bytes, &finding).expect("memory");
        let text = String::from_utf8(bytes).expect("text");
        let expected = format!(
            "  error test/failed  src/main.rs:3\n      two lines\n      of message\u{fffd}[2J\n      \
             again: input {}… (1 characters more), seed 7\n      remedy: mend it\n",
            "x".repeat(200)
        );
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), expected);
    }

    #[test]
    fn a_skipped_stage_says_why() {
        let stage = StageReport {
            stage: StageKind::Fuzz,
            status: StageStatus::Skipped,
            reason: Some("the build failed".to_owned()),
            duration_millis: 0,
            metrics: std::collections::BTreeMap::new(),
            findings: Vec::new(),
            cases: Vec::new(),
        };
        let line = StageLine(&stage).to_string();
        assert_eq!(
            anstream::adapter::strip_str(&line).to_string(),
            "fuzz      skipped  the build failed"
        );
    }
}
