//! Components from the command line: run and inspected.

mod common;

use common::World;
use serde_json::Value;

/// A tool that gives back its input, and is no tool of `manifest`'s.
const ECHO: &str = r#"(component
  (import "ocode:tool/types@0.1.0" (instance $types
    (type $r (record (field "code" string) (field "message" string)
      (field "details" (option string))))
    (export "tool-error" (type (eq $r)))))
  (alias export $types "tool-error" (type $tool-error))
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 16) "{}")
    (data (i32.const 0) "\10\00\00\00\02\00\00\00")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "manifest") (result i32) (i32.const 0))
    (func (export "run") (param $at i32) (param $length i32) (result i32)
      (i32.store (i32.const 260) (local.get $at))
      (i32.store (i32.const 264) (local.get $length))
      (i32.const 256)))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $mem))
  (alias core export $i "realloc" (core func $realloc))
  (func (export "manifest") (result string) (canon lift (core func $i "manifest") (memory $mem)))
  (func (export "run") (param "input" string) (result (result string (error $tool-error)))
    (canon lift (core func $i "run") (memory $mem) (realloc $realloc))))"#;

fn world() -> World {
    let world = World::new();
    world.module(ECHO);
    world
}

#[test]
fn a_tool_component_is_run_as_a_command_is() {
    let world = world();
    let ended = world.run_with_input(["run", "guest.wasm"], b"[1]");
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (0, "[1]", "")
    );
    assert_eq!(
        world.run(["run", "guest.wasm", "--", "manifest"]).stdout,
        "{}"
    );
    let ended = world.run(["run", "guest.wasm", "--", "what"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
}

#[test]
fn a_component_is_inspected() {
    let world = world();
    let ended = world.run(["inspect", "guest.wasm"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for line in [
        "form       tool component",
        "module ",
        "manifest (function)",
    ] {
        assert!(ended.stdout.contains(line), "{line}: {}", ended.stdout);
    }
    let ended = world.run(["inspect", "--json", "guest.wasm"]);
    let found: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(found["form"], "tool component");
    assert_eq!(found["imports"], Value::Array(Vec::new()));
    assert_eq!(found["modules"][0]["functions"], 3);
}
