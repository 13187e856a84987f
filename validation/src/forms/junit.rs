//! JUnit's XML: for what shows the results of tests.
//!
//! One suite a stage. Its cases are the author's tests and the manifest's examples; each finding
//! of severity error that belongs to none of them is a case of its own, and a stage without
//! cases is one. Warnings and notes are in the suite's output. The elements and attributes are
//! those on which the schemas that are about agree.

use super::text::visible;
use crate::{
    CaseReport, CaseStatus, Finding, Place, Severity, StageReport, StageStatus, ValidationReport,
};
use quick_xml::Writer;
use quick_xml::events::{BytesCData, BytesDecl, BytesText, Event};
use std::fmt::Write as _;
use std::io;

pub(super) fn render(report: &ValidationReport) -> String {
    let suites: Vec<Suite<'_>> = report.stages.iter().map(Suite::of).collect();
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Memory takes whatever is written, and what is written was text.
    write(&mut writer, report, &suites).expect("memory can be written");
    let mut text = String::from_utf8(writer.into_inner()).expect("XML is text");
    text.push('\n');
    text
}

/// A stage as a suite.
struct Suite<'a> {
    stage: &'a StageReport,
    cases: Vec<Case<'a>>,
}

struct Case<'a> {
    name: String,
    seconds: f64,
    outcome: Outcome<'a>,
}

enum Outcome<'a> {
    Passed,
    Failed(Option<&'a Finding>),
    Skipped(&'a str),
}

impl<'a> Suite<'a> {
    fn of(stage: &'a StageReport) -> Self {
        let is_error = |finding: &&Finding| finding.severity == Severity::Error;
        let mut errors: Vec<&Finding> = stage.findings.iter().filter(is_error).collect();
        let mut cases: Vec<Case<'a>> = Vec::new();
        for case in &stage.cases {
            let own = errors.iter().position(|finding| concerns(finding, case));
            cases.push(Case {
                name: case.name.clone(),
                seconds: case
                    .usage
                    .map_or(0.0, |usage| seconds(usage.wall_micros, 1e6)),
                outcome: match case.status {
                    CaseStatus::Passed => Outcome::Passed,
                    CaseStatus::Failed => Outcome::Failed(own.map(|index| errors.remove(index))),
                    CaseStatus::Ignored => Outcome::Skipped("it is ignored"),
                },
            });
        }
        for finding in errors {
            let place = finding.place.as_ref().map(Place::text);
            cases.push(Case {
                name: match place {
                    Some(place) => format!("{} {place}", finding.rule),
                    None => finding.rule.clone(),
                },
                seconds: 0.0,
                outcome: Outcome::Failed(Some(finding)),
            });
        }
        if cases.is_empty() {
            cases.push(Case {
                name: stage.stage.as_str().to_owned(),
                seconds: seconds(stage.duration_millis, 1e3),
                outcome: match stage.status {
                    StageStatus::Passed => Outcome::Passed,
                    StageStatus::Failed => Outcome::Failed(None),
                    StageStatus::Skipped => {
                        Outcome::Skipped(stage.reason.as_deref().unwrap_or("it was not examined"))
                    }
                },
            });
        }
        Self { stage, cases }
    }

    fn failures(&self) -> usize {
        let failed = |case: &&Case<'_>| matches!(case.outcome, Outcome::Failed(_));
        self.cases.iter().filter(failed).count()
    }

    fn skipped(&self) -> usize {
        let skipped = |case: &&Case<'_>| matches!(case.outcome, Outcome::Skipped(_));
        self.cases.iter().filter(skipped).count()
    }
}

/// Whether a finding is about that case: it is at its place, or, where it is placed at the line
/// that panicked, came of its run.
fn concerns(finding: &Finding, case: &CaseReport) -> bool {
    if finding.place.as_ref() == Some(&case.place) {
        return true;
    }
    match &case.place {
        Place::Test { name } => {
            let again = finding.reproducer.as_ref();
            again.is_some_and(|again| again.args.contains(name))
        }
        Place::Example { index } => {
            let rest = finding.message.strip_prefix(&format!("example {index}"));
            rest.is_some_and(|rest| rest.starts_with(' '))
        }
        _ => false,
    }
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn seconds(time: u64, units: f64) -> f64 {
    time as f64 / units
}

fn write(
    writer: &mut Writer<Vec<u8>>,
    report: &ValidationReport,
    suites: &[Suite<'_>],
) -> io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    // Without attributes, which one of the schemas does not know.
    writer
        .create_element("testsuites")
        .write_inner_content(|writer| {
            for (index, suite) in suites.iter().enumerate() {
                write_suite(writer, report, suite, index)?;
            }
            Ok(())
        })?;
    Ok(())
}

fn write_suite(
    writer: &mut Writer<Vec<u8>>,
    report: &ValidationReport,
    suite: &Suite<'_>,
    index: usize,
) -> io::Result<()> {
    let stage = suite.stage.stage.as_str();
    let package = xml(&report.name);
    let class = format!("{package}.{stage}");
    // ISO 8601 to the second and without a zone, as the schemas have it; it is UTC.
    let started = report.started_at.unwrap_or_default();
    let started = started.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    writer
        .create_element("testsuite")
        .with_attribute(("name", stage))
        .with_attribute(("id", index.to_string().as_str()))
        .with_attribute(("package", package.as_str()))
        .with_attribute(("timestamp", started.as_str()))
        .with_attribute(("hostname", "localhost"))
        .with_attribute(("tests", suite.cases.len().to_string().as_str()))
        .with_attribute(("failures", suite.failures().to_string().as_str()))
        .with_attribute(("errors", "0"))
        .with_attribute(("skipped", suite.skipped().to_string().as_str()))
        .with_attribute((
            "time",
            time(seconds(suite.stage.duration_millis, 1e3)).as_str(),
        ))
        .write_inner_content(|writer| {
            writer
                .create_element("properties")
                .write_inner_content(|writer| {
                    for (name, figure) in &suite.stage.metrics {
                        writer
                            .create_element("property")
                            .with_attribute(("name", xml(name).as_str()))
                            .with_attribute(("value", figure.to_string().as_str()))
                            .write_empty()?;
                    }
                    Ok(())
                })?;
            for case in &suite.cases {
                write_case(writer, &class, case)?;
            }
            let beside = suite.stage.findings.iter();
            let beside = beside.filter(|finding| finding.severity != Severity::Error);
            let said: Vec<String> = beside.map(words).collect();
            block(writer, "system-out", &said.join("\n"))?;
            block(writer, "system-err", "")
        })?;
    Ok(())
}

fn write_case(writer: &mut Writer<Vec<u8>>, class: &str, case: &Case<'_>) -> io::Result<()> {
    let name = xml(&case.name);
    let time = time(case.seconds);
    let element = writer
        .create_element("testcase")
        .with_attribute(("name", name.as_str()))
        .with_attribute(("classname", class))
        .with_attribute(("time", time.as_str()));
    match &case.outcome {
        Outcome::Passed => element.write_empty()?,
        Outcome::Skipped(why) => element.write_inner_content(|writer| {
            writer
                .create_element("skipped")
                .with_attribute(("message", xml(why).as_str()))
                .write_empty()?;
            Ok(())
        })?,
        Outcome::Failed(finding) => element.write_inner_content(|writer| {
            let (kind, message, text) = match finding {
                None => ("failed".to_owned(), "it failed".to_owned(), String::new()),
                Some(finding) => {
                    let first = finding.message.lines().next().unwrap_or_default();
                    (xml(&finding.rule), xml(first), words(finding))
                }
            };
            writer
                .create_element("failure")
                .with_attribute(("type", kind.as_str()))
                .with_attribute(("message", message.as_str()))
                .write_inner_content(|writer| cdata(writer, &text))?;
            Ok(())
        })?,
    };
    Ok(())
}

fn block(writer: &mut Writer<Vec<u8>>, name: &str, text: &str) -> io::Result<()> {
    let element = writer.create_element(name);
    if text.is_empty() {
        element.write_empty()?;
    } else {
        element.write_inner_content(|writer| cdata(writer, text))?;
    }
    Ok(())
}

/// A text as it is, in as many sections as it takes: none can hold its own end.
fn cdata(writer: &mut Writer<Vec<u8>>, text: &str) -> io::Result<()> {
    let text = xml(text);
    if text.is_empty() {
        return writer.write_event(Event::Text(BytesText::new("")));
    }
    for section in BytesCData::escaped(&text) {
        writer.write_event(Event::CData(section))?;
    }
    Ok(())
}

fn time(seconds: f64) -> String {
    format!("{seconds:.3}")
}

/// A finding in words.
fn words(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut text = format!("{severity} {}", finding.rule);
    if let Some(place) = &finding.place {
        let _ = write!(text, " at {}", place.text());
    }
    let _ = write!(text, "\n{}\n", finding.message.trim_end());
    if let Some(again) = &finding.reproducer {
        if !again.args.is_empty() {
            let _ = writeln!(text, "arguments: {}", again.args.join(" "));
        }
        if !again.input.is_empty() {
            let _ = writeln!(text, "input: {}", again.input);
        }
    }
    let _ = writeln!(text, "to do: {}", finding.remedy);
    text
}

/// A text as XML 1.0 can hold it: what can't be seen is shown by its number, and what may not
/// stand in XML at all, written however, is replaced.
fn xml(text: &str) -> String {
    visible(text)
        .chars()
        .map(|character| match character {
            '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            other => other,
        })
        .collect()
}
