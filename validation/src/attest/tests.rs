use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

const MODULE: &[u8] = b"\0asm-module";

fn key() -> AttestationKey {
    let folder = tempfile::tempdir().expect("a folder");
    AttestationKey::load_or_create(&folder.path().join("key")).expect("a key")
}

fn report() -> ValidationReport {
    let policy = policies::Policy::default();
    serde_json::from_value(json!({
        "format": 1, "name": "adder", "version": "1.0.0",
        "proposal_digest": "aa".repeat(32),
        "artifact_digest": hex::encode(Sha256::digest(MODULE)),
        "toolchain": { "wasm_runner": "0.1.0", "rustc": "rustc 1", "cargo": "cargo 1",
            "target": "wasm32-wasip1", "wasmtime": "48.0.8" },
        "policy": { "policy": policy, "explained": [] },
        "stages": [{
            "stage": "test", "status": "passed", "duration_millis": 1, "metrics": {},
            "findings": [{ "rule": "test/ignored", "severity": "warning", "message": "m", "remedy": "r" }],
            "cases": [{ "name": "adds", "place": { "kind": "test", "name": "adds" }, "status": "passed" }],
        }],
        "verdict": "passed", "confidence": { "score": 0.5, "factors": [] },
        "started_at": "2026-03-04T05:06:07Z",
        "sources": [{ "path": "src/main.rs", "bytes": 3, "sha256": "bb".repeat(32) }],
    }))
    .expect("a report")
}

/// An installation of which only the list of crates is read.
fn installation(home: PathBuf) -> Installation {
    std::fs::write(home.join("allowlist.lock"), "crates").expect("written");
    Installation {
        advisories: None,
        home,
        toolchain: crate::Toolchain {
            cargo: PathBuf::new(),
            rustc: PathBuf::new(),
            target: String::new(),
            route: String::new(),
            rustc_version: String::new(),
            cargo_version: String::new(),
            env: BTreeMap::new(),
        },
        allowed: BTreeMap::new(),
    }
}

fn bundle(report: &ValidationReport, key: &AttestationKey) -> String {
    let home = tempfile::tempdir().expect("a folder");
    report
        .attest(key, &installation(home.path().to_owned()))
        .expect("there is a module")
}

fn envelopes(bundle: &str) -> Vec<Value> {
    let lines = bundle.lines().map(serde_json::from_str);
    lines.map(|line| line.expect("JSON")).collect()
}

fn payload(envelope: &Value) -> Value {
    let payload = STANDARD.decode(envelope["payload"].as_str().expect("text"));
    serde_json::from_slice(&payload.expect("base64")).expect("JSON")
}

#[test]
fn what_is_said_of_a_module() {
    let key = key();
    let mut statements: Vec<Value> = envelopes(&bundle(&report(), &key))
        .iter()
        .map(payload)
        .collect();
    // Another in each run.
    let builder = &mut statements[1]["predicate"]["runDetails"]["builder"]["id"];
    assert_eq!(
        builder.take(),
        json!(format!(
            "urn:wasm-runner:installation:sha256:{}",
            key.public().id()
        ))
    );
    // The figures of a float's form are not this test's matter.
    let by_products = &mut statements[1]["predicate"]["runDetails"]["byproducts"][0]["digest"];
    let digest = hex::encode(Sha256::digest(
        report().render(crate::ReportForm::Json, crate::Budget::default()),
    ));
    assert_eq!(by_products.take(), json!({ "sha256": digest }));
    let policy = serde_json::to_string(&policies::Policy::default()).expect("JSON");
    let policy = hex::encode(Sha256::digest(policy));
    let text = serde_json::to_string_pretty(&statements).expect("JSON");
    assert_eq!(text.matches(&policy).count(), 2);
    insta::assert_snapshot!(text.replace(&policy, "(the policy's digest)"));
}

#[test]
fn what_was_signed_holds_for_its_module() {
    let key = key();
    let verified = verify_attestations(bundle(&report(), &key).as_bytes(), MODULE, &key.public());
    let verified = verified.expect("it holds");
    assert_eq!(verified.result, AttestedResult::Passed);
    assert_eq!(verified.subject, "adder-1.0.0.wasm");
    assert_eq!(verified.passed_tests, 1);
    assert_eq!(verified.warned_tests, ["rule: test/ignored"]);
    assert_eq!(verified.predicates.len(), 2);
    assert!(
        verified
            .builder
            .expect("a builder")
            .ends_with(&key.public().id())
    );
    let mut other = report();
    other.verdict = crate::Verdict::Failed;
    let verified = verify_attestations(bundle(&other, &key).as_bytes(), MODULE, &key.public());
    assert_eq!(verified.expect("it holds").result, AttestedResult::Failed);
}

#[test]
fn without_a_module_there_is_nothing_to_vouch_for() {
    let mut report = report();
    report.artifact_digest = None;
    let home = tempfile::tempdir().expect("a folder");
    let installation = installation(home.path().to_owned());
    assert_eq!(report.attest(&key(), &installation), None);
}

#[test]
fn whatever_does_not_hold_is_told_apart() {
    let key = key();
    let public = key.public();
    let good = bundle(&report(), &key);
    let said = |bundle: &str, module: &[u8]| {
        verify_attestations(bundle.as_bytes(), module, &public).expect_err("refused")
    };
    // Another key.
    let other = AttestationPublicKey::from_pem(&self::key().public().to_pem()).expect("a key");
    let error = verify_attestations(good.as_bytes(), MODULE, &other).expect_err("refused");
    assert!(
        matches!(&error, VerifyError::Signature { number: 1, .. }),
        "{error}"
    );
    assert!(error.to_string().contains(&public.id()), "{error}");
    // Another module.
    let error = said(&good, b"\0asm-modulf");
    assert!(
        matches!(error, VerifyError::OtherArtifact { number: 1, .. }),
        "{error}"
    );
    // A payload that was changed, an envelope of another type, a signature that is none.
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut first = envelopes(&good).remove(0);
        change(&mut first);
        first.to_string()
    };
    let tampered = changed(&|it| {
        let mut statement = payload(it);
        statement["predicate"]["result"] = "PASSED ".into();
        it["payload"] = STANDARD.encode(statement.to_string()).into();
    });
    assert!(matches!(
        said(&tampered, MODULE),
        VerifyError::Signature { .. }
    ));
    let retyped = changed(&|it| it["payloadType"] = "text/plain".into());
    assert!(matches!(
        said(&retyped, MODULE),
        VerifyError::Signature { .. }
    ));
    for sig in ["", "AAAA", "?"] {
        let unsigned = changed(&|it| it["signatures"][0]["sig"] = sig.into());
        assert!(matches!(
            said(&unsigned, MODULE),
            VerifyError::Signature { .. }
        ));
    }
    let unsigned = changed(&|it| it["signatures"] = json!([]));
    assert!(said(&unsigned, MODULE).to_string().contains("(none)"));
    // A file that was cut off, anywhere, or is empty, or no such file at all.
    for end in [1, 40, good.len() / 3, good.len() - 3] {
        let error = said(&good[..end], MODULE);
        assert!(
            matches!(error, VerifyError::NoEnvelope { .. }),
            "{end}: {error}"
        );
    }
    assert_eq!(said("", MODULE), VerifyError::Empty);
    assert_eq!(said(" \n", MODULE), VerifyError::Empty);
    assert!(matches!(
        said("not JSON", MODULE),
        VerifyError::NoEnvelope { number: 1, .. }
    ));
    // Signed by us, and not what is known.
    let signed = |statement: Value| envelope::sign(&statement, &key);
    let mut statement = payload(&envelopes(&good)[0]);
    statement["predicateType"] = "https://example.org/opinion\u{1b}".into();
    let error = said(&signed(statement.clone()), MODULE);
    assert_eq!(
        error.to_string(),
        "attestation 1 has a predicate that is not known here: https://example.org/opinion\\u{1b}"
    );
    statement["_type"] = "https://in-toto.io/Statement/v0.1".into();
    assert!(matches!(
        said(&signed(statement), MODULE),
        VerifyError::Statement { .. }
    ));
    assert!(matches!(
        said(&signed(json!({})), MODULE),
        VerifyError::Statement { .. }
    ));
    let provenance = good.lines().nth(1).expect("two");
    assert_eq!(said(provenance, MODULE), VerifyError::NoResult);
}

#[test]
fn of_several_results_the_worst_counts() {
    let key = key();
    let mut failed = report();
    failed.verdict = crate::Verdict::Failed;
    for both in [
        bundle(&report(), &key) + &bundle(&failed, &key),
        bundle(&failed, &key) + &bundle(&report(), &key),
    ] {
        let verified = verify_attestations(both.as_bytes(), MODULE, &key.public());
        assert_eq!(verified.expect("it holds").result, AttestedResult::Failed);
    }
}

#[test]
fn bundles_have_edges() {
    let key = key();
    let line = bundle(&report(), &key);
    let line = line.lines().next().expect("a line").to_owned() + "\n";
    let most = line.repeat(64);
    assert!(verify_attestations(most.as_bytes(), MODULE, &key.public()).is_ok());
    let more = line.repeat(65);
    let error = verify_attestations(more.as_bytes(), MODULE, &key.public());
    assert_eq!(error, Err(VerifyError::TooMany));
    let length = usize::try_from(MAX_BUNDLE_BYTES).expect("it fits");
    let mut long = line.into_bytes();
    long.resize(length, b' ');
    assert!(verify_attestations(&long, MODULE, &key.public()).is_ok());
    long.push(b' ');
    let bytes = MAX_BUNDLE_BYTES + 1;
    let error = verify_attestations(&long, MODULE, &key.public());
    assert_eq!(error, Err(VerifyError::TooLong { bytes }));
}

#[test]
fn a_key_is_made_once_and_for_its_owner_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    assert!(AttestationKey::load(&path).expect("no error").is_none());
    let keys: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    AttestationKey::load_or_create(&path)
                        .expect("a key")
                        .public()
                        .id()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|it| it.join().expect("no panic"))
            .collect()
    });
    assert!(keys.iter().all(|id| *id == keys[0]), "{keys:?}");
    let mode = std::fs::metadata(&path)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        1
    );
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("changed");
    let error = AttestationKey::load(&path).expect_err("others may read it");
    assert!(error.to_string().contains("mode 640"), "{error}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("changed");
    std::fs::write(&path, "-----BEGIN PRIVATE KEY-----\nMC4=\n").expect("written");
    let error = AttestationKey::load_or_create(&path).expect_err("cut off");
    assert!(
        error.to_string().contains("holds no Ed25519 key"),
        "{error}"
    );
}

#[test]
fn public_keys_come_back_and_others_are_refused() {
    let public = key().public();
    assert_eq!(
        AttestationPublicKey::from_pem(&public.to_pem()),
        Some(public.clone())
    );
    assert_eq!(public.id().len(), 64);
    // The neutral element, with which a signature of anything can be made.
    let mut weak = [0; 44];
    weak[..12].copy_from_slice(&[48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0]);
    weak[12] = 1;
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(weak)
    );
    assert_eq!(AttestationPublicKey::from_pem(&pem), None);
    assert_eq!(AttestationPublicKey::from_pem("no key"), None);
}

proptest! {
    #[test]
    fn no_single_changed_byte_goes_unnoticed(at in any::<prop::sample::Index>(), with in any::<u8>()) {
        let key = key();
        let mut report = report();
        report.verdict = crate::Verdict::Failed;
        let good = bundle(&report, &key);
        let mut bytes = good.clone().into_bytes();
        let index = at.index(bytes.len());
        bytes[index] = with;
        let before = verify_attestations(good.as_bytes(), MODULE, &key.public()).expect("it holds");
        // What is left standing says the same: a changed hint or space is none of its matter.
        if let Ok(after) = verify_attestations(&bytes, MODULE, &key.public()) {
            prop_assert_eq!(after, before);
        }
    }
}
