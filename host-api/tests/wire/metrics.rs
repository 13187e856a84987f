//! What scrapers read, over their own port.

use crate::common::scripted::{Plan, Scripted};
use crate::common::seed::{Seed, proposal};
use crate::common::{Host, LONG, request};
use host_api::proto::{
    DecideReviewRequest, Decision, ExecuteToolRequest, Generator, SubmitProposedToolRequest,
    ToolVersionRef, WatchValidationRequest, tool_version_ref::Ref,
};
use host_api::{METRICS, MetricKind};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use validation::Verdict;

pub(crate) fn with_metrics(config: &mut host_api::ServerConfig) {
    config.metrics_listen = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
}

/// Asks for a page, and gives head and body.
async fn get(address: SocketAddr, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("asked");
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(LONG, read)
        .await
        .expect("an answer that ends")
        .expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), body.to_owned())
}

pub(crate) async fn scrape(host: &Host) -> BTreeMap<String, f64> {
    let (head, body) = get(host.metrics.expect("it listens"), "/metrics").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let kind = "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(head.contains(kind), "{head}");
    assert!(body.ends_with("# EOF\n"));
    samples(&body)
}

/// Samples by name and labels.
fn samples(body: &str) -> BTreeMap<String, f64> {
    let lines = body.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a sample");
            (name.to_owned(), value.parse().expect("a number"))
        })
        .collect()
}

fn submit(name: &str) -> SubmitProposedToolRequest {
    let mut tool = host_api::proto::ProposedTool::from(&proposal(name, "1.0.0"));
    tool.generator = Some(Generator {
        model: "quill \"2\"\n# EOF".to_owned(),
        prompt_version: "7".to_owned(),
    });
    SubmitProposedToolRequest {
        tool: Some(tool),
        ..Default::default()
    }
}

/// Proposes a tool and waits for its verdict.
async fn propose(host: &Host, name: &str) -> String {
    let mut client = host.validation().await;
    let answer = client.submit_proposed_tool(submit(name)).await.unwrap();
    let proposal_id = answer.into_inner().proposal_id;
    let mut steps = client
        .watch_validation(WatchValidationRequest {
            proposal_id: proposal_id.clone(),
        })
        .await
        .unwrap()
        .into_inner();
    while steps.message().await.unwrap().is_some() {}
    proposal_id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_tells_what_happened() {
    let plan = [
        Plan::MachineFails,
        Plan::Judge(Verdict::HumanReviewRequired),
    ];
    let validator = Scripted::new(&plan, usize::MAX >> 3);
    let tools = [
        Seed::echo(),
        Seed::new("no-json", crate::common::guests::echo()),
    ];
    let host = Host::start(&tools, with_metrics, validator).await;
    for _ in 0..3 {
        host.call(request("echo", "1")).await.unwrap();
    }
    host.call(request("no-json", "{")).await.unwrap();
    host.call(request("nowhere", "1")).await.unwrap_err();
    let wrong = ExecuteToolRequest {
        name: "\"} 1\n# EOF\n\\".to_owned() + &"x".repeat(10_000),
        ..Default::default()
    };
    host.call(wrong).await.unwrap_err();
    let id = propose(&host, "proposed").await;
    let before = scrape(&host).await;
    let decide = DecideReviewRequest {
        tool: Some(ToolVersionRef {
            r#ref: Some(Ref::ProposalId(id)),
        }),
        decision: Decision::Approve.into(),
        by: "ada".to_owned(),
        reason: "looked at".to_owned(),
    };
    host.knowledge().await.decide_review(decide).await.unwrap();
    let after = scrape(&host).await;

    let value = |name: &str| {
        *after
            .get(name)
            .unwrap_or_else(|| panic!("{name} in {after:#?}"))
    };
    let execute = r#"grpc_type="unary",grpc_service="wasm_runner.v1.ExecutionService",grpc_method="ExecuteTool""#;
    for (name, expected) in [
        (
            r#"wasm_runner_calls_total{tool="echo",outcome="success"}"#,
            3.0,
        ),
        (
            r#"wasm_runner_calls_total{tool="no-json",outcome="invalid_input"}"#,
            1.0,
        ),
        (r#"wasm_runner_call_fuel_count{tool="echo"}"#, 3.0),
        (r#"wasm_runner_call_fuel_count{tool="no-json"}"#, 0.0),
        (r#"wasm_runner_call_memory_bytes_count{tool="echo"}"#, 3.0),
        (&format!("grpc_server_started_total{{{execute}}}"), 6.0),
        (
            &format!(r#"grpc_server_handled_total{{{execute},grpc_code="OK"}}"#),
            4.0,
        ),
        (
            &format!(r#"grpc_server_handled_total{{{execute},grpc_code="NotFound"}}"#),
            1.0,
        ),
        (
            &format!(r#"grpc_server_handled_total{{{execute},grpc_code="InvalidArgument"}}"#),
            1.0,
        ),
        (
            &format!("grpc_server_handling_seconds_count{{{execute}}}"),
            6.0,
        ),
        (
            r#"grpc_server_handled_total{grpc_type="server_stream",grpc_service="wasm_runner.v1.ValidationService",grpc_method="WatchValidation",grpc_code="OK"}"#,
            1.0,
        ),
        (r#"wasm_runner_proposals_total{answer="accepted"}"#, 1.0),
        ("wasm_runner_validation_interruptions_total", 1.0),
        (
            r#"wasm_runner_validations_total{verdict="human_review_required"}"#,
            1.0,
        ),
        (r#"wasm_runner_validations_total{verdict="passed"}"#, 0.0),
        (
            r#"wasm_runner_validation_stage_seconds_count{stage="test",status="passed"}"#,
            1.0,
        ),
        (
            r#"wasm_runner_generator_validations_total{generator="quill__2____EOF@7",verdict="human_review_required"}"#,
            1.0,
        ),
        ("wasm_runner_validations_in_progress", 0.0),
        ("wasm_runner_validation_queue_length", 0.0),
        (r#"wasm_runner_decisions_total{decision="approve"}"#, 1.0),
        (r#"wasm_runner_tool_versions{state="active"}"#, 3.0),
        (r#"wasm_runner_tool_versions{state="review"}"#, 0.0),
        ("wasm_runner_sandbox_slots_used", 0.0),
        ("wasm_runner_calls_admitted_limit", 4.0 + 256.0),
        ("wasm_runner_tools_loaded", 2.0),
    ] {
        assert!(
            (value(name) - expected).abs() < 1e-9,
            "{name} is {}",
            value(name)
        );
    }
    for more in [
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_threads",
        "process_open_fds",
        "process_start_time_seconds",
        "wasm_runner_data_filesystem_available_bytes",
        r#"wasm_runner_data_used_bytes{part="knowledge"}"#,
        r#"wasm_runner_data_used_bytes{part="compiled"}"#,
        r#"wasm_runner_tool_lookups_total{source="answer"}"#,
        r#"wasm_runner_call_cpu_seconds_total{tool="echo"}"#,
    ] {
        assert!(value(more) > 0.0, "{more}");
    }
    // The review is a queue of one with an age, and then it is none without.
    let oldest = r#"wasm_runner_tool_versions_oldest_timestamp_seconds{state="review"}"#;
    assert!(before[r#"wasm_runner_tool_versions{state="review"}"#] > 0.0);
    assert!(before[oldest] > 1.7e9 && !after.contains_key(oldest));
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_has_the_name_and_labels_of_the_table_and_each_metric_has_samples() {
    let host = Host::start(&[Seed::echo()], with_metrics, Scripted::passing()).await;
    host.call(request("echo", "1")).await.unwrap();
    propose(&host, "proposed").await;
    let samples = scrape(&host).await;
    let mut seen = BTreeSet::new();
    for sample in samples.keys() {
        let (name, labels) = sample.split_once('{').unwrap_or((sample, ""));
        let of = |metric: &&&host_api::Metric| {
            let mut suffixes = metric.kind.suffixes().iter();
            suffixes.any(|suffix| name.strip_suffix(suffix) == Some(metric.name))
        };
        let metric = METRICS.iter().find(of);
        let metric = metric.unwrap_or_else(|| panic!("{sample} is not in the table"));
        let labels: Vec<_> = labels
            .split(',')
            .filter_map(|label| Some(label.split_once("=\"")?.0))
            .filter(|label| *label != "le" || !matches!(metric.kind, MetricKind::Histogram(_)))
            .collect();
        assert_eq!(labels, metric.labels, "{sample}");
        seen.insert(metric.name);
    }
    // The scripted validator has no build stage.
    let missing: Vec<_> = METRICS
        .iter()
        .map(|metric| metric.name)
        .filter(|name| !seen.contains(name) && *name != "wasm_runner_generator_builds_total")
        .collect();
    assert_eq!(missing, [""; 0]);
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_metrics_are_there_and_only_to_be_read() {
    let host = Host::start(&[], with_metrics, Scripted::passing()).await;
    let address = host.metrics.expect("it listens");
    let (head, body) = get(address, "/").await;
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    assert_eq!(body, "only /metrics is here\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let post = b"POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(post).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    host.stopped().await;
}

/// One scraper after another asks and never reads: all that it holds are the few places there are.
#[tokio::test(flavor = "multi_thread")]
async fn scrapers_that_never_read_or_never_ask_hold_neither_calls_nor_the_end_up() {
    let host = Host::start(&[Seed::echo()], with_metrics, Scripted::passing()).await;
    let address = host.metrics.expect("it listens");
    let mut silent = Vec::new();
    for number in 0..40 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if number % 2 == 0 {
            // May fail for one that is refused already.
            drop(
                stream
                    .write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")
                    .await,
            );
        }
        silent.push(stream);
    }
    for _ in 0..10 {
        host.call(request("echo", "1")).await.unwrap();
    }
    // With the silent ones still there: it stops none the later.
    host.stopped().await;
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut config = crate::common::config(folder.path());
    config.metrics_listen = Some(taken.local_addr().unwrap());
    let error = host_api::Server::bind_with(config, Scripted::passing()).await;
    let error = error.err().expect("refused").to_string();
    assert!(error.contains("for scrapers of metrics"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_runs_is_seen_to_run_and_then_to_have_been_cancelled() {
    let spins = Seed::new("spins", crate::common::guests::spins());
    let host = Host::start(&[spins], with_metrics, Scripted::passing()).await;
    let mut client = host.execution().await;
    let call = tokio::spawn(async move { client.execute_tool(request("spins", "1")).await });
    let running = |samples: &BTreeMap<String, f64>| {
        samples["wasm_runner_sandbox_slots_used"] > 0.5
            && samples[r#"wasm_runner_pool_used{resource="memories"}"#] > 0.5
            && samples["wasm_runner_calls_admitted"] > 0.5
    };
    let seen = async { while !running(&scrape(&host).await) {} };
    tokio::time::timeout(LONG, seen).await.expect("it runs");
    call.abort();
    host.until_running(0).await;
    let samples = scrape(&host).await;
    let cancelled = r#"wasm_runner_calls_total{tool="spins",outcome="cancelled"}"#;
    assert!(!running(&samples) && samples[cancelled] > 0.5);
    let canceled = r#"grpc_server_handled_total{grpc_type="unary",grpc_service="wasm_runner.v1.ExecutionService",grpc_method="ExecuteTool",grpc_code="Canceled"}"#;
    assert!(samples[canceled] > 0.5);
    host.stopped().await;
}
