//! Saved reports in other forms, thresholds, and who vouches for a module.

mod common;

use common::World;
use serde_json::{Value, json};
use std::fs;

/// A report as `validate --format json` writes it.
fn report() -> Value {
    let policy: Value = {
        let world = World::new();
        let shown = world.run(["policy", "show", "--json", "pure"]);
        serde_json::from_str(&shown.stdout).expect("JSON")
    };
    json!({
        "format": 1, "name": "adder", "version": "1.0.0",
        "proposal_digest": "aa".repeat(32), "artifact_digest": "bb".repeat(32),
        "toolchain": { "wasm_runner": "0.1.0", "rustc": "rustc 1", "cargo": "cargo 1",
            "target": "wasm32-wasip1", "wasmtime": "48.0.8" },
        "policy": { "policy": policy, "explained": ["it may compute"] },
        "stages": [{
            "stage": "test", "status": "failed", "duration_millis": 12,
            "metrics": { "failed_count": 1.0 },
            "findings": [{
                "rule": "test/failed", "severity": "error",
                "message": "the test `adds` fails: <b>\u{1b}[2J]]></b>",
                "place": { "kind": "test", "name": "adds" },
                "remedy": "mend the tool",
            }],
        }],
        "verdict": "failed",
        "reasons": ["what keeps it from passing: 1 error (test/failed)"],
        "confidence": { "score": 0.0, "factors": [
            { "what": "1 error", "change": -0.5, "input": "errors" },
        ] },
    })
}

#[test]
fn a_saved_report_is_shown_in_every_form() {
    let world = World::new();
    world.write("report.json", report().to_string());
    for (form, begins) in [
        ("json", "{\n  \"format\": 1"),
        ("sarif", "{\n  \"$schema\""),
        ("junit", "<?xml version=\"1.0\""),
        ("html", "<!DOCTYPE html>"),
        ("agent", "wasm-runner: validation of adder 1.0.0"),
        ("text", "adder 1.0.0  failed"),
    ] {
        let ended = world.run(["report", "convert", "report.json", "--format", form]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{form}");
        assert!(ended.stdout.starts_with(begins), "{form}: {}", ended.stdout);
        assert!(!ended.stdout.contains('\u{1b}'), "{form}: {}", ended.stdout);
        if form != "text" {
            let again = [
                "report",
                "convert",
                "report.json",
                "--output",
                "out",
                "--format",
                form,
            ];
            assert_eq!(world.run(again).code, 0);
            let written = fs::read_to_string(world.path("out")).expect("written");
            assert_eq!(written, ended.stdout, "{form}");
        }
    }
    let text = report().to_string();
    let piped = world.run_with_input(
        ["report", "convert", "-", "--format", "junit"],
        text.as_bytes(),
    );
    assert_eq!(piped.code, 0);
    insta::assert_snapshot!(
        "converted_to_text",
        world.run(["report", "convert", "report.json"]).stdout
    );
}

#[test]
fn what_is_no_report_is_refused_with_the_place() {
    let world = World::new();
    let mut later = report();
    later["format"] = 2.into();
    let mut strange = report();
    strange["stages"][0]["status"] = "perhaps".into();
    for (name, text) in [
        ("empty", String::new()),
        ("cut_off", report().to_string()[..200].to_owned()),
        ("later", later.to_string()),
        ("strange", strange.to_string()),
        ("deep", "[".repeat(100_000)),
    ] {
        world.write("report.json", text);
        let ended = world.run(["report", "convert", "report.json", "--format", "html"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{name}");
        insta::assert_snapshot!(format!("no_report_{name}"), ended.stderr);
    }
    world.write("report.json", b"\xff\xfe");
    assert_eq!(world.run(["report", "convert", "report.json"]).code, 1);
    assert_eq!(world.run(["report", "convert", "missing.json"]).code, 1);
    let to_text = ["report", "convert", "report.json", "--output", "x"];
    assert_eq!(world.run(to_text).code, 1);
}

#[test]
fn the_schema_is_printed_and_takes_what_is_converted() {
    let world = World::new();
    let ended = world.run(["report", "schema"]);
    assert_eq!(ended.code, 0);
    let schema: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert!(schema["properties"]["stages"].is_object());
}

#[test]
fn a_budget_is_kept_and_has_edges() {
    let world = World::new();
    let mut many = report();
    let finding = many["stages"][0]["findings"][0].clone();
    let findings = (0..50).map(|number| {
        let mut finding = finding.clone();
        finding["message"] = format!("{number} {}", "words ".repeat(200)).into();
        finding
    });
    many["stages"][0]["findings"] = findings.collect();
    world.write("report.json", many.to_string());
    let with = |budget: &str| {
        world.run([
            "report",
            "convert",
            "report.json",
            "--format",
            "agent",
            "--budget",
            budget,
        ])
    };
    for budget in ["400", "2000", "5000"] {
        let ended = with(budget);
        let most = budget.parse::<usize>().expect("a number") * 4;
        assert!(ended.code == 0 && ended.stdout.len() <= most, "{budget}");
        assert!(
            ended.stdout.contains("Left out for a budget"),
            "{}",
            ended.stdout
        );
    }
    for budget in ["399", "1000001", "-1", "many"] {
        assert_eq!(with(budget).code, 2, "{budget}");
    }
}

#[test]
fn broken_thresholds_say_where_and_what_to_do() {
    let world = World::new();
    world.pretend_set_up();
    world.write(
        "tool/Cargo.toml",
        "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    world.write("tool/src/main.rs", "fn main() {}\n");
    world.write("thresholds.toml", "[confidence]\npas = 0.5\nfail = 2\n");
    let ended = world.run(["validate", "tool", "--thresholds", "thresholds.toml"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    insta::assert_snapshot!("broken_thresholds", ended.stderr);
    let served = world.run(["serve", "--calls-only", "--thresholds", "thresholds.toml"]);
    assert_eq!(served.code, 1);
    assert!(
        served.stderr.contains("thresholds.toml:2:1"),
        "{}",
        served.stderr
    );
}

#[test]
fn the_public_key_is_printed_and_stays() {
    let world = World::new();
    let first = world.run(["verify", "--print-key"]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert!(
        first.stdout.starts_with("-----BEGIN PUBLIC KEY-----\n"),
        "{}",
        first.stdout
    );
    assert_eq!(world.run(["verify", "--print-key"]).stdout, first.stdout);
    assert_eq!(world.run(["verify"]).code, 2);
    assert_eq!(world.run(["verify", "--print-key", "a.wasm"]).code, 2);
}

#[test]
fn what_does_not_vouch_for_a_module_ends_with_13() {
    let world = World::new();
    world.write("tool.wasm", "\0asm");
    world.write(
        "bundle",
        "{\"payload\": \"e30=\", \"payloadType\": \"x\", \"signatures\": []}\n",
    );
    // Without a key of our own there is nothing that we could have signed.
    let verify = ["verify", "tool.wasm", "--attestation", "bundle"];
    let ended = world.run(verify);
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("so it signed nothing"),
        "{}",
        ended.stderr
    );
    let key = world.run(["verify", "--print-key"]).stdout;
    world.write("key.pub", key);
    for more in [&[][..], &["--installation"], &["--key", "key.pub"]] {
        let ended = world.run(verify.iter().chain(more));
        assert_eq!((ended.code, ended.stdout.as_str()), (13, ""), "{more:?}");
        assert!(
            ended.stderr.contains("is not signed by this key"),
            "{}",
            ended.stderr
        );
    }
    for (name, text) in [
        ("empty", ""),
        ("truncated", "{\"payload\": \"e30"),
        ("text", "signed, me"),
    ] {
        world.write("bundle", text);
        let ended = world.run(verify);
        assert_eq!((ended.code, ended.stdout.as_str()), (13, ""));
        insta::assert_snapshot!(format!("not_verified_{name}"), ended.stderr);
    }
    world.write("key.pub", "no key");
    let ended = world.run(verify.iter().chain(&["--key", "key.pub"]));
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("no public Ed25519 key"),
        "{}",
        ended.stderr
    );
}
