//! Runs of components that are recorded and repeated, with everything outside gone.

mod common;

use ciborium::Value;
use common::component::parse;
use common::network::{Gone, guest};
use common::run;
use futures::future::BoxFuture;
use policies::{
    Access, Bytes, Clocks, DirectoryGrant, GuestPath, HostPath, Policy, Random, WallTime,
};
use proptest::prelude::*;
use runtime::{
    Call, CancellationToken, Divergence, Execution, NotRecorded, Outcome, Recording, Replayed,
    Resolver, Rule, Sandbox, SandboxConfig, Tool, Verdict,
};
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

/// Names `a.example` and says how often it was asked.
#[derive(Debug, Default)]
struct Names(AtomicU32);

impl Resolver for Names {
    fn lookup<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            self.0.fetch_add(1, Ordering::Relaxed);
            match name {
                "a.example" => Ok(vec![[127, 0, 0, 1].into()]),
                "b.example" => Ok(vec![[10, 0, 0, 1].into()]),
                _ => Err(io::ErrorKind::NotFound.into()),
            }
        })
    }
}

static GUEST: LazyLock<Vec<u8>> = LazyLock::new(guest);

fn load_with(wasm: &[u8], names: Arc<Names>) -> Tool {
    let mut config = SandboxConfig::default();
    config.max_concurrent_calls = 2;
    config.resolver = Some(names);
    let sandbox = Sandbox::new(&config).expect("a sandbox");
    let tool = sandbox.load(wasm, &policies::Limits::default());
    tool.unwrap_or_else(|error| panic!("{error}"))
}

fn load(wasm: &[u8]) -> Tool {
    load_with(wasm, Arc::default())
}

fn policy(grants: &[String]) -> Policy {
    let mut policy = Policy::default();
    policy.limits.network_requests = 10;
    policy.limits.network_bytes = Bytes::mib(1);
    policy.limits.wall_time = WallTime::secs(60);
    policy.limits.files = 5;
    policy.limits.file_bytes = Bytes(1000);
    policy.capabilities.clocks = Clocks::Real;
    policy.capabilities.random = Random::Real;
    let grants = grants.iter().map(|text| text.parse().expect("a grant"));
    policy.capabilities.network = grants.collect();
    policy
}

fn with_folder(mut policy: Policy, folder: &Path) -> Policy {
    policy.capabilities.directories = vec![DirectoryGrant {
        host: HostPath::Path(folder.to_owned()),
        guest: GuestPath::Path("/data".to_owned()),
        access: Access::ReadWrite,
    }];
    policy
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [("a.txt", "twelve bytes"), ("b.txt", "other")] {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// Recorded, written and read again.
fn record(tool: &Tool, call: Call) -> (Execution, Arc<Recording>) {
    let (execution, recording) = block_on(tool.record(call, Recording::DEFAULT_LIMIT));
    let recording = recording.expect("it fits");
    let bytes = recording.to_bytes().expect("it can be written");
    let read = Recording::from_bytes(&bytes).expect("it can be read");
    assert_eq!(read, recording);
    (execution, Arc::new(read))
}

fn replay(tool: &Tool, recording: &Arc<Recording>) -> Replayed {
    block_on(tool.replay(recording, CancellationToken::new()))
}

/// Without times, which are each machine's own.
fn timeless(mut execution: Execution) -> Execution {
    execution.usage.wall_micros = 0;
    execution.usage.cpu_micros = 0;
    execution
}

fn gave(execution: &Execution) -> &str {
    assert_eq!(execution.outcome, Outcome::Success, "{execution:?}");
    std::str::from_utf8(&execution.output).expect("text")
}

/// Records `input`, waits until the server is gone, and replays in another sandbox: it is the
/// same, and what it came to.
fn the_same(server: Gone, policy: Policy, input: &str) -> Execution {
    let names = Arc::new(Names::default());
    let tool = load_with(&GUEST, Arc::clone(&names));
    let (execution, recording) = record(&tool, Call::new(policy).with_input(input));
    server.is_gone();
    let asked = names.0.load(Ordering::Relaxed);
    let elsewhere = Arc::new(Names::default());
    let replayed = replay(&load_with(&GUEST, Arc::clone(&elsewhere)), &recording);
    assert_eq!(
        replayed.verdict,
        Verdict::Same,
        "{input} {execution:?}\n{recording:?}"
    );
    assert_eq!(replayed.fuel, None);
    assert_eq!(replayed.host_calls, execution.usage.host_calls);
    assert_eq!(timeless(replayed.execution), timeless(execution.clone()));
    assert_eq!(names.0.load(Ordering::Relaxed), asked);
    assert_eq!(elsewhere.0.load(Ordering::Relaxed), 0, "nobody is asked");
    execution
}

fn at(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

#[test]
fn files_clocks_randomness_and_http_are_repeated_bit_for_bit_without_any_of_them() {
    for clocks in [Clocks::Real, Clocks::Virtual, Clocks::Frozen] {
        for random in [Random::Real, Random::Seeded(7)] {
            let folder = folder();
            let server = Gone::http(1, HELLO);
            let there = at(server.port());
            let mut policy = with_folder(policy(std::slice::from_ref(&there)), folder.path());
            policy.capabilities.clocks = clocks;
            policy.capabilities.random = random;
            let tool = load(&GUEST);
            let call = Call::new(policy).with_input(format!("oh{there}"));
            let (execution, recording) = record(&tool, call);
            let said = gave(&execution);
            assert!(said.contains("twelve bytes elve bytes "), "{said}");
            assert!(said.ends_with("a.txt b.txt new hello"), "{said}");
            assert_eq!(execution.usage.files_created, 1);
            // Four, then four at the hundredth.
            assert_eq!(execution.usage.bytes_written, 8 + said.len() as u64);
            server.is_gone();
            let text = format!("{recording:?}");
            assert!(!text.contains(&folder.path().display().to_string()));
            folder.close().expect("gone");

            let replayed = replay(&load(&GUEST), &recording);
            assert_eq!(replayed.verdict, Verdict::Same, "{clocks:?} {random:?}");
            assert_eq!(replayed.fuel, None);
            assert_eq!(timeless(replayed.execution), timeless(execution));
        }
    }
}

#[test]
fn recording_changes_nothing_of_a_run() {
    let of = |recorded: bool| {
        let folder = folder();
        let server = Gone::http(1, HELLO);
        let there = at(server.port());
        let mut policy = with_folder(policy(std::slice::from_ref(&there)), folder.path());
        policy.capabilities.clocks = Clocks::Virtual;
        policy.capabilities.random = Random::Seeded(1);
        let call = Call::new(policy).with_input(format!("oh{there}"));
        let mut execution = timeless(if recorded {
            record(&load(&GUEST), call).0
        } else {
            run(&load(&GUEST), call)
        });
        server.is_gone();
        // Its port has four or five digits.
        execution.usage.fuel = 0;
        execution.usage.network_sent = 0;
        execution.usage.bytes_read = 0;
        execution
    };
    assert_eq!(of(false), of(true));
}

#[test]
fn each_way_into_the_network_is_repeated() {
    let there = |server: &Gone| at(server.port());
    for letter in ["h", "p"] {
        let server = Gone::http(1, HELLO);
        let to = there(&server);
        let execution = the_same(server, policy(&[to.clone()]), &format!("{letter}{to}"));
        assert_eq!(gave(&execution), "hello");
        assert!(execution.usage.network_received > 5);
    }
    // Two at the same time.
    let server = Gone::http(2, HELLO);
    let to = there(&server);
    let execution = the_same(server, policy(&[to.clone()]), &format!("m{to}"));
    assert_eq!(gave(&execution), "hellohello");
    assert_eq!(execution.usage.network_requests, 2);

    let server = Gone::serving(1, b"ping", "pong");
    let to = there(&server);
    let execution = the_same(server, policy(&[to.clone()]), &format!("t{to}"));
    assert_eq!(gave(&execution), "pong");
    assert_eq!(execution.usage.network_received, 4);

    let server = Gone::datagram(b"pong");
    let to = there(&server);
    let execution = the_same(server, policy(&[to.clone()]), &format!("u{to}"));
    assert_eq!(gave(&execution), "pong");

    let server = Gone::serving(1, b"ping", "pong");
    let port = server.port();
    let grants = [format!("a.example:{port}"), at(port)];
    let execution = the_same(server, policy(&grants), &format!("n {port} a.example"));
    assert_eq!(gave(&execution), "pong");

    let server = Gone::http(1, HELLO);
    let port = server.port();
    let grants = [format!("a.example:{port}"), at(port)];
    let execution = the_same(server, policy(&grants), &format!("ha.example:{port}"));
    assert_eq!(gave(&execution), "hello");
}

#[test]
fn what_failed_and_what_was_denied_is_so_again() {
    // Nobody is there, on a port that was somebody's.
    for letter in ["h", "p", "t"] {
        let server = Gone::http(0, HELLO);
        let to = at(server.port());
        let execution = the_same(server, policy(&[to.clone()]), &format!("{letter}{to}"));
        assert!(gave(&execution).contains('!'), "{letter}");
    }
    for answer in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello",
        "no\r\n\r\n",
    ] {
        let server = Gone::http(1, answer);
        let to = at(server.port());
        let execution = the_same(server, policy(&[to.clone()]), &format!("h{to}"));
        assert_ne!(execution.output, b"hello", "{answer}");
    }
    // No grant, a name that leads where it must not, one that nobody knows, sockets that listen.
    let server = Gone::http(0, HELLO);
    let port = server.port();
    let nobody = format!("h127.0.0.1:{port}");
    let execution = the_same(server, policy(&[]), &nobody);
    assert_eq!(execution.denied[0].rule, Rule::Network);
    for (grant, input) in [
        ("b.example:80", "hb.example:80"),
        ("b.example:80", "n 80 b.example"),
        ("c.example:80", "hc.example:80"),
        ("c.example:80", "n 80 c.example"),
        ("a.example:80", "l"),
        ("a.example:80", "d127.0.0.1:4000"),
        ("a.example:80", "s"),
    ] {
        let server = Gone::http(0, HELLO);
        let execution = the_same(server, policy(&[grant.to_owned()]), input);
        assert!(gave(&execution).contains('!'), "{input}");
    }
}

#[test]
fn limits_are_met_at_the_same_byte_and_the_same_request() {
    for (letter, ends, answer) in [
        ("h", &b"\r\n\r\n"[..], HELLO),
        ("m", b"\r\n\r\n", HELLO),
        ("p", b"\r\n\r\n", HELLO),
        ("t", b"ping", "pong"),
    ] {
        let mut denied = 0;
        for bytes in [0, 3, 4, 7, 60, 75, 100, 150] {
            let server = Gone::serving(2, ends, answer);
            let to = at(server.port());
            let mut policy = policy(&[to.clone()]);
            policy.limits.network_bytes = Bytes(bytes);
            let execution = the_same(server, policy, &format!("{letter}{to}"));
            denied += execution.usage.denied;
            let usage = execution.usage;
            assert!(usage.network_sent + usage.network_received <= bytes);
        }
        assert!(denied > 0, "{letter}");
    }
    for requests in [0, 1, 2] {
        let server = Gone::http(2, HELLO);
        let to = at(server.port());
        let mut policy = policy(&[to.clone()]);
        policy.limits.network_requests = requests;
        let execution = the_same(server, policy, &format!("m{to}"));
        assert_eq!(execution.usage.network_requests, requests);
        assert_eq!(execution.usage.denied, u64::from(2 - requests));
    }
}

#[test]
fn a_run_that_met_its_deadline_in_the_network_is_repeated_up_to_there() {
    for letter in ["h", "t", "oh"] {
        let server = Gone::serving(1, b"this never comes", "");
        let to = at(server.port());
        let mut policy = policy(&[to.clone()]);
        policy.limits.wall_time = WallTime::millis(150);
        let execution = the_same(server, policy, &format!("{letter}{to}"));
        assert!(
            matches!(execution.outcome, Outcome::DeadlineExceeded { .. }),
            "{execution:?}"
        );
    }
}

fn diverges(tool: &Tool, recording: &Arc<Recording>) -> Divergence {
    match replay(tool, recording).verdict {
        Verdict::Diverged(divergence) => divergence,
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_component_diverges_at_its_first_other_question() {
    let folder = folder();
    let server = Gone::http(1, HELLO);
    let there = at(server.port());
    let policy = with_folder(policy(std::slice::from_ref(&there)), folder.path());
    let call = Call::new(policy).with_input(format!("oh{there}"));
    let (_, recording) = record(&load(&GUEST), call);
    server.is_gone();

    let other = common::network::guest_with("\"a.txtnew\"", "\"b.txtnew\"");
    let divergence = diverges(&load(&other), &recording);
    let recorded = divergence.recorded.expect("it is kept");
    let replayed = divergence.replayed.expect("it was asked");
    assert!(
        recorded.starts_with("wasi:filesystem/types [method]descriptor.open-at(fd "),
        "{recorded}"
    );
    assert_eq!(recorded.replace("a.txt", "b.txt"), replayed);
    assert!(recorded.contains("path \"a.txt\""), "{recorded}");

    let other = common::network::guest_with("\"ping/location\"", "\"pong/location\"");
    let divergence = diverges(&load(&other), &recording);
    let recorded = divergence.recorded.expect("it is kept");
    assert!(
        recorded.starts_with("wasi:filesystem/types [method]descriptor.write("),
        "{recorded}"
    );

    // A module's recording is no component's, and the other way round.
    let module = common::command("", "(drop (call $random_get (i32.const 0) (i32.const 8)))");
    let divergence = diverges(&load(&module), &recording);
    assert_eq!(divergence.call, 1);
    assert_eq!(divergence.replayed.as_deref(), Some("random_get(length 8)"));
    let (_, of_module) = record(&load(&module), Call::new(Policy::default()));
    let divergence = diverges(&load(&GUEST), &of_module);
    assert_eq!(divergence.recorded.as_deref(), Some("random_get(length 8)"));
}

#[test]
fn a_recording_is_kept_up_to_its_limit_and_not_a_byte_beyond() {
    let wasm = common::component::tool(
        &[("random", "random", "get-random-bytes", "(param i64 i32)")],
        "",
        "(call $random (i64.const 1000) (i32.const 512))
         (call $give (local.get $in) (local.get $length))",
    );
    let reads = load(&wasm);
    let mut policy = Policy::default();
    policy.capabilities.random = Random::Real;
    let call = || Call::new(policy.clone()).with_input("12345");
    let with = |limit: u64| block_on(reads.record(call(), Bytes(limit))).1;
    let least = (0..4000)
        .find(|limit| with(*limit).is_ok())
        .expect("there is one");
    assert!(least >= 1005, "the answer and the input are in it");
    let limit = Bytes(least - 1);
    assert_eq!(with(least - 1), Err(NotRecorded::TooLarge { limit }));
    let (execution, recording) = block_on(reads.record(call(), Bytes(0)));
    assert_eq!(execution.outcome, Outcome::Success);
    assert!(recording.is_err());
}

#[test]
fn a_component_that_holds_too_much_ends_the_same_again() {
    let wasm = common::component::command(
        &[(
            "now",
            "monotonic",
            "subscribe-duration",
            "(param i64) (result i32)",
        )],
        "",
        "(loop $again (drop (call $now (i64.const 1000000000))) (br $again)) (i32.const 0)",
    );
    let tool = load(&wasm);
    let mut policy = Policy::default();
    policy.capabilities.clocks = Clocks::Real;
    let (execution, recording) = record(&tool, Call::new(policy));
    assert!(matches!(execution.outcome, Outcome::MemoryExceeded { .. }));
    let replayed = replay(&tool, &recording);
    assert_eq!(replayed.verdict, Verdict::Same);
    assert_eq!(timeless(replayed.execution), timeless(execution));
}

/// A command of WASI 0.3 that starts two waits at once, and takes the moment at which each is
/// over into its result.
fn waits() -> Vec<u8> {
    parse(
        r#"(component
          (import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock
            (export "now" (func (result u64)))
            (export "wait-for" (func async (param "how-long" u64)))))
          (import "wasi:random/random@0.3.0" (instance $random
            (export "get-random-u64" (func (result u64)))))
          (alias export $clock "now" (func $now-func))
          (alias export $clock "wait-for" (func $wait-func))
          (alias export $random "get-random-u64" (func $random-func))
          (core module $memory-module (memory (export "memory") 1))
          (core instance $memory (instantiate $memory-module))
          (alias core export $memory "memory" (core memory $mem))
          (core func $now (canon lower (func $now-func)))
          (core func $random (canon lower (func $random-func)))
          (core func $start (canon lower (func $wait-func) async (memory $mem)))
          (core func $new-set (canon waitable-set.new))
          (core func $join (canon waitable.join))
          (core func $wait (canon waitable-set.wait (memory $mem)))
          (core module $main-module
            (import "env" "memory" (memory 1))
            (import "env" "now" (func $now (result i64)))
            (import "env" "random" (func $random (result i64)))
            (import "env" "start" (func $start (param i64) (result i32)))
            (import "env" "new-set" (func $new-set (result i32)))
            (import "env" "join" (func $join (param i32 i32)))
            (import "env" "wait" (func $wait (param i32 i32) (result i32)))
            (func $spin (param $turns i64)
              (loop $again
                (local.set $turns (i64.sub (local.get $turns) (i64.const 1)))
                (br_if $again (i64.gt_s (local.get $turns) (i64.const 0)))))
            (func (export "run") (result i32)
              (local $set i32) (local $one i32) (local $left i32)
              (local.set $set (call $new-set))
              (local.set $one (call $start (i64.and (call $random) (i64.const 0x3fffff))))
              (if (i32.ne (i32.and (local.get $one) (i32.const 15)) (i32.const 2))
                (then
                  (call $join (i32.shr_u (local.get $one) (i32.const 4)) (local.get $set))
                  (local.set $left (i32.add (local.get $left) (i32.const 1)))))
              (local.set $one (call $start (i64.and (call $random) (i64.const 0x3fffff))))
              (if (i32.ne (i32.and (local.get $one) (i32.const 15)) (i32.const 2))
                (then
                  (call $join (i32.shr_u (local.get $one) (i32.const 4)) (local.get $set))
                  (local.set $left (i32.add (local.get $left) (i32.const 1)))))
              (block $done
                (loop $more
                  (br_if $done (i32.eqz (local.get $left)))
                  (drop (call $wait (local.get $set) (i32.const 128)))
                  ;; How much is done now hangs on which of them was over.
                  (call $spin (i64.and (i64.add (call $now)
                    (i64.extend_i32_u (i32.load (i32.const 128)))) (i64.const 0xfff)))
                  (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                  (br $more)))
              (i32.const 0)))
          (core instance $main (instantiate $main-module (with "env" (instance
            (export "memory" (memory $mem))
            (export "now" (func $now))
            (export "random" (func $random))
            (export "start" (func $start))
            (export "new-set" (func $new-set))
            (export "join" (func $join))
            (export "wait" (func $wait))))))
          (func $run async (result (result)) (canon lift (core func $main "run")))
          (instance $entry (export "run" (func $run)))
          (export "wasi:cli/run@0.3.0" (instance $entry)))"#,
    )
}

#[test]
fn waits_of_wasi_0_3_are_over_in_the_same_order_and_at_the_same_unit_of_fuel() {
    let tool = load(&waits());
    let mut fuel = std::collections::BTreeSet::new();
    for _ in 0..12 {
        let mut policy = policy(&[]);
        policy.limits.wall_time = WallTime::secs(60);
        let (execution, recording) = record(&tool, Call::new(policy));
        assert_eq!(execution.outcome, Outcome::Success, "{execution:?}");
        fuel.insert(execution.usage.fuel);
        let replayed = replay(&load(&waits()), &recording);
        assert_eq!(replayed.verdict, Verdict::Same);
        assert_eq!(timeless(replayed.execution), timeless(execution));
    }
    assert!(fuel.len() > 1, "by its own it is another each time");
}

#[test]
fn a_wait_of_wasi_0_3_that_met_the_deadline_is_repeated_up_to_there() {
    let wasm = parse(
        r#"(component
          (import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock
            (export "wait-for" (func async (param "how-long" u64)))))
          (alias export $clock "wait-for" (func $wait-func))
          (core func $wait (canon lower (func $wait-func)))
          (core module $main-module
            (import "env" "wait" (func $wait (param i64)))
            (func (export "run") (result i32)
              (call $wait (i64.const 1000))
              (call $wait (i64.const 3600000000000))
              (i32.const 0)))
          (core instance $main (instantiate $main-module (with "env" (instance
            (export "wait" (func $wait))))))
          (func $run async (result (result)) (canon lift (core func $main "run")))
          (instance $entry (export "run" (func $run)))
          (export "wasi:cli/run@0.3.0" (instance $entry)))"#,
    );
    let tool = load(&wasm);
    let mut policy = policy(&[]);
    policy.limits.wall_time = WallTime::millis(60);
    let (execution, recording) = record(&tool, Call::new(policy));
    assert!(matches!(
        execution.outcome,
        Outcome::DeadlineExceeded { .. }
    ));
    let replayed = replay(&tool, &recording);
    assert_eq!(replayed.verdict, Verdict::Same);
    assert_eq!(timeless(replayed.execution), timeless(execution));
}

/// A recording of everything at once, as what is inside of it.
fn content() -> &'static [u8] {
    static CONTENT: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let folder = folder();
        let server = Gone::http(2, HELLO);
        let there = at(server.port());
        let policy = with_folder(policy(std::slice::from_ref(&there)), folder.path());
        let call = Call::new(policy).with_input(format!("om{there}"));
        let (_, recording) = record(&loaded(), call);
        server.is_gone();
        recording.to_content().expect("it can be written")
    });
    &CONTENT
}

fn loaded() -> Tool {
    static TOOL: LazyLock<Tool> = LazyLock::new(|| load(&GUEST));
    TOOL.clone()
}

/// The content with its answers changed, and what a replay of it comes to.
/// `None` where it is no recording any more.
fn replayed_with(change: impl FnOnce(&mut Vec<Value>)) -> Option<Verdict> {
    let mut value: Value = ciborium::from_reader(content()).expect("CBOR");
    let fields = value.as_map_mut().expect("a map");
    let is_answers = |(name, _): &&mut (Value, Value)| name.as_text() == Some("answers");
    let (_, answers) = fields.iter_mut().find(is_answers).expect("answers");
    change(answers.as_array_mut().expect("a list"));
    let mut bytes = Vec::new();
    ciborium::into_writer(&value, &mut bytes).expect("into memory");
    let recording = Recording::from_content(&bytes).ok()?;
    Some(replay(&loaded(), &Arc::new(recording)).verdict)
}

#[test]
fn a_recording_that_was_tampered_with_diverges_and_never_waits_for_ever() {
    assert_eq!(replayed_with(|_| {}), Some(Verdict::Same));
    let mut count = 0;
    replayed_with(|answers| count = answers.len());
    assert!(count > 20, "{count}");
    let mut diverged = 0;
    for at in 0..count {
        // One less, no more from there on, another one in its place, and one more.
        let verdicts = [
            replayed_with(|answers| drop(answers.remove(at))),
            replayed_with(|answers| answers.truncate(at)),
            replayed_with(|answers| answers[at] = answers[(at + 7) % count].clone()),
            replayed_with(|answers| answers.insert(at, answers[at].clone())),
        ];
        for verdict in verdicts {
            match verdict {
                None | Some(Verdict::Diverged(_)) => diverged += 1,
                // That a request without a body was let go matters to nobody, and of two random
                // bytes either is as good.
                Some(Verdict::Same | Verdict::Different { .. }) => {}
                other => panic!("{at}: {other:?}"),
            }
        }
    }
    assert!(diverged > 2 * count, "{diverged} of {}", 4 * count);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_change_of_the_content_panics_nor_does_its_replay(changes: Vec<(u16, u8)>) {
        let mut bytes = content().to_vec();
        for (at, value) in changes.into_iter().take(3) {
            let at = usize::from(at) % bytes.len();
            bytes[at] = value;
        }
        if let Ok(recording) = Recording::from_content(&bytes) {
            replay(&loaded(), &Arc::new(recording));
        }
    }
}
