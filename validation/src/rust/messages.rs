//! What the compiler said, as findings.

use super::cargo::Output;
use super::lints;
use super::sources::within;
use crate::finding::presentable;
use crate::{Finding, Place};
use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel, DiagnosticSpan};
use cargo_metadata::{Artifact, Message};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// At most so many of the compiler's errors, and as many of its warnings, are kept.
const MOST: usize = 20;
/// Bytes kept of one.
const MOST_TEXT: usize = 4096;

/// The folders of a build, which findings must not depend on.
pub(super) struct Places {
    /// The package's folder.
    pub(super) package: PathBuf,
    /// The folder of all that belongs to the build.
    pub(super) root: PathBuf,
    /// The vendored crates.
    pub(super) vendor: PathBuf,
    /// The folders of the toolchain.
    pub(super) toolchain: Vec<PathBuf>,
}

impl Places {
    /// A text with short names for the folders: the same for each build of the same sources.
    pub(super) fn plain(&self, text: &str) -> String {
        let package = self.package.display().to_string();
        let mut text = text
            .replace(&format!("{package}/"), "")
            .replace(&package, "the package's folder")
            .replace(&self.vendor.display().to_string(), "vendor")
            .replace(&format!("{}/", self.root.display()), "");
        // Where it lies tells whose machine this is.
        for folder in &self.toolchain {
            text = text.replace(&folder.display().to_string(), "toolchain");
        }
        text
    }

    /// Whether the compiler may quote from this file: what is neither the author's nor Rust's
    /// is not for the author to see.
    fn may_quote(&self, file: &str) -> bool {
        // Names such as `<anon>` are no files.
        if file.starts_with('<') {
            return true;
        }
        let Some(file) = within(&self.package.join(file)) else {
            return false;
        };
        let is_rust_s =
            || file.starts_with("/rustc") || file.to_string_lossy().contains("/lib/rustlib/src/");
        file.starts_with(&self.package)
            || file.starts_with(&self.vendor)
            // What the build scripts of vendored crates wrote.
            || file.starts_with(self.root.join("target"))
            || is_rust_s()
    }
}

/// What came of a call of cargo.
#[derive(Default)]
pub(super) struct Compiled {
    pub(super) findings: Vec<Finding>,
    /// Programs and their names.
    pub(super) programs: Vec<(String, PathBuf)>,
    /// Programs with tests.
    pub(super) test_programs: Vec<(String, PathBuf)>,
    /// Names of the package's targets that are no programs.
    pub(super) others: Vec<String>,
    /// Where the compiler may have written which files it read.
    pub(super) lists: Vec<PathBuf>,
}

/// Reads cargo's messages; `part` is what was compiled.
pub(super) fn read(output: &Output, places: &Places, part: Part) -> Compiled {
    let mut compiled = Compiled::default();
    let mut seen = BTreeSet::new();
    let (mut errors, mut warnings) = (0, 0);
    for message in Message::parse_stream(output.stdout.as_slice()).flatten() {
        match message {
            Message::CompilerMessage(message) => {
                let Some((finding, text)) = finding(message.message, places, part) else {
                    continue;
                };
                if !seen.insert(text) {
                    continue;
                }
                let is_error = finding.severity == crate::Severity::Error;
                let count = if is_error { &mut errors } else { &mut warnings };
                *count += 1;
                if *count <= MOST {
                    compiled.findings.push(finding);
                }
            }
            Message::CompilerArtifact(artifact) => compiled.add(artifact),
            _ => {}
        }
    }
    if errors > MOST {
        compiled.findings.push(Finding::error(
            "build/compile-error",
            format!("… and {} errors more", errors - MOST),
            "mend the first ones: many of the rest follow from them",
        ));
    }
    if warnings > MOST {
        compiled.findings.push(Finding::note(
            "build/compiler-warning",
            format!("… and {} warnings more", warnings - MOST),
            "follow the compiler's advice; a warning does not fail the build",
        ));
    }
    compiled
}

/// What was compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The program.
    Tool,
    /// The tests of a program that compiles.
    Tests,
}

impl Compiled {
    fn add(&mut self, artifact: Artifact) {
        // Of the crates compiled ahead we know what they are.
        if !artifact.package_id.repr.starts_with("path+") {
            return;
        }
        let lists = artifact
            .filenames
            .iter()
            .map(|file| file.with_extension("d").into());
        self.lists.extend(lists);
        match artifact.executable {
            Some(path) if artifact.profile.test => {
                self.test_programs.push((artifact.target.name, path.into()));
            }
            Some(path) => self.programs.push((artifact.target.name, path.into())),
            None => self.others.push(artifact.target.name),
        }
    }
}

/// A finding, with the text that tells it from others; none for what only counts or explains.
fn finding(diagnostic: Diagnostic, places: &Places, part: Part) -> Option<(Finding, String)> {
    let is_error = match diagnostic.level {
        DiagnosticLevel::Error | DiagnosticLevel::Ice => true,
        DiagnosticLevel::Warning => false,
        _ => return None,
    };
    if let Some(file) = quoted(&diagnostic).find(|file| !places.may_quote(file)) {
        let finding = host_file(Path::new(file));
        let text = finding.message.clone();
        return Some((finding, text));
    }
    if let Some(file) = unreadable(&diagnostic.message, places) {
        let finding = host_file(&file);
        let text = finding.message.clone();
        return Some((finding, text));
    }
    let place = diagnostic
        .spans
        .iter()
        .find(|span| span.is_primary)
        .map(|span| written(span, places))
        .map(|span| Place::File {
            path: places.plain(&span.file_name),
            line: u32::try_from(span.line_start).ok(),
            column: u32::try_from(span.column_start).ok(),
        });
    let code = diagnostic.code.as_ref().map(|code| code.code.as_str());
    if let Some(mut finding) = lints::finding(code, &places.plain(&diagnostic.message)) {
        finding.place = place;
        let text = format!("{} {:?}", finding.message, finding.place);
        return Some((finding, text));
    }
    let text = diagnostic.rendered.unwrap_or(diagnostic.message);
    let only_counts = text.starts_with("error: aborting due to")
        || text.starts_with("warning: `")
        || (place.is_none() && text.contains("warning") && text.contains("emitted"));
    if only_counts {
        return None;
    }
    let said = presentable(&cut(&places.plain(&text)));
    let mut finding = match (is_error, part) {
        (true, Part::Tool) => {
            Finding::error("build/compile-error", said, "mend what the compiler names")
        }
        (true, Part::Tests) => Finding::error(
            "build/compile-error",
            format!("the tests do not compile: {said}"),
            "mend what the compiler names in the tests; the tool itself compiles",
        ),
        (false, _) => Finding::note(
            "build/compiler-warning",
            said,
            "follow the compiler's advice; a warning does not fail the build",
        ),
    };
    finding.place = place;
    Some((finding, text))
}

/// Where the author wrote it: what a macro of others made is where the macro is used.
fn written<'a>(span: &'a DiagnosticSpan, places: &Places) -> &'a DiagnosticSpan {
    let is_own = |span: &DiagnosticSpan| {
        within(&places.package.join(&span.file_name))
            .is_some_and(|whole| whole.starts_with(&places.package))
    };
    let mut at = span;
    while !is_own(at) {
        match &at.expansion {
            Some(expansion) => at = &expansion.span,
            None => return span,
        }
    }
    at
}

/// The file outside the package that was to be included and is not to be seen from there.
fn unreadable(message: &str, places: &Places) -> Option<PathBuf> {
    let (file, _) = message.strip_prefix("couldn't read `")?.split_once('`')?;
    let file = PathBuf::from(file);
    let is_own =
        within(&places.package.join(&file)).is_some_and(|whole| whole.starts_with(&places.package));
    (!is_own).then_some(file)
}

/// All files that a diagnostic quotes from.
fn quoted(diagnostic: &Diagnostic) -> impl Iterator<Item = &str> {
    let mut files = Vec::new();
    let mut waiting: Vec<&Diagnostic> = vec![diagnostic];
    while let Some(one) = waiting.pop() {
        let mut spans: Vec<&DiagnosticSpan> = one.spans.iter().collect();
        while let Some(span) = spans.pop() {
            files.push(span.file_name.as_str());
            if let Some(expansion) = &span.expansion {
                spans.push(&expansion.span);
                spans.extend(&expansion.def_site_span);
            }
        }
        waiting.extend(&one.children);
    }
    files.into_iter()
}

/// The compiler read what is not the package's.
pub(super) fn host_file(file: &Path) -> Finding {
    Finding::error(
        "build/reads-host-file",
        format!(
            "it includes {}, which is outside the package, when it is compiled",
            file.display()
        ),
        "include files of the package only, by paths below it",
    )
}

/// A build that failed without a compiler's error: the linker, or cargo itself.
pub(super) fn unexplained(output: &Output, places: &Places) -> Finding {
    Finding::error(
        "build/compile-error",
        cut(&format!(
            "the build failed:\n{}",
            places.plain(&output.tail())
        )),
        "mend what is named; a missing symbol means code that WASI does not have",
    )
}

/// More was said than is kept: what was built can't be known from it.
pub(super) fn too_much_said() -> Finding {
    Finding::error(
        "build/compile-error",
        "the compiler said more than can be kept (16 MiB)",
        "mend its warnings, or make the sources smaller",
    )
}

fn cut(text: &str) -> String {
    let text = text.trim_end();
    if text.len() <= MOST_TEXT {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(MOST_TEXT);
    format!("{}… (cut)", &text[..end])
}

#[cfg(test)]
mod tests;
