//! `wasm-runner run`: streams, arguments, folders, limits, exit codes.

mod common;
#[path = "../../runtime/tests/common/network.rs"]
mod network;

use common::{World, guests};
use serde_json::Value;

#[test]
fn input_output_and_exit_code_pass_through() {
    let world = World::new();
    world.module(&guests::cat());
    let ended = world.run_with_input(["run", "guest.wasm"], b"hello\n");
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (0, "hello\n", "")
    );

    world.module(&guests::exits(7));
    let ended = world.run(["run", "guest.wasm"]);
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (7, "out", "err")
    );
}

#[test]
fn input_comes_from_a_file_too() {
    let world = World::new();
    world.module(&guests::cat());
    world.write("input.json", "{}");
    assert_eq!(
        world
            .run(["run", "--input", "input.json", "guest.wasm"])
            .stdout,
        "{}"
    );
    let ended = world.run(["run", "--input", "missing.json", "guest.wasm"]);
    assert_eq!(ended.code, 200);
    assert!(
        ended.stderr.contains("missing.json can't be read"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_follows_the_module_is_the_guests() {
    let world = World::new();
    world.module(&guests::arguments());
    let arguments = |given: &[&str]| {
        let ended = world.run(["run", "guest.wasm"].iter().chain(given));
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let all = ended.stdout.split('\0').skip(1).map(str::to_owned);
        let mut all: Vec<String> = all.collect();
        assert_eq!(all.pop().as_deref(), Some(""), "each ends with a NUL");
        all
    };
    assert_eq!(arguments(&["--fuel", "a b", ""]), ["--fuel", "a b", ""]);
    assert_eq!(arguments(&["-x", "--", "--json"]), ["-x", "--", "--json"]);
    // As it was always written, too; a second one is the guest's.
    assert_eq!(arguments(&["--", "--fuel"]), ["--fuel"]);
    assert_eq!(arguments(&["--", "--", "a"]), ["--", "a"]);
    assert_eq!(arguments(&["--"]), [""; 0]);
}

#[test]
fn input_is_read_only_once_the_guest_asks_for_it() {
    use std::io::{Read as _, Write as _};
    let world = World::new();
    let begin = |guest: &str, clocks: &str| {
        world.module(guest);
        let child = world
            .command()
            .args(["run", "--clocks", clocks, "guest.wasm"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn();
        child.expect("it starts")
    };
    // It reads nothing, so it ends though the other end of its input stays open.
    let mut child = begin(&guests::exits(7), "frozen");
    let held = child.stdin.take();
    assert_eq!(child.wait().expect("it ends").code(), Some(7));
    drop(held);

    // With real clocks each piece is there as soon as it came.
    let mut child = begin(&guests::cat(), "real");
    let (mut input, mut output) = (child.stdin.take().expect("piped"), child.stdout.take());
    for line in ["first\n", "second\n"] {
        input.write_all(line.as_bytes()).expect("written");
        let mut answer = vec![0; line.len()];
        let output = output.as_mut().expect("piped");
        output.read_exact(&mut answer).expect("an answer");
        assert_eq!(answer, line.as_bytes());
    }
    drop(input);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn how_input_comes_changes_nothing_without_real_clocks() {
    use std::io::Write as _;
    let world = World::new();
    world.module(&guests::cat());
    let fuel = |pieces: &[&[u8]]| {
        let mut child = world
            .command()
            .args(["run", "--json", "guest.wasm"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut input = child.stdin.take().expect("piped");
        for piece in pieces {
            input.write_all(piece).expect("written");
        }
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        let execution: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(execution["output"], "abcdef");
        execution["usage"]["fuel"].as_u64().expect("a number")
    };
    assert_eq!(fuel(&[b"abcdef"]), fuel(&[b"ab", b"cd", b"e", b"f"]));
}

#[test]
fn variables_are_those_that_were_named() {
    let world = World::new();
    world.module(&guests::environment());
    let run = |args: &[&str]| {
        let output = world
            .command()
            .env("HERE", "yes")
            .args(args)
            .output()
            .expect("it starts");
        (
            output.status.code(),
            String::from_utf8(output.stdout).expect("text"),
        )
    };
    assert_eq!(run(&["run", "guest.wasm"]), (Some(0), String::new()));
    assert_eq!(
        run(&["run", "--env", "A=b=c", "--env", "HERE", "guest.wasm"]),
        (Some(0), "A=b=c\0HERE=yes\0".to_owned())
    );
    assert_eq!(
        run(&["run", "--env", "NOT_HERE", "guest.wasm"]).0,
        Some(200)
    );
}

#[test]
fn a_folder_is_seen_where_it_was_asked_for() {
    let world = World::new();
    world.write("data/text", "twelve bytes");
    world.module(&guests::reads_a_file());
    assert_eq!(
        world.run(["run", "--dir", "data", "guest.wasm"]).stdout,
        "twelve bytes"
    );
    assert_eq!(
        world
            .run(["run", "--dir", "data::/d:ro", "guest.wasm"])
            .stdout,
        "twelve bytes"
    );
    // Without a folder there is no descriptor 3: EBADF is 8.
    assert_eq!(world.run(["run", "guest.wasm"]).code, 8);
    let ended = world.run(["run", "--dir", "missing", "guest.wasm"]);
    assert_eq!(ended.code, 200, "{}", ended.stderr);
    let ended = world.run([
        "run",
        "--dir",
        "data::/d",
        "--dir",
        "home::/d",
        "guest.wasm",
    ]);
    assert!(
        ended.stderr.contains("two folders are to be seen at /d"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_folder_may_be_for_reading_only() {
    let world = World::new();
    world.write("data/text", "");
    world.module(&guests::makes_a_file());
    // Files may be made, so that the folder alone is what says no.
    let ended = world.run([
        "run",
        "--usage",
        "--files",
        "1",
        "--dir",
        "data:ro",
        "guest.wasm",
    ]);
    assert_ne!(ended.code, 0);
    assert!(!world.path("data/new").exists());
    assert!(
        ended.stderr.contains("capabilities.directories"),
        "{}",
        ended.stderr
    );

    let ended = world.run(["run", "--dir", "data", "--files", "0", "guest.wasm"]);
    assert_ne!(ended.code, 0, "a flag says that no file may be made");
    assert!(!world.path("data/new").exists());

    let ended = world.run(["run", "--dir", "data", "guest.wasm"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(world.path("data/new").exists());
}

#[test]
fn each_exceeded_limit_has_its_exit_code_and_its_remedy() {
    let world = World::new();
    let check = |guest: String, args: &[&str], code: i32, says: &str| {
        world.module(&guest);
        let ended = world.run(["run"].iter().chain(args).chain(&["guest.wasm"]));
        assert_eq!(ended.code, code, "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(says), "{args:?}: {}", ended.stderr);
    };
    check(guests::spins(), &["--fuel", "10 k"], 202, "--fuel");
    check(
        guests::grows_to(3),
        &["--memory", "128 KiB"],
        203,
        "--memory",
    );
    check(guests::grows_to(2), &["--memory", "128 KiB"], 0, "");
    check(
        guests::spins(),
        &["--wall-time", "20 ms", "--fuel", "1000 T"],
        204,
        "--wall-time",
    );
    check(
        guests::writes(11),
        &["--output-size", "10 B"],
        205,
        "--output-size",
    );
    check(guests::writes(10), &["--output-size", "10 B"], 0, "");
    check(guests::traps(), &[], 201, "divide_by_zero");
}

#[test]
fn too_much_input_is_refused() {
    let world = World::new();
    world.module(&guests::cat());
    world.write("three", "abc");
    world.write("four", "abcd");
    let limited = |more: &[&str], input: &[u8]| {
        let limit = ["run", "--input-size", "3 B"];
        let arguments = limit.iter().chain(more).chain(&["guest.wasm"]);
        world.run_with_input(arguments, input)
    };
    let refused = |ended: common::Ended| {
        assert_eq!((ended.code, ended.stdout.as_str()), (206, ""));
        assert!(ended.stderr.contains("limits.input"), "{}", ended.stderr);
    };
    assert_eq!(limited(&[], b"abc").stdout, "abc");
    refused(limited(&[], b"abcd"));
    // Of a file it is known before the run.
    assert_eq!(limited(&["--input", "three"], b"").stdout, "abc");
    refused(limited(&["--input", "four"], b""));
    // Piece by piece, all of it together counts.
    assert_eq!(limited(&["--clocks", "real"], b"abc").stdout, "abc");
    assert_eq!(limited(&["--clocks", "real"], b"abcd").code, 206);
}

#[test]
fn a_whole_folder_can_be_the_guests_root() {
    let world = World::new();
    world.write("data/text", "twelve bytes");
    world.module(&guests::reads_a_file());
    let ended = world.run(["run", "--dir", "data::/", "guest.wasm"]);
    assert_eq!(ended.stdout, "twelve bytes", "{}", ended.stderr);
}

#[test]
fn output_written_before_the_limit_is_passed_on() {
    let world = World::new();
    world.module(&guests::writes(11));
    let ended = world.run(["run", "--output-size", "10 B", "guest.wasm"]);
    assert_eq!(ended.stdout, "xxxxxxxxxx");
}

#[test]
fn a_limit_that_can_not_be_is_refused_with_what_to_write() {
    let world = World::new();
    world.module(&guests::cat());
    let ended = world.run(["run", "--memory", "100000 B", "guest.wasm"]);
    assert_eq!(ended.code, 200);
    assert!(
        ended.stderr.contains("`--memory` is 100000 B"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("remedy: write \"128 KiB\""),
        "{}",
        ended.stderr
    );
    let ended = world.run(["run", "--memory", "64", "guest.wasm"]);
    assert_eq!(ended.code, 2, "clap's own");
    assert!(ended.stderr.contains("no unit"), "{}", ended.stderr);
}

#[test]
fn json_tells_what_happened_and_the_exit_code_stays() {
    let world = World::new();
    world.module(&guests::exits(2));
    let ended = world.run(["run", "--json", "guest.wasm"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (2, ""));
    let execution: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(execution["outcome"]["kind"], "tool_error");
    assert_eq!(execution["outcome"]["exit_code"], 2);
    assert_eq!(execution["output"], "out");
    assert_eq!(execution["stderr"]["bytes"], "err");
    assert!(
        execution["usage"]["fuel"]
            .as_u64()
            .is_some_and(|fuel| fuel > 0)
    );
}

#[test]
fn usage_is_told_on_standard_error() {
    let world = World::new();
    world.module(&guests::cat());
    let ended = world.run_with_input(["run", "--usage", "guest.wasm"], b"abc");
    assert_eq!(ended.stdout, "abc");
    for word in [
        "outcome",
        "success",
        "fuel",
        "memory",
        "64.0 KiB at its peak of 64 MiB",
        "read",
        "3 B",
    ] {
        assert!(ended.stderr.contains(word), "{word}: {}", ended.stderr);
    }
}

#[test]
fn a_policy_file_decides_and_flags_come_on_top() {
    let world = World::new();
    world.module(&guests::writes(3));
    world.write(
        "tight.toml",
        "[limits]\nstdout = \"2 B\"\noutput = \"2 B\"\n",
    );
    assert_eq!(
        world
            .run(["run", "--policy", "tight.toml", "guest.wasm"])
            .code,
        205
    );
    let wider = [
        "run",
        "--policy",
        "tight.toml",
        "--output-size",
        "3 B",
        "guest.wasm",
    ];
    assert_eq!(world.run(wider).code, 0);
    world.write("broken.toml", "[limits]\nfuel = \"much\"\n");
    let ended = world.run(["run", "--policy", "broken.toml", "guest.wasm"]);
    assert_eq!(ended.code, 200);
    assert!(ended.stderr.contains("broken.toml:2:8"), "{}", ended.stderr);
}

#[test]
fn the_same_run_uses_the_same_fuel() {
    let world = World::new();
    world.module(&guests::writes(100));
    let fuel = || {
        let ended = world.run(["run", "--json", "guest.wasm"]);
        let execution: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        execution["usage"]["fuel"].as_u64().expect("a number")
    };
    assert_eq!(fuel(), fuel());
}

#[test]
fn a_reader_that_goes_away_is_no_error_to_speak_of() {
    let world = World::new();
    world.module(&guests::writes(900_000));
    let mut child = world
        .command()
        .args(["run", "guest.wasm"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_module_that_begins_with_more_memory_than_allowed_exceeds_it() {
    let world = World::new();
    world.write(
        "guest.wat",
        r#"(module (memory (export "memory") 2) (func (export "_start")))"#,
    );
    let ended = world.run(["run", "--memory", "64 KiB", "guest.wat"]);
    assert_eq!(ended.code, 203, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("allow more with --memory"),
        "{}",
        ended.stderr
    );
    let ended = world.run(["run", "--memory", "128 KiB", "guest.wat"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

#[test]
fn a_folder_that_a_policy_names_and_is_not_there_is_the_policys_fault() {
    let world = World::new();
    world.module(&guests::cat());
    let policy = "[[capabilities.directories]]\nhost = \"/no/such/folder\"\nguest = \"/data\"\naccess = \"read\"\n";
    world.write("policy.toml", policy);
    let ended = world.run(["run", "--policy", "policy.toml", "guest.wasm"]);
    assert_eq!(ended.code, 200, "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains("the policy shows /no/such/folder at /data"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_network_is_what_was_named() {
    let world = World::new();
    world.write("guest.wasm", network::guest());
    let port = network::http("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    let input = format!("h127.0.0.1:{port}");
    let run = |flags: &[&str]| {
        let args = [&["run", "--usage"], flags, &["guest.wasm"]].concat();
        world.run_with_input(args, input.as_bytes())
    };
    let there = format!("127.0.0.1:{port}");
    let granted = run(&["--net", &there]);
    assert_eq!(
        (granted.code, &granted.stdout[..]),
        (0, "hello"),
        "{}",
        granted.stderr
    );
    assert!(
        granted.stderr.contains("1 of 64 requests"),
        "{}",
        granted.stderr
    );
    assert!(granted.stderr.contains("of 64 MiB"), "{}", granted.stderr);

    let nothing = run(&[]);
    assert_eq!(&nothing.stdout[..], "!ce");
    let words = "only a grant of that very address and port opens it) (capabilities.network)";
    assert!(nothing.stderr.contains(words), "{}", nothing.stderr);

    let few = run(&[
        "--net",
        &there,
        "--network-requests",
        "1",
        "--network-bytes",
        "9 B",
    ]);
    assert_eq!(&few.stdout[..], "!cp");
    assert!(
        few.stderr.contains("(limits.network_bytes)"),
        "{}",
        few.stderr
    );

    let wrong = run(&["--net", "http://127.0.0.1"]);
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
    assert!(wrong.stderr.contains("--net"), "{}", wrong.stderr);
}
