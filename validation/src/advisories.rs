//! What is publicly known against versions of crates, from a database on this machine.
//!
//! The form is that of the RustSec advisory database: a folder of Markdown files, each with a
//! fenced `toml` block before its text
//! (<https://github.com/RustSec/advisory-db/blob/main/EXAMPLE_ADVISORY.md>). Nothing is
//! fetched: whoever wants new advisories brings the folder up to date.

use semver::{Version, VersionReq};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is known, by crate.
#[derive(Clone, Debug, Default)]
pub struct Advisories(BTreeMap<String, Vec<Advisory>>);

/// One thing that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advisory {
    /// Such as `RUSTSEC-2021-0003`.
    pub id: String,
    /// In a line.
    pub title: String,
    patched: Vec<VersionReq>,
    unaffected: Vec<VersionReq>,
}

/// Why a database can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdvisoriesError {
    /// A file or folder can't be read.
    #[error(
        "{path} can't be read: {reason}; give the folder of an advisory database (files such as crates/NAME/RUSTSEC-2021-0003.md)"
    )]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file is not an advisory.
    #[error("{path} is no advisory: {reason}; bring the database up to date, or remove the file")]
    Form {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is not one advisory.
    #[error(
        "{path} has no advisories (files such as crates/NAME/RUSTSEC-2021-0003.md): give the folder of an advisory database"
    )]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

#[derive(Deserialize)]
struct File {
    advisory: Head,
    #[serde(default)]
    versions: Versions,
}

#[derive(Deserialize)]
struct Head {
    id: String,
    package: String,
    /// Set when it was taken back.
    withdrawn: Option<toml::Value>,
    /// Set for what is no vulnerability: unmaintained, notice.
    informational: Option<String>,
}

#[derive(Default, Deserialize)]
struct Versions {
    #[serde(default)]
    patched: Vec<VersionReq>,
    #[serde(default)]
    unaffected: Vec<VersionReq>,
}

/// A file longer than this is no advisory: 256 KiB.
const LONGEST: u64 = 256 << 10;

impl Advisories {
    /// Reads a database: a folder, with the folders in it.
    ///
    /// # Errors
    /// The first file that can't be read or is no advisory, and a folder without any.
    pub fn read(folder: &Path) -> Result<Self, AdvisoriesError> {
        let mut all = Self::default();
        let mut walk = ignore::WalkBuilder::new(folder);
        walk.standard_filters(false)
            .follow_links(false)
            .max_depth(Some(4));
        for entry in walk.build() {
            let entry = entry.map_err(|error| AdvisoriesError::Read {
                path: folder.to_owned(),
                reason: error.to_string(),
            })?;
            let path = entry.path();
            let is_advisory = path.extension().is_some_and(|it| it == "md")
                && path
                    .file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with("RUSTSEC-"));
            if is_advisory {
                all.add(path)?;
            }
        }
        if all.0.is_empty() {
            return Err(AdvisoriesError::Empty {
                path: folder.to_owned(),
            });
        }
        Ok(all)
    }

    fn add(&mut self, path: &Path) -> Result<(), AdvisoriesError> {
        let unreadable = |error: std::io::Error| AdvisoriesError::Read {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let form = |reason: String| AdvisoriesError::Form {
            path: path.to_owned(),
            reason,
        };
        if std::fs::metadata(path).map_err(unreadable)?.len() > LONGEST {
            return Err(form(format!("it is longer than {LONGEST} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let (toml, rest) = text
            .trim_start()
            .strip_prefix("```toml")
            .and_then(|rest| rest.split_once("```"))
            .ok_or_else(|| form("it does not begin with a ```toml block".to_owned()))?;
        let file: File = toml::from_str(toml).map_err(|error| form(error.message().to_owned()))?;
        if file.advisory.withdrawn.is_some() || file.advisory.informational.is_some() {
            return Ok(());
        }
        let title = rest
            .lines()
            .find_map(|line| line.strip_prefix("# "))
            .unwrap_or("no title")
            .to_owned();
        self.0
            .entry(file.advisory.package)
            .or_default()
            .push(Advisory {
                id: file.advisory.id,
                title,
                patched: file.versions.patched,
                unaffected: file.versions.unaffected,
            });
        Ok(())
    }

    /// What is known against one version of a crate.
    pub fn against<'a>(
        &'a self,
        name: &str,
        version: &'a Version,
    ) -> impl Iterator<Item = &'a Advisory> + use<'a> {
        let all = self.0.get(name).into_iter().flatten();
        all.filter(move |advisory| {
            let mut safe = advisory.patched.iter().chain(&advisory.unaffected);
            !safe.any(|these| these.matches(version))
        })
    }
}

impl Advisory {
    /// The versions in which it is mended, for people.
    pub(crate) fn mended(&self) -> String {
        if self.patched.is_empty() {
            return "a version in which it is mended (there is none yet)".to_owned();
        }
        let patched: Vec<String> = self.patched.iter().map(ToString::to_string).collect();
        format!(
            "a version {} on this installation's list",
            patched.join(" or ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advisory(head: &str, versions: &str) -> String {
        format!(
            "```toml\n[advisory]\nid = \"RUSTSEC-2020-0001\"\npackage = \"regex\"\n{head}\n\
             [versions]\n{versions}\n```\n\n# It blows up\n\nText.\n"
        )
    }

    fn database(text: &str) -> (tempfile::TempDir, Result<Advisories, AdvisoriesError>) {
        let folder = tempfile::tempdir().expect("a folder");
        let crates = folder.path().join("crates/regex");
        std::fs::create_dir_all(&crates).expect("made");
        std::fs::write(crates.join("RUSTSEC-2020-0001.md"), text).expect("written");
        let read = Advisories::read(folder.path());
        (folder, read)
    }

    fn ids(all: &Advisories, version: &str) -> usize {
        let version = version.parse().expect("a version");
        all.against("regex", &version).count()
    }

    #[test]
    fn versions_are_affected_up_to_the_mended_one() {
        let text = advisory("", "patched = [\">= 1.5.5\"]\nunaffected = [\"< 1.0.0\"]");
        let all = database(&text).1.expect("read");
        assert_eq!(ids(&all, "0.9.9"), 0);
        assert_eq!(ids(&all, "1.0.0"), 1);
        assert_eq!(ids(&all, "1.5.4"), 1);
        assert_eq!(ids(&all, "1.5.5"), 0);
        let version = Version::new(1, 0, 0);
        assert_eq!(all.against("serde", &version).count(), 0);
    }

    #[test]
    fn what_was_taken_back_or_is_no_vulnerability_counts_nothing() {
        for head in [
            "withdrawn = \"2021-01-01\"",
            "informational = \"unmaintained\"",
        ] {
            let folder = database(&advisory(head, "patched = []"));
            assert!(
                matches!(folder.1, Err(AdvisoriesError::Empty { .. })),
                "{head}"
            );
        }
    }

    #[test]
    fn broken_databases_are_refused_with_the_file() {
        for text in [
            "",
            "# no toml",
            "```toml\n[advisory]\n```",
            "```toml\nnot toml\n```",
        ] {
            let error = database(text).1.expect_err("broken").to_string();
            assert!(error.contains("RUSTSEC-2020-0001.md"), "{error}");
        }
        let error = Advisories::read(Path::new("/nonexistent")).expect_err("none");
        assert!(error.to_string().contains("/nonexistent"), "{error}");
    }
}
