//! The network by WASI 0.3: the same rules as for WASI 0.2 (`network.rs`), one unit under and over
//! each limit.

mod common;

use common::network::{Untouched, datagrams, http, pong, serve, silence};
use common::run;
use futures::future::BoxFuture;
use policies::{Bytes, Clocks, Policy, WallTime};
use runtime::{
    Call, CancellationToken, Execution, NotRecorded, Outcome, Recording, Resolver, Rule, Sandbox,
    SandboxConfig, Tool,
};
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

/// Every name leads to loopback, and each look-up one address further.
#[derive(Debug, Default)]
struct Names(AtomicUsize);

impl Resolver for Names {
    fn lookup<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            if name == "nowhere.example" {
                return Err(io::ErrorKind::NotFound.into());
            }
            let last = 1 + self.0.fetch_add(1, Ordering::Relaxed);
            Ok(vec![format!("127.0.0.{last}").parse().expect("an address")])
        })
    }
}

/// The guest; its words are explained in its head.
fn tool() -> Tool {
    static GUEST: LazyLock<Vec<u8>> =
        LazyLock::new(|| common::component::parse(include_str!("guests/network-later.wat")));
    let mut config = SandboxConfig::default();
    config.max_concurrent_calls = 2;
    config.resolver = Some(Arc::new(Names::default()));
    let sandbox = Sandbox::new(&config).expect("a sandbox");
    let tool = sandbox.load(&GUEST, &policies::Limits::default());
    tool.unwrap_or_else(|error| panic!("{error}"))
}

fn policy(grants: &[String]) -> Policy {
    let mut policy = Policy::default();
    policy.limits.network_requests = 10;
    policy.limits.network_bytes = Bytes::mib(1);
    // Nothing here waits for it, but where that is the point.
    policy.limits.wall_time = WallTime::secs(60);
    let grants = grants.iter().map(|text| text.parse().expect("a grant"));
    policy.capabilities.network = grants.collect();
    policy
}

fn at(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

fn call(policy: Policy, word: &str) -> Call {
    Call::new(policy).with_args([word])
}

fn asked(policy: Policy, word: &str) -> Execution {
    run(&tool(), call(policy, word))
}

/// What the guest wrote.
fn gave(execution: &Execution) -> &str {
    assert_eq!(execution.outcome, Outcome::Success, "{execution:?}");
    std::str::from_utf8(&execution.output).expect("text")
}

/// What was denied: what, and by which rule.
fn denied(execution: &Execution) -> Vec<(&str, Rule)> {
    let denied = execution.denied.iter();
    denied.map(|one| (&one.what[..], one.rule)).collect()
}

#[test]
fn a_granted_address_is_connected_to_and_every_byte_counted() {
    let port = pong();
    for clocks in [Clocks::Frozen, Clocks::Virtual, Clocks::Real] {
        let mut policy = policy(&[at(port)]);
        policy.capabilities.clocks = clocks;
        let execution = asked(policy, &format!("t127.0.0.1:{port}"));
        assert_eq!(gave(&execution), "pong", "{clocks:?}");
        let usage = execution.usage;
        assert_eq!(usage.network_requests, 1);
        assert_eq!((usage.network_sent, usage.network_received), (4, 4));
        assert_eq!(denied(&execution), []);
    }
}

#[test]
fn the_last_byte_that_is_allowed_comes_and_one_less_is_denied() {
    let port = pong();
    let with = |bytes: u64| {
        let mut policy = policy(&[at(port)]);
        policy.limits.network_bytes = Bytes(bytes);
        asked(policy, &format!("t127.0.0.1:{port}"))
    };
    let enough = with(8);
    assert_eq!((gave(&enough), denied(&enough)), ("pong", vec![]));
    let short = with(7);
    assert_eq!(gave(&short), "pon!dA");
    assert_eq!(denied(&short), [("tcp receive", Rule::NetworkBytes)]);
    assert_eq!(short.usage.network_received, 3);
    let nothing = with(3);
    assert_eq!(gave(&nothing), "!cA");
    assert_eq!(denied(&nothing), [("tcp send", Rule::NetworkBytes)]);
    assert_eq!(nothing.usage.network_sent, 0);
}

#[test]
fn much_is_sent_and_received_whole() {
    const LENGTH: usize = 64 << 10;
    // What the guest sends is zeroes; the answer comes once the last is there.
    static ALL: [u8; LENGTH] = [0; LENGTH];
    let answer: Vec<u8> = (b'a'..=b'z').cycle().take(50_000).collect();
    let port = serve(&ALL, answer.clone());
    let execution = asked(policy(&[at(port)]), &format!("w127.0.0.1:{port}"));
    assert_eq!(gave(&execution).as_bytes(), answer);
    let usage = execution.usage;
    assert_eq!(usage.network_sent, LENGTH as u64);
    assert_eq!(usage.network_received, 50_000);
}

#[test]
fn requests_run_out_after_the_last_that_is_allowed() {
    let port = pong();
    let with = |requests: u32| {
        let mut policy = policy(&[at(port), format!("a.example:{port}")]);
        policy.limits.network_requests = requests;
        asked(policy, &format!("n {port} a.example"))
    };
    assert_eq!(gave(&with(2)), "pong");
    let one = with(1);
    assert_eq!(gave(&one), "!bA");
    assert_eq!(denied(&one), [("tcp connect", Rule::NetworkRequests)]);
    let none = with(0);
    assert_eq!(gave(&none), "!rA");
    let rule = Rule::NetworkRequests;
    assert_eq!(denied(&none), [("resolve-addresses", rule)]);
}

#[test]
fn without_a_grant_there_is_nothing_and_each_attempt_is_recorded() {
    let untouched = Untouched::new();
    let port = untouched.port();
    let attempts = [
        (format!("h127.0.0.1:{port}"), "!sE", "http request"),
        (format!("t127.0.0.1:{port}"), "!aA", "create-tcp-socket"),
        (format!("u127.0.0.1:{port}"), "!aA", "create-udp-socket"),
        (format!("n {port} a.example"), "!rA", "resolve-addresses"),
    ];
    for (word, answer, what) in attempts {
        let execution = asked(Policy::default(), &word);
        assert_eq!(gave(&execution), answer, "{word}");
        assert_eq!(denied(&execution), [(what, Rule::Network)], "{word}");
    }
    assert!(untouched.holds());
}

#[test]
fn what_is_not_granted_is_not_reached_by_any_way() {
    let untouched = Untouched::new();
    let port = untouched.port();
    // Every name at the port, another address at the port, the address at another port.
    let grants = [
        format!("*:{port}"),
        format!("127.0.0.2:{port}"),
        format!("127.0.0.1:{}", pong()),
    ];
    let attempts = [
        format!("h127.0.0.1:{port}"),
        format!("ha.example:{port}"),
        format!("hlocalhost:{port}"),
        format!("h[::ffff:127.0.0.1]:{port}"),
        format!("p127.0.0.1:{port}"),
        format!("t127.0.0.1:{port}"),
        "t169.254.169.254:80".to_owned(),
        "t10.0.0.1:80".to_owned(),
        format!("u127.0.0.1:{port}"),
        format!("c127.0.0.1:{port}"),
        format!("n {port} a.example"),
        format!("n {port} localhost"),
    ];
    for word in attempts {
        let execution = asked(policy(&grants), &word);
        assert!(gave(&execution).starts_with('!'), "{word}: {execution:?}");
        let [denied] = execution.denied.as_slice() else {
            panic!("{word}: {:?}", execution.denied);
        };
        assert_eq!(denied.rule, Rule::Network, "{word}");
        assert_eq!(execution.usage.network_sent, 0, "{word}");
    }
    assert!(untouched.holds());
}

#[test]
fn names_are_looked_up_once_and_numbers_are_none() {
    let port = pong();
    // The second look-up would lead elsewhere; the first is what the connection is made to.
    let grants = [format!("a.example:{port}"), at(port)];
    let found = asked(policy(&grants), &format!("n {port} a.example"));
    assert_eq!(gave(&found), "pong");
    assert_eq!(found.usage.network_requests, 2);
    let any = [format!("*:{port}"), at(port)];
    let nowhere = asked(policy(&any), &format!("n {port} nowhere.example"));
    assert_eq!(gave(&nowhere), "!rC");
    for name in ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", ""] {
        let execution = asked(policy(&any), &format!("n {port} {name}"));
        assert_eq!(gave(&execution), "!rB", "{name}");
    }
}

#[test]
fn guests_call_and_are_never_called() {
    let grants = [at(pong())];
    let listens = asked(policy(&grants), "l");
    assert_eq!(gave(&listens), "!cA");
    assert_eq!(denied(&listens), [("tcp listen", Rule::Network)]);
    for (word, what) in [
        ("b127.0.0.1:0", "tcp bind"),
        ("b0.0.0.0:8080", "tcp bind"),
        ("d127.0.0.1:0", "udp bind"),
        ("d0.0.0.0:53", "udp bind"),
    ] {
        let binds = asked(policy(&grants), word);
        assert_eq!(gave(&binds), "!bA", "{word}");
        assert_eq!(denied(&binds), [(what, Rule::Network)], "{word}");
    }
    for word in ["b0.0.0.0:0", "d0.0.0.0:0"] {
        assert_eq!(gave(&asked(policy(&grants), word)), ".", "{word}");
    }
}

#[test]
fn sockets_have_an_end() {
    let execution = asked(policy(&[at(pong())]), "s");
    assert_eq!(gave(&execution), format!("{}!aO", ".".repeat(32)));
    assert_eq!(denied(&execution), [("create-tcp-socket", Rule::Network)]);
}

#[test]
fn a_stream_keeps_its_connection_among_those_that_are_open() {
    let port = silence();
    let mut policy = policy(&[at(port)]);
    policy.limits.network_requests = 100;
    let execution = asked(policy, &format!("k127.0.0.1:{port}"));
    assert_eq!(gave(&execution), format!("{}!aO", ".".repeat(32)));
}

#[test]
fn datagrams_go_to_whom_a_grant_names_and_are_counted() {
    let port = datagrams(b"answer");
    for word in [format!("u127.0.0.1:{port}"), format!("c127.0.0.1:{port}")] {
        let with = |bytes: u64| {
            let mut policy = policy(&[at(port)]);
            policy.limits.network_bytes = Bytes(bytes);
            asked(policy, &word)
        };
        let enough = with(10);
        assert_eq!(gave(&enough), "answer");
        let usage = enough.usage;
        assert_eq!(usage.network_requests, 1);
        assert_eq!((usage.network_sent, usage.network_received), (4, 6));
        let short = with(9);
        assert_eq!(gave(&short), "!dA");
        assert_eq!(denied(&short), [("udp receive", Rule::NetworkBytes)]);
        let nothing = with(3);
        assert_eq!(gave(&nothing), "!cA");
        assert_eq!(denied(&nothing), [("udp send", Rule::NetworkBytes)]);
    }
}

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

#[test]
fn a_granted_request_is_answered() {
    let port = http(HELLO);
    let execution = asked(policy(&[at(port)]), &format!("h127.0.0.1:{port}"));
    assert_eq!(gave(&execution), "hello");
    assert_eq!(execution.usage.network_requests, 1);
    let grants = [at(port), format!("*.example:{port}")];
    let execution = asked(policy(&grants), &format!("ha.example:{port}"));
    assert_eq!(gave(&execution), "hello");
    // A body in one chunk.
    let port = serve(b"\r\n4\r\nping\r\n0\r\n\r\n", HELLO);
    let execution = asked(policy(&[at(port)]), &format!("p127.0.0.1:{port}"));
    assert_eq!(gave(&execution), "hello");
}

#[test]
fn as_many_requests_are_made_as_are_allowed() {
    let port = http(HELLO);
    let with = |requests: u32| {
        let mut policy = policy(&[at(port)]);
        policy.limits.network_requests = requests;
        asked(policy, &format!("h127.0.0.1:{port}"))
    };
    assert_eq!(gave(&with(1)), "hello");
    let none = with(0);
    // connection-limit-reached
    assert_eq!(gave(&none), "!sL");
    assert_eq!(denied(&none), [("http request", Rule::NetworkRequests)]);
}

#[test]
fn a_redirect_is_a_request_of_its_own() {
    let to = |place: &str| {
        http(format!(
            "HTTP/1.1 302 Found\r\nlocation: http://{place}/\r\ncontent-length: 0\r\n\r\n"
        ))
    };
    let untouched = Untouched::new();
    let inside = format!("localhost:{}", untouched.port());
    for place in [
        &inside[..],
        "169.254.169.254",
        "[::1]:80",
        &at(untouched.port()),
    ] {
        let port = to(place);
        let grants = [
            at(port),
            format!("*:{}", untouched.port()),
            "*:80".to_owned(),
        ];
        let execution = asked(policy(&grants), &format!("h127.0.0.1:{port}"));
        // destination-IP-prohibited
        assert_eq!(gave(&execution), "!sE", "{place}");
        let rule = Rule::Network;
        assert_eq!(denied(&execution), [("http request", rule)], "{place}");
    }
    assert!(untouched.holds());
    let there = http(HELLO);
    let port = to(&at(there));
    let grants = [at(port), at(there)];
    let execution = asked(policy(&grants), &format!("h127.0.0.1:{port}"));
    assert_eq!(gave(&execution), "hello");
    assert_eq!(execution.usage.network_requests, 2);
}

#[test]
fn an_answer_beyond_the_limit_is_cut_off() {
    let body = "x".repeat(40_000);
    let port = http(format!(
        "HTTP/1.1 200 OK\r\ncontent-length: 40000\r\n\r\n{body}"
    ));
    let with = |bytes: u64| {
        let mut policy = policy(&[at(port)]);
        policy.limits.network_bytes = Bytes(bytes);
        asked(policy, &format!("h127.0.0.1:{port}"))
    };
    let first = with(1 << 20);
    assert_eq!(gave(&first), body);
    let all = first.usage.network_sent + first.usage.network_received;
    assert!(first.usage.network_received > 40_000);
    assert_eq!(denied(&with(all)), []);
    let short = with(all - 1);
    assert!(gave(&short).ends_with("!t]"), "HTTP-response-body-size");
    assert_eq!(denied(&short), [("http response body", Rule::NetworkBytes)]);
    assert!(short.usage.network_sent + short.usage.network_received < all);
}

#[test]
fn a_body_without_end_ends_at_the_limit() {
    let port = silence();
    let mut policy = policy(&[at(port)]);
    policy.limits.network_bytes = Bytes::kib(256);
    let execution = asked(policy, &format!("e127.0.0.1:{port}"));
    assert!(gave(&execution).starts_with("!s"), "{execution:?}");
    assert_eq!(
        denied(&execution),
        [("http request body", Rule::NetworkBytes)]
    );
    assert!(execution.usage.network_sent <= 256 << 10);
}

#[test]
fn a_peer_that_says_nothing_is_left_when_the_time_is_over() {
    // Whoever connects waits there, accepted by the system alone.
    let quiet = Untouched::new();
    let port = quiet.port();
    for word in [format!("t127.0.0.1:{port}"), format!("h127.0.0.1:{port}")] {
        let mut policy = policy(&[at(port)]);
        policy.limits.wall_time = WallTime::millis(200);
        let execution = asked(policy, &word);
        // Its own waits end with the same time, so either may be first.
        let over = matches!(execution.outcome, Outcome::DeadlineExceeded { .. })
            || execution.output.starts_with(b"!");
        assert!(over, "{word}: {:?}", execution.outcome);
    }
}

#[test]
fn a_call_that_is_called_off_leaves_its_connections() {
    let (heard, port) = common::network::hangs_up();
    let cancel = CancellationToken::new();
    let call = call(policy(&[at(port)]), &format!("h127.0.0.1:{port}"));
    let call = call.with_cancel(cancel.clone());
    let tool = tool();
    let runs = std::thread::spawn(move || run(&tool, call));
    heard.recv().expect("it has connected and sent");
    cancel.cancel();
    assert_eq!(runs.join().expect("a run").outcome, Outcome::Cancelled);
    heard.recv().expect("the connection was closed");
}

#[test]
fn a_run_that_used_the_network_is_not_recorded_and_says_so() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let record = |policy, word: &str| {
        let tool = tool();
        runtime.block_on(tool.record(call(policy, word), Recording::DEFAULT_LIMIT))
    };
    let (stream, text) = (pong(), http(HELLO));
    let grants = [at(stream), at(text), format!("a.example:{stream}")];
    for (word, answer) in [
        (format!("t127.0.0.1:{stream}"), "pong"),
        (format!("h127.0.0.1:{text}"), "hello"),
        ("d0.0.0.0:0".to_owned(), "."),
        (format!("n {stream} a.example"), "pong"),
    ] {
        let (execution, recording) = record(policy(&grants), &word);
        assert_eq!(gave(&execution), answer, "{word}");
        assert_eq!(recording, Err(NotRecorded::Network), "{word}");
    }
    // Where nothing is granted, nothing comes from outside.
    let (execution, recording) = record(Policy::default(), "t127.0.0.1:80");
    assert_eq!(gave(&execution), "!aA");
    assert!(recording.is_ok());
}
