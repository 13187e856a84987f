//! From TOML to a policy, with every problem named.

mod capabilities;
mod limits;
mod source;

use crate::{HostPath, Policy, PolicyError};
pub(crate) use source::nearest;
use source::{Source, Table};
use std::path::Path;

/// A policy file longer than this is refused unread: 1 MiB.
pub const MAX_POLICY_BYTES: u64 = 1024 * 1024;

impl Policy {
    /// Reads the TOML form. Limits that it does not name are those of the preset `pure`;
    /// capabilities that it does not name are not granted.
    ///
    /// `file` is what errors call the text; relative host paths are below its folder.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with line, column and remedy.
    pub fn parse(text: &str, file: &str) -> Result<Self, PolicyError> {
        let base = Path::new(file).parent().unwrap_or(Path::new(""));
        let base = std::path::absolute(base).unwrap_or_else(|_| Path::new("/").to_owned());
        let mut source = Source::new(text, base);
        let policy = read(&mut source);
        match policy {
            Some(policy) if source.problems.is_empty() => Ok(policy),
            _ => Err(PolicyError::Invalid {
                file: file.to_owned(),
                problems: source.into_problems(),
            }),
        }
    }

    /// Reads a policy file.
    ///
    /// # Errors
    /// When it can't be read, is longer than [`MAX_POLICY_BYTES`], or is not a policy.
    pub fn load(path: &Path) -> Result<Self, PolicyError> {
        let file = path.display().to_string();
        let unreadable = |reason: String| PolicyError::Unreadable {
            file: file.clone(),
            reason,
        };
        let size = std::fs::metadata(path)
            .map_err(|error| unreadable(error.to_string()))?
            .len();
        if size > MAX_POLICY_BYTES {
            return Err(unreadable(format!(
                "it has {size} bytes, more than the {MAX_POLICY_BYTES} that a policy may have"
            )));
        }
        let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            unreadable(format!(
                "it is not UTF-8 text (byte {} is wrong)",
                error.utf8_error().valid_up_to()
            ))
        })?;
        // Relative folders are meant below the file, wherever this process stands.
        let name =
            std::path::absolute(path).map_or(file.clone(), |path| path.display().to_string());
        Self::parse(&text, &name).map_err(|error| match error {
            PolicyError::Invalid { problems, .. } => PolicyError::Invalid { file, problems },
            other => other,
        })
    }

    /// The names of the presets, narrowest first.
    pub const PRESETS: &[&str] = &["pure", "workspace", "web"];

    /// A preset by name, or `None` when there is none of that name.
    pub fn preset(name: &str) -> Option<Self> {
        Self::preset_text(name).map(|text| {
            Self::parse(text, name).expect("the presets are part of the program and are tested")
        })
    }

    /// A preset as its TOML text, with comments.
    pub fn preset_text(name: &str) -> Option<&'static str> {
        match name {
            "pure" => Some(include_str!("../presets/pure.toml")),
            "workspace" => Some(include_str!("../presets/workspace.toml")),
            "web" => Some(include_str!("../presets/web.toml")),
            _ => None,
        }
    }
}

/// The preset `pure`.
impl Default for Policy {
    fn default() -> Self {
        Self {
            limits: crate::Limits::default(),
            capabilities: crate::Capabilities::default(),
        }
    }
}

fn read(source: &mut Source<'_>) -> Option<Policy> {
    let document = source.document()?;
    let root = Table::root(&document);
    source.only_keys(&root, "", &["limits", "capabilities"]);
    let limits = limits::read(source, &root);
    let capabilities = capabilities::read(source, &root);
    contradictions(source, &root, &limits.limits, &capabilities);
    Some(Policy {
        limits: limits.limits,
        capabilities,
    })
}

/// What each key allows and both together do not.
fn contradictions(
    source: &mut Source<'_>,
    root: &Table<'_>,
    limits: &crate::Limits,
    capabilities: &crate::Capabilities,
) {
    let writable = capabilities
        .directories
        .iter()
        .find(|grant| grant.is_writable());
    if let Some(grant) = writable
        && limits.files == 0
        && limits.file_bytes.0 == 0
    {
        source.problem(
            root.span_of("capabilities"),
            format!(
                "the folder {} is read-write, but no file may be made and no byte written",
                match &grant.host {
                    HostPath::Any => grant.guest.to_string(),
                    HostPath::Path(_) => grant.host.to_string(),
                }
            ),
            "set limits.files and limits.file_bytes, or grant it with access = \"read\"",
        );
    }
    if !capabilities.network.is_empty()
        && (limits.network_requests == 0 || limits.network_bytes.0 == 0)
    {
        source.problem(
            root.span_of("capabilities"),
            "hosts may be called, but no request may be made or no byte sent",
            "set limits.network_requests and limits.network_bytes, or grant no network",
        );
    }
}
