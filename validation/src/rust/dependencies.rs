//! The crates that a tool is made of: their licences, and what is known against their versions.

use crate::advisories::Advisories;
use crate::{Finding, Place};
use cargo_metadata::{Metadata, Package};
use std::collections::{BTreeMap, BTreeSet};

/// Licences (SPDX) under which a tool may be handed on without more than naming them.
const PERMISSIVE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// What there is to say of the crates that the tool is made of.
pub(super) fn check(metadata: &Metadata, advisories: Option<&Advisories>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut by_licence = BTreeMap::<String, BTreeSet<&str>>::new();
    for package in used(metadata) {
        let licence = package.license.as_deref().unwrap_or("none named");
        by_licence
            .entry(licence.to_owned())
            .or_default()
            .insert(package.name.as_str());
        if !package.license.as_deref().is_some_and(is_permissive) {
            findings.push(at_manifest(Finding::warning(
                "build/licence",
                format!("the crate `{}` has the licence: {licence}", package.name),
                "do without the crate, or have a person look at what its licence asks for",
            )));
        }
        let known = advisories
            .into_iter()
            .flat_map(|all| all.against(package.name.as_str(), &package.version));
        for advisory in known {
            findings.push(at_manifest(Finding::warning(
                "build/known-vulnerable",
                format!(
                    "{} {} is known to be vulnerable ({}): {}",
                    package.name, package.version, advisory.id, advisory.title
                ),
                format!("do without it until there is {}", advisory.mended()),
            )));
        }
    }
    if !by_licence.is_empty() {
        let list: Vec<String> = by_licence
            .iter()
            .map(|(licence, names)| {
                format!(
                    "{licence} ({})",
                    names.iter().copied().collect::<Vec<_>>().join(", ")
                )
            })
            .collect();
        findings.push(at_manifest(Finding::note(
            "build/licences",
            format!("the crates in it, by licence: {}", list.join("; ")),
            "nothing: name them where the tool is handed on",
        )));
    }
    findings
}

/// What cargo resolved, but the tool itself: proc macros and what serves them too, since their
/// output is in the tool.
fn used(metadata: &Metadata) -> Vec<&Package> {
    let resolved: Option<BTreeSet<_>> = metadata
        .resolve
        .as_ref()
        .map(|resolve| resolve.nodes.iter().map(|node| &node.id).collect());
    metadata
        .packages
        .iter()
        .filter(|package| !metadata.workspace_members.contains(&package.id))
        .filter(|package| {
            resolved
                .as_ref()
                .is_none_or(|ids| ids.contains(&package.id))
        })
        // Ours come with the installation.
        .filter(|package| !package.name.starts_with("wasm-runner-sdk"))
        .collect()
}

/// Whether an SPDX expression gives a choice that is permissive. `/` is the older form of OR.
fn is_permissive(expression: &str) -> bool {
    let expression = expression.replace(['(', ')'], " ").replace('/', " OR ");
    expression.split(" AND ").all(|all| {
        all.split(" OR ").any(|one| {
            let one: Vec<&str> = one.split_whitespace().collect();
            PERMISSIVE.contains(&one.join(" ").as_str())
        })
    })
}

fn at_manifest(finding: Finding) -> Finding {
    finding.at(Place::File {
        path: "Cargo.toml".into(),
        line: None,
        column: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_that_is_permissive_is_enough() {
        for good in [
            "MIT",
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "GPL-3.0-only OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(is_permissive(good), "{good}");
        }
        for bad in [
            "",
            "GPL-3.0-only",
            "MIT AND GPL-3.0-only",
            "LGPL-2.1",
            "Proprietary",
        ] {
            assert!(!is_permissive(bad), "{bad}");
        }
    }
}
