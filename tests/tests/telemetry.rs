//! What an operator sees of a real service: its traces at a collector, its log and its metrics.
//!
//! Needs what `make setup` makes.

mod common;

use common::{Service, json, tools, well};
use host_api::proto::execution_service_client::ExecutionServiceClient;
use host_api::proto::knowledge_service_client::KnowledgeServiceClient;
use host_api::proto::validation_service_client::ValidationServiceClient;
use host_api::proto::{
    DecideReviewRequest, Decision, ExecuteToolRequest, SubmitProposedToolRequest, ToolVersionRef,
    WatchValidationRequest, tool_version_ref::Ref,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use tokio::sync::mpsc;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use validation::ProposedTool;

/// What a guest writes to look like the service's own log.
const FORGED: &str =
    r#"eprintln!("first\n{{\"level\":\"ERROR\",\"message\":\"forged\"}}\n\x1b[31mred");"#;

/// A collector that speaks OTLP over gRPC.
struct Collector(mpsc::UnboundedSender<Span>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for resource in request.into_inner().resource_spans {
            let about = resource.resource.unwrap_or_default();
            let names = |it: &&opentelemetry_proto::tonic::common::v1::KeyValue| {
                it.key == "service.name" && format!("{:?}", it.value).contains("wasm-runner")
            };
            assert!(about.attributes.iter().any(|it| names(&it)), "{about:?}");
            for scope in resource.scope_spans {
                for span in scope.spans {
                    // The test may have seen enough.
                    let _ = self.0.send(span);
                }
            }
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// Starts one; gives its address and the spans that come.
async fn collector() -> (String, mpsc::UnboundedReceiver<Span>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(Collector(sender)))
            .serve_with_incoming(incoming),
    );
    (format!("http://{address}"), receiver)
}

/// A request in a trace of the caller's.
fn traced<T>(message: T, trace: u8) -> Request<T> {
    let mut request = Request::new(message);
    let parent = format!(
        "00-{}-00000000000000{trace:02x}-01",
        format!("{trace:02x}").repeat(16)
    );
    let metadata = request.metadata_mut();
    metadata.insert("traceparent", parent.parse().unwrap());
    metadata.insert("x-request-id", format!("request-{trace}").parse().unwrap());
    request
}

fn scrape(address: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let request = b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(request).expect("asked");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    text
}

/// The value of a sample.
fn sample(text: &str, name: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().expect("a number"))
}

fn log_lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("a log");
    text.lines().map(json).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_shows_a_tool_from_proposal_to_decision_and_one_a_call_down_to_its_guest() {
    let (endpoint, mut spans) = collector().await;
    let folder = tempfile::tempdir().expect("a folder");
    let thresholds = folder.path().join("thresholds.toml");
    // A person decides on everything.
    fs::write(&thresholds, "[confidence]\npass = 1.0\n").expect("written");
    let log = folder.path().join("log");
    let options = [
        "--otlp-endpoint",
        &endpoint,
        "--thresholds",
        &thresholds.display().to_string(),
    ];
    let file = File::create(&log).expect("a log");
    let (service, metrics) = Service::observed(&folder.path().join("data"), &options, file);
    let channel = Channel::from_shared(service.url.clone()).unwrap();
    let channel = channel.connect().await.expect("a connection");

    let text = fs::read_to_string(tools().join("good/text-digest.json")).expect("there");
    let mut tool = ProposedTool::from_json(&text).expect("a proposal");
    let begin = "let bytes = match";
    tool.source_code = tool
        .source_code
        .replacen(begin, &format!("{FORGED}\n{begin}"), 1);
    let mut validation = ValidationServiceClient::new(channel.clone());
    let submit = SubmitProposedToolRequest {
        tool: Some((&tool).into()),
        ..Default::default()
    };
    let proposed = validation.submit_proposed_tool(traced(submit, 0xaa)).await;
    let proposal_id = proposed.expect("taken in").into_inner().proposal_id;
    let watch = WatchValidationRequest {
        proposal_id: proposal_id.clone(),
    };
    let steps = validation.watch_validation(watch).await.expect("watched");
    let mut steps = steps.into_inner();
    while steps.message().await.expect("a step").is_some() {}
    let decide = DecideReviewRequest {
        tool: Some(ToolVersionRef {
            r#ref: Some(Ref::ProposalId(proposal_id.clone())),
        }),
        decision: Decision::Approve.into(),
        by: "ada".to_owned(),
        reason: "looked at".to_owned(),
    };
    let mut knowledge = KnowledgeServiceClient::new(channel.clone());
    let decided = knowledge.decide_review(traced(decide, 0xbb)).await;
    decided.expect("it was in review");
    let call = ExecuteToolRequest {
        name: "text-digest".to_owned(),
        input: br#"{"text": "abc"}"#.to_vec().into(),
        ..Default::default()
    };
    let mut execution = ExecutionServiceClient::new(channel);
    let called = execution.execute_tool(traced(call, 0xcc)).await;
    let called = called.expect("called").into_inner().execution.expect("one");
    assert!(String::from_utf8_lossy(&called.stderr.unwrap().data).contains("forged"));

    // What is left is told when it stops.
    let told = sample(
        &scrape(&metrics),
        r#"wasm_runner_log_lines_total{level="info"}"#,
    );
    assert!(told > 0.0);
    tokio::task::spawn_blocking(|| service.stop())
        .await
        .unwrap();
    let mut all = Vec::new();
    while let Ok(span) = spans.try_recv() {
        all.push(span);
    }
    let of = |trace: u8| {
        let trace = [trace; 16];
        all.iter().filter(move |span| span.trace_id == trace)
    };
    let find = |trace: u8, name: &str| {
        let found = of(trace).find(|span| span.name == name);
        found.unwrap_or_else(|| {
            let names: Vec<_> = of(trace).map(|span| &span.name).collect();
            panic!("no {name} among {names:?}")
        })
    };
    let submitted = find(0xaa, "wasm_runner.v1.ValidationService/SubmitProposedTool");
    assert_eq!(submitted.parent_span_id, [0, 0, 0, 0, 0, 0, 0, 0xaa]);
    let validate = find(0xaa, "validate");
    let stages = find(0xaa, "stages");
    assert_eq!(stages.parent_span_id, validate.span_id);
    let mut last = 0;
    for stage in [
        "build", "inspect", "manifest", "test", "examples", "fuzz", "verdict",
    ] {
        let span = find(0xaa, stage);
        assert_eq!(span.parent_span_id, stages.span_id, "{stage}");
        let (begin, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
        assert!(
            last <= begin && begin <= end,
            "{stage} begins after the one before"
        );
        last = begin;
    }
    let decision = find(0xaa, "decision");
    assert_eq!(decision.links.len(), 1);
    assert_eq!(
        decision.links[0].trace_id, [0xbb; 16],
        "the request that decided"
    );
    find(0xbb, "wasm_runner.v1.KnowledgeService/DecideReview");
    let called = find(0xcc, "wasm_runner.v1.ExecutionService/ExecuteTool");
    assert_eq!(called.parent_span_id, [0, 0, 0, 0, 0, 0, 0, 0xcc]);
    let execute = find(0xcc, "execute");
    assert_eq!(execute.parent_span_id, called.span_id);
    let guest = find(0xcc, "guest");
    assert_eq!(guest.parent_span_id, execute.span_id);
    let events: Vec<_> = guest
        .events
        .iter()
        .map(|event| event.name.as_str())
        .collect();
    assert_eq!(events, ["guest.stderr"; 3], "a line each");

    // Each line of the log is ours: the guest's are none, and it names the request.
    let lines = log_lines(&log);
    assert!(
        lines
            .iter()
            .all(|line| line["service"] == "wasm-runner" && line["level"] != "ERROR")
    );
    let proposed = lines.iter().find(|line| line["message"] == "proposed");
    let proposed = proposed.expect("logged");
    assert_eq!(proposed["request_id"], "request-170");
    assert_eq!(proposed["trace_id"], "aa".repeat(16));
    assert_eq!(proposed["task_id"], proposal_id.as_str());
    assert!(
        proposed["span_id"]
            .as_str()
            .is_some_and(|id| id.len() == 16)
    );
    let validated = lines
        .iter()
        .find(|line| line["message"] == "validated" && !line["attempt_id"].is_null())
        .expect("logged");
    assert_eq!(validated["attempt_id"], format!("{proposal_id}/1"));
    assert_eq!(validated["tool"], "text-digest");
    assert_eq!(validated["version"], "1.0.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_hangs_costs_spans_and_no_call() {
    // Takes connections (the system does) and says nothing, ever.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", silent.local_addr().expect("bound"));
    let folder = tempfile::tempdir().expect("a folder");
    let options = ["--calls-only", "--otlp-endpoint", &endpoint];
    let file = File::create(folder.path().join("log")).expect("a log");
    let (service, metrics) = Service::observed(&folder.path().join("data"), &options, file);
    let channel = Channel::from_shared(service.url.clone()).unwrap();
    let channel = channel.connect().await.expect("a connection");
    let mut execution = ExecutionServiceClient::new(channel);
    loop {
        for _ in 0..50 {
            let call = ExecuteToolRequest {
                name: "nobody".to_owned(),
                ..Default::default()
            };
            let status = execution
                .execute_tool(call)
                .await
                .expect_err("no such tool");
            assert_eq!(status.code(), tonic::Code::NotFound, "answered as ever");
        }
        let text = scrape(&metrics);
        assert!(sample(&text, "wasm_runner_spans_exported_total") < 0.5);
        let dropped = r#"wasm_runner_spans_dropped_total{reason="export"}"#;
        if sample(&text, dropped) > 0.0 {
            break;
        }
    }
    tokio::task::spawn_blocking(|| service.stop())
        .await
        .unwrap();
    let lines = log_lines(&folder.path().join("log"));
    let said = |line: &&Value| {
        let message = line["message"].as_str().unwrap_or_default();
        message.starts_with("the collector of traces does not take spans")
    };
    assert_eq!(lines.iter().filter(said).count(), 1, "said once");
}

#[test]
fn the_log_level_changes_while_the_service_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let log = folder.path().join("log");
    let at = data.display().to_string();
    let change = |level: &str| ["log-level", level, "--data-dir", &at].map(str::to_owned);
    let early = common::run(folder.path(), change("debug"));
    let early = String::from_utf8_lossy(&early.stderr).into_owned();
    assert!(early.contains("no service has the data folder"), "{early}");

    let file = File::create(&log).expect("a log");
    let (service, _) = Service::observed(&data, &["--calls-only", "--log-level", "warn"], file);
    assert_eq!(
        fs::read_to_string(&log).expect("a log"),
        "",
        "info is not logged"
    );
    let wrong = common::run(folder.path(), change("loud"));
    assert_eq!(wrong.status.code(), Some(1));
    let wrong = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(
        wrong.contains("write error, warn, info, debug or trace"),
        "{wrong}"
    );
    well(folder.path(), change("debug"));
    let until = |words: &str| {
        while !fs::read_to_string(&log).expect("a log").contains(words) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    };
    until("the log level was changed");
    // A request's own span has the debug level: what is said in it names the request now.
    well(folder.path(), ["tool", "list", "--server", &service.url]);
    service.stop();
    let lines = log_lines(&log);
    assert_eq!(lines[0]["fields"]["level"], "debug", "{}", lines[0]);
    assert!(lines.iter().any(|line| line["message"] == "shutting down"));
    // The next service begins as it is told to, not as the one before was.
    let file = File::create(&log).expect("a log");
    let (service, _) = Service::observed(&data, &["--calls-only", "--log-level", "warn"], file);
    service.stop();
    assert_eq!(fs::read_to_string(&log).expect("a log"), "");
}
