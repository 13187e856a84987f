//! What set-up made: toolchain, allowed crates, and those crates compiled ahead.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What tool builds need, in one folder (`make setup` makes it).
#[derive(Clone, Debug)]
pub struct Installation {
    /// The folder.
    pub home: PathBuf,
    /// cargo and rustc.
    pub toolchain: Toolchain,
    /// The crates that a proposal may name, each with the one version that there is.
    pub allowed: BTreeMap<String, semver::Version>,
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
    /// The folders that its programs are in and read from: where each program is, links
    /// followed, and what is beside that.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        for program in [&self.cargo, &self.rustc] {
            for path in [Some(program.clone()), program.canonicalize().ok()] {
                let folder = path.as_deref().and_then(|path| path.parent()?.parent());
                folders.extend(
                    folder
                        // `/usr/bin/cargo`: the system's programs are there for every build.
                        .filter(|folder| *folder != Path::new("/usr") && *folder != Path::new("/"))
                        .map(Path::to_owned),
                );
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
#[error("{path}: {reason}; run `make setup` (or set WASM_RUNNER_HOME to the folder that it made)")]
pub struct InstallationError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

const SETUP: &str = "make setup";

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
        let wrong = |path: PathBuf, reason: String| InstallationError { path, reason };
        let toolchain: Toolchain = read(&home.join("toolchain.toml"))?;
        let list: Allowlist = read(&home.join("allowlist.toml"))?;
        for program in [&toolchain.cargo, &toolchain.rustc] {
            if !program.is_file() {
                return Err(wrong(
                    program.clone(),
                    "this program of the toolchain is gone".into(),
                ));
            }
        }
        for folder in ["vendor", "warm", "allowlist.lock"] {
            let path = home.join(folder);
            if !path.exists() {
                return Err(wrong(path, "it is missing".into()));
            }
        }
        Ok(Self {
            home: home.to_owned(),
            toolchain,
            allowed: list.crates,
        })
    }

    /// Looks at each part, for people.
    pub fn check(home: &Path) -> Vec<Check> {
        let part = |name, result: Result<String, String>| match result {
            Ok(detail) => Check {
                name,
                ok: true,
                detail,
                remedy: "",
            },
            Err(detail) => Check {
                name,
                ok: false,
                detail,
                remedy: SETUP,
            },
        };
        let toolchain = read::<Toolchain>(&home.join("toolchain.toml"));
        let there = |name: &str| {
            let path = home.join(name);
            if path.exists() {
                Ok(path.display().to_string())
            } else {
                Err(format!("{} is missing", path.display()))
            }
        };
        vec![
            part(
                "toolchain",
                match &toolchain {
                    Ok(toolchain) if !toolchain.rustc.is_file() => {
                        Err(format!("{} is gone", toolchain.rustc.display()))
                    }
                    Ok(toolchain) => Ok(format!(
                        "{} at {}",
                        toolchain.rustc_version,
                        toolchain.rustc.display()
                    )),
                    Err(error) => Err(error.to_string()),
                },
            ),
            part(
                "target",
                match &toolchain {
                    Ok(toolchain) => Ok(format!("{} by {}", toolchain.target, toolchain.route)),
                    Err(_) => Err("unknown without a toolchain".into()),
                },
            ),
            part(
                "allow-list",
                match read::<Allowlist>(&home.join("allowlist.toml")) {
                    Ok(list) => Ok(format!("{} crates", list.crates.len())),
                    Err(error) => Err(error.to_string()),
                },
            ),
            part("vendored crates", there("vendor")),
            part("crates compiled ahead", there("warm")),
        ]
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allowlist {
    crates: BTreeMap<String, semver::Version>,
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, InstallationError> {
    let wrong = |reason: String| InstallationError {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| wrong(format!("it can't be read: {error}")))?;
    toml::from_str(&text)
        .map_err(|error| wrong(format!("it is not what set-up writes: {}", error.message())))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            checks
                .iter()
                .all(|check| !check.ok && check.remedy == "make setup"),
            "{checks:?}"
        );
        std::fs::write(home.path().join("toolchain.toml"), "cargo = 3").expect("written");
        let error = Installation::open(home.path())
            .expect_err("broken")
            .to_string();
        assert!(error.contains("not what set-up writes"), "{error}");
    }
}
