//! What is done about alerts without a person, through the wire that Alertmanager uses.

use crate::common::scripted::Scripted;
use crate::common::seed::Seed;
use crate::common::{Host, LONG, guests, kind, request, until};
use crate::metrics::{scrape, with_metrics};
use host_api::proto::OutcomeKind;
use host_api::{Remediation, Secret, ServerConfig};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::Code;
use tonic_types::StatusExt as _;

const SECRET: &str = "correct horse battery staple";

fn remediation(folder: &Path, circuit_time: Duration) -> Remediation {
    let file = folder.join("secret");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut remediation = Remediation::new(anywhere, Secret::load(&file).unwrap());
    remediation.open_circuit_on = vec!["WasmRunnerToolFaults".to_owned()];
    remediation.drain_on = vec!["WasmRunnerHostSick".to_owned()];
    remediation.circuit_time = circuit_time;
    "host-1".clone_into(&mut remediation.name);
    remediation
}

async fn host(folder: &Path, circuit_time: Duration) -> Host {
    let change = |config: &mut ServerConfig| {
        with_metrics(config);
        config.remediation = Some(remediation(folder, circuit_time));
    };
    let tools = [Seed::echo(), Seed::new("other", guests::echo())];
    Host::start(&tools, change, Scripted::passing()).await
}

/// Asks as Alertmanager does; gives the status and the body.
async fn ask(host: &Host, line: &str, secret: &str, body: &[u8]) -> (u16, String) {
    let address = host.alerts.expect("it listens");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "{line} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {secret}\r\ncontent-type: \
         application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("asked");
    // It may be refused before all of it was sent.
    drop(stream.write_all(body).await);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let read = tokio::time::timeout(LONG, read).await.expect("an end");
    drop(read);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).expect("a status");
    (status.parse().expect("a number"), body.to_owned())
}

fn alert(labels: &Value, status: &str, starts_at: &str) -> Value {
    json!({"status": status, "labels": labels, "annotations": {}, "startsAt": starts_at,
           "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": "f00d"})
}

/// Later than any service of these tests began.
const LATER: &str = "2999-01-01T00:00:00Z";

async fn notify(host: &Host, alerts: &[Value]) -> Value {
    let body = json!({"version": "4", "status": "firing", "receiver": "r", "alerts": alerts});
    let body = body.to_string();
    let (status, text) = ask(host, "POST /alerts", SECRET, body.as_bytes()).await;
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).expect("JSON")
}

fn faults(tool: &str) -> Value {
    let labels = json!({"alertname": "WasmRunnerToolFaults", "job": "j", "tool": tool});
    alert(&labels, "firing", LATER)
}

const LONG_CIRCUIT: Duration = Duration::from_hours(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_fails_is_refused_until_a_person_closes_its_circuit() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path(), LONG_CIRCUIT).await;
    host.call(request("echo", "1")).await.unwrap();
    let done = notify(&host, &[faults("echo")]).await;
    assert_eq!(done[0]["action"], "opened_circuit", "{done}");
    assert_eq!(done[0]["tool"], "echo");

    let refused = host.call(request("echo", "1")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    let said = refused.message();
    assert!(
        said.contains("circuit of the tool echo is open until"),
        "{said}"
    );
    let details = refused.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "CIRCUIT_OPEN");
    assert!(details.retry_info().is_some());
    // A version that is asked for is the same tool.
    let mut exact = request("echo", "1");
    exact.version = "1.0.0".to_owned();
    assert_eq!(
        host.call(exact).await.unwrap_err().code(),
        Code::Unavailable
    );
    host.call(request("other", "1"))
        .await
        .expect("another tool");

    let samples = scrape(&host).await;
    for (name, expected) in [
        ("wasm_runner_circuits_open", 1.0),
        (r#"wasm_runner_calls_refused_total{reason="circuit"}"#, 2.0),
        (
            r#"wasm_runner_remediations_total{action="opened_circuit"}"#,
            1.0,
        ),
    ] {
        assert!((samples[name] - expected).abs() < 0.1, "{name}");
    }
    let (_, listed) = ask(&host, "GET /circuits", SECRET, b"").await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["tool"], "echo");
    assert_eq!(listed[0]["alert"], "WasmRunnerToolFaults");

    let close = "DELETE /circuits/echo";
    assert_eq!(ask(&host, close, SECRET, b"").await.0, 400, "by whom?");
    let close = "DELETE /circuits/echo?by=ada";
    assert_eq!(ask(&host, close, SECRET, b"").await.0, 200);
    assert_eq!(ask(&host, close, SECRET, b"").await.0, 404, "it is closed");
    let execution = host.call(request("echo", "1")).await.unwrap();
    assert_eq!(kind(&execution), OutcomeKind::Success);
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circuit_closes_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path(), Duration::from_millis(30)).await;
    notify(&host, &[faults("echo")]).await;
    let called = async {
        while let Err(status) = host.call(request("echo", "1")).await {
            assert_eq!(status.code(), Code::Unavailable, "{status:?}");
        }
    };
    tokio::time::timeout(LONG, called).await.expect("it closes");
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_named_alerts_about_one_tool_or_this_host_do_anything() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path(), LONG_CIRCUIT).await;
    let labels = |name: &str, more: Value| {
        let mut labels = json!({"alertname": name});
        for (key, value) in more.as_object().unwrap() {
            labels[key] = value.clone();
        }
        labels
    };
    let sick = |more| labels("WasmRunnerHostSick", more);
    let done = notify(
        &host,
        &[
            alert(
                &labels("WasmRunnerExecuteSlow", json!({"tool": "echo"})),
                "firing",
                LATER,
            ),
            alert(
                &labels("WasmRunnerToolFaults", json!({"tool": "echo"})),
                "resolved",
                LATER,
            ),
            // What stands for many tools, though one is called so.
            faults("other"),
            faults(""),
            faults("\"} 1\n\r\n\u{1b}[31m"),
            faults(&"x".repeat(10_000)),
            alert(&sick(json!({"instance": "host-2"})), "firing", LATER),
            alert(&sick(json!({})), "firing", LATER),
            // From before this host began: about the one before.
            alert(
                &sick(json!({"instance": "host-1"})),
                "firing",
                "2020-01-01T00:00:00Z",
            ),
        ],
    )
    .await;
    let done = done.as_array().unwrap();
    assert_eq!(done.len(), 9);
    for (number, done) in done.iter().enumerate() {
        assert_eq!(done["action"], "nothing", "{number}: {done}");
    }
    host.call(request("echo", "1")).await.unwrap();
    host.call(request("other", "1")).await.unwrap();
    let nothing = r#"wasm_runner_remediations_total{action="nothing"}"#;
    assert!((scrape(&host).await[nothing] - 9.0).abs() < 0.1);
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sick_host_drains_and_ends_with_the_calls_that_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut spins = Seed::new("spin", guests::spins());
    spins.grant.limits.wall_time = policies::WallTime::millis(300);
    let change = |config: &mut ServerConfig| {
        config.remediation = Some(remediation(folder.path(), LONG_CIRCUIT));
    };
    let host = Host::start(&[spins], change, Scripted::passing()).await;
    let mut client = host.execution().await;
    let call = tokio::spawn(async move { client.execute_tool(request("spin", "1")).await });
    host.until_running(1).await;
    let labels = json!({"alertname": "WasmRunnerHostSick", "pod": "host-1"});
    let done = notify(&host, &[alert(&labels, "firing", LATER)]).await;
    assert_eq!(done[0]["action"], "drains");
    let execution = call
        .await
        .unwrap()
        .expect("answered")
        .into_inner()
        .execution;
    // By its own limit: nobody cancelled it.
    assert_eq!(kind(&execution.unwrap()), OutcomeKind::DeadlineExceeded);
    host.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_asks_without_the_secret_and_nonsense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path(), LONG_CIRCUIT).await;
    let body = json!({"version": "4", "alerts": [faults("echo")]}).to_string();
    let wrong = [&SECRET[1..], "", "correct horse battery staplf"];
    for secret in wrong {
        for line in [
            "POST /alerts",
            "GET /circuits",
            "DELETE /circuits/echo?by=a",
            "GET /",
        ] {
            let (status, said) = ask(&host, line, secret, body.as_bytes()).await;
            assert_eq!(status, 401, "{line}");
            assert!(!said.contains(SECRET));
        }
    }
    host.call(request("echo", "1"))
        .await
        .expect("nothing was done");
    let refused = r#"wasm_runner_remediations_total{action="refused"}"#;
    assert!((scrape(&host).await[refused] - 12.0).abs() < 0.1);

    for (line, body, status) in [
        ("GET /alerts", &b""[..], 405),
        ("POST /circuits", b"", 405),
        ("GET /", b"", 404),
        ("POST /alerts", b"", 400),
        ("POST /alerts", b"{\"version\": \"5\", \"alerts\": []}", 400),
        ("POST /alerts", &vec![b' '; (1 << 20) + 1], 413),
        ("POST /alerts", &vec![b' '; 1 << 20], 400),
    ] {
        assert_eq!(ask(&host, line, SECRET, body).await.0, status, "{line}");
    }
    // Who connects and says nothing keeps neither calls nor the end up.
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(TcpStream::connect(host.alerts.unwrap()).await.unwrap());
    }
    host.call(request("echo", "1")).await.unwrap();
    host.stopped().await;
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_address_nothing_listens() {
    let host = Host::with(&[]).await;
    assert_eq!(host.alerts, None);
    until(|| host.running.count() == 0).await;
    host.stopped().await;
}
