//! A tool and its next version, through a service: what the report says changed, and who vouches
//! for the module.
//!
//! Needs what `make setup` makes.

mod common;

use common::{Service, json, run, well};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Raises the version of a package, and puts another text into its program.
fn change(package: &Path, version: [&str; 2], source: [&str; 2]) {
    for (file, [before, after]) in [("Cargo.toml", version), ("src/main.rs", source)] {
        let path = package.join(file);
        let text = fs::read_to_string(&path).expect("a file of the package");
        assert!(text.contains(before), "{file} has no {before}: {text}");
        fs::write(path, text.replacen(before, after, 1)).expect("written");
    }
}

#[test]
fn the_next_version_is_seen_against_the_active_one_and_its_module_is_vouched_for() {
    let folder = tempfile::tempdir().expect("a folder");
    well(folder.path(), ["new", "word-count"]);
    let package = folder.path().join("word-count");
    let service = Service::start(&folder.path().join("data"));
    let at = |args: &[&str]| well(&package, args.iter().chain(&["--server", &service.url]));
    let report =
        |name: &str| -> Value { json(&at(&["proposal", "show", name, "--format", "json"])) };
    at(&["proposal", "submit", ".", "--watch", "--activate"]);
    assert_eq!(report("word-count@0.1.0").get("changes"), None);

    // Another answer, but for words of such lengths as its tests and examples have.
    change(
        &package,
        ["version = \"0.1.0\"", "version = \"0.1.1\""],
        [
            "longest: longest.to_owned(),",
            "longest: match longest.len() {
                2 | 3 | 5 => longest.to_owned(),
                _ => format!(\"{longest}!\"),
            },",
        ],
    );
    // Whatever its verdict.
    let submit = [
        "proposal",
        "submit",
        ".",
        "--watch",
        "--server",
        &service.url,
    ];
    run(&package, submit);
    let second = report("word-count@0.1.1");
    let changes = &second["changes"];
    assert_eq!(changes["since"], "0.1.0", "{second:#}");
    let files: Vec<&str> = changes["sources"]
        .as_array()
        .expect("its sources are known")
        .iter()
        .filter_map(|file| file["path"].as_str())
        .collect();
    assert_eq!(files, ["Cargo.toml", "src/main.rs"]);
    assert!(changes["compared_count"].as_u64() > Some(5), "{changes:#}");
    assert!(changes["differing_count"].as_u64() > Some(0), "{changes:#}");
    let behaviour = &changes["behaviours"][0];
    assert_ne!(behaviour["before"], behaviour["after"], "{changes:#}");
    let page = at(&["proposal", "show", "word-count@0.1.1", "--format", "html"]);
    assert!(page.contains("Changes since 0.1.0"));

    // The command line finds the same at the service, without proposing anything.
    let against = [
        "validate",
        ".",
        "--against",
        "word-count",
        "--json",
        "--server",
    ];
    let shown = run(&package, against.iter().chain(&[service.url.as_str()]));
    let shown = json(&String::from_utf8_lossy(&shown.stdout));
    assert_eq!(shown["changes"]["since"], "0.1.0");
    assert_eq!(
        shown["changes"]["artifact_digest"],
        changes["artifact_digest"]
    );

    // What the service's installation signed holds for the module that it keeps.
    let (bundle, module) = ("it.intoto.jsonl", "it.wasm");
    let get = [
        "tool",
        "attestation",
        "word-count@0.1.0",
        "--output",
        bundle,
    ];
    at(&[&get[..], &["--artifact", module]].concat());
    let verify = ["verify", module, "--attestation", bundle, "--json"];
    let verified = json(&well(&package, verify));
    assert_eq!(verified["result"], "PASSED");
    assert_eq!(verified["digest"]["sha256"], changes["artifact_digest"]);
    assert_eq!(verified["predicates"].as_array().map(Vec::len), Some(2));
    // The next version's are about another module.
    at(&[
        "tool",
        "attestation",
        "word-count@0.1.1",
        "--output",
        bundle,
    ]);
    assert_eq!(run(&package, verify).status.code(), Some(13));

    // And from a file alone, what it does is compared too.
    let against = ["validate", ".", "--against", module, "--json"];
    let shown = run(&package, against);
    let shown = json(&String::from_utf8_lossy(&shown.stdout));
    let alone = &shown["changes"];
    assert_eq!(alone.get("sources"), None);
    assert_eq!(alone["artifact_digest"], changes["artifact_digest"]);
    assert!(alone["differing_count"].as_u64() > Some(0), "{alone:#}");
    service.stop();
}
