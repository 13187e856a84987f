//! The package, from either form of a proposal.

use super::sources::{self, Declared};
use crate::{Finding, Place, ProposedTool, Severity, SourceFile};
use std::fmt::Write as _;

/// The files of a package as they will lie on disk.
pub(super) struct Package {
    pub(super) files: Vec<SourceFile>,
}

impl Package {
    pub(super) fn file(&self, path: &str) -> Option<&str> {
        self.files
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.content.as_str())
    }
}

/// Takes the proposal's files, or makes a package of its one source.
pub(super) fn package(proposal: &ProposedTool) -> Result<Package, Finding> {
    let mut files = proposal.files.clone();
    let mut add = |path: &str, content: String| {
        if !files.iter().any(|file| file.path == path) {
            files.push(SourceFile {
                path: path.to_owned(),
                content,
            });
        }
    };
    if !proposal.source_code.is_empty() {
        let mut source = proposal.source_code.clone();
        if !proposal.test_code.is_empty() {
            // At the end, so that the author's line numbers stay.
            source.push_str(declaration(&source, &proposal.test_code));
            add("src/tests.rs", proposal.test_code.clone());
        }
        add("src/main.rs", source);
        add("Cargo.toml", manifest(proposal)?);
    }
    Ok(Package { files })
}

/// How the program comes to have `src/tests.rs` when its tests are compiled.
fn declaration(source: &str, tests: &str) -> &'static str {
    match sources::declares(source, "tests") {
        Some(Declared::Elsewhere) => "",
        // It has tests of its own beside: both are run.
        Some(Declared::Here) => "\n#[cfg(test)]\n#[path = \"tests.rs\"]\nmod more_tests;\n",
        // The tests bring their own `mod tests { … }`, which looks for the tool one level up.
        None if sources::begins_with_module(tests) => "\n#[cfg(test)]\ninclude!(\"tests.rs\");\n",
        None => "\n#[cfg(test)]\nmod tests;\n",
    }
}

fn manifest(proposal: &ProposedTool) -> Result<String, Finding> {
    let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut manifest = format!(
        "[package]\nname = {}\nversion = {}\ndescription = {}\nedition = \"2024\"\n\n[dependencies]\n",
        text(&proposal.name),
        text(&proposal.version.to_string()),
        text(&proposal.description),
    );
    for (index, dependency) in proposal.dependencies.iter().enumerate() {
        let line = line(dependency).ok_or_else(|| Finding {
            rule: "build/manifest-invalid".into(),
            severity: Severity::Error,
            message: format!("the dependency {dependency:?} is of no form that is known"),
            place: Some(Place::Manifest { pointer: format!("/dependencies/{index}") }),
            reproducer: None,
            remedy: "write `name`, `name@requirement`, or a line such as `serde = { version = \"1\", features = [\"derive\"] }`".into(),
            backtrace: Vec::new(),
        })?;
        let _ = writeln!(manifest, "{line}");
    }
    Ok(manifest)
}

/// A dependency as a line of `[dependencies]`.
fn line(dependency: &str) -> Option<String> {
    let dependency = dependency.trim();
    // A line of a table, and no other table's head.
    if dependency.contains(['\n', '\r']) || dependency.starts_with('[') {
        return None;
    }
    if dependency
        .parse::<toml::Table>()
        .is_ok_and(|table| table.len() == 1)
    {
        return Some(dependency.to_owned());
    }
    let (name, requirement) = dependency.split_once('@').unwrap_or((dependency, "*"));
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    (is_name && requirement.parse::<semver::VersionReq>().is_ok())
        .then(|| format!("{name} = {}", toml::Value::String(requirement.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_have_three_forms() {
        assert_eq!(line("serde").as_deref(), Some("serde = \"*\""));
        assert_eq!(line("serde@1.0").as_deref(), Some("serde = \"1.0\""));
        let whole = "serde = { version = \"1\", features = [\"derive\"] }";
        assert_eq!(line(whole).as_deref(), Some(whole));
        for bad in [
            "",
            "a b",
            "serde@one",
            "serde = ",
            "a = 1\n[patch.crates-io]",
            "../x",
            "a\"b",
            "[patch.\"a=b\"]",
            "# serde = 1",
            "a = 1\r[b]",
        ] {
            assert_eq!(line(bad), None, "{bad:?}");
        }
        let exact = "serde@=1.0.229";
        assert_eq!(line(exact).as_deref(), Some("serde = \"=1.0.229\""));
    }

    #[test]
    fn tests_are_declared_once_and_in_the_way_that_they_are_written() {
        let body = "use super::*;\n#[test] fn t() {}";
        let module = "#[cfg(test)]\nmod tests {\n    use super::*;\n}";
        for (source, tests, declared) in [
            ("fn main() {}", body, "mod tests;"),
            ("fn main() {} // mod tests;", body, "mod tests;"),
            ("fn main() {}\n#[cfg(test)] mod tests;", body, ""),
            ("fn main() {}\nmod tests { }", body, "mod more_tests;"),
            ("fn main() {}", module, "include!(\"tests.rs\");"),
            ("fn main() {}\nmod tests { }", module, "mod more_tests;"),
        ] {
            let declaration = declaration(source, tests);
            assert_eq!(
                declaration.trim().is_empty(),
                declared.is_empty(),
                "{source}"
            );
            assert!(
                declaration.trim_end().ends_with(declared),
                "{source}: {declaration}"
            );
        }
    }
}
