//! What is not what it should be gets its documented error.

mod common;

use common::{World, guests};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Runs `guest.wasm` made of these bytes and expects a refusal that says this.
fn refused(bytes: &[u8], says: &str) {
    let world = World::new();
    world.write("guest.wasm", bytes);
    let ended = world.run(["run", "guest.wasm"]);
    assert_eq!(ended.code, 200, "{}", ended.stderr);
    assert!(ended.stderr.contains(says), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("guest.wasm"),
        "the file is named: {}",
        ended.stderr
    );
}

#[test]
fn what_is_no_module_is_refused() {
    refused(b"", "empty");
    refused(b"#!/bin/sh\n", "not WebAssembly");
    // The component layer in the upper half of the version.
    refused(b"\0asm\x0d\0\x01\0", "component");
    refused(b"\0asm\x07\0\0\0", "not valid");
    refused(b"\0as", "not");
}

#[test]
fn a_module_cut_off_anywhere_is_refused() {
    let whole = wat::parse_str(guests::cat()).expect("a module");
    for length in [4, 8, 9, whole.len() / 2, whole.len() - 1] {
        let world = World::new();
        world.write("guest.wasm", &whole[..length]);
        let ended = world.run(["run", "guest.wasm"]);
        assert_eq!(ended.code, 200, "{length} bytes: {}", ended.stderr);
    }
}

#[test]
fn a_module_without_start_or_with_foreign_imports_is_refused() {
    let bytes = |text: &str| wat::parse_str(text).expect("a module");
    refused(&bytes(r#"(module (memory (export "memory") 1))"#), "_start");
    refused(
        &bytes(
            r#"(module (import "env" "f" (func)) (memory (export "memory") 1) (func (export "_start")))"#,
        ),
        "`env`::`f`",
    );
}

#[test]
fn a_module_over_the_limit_is_refused_unread() {
    let world = World::new();
    let path = world.module(&guests::cat());
    let size = std::fs::metadata(&path).expect("there").len();
    let limit = |bytes: u64| {
        let limit = format!("{bytes} B");
        world.run(["run", "--module-size", &limit, "guest.wasm"])
    };
    assert_eq!(limit(size).code, 0);
    let ended = limit(size - 1);
    assert_eq!(ended.code, 200);
    assert!(
        ended.stderr.contains("limits.module_size"),
        "{}",
        ended.stderr
    );
    // A device without an end.
    let ended = world.run(["run", "/dev/zero"]);
    assert_eq!(ended.code, 200);
    assert!(
        ended.stderr.contains("limits.module_size"),
        "{}",
        ended.stderr
    );
}

#[test]
fn text_is_compiled_where_it_is_called_so() {
    let world = World::new();
    world.write("guest.wat", guests::exits(3));
    assert_eq!(world.run(["run", "guest.wat"]).code, 3);
    world.write("guest.wat", "(module");
    let ended = world.run(["run", "guest.wat"]);
    assert_eq!(ended.code, 200);
    assert!(
        ended.stderr.contains("guest.wat is no WebAssembly text"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_path_that_leads_nowhere_is_named() {
    let world = World::new();
    for command in ["run", "inspect", "build", "validate"] {
        let ended = world.run([command, "no/such/thing"]);
        assert_ne!(ended.code, 0);
        assert!(
            ended.stderr.contains("no/such/thing"),
            "{command}: {}",
            ended.stderr
        );
        assert!(
            ended.stderr.contains("remedy:"),
            "{command}: {}",
            ended.stderr
        );
    }
    let ended = world.run(["run", "."]);
    assert!(
        ended.stderr.contains("is a folder, not a module"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_no_guest_can_receive_is_refused() {
    let world = World::new();
    world.module(&guests::arguments());
    let broken = OsStr::from_bytes(b"\xff\xfe");
    let ended = world.run(
        ["run", "guest.wasm", "--"]
            .map(OsStr::new)
            .into_iter()
            .chain([broken]),
    );
    assert_eq!(ended.code, 206, "{}", ended.stderr);
    assert!(ended.stderr.contains("not UTF-8"), "{}", ended.stderr);
    let variable = OsStr::from_bytes(b"A=\xff");
    let ended = world.run([
        OsStr::new("run"),
        OsStr::new("--env"),
        variable,
        OsStr::new("guest.wasm"),
    ]);
    assert_eq!(ended.code, 200, "{}", ended.stderr);
    let many = "a".repeat(100_000);
    let ended = world.run(["run", "guest.wasm", "--", &many, &many]);
    assert_eq!(ended.code, 206, "{}", ended.stderr);
}

#[test]
fn a_proposal_that_is_none_is_refused_with_its_fields() {
    let world = World::new();
    let deep = "[".repeat(1000) + &"]".repeat(1000);
    let traversal = r#"{"name":"t","version":"1.0.0","description":"d","language":"rust",
        "files":[{"path":"../src/main.rs","content":"fn main(){}"}]}"#;
    for (content, says) in [
        ("", "proposal"),
        ("{}", "missing field"),
        (deep.as_str(), "proposal"),
        (traversal, "files[0].path"),
    ] {
        world.write("proposal.json", content);
        let ended = world.run(["validate", "proposal.json"]);
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        assert!(ended.stderr.contains(says), "{}", ended.stderr);
    }
    world.write("proposal.json", b"\xff");
    let ended = world.run(["validate", "proposal.json"]);
    assert!(ended.stderr.contains("not UTF-8"), "{}", ended.stderr);
    world.write("proposal.txt", "");
    let ended = world.run(["validate", "proposal.txt"]);
    assert!(
        ended.stderr.contains("neither a folder nor a .json file"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_service_without_its_secret_does_not_start_and_says_what_to_do() {
    let world = World::new();
    let serve = |secret: &str| {
        let listen = ["serve", "--calls-only", "--listen", "127.0.0.1:0"];
        let alerts = [
            "--remediation-listen",
            "127.0.0.1:0",
            "--remediation-secret",
            secret,
        ];
        world.run(listen.iter().chain(&alerts))
    };
    let ended = serve("missing");
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    for words in ["missing", "can't be read", "openssl rand -hex 32"] {
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
    world.write("short", "too short\n");
    let ended = serve("short");
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("has 9 bytes"), "{}", ended.stderr);
    // One without the other is a mistake, not a service without a secret.
    for wrong in [
        &["serve", "--remediation-listen", "127.0.0.1:0"][..],
        &["serve", "--remediation-secret", "short"],
        &["serve", "--drain-on", "Alert"],
        &["serve", "--pause-validations-at", "0"],
        &["serve", "--pause-validations-at", "101"],
    ] {
        assert_eq!(world.run(wrong).code, 2, "{wrong:?}");
    }
}
