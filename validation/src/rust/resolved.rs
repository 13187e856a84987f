//! What cargo made of the package: defence in depth for what its text did not show.

use super::cargo::Output;
use super::messages::Places;
use crate::{Finding, Place};
use cargo_metadata::{DependencyKind, Metadata, Package};
use semver::Version;
use std::collections::BTreeMap;

/// Looks at what `cargo metadata` printed.
pub(super) fn check(
    output: &Output,
    places: &Places,
    allowed: &BTreeMap<String, Version>,
) -> Vec<Finding> {
    if !output.success {
        let said = places.plain(&output.tail());
        let finding = Finding::error(
            "build/resolve-failed",
            format!("cargo can't resolve the package:\n{said}"),
            "mend what cargo says; features and versions are those of the vendored crates",
        );
        return vec![at_manifest(finding)];
    }
    match serde_json::from_slice::<Metadata>(&output.stdout) {
        Ok(metadata) => packages(&metadata, places, allowed),
        Err(error) => vec![at_manifest(Finding::error(
            "build/resolve-failed",
            format!("cargo's answer can't be read: {error}"),
            "make the package smaller; if it is small, this cargo and wasm-runner don't fit: see `wasm-runner doctor`",
        ))],
    }
}

/// What `cargo metadata` printed, once it was found to be as it should.
pub(super) fn read(output: &Output) -> Option<Metadata> {
    serde_json::from_slice(&output.stdout).ok()
}

fn packages(
    metadata: &Metadata,
    places: &Places,
    allowed: &BTreeMap<String, Version>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |rule: &str, message: String, remedy: &str| {
        let rule = format!("build/{rule}");
        findings.push(at_manifest(Finding::error(&rule, message, remedy)));
    };
    for package in &metadata.packages {
        if metadata.workspace_members.contains(&package.id) {
            own(package, places, allowed, &mut add);
            continue;
        }
        let is_vendored = package
            .source
            .as_ref()
            .is_some_and(cargo_metadata::Source::is_crates_io)
            && package.manifest_path.starts_with(&places.vendor);
        if !is_vendored {
            add(
                "path-dependency",
                format!("`{}` does not come from the vendored crates", package.name),
                "name an allowed crate by its version",
            );
        }
    }
    if metadata.workspace_members.len() != 1 {
        add(
            "path-dependency",
            format!("cargo found {} packages", metadata.workspace_members.len()),
            "a tool is one package: remove [workspace]",
        );
    }
    findings
}

/// The author's own package.
fn own(
    package: &Package,
    places: &Places,
    allowed: &BTreeMap<String, Version>,
    add: &mut impl FnMut(&str, String, &str),
) {
    if let Some(links) = &package.links {
        add(
            "native-link",
            format!("cargo found `links = {links:?}`"),
            "remove it",
        );
    }
    for dependency in &package.dependencies {
        if dependency.kind == DependencyKind::Build {
            add(
                "build-script",
                format!("`{}` would serve a build script", dependency.name),
                "remove it: there can be no build script",
            );
        } else if !allowed.contains_key(dependency.name.as_str()) {
            add(
                "dependency-not-allowed",
                format!(
                    "the crate `{}` is not on this installation's list",
                    dependency.name
                ),
                "do without it",
            );
        }
    }
    for target in &package.targets {
        if target.is_custom_build() {
            add(
                "build-script",
                "cargo found a build script".into(),
                "remove it",
            );
        }
        if target.is_proc_macro() {
            add(
                "proc-macro",
                "cargo found a proc macro".into(),
                "make it a program",
            );
        }
        if !target.src_path.starts_with(&places.package) {
            add(
                "reads-host-file",
                format!("the source of `{}` is outside the package", target.name),
                "write a path inside, such as src/main.rs",
            );
        }
    }
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
    use serde_json::{Value, json};

    fn package(name: &str, source: Option<&str>, folder: &str) -> Value {
        json!({
            "name": name, "version": "1.0.0", "id": name, "source": source, "license": null,
            "license_file": null, "description": null, "dependencies": [], "features": {},
            "manifest_path": format!("{folder}/Cargo.toml"), "metadata": null, "publish": null,
            "authors": [], "categories": [], "keywords": [], "readme": null, "repository": null,
            "homepage": null, "documentation": null, "edition": "2024", "links": null,
            "default_run": null, "rust_version": null,
            "targets": [{
                "kind": ["bin"], "crate_types": ["bin"], "name": name, "edition": "2024",
                "src_path": format!("{folder}/src/main.rs"), "doc": true, "doctest": false, "test": true
            }]
        })
    }

    fn rules(own: Value, other: Value) -> Vec<String> {
        let metadata = json!({
            "packages": [own, other], "workspace_members": ["t"], "resolve": null,
            "target_directory": "/b/target", "version": 1, "workspace_root": "/b/package",
            "workspace_default_members": ["t"], "metadata": null
        });
        let output = Output {
            success: true,
            stdout: metadata.to_string().into_bytes(),
            stderr: Vec::new(),
            is_whole: true,
        };
        let places = Places {
            package: "/b/package".into(),
            root: "/b".into(),
            vendor: "/home/vendor".into(),
            toolchain: vec!["/home/me/rust".into()],
        };
        let allowed = BTreeMap::from([("serde".to_owned(), Version::new(1, 0, 0))]);
        let findings = check(&output, &places, &allowed);
        findings.into_iter().map(|finding| finding.rule).collect()
    }

    fn own() -> Value {
        package("t", None, "/b/package")
    }

    fn serde() -> Value {
        let index = "registry+https://github.com/rust-lang/crates.io-index";
        package("serde", Some(index), "/home/vendor/serde-1.0.0")
    }

    fn dependency(name: &str, kind: Option<&str>) -> Value {
        json!({
            "name": name, "source": null, "req": "*", "kind": kind, "rename": null,
            "optional": false, "uses_default_features": true, "features": [], "target": null,
            "registry": null
        })
    }

    #[test]
    fn vendored_crates_and_one_program_pass() {
        let mut package = own();
        package["dependencies"] = json!([dependency("serde", None)]);
        assert_eq!(rules(package, serde()), Vec::<String>::new());
    }

    #[test]
    fn whatever_came_from_elsewhere_is_refused() {
        let foreign = |source| package("serde", source, "/home/vendor/serde-1.0.0");
        assert_eq!(rules(own(), foreign(None)), ["build/path-dependency"]);
        let git = Some("git+https://example.com/serde#0");
        assert_eq!(rules(own(), foreign(git)), ["build/path-dependency"]);
        let mut elsewhere = serde();
        elsewhere["manifest_path"] = "/tmp/serde/Cargo.toml".into();
        assert_eq!(rules(own(), elsewhere), ["build/path-dependency"]);
    }

    #[test]
    fn what_would_run_or_reach_out_is_refused() {
        let with = |key: &str, value: Value| {
            let mut package = own();
            package[key] = value;
            rules(package, serde())
        };
        let target = |kind: &str, path: &str| {
            let mut target = own()["targets"][0].clone();
            target["kind"] = json!([kind]);
            target["crate_types"] = json!([kind]);
            target["src_path"] = path.into();
            json!([target])
        };
        assert_eq!(with("links", json!("z")), ["build/native-link"]);
        assert_eq!(
            with("dependencies", json!([dependency("serde", Some("build"))])),
            ["build/build-script"]
        );
        assert_eq!(
            with("dependencies", json!([dependency("libc", Some("dev"))])),
            ["build/dependency-not-allowed"]
        );
        assert_eq!(
            with("targets", target("custom-build", "/b/package/build.rs")),
            ["build/build-script"]
        );
        assert_eq!(
            with("targets", target("proc-macro", "/b/package/src/lib.rs")),
            ["build/proc-macro"]
        );
        assert_eq!(
            with("targets", target("bin", "/etc/main.rs")),
            ["build/reads-host-file"]
        );
    }
}
