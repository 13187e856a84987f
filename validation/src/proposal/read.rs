//! Proposals from JSON and from a folder.

use super::check::ProposalError;
use super::{Language, ProposedTool, SourceFile};
use crate::Manifest;
use ignore::WalkBuilder;
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
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

    /// Reads a package folder: `Cargo.toml` (name, version and, if given, description), sources, fixtures,
    /// `README.md` as documentation, and `tool.json` as specification, where there is one.
    /// Hidden files, `target/`, `Cargo.lock`, modules (`*.wasm`) beside `Cargo.toml` and what the
    /// package's `.gitignore` names stay out.
    ///
    /// # Errors
    /// When the folder or one of its files can't be read, or fails [`ProposedTool::check`].
    pub fn from_dir(folder: &Path) -> Result<Self, ProposalError> {
        let files = collect(folder)?;
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
            // Without one the tool's own holds, which for the SDK is the doc comment.
            description: text("description").unwrap_or_default().to_owned(),
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

/// Whether an entry directly in the package's folder is cargo's or the build's, not the author's.
fn is_built(name: &OsStr, is_dir: bool) -> bool {
    name == "target"
        || name == "Cargo.lock"
        || (!is_dir && Path::new(name).extension() == Some(OsStr::new("wasm")))
}

/// The files of a package, in the order of their paths.
fn collect(folder: &Path) -> Result<Vec<SourceFile>, ProposalError> {
    let mut files = Vec::new();
    // What is the package's is for the package alone to say: nothing above it is looked at, nor
    // what its owner set for all repositories. Links are not followed: they could bring in what
    // is not the package's.
    let entries = WalkBuilder::new(folder)
        .standard_filters(false)
        .hidden(true)
        .git_ignore(true)
        .require_git(false)
        .filter_entry(|entry| {
            let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
            entry.depth() != 1 || !is_built(entry.file_name(), is_dir)
        })
        .sort_by_file_name(OsStr::cmp)
        .build();
    for entry in entries {
        let entry = entry.map_err(|error| {
            ProposalError::one(
                &folder.display().to_string(),
                format!("it can't be read: {error}"),
            )
        })?;
        let within = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let Some(path) = within.to_str() else {
            return Err(ProposalError::one(
                &within.to_string_lossy(),
                "the file name is not UTF-8: rename it",
            ));
        };
        let Some(kind) = entry.file_type().filter(|kind| !kind.is_dir()) else {
            continue;
        };
        if files.len() > ProposedTool::MAX_FILES {
            return Err(ProposalError::one(
                "files",
                format!(
                    "there are more than {} files: name in .gitignore what is not the tool's",
                    ProposedTool::MAX_FILES
                ),
            ));
        }
        if !kind.is_file() {
            return Err(ProposalError::one(
                path,
                "it is neither a file nor a folder (a link?): replace it by what it stands for",
            ));
        }
        files.push(SourceFile {
            path: path.to_owned(),
            content: text(path, entry.path())?,
        });
    }
    Ok(files)
}

/// A file's text, if it may be part of a proposal.
fn text(path: &str, file: &Path) -> Result<String, ProposalError> {
    const LEAVE_OUT: &str =
        "where the tool does not need it, name it in the package's .gitignore or move it elsewhere";
    let failed =
        |error: std::io::Error| ProposalError::one(path, format!("it can't be read: {error}"));
    let size = std::fs::metadata(file).map_err(failed)?.len();
    if size > ProposedTool::MAX_FILE_BYTES as u64 {
        return Err(ProposalError::one(
            path,
            format!(
                "it has {size} bytes, more than the {} that a file may have: {LEAVE_OUT}",
                ProposedTool::MAX_FILE_BYTES
            ),
        ));
    }
    let bytes = std::fs::read(file).map_err(failed)?;
    String::from_utf8(bytes).map_err(|_| {
        ProposalError::one(
            path,
            format!("it is not UTF-8 text, and a proposal holds texts only: {LEAVE_OUT}"),
        )
    })
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
        // What is built here, and what the author would not keep either.
        write("n.wasm", &vec![0xff; 2 * 1024 * 1024]);
        write(".gitignore", b"*.log\n/out/\n!keep.log\n");
        write("trace.log", b"\xff");
        write("out/x", b"\xff");
        write("src/out/keep.log", b"kept");
        let proposal = ProposedTool::from_dir(folder.path()).expect("a package");
        let paths: Vec<&str> = proposal
            .files
            .iter()
            .map(|file| file.path.as_str())
            .collect();
        assert_eq!(
            paths,
            ["Cargo.toml", "README.md", "src/main.rs", "src/out/keep.log"]
        );
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
        let large = vec![b'x'; ProposedTool::MAX_FILE_BYTES + 1];
        for content in [&b"\xff\xfe"[..], &large] {
            write("src/data.bin", content);
            let said = ProposedTool::from_dir(folder.path())
                .expect_err("bytes")
                .to_string();
            assert!(said.contains("src/data.bin"), "{said}");
            assert!(
                said.contains("name it in the package's .gitignore"),
                "{said}"
            );
        }
    }

    #[test]
    fn a_package_need_not_describe_its_tool_twice() {
        let folder = tempfile::tempdir().expect("a folder");
        let manifest = "[package]\nname = \"n\"\nversion = \"1.2.3\"\n";
        std::fs::write(folder.path().join("Cargo.toml"), manifest).expect("written");
        let proposal = ProposedTool::from_dir(folder.path()).expect("a package");
        assert_eq!(proposal.description, "");
        let without =
            "{\"name\":\"n\",\"version\":\"1.0.0\",\"language\":\"rust\",\"source_code\":\"x\"}";
        ProposedTool::from_json(without).expect("a proposal");
    }
}
