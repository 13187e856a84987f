//! Streams, deadlines, callers that go away, and too many of them.

use crate::common::seed::Seed;
use crate::common::{Host, LONG, guests, kind, request};
use host_api::proto::execute_tool_stream_response::Event;
use host_api::proto::{ExecuteToolRequest, OutcomeKind};
use std::time::{Duration, Instant};
use tokio_stream::StreamExt as _;
use tonic::{Code, Request};
use tonic_types::StatusExt as _;

/// Far above what it takes (a few milliseconds), and far below the guest's own limits.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_tells_what_is_written_and_then_what_happened() {
    let host = Host::with(&[Seed::echo(), Seed::new("no", guests::says_no())]).await;
    let mut client = host.execution().await;
    let large = format!("[{}1]", "1,".repeat(100_000));
    for (request, out, err, expected) in [
        (
            request("echo", &large),
            large.as_str(),
            "",
            OutcomeKind::Success,
        ),
        (
            request("no", "1"),
            "",
            "no such thing",
            OutcomeKind::ToolError,
        ),
        (request("echo", "{"), "", "", OutcomeKind::InvalidInput),
    ] {
        let mut stream = client
            .execute_tool_stream(request)
            .await
            .unwrap()
            .into_inner();
        let (mut stdout, mut stderr, mut last) = (Vec::new(), Vec::new(), None);
        while let Some(message) = stream.message().await.unwrap() {
            assert!(last.is_none(), "the execution comes last");
            match message.event.unwrap() {
                Event::Stdout(bytes) => stdout.extend(bytes),
                Event::Stderr(bytes) => stderr.extend(bytes),
                Event::Response(response) => last = response.execution,
            }
        }
        assert_eq!(String::from_utf8(stdout).unwrap(), out);
        assert_eq!(String::from_utf8(stderr).unwrap(), err);
        let execution = last.unwrap();
        assert_eq!(kind(&execution), expected);
        assert_eq!(&execution.output[..], out.as_bytes());
    }
    let status = client
        .execute_tool_stream(request("nobody", "1"))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    host.until_running(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn output_comes_while_the_tool_runs_and_the_tool_stops_when_its_reader_goes() {
    let host = Host::with(&[Seed::new("spin", guests::says_and_spins())]).await;
    let mut client = host.execution().await;
    let stream = client.execute_tool_stream(request("spin", "1")).await;
    let mut stream = stream.unwrap().into_inner();
    let mut heard = Vec::new();
    while heard.len() < 2 {
        heard.push(stream.next().await.unwrap().unwrap().event.unwrap());
    }
    assert_eq!(heard[0], Event::Stdout("one".into()));
    assert_eq!(heard[1], Event::Stderr("two".into()));
    // It spins for minutes yet.
    assert_eq!(host.running.count(), 1);
    let gone = Instant::now();
    drop(stream);
    host.until_running(0).await;
    assert!(gone.elapsed() < SOON, "{:?}", gone.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_stops_its_tool() {
    let host = Host::with(&[Seed::new("spin", guests::spins())]).await;
    let mut fastest = LONG;
    for _ in 0..10 {
        let mut client = host.execution().await;
        let call = tokio::spawn(async move { client.execute_tool(request("spin", "1")).await });
        host.until_running(1).await;
        let gone = Instant::now();
        call.abort();
        host.until_running(0).await;
        fastest = fastest.min(gone.elapsed());
    }
    println!("cancelled within {fastest:?}");
    assert!(fastest < SOON);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_stops_the_tool_and_is_told() {
    let host = Host::with(&[Seed::new("spin", guests::spins())]).await;
    let mut client = host.execution().await;
    let timed = |name: &str| {
        let mut request = Request::new(request(name, "1"));
        let value = "60m".parse().unwrap();
        request.metadata_mut().insert("grpc-timeout", value);
        request
    };
    let begun = Instant::now();
    let status = client.execute_tool(timed("spin")).await.unwrap_err();
    println!("unary: deadline of 60 ms told after {:?}", begun.elapsed());
    // tonic's own client gives up at the same time, and calls it so.
    let codes = [Code::DeadlineExceeded, Code::Cancelled];
    assert!(codes.contains(&status.code()), "{status:?}");
    host.until_running(0).await;
    assert!((Duration::from_millis(58)..SOON).contains(&begun.elapsed()));

    let begun = Instant::now();
    let stream = client.execute_tool_stream(timed("spin")).await.unwrap();
    let last = stream.into_inner().next().await.unwrap();
    println!("stream: deadline of 60 ms told after {:?}", begun.elapsed());
    assert_eq!(last.unwrap_err().code(), Code::DeadlineExceeded);
    host.until_running(0).await;
    assert!((Duration::from_millis(58)..SOON).contains(&begun.elapsed()));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_too_many_is_told_when_to_come_back() {
    let tools = [Seed::new("spin", guests::spins()), Seed::echo()];
    let host = Host::start(
        &tools,
        |config| {
            config.max_running_calls = 1;
            config.max_waiting_calls = 1;
        },
        crate::common::scripted::Scripted::passing(),
    )
    .await;
    let spin = || async {
        let mut client = host.execution().await;
        tokio::spawn(async move { client.execute_tool(request("spin", "1")).await })
    };
    let first = spin().await;
    host.until_running(1).await;
    // This one waits: the spinning one has the only place.
    let second = spin().await;
    host.until_running(2).await;
    let status = host.call(request("echo", "1")).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let details = status.get_error_details();
    assert!(details.retry_info().unwrap().retry_delay.is_some());
    // A stream is one call as well.
    let mut client = host.execution().await;
    let stream = client.execute_tool_stream(request("echo", "1")).await;
    assert_eq!(stream.unwrap_err().code(), Code::ResourceExhausted);
    first.abort();
    second.abort();
    host.until_running(0).await;
    let execution = host.call(request("echo", "1")).await.unwrap();
    assert_eq!(kind(&execution), OutcomeKind::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_callers_at_once_all_get_their_own_answer() {
    let host = Host::with(&[Seed::echo()]).await;
    let client = host.execution().await;
    let calls: Vec<_> = (0..100)
        .map(|n| {
            let mut client = client.clone();
            tokio::spawn(async move {
                let request: ExecuteToolRequest = request("echo", &n.to_string());
                client.execute_tool(request).await
            })
        })
        .collect();
    for (n, call) in calls.into_iter().enumerate() {
        let response = call.await.unwrap().unwrap().into_inner();
        assert_eq!(
            &response.execution.unwrap().output[..],
            n.to_string().as_bytes()
        );
    }
    assert_eq!(host.running.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_served_and_stopped_while_guests_spin() {
    let tools = [Seed::new("spin", guests::spins()), Seed::echo()];
    let host = Host::start(
        &tools,
        |config| config.max_running_calls = 16,
        crate::common::scripted::Scripted::passing(),
    )
    .await;
    let spinning = host.execution().await;
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let mut client = spinning.clone();
            tokio::spawn(async move { client.execute_tool(request("spin", "1")).await })
        })
        .collect();
    host.until_running(8).await;
    let mut client = host.execution().await;
    let begun = Instant::now();
    client.execute_tool(request("echo", "1")).await.unwrap();
    let (echo, begun) = (begun.elapsed(), Instant::now());
    for call in &calls {
        call.abort();
    }
    host.until_running(0).await;
    println!("echo took {echo:?}, stopping took {:?}", begun.elapsed());
    assert!(echo < SOON && begun.elapsed() < SOON);
}
