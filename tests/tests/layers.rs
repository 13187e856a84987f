//! Crates depend only on those above them.

use std::collections::BTreeMap;
use std::path::Path;

/// Members beside the order: they may use any crate, and no crate may use them.
const BESIDE: &[&str] = &["bench", "tests"];

/// The crates in ARCHITECTURE.md's order; each may use only those before it.
const ORDER: &[&str] = &[
    "policies",
    "runtime",
    "isolation",
    "fuzzing",
    "validation",
    "kbi",
    "host-api",
    "cli",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
}

fn manifest(folder: &str) -> toml::Table {
    let path = root().join(folder).join("Cargo.toml");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Folder by package name, for all members.
fn members() -> BTreeMap<String, String> {
    let workspace = manifest(".");
    let members = workspace["workspace"]["members"]
        .as_array()
        .expect("a list");
    members
        .iter()
        .map(|folder| {
            let folder = folder.as_str().expect("a path");
            let name = manifest(folder)["package"]["name"]
                .as_str()
                .expect("a name")
                .to_owned();
            (name, folder.to_owned())
        })
        .collect()
}

#[test]
fn every_member_has_its_place_in_the_order_or_beside_it() {
    let mut folders: Vec<String> = members()
        .into_values()
        .filter(|folder| !BESIDE.contains(&folder.as_str()))
        .collect();
    folders.sort();
    let mut order = ORDER.to_vec();
    order.sort_unstable();
    assert_eq!(folders, order);
}

#[test]
fn crates_depend_only_downwards() {
    let members = members();
    let workspace = manifest(".");
    let shared = workspace["workspace"]["dependencies"]
        .as_table()
        .expect("a table");
    for (place, folder) in ORDER.iter().enumerate() {
        let manifest = manifest(folder);
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(dependencies) = manifest.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            for (key, _) in dependencies {
                let package = shared
                    .get(key)
                    .and_then(|dependency| dependency.get("package"))
                    .and_then(toml::Value::as_str)
                    .unwrap_or(key);
                let Some(used) = members.get(package) else {
                    continue;
                };
                let at = ORDER.iter().position(|folder| folder == used);
                assert!(
                    at.is_some_and(|at| at < place),
                    "{folder} uses {used} ({section}), which does not come before it: {ORDER:?}"
                );
            }
        }
    }
}

#[test]
fn architecture_names_the_crates_in_the_same_order() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let places: Vec<usize> = ORDER
        .iter()
        .map(|folder| {
            text.find(&format!("| `{folder}/`"))
                .unwrap_or_else(|| panic!("ARCHITECTURE.md's table has no row for `{folder}/`"))
        })
        .collect();
    assert!(
        places.is_sorted(),
        "ARCHITECTURE.md lists them in another order"
    );
}
