mod world;

use super::*;
use crate::execution::Rule;
use crate::network::outside::System;
use policies::WallTime;
use world::{Names, Says, Server, body, caller, get, limits, request, says, tls};

macro_rules! fails {
    ($result:expr, $($pattern:tt)*) => {{
        let error = $result.expect_err("it is refused");
        assert!(matches!(error, $($pattern)*), "{error:?}");
    }};
}

#[tokio::test]
async fn a_granted_request_goes_out_as_the_guest_wrote_it_with_a_host_of_ours() {
    let mut server = Server::plain(says(
        "HTTP/1.1 201 Made\r\ncontent-length: 2\r\nx-a: b\r\n\r\nhi",
    ))
    .await;
    let names = Names::new(&[("a.example", &["127.0.0.1"])]);
    let by_name = format!("a.example:{}", server.port);
    let mut caller = caller(
        &[&by_name, &server.grant()],
        &limits(1000),
        Some(names),
        &[],
    );
    let mut request = get(&format!("http://A.Example.:{}/p?q=1", server.port));
    request
        .headers_mut()
        .insert("host", "evil.example".parse().unwrap());
    request.headers_mut().insert("x-mine", "1".parse().unwrap());
    let (status, headers, body, _) = caller.send(request, None).await.expect("granted");
    assert_eq!(
        (status.as_u16(), &headers["x-a"], &body[..]),
        (201, &"b".parse().unwrap(), &b"hi"[..])
    );
    let head = server.head().await;
    assert!(head.starts_with("GET /p?q=1 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("host: {by_name}\r\n")), "{head}");
    assert!(
        head.contains("x-mine: 1\r\n") && !head.contains("evil"),
        "{head}"
    );
    let (usage, denied) = caller.close();
    assert_eq!((usage.network_requests, denied.len()), (1, 0));
}

#[tokio::test]
async fn a_redirect_is_the_guests_to_follow_and_judged_as_any_request() {
    let mut inside = Server::plain(says("HTTP/1.1 200 OK\r\n\r\nsecret")).await;
    let to = format!("http://localhost:{}/", inside.port);
    let redirect = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
    let server = Server::plain(says(&redirect)).await;
    let everywhere = format!("*:{}", inside.port);
    let names = Names::new(&[
        ("localhost", &["127.0.0.1"]),
        ("metadata.example", &["169.254.169.254"]),
    ]);
    let grants = [&server.grant()[..], &everywhere, "*:80"];
    let mut caller = caller(&grants, &limits(10_000), Some(names), &[]);
    let (status, headers, ..) = caller
        .send(get(&server.url("/")), None)
        .await
        .expect("granted");
    assert_eq!(
        (status.as_u16(), headers["location"].to_str().unwrap()),
        (302, &to[..])
    );
    fails!(caller.get(&to).await, Error::DestinationIpProhibited);
    fails!(
        caller.get("http://169.254.169.254/latest/meta-data").await,
        Error::DestinationIpProhibited
    );
    fails!(
        caller.get("http://metadata.example/").await,
        Error::DestinationIpProhibited
    );
    fails!(
        caller.get(&inside.url("/")).await,
        Error::DestinationIpProhibited
    );
    assert!(inside.has_no_request());
    let (_, denied) = caller.close();
    assert_eq!(denied.len(), 4);
    assert!(
        denied
            .iter()
            .all(|one| one.rule == Rule::Network && one.what == "http request")
    );
    assert_eq!(
        denied[1].target,
        "169.254.169.254:80 (169.254.169.254 is link-local: only a grant of that very address and port opens it)"
    );
}

#[tokio::test]
async fn a_name_that_now_leads_elsewhere_leads_where_it_led() {
    let mut server = Server::plain(body(1)).await;
    let names = Names::new(&[("a.example", &["127.0.0.1", "127.0.0.2"])]);
    let grants = [
        format!("a.example:{}", server.port),
        server.grant(),
        format!("127.0.0.2:{}", server.port),
    ];
    let grants: Vec<&str> = grants.iter().map(String::as_str).collect();
    let mut caller = caller(&grants, &limits(10_000), Some(names), &[]);
    let url = format!("http://a.example:{}/", server.port);
    for _ in 0..2 {
        // Nobody listens at the second address.
        caller.get(&url).await.expect("the first answer");
        server.head().await;
    }
}

#[tokio::test]
async fn another_host_port_or_scheme_is_denied_before_anything_is_sent() {
    let mut server = Server::plain(body(1)).await;
    let mut caller = caller(
        &["a.example:80", "1.1.1.1:443"],
        &limits(10_000),
        Some(Names::new(&[])),
        &[],
    );
    fails!(
        caller.get(&server.url("/")).await,
        Error::DestinationIpProhibited
    );
    fails!(
        caller.get("http://b.example/").await,
        Error::HttpRequestDenied
    );
    fails!(
        caller.get("https://a.example/").await,
        Error::HttpRequestDenied
    );
    fails!(
        caller.get("http://1.1.1.1/").await,
        Error::HttpRequestDenied
    );
    assert!(server.has_no_request());
    let (usage, denied) = caller.close();
    assert_eq!(
        (usage.network_requests, usage.network_sent, denied.len()),
        (0, 0, 4)
    );
    // And without any grant there is no network at all.
    caller.http = Http::new(None, None);
    fails!(
        caller.get("http://a.example/").await,
        Error::HttpRequestDenied
    );
}

#[tokio::test]
async fn an_authority_that_can_be_read_in_two_ways_is_not_read() {
    let mut server = Server::plain(body(1)).await;
    let port = server.port;
    let grants = [format!("*:{port}"), server.grant(), "*:80".to_owned()];
    let grants: Vec<&str> = grants.iter().map(String::as_str).collect();
    let mut caller = caller(&grants, &limits(10_000), None, &[]);
    for url in [
        format!("http://user@127.0.0.1:{port}/"),
        format!("http://a.example:80@127.0.0.1:{port}/"),
        format!("http://127.1:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://0x7f000001:{port}/"),
        "http://127.0.0.1:/".to_owned(),
        "http://127.0.0.1:0/".to_owned(),
        "http://127.0.0.1:65536/".to_owned(),
        format!("http://127.0.0.1:{}/", u64::from(port) + 65_536),
        "ftp://a.example/".to_owned(),
        "/only/a/path".to_owned(),
    ] {
        let Ok(uri) = url.parse::<Uri>() else {
            continue;
        };
        let mut request = get("http://a.example/");
        *request.uri_mut() = uri;
        let error = caller.send(request, None).await.expect_err(&url);
        assert!(
            matches!(error, Error::HttpRequestUriInvalid),
            "{url}: {error:?}"
        );
    }
    assert!(server.has_no_request());
}

#[tokio::test]
async fn methods_and_answers_that_leave_http_are_refused() {
    let server = Server::plain(says(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    ))
    .await;
    let mut caller = caller(&[&server.grant()], &limits(10_000), None, &[]);
    let tunnel = request("CONNECT", &server.url("/"), Vec::new());
    fails!(
        caller.send(tunnel, None).await,
        Error::HttpRequestMethodInvalid
    );
    fails!(
        caller.get(&server.url("/")).await,
        Error::HttpUpgradeFailed | Error::Hyper(_)
    );
}

#[test]
fn fields_that_speak_to_the_next_hop_are_not_the_guests() {
    let forbidden = Http::new(None, None).forbidden_header_filter();
    for name in [
        "host",
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authorization",
        "te",
        "transfer-encoding",
        "upgrade",
        "expect",
    ] {
        assert!(forbidden(&name.parse().unwrap()), "{name}");
    }
    for name in [
        "accept",
        "authorization",
        "content-type",
        "content-length",
        "cookie",
    ] {
        assert!(!forbidden(&name.parse().unwrap()), "{name}");
    }
}

#[tokio::test]
async fn the_last_byte_that_is_allowed_comes_and_one_less_is_denied() {
    let server = Server::plain(body(300_000)).await;
    let url = server.url("/");
    let mut first = caller(&[&server.grant()], &limits(1 << 30), None, &[]);
    assert_eq!(first.get(&url).await.expect("within").len(), 300_000);
    let (usage, _) = first.close();
    let all = usage.network_sent + usage.network_received;
    assert!(
        usage.network_received > 300_000 && all < 301_000,
        "{usage:?}"
    );

    let mut enough = caller(&[&server.grant()], &limits(all), None, &[]);
    assert_eq!(enough.get(&url).await.expect("just enough").len(), 300_000);
    assert_eq!(enough.close().1, []);

    let mut short = caller(&[&server.grant()], &limits(all - 1), None, &[]);
    fails!(short.get(&url).await, Error::HttpResponseBodySize(None));
    let (usage, denied) = short.close();
    assert!(usage.network_sent + usage.network_received < all);
    assert_eq!((denied.len(), denied[0].rule), (1, Rule::NetworkBytes));
}

#[tokio::test]
async fn an_answer_without_end_ends_at_the_limit() {
    let heads = [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9000000000000000\r\n\r\n",
    ];
    for head in heads {
        let server = Server::plain(Says::Endless(head)).await;
        let mut caller = caller(&[&server.grant()], &limits(1 << 20), None, &[]);
        let result = caller.get(&server.url("/")).await;
        fails!(result, Error::HttpResponseBodySize(None) | Error::Hyper(_));
        let (usage, _) = caller.close();
        assert!(usage.network_received <= 1 << 20, "{usage:?}");
    }
}

#[tokio::test]
async fn what_the_guest_sends_is_counted_and_stopped_too() {
    let server = Server::plain(body(0)).await;
    let frame = || Frame::data(Bytes::from_static(&[b'y'; 1000]));
    let frames = |count: usize| std::iter::repeat_with(frame).take(count).collect();
    let post = |count| request("POST", &server.url("/"), frames(count));
    let mut first = caller(&[&server.grant()], &limits(100_000), None, &[]);
    first.send(post(10), None).await.expect("within");
    let (usage, _) = first.close();
    assert!((10_000..11_000).contains(&usage.network_sent), "{usage:?}");

    let sent = usage.network_sent;
    let mut short = caller(&[&server.grant()], &limits(sent - 1), None, &[]);
    short
        .send(post(10), None)
        .await
        .expect_err("one byte too few");
    let (usage, denied) = short.close();
    assert!(usage.network_sent <= sent - 1000, "{usage:?}");
    assert_eq!(denied[0].rule, Rule::NetworkBytes);
    assert_eq!(denied[0].what, "http request body");
}

#[tokio::test]
async fn requests_run_out_after_the_last_that_is_allowed() {
    let server = Server::plain(body(1)).await;
    let mut limits = limits(100_000);
    limits.network_requests = 2;
    let mut caller = caller(&[&server.grant()], &limits, None, &[]);
    caller.get(&server.url("/")).await.expect("the first");
    caller.get(&server.url("/")).await.expect("the second");
    fails!(
        caller.get(&server.url("/")).await,
        Error::ConnectionLimitReached
    );
    let (usage, denied) = caller.close();
    assert_eq!(
        (usage.network_requests, denied[0].rule),
        (2, Rule::NetworkRequests)
    );
}

#[tokio::test]
async fn heads_have_an_end() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(129));
    let long = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "x".repeat(70_000));
    for text in [many, long] {
        let server = Server::plain(says(&text)).await;
        let mut caller = caller(&[&server.grant()], &limits(1 << 20), None, &[]);
        fails!(
            caller.get(&server.url("/")).await,
            Error::HttpResponseHeaderSectionSize(_)
        );
    }
    let fits = format!(
        "HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n",
        "a: b\r\n".repeat(127)
    );
    let server = Server::plain(says(&fits)).await;
    let mut caller = caller(&[&server.grant()], &limits(1 << 20), None, &[]);
    caller.get(&server.url("/")).await.expect("128 fields");

    let path = |length: usize| server.url(&format!("/{}", "p".repeat(length - 1)));
    caller.get(&path(MAX_PATH)).await.expect("the longest path");
    fails!(
        caller.get(&path(MAX_PATH + 1)).await,
        Error::HttpRequestUriTooLong
    );
    let mut large = get(&server.url("/"));
    large
        .headers_mut()
        .insert("a", "x".repeat(MAX_HEAD).parse().unwrap());
    fails!(
        caller.send(large, None).await,
        Error::HttpRequestHeaderSectionSize(_)
    );
}

#[tokio::test]
async fn trailers_come_and_have_an_end() {
    let chunked = |trailer: usize| {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-t\r\n\r\n";
        says(&format!(
            "{head}2\r\nhi\r\n0\r\nx-t: {}\r\n\r\n",
            "t".repeat(trailer)
        ))
    };
    let server = Server::plain(chunked(10)).await;
    let mut small = caller(&[&server.grant()], &limits(1 << 20), None, &[]);
    let (_, _, body, trailers) = small.send(get(&server.url("/")), None).await.expect("both");
    assert_eq!((&body[..], trailers["x-t"].len()), (&b"hi"[..], 10));
    let server = Server::plain(chunked(MAX_TRAILERS + 1)).await;
    let mut large = caller(&[&server.grant()], &limits(1 << 20), None, &[]);
    fails!(
        large.get(&server.url("/")).await,
        Error::HttpResponseTrailerSectionSize(_)
            | Error::Hyper(_)
            | Error::HttpResponseHeaderSectionSize(_)
    );
}

const SOON: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for_longer_than_asked() {
    let server = Server::plain(Says::Stalls(Vec::new())).await;
    let mut caller = caller(&[&server.grant()], &limits(1 << 20), None, &[]);
    let options = |first, between| {
        Some(RequestOptions {
            first_byte_timeout: first,
            between_bytes_timeout: between,
            ..RequestOptions::default()
        })
    };
    let sent = caller
        .send(get(&server.url("/")), options(Some(SOON), None))
        .await;
    fails!(sent, Error::ConnectionReadTimeout);
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_vec();
    let server = Server::plain(Says::Stalls(half)).await;
    let mut caller = world::caller(&[&server.grant()], &limits(1 << 20), None, &[]);
    let sent = caller
        .send(get(&server.url("/")), options(None, Some(SOON)))
        .await;
    fails!(sent, Error::ConnectionReadTimeout);
}

#[tokio::test]
async fn a_server_that_never_greets_is_not_waited_for_longer_than_asked() {
    // It waits for the end of a head, which TLS never sends.
    let server = Server::plain(Says::Stalls(Vec::new())).await;
    let mut caller = caller(&[&server.grant()], &limits(1 << 20), None, &[]);
    let options = RequestOptions {
        connect_timeout: Some(SOON),
        ..RequestOptions::default()
    };
    let url = format!("https://127.0.0.1:{}/", server.port);
    fails!(
        caller.send(get(&url), Some(options)).await,
        Error::ConnectionTimeout
    );
}

#[tokio::test]
async fn no_wait_outlives_the_wall_time() {
    let server = Server::plain(Says::Stalls(Vec::new())).await;
    let mut limits = limits(1 << 20);
    limits.wall_time = WallTime::millis(20);
    let mut caller = caller(&[&server.grant()], &limits, None, &[]);
    let options = RequestOptions {
        first_byte_timeout: Some(Duration::from_hours(1)),
        connect_timeout: Some(Duration::MAX),
        between_bytes_timeout: Some(Duration::MAX),
    };
    let sent = caller.send(get(&server.url("/")), Some(options)).await;
    fails!(
        sent,
        Error::ConnectionReadTimeout | Error::ConnectionTimeout
    );
}

#[tokio::test]
async fn the_end_of_the_call_is_the_end_of_its_requests() {
    let mut server = Server::plain(Says::Stalls(Vec::new())).await;
    let mut caller = caller(&[&server.grant()], &limits(1 << 20), None, &[]);
    let ends = caller.ends.take();
    let url = server.url("/");
    let (sent, ()) = tokio::join!(caller.get(&url), async {
        server.head().await;
        drop(ends);
    });
    fails!(sent, Error::ConnectionTerminated);
}

#[tokio::test]
async fn https_reaches_whom_the_certificate_names_and_nobody_else() {
    let (acceptor, root) = tls("a.example");
    let mut server = Server::start(body(5), Some(acceptor)).await;
    let names = || {
        Some(Names::new(&[
            ("a.example", &["127.0.0.1"]),
            ("b.example", &["127.0.0.1"]),
        ]))
    };
    let port = server.port;
    let grants = [format!("*:{port}"), server.grant()];
    let grants: Vec<&str> = grants.iter().map(String::as_str).collect();
    let url = format!("https://a.example:{port}/");
    let trusted = [root];
    let mut caller = world::caller(&grants, &limits(1 << 20), names(), &trusted);
    assert_eq!(caller.get(&url).await.expect("trusted"), b"xxxxx");
    assert!(
        server
            .head()
            .await
            .contains(&format!("host: a.example:{port}\r\n"))
    );
    // The same server under another name, and by its address.
    for other in [
        format!("https://b.example:{port}/"),
        format!("https://127.0.0.1:{port}/"),
    ] {
        fails!(caller.get(&other).await, Error::TlsCertificateError);
    }
    // Nobody vouches for it.
    let mut caller = world::caller(&grants, &limits(1 << 20), names(), &[]);
    fails!(caller.get(&url).await, Error::TlsCertificateError);
    assert!(server.has_no_request());
}

#[test]
fn a_root_that_is_no_certificate_is_refused() {
    assert!(System::new(None, &[b"no certificate".to_vec()]).is_err());
}
