//! `wasm-runner run --record` and `wasm-runner replay`.

mod common;
#[path = "../../runtime/tests/common/network.rs"]
mod network;

use common::{World, guests};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// Records a run that reads a file, and takes the file away.
fn recorded(world: &World, more: &[&str]) {
    world.module(&guests::reads_a_file());
    world.write("data/text", "twelve bytes");
    let mut args = vec!["run", "--record", "case.rec", "--dir", "data:ro"];
    args.extend(more);
    args.push("guest.wasm");
    let ended = world.run(args);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (0, "twelve bytes"),
        "{}",
        ended.stderr
    );
    fs::remove_dir_all(world.path("data")).expect("gone");
}

#[test]
fn a_recorded_run_is_the_same_where_nothing_of_it_is_left() {
    let world = World::new();
    recorded(&world, &["--clocks", "real", "--random", "real"]);
    fs::remove_file(world.path("guest.wasm")).expect("gone");
    let elsewhere = World::new();
    fs::copy(world.path("case.rec"), elsewhere.path("case.rec")).expect("copied");
    let ended = elsewhere.run(["replay", "case.rec"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    insta::assert_snapshot!("the_same", ended.stdout);

    let ended = elsewhere.run(["replay", "--json", "case.rec"]);
    let told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(told["verdict"]["kind"], "same");
    assert_eq!(told["execution"]["output"], "twelve bytes");
    assert_eq!(told["same_module"], true);
    assert_eq!(told["recording"]["outcome"]["kind"], "success");
}

#[test]
fn a_recording_may_be_read_by_its_owner_alone_and_takes_the_place_of_an_old_one_whole() {
    let world = World::new();
    world.write("case.rec", "old");
    recorded(&world, &[]);
    let mode = fs::metadata(world.path("case.rec"))
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let hidden = fs::read_dir(world.path("")).expect("listed").flatten();
    let left: Vec<_> = hidden
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(".wasm-runner"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn without_its_module_a_recording_asks_for_it() {
    let world = World::new();
    recorded(&world, &["--record-without-module"]);
    let ended = world.run(["replay", "case.rec"]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("does not hold the module"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("its SHA-256 is"), "{}", ended.stderr);
    let ended = world.run(["replay", "case.rec", "guest.wasm"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

#[test]
fn another_module_diverges_and_the_host_call_is_named() {
    let world = World::new();
    recorded(&world, &[]);
    world.module(&guests::reads_a_file().replace("\"text\"", "\"next\""));
    let ended = world.run(["replay", "case.rec", "guest.wasm"]);
    assert_eq!(ended.code, 12, "{}", ended.stderr);
    insta::assert_snapshot!("diverges", ended.stdout);
    let ended = world.run(["replay", "--json", "case.rec", "guest.wasm"]);
    let told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!((ended.code, &told["verdict"]["call"]), (12, &1.into()));
}

#[test]
fn another_exit_code_is_a_difference() {
    let world = World::new();
    world.module(&guests::exits(7));
    assert_eq!(
        world
            .run(["run", "--record", "case.rec", "guest.wasm"])
            .code,
        7
    );
    assert_eq!(world.run(["replay", "case.rec"]).code, 0);
    // The code is what the guest asks its last host call for.
    world.module(&guests::exits(8));
    let ended = world.run(["replay", "case.rec", "guest.wasm"]);
    assert_eq!(ended.code, 12);
    assert!(
        ended.stdout.contains("proc_exit(code 7)"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("proc_exit(code 8)"),
        "{}",
        ended.stdout
    );
}

#[test]
fn what_is_too_large_to_keep_is_said_and_nothing_is_written() {
    let world = World::new();
    world.module(&guests::reads_a_file());
    world.write("data/text", "twelve bytes");
    let run = |limit: &str| {
        world.run([
            "run",
            "--record",
            "case.rec",
            "--record-limit",
            limit,
            "--dir",
            "data:ro",
            "guest.wasm",
        ])
    };
    let ended = run("16 B");
    assert_eq!((ended.code, ended.stdout.as_str()), (208, "twelve bytes"));
    assert!(
        ended.stderr.contains("the run was not recorded"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("more than 16 B"), "{}", ended.stderr);
    assert!(!world.path("case.rec").exists());
    assert_eq!(run("16 KiB").code, 0);
}

#[test]
fn a_place_where_no_recording_can_be_is_known_before_the_run() {
    let world = World::new();
    world.module(&guests::exits(0));
    for place in ["missing/case.rec", "home"] {
        let ended = world.run(["run", "--record", place, "guest.wasm"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (200, ""), "{place}");
        assert!(
            ended.stderr.contains("can't be written"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn what_is_no_recording_is_refused_in_words() {
    let world = World::new();
    recorded(&world, &[]);
    let good = fs::read(world.path("case.rec")).expect("there");
    world.write("text", "hello");
    world.write("cut", &good[..good.len() / 2]);
    let mut flipped = good.clone();
    flipped[60] ^= 1;
    world.write("flipped", flipped);
    let mut newer = good;
    newer[8] = 9;
    world.write("newer", newer);
    for (file, words) in [
        ("text", "this is no recording"),
        ("cut", "cut off"),
        ("flipped", "damaged"),
        ("newer", "newest that is known here"),
        ("missing", "can't be read"),
    ] {
        let ended = world.run(["replay", file]);
        assert_eq!(ended.code, 1, "{file}");
        assert!(ended.stderr.contains(words), "{file}: {}", ended.stderr);
    }
}

/// Records a component that asks clocks, randomness, a folder and a server, and takes all of them
/// away.
fn recorded_component(world: &World) -> String {
    world.write("guest.wasm", network::guest());
    world.write("data/a.txt", "twelve bytes");
    let server = network::Gone::http(1, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    let there = format!("127.0.0.1:{}", server.port());
    let args = [
        "run",
        "--record",
        "case.rec",
        "--dir",
        "data",
        "--net",
        &there,
        "--clocks",
        "real",
        "--random",
        "real",
        "guest.wasm",
    ];
    let ended = world.run_with_input(args, format!("oh{there}").as_bytes());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains("twelve bytes"), "{}", ended.stdout);
    assert!(
        ended.stdout.ends_with("a.txt new hello"),
        "{}",
        ended.stdout
    );
    server.is_gone();
    fs::remove_dir_all(world.path("data")).expect("gone");
    ended.stdout
}

#[test]
fn a_component_is_the_same_where_files_and_servers_are_gone() {
    let world = World::new();
    let said = recorded_component(&world);
    let elsewhere = World::new();
    fs::copy(world.path("case.rec"), elsewhere.path("case.rec")).expect("copied");
    let ended = elsewhere.run(["replay", "--json", "case.rec"]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(told["verdict"]["kind"], "same");
    assert_eq!(told["execution"]["output"], said);
    let usage = |of: &str| told[of]["usage"].clone();
    for figure in [
        "fuel",
        "network_requests",
        "network_sent",
        "network_received",
    ] {
        assert!(usage("execution")[figure].as_u64() > Some(0), "{figure}");
        assert_eq!(
            usage("execution")[figure],
            usage("recording")[figure],
            "{figure}"
        );
    }
}

#[test]
fn another_component_diverges_and_the_host_call_is_named() {
    let world = World::new();
    recorded_component(&world);
    world.write(
        "guest.wasm",
        network::guest_with("\"a.txtnew\"", "\"b.txtnew\""),
    );
    let ended = world.run(["replay", "case.rec", "guest.wasm"]);
    assert_eq!(ended.code, 12, "{}", ended.stderr);
    for path in ["a.txt", "b.txt"] {
        let words = format!("path \"{path}\"");
        assert!(ended.stdout.contains(&words), "{}", ended.stdout);
    }
    // A module in its place asks other questions from the first on.
    world.module(&guests::exits(7));
    let ended = world.run(["replay", "case.rec", "guest.wasm"]);
    assert_eq!(ended.code, 12, "{}", ended.stderr);
    assert!(ended.stdout.contains("at host call 1"), "{}", ended.stdout);
}
