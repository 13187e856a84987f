//! What the report quotes of the proposal: its files by name and digest, and the lines that
//! findings are about.

use crate::judge::Reached;
use crate::{Excerpt, LineCoverage, Place, ProposedTool, SourceReport, StageReport};
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::path::Path;

/// Lines shown before and after the one that is meant.
const AROUND: usize = 3;
/// Excerpts of one report.
const MOST: usize = 50;
/// Characters of a line that are kept.
const MOST_LINE: usize = 240;

/// The files of a proposal as they are laid out: a tool of one file is `src/main.rs`.
pub(crate) fn files(proposal: &ProposedTool) -> impl Iterator<Item = (&str, &str)> {
    let single = [
        ("src/main.rs", proposal.source_code.as_str()),
        ("src/tests.rs", proposal.test_code.as_str()),
    ];
    let given = |path: &str| proposal.files.iter().any(|file| file.path == path);
    let single = single
        .into_iter()
        .filter(move |(path, text)| !text.is_empty() && !given(path));
    let files = proposal.files.iter();
    files
        .map(|file| (file.path.as_str(), file.content.as_str()))
        .chain(single)
}

/// Each file with its length and digest.
pub(crate) fn sources(proposal: &ProposedTool) -> Vec<SourceReport> {
    let mut sources: Vec<SourceReport> = files(proposal)
        .map(|(path, content)| SourceReport {
            path: path.to_owned(),
            bytes: content.len() as u64,
            sha256: hex::encode(Sha256::digest(content)),
            coverage: None,
        })
        .collect();
    sources.sort_by(|one, two| one.path.cmp(&two.path));
    sources
}

/// Adds which lines were reached. That is what a confined process says: lines that a file does
/// not have are left out.
pub(crate) fn cover(sources: &mut [SourceReport], proposal: &ProposedTool, mut reached: Reached) {
    for (path, content) in files(proposal) {
        let Some(source) = sources.iter_mut().find(|source| source.path == path) else {
            continue;
        };
        let Some((mut covered, mut missed)) = reached.remove(path) else {
            continue;
        };
        let lines = u32::try_from(content.lines().count()).unwrap_or(u32::MAX);
        for numbers in [&mut covered, &mut missed] {
            numbers.retain(|line| (1..=lines).contains(line));
            numbers.sort_unstable();
            numbers.dedup();
        }
        missed.retain(|line| covered.binary_search(line).is_err());
        source.coverage = Some(LineCoverage {
            lines,
            covered,
            missed,
        });
    }
}

/// The lines around each place in the sources that a finding names, each place once.
pub(crate) fn excerpts(proposal: &ProposedTool, stages: &[StageReport]) -> Vec<Excerpt> {
    let mut excerpts: Vec<Excerpt> = Vec::new();
    let findings = stages.iter().flat_map(|stage| &stage.findings);
    for place in findings.filter_map(|finding| finding.place.as_ref()) {
        if excerpts.len() >= MOST {
            break;
        }
        if excerpts.iter().all(|excerpt| excerpt.of != *place) {
            excerpts.extend(excerpt(proposal, place));
        }
    }
    excerpts
}

fn excerpt(proposal: &ProposedTool, place: &Place) -> Option<Excerpt> {
    let (path, text, marked) = match place {
        Place::File { path, line, .. } => {
            let (_, text) = files(proposal).find(|(file, _)| file == path)?;
            (path.as_str(), text, (*line)? as usize)
        }
        Place::Test { name } => test(proposal, name)?,
        _ => return None,
    };
    let lines: Vec<&str> = text.lines().collect();
    // From 1; a line beyond the end is of text that was added when the package was laid out.
    let index = marked.checked_sub(1).filter(|index| *index < lines.len())?;
    let first = index.saturating_sub(AROUND);
    let last = (index + AROUND).min(lines.len() - 1);
    Some(Excerpt {
        of: place.clone(),
        path: path.to_owned(),
        first_line: u32::try_from(first + 1).ok()?,
        marked_line: u32::try_from(marked).ok()?,
        lines: lines[first..=last].iter().map(|line| cut(line)).collect(),
    })
}

/// Where the function of a test is, if there is but one of its name.
fn test<'a>(proposal: &'a ProposedTool, name: &str) -> Option<(&'a str, &'a str, usize)> {
    let function = name.rsplit("::").next()?;
    let head = format!("fn {function}(");
    let mut found = files(proposal)
        .filter(|(path, _)| Path::new(path).extension() == Some(OsStr::new("rs")))
        .flat_map(|(path, text)| {
            let lines = text.lines().enumerate();
            let at = lines.filter(|(_, line)| declares(line, &head));
            at.map(move |(index, _)| (path, text, index + 1))
        });
    let only = found.next()?;
    found.next().is_none().then_some(only)
}

/// Whether a line declares that function: nothing but keywords stands before.
fn declares(line: &str, head: &str) -> bool {
    let Some((before, _)) = line.split_once(head) else {
        return false;
    };
    before
        .split_whitespace()
        .all(|word| matches!(word, "pub" | "async" | "#[test]") || word.starts_with("pub("))
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(MOST_LINE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::example::proposal;

    fn at(line: u32) -> Place {
        Place::File {
            path: "src/main.rs".to_owned(),
            line: Some(line),
            column: None,
        }
    }

    fn numbered(count: usize) -> ProposedTool {
        let lines: Vec<String> = (1..=count).map(|number| format!("line {number}")).collect();
        ProposedTool {
            source_code: lines.join("\n"),
            test_code: "#[test]\nfn adds() {}\n".to_owned(),
            files: Vec::new(),
            ..proposal()
        }
    }

    #[test]
    fn a_line_is_shown_with_those_around_it_up_to_the_edges() {
        let proposal = numbered(20);
        let lines = |line| {
            let excerpt = excerpt(&proposal, &at(line))?;
            Some((excerpt.first_line, excerpt.lines.len()))
        };
        assert_eq!(lines(10), Some((7, 7)));
        assert_eq!(lines(1), Some((1, 4)));
        assert_eq!(lines(20), Some((17, 4)));
        assert_eq!(lines(21), None);
        assert_eq!(lines(0), None);
        assert_eq!(lines(u32::MAX), None);
    }

    #[test]
    fn a_test_is_found_by_its_function_where_there_is_one_only() {
        let place = |name: &str| Place::Test {
            name: name.to_owned(),
        };
        let mut proposal = numbered(3);
        let found = excerpt(&proposal, &place("tests::adds")).expect("found");
        assert_eq!(
            (found.path.as_str(), found.marked_line),
            ("src/tests.rs", 2)
        );
        assert_eq!(excerpt(&proposal, &place("tests::add")), None);
        proposal.source_code.push_str("\npub(crate) fn adds() {}\n");
        assert_eq!(excerpt(&proposal, &place("tests::adds")), None);
    }

    #[test]
    fn long_lines_are_cut_at_their_edge() {
        let whole = "é".repeat(MOST_LINE);
        assert_eq!(cut(&whole), whole);
        assert_eq!(cut(&format!("{whole}é")), format!("{whole}…"));
    }
}
