//! A tool of one's own, its report in every form, and who vouches for its module.
//!
//! Needs what `make setup` makes.

mod common;

use common::{Service, json, run, well};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn code(folder: &Path, args: &[&str]) -> Option<i32> {
    run(folder, args).status.code()
}

#[test]
fn a_module_is_vouched_for_by_its_installation_and_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    well(folder.path(), ["new", "word-count"]);
    let package = folder.path().join("word-count");
    well(&package, ["build", "."]);
    let module = package.join("target/word-count.wasm");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (bundle, page) = (at("word-count.intoto.jsonl"), at("report.html"));
    let validated = well(
        &package,
        ["validate", ".", "--attest", &bundle, "--output", &page],
    );
    // The file has the form that its name promises; whoever looks on reads text.
    assert!(validated.contains("passed"), "{validated}");
    let page = fs::read_to_string(page).expect("written");
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");

    let module_path = module.display().to_string();
    let verify = ["verify", &module_path, "--attestation", &bundle];
    let said = json(&well(&package, verify.iter().chain(&["--json"])));
    assert_eq!(said["result"], "PASSED");
    assert_eq!(said["predicates"].as_array().map(Vec::len), Some(2));
    assert!(said["passed_tests"].as_u64() > Some(1), "{said}");
    fs::write(at("key.pub"), well(&package, ["verify", "--print-key"])).expect("written");
    well(&package, verify.iter().chain(&["--key", &at("key.pub")]));

    // Another module, another installation, a changed word, a file that was cut off.
    fs::write(at("other.wasm"), "\0asm").expect("written");
    let other = ["verify", &at("other.wasm"), "--attestation", &bundle];
    assert_eq!(code(&package, &other), Some(13));
    let stranger = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    fs::write(at("stranger.pub"), stranger).expect("written");
    let strange: Vec<&str> = verify.to_vec();
    let stranger = at("stranger.pub");
    assert_eq!(
        code(&package, &[&strange[..], &["--key", &stranger]].concat()),
        Some(13)
    );
    let text = fs::read_to_string(&bundle).expect("written");
    let changed = text.replacen("\"payload\":\"e", "\"payload\":\"f", 1);
    assert_ne!(text, changed);
    for wrong in [changed.as_str(), &text[..text.len() / 2]] {
        fs::write(&bundle, wrong).expect("written");
        assert_eq!(code(&package, &verify), Some(13), "{wrong}");
    }

    // What the operator wants of tools decides, on the same evidence.
    for (thresholds, expected) in [
        ("[confidence]\npass = 1\n", 11),
        ("[confidence]\npass = 1\nfail = 1\n", 10),
        ("[confidence]\npass = 0\n", 0),
    ] {
        fs::write(at("thresholds.toml"), thresholds).expect("written");
        let strict = ["validate", ".", "--thresholds", &at("thresholds.toml")];
        assert_eq!(code(&package, &strict), Some(expected), "{thresholds}");
    }
}

#[test]
fn a_report_that_a_service_holds_has_the_forms_of_one_just_made() {
    let folder = tempfile::tempdir().expect("a folder");
    well(folder.path(), ["new", "word-count"]);
    let package = folder.path().join("word-count");
    let service = Service::start(&folder.path().join("data"));
    let at = |args: &[&str]| well(&package, args.iter().chain(&["--server", &service.url]));
    at(&["proposal", "submit", ".", "--watch"]);
    let show = |form: &str| at(&["proposal", "show", "word-count@0.1.0", "--format", form]);
    let report = show("json");
    let value: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(value["verdict"], "passed");
    assert!(
        value["sources"].as_array().is_some_and(|it| !it.is_empty()),
        "{value}"
    );
    assert!(value["started_at"].is_string(), "{value}");
    fs::write(package.join("report.json"), &report).expect("written");
    for form in ["json", "sarif", "junit", "html", "agent"] {
        let convert = ["report", "convert", "report.json", "--format", form];
        assert_eq!(show(form), well(&package, convert), "{form}");
    }
    service.stop();
}
