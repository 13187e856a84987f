//! What the compiler said, as findings.

use super::cargo::Output;
use crate::{Finding, Place, Severity};
use cargo_metadata::{Message, diagnostic::DiagnosticLevel};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// At most so many of the compiler's errors, and as many of its warnings, are kept.
const MOST: usize = 20;
/// Bytes kept of one.
const MOST_TEXT: usize = 4096;

pub(super) struct Compiled {
    pub(super) findings: Vec<Finding>,
    /// Programs and their names.
    pub(super) programs: Vec<(String, PathBuf)>,
    /// Programs with tests.
    pub(super) test_programs: Vec<(String, PathBuf)>,
}

pub(super) fn read(output: &Output) -> Compiled {
    let mut compiled = Compiled {
        findings: Vec::new(),
        programs: Vec::new(),
        test_programs: Vec::new(),
    };
    let mut seen = BTreeSet::new();
    let (mut errors, mut warnings) = (0, 0);
    for message in Message::parse_stream(output.stdout.as_slice()).flatten() {
        match message {
            Message::CompilerMessage(message) => {
                let diagnostic = message.message;
                let (rule, severity, count, remedy) = match diagnostic.level {
                    DiagnosticLevel::Error | DiagnosticLevel::Ice => (
                        "build/compile-error",
                        Severity::Error,
                        &mut errors,
                        "mend what the compiler names",
                    ),
                    DiagnosticLevel::Warning => (
                        "build/compiler-warning",
                        Severity::Note,
                        &mut warnings,
                        "follow the compiler's advice; a warning does not fail the build",
                    ),
                    _ => continue,
                };
                let text = diagnostic.rendered.unwrap_or(diagnostic.message);
                let summary = text.starts_with("error: aborting due to")
                    || text.starts_with("warning: `")
                    || text.contains("generated 1 warning");
                let span = diagnostic.spans.iter().find(|span| span.is_primary);
                if summary || !seen.insert(text.clone()) {
                    continue;
                }
                *count += 1;
                if *count > MOST {
                    continue;
                }
                compiled.findings.push(Finding {
                    rule: rule.into(),
                    severity,
                    message: cut(&text),
                    place: span.map(|span| Place::File {
                        path: span.file_name.clone(),
                        line: u32::try_from(span.line_start).ok(),
                        column: u32::try_from(span.column_start).ok(),
                    }),
                    reproducer: None,
                    remedy: remedy.into(),
                });
            }
            Message::CompilerArtifact(artifact) => {
                if let Some(path) = artifact.executable {
                    let list = if artifact.profile.test {
                        &mut compiled.test_programs
                    } else {
                        &mut compiled.programs
                    };
                    list.push((artifact.target.name, path.into_std_path_buf()));
                }
            }
            _ => {}
        }
    }
    if errors > MOST {
        compiled.findings.push(Finding {
            rule: "build/compile-error".into(),
            severity: Severity::Error,
            message: format!("… and {} errors more", errors - MOST),
            place: None,
            reproducer: None,
            remedy: "mend the first ones: many of the rest follow from them".into(),
        });
    }
    compiled
}

/// A build that failed without a compiler's error: the linker, or cargo itself.
pub(super) fn unexplained(output: &Output) -> Finding {
    Finding {
        rule: "build/compile-error".into(),
        severity: Severity::Error,
        message: cut(&format!("the build failed:\n{}", output.tail())),
        place: None,
        reproducer: None,
        remedy: "mend what is named; a missing symbol means code that WASI does not have".into(),
    }
}

fn cut(text: &str) -> String {
    if text.len() <= MOST_TEXT {
        return text.trim_end().to_owned();
    }
    let mut end = MOST_TEXT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}… (cut)", &text[..end])
}
