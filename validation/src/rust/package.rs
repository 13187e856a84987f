//! What a package may not have: whatever runs or reads more than itself while it is built.

use super::layout::Package;
use super::sources::{self, Reached};
use crate::{Finding, Place, Severity};
pub(super) use metadata::Wishes;
use semver::{Version, VersionReq};
use std::collections::BTreeMap;
use toml_edit::{Document, Item, TableLike};

mod metadata;

/// What the text of a package says.
pub(super) struct Checked {
    pub(super) findings: Vec<Finding>,
    /// What it says to wasm-runner alone.
    pub(super) wishes: Wishes,
}

/// Looks at the package as text, before any program does.
pub(super) fn check(package: &Package, allowed: &BTreeMap<String, Version>) -> Checked {
    let mut findings = Findings {
        text: "",
        list: Vec::new(),
    };
    let wishes = look(&mut findings, package, allowed);
    Checked {
        findings: findings.list,
        wishes,
    }
}

fn look<'a>(
    findings: &mut Findings<'a>,
    package: &'a Package,
    allowed: &BTreeMap<String, Version>,
) -> Wishes {
    for file in &package.files {
        match file.path.as_str() {
            "build.rs" => findings.add("build-script", Some((&file.path, None)),
                "the package has a build script, which would run on the builder's machine",
                "remove build.rs; compute what it computes in the tool, or keep the result as a source file"),
            "rust-toolchain" | "rust-toolchain.toml" => findings.add("toolchain-override", Some((&file.path, None)),
                "the package chooses its own toolchain", "remove the file; the installation's toolchain builds all tools"),
            path if has_extension(path, "rs") => reaches(findings, path, &file.content),
            _ => {}
        }
    }
    let Some(text) = package.file("Cargo.toml") else {
        findings.add(
            "manifest-invalid",
            None,
            "there is no Cargo.toml",
            "add one with [package] name, version and edition",
        );
        return Wishes::default();
    };
    findings.text = text;
    match Document::parse(text) {
        Ok(document) => {
            manifest(findings, document.as_table(), allowed);
            metadata::read(findings, document.as_table())
        }
        Err(error) => {
            findings.at(
                "manifest-invalid",
                error.span(),
                format!("Cargo.toml is not TOML: {}", error.message()),
                "mend the syntax",
            );
            Wishes::default()
        }
    }
}

fn has_extension(path: &str, extension: &str) -> bool {
    std::path::Path::new(path)
        .extension()
        .is_some_and(|found| found == extension)
}

struct Findings<'a> {
    /// Cargo.toml, for the lines.
    text: &'a str,
    list: Vec<Finding>,
}

impl Findings<'_> {
    fn add(
        &mut self,
        rule: &str,
        place: Option<(&str, Option<u32>)>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.list.push(Finding {
            rule: format!("build/{rule}"),
            severity: Severity::Error,
            message: message.into(),
            place: place.map(|(path, line)| Place::File {
                path: path.to_owned(),
                line,
                column: None,
            }),
            reproducer: None,
            remedy: remedy.into(),
            backtrace: Vec::new(),
        });
    }

    /// In Cargo.toml, at a span of it.
    fn at(
        &mut self,
        rule: &str,
        span: Option<std::ops::Range<usize>>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let line = span
            .and_then(|span| self.text.get(..span.start))
            .map(|before| u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX));
        self.add(rule, Some(("Cargo.toml", line)), message, remedy);
    }
}

fn manifest(
    findings: &mut Findings<'_>,
    root: &dyn TableLike,
    allowed: &BTreeMap<String, Version>,
) {
    for (key, item) in root.iter() {
        match key {
            "package" => package_table(findings, item),
            "dependencies" | "dev-dependencies" => dependencies(findings, key, item, allowed),
            "target" => {
                for (_, target) in item.as_table_like().into_iter().flat_map(TableLike::iter) {
                    for (key, item) in target.as_table_like().into_iter().flat_map(TableLike::iter)
                    {
                        if key == "dependencies" || key == "dev-dependencies" {
                            dependencies(findings, key, item, allowed);
                        } else {
                            forbidden(findings, key, item);
                        }
                    }
                }
            }
            "lib"
                if item
                    .get("proc-macro")
                    .or_else(|| item.get("proc_macro"))
                    .and_then(Item::as_bool)
                    == Some(true) =>
            {
                findings.at(
                    "proc-macro",
                    item.span(),
                    "the package is a proc macro, which would run inside the compiler",
                    "make it a program: src/main.rs and no [lib]",
                );
            }
            "lib" | "bin" | "test" | "example" | "bench" => paths(findings, item),
            // Chosen by the installation for all tools; cargo's configuration stands above it.
            "profile" => profile(findings, item),
            "features" | "lints" | "badges" => {}
            "workspace"
                if item
                    .as_table_like()
                    .is_some_and(toml_edit::TableLike::is_empty) => {}
            other => forbidden(findings, other, item),
        }
    }
    if root.get("package").is_none() {
        findings.at(
            "manifest-invalid",
            Some(0..0),
            "Cargo.toml has no [package]",
            "add [package] with name, version and edition",
        );
    }
}

fn forbidden(findings: &mut Findings<'_>, key: &str, item: &Item) {
    let (rule, why) = match key {
        "build-dependencies" | "build_dependencies" => (
            "build-script",
            "they serve a build script, and there can be none",
        ),
        "patch" | "replace" => (
            "path-dependency",
            "it replaces the vendored crates by others",
        ),
        "workspace" => ("path-dependency", "it reaches for packages beside this one"),
        _ => ("manifest-invalid", "it is not known here"),
    };
    findings.at(
        rule,
        item.span(),
        format!("Cargo.toml has `{key}`: {why}"),
        "remove it",
    );
}

/// A profile's figures don't matter, but none may choose what compiles, or hand it flags.
fn profile(findings: &mut Findings<'_>, item: &Item) {
    let mut waiting = vec![item];
    while let Some(item) = waiting.pop() {
        for (key, item) in item.as_table_like().into_iter().flat_map(TableLike::iter) {
            if matches!(key, "rustflags" | "codegen-backend") {
                findings.at(
                    "toolchain-override",
                    item.span(),
                    format!("a profile sets `{key}`"),
                    "remove it; the installation's flags build all tools",
                );
            } else {
                waiting.push(item);
            }
        }
    }
}

fn package_table(findings: &mut Findings<'_>, item: &Item) {
    let Some(table) = item.as_table_like() else {
        findings.at(
            "manifest-invalid",
            item.span(),
            "`package` is no table",
            "write [package]",
        );
        return;
    };
    // `build = false` says that there is none.
    if let Some(build) = table
        .get("build")
        .filter(|build| build.as_bool() != Some(false))
    {
        findings.at(
            "build-script",
            build.span(),
            "the package names a build script, which would run on the builder's machine",
            "remove `build` and the script",
        );
    }
    if let Some(links) = table.get("links") {
        findings.at(
            "native-link",
            links.span(),
            "the package links a native library",
            "remove `links`; a tool is WebAssembly alone",
        );
    }
    if let Some(workspace) = table.get("workspace") {
        findings.at(
            "path-dependency",
            workspace.span(),
            "the package belongs to a workspace outside",
            "remove `workspace`",
        );
    }
    for (key, value) in table.iter() {
        if key != "metadata" && value.get("workspace").is_some() {
            findings.at(
                "path-dependency",
                value.span(),
                format!("`{key}` is taken from a workspace that there is not"),
                "write the value itself",
            );
        }
    }
}

/// `path = …` of a target must stay inside.
fn paths(findings: &mut Findings<'_>, item: &Item) {
    let tables: Vec<&dyn TableLike> = match item {
        Item::ArrayOfTables(tables) => tables.iter().map(|table| table as &dyn TableLike).collect(),
        other => other.as_table_like().into_iter().collect(),
    };
    for table in tables {
        if let Some(path) = table.get("path")
            && path
                .as_str()
                .is_none_or(|path| crate::proposal::check_path(path).is_err())
        {
            findings.at(
                "reads-host-file",
                path.span(),
                "a target's path leads out of the package",
                "write a path inside, such as src/main.rs",
            );
        }
        if let Some(kind) = table.get("crate-type").or_else(|| table.get("crate_type"))
            && kind.to_string().contains("proc-macro")
        {
            findings.at(
                "proc-macro",
                kind.span(),
                "a target is a proc macro, which would run inside the compiler",
                "remove it",
            );
        }
    }
}

fn dependencies(
    findings: &mut Findings<'_>,
    section: &str,
    item: &Item,
    allowed: &BTreeMap<String, Version>,
) {
    let Some(table) = item.as_table_like() else {
        findings.at(
            "manifest-invalid",
            item.span(),
            format!("`{section}` is no table"),
            format!("write [{section}]"),
        );
        return;
    };
    for (key, value) in table.iter() {
        dependency(findings, key, value, allowed);
    }
}

fn dependency(
    findings: &mut Findings<'_>,
    key: &str,
    item: &Item,
    allowed: &BTreeMap<String, Version>,
) {
    let mut name = key;
    let mut requirement = item.as_str();
    if let Some(table) = item.as_table_like() {
        name = table.get("package").and_then(Item::as_str).unwrap_or(key);
        requirement = table.get("version").and_then(Item::as_str);
        for (option, value) in table.iter() {
            let (rule, from) = match option {
                "git" | "branch" | "tag" | "rev" => ("git-dependency", "a git repository"),
                "path" | "base" => ("path-dependency", "a folder"),
                "registry" | "registry-index" => ("dependency-not-allowed", "another registry"),
                "workspace" => ("path-dependency", "a workspace"),
                "version" | "features" | "default-features" | "default_features" | "optional"
                | "package" => continue,
                _ => ("manifest-invalid", "something unknown"),
            };
            findings.at(
                rule,
                value.span().or(item.span()),
                format!("`{name}` comes from {from} (`{option}`)"),
                format!(
                    "name a version instead, if `{name}` is among the allowed crates: {}",
                    list(allowed)
                ),
            );
            return;
        }
    }
    let Some(version) = allowed.get(name) else {
        findings.at(
            "dependency-not-allowed",
            item.span(),
            format!("the crate `{name}` is not on this installation's list"),
            format!("do without it, or use one of: {}", list(allowed)),
        );
        return;
    };
    match requirement.map(str::parse::<VersionReq>) {
        // None or `*`: the version that there is.
        None => {}
        Some(Ok(requirement)) if requirement.matches(version) => {}
        Some(Ok(requirement)) => findings.at(
            "dependency-version",
            item.span(),
            format!("`{name}` is asked for as `{requirement}`, and there is {version}"),
            format!("write {name} = \"{}.{}\"", version.major, version.minor),
        ),
        Some(Err(error)) => findings.at(
            "manifest-invalid",
            item.span(),
            format!("the version of `{name}` is none: {error}"),
            format!("write {name} = \"{}.{}\"", version.major, version.minor),
        ),
    }
}

fn list(allowed: &BTreeMap<String, Version>) -> String {
    allowed
        .keys()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Reaches out of the package that stand in the source as they are. This tells the careless
/// early; what else the compiler read is looked at after it ran.
fn reaches(findings: &mut Findings<'_>, path: &str, source: &str) {
    for reach in sources::reaches(path, source) {
        let place = Some((path, Some(reach.line)));
        match reach.what {
            Reached::File(file) => findings.add(
                "reads-host-file",
                place,
                format!("{file:?}, a file outside the package, would be read while it is compiled"),
                "include files of the package only, by paths below it",
            ),
            Reached::Library => findings.add(
                "native-link",
                place,
                "`#[link(name = …)]` links a native library",
                "remove it; a tool is WebAssembly alone",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
