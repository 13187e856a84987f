//! The network of components: what is granted and nothing else, counted to the byte.

mod common;

use common::network::{Untouched, datagrams, guest, http, pong, silence};
use common::run;
use futures::future::BoxFuture;
use policies::{Bytes, Clocks, Policy, WallTime};
use runtime::{
    Call, CancellationToken, Execution, Outcome, Resolver, Rule, Sandbox, SandboxConfig, Tool,
};
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex};

/// Each name's answers in turn, the last for ever.
#[derive(Debug)]
struct Names(Mutex<BTreeMap<&'static str, Vec<&'static str>>>);

impl Resolver for Names {
    fn lookup<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let mut names = self.0.lock().expect("unbroken");
            let turns = names.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
            let answer = if turns.len() > 1 {
                turns.remove(0)
            } else {
                turns[0]
            };
            Ok(vec![answer.parse().expect("an address")])
        })
    }
}

fn load(names: &[(&'static str, &[&'static str])]) -> Tool {
    static GUEST: LazyLock<Vec<u8>> = LazyLock::new(guest);
    let turns = names.iter().map(|(name, turns)| (*name, turns.to_vec()));
    let mut config = SandboxConfig::default();
    config.max_concurrent_calls = 2;
    config.resolver = Some(Arc::new(Names(Mutex::new(turns.collect()))));
    let sandbox = Sandbox::new(&config).expect("a sandbox");
    let limits = policies::Limits::default();
    let tool = sandbox.load(&GUEST, &limits);
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

/// What the guest gave.
fn gave(execution: &Execution) -> &str {
    assert_eq!(execution.outcome, Outcome::Success);
    std::str::from_utf8(&execution.output).expect("text")
}

fn asked(policy: Policy, input: &str) -> Execution {
    run(&load(&[]), Call::new(policy).with_input(input))
}

/// What was denied: what, and by which rule.
fn denied(execution: &Execution) -> Vec<(&str, Rule)> {
    let denied = execution.denied.iter();
    denied.map(|one| (&one.what[..], one.rule)).collect()
}

#[test]
fn a_granted_address_is_connected_to_and_every_byte_counted() {
    let port = pong();
    let execution = asked(policy(&[at(port)]), &format!("t127.0.0.1:{port}"));
    assert_eq!(gave(&execution), "pong");
    let usage = execution.usage;
    assert_eq!(usage.network_requests, 1);
    assert_eq!((usage.network_sent, usage.network_received), (4, 4));
    assert_eq!(denied(&execution), []);
}

#[test]
fn the_network_is_the_same_under_any_clock() {
    let port = pong();
    for clocks in [Clocks::Frozen, Clocks::Virtual, Clocks::Real] {
        let mut policy = policy(&[at(port)]);
        policy.capabilities.clocks = clocks;
        let execution = asked(policy, &format!("t127.0.0.1:{port}"));
        assert_eq!(gave(&execution), "pong", "{clocks:?}");
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
    assert_eq!(gave(&short), "pon!ja");
    assert_eq!(denied(&short), [("tcp receive", Rule::NetworkBytes)]);
    assert_eq!(short.usage.network_received, 3);
    let nothing = with(3);
    assert_eq!(gave(&nothing), "!da");
    assert_eq!(denied(&nothing), [("tcp send", Rule::NetworkBytes)]);
    assert_eq!(nothing.usage.network_sent, 0);
}

#[test]
fn requests_run_out_after_the_last_that_is_allowed() {
    let port = pong();
    let names: &[(&str, &[&str])] = &[("a.example", &["127.0.0.1"])];
    let with = |requests: u32| {
        let mut policy = policy(&[at(port), format!("a.example:{port}")]);
        policy.limits.network_requests = requests;
        run(
            &load(names),
            Call::new(policy).with_input(format!("n {port} a.example")),
        )
    };
    assert_eq!(gave(&with(2)), "pong");
    let one = with(1);
    assert_eq!(gave(&one), "!bb");
    assert_eq!(denied(&one), [("tcp connect", Rule::NetworkRequests)]);
    let none = with(0);
    assert!(gave(&none).starts_with('!'), "{}", gave(&none));
    assert_eq!(
        denied(&none),
        [("resolve-addresses", Rule::NetworkRequests)]
    );
}

#[test]
fn without_a_grant_there_is_nothing_and_each_attempt_is_recorded() {
    let untouched = Untouched::new();
    let port = untouched.port();
    let attempts = [
        (format!("h127.0.0.1:{port}"), "http request"),
        (format!("t127.0.0.1:{port}"), "create-tcp-socket"),
        (format!("u127.0.0.1:{port}"), "create-udp-socket"),
        (format!("n {port} a.example"), "resolve-addresses"),
    ];
    for (input, what) in attempts {
        let execution = asked(Policy::default(), &input);
        assert!(
            gave(&execution).starts_with('!'),
            "{input}: {}",
            gave(&execution)
        );
        assert_eq!(denied(&execution), [(what, Rule::Network)], "{input}");
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
    let names: &[(&str, &[&str])] = &[("a.example", &["127.0.0.1"]), ("localhost", &["127.0.0.1"])];
    let attempts = [
        format!("h127.0.0.1:{port}"),
        format!("ha.example:{port}"),
        format!("hlocalhost:{port}"),
        format!("h[::ffff:127.0.0.1]:{port}"),
        format!("t127.0.0.1:{port}"),
        "t169.254.169.254:80".to_owned(),
        format!("u127.0.0.1:{port}"),
        format!("n {port} a.example"),
        format!("n {port} localhost"),
    ];
    for input in attempts {
        let call = Call::new(policy(&grants)).with_input(input.clone());
        let execution = run(&load(names), call);
        assert!(
            gave(&execution).starts_with('!'),
            "{input}: {}",
            gave(&execution)
        );
        assert_eq!(
            denied(&execution).len(),
            1,
            "{input}: {:?}",
            execution.denied
        );
        assert_eq!(execution.denied[0].rule, Rule::Network, "{input}");
        assert_eq!(execution.usage.network_sent, 0, "{input}");
    }
    assert!(untouched.holds());
}

#[test]
fn numbers_that_pass_for_addresses_are_no_names() {
    let untouched = Untouched::new();
    let port = untouched.port();
    let grants = [format!("*:{port}"), format!("127.0.0.1:{port}")];
    for name in ["127.1", "2130706433", "0x7f000001", "0177.0.0.1"] {
        for input in [format!("n {port} {name}"), format!("h{name}:{port}")] {
            let execution = asked(policy(&grants), &input);
            assert!(
                gave(&execution).starts_with('!'),
                "{input}: {}",
                gave(&execution)
            );
        }
    }
    assert!(untouched.holds());
}

#[test]
fn a_name_leads_where_it_first_led() {
    let port = pong();
    let names: &[(&str, &[&str])] = &[("a.example", &["127.0.0.1", "127.0.0.2"])];
    let grants = [
        format!("a.example:{port}"),
        at(port),
        format!("127.0.0.2:{port}"),
    ];
    let call = Call::new(policy(&grants)).with_input(format!("n {port} a.example"));
    assert_eq!(gave(&run(&load(names), call)), "pong");
}

#[test]
fn guests_call_and_are_never_called() {
    let grants = [at(pong())];
    let listens = asked(policy(&grants), "l");
    assert_eq!(gave(&listens), "!cb");
    assert_eq!(denied(&listens), [("tcp listen", Rule::Network)]);
    for (input, what) in [
        ("b127.0.0.1:0", "tcp bind"),
        ("b0.0.0.0:8080", "tcp bind"),
        ("d127.0.0.1:0", "udp bind"),
        ("d0.0.0.0:53", "udp bind"),
    ] {
        let binds = asked(policy(&grants), input);
        assert_eq!(gave(&binds), "!bb", "{input}");
        assert_eq!(denied(&binds), [(what, Rule::Network)], "{input}");
    }
}

#[test]
fn sockets_have_an_end() {
    let execution = asked(policy(&[at(pong())]), "s");
    assert_eq!(gave(&execution), format!("{}!ak", ".".repeat(32)));
    assert_eq!(denied(&execution), [("create-tcp-socket", Rule::Network)]);
}

#[test]
fn datagrams_go_to_whom_a_grant_names_and_are_counted() {
    let port = datagrams(b"answer");
    let execution = asked(policy(&[at(port)]), &format!("u127.0.0.1:{port}"));
    assert_eq!(gave(&execution), "answer");
    let usage = execution.usage;
    assert_eq!(usage.network_requests, 1);
    assert_eq!((usage.network_sent, usage.network_received), (4, 6));

    let with = |bytes: u64| {
        let mut policy = policy(&[at(port)]);
        policy.limits.network_bytes = Bytes(bytes);
        asked(policy, &format!("u127.0.0.1:{port}"))
    };
    assert_eq!(gave(&with(10)), "answer");
    let short = with(9);
    assert_eq!(gave(&short), "!db");
    assert_eq!(denied(&short), [("udp receive", Rule::NetworkBytes)]);
    let nothing = with(3);
    assert_eq!(gave(&nothing), "!cb");
    assert_eq!(denied(&nothing), [("udp send", Rule::NetworkBytes)]);
}

#[test]
fn a_granted_request_is_answered() {
    let port = http("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    let execution = asked(policy(&[at(port)]), &format!("h127.0.0.1:{port}"));
    assert_eq!(gave(&execution), "hello");
    assert_eq!(execution.usage.network_requests, 1);
    let names: &[(&str, &[&str])] = &[("a.example", &["127.0.0.1"])];
    let grants = [at(port), format!("*.example:{port}")];
    let call = Call::new(policy(&grants)).with_input(format!("ha.example:{port}"));
    assert_eq!(gave(&run(&load(names), call)), "hello");
}

#[test]
fn a_redirect_is_a_request_of_its_own() {
    let to = |place: &str| {
        http(format!(
            "HTTP/1.1 302 Found\r\nlocation: http://{place}/\r\ncontent-length: 0\r\n\r\n"
        ))
    };
    // To where nothing is granted.
    let untouched = Untouched::new();
    let inside = format!("localhost:{}", untouched.port());
    let names: &[(&str, &[&str])] = &[("localhost", &["127.0.0.1"])];
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
        let call = Call::new(policy(&grants)).with_input(format!("h127.0.0.1:{port}"));
        let execution = run(&load(names), call);
        // destination-IP-prohibited
        assert_eq!(gave(&execution), "!ce", "{place}");
        assert_eq!(
            denied(&execution),
            [("http request", Rule::Network)],
            "{place}"
        );
    }
    assert!(untouched.holds());
    // And to where something is.
    let there = http("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nthere");
    let port = to(&at(there));
    let execution = asked(
        policy(&[at(port), at(there)]),
        &format!("h127.0.0.1:{port}"),
    );
    assert_eq!(gave(&execution), "there");
    assert_eq!(execution.usage.network_requests, 2);
}

#[test]
fn an_answer_beyond_the_limit_is_cut_off() {
    let body = "x".repeat(100_000);
    let port = http(format!(
        "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{body}"
    ));
    let with = |bytes: u64| {
        let mut policy = policy(&[at(port)]);
        policy.limits.network_bytes = Bytes(bytes);
        asked(policy, &format!("h127.0.0.1:{port}"))
    };
    let first = with(1 << 20);
    let all = first.usage.network_sent + first.usage.network_received;
    assert!(first.usage.network_received > 100_000);
    assert_eq!(denied(&with(all)), []);
    let short = with(all - 1);
    assert!(gave(&short).ends_with("!ja"), "the stream fails");
    assert_eq!(denied(&short), [("http response body", Rule::NetworkBytes)]);
    assert!(short.usage.network_sent + short.usage.network_received < all);
}

#[test]
fn a_peer_that_says_nothing_is_left_when_the_time_is_over() {
    let port = silence();
    for input in [format!("t127.0.0.1:{port}"), format!("h127.0.0.1:{port}")] {
        let mut policy = policy(&[at(port)]);
        policy.limits.wall_time = WallTime::millis(200);
        let execution = asked(policy, &input);
        // Its own waits end with the same time, so either may be first.
        let over = matches!(execution.outcome, Outcome::DeadlineExceeded { .. })
            || execution.output.starts_with(b"!");
        assert!(over, "{input}: {:?}", execution.outcome);
    }
}

#[test]
fn a_call_that_is_called_off_leaves_its_connections() {
    let (heard, port) = common::network::hangs_up();
    let cancel = CancellationToken::new();
    let call = Call::new(policy(&[at(port)]))
        .with_input(format!("t127.0.0.1:{port}"))
        .with_cancel(cancel.clone());
    let tool = load(&[]);
    let runs = std::thread::spawn(move || run(&tool, call));
    heard.recv().expect("it has connected and sent");
    cancel.cancel();
    assert_eq!(runs.join().expect("a run").outcome, Outcome::Cancelled);
    heard.recv().expect("the connection was closed");
}
