//! What set-up made: toolchain, allowed crates, and those crates compiled ahead.

use crate::{Advisories, AdvisoriesError};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What tool builds need, in one folder (`make setup` makes it).
#[derive(Clone, Debug)]
pub struct Installation {
    /// The folder.
    pub home: PathBuf,
    /// cargo and rustc.
    pub toolchain: Toolchain,
    /// The crates that a proposal may name, each with the one version that there is.
    pub allowed: BTreeMap<String, semver::Version>,
    /// What is publicly known against versions of crates, where the operator has a database.
    pub advisories: Option<Arc<Advisories>>,
}

/// The Rust that builds tools.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    /// Path of cargo.
    pub cargo: PathBuf,
    /// Path of rustc.
    pub rustc: PathBuf,
    /// Such as `wasm32-wasip1`.
    pub target: String,
    /// How the target came: `rustup`, `system` or `build-std`.
    pub route: String,
    /// `rustc --version`.
    pub rustc_version: String,
    /// `cargo --version`.
    pub cargo_version: String,
    /// Environment that cargo needs.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

impl Toolchain {
    /// clippy's driver, where the toolchain has one: it has to be of the same version as rustc,
    /// so only the one beside it counts.
    pub(crate) fn clippy(&self, name: &str) -> Option<PathBuf> {
        let path = self.rustc.parent()?.join(name);
        path.is_file().then_some(path)
    }

    /// The folders that its programs are in and read from: where each program is, links
    /// followed, and what is beside that.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        for program in [&self.cargo, &self.rustc] {
            for path in [Some(program.clone()), program.canonicalize().ok()] {
                let Some(folder) = path.as_deref().and_then(Path::parent) else {
                    continue;
                };
                // A toolchain has its libraries beside `bin`. The system's programs are there
                // for every build.
                let folder = match folder.parent() {
                    Some(whole) if folder.ends_with("bin") => whole,
                    _ => folder,
                };
                if folder != Path::new("/usr") && folder != Path::new("/") {
                    folders.push(folder.to_owned());
                }
            }
        }
        folders.sort();
        folders.dedup();
        folders
    }
}

/// A part of the installation, looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What there is, or what is wrong.
    pub detail: String,
    /// The command that mends it; empty when there is nothing to mend.
    pub remedy: &'static str,
}

/// Why there is no usable installation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}; {}", remedy(*.is_forbidden))]
pub struct InstallationError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
    /// It may be all that it should be, and this user may not read it.
    pub is_forbidden: bool,
}

const SETUP: &str = "make setup";

fn remedy(is_forbidden: bool) -> &'static str {
    if is_forbidden {
        "have it made readable for you, or make an installation of your own: `make setup`, with \
         WASM_RUNNER_HOME set to a folder of yours"
    } else {
        "run `make setup` (or set WASM_RUNNER_HOME to the folder that it made)"
    }
}

impl InstallationError {
    /// What can't be used, for the reason that the system gave.
    fn of(path: &Path, gone: &str, error: &std::io::Error) -> Self {
        let is_forbidden = error.kind() == ErrorKind::PermissionDenied;
        let reason = match error.kind() {
            ErrorKind::PermissionDenied => {
                "it belongs to another user's installation, and you may not read it".to_owned()
            }
            ErrorKind::NotFound => gone.to_owned(),
            _ => format!("it can't be read: {error}"),
        };
        Self {
            path: path.to_owned(),
            reason,
            is_forbidden,
        }
    }

    /// Without what to do.
    fn what(&self) -> String {
        format!("{}: {}", self.path.display(), self.reason)
    }
}

/// Whether it is there, and this user may see it.
fn there(path: &Path, gone: &str) -> Result<(), InstallationError> {
    match std::fs::metadata(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(InstallationError::of(path, gone, &error)),
    }
}

impl Installation {
    /// Where the installation is: `WASM_RUNNER_HOME`, else `$XDG_DATA_HOME/wasm-runner`, else
    /// `~/.local/share/wasm-runner`. It need not exist.
    pub fn locate() -> PathBuf {
        let set = |name: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        if let Some(home) = set("WASM_RUNNER_HOME") {
            return home;
        }
        let data = set("XDG_DATA_HOME")
            .or_else(|| set("HOME").map(|home| home.join(".local/share")))
            .unwrap_or_else(|| PathBuf::from("/var/lib"));
        data.join("wasm-runner")
    }

    /// Reads it.
    ///
    /// # Errors
    /// The first part that is missing or broken.
    pub fn open(home: &Path) -> Result<Self, InstallationError> {
        let toolchain: Toolchain = read(&home.join("toolchain.toml"))?;
        let list: Allowlist = read(&home.join("allowlist.toml"))?;
        for program in [&toolchain.cargo, &toolchain.rustc] {
            there(program, "this program of the toolchain is gone")?;
        }
        for folder in ["vendor", "warm", "allowlist.lock"] {
            there(&home.join(folder), "it is missing")?;
        }
        Ok(Self {
            home: home.to_owned(),
            toolchain,
            allowed: list.crates,
            advisories: None,
        })
    }

    /// The same with a database of advisories: tools with a version of a crate that is known to
    /// be vulnerable are then for a person to decide.
    ///
    /// # Errors
    /// When the folder is no database: see [`Advisories::read`].
    pub fn with_advisories(mut self, folder: &Path) -> Result<Self, AdvisoriesError> {
        self.advisories = Some(Arc::new(Advisories::read(folder)?));
        Ok(self)
    }

    /// Looks at each part, for people.
    pub fn check(home: &Path) -> Vec<Check> {
        let part = |name, result: Result<String, InstallationError>| match result {
            Ok(detail) => Check {
                name,
                ok: true,
                detail,
                remedy: "",
            },
            Err(error) => Check {
                name,
                ok: false,
                detail: error.what(),
                remedy: if error.is_forbidden {
                    remedy(true)
                } else {
                    SETUP
                },
            },
        };
        let toolchain = read::<Toolchain>(&home.join("toolchain.toml"));
        let folder = |name: &str| {
            let path = home.join(name);
            there(&path, "it is missing").map(|()| path.display().to_string())
        };
        vec![
            part(
                "toolchain",
                toolchain.clone().and_then(|toolchain| {
                    let rustc = &toolchain.rustc;
                    there(rustc, "this program of the toolchain is gone")?;
                    Ok(format!(
                        "{} at {}",
                        toolchain.rustc_version,
                        rustc.display()
                    ))
                }),
            ),
            part(
                "target",
                toolchain.map(|toolchain| format!("{} by {}", toolchain.target, toolchain.route)),
            ),
            part(
                "allow-list",
                read::<Allowlist>(&home.join("allowlist.toml"))
                    .map(|list| format!("{} crates", list.crates.len())),
            ),
            part("vendored crates", folder("vendor")),
            part("crates compiled ahead", folder("warm")),
        ]
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allowlist {
    crates: BTreeMap<String, semver::Version>,
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, InstallationError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| InstallationError::of(path, "it is missing", &error))?;
    toml::from_str(&text).map_err(|error| InstallationError {
        path: path.to_owned(),
        reason: format!("it is not what set-up writes: {}", error.message()),
        is_forbidden: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_be_read_is_not_called_gone() {
        let denied = ErrorKind::PermissionDenied.into();
        let error = InstallationError::of(Path::new("/home/a/rustc"), "it is gone", &denied);
        let said = error.to_string();
        assert!(said.contains("another user's installation"), "{said}");
        assert!(
            said.contains("WASM_RUNNER_HOME set to a folder of yours"),
            "{said}"
        );
        let gone = ErrorKind::NotFound.into();
        let error = InstallationError::of(Path::new("/home/a/rustc"), "it is gone", &gone);
        assert!(
            error
                .to_string()
                .starts_with("/home/a/rustc: it is gone; run `make setup`")
        );
    }

    #[test]
    fn what_is_missing_is_named_with_its_remedy() {
        let home = tempfile::tempdir().expect("a folder");
        let error = Installation::open(home.path())
            .expect_err("empty")
            .to_string();
        assert!(
            error.contains("toolchain.toml") && error.contains("make setup"),
            "{error}"
        );
        let checks = Installation::check(home.path());
        assert!(
            checks.iter().all(|check| !check.ok
                && check.remedy == "make setup"
                && !check.detail.contains("make setup")),
            "{checks:?}"
        );
        std::fs::write(home.path().join("toolchain.toml"), "cargo = 3").expect("written");
        let error = Installation::open(home.path())
            .expect_err("broken")
            .to_string();
        assert!(error.contains("not what set-up writes"), "{error}");
    }
}
