//! `wasm-runner policy suggest` for modules.

mod common;

use common::{World, guests};
use serde_json::Value;

/// The suggestion, without what hangs on this machine.
fn suggested(world: &World, args: &[&str]) -> String {
    let mut all = vec!["policy", "suggest"];
    all.extend(args);
    let ended = world.run(all);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("verified"), "{}", ended.stderr);
    world.write("policy.toml", &ended.stdout);
    let lines = ended
        .stdout
        .lines()
        .filter(|line| !line.starts_with("wall_time"));
    world.portable(&lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_module_that_needs_nothing_gets_nothing() {
    let world = World::new();
    world.module(&guests::cat());
    world.write("data/text", "");
    world.write("in", "hello");
    let text = suggested(
        &world,
        &[
            "--dir",
            "data",
            "--env",
            "A=1",
            "--net",
            "example.com:80",
            "--input",
            "in",
            "guest.wasm",
        ],
    );
    insta::assert_snapshot!("needs_nothing", text);
    let ended = world.run_with_input(["run", "--policy", "policy.toml", "guest.wasm"], b"hello");
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "hello"));
}

#[test]
fn a_module_that_reads_one_file_gets_its_folder_to_read() {
    let world = World::new();
    world.module(&guests::reads_a_file());
    world.write("data/text", "twelve bytes");
    world.write("more/text", "");
    // Two folders to write to, of which one is read.
    let text = suggested(
        &world,
        &[
            "--dir",
            "data::/data",
            "--dir",
            "more::/more",
            "--",
            "guest.wasm",
        ],
    );
    insta::assert_snapshot!("reads_a_file", text);
    let ended = world.run(["run", "--policy", "policy.toml", "guest.wasm"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "twelve bytes"));
}

#[test]
fn a_module_that_makes_two_files_gets_two_and_fails_with_one() {
    let world = World::new();
    let other = "(if (i32.eqz (local.get $error)) (then (local.set $error
        (call $path_open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 2) (i32.const 1)
          (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 16)))))";
    let last = "(if (local.get $error)";
    let guest = guests::makes_a_file().replacen(last, &format!("{other}{last}"), 1);
    world.module(&guest);
    std::fs::create_dir(world.path("data")).expect("a folder");
    let text = suggested(&world, &["--dir", "data", "guest.wasm"]);
    assert!(text.contains("files = 2  # as many as were made"), "{text}");
    assert!(text.contains("access = \"read-write\""), "{text}");
    assert!(text.contains("# changed: ne, new\n"), "{text}");
    let made = || {
        std::fs::read_dir(world.path("data"))
            .expect("listed")
            .count()
    };
    assert_eq!(made(), 0, "it was watched in a copy");
    let run = |policy: &str| world.run(["run", "--policy", policy, "guest.wasm"]).code;
    let policy = std::fs::read_to_string(world.path("policy.toml")).expect("written");
    world.write("less.toml", policy.replace("files = 2 ", "files = 1 "));
    assert_eq!(run("less.toml"), 19, "WASI's error number for a quota");
    std::fs::remove_file(world.path("data/new")).expect("made");
    assert_eq!(run("policy.toml"), 0);
    assert_eq!(made(), 2);
}

#[test]
fn a_folder_is_narrowed_to_what_holds_all_that_was_looked_at() {
    let world = World::new();
    // By a path that a library would have cut in two at whatever folder it was shown.
    world.write("data/in/text", "twelve bytes");
    let guest = guests::reads_a_file();
    let deep = guest.replace("\"text\"", "\"in/text\"").replace(
        "(i32.const 1024) (i32.const 4) (i32.const 0)",
        "(i32.const 1024) (i32.const 7) (i32.const 0)",
    );
    assert_ne!(guest, deep);
    world.module(&deep);
    let text = suggested(&world, &["--dir", "data:ro", "guest.wasm"]);
    // This one knows its folder by number, and finds nothing in the inner one.
    assert!(text.contains("guest = \"/data\""), "{text}");
    // One that asks for the name first, as libraries do, is content with less.
    let either = deep.replace(
        "(if (local.get $error) (then (call $proc_exit",
        "(if (local.get $error) (then (local.set $error (call $path_open (i32.const 3) (i32.const 0)
           (i32.const 1027) (i32.const 4) (i32.const 0)
           (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))))
         (if (local.get $error) (then (call $proc_exit",
    );
    assert_ne!(deep, either);
    world.module(&either);
    let text = suggested(&world, &["--dir", "data:ro", "guest.wasm"]);
    assert!(text.contains("guest = \"/data/in\""), "{text}");
    assert!(text.contains("host = \"<world>/data/in\""), "{text}");
    assert!(text.contains("# read: in/text\n"), "{text}");
}

#[test]
fn variables_are_those_without_which_the_result_is_another() {
    let world = World::new();
    world.module(&guests::environment());
    let text = suggested(&world, &["--env", "A=1", "--env", "B=2", "guest.wasm"]);
    assert!(text.contains(r#"environment = ["A", "B"]"#), "{text}");
    // It looks, and prints nothing of it.
    world.module(
        &guests::environment().replace("(call $write (i32.const 1)", "(call $write (i32.const 2)"),
    );
    let text = suggested(&world, &["--env", "A=1", "guest.wasm"]);
    assert!(text.contains("environment = []"), "{text}");
    assert!(
        text.contains("# Not needed: the variable A: without it it comes to the same."),
        "{text}"
    );
}

/// Asks for a clock's time or for random bytes, and prints them or not.
fn asks(call: &str, prints: bool) -> String {
    format!(
        r#"(module
          (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
          (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\40\00\00\00\08\00\00\00")
          (func (export "_start") {call}
            {}))"#,
        if prints {
            "(drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))"
        } else {
            ""
        }
    )
}

#[test]
fn clocks_and_randomness_are_the_least_that_give_the_same() {
    let clock = "(drop (call $clock (i32.const 0) (i64.const 1) (i32.const 64)))";
    let random = "(drop (call $random (i32.const 64) (i32.const 8)))";
    // Whether time goes on between two readings.
    let moves = "(drop (call $clock (i32.const 1) (i64.const 1) (i32.const 80)))
        (drop (call $clock (i32.const 1) (i64.const 1) (i32.const 88)))
        (i32.store8 (i32.const 64) (i64.lt_u (i64.load (i32.const 80)) (i64.load (i32.const 88))))";
    for (guest, expected) in [
        (asks("", true), ("frozen", "seeded")),
        (asks(clock, false), ("frozen", "seeded")),
        (asks(clock, true), ("real", "seeded")),
        (asks(moves, true), ("virtual", "seeded")),
        (asks(random, false), ("frozen", "seeded")),
        (asks(random, true), ("frozen", "real")),
    ] {
        let world = World::new();
        world.module(&guest);
        let ended = world.run(["policy", "suggest", "--json", "guest.wasm"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        let capabilities = &told["policy"]["capabilities"];
        let random = if capabilities["random"] == "real" {
            "real"
        } else {
            "seeded"
        };
        let clocks = capabilities["clocks"].as_str().expect("a word");
        assert_eq!((clocks, random), expected, "{guest}");
    }
}

#[test]
fn what_fails_even_under_watching_is_named() {
    let world = World::new();
    world.module(&guests::makes_a_file());
    let ended = world.run(["policy", "suggest", "guest.wasm"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (10, ""));
    assert!(
        ended.stderr.contains("without input: exit code 8"),
        "{}",
        ended.stderr
    );
    let ended = world.run(["policy", "suggest"]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("no tool to watch"),
        "{}",
        ended.stderr
    );
    let ended = world.run(["policy", "suggest", "--headroom", "0.5", "guest.wasm"]);
    assert_eq!(ended.code, 2);
}
