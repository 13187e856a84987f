//! What a proposal must look like before anything is done with it.

use super::ProposedTool;
use std::collections::BTreeMap;
use std::fmt;

/// A proposal that was refused, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalError {
    /// Field by field; never empty.
    pub violations: Vec<FieldViolation>,
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldViolation {
    /// Such as `files[2].path`.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl std::error::Error for ProposalError {}

impl fmt::Display for ProposalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the proposal can't be accepted")?;
        for violation in &self.violations {
            write!(f, "\n  {}: {}", violation.field, violation.message)?;
        }
        Ok(())
    }
}

impl ProposalError {
    /// A proposal with one thing wrong.
    pub(crate) fn one(field: &str, message: impl Into<String>) -> Self {
        Self {
            violations: vec![FieldViolation {
                field: field.to_owned(),
                message: message.into(),
            }],
        }
    }
}

impl ProposedTool {
    /// All texts together, in bytes: 8 MiB.
    pub const MAX_BYTES: usize = 8 * 1024 * 1024;
    /// One file, in bytes: 1 MiB.
    pub const MAX_FILE_BYTES: usize = 1024 * 1024;
    /// Files of one proposal.
    pub const MAX_FILES: usize = 512;
    /// A file's path, in bytes.
    pub const MAX_PATH_BYTES: usize = 240;
    /// Dependencies named in `dependencies`.
    pub const MAX_DEPENDENCIES: usize = 64;

    /// Checks form and sizes; what the sources do is for the builder to find out.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn check(&self) -> Result<(), ProposalError> {
        let mut violations = Violations(Vec::new());
        self.check_texts(&mut violations);
        self.check_files(&mut violations);
        if violations.0.is_empty() {
            Ok(())
        } else {
            Err(ProposalError {
                violations: violations.0,
            })
        }
    }

    fn check_texts(&self, violations: &mut Violations) {
        if !is_name(&self.name) {
            violations.add(
                "name",
                "write a lower-case letter, then at most 63 of a-z, 0-9, `_` and `-`",
            );
        }
        if self.source_code.is_empty() && self.files.is_empty() {
            violations.add(
                "source_code",
                "there is no source: fill source_code, or files",
            );
        }
        if !self.source_code.is_empty()
            && self.files.iter().any(|file| file.path.starts_with("src/"))
        {
            violations.add(
                "source_code",
                "there are files below src/ too: use either source_code or files",
            );
        }
        if !self.test_code.is_empty() && self.source_code.is_empty() {
            violations.add(
                "test_code",
                "it goes with source_code; with files, put the tests into src/tests.rs",
            );
        }
        let texts = [
            ("name", &self.name),
            ("description", &self.description),
            ("signature", &self.signature),
            ("documentation", &self.documentation),
            ("generated_by_agent_id", &self.generated_by_agent_id),
        ];
        for (field, text) in texts {
            if text.contains('\0') {
                violations.add(field, "it holds a NUL: remove it");
            }
        }
        if self.dependencies.len() > Self::MAX_DEPENDENCIES {
            violations.add(
                "dependencies",
                format!("at most {} can be named", Self::MAX_DEPENDENCIES),
            );
        }
        let size = self.description.len()
            + self.signature.len()
            + self.source_code.len()
            + self.test_code.len()
            + self.documentation.len()
            + self.dependencies.iter().map(String::len).sum::<usize>()
            + self
                .files
                .iter()
                .map(|file| file.content.len())
                .sum::<usize>();
        if size > Self::MAX_BYTES {
            violations.add(
                "files",
                format!(
                    "all texts have {size} bytes, more than the {} allowed: leave data out",
                    Self::MAX_BYTES
                ),
            );
        }
    }

    fn check_files(&self, violations: &mut Violations) {
        if self.files.len() > Self::MAX_FILES {
            violations.add(
                "files",
                format!(
                    "there are {} files, more than the {} allowed",
                    self.files.len(),
                    Self::MAX_FILES
                ),
            );
        }
        // Lower case: on some systems two names that differ only in case are one file.
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (index, file) in self.files.iter().enumerate() {
            let field = format!("files[{index}]");
            if let Err(message) = check_path(&file.path) {
                violations.add(
                    &format!("{field}.path"),
                    format!("{:?} {message}", file.path),
                );
            }
            if let Some(other) = seen.insert(file.path.to_lowercase(), index) {
                violations.add(
                    &format!("{field}.path"),
                    format!(
                        "{:?} is the same file as files[{other}]: keep one",
                        file.path
                    ),
                );
            }
            if file.content.len() > Self::MAX_FILE_BYTES {
                violations.add(
                    &format!("{field}.content"),
                    format!(
                        "it has {} bytes, more than the {} that a file may have",
                        file.content.len(),
                        Self::MAX_FILE_BYTES
                    ),
                );
            }
        }
        for (index, file) in self.files.iter().enumerate() {
            let folder = format!("{}/", file.path.to_lowercase());
            if seen
                .range(folder.clone()..)
                .next()
                .is_some_and(|(path, _)| path.starts_with(&folder))
            {
                violations.add(
                    &format!("files[{index}].path"),
                    format!("{:?} is a file and a folder at once: rename one", file.path),
                );
            }
        }
    }
}

struct Violations(Vec<FieldViolation>);

impl Violations {
    fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldViolation {
            field: field.to_owned(),
            message: message.into(),
        });
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
}

/// A path that stays inside its package and means the same on every system.
pub(crate) fn check_path(path: &str) -> Result<(), &'static str> {
    if path.is_empty() {
        return Err("is empty: name the file");
    }
    if path.len() > ProposedTool::MAX_PATH_BYTES {
        return Err("is too long: at most 240 bytes");
    }
    if path.starts_with('/') || path.contains(':') {
        return Err("is absolute: write it relative to the package");
    }
    if path.chars().any(|c| c.is_control() || c == '\\') {
        return Err("holds a control character or a backslash: use plain names and `/`");
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err("holds an empty part, `.` or `..`: write where the file really is");
    }
    if path.split('/').any(|part| part.starts_with('.')) || path.starts_with("target/") {
        return Err("is hidden or cargo's own: such files are not part of a proposal");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Language, SourceFile};

    pub(crate) fn good() -> ProposedTool {
        ProposedTool {
            tool_id: None,
            name: "word-count".into(),
            version: semver::Version::new(1, 0, 0),
            description: "Counts words.".into(),
            signature: String::new(),
            source_code: "fn main() {}".into(),
            test_code: String::new(),
            documentation: String::new(),
            language: Language::Rust,
            dependencies: Vec::new(),
            files: Vec::new(),
            specification: None,
            generator: None,
            generated_by_agent_id: String::new(),
        }
    }

    fn with_files(files: &[&str]) -> ProposedTool {
        let files = files.iter().map(|path| SourceFile {
            path: (*path).into(),
            content: "x".into(),
        });
        ProposedTool {
            source_code: String::new(),
            files: files.collect(),
            ..good()
        }
    }

    fn fields(proposal: &ProposedTool) -> Vec<String> {
        let violations = proposal
            .check()
            .err()
            .map(|error| error.violations)
            .unwrap_or_default();
        violations
            .into_iter()
            .map(|violation| violation.field)
            .collect()
    }

    #[test]
    fn a_good_proposal_passes() {
        assert_eq!(good().check(), Ok(()));
        assert_eq!(
            with_files(&["Cargo.toml", "src/main.rs", "fixtures/a/b.txt"]).check(),
            Ok(())
        );
    }

    #[test]
    fn names_at_their_edges() {
        for (name, is_good) in [
            ("a", true),
            ("", false),
            ("A", false),
            ("1a", false),
            ("a b", false),
            ("a/b", false),
            ("a\0", false),
        ] {
            assert_eq!(is_name(name), is_good, "{name:?}");
        }
        assert!(is_name(&"a".repeat(64)));
        assert!(!is_name(&"a".repeat(65)));
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        for path in [
            "../x",
            "a/../b",
            "/etc/passwd",
            "a//b",
            "./a",
            "a/",
            "C:/x",
            "a\\b",
            "a\0b",
            "a\nb",
            "",
            ".cargo/config.toml",
            "src/.hidden",
            "target/x",
        ] {
            assert_eq!(
                fields(&with_files(&["src/main.rs", path])),
                ["files[1].path"],
                "{path:?}"
            );
        }
        assert!(check_path(&"a".repeat(240)).is_ok());
        assert!(check_path(&"a".repeat(241)).is_err());
    }

    #[test]
    fn two_files_are_not_one() {
        assert_eq!(
            fields(&with_files(&["src/main.rs", "src/Main.rs"])),
            ["files[1].path"]
        );
        assert_eq!(
            fields(&with_files(&["src", "src/main.rs"])),
            ["files[0].path"]
        );
        assert_eq!(
            fields(&with_files(&["src/a", "src/a-b", "src/ab"])),
            Vec::<String>::new()
        );
    }

    #[test]
    fn sizes_at_their_edges() {
        let mut proposal = good();
        proposal.source_code = "x".repeat(ProposedTool::MAX_BYTES - proposal.description.len());
        assert_eq!(proposal.check(), Ok(()));
        proposal.source_code.push('x');
        assert_eq!(fields(&proposal), ["files"]);
        let mut proposal = with_files(&["src/main.rs"]);
        proposal.files[0].content = "x".repeat(ProposedTool::MAX_FILE_BYTES);
        assert_eq!(proposal.check(), Ok(()));
        proposal.files[0].content.push('x');
        assert_eq!(fields(&proposal), ["files[0].content"]);
        let many: Vec<String> = (0..=ProposedTool::MAX_FILES)
            .map(|n| format!("src/f{n}"))
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(with_files(&many[1..]).check(), Ok(()));
        assert_eq!(fields(&with_files(&many)), ["files"]);
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let proposal = ProposedTool {
            name: "X".into(),
            source_code: String::new(),
            test_code: "x".into(),
            ..good()
        };
        assert_eq!(fields(&proposal), ["name", "source_code", "test_code"]);
    }
}
