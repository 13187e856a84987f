//! Proposals from JSON and from a folder.

use super::check::ProposalError;
use super::{Language, ProposedTool, SourceFile};
use crate::Manifest;
use sha2::{Digest, Sha256};
use std::path::Path;

impl ProposedTool {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// When it is no JSON, nested more than 128 levels deep, has unknown or missing fields, or
    /// fails [`ProposedTool::check`].
    pub fn from_json(text: &str) -> Result<Self, ProposalError> {
        let proposal: Self = serde_json::from_str(text).map_err(|error| {
            ProposalError::one("proposal", format!("the JSON is no proposal: {error}"))
        })?;
        proposal.check()?;
        Ok(proposal)
    }

    /// Reads a package folder: `Cargo.toml` (name, version and description), sources, fixtures,
    /// `README.md` as documentation, and `tool.json` as specification, where there is one.
    /// Hidden files, `target/`, `Cargo.lock` and what git would not care for stay out.
    ///
    /// # Errors
    /// When the folder or one of its files can't be read, or fails [`ProposedTool::check`].
    pub fn from_dir(folder: &Path) -> Result<Self, ProposalError> {
        let mut files = Vec::new();
        collect(folder, "", &mut files)?;
        let find = |path: &str| files.iter().find(|file: &&SourceFile| file.path == path);
        let Some(package) = find("Cargo.toml") else {
            return Err(ProposalError::one(
                "Cargo.toml",
                format!(
                    "there is none in {}: name the folder of a package (`wasm-runner new` makes one)",
                    folder.display()
                ),
            ));
        };
        let package: toml::Table = package.content.parse().map_err(|error| {
            ProposalError::one("Cargo.toml", format!("it is not TOML: {error}"))
        })?;
        let text = |key: &str| package.get("package")?.get(key)?.as_str();
        let missing = |key: &str| {
            ProposalError::one(
                "Cargo.toml",
                format!("[package] has no text `{key}`: add one"),
            )
        };
        let version = text("version").ok_or_else(|| missing("version"))?;
        let specification = match find("tool.json") {
            None => None,
            Some(file) => Some(serde_json::from_str::<Manifest>(&file.content).map_err(
                |error| ProposalError::one("tool.json", format!("it is no manifest: {error}")),
            )?),
        };
        let proposal = Self {
            tool_id: None,
            name: text("name").ok_or_else(|| missing("name"))?.to_owned(),
            version: version.parse().map_err(|error| {
                ProposalError::one(
                    "Cargo.toml",
                    format!("the version {version:?} is none: {error}"),
                )
            })?,
            description: text("description")
                .ok_or_else(|| missing("description"))?
                .to_owned(),
            signature: String::new(),
            source_code: String::new(),
            test_code: String::new(),
            documentation: find("README.md")
                .map(|file| file.content.clone())
                .unwrap_or_default(),
            language: Language::Rust,
            dependencies: Vec::new(),
            specification,
            generator: None,
            generated_by_agent_id: String::new(),
            files,
        };
        proposal.check()?;
        Ok(proposal)
    }

    /// SHA-256, in hex, over all that the author gave: the same content has the same digest,
    /// whatever the order of its files. Each text goes in with its length before it, so that
    /// nothing can move from one field to the next unseen. Who proposes it (`tool_id`,
    /// `generator`, `generated_by_agent_id`) is not content: the same tool from another agent is
    /// the same tool.
    pub fn content_digest(&self) -> String {
        let mut hasher = Sha256::new();
        let mut add = |text: &str| {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        add("wasm-runner proposal 1");
        add(&self.name);
        add(&self.version.to_string());
        add(&self.description);
        add(&self.signature);
        add(&self.source_code);
        add(&self.test_code);
        add(&self.documentation);
        add(match self.language {
            Language::Rust => "rust",
        });
        // Maps inside a manifest keep the author's order, which is part of what was given.
        add(&serde_json::to_string(&self.specification).unwrap_or_default());
        add(&self.dependencies.len().to_string());
        for dependency in &self.dependencies {
            add(dependency);
        }
        let mut files: Vec<&SourceFile> = self.files.iter().collect();
        files.sort_by(|one, two| one.path.cmp(&two.path));
        for file in files {
            add(&file.path);
            add(&file.content);
        }
        hex::encode(hasher.finalize())
    }
}

/// What of a package folder is not part of the proposal.
const LEFT_OUT: &[&str] = &["target", "Cargo.lock"];

fn collect(folder: &Path, prefix: &str, files: &mut Vec<SourceFile>) -> Result<(), ProposalError> {
    let failed = |path: &str, error: &std::io::Error| {
        ProposalError::one(path, format!("it can't be read: {error}"))
    };
    let name = folder.display().to_string();
    let entries = std::fs::read_dir(folder).map_err(|error| failed(&name, &error))?;
    let mut entries = entries
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| failed(&name, &error))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let os_name = entry.file_name();
        let Some(name) = os_name.to_str() else {
            return Err(ProposalError::one(
                prefix,
                format!(
                    "the file name `{}` is not UTF-8: rename it",
                    os_name.display()
                ),
            ));
        };
        if name.starts_with('.') || (prefix.is_empty() && LEFT_OUT.contains(&name)) {
            continue;
        }
        let path = format!("{prefix}{name}");
        if files.len() > ProposedTool::MAX_FILES {
            return Err(ProposalError::one(
                "files",
                format!("there are more than {} files", ProposedTool::MAX_FILES),
            ));
        }
        // Links are not followed: they could bring in what is not the package's.
        let kind = entry.file_type().map_err(|error| failed(&path, &error))?;
        if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() {
            let size = entry
                .metadata()
                .map_err(|error| failed(&path, &error))?
                .len();
            if size > ProposedTool::MAX_FILE_BYTES as u64 {
                return Err(ProposalError::one(
                    &path,
                    format!(
                        "it has {size} bytes, more than the {} that a file may have",
                        ProposedTool::MAX_FILE_BYTES
                    ),
                ));
            }
            let bytes = std::fs::read(entry.path()).map_err(|error| failed(&path, &error))?;
            let content = String::from_utf8(bytes).map_err(|_| {
                ProposalError::one(&path, "it is not UTF-8 text: a proposal holds texts only")
            })?;
            files.push(SourceFile { path, content });
        } else {
            return Err(ProposalError::one(
                &path,
                "it is neither a file nor a folder (a link?): replace it by what it stands for",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn proposal(source: &str, files: &[(String, String)]) -> ProposedTool {
        ProposedTool {
            tool_id: None,
            name: "n".into(),
            version: semver::Version::new(1, 0, 0),
            description: "d".into(),
            signature: String::new(),
            source_code: source.into(),
            test_code: String::new(),
            documentation: String::new(),
            language: Language::Rust,
            dependencies: Vec::new(),
            files: files
                .iter()
                .map(|(path, content)| SourceFile {
                    path: path.clone(),
                    content: content.clone(),
                })
                .collect(),
            specification: None,
            generator: None,
            generated_by_agent_id: String::new(),
        }
    }

    proptest! {
        #[test]
        fn the_digest_tells_contents_apart_and_not_orders(
            files in proptest::collection::btree_map("[a-c]{1,3}", "[a-c]{0,3}", 1..4),
            source in "[a-c]{0,4}",
            other in "[a-c]{0,4}",
        ) {
            let files: Vec<(String, String)> = files.into_iter().collect();
            let mut reversed = files.clone();
            reversed.reverse();
            let digest = proposal(&source, &files).content_digest();
            prop_assert_eq!(&digest, &proposal(&source, &reversed).content_digest());
            prop_assert_eq!(digest == proposal(&other, &files).content_digest(), source == other);
            let mut moved = files.clone();
            let taken = moved[0].1.pop();
            if let Some(taken) = taken {
                moved[0].0.push(taken);
                prop_assert_ne!(digest, proposal(&source, &moved).content_digest());
            }
        }
    }

    #[test]
    fn json_a_thousand_levels_deep_is_an_error_and_no_crash() {
        let deep = format!("{{\"name\":{}1{}}}", "[".repeat(1000), "]".repeat(1000));
        let said = ProposedTool::from_json(&deep)
            .expect_err("too deep")
            .to_string();
        assert!(said.contains("the JSON is no proposal"), "{said}");
        let inside = r#"{"name":"n","version":"1.0.0","description":"d","language":"rust","source_code":"x",
            "specification":{"name":"n","version":"1.0.0","description":"d","output_schema":{},"input_schema":"#;
        let deep = format!("{inside}{}1{}}}}}", "[".repeat(1000), "]".repeat(1000));
        let said = ProposedTool::from_json(&deep)
            .expect_err("too deep")
            .to_string();
        assert!(said.contains("recursion limit"), "{said}");
    }

    #[test]
    fn unknown_fields_and_languages_are_named() {
        for (text, part) in [
            ("{\"colour\":1}", "unknown field `colour`"),
            (
                "{\"name\":\"n\",\"version\":\"1\",\"description\":\"\",\"language\":\"rust\"}",
                "unexpected end of input",
            ),
            (
                "{\"name\":\"n\",\"version\":\"1.0.0\",\"description\":\"\",\"language\":\"cobol\"}",
                "unknown variant `cobol`",
            ),
            ("", "EOF"),
        ] {
            let said = ProposedTool::from_json(text).expect_err(text).to_string();
            assert!(said.contains(part), "{said}");
        }
    }

    #[test]
    fn a_folder_is_read_without_what_is_not_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |path: &str, content: &[u8]| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
            std::fs::write(path, content).expect("written");
        };
        assert!(
            ProposedTool::from_dir(folder.path()).is_err(),
            "no Cargo.toml"
        );
        write(
            "Cargo.toml",
            b"[package]\nname = \"n\"\nversion = \"1.2.3\"\ndescription = \"d\"\n",
        );
        write("src/main.rs", b"fn main() {}");
        write("README.md", b"# n");
        write("target/debug/x", b"\xff");
        write(".cargo/config.toml", b"x");
        write("Cargo.lock", b"x");
        let proposal = ProposedTool::from_dir(folder.path()).expect("a package");
        let paths: Vec<&str> = proposal
            .files
            .iter()
            .map(|file| file.path.as_str())
            .collect();
        assert_eq!(paths, ["Cargo.toml", "README.md", "src/main.rs"]);
        assert_eq!(
            (
                proposal.version.to_string().as_str(),
                proposal.documentation.as_str()
            ),
            ("1.2.3", "# n")
        );
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("src/link.rs"))
            .expect("a link");
        let said = ProposedTool::from_dir(folder.path())
            .expect_err("a link")
            .to_string();
        assert!(said.contains("src/link.rs"), "{said}");
        std::fs::remove_file(folder.path().join("src/link.rs")).expect("removed");
        write("src/data.bin", b"\xff\xfe");
        assert!(
            ProposedTool::from_dir(folder.path())
                .expect_err("bytes")
                .to_string()
                .contains("not UTF-8")
        );
    }
}
