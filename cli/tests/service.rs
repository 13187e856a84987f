//! `wasm-runner serve` and the commands that talk to it, over a knowledge base that is empty.

mod common;

use common::{World, signal};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

/// A service on a free port of the loopback interface; stopped at the end.
struct Service {
    world: World,
    child: Child,
    address: String,
}

impl Service {
    fn start() -> Self {
        let world = World::new();
        world.pretend_set_up();
        Self::start_in(world)
    }

    fn start_in(world: World) -> Self {
        let mut child = world
            .command()
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(["--data-dir", "data", "--ready-file", "ready"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("text");
        let Some(address) = line.trim().strip_prefix("listening on ") else {
            let output = child.wait_with_output().expect("it ended");
            panic!("{line}{}", String::from_utf8_lossy(&output.stderr));
        };
        let address = address.to_owned();
        Self {
            world,
            child,
            address,
        }
    }

    fn run(&self, args: &[&str]) -> common::Ended {
        self.world
            .run(args.iter().chain(&["--server", &self.address]))
    }

    /// Hands a tool in whose build takes long, and follows it; gives the proposal's id too.
    fn follow_a_slow_one() -> (Self, Child, String) {
        let world = World::new();
        world.pretend_slow_set_up();
        let service = Self::start_in(world);
        let following = service
            .world
            .command()
            .args(["proposal", "submit", "slow-tool", "--watch", "--activate"])
            .args(["--server", &service.address])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        service.world.slow_build_has_begun();
        let shown = service.run(&["proposal", "show", "slow-tool@0.1.0", "--json"]);
        let shown: Value = serde_json::from_str(&shown.stdout).expect("JSON");
        let id = shown["tool"]["proposal_id"].as_str().expect("an id");
        (service, following, id.to_owned())
    }

    /// Asks it to stop, as a process manager does, and gives its exit code and its log.
    fn stop(mut self) -> (Option<i32>, String) {
        signal("TERM", &self.child);
        let mut stderr = String::new();
        let mut log = self.child.stderr.take().expect("piped");
        std::io::Read::read_to_string(&mut log, &mut stderr).expect("text");
        (self.child.wait().expect("it ends").code(), stderr)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Where a test failed before it stopped the service.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn an_empty_service_lists_nothing_and_stops_when_asked() {
    let service = Service::start();
    let ready =
        std::fs::read_to_string(service.world.path("ready")).expect("written before the line");
    assert_eq!(ready.trim(), service.address);

    let ended = service.run(&["tool", "list"]);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (0, "no tools\n"),
        "{}",
        ended.stderr
    );
    let ended = service.run(&["tool", "list", "--json"]);
    assert_eq!(
        serde_json::from_str::<Value>(&ended.stdout).expect("JSON"),
        Value::Array(Vec::new())
    );
    let ended = service.run(&["events"]);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (0, ""),
        "{}",
        ended.stderr
    );

    let address = service.address.clone();
    let world = World::new();
    let (code, log) = service.stop();
    assert_eq!(code, Some(0), "{log}");
    let ended = world.run(["tool", "list", "--server", &address]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("wasm-runner serve"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_is_not_there_is_said_so() {
    let service = Service::start();
    let ended = service.run(&["tool", "call", "no-such-tool", "{}"]);
    assert_eq!(ended.code, 200, "{}", ended.stderr);
    assert!(ended.stderr.contains("no-such-tool"), "{}", ended.stderr);
    let id = "8c2f3f5e-7d5a-4f6e-9a53-1f6f6c1f0a11";
    for args in [
        &["tool", "show", "no-such-tool"][..],
        &["tool", "activate", "no-such-tool@1.0.0"],
        &["tool", "deprecate", "no-such-tool"],
        &["proposal", "show", id],
        &["proposal", "watch", id],
        &["proposal", "decide", id, "--approve", "--reason", "why not"],
    ] {
        let ended = service.run(args);
        assert_eq!(ended.code, 1, "{args:?}: {}", ended.stderr);
        assert!(
            ended.stderr.starts_with("error: "),
            "{args:?}: {}",
            ended.stderr
        );
    }
    assert_eq!(service.run(&["tool", "list"]).code, 0, "it goes on serving");
}

#[test]
fn what_could_be_meant_or_lacks_is_said_with_the_next_step() {
    let service = Service::start();
    let ended = service.run(&["tool", "call", "no-such-tool", "{}"]);
    assert!(
        ended.stderr.contains("wasm-runner tool list"),
        "{}",
        ended.stderr
    );
    let ended = service.run(&["tool", "call", "no-such-tool"]);
    assert_eq!(ended.code, 200);
    assert!(
        ended.stderr.contains("standard input is empty") && ended.stderr.contains("@FILE"),
        "{}",
        ended.stderr
    );
    // A version is named as everywhere else.
    let ended = service.run(&["proposal", "watch", "no-such-tool@1.0.0"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("no-such-tool"), "{}", ended.stderr);
    // One alone is not named twice, least of all by a point.
    std::fs::create_dir(service.world.path("none")).expect("a folder");
    let ended = service.run(&["proposal", "submit", "none"]);
    assert!(
        ended.stderr.starts_with("error: none is no proposal"),
        "{}",
        ended.stderr
    );
}

#[test]
fn ctrl_c_while_following_says_what_goes_on_without() {
    let (service, following, id) = Service::follow_a_slow_one();
    signal("INT", &following);
    let ended = common::ended(following.wait_with_output().expect("it ends"));
    assert_eq!(ended.code, 130, "{}", ended.stderr);
    let watch = format!("wasm-runner proposal watch {id}");
    for part in [
        "slow-tool",
        "goes on at the service",
        "not activated",
        watch.as_str(),
        "wasm-runner tool activate slow-tool",
    ] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    let (code, log) = service.stop();
    assert_eq!(code, Some(0), "{log}");
}

#[test]
fn a_service_that_stops_while_it_is_followed_is_told_at_once() {
    let (service, mut following, id) = Service::follow_a_slow_one();
    let stderr = BufReader::new(following.stderr.take().expect("piped"));
    // On a thread of its own: the service has to be waited for meanwhile.
    let told = std::thread::spawn(move || {
        let mut lines = stderr.lines().map_while(Result::ok);
        let told = lines.find(|line| line.contains("went away"));
        (told, std::time::Instant::now())
    });
    let begun = std::time::Instant::now();
    let (code, log) = service.stop();
    assert_eq!(code, Some(0), "{log}");
    let (told, at) = told.join().expect("read");
    following.kill().expect("it still waits for the service");
    following.wait().expect("it ends");
    let told = told.expect("it says so");
    assert!(told.contains(&id) && told.contains("is kept"), "{told}");
    assert!(at - begun < std::time::Duration::from_secs(10), "{told}");
}

#[test]
fn two_services_do_not_share_a_folder_or_a_port() {
    let service = Service::start();
    let port = service.address.trim_start_matches("http://").to_owned();
    let ended = service
        .world
        .run(["serve", "--listen", &port, "--data-dir", "other"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains(&port), "{}", ended.stderr);
    assert!(ended.stderr.contains("remedy:"), "{}", ended.stderr);
}

#[test]
fn without_set_up_the_service_says_what_makes_it() {
    let world = World::new();
    let ended = world.run(["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("make setup"), "{}", ended.stderr);
}

#[test]
fn an_address_that_is_none_is_refused() {
    let world = World::new();
    let ended = world.run(["serve", "--listen", "nonsense"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    for listen in ["localhost:0", "50051"] {
        let ended = world.run(["serve", "--listen", listen]);
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        assert!(
            ended.stderr.contains("such as 127.0.0.1:50051"),
            "{}",
            ended.stderr
        );
    }
    // It says so before it finds that there is no set-up.
    let ended = world.run(["serve", "--listen", "0.0.0.0:0"]);
    assert!(ended.stderr.contains("knows no users"), "{}", ended.stderr);
    let ended = world.run(["tool", "list", "--server", "https://127.0.0.1:1"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("TLS"), "{}", ended.stderr);
}
