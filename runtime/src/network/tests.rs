use super::*;
use futures::future::BoxFuture;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Answers from a list; each name's answers in turn, the last for ever.
#[derive(Debug, Default)]
struct Scripted {
    answers: BTreeMap<&'static str, Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
    turns: Mutex<BTreeMap<String, usize>>,
}

impl Scripted {
    fn new(answers: &[(&'static str, &[&[&str]])]) -> Arc<Self> {
        let address = |text: &&str| text.parse().expect("an address");
        let turns = |turns: &[&[&str]]| {
            let turn = |turn: &&[&str]| turn.iter().map(address).collect();
            turns.iter().map(turn).collect()
        };
        Arc::new(Self {
            answers: answers
                .iter()
                .map(|(name, all)| (*name, turns(all)))
                .collect(),
            ..Self::default()
        })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Outside for Scripted {
    fn lookup<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::Relaxed);
            // So that others get to ask meanwhile.
            tokio::task::yield_now().await;
            let Some(turns) = self.answers.get(name) else {
                return Err(io::Error::other("no such name"));
            };
            let mut at = self.turns.lock().expect("unbroken");
            let turn = at.entry(name.to_owned()).or_default();
            let answer = turns[(*turn).min(turns.len() - 1)].clone();
            *turn += 1;
            Ok(answer)
        })
    }

    fn exchange(
        &self,
        _: outside::Destination,
        _: ::http::Request<wasmtime_wasi_http::WasiBody>,
    ) -> BoxFuture<'static, outside::Exchange> {
        Box::pin(async { Err(wasmtime_wasi_http::Error::DestinationUnavailable) })
    }
}

fn network_of(outside: &Arc<Scripted>, grants: &[&str], requests: u32) -> (Network, Ends) {
    let limits = Limits {
        network_requests: requests,
        network_bytes: policies::Bytes(100),
        ..Limits::default()
    };
    let grants = grants.iter().map(|text| text.parse().expect("a grant"));
    let outside: Arc<dyn Outside> = Arc::clone(outside) as _;
    Network::new(grants.collect(), &limits, outside, Instant::now())
}

fn denied(network: &Network) -> Vec<(String, String, Rule)> {
    let mut denied = Vec::new();
    network.close(&mut Usage::default(), &mut denied);
    let parts = |one: DeniedAttempt| (one.what, one.target, one.rule);
    denied.into_iter().map(parts).collect()
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts
        .iter()
        .map(|text| text.parse().expect("an address"))
        .collect()
}

fn at(text: &str) -> SocketAddr {
    text.parse().expect("an address and a port")
}

async fn route(network: &Network, host: &str, port: u16) -> Result<Vec<SocketAddr>, Refusal> {
    let host = Host::parse(host).expect("a host");
    network.route("http", &host, port).await
}

#[tokio::test]
async fn a_second_answer_never_comes_to_be_known() {
    let outside = Scripted::new(&[("a.example", &[&["1.1.1.1"], &["127.0.0.1"]])]);
    let (network, _ends) = network_of(&outside, &["a.example:80", "127.0.0.1:80"], 9);
    for _ in 0..3 {
        assert_eq!(
            network.lookup("look-up", "a.example").await,
            Ok(addresses(&["1.1.1.1"]))
        );
        assert_eq!(
            route(&network, "A.EXAMPLE.", 80).await,
            Ok(vec![at("1.1.1.1:80")])
        );
    }
    assert_eq!(outside.asked(), 1);
    // Another call asks anew.
    let (network, _ends) = network_of(&outside, &["a.example:80"], 9);
    let refused = network
        .lookup("look-up", "a.example")
        .await
        .expect_err("loopback");
    assert!(matches!(
        refused,
        Refusal::Special {
            what: "loopback",
            ..
        }
    ));
}

#[tokio::test]
async fn two_that_ask_at_once_get_one_answer() {
    let outside = Scripted::new(&[("a.example", &[&["1.1.1.1"], &["2.2.2.2"]])]);
    let (network, _ends) = network_of(&outside, &["*:80"], 9);
    let (one, two) = tokio::join!(
        network.lookup("look-up", "a.example"),
        route(&network, "a.example", 80)
    );
    assert_eq!(one, Ok(addresses(&["1.1.1.1"])));
    assert_eq!(two, Ok(vec![at("1.1.1.1:80")]));
    assert_eq!(outside.asked(), 1);
}

#[tokio::test]
async fn a_name_that_no_grant_covers_is_not_even_asked_for() {
    let outside = Scripted::new(&[("secret.evil.example", &[&["1.1.1.1"]])]);
    let (network, _ends) = network_of(&outside, &["*.example.com:80", "1.1.1.1:80"], 9);
    let name = "secret.evil.example";
    assert_eq!(
        network.lookup("look-up", name).await,
        Err(Refusal::NotGranted)
    );
    assert_eq!(route(&network, name, 80).await, Err(Refusal::NotGranted));
    assert_eq!(outside.asked(), 0);
    let text = "secret.evil.example (no grant covers it)".to_owned();
    let with_port = "secret.evil.example:80 (no grant covers it)".to_owned();
    assert_eq!(
        denied(&network),
        [
            ("look-up".to_owned(), text, Rule::Network),
            ("http".to_owned(), with_port, Rule::Network)
        ]
    );
}

#[tokio::test]
async fn no_name_opens_a_special_range() {
    let inside = [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "::1",
        "fd00::1",
        "fe80::1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "0.0.0.0",
        "224.0.0.1",
    ];
    for address in inside {
        let turns: &[&[&str]] = &[&[address]];
        let outside = Scripted::new(&[("a.example", turns)]);
        for grant in ["*:80", "*.example:80", "a.example:80"] {
            let (network, _ends) = network_of(&outside, &[grant], 9);
            let refused = route(&network, "a.example", 80).await.expect_err(address);
            assert!(
                matches!(refused, Refusal::Special { .. }),
                "{address}: {refused}"
            );
            let refused = network
                .lookup("look-up", "a.example")
                .await
                .expect_err(address);
            assert!(
                matches!(refused, Refusal::Special { .. }),
                "{address}: {refused}"
            );
            // Having looked it up changes nothing for who goes there directly.
            let to = SocketAddr::new(address.parse().expect("an address"), 80);
            let refused = network.connect("connect", to).expect_err(address);
            assert!(
                matches!(refused, Refusal::Special { .. }),
                "{address}: {refused}"
            );
            assert_eq!(denied(&network).len(), 3);
        }
    }
}

#[tokio::test]
async fn of_mixed_answers_those_of_the_open_internet_remain() {
    let outside = Scripted::new(&[(
        "a.example",
        &[&["10.0.0.1", "1.1.1.1", "::1", "::ffff:1.1.1.1"]],
    )]);
    let (network, _ends) = network_of(&outside, &["*:80"], 9);
    assert_eq!(
        route(&network, "a.example", 80).await,
        Ok(vec![at("1.1.1.1:80")])
    );
    assert_eq!(
        network.lookup("look-up", "a.example").await,
        Ok(addresses(&["1.1.1.1"]))
    );
    assert_eq!(denied(&network), []);
}

#[tokio::test]
async fn a_special_address_is_open_when_it_is_granted_itself_and_at_that_port_only() {
    let outside = Scripted::new(&[("db.internal", &[&["10.1.2.3", "10.1.2.4"]])]);
    let grants = ["db.internal:5432", "db.internal:80", "10.1.2.3:5432"];
    let (network, _ends) = network_of(&outside, &grants, 9);
    assert_eq!(
        route(&network, "db.internal", 5432).await,
        Ok(vec![at("10.1.2.3:5432")])
    );
    assert!(route(&network, "db.internal", 80).await.is_err());
    assert!(network.reaches(at("10.1.2.3:5432")));
    assert!(network.reaches(at("[::ffff:10.1.2.3]:5432")));
    assert!(!network.reaches(at("10.1.2.3:80")));
    assert!(!network.reaches(at("10.1.2.4:5432")));
    assert_eq!(
        network.lookup("look-up", "db.internal").await,
        Ok(addresses(&["10.1.2.3"]))
    );
}

#[tokio::test]
async fn localhost_written_out_is_loopback_and_nothing_else() {
    let outside = Scripted::new(&[
        ("localhost", &[&["127.0.0.1", "::1", "10.0.0.1"]]),
        ("a.localhost", &[&["127.0.0.1"]]),
    ]);
    let (network, _ends) = network_of(&outside, &["localhost:80", "*:80"], 9);
    let loopback = vec![at("127.0.0.1:80"), at("[::1]:80")];
    assert_eq!(route(&network, "localhost", 80).await, Ok(loopback));
    assert!(route(&network, "a.localhost", 80).await.is_err());
    // A star is not it.
    let (network, _ends) = network_of(&outside, &["*:80"], 9);
    assert!(route(&network, "localhost", 80).await.is_err());
}

#[tokio::test]
async fn an_address_is_open_where_a_granted_name_led_to_it() {
    let outside = Scripted::new(&[
        ("a.example", &[&["1.1.1.1"]]),
        ("b.example", &[&["2.2.2.2"]]),
    ]);
    let (network, _ends) = network_of(&outside, &["a.example:80", "b.example:443"], 99);
    assert_eq!(
        network.connect("connect", at("1.1.1.1:80")),
        Err(Refusal::NotGranted)
    );
    network
        .lookup("look-up", "a.example")
        .await
        .expect("granted");
    network
        .lookup("look-up", "b.example")
        .await
        .expect("granted");
    assert_eq!(network.connect("connect", at("1.1.1.1:80")), Ok(()));
    assert_eq!(network.connect("connect", at("2.2.2.2:443")), Ok(()));
    // Each name at its own port.
    assert_eq!(
        network.connect("connect", at("1.1.1.1:443")),
        Err(Refusal::NotGranted)
    );
    assert_eq!(
        network.connect("connect", at("2.2.2.2:80")),
        Err(Refusal::NotGranted)
    );
    assert_eq!(
        network.connect("connect", at("3.3.3.3:80")),
        Err(Refusal::NotGranted)
    );
}

#[tokio::test]
async fn a_star_grants_no_address() {
    let outside = Scripted::new(&[]);
    let (network, _ends) = network_of(&outside, &["*:80"], 9);
    assert_eq!(
        network.connect("connect", at("1.1.1.1:80")),
        Err(Refusal::NotGranted)
    );
    assert_eq!(
        route(&network, "1.1.1.1", 80).await,
        Err(Refusal::NotGranted)
    );
}

#[tokio::test]
async fn requests_run_out_after_the_last_that_is_allowed() {
    let outside = Scripted::new(&[("a.example", &[&["1.1.1.1"]])]);
    let (network, _ends) = network_of(&outside, &["a.example:80"], 3);
    network
        .lookup("look-up", "a.example")
        .await
        .expect("the first");
    // From now on it is known, and asking costs nothing; what is denied doesn't either.
    network
        .lookup("look-up", "a.example")
        .await
        .expect("pinned");
    network
        .connect("connect", at("3.3.3.3:80"))
        .expect_err("not granted");
    network
        .connect("connect", at("1.1.1.1:80"))
        .expect("the second");
    route(&network, "a.example", 80).await.expect("the third");
    assert_eq!(
        route(&network, "a.example", 80).await,
        Err(Refusal::Requests(3))
    );
    assert_eq!(
        network.connect("connect", at("1.1.1.1:80")),
        Err(Refusal::Requests(3))
    );
    let mut usage = Usage::default();
    let mut denied = Vec::new();
    network.close(&mut usage, &mut denied);
    assert_eq!((usage.network_requests, usage.denied), (3, 3));
    assert_eq!(denied[1].rule, Rule::NetworkRequests);
}

#[tokio::test]
async fn bytes_run_out_after_the_last_that_is_allowed() {
    let outside = Scripted::new(&[]);
    let (network, _ends) = network_of(&outside, &[], 0);
    network.sends("send", 60).expect("within");
    network.receives("receive", 41).expect_err("one too many");
    network.receives("receive", 40).expect("the last");
    assert_eq!(network.bytes_left(), 0);
    network.sends("send", 1).expect_err("one too many");
    let denied = denied(&network);
    assert_eq!(denied[0].2, Rule::NetworkBytes);
    assert_eq!(
        denied[1].1,
        "1 bytes (it would be more than the 100 B that may be sent and received in all)"
    );
}

#[tokio::test]
async fn what_a_guest_calls_a_host_is_recorded_harmlessly_and_in_short() {
    let outside = Scripted::new(&[]);
    let (network, _ends) = network_of(&outside, &["a.example:80"], 9);
    let name = "\u{1b}[31m".to_owned() + &"x".repeat(100_000);
    assert_eq!(network.lookup("look-up", &name).await, Err(Refusal::NoHost));
    assert_eq!(denied(&network), []);
    let name = ["x".repeat(60).as_str(); 4].join(".");
    assert_eq!(
        network.lookup("look-up", &name).await,
        Err(Refusal::NotGranted)
    );
    assert!(denied(&network)[0].1.len() < 600);
}

#[tokio::test]
async fn a_name_without_an_answer_is_no_denial_and_may_be_asked_for_again() {
    let outside = Scripted::new(&[("empty.example", &[&[], &["1.1.1.1"]])]);
    let (network, _ends) = network_of(&outside, &["*:80"], 3);
    let refused = network
        .lookup("look-up", "empty.example")
        .await
        .expect_err("empty");
    assert!(matches!(refused, Refusal::Unresolved(_)));
    network
        .lookup("look-up", "empty.example")
        .await
        .expect("now there is one");
    let refused = network
        .lookup("look-up", "none.example")
        .await
        .expect_err("none");
    assert!(refused.to_string().contains("no such name"), "{refused}");
    assert_eq!(denied(&network), []);
    // Each try counted.
    let refused = network
        .lookup("look-up", "other.example")
        .await
        .expect_err("over");
    assert_eq!(refused, Refusal::Requests(3));
}

#[test]
fn the_end_of_a_call_is_the_end_of_its_network() {
    let outside = Scripted::new(&[]);
    let (network, ends) = network_of(&outside, &[], 0);
    let ended = network.ended().clone();
    assert!(!ended.is_cancelled());
    drop(ends);
    assert!(ended.is_cancelled());
}
