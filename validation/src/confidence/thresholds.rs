//! From which confidence on a tool passes: the operator's word, in one file.

use policies::Problem;
use std::fmt;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use toml_edit::{Document, Item, TableLike};

/// A file longer than this is refused unread: 64 KiB.
const MAX_BYTES: u64 = 64 * 1024;

/// From which confidence on a tool passes, and below which it fails; between both a person
/// decides. What the findings say still holds: thresholds only make a verdict stricter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    pass: f64,
    fail: f64,
}

impl Default for Thresholds {
    /// A tool whose findings let it pass needs 0.20, which one passing test and one example give
    /// it even where nothing else was examined; none fails for its confidence alone.
    fn default() -> Self {
        Self {
            pass: 0.20,
            fail: 0.0,
        }
    }
}

impl Thresholds {
    /// Thresholds between 0 and 1, `fail` not above `pass`; else `None`.
    pub fn new(pass: f64, fail: f64) -> Option<Self> {
        let within = |it: f64| (0.0..=1.0).contains(&it);
        (within(pass) && within(fail) && fail <= pass).then_some(Self { pass, fail })
    }

    /// At this confidence or above it, a tool may pass.
    pub fn pass(&self) -> f64 {
        self.pass
    }

    /// Below this confidence a tool fails.
    pub fn fail(&self) -> f64 {
        self.fail
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it can't be read, is longer than 64 KiB, or holds anything but thresholds.
    pub fn load(path: &Path) -> Result<Self, ThresholdsError> {
        let file = path.display().to_string();
        let unreadable = |reason: String| ThresholdsError::Unreadable {
            file: file.clone(),
            reason,
        };
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|error| unreadable(error.to_string()))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(unreadable(format!(
                "it has more than the {MAX_BYTES} bytes that thresholds may have"
            )));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            unreadable(format!("it is not UTF-8 text (byte {at} is wrong)"))
        })?;
        Self::parse(&text, &file)
    }

    /// Reads the TOML form; `file` is what errors call the text. What it does not name is as in
    /// [`Thresholds::default`].
    ///
    /// # Errors
    /// Everything that is wrong with it, each with line, column and remedy.
    pub fn parse(text: &str, file: &str) -> Result<Self, ThresholdsError> {
        let mut reading = Reading {
            text,
            problems: Vec::new(),
        };
        let thresholds = reading.thresholds();
        if reading.problems.is_empty() {
            return Ok(thresholds);
        }
        reading
            .problems
            .sort_by_key(|problem| (problem.line, problem.column));
        Err(ThresholdsError::Invalid {
            file: file.to_owned(),
            problems: reading.problems,
        })
    }
}

/// A file that holds no thresholds, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThresholdsError {
    /// It could not be read.
    Unreadable {
        /// Its path.
        file: String,
        /// The system's reason.
        reason: String,
    },
    /// It was read and holds something else.
    Invalid {
        /// Its path or another name for people.
        file: String,
        /// In the order of the text; never empty.
        problems: Vec<Problem>,
    },
}

impl std::error::Error for ThresholdsError {}

impl fmt::Display for ThresholdsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { file, reason } => write!(
                f,
                "{file}: cannot be read: {reason}\n  remedy: give the path of a file such as\n{EXAMPLE}"
            ),
            Self::Invalid { file, problems } => {
                for (index, problem) in problems.iter().enumerate() {
                    if index > 0 {
                        writeln!(f)?;
                    }
                    write!(
                        f,
                        "{file}:{}:{}: {}\n  remedy: {}",
                        problem.line, problem.column, problem.message, problem.remedy
                    )?;
                }
                Ok(())
            }
        }
    }
}

const EXAMPLE: &str = "    [confidence]\n    pass = 0.6\n    fail = 0.2";
const SECTION: &str = "confidence";
const KEYS: [&str; 2] = ["pass", "fail"];

/// A text that is being read.
struct Reading<'a> {
    text: &'a str,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn thresholds(&mut self) -> Thresholds {
        let mut thresholds = Thresholds::default();
        let document = match Document::parse(self.text) {
            Ok(document) => document,
            Err(error) => {
                let message = error.message().trim().replace('\n', "; ");
                self.problem(
                    error.span(),
                    format!("not TOML: {message}"),
                    format!("mend the syntax; a whole file is\n{EXAMPLE}"),
                );
                return thresholds;
            }
        };
        self.only_keys(document.as_table(), "", &[SECTION]);
        let Some(item) = document.get(SECTION) else {
            return thresholds;
        };
        let Some(table) = item.as_table_like() else {
            self.problem(
                item.span(),
                format!("`{SECTION}` is not a table"),
                format!("write it as a table: [{SECTION}]"),
            );
            return thresholds;
        };
        self.only_keys(table, SECTION, &KEYS);
        let pass = self.number(table, "pass");
        let fail = self.number(table, "fail");
        // Who only says what is enough to pass does not mean to let more fail.
        thresholds.pass = pass.unwrap_or(thresholds.pass.max(fail.unwrap_or(0.0)));
        thresholds.fail = fail.unwrap_or(thresholds.fail);
        if thresholds.fail > thresholds.pass {
            self.problem(
                table.get("fail").and_then(Item::span),
                format!(
                    "a tool can't fail below {} and pass from {} on",
                    thresholds.fail, thresholds.pass
                ),
                "make `fail` the lower one: what lies between both is for a person to decide",
            );
        }
        thresholds
    }

    fn number(&mut self, table: &dyn TableLike, key: &str) -> Option<f64> {
        let item = table.get(key)?;
        #[allow(
            clippy::cast_precision_loss,
            reason = "0 and 1 are all that is allowed"
        )]
        let number = item
            .as_float()
            .or_else(|| item.as_integer().map(|it| it as f64));
        let number = number.filter(|it| (0.0..=1.0).contains(it));
        if number.is_none() {
            self.problem(
                item.span(),
                format!("`{key}` is no number from 0 to 1"),
                format!("write a confidence, such as {key} = 0.5"),
            );
        }
        number
    }

    fn only_keys(&mut self, table: &dyn TableLike, inside: &str, known: &[&str]) {
        for (key, item) in table.iter() {
            if known.contains(&key) {
                continue;
            }
            let place = if inside.is_empty() {
                String::new()
            } else {
                format!(" in `{inside}`")
            };
            let near = known
                .iter()
                .map(|word| (strsim::osa_distance(key, word), word))
                .filter(|(distance, word)| *distance <= 2 && *distance < word.len())
                .min();
            let remedy = match near {
                Some((_, near)) => format!("write `{near}`"),
                None => format!("remove it; known here: {}", known.join(", ")),
            };
            let span = table.get_key_value(key).and_then(|(key, _)| key.span());
            self.problem(
                span.or_else(|| item.span()),
                format!("unknown key `{key}`{place}"),
                remedy,
            );
        }
    }

    fn problem(
        &mut self,
        span: Option<Range<usize>>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let at = span.map_or(0, |span| span.start);
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        self.problems.push(Problem {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
            remedy: remedy.into(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        Thresholds::parse(text, "t.toml")
            .expect_err("refused")
            .to_string()
    }

    #[test]
    fn what_is_not_named_is_as_by_default() {
        assert_eq!(Thresholds::parse("", "t"), Ok(Thresholds::default()));
        let one = Thresholds::parse("[confidence]\npass = 0.75\n", "t");
        assert_eq!(one, Ok(Thresholds::new(0.75, 0.0).expect("within")));
        // Whoever lets more fail than passes by default raises what passes too.
        let high = Thresholds::parse("confidence = { fail = 0.5 }", "t");
        assert_eq!(high, Ok(Thresholds::new(0.5, 0.5).expect("within")));
    }

    #[test]
    fn numbers_are_taken_up_to_their_edges() {
        let edges = Thresholds::parse("[confidence]\npass = 1\nfail = 0\n", "t");
        assert_eq!(edges, Ok(Thresholds::new(1.0, 0.0).expect("within")));
        for wrong in ["1.0001", "-0.0001", "nan", "inf", "\"0.5\"", "2", "true"] {
            let text = said(&format!("[confidence]\npass = {wrong}\n"));
            assert!(
                text.contains("t.toml:2:8: `pass` is no number from 0 to 1"),
                "{text}"
            );
        }
        assert_eq!(Thresholds::new(0.5, 0.51), None);
        assert!(Thresholds::new(0.5, 0.5).is_some());
    }

    #[test]
    fn all_that_is_wrong_is_said_with_its_place() {
        let text = said("[confidence]\npas = 0.5\nfail = 0.9\npass = 0.5\nother = 1\n[more]\n");
        insta::assert_snapshot!(text);
        insta::assert_snapshot!(said("[confidence\n"));
        assert!(said("confidence = 3").contains("t.toml:1:14: `confidence` is not a table"));
    }

    #[test]
    fn a_file_too_long_is_refused_and_one_just_short_enough_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.toml");
        let most = usize::try_from(MAX_BYTES).expect("small");
        let comment = |length: usize| format!("#{}", "x".repeat(length - 1));
        std::fs::write(&path, comment(most)).expect("written");
        assert_eq!(Thresholds::load(&path), Ok(Thresholds::default()));
        std::fs::write(&path, comment(most + 1)).expect("written");
        let error = Thresholds::load(&path).expect_err("too long");
        assert!(
            error.to_string().contains("more than the 65536 bytes"),
            "{error}"
        );
        let error = Thresholds::load(&folder.path().join("none")).expect_err("none");
        assert!(error.to_string().contains("[confidence]"), "{error}");
    }
}
