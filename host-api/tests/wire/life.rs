//! How the service starts, says that it is well, and ends.

use crate::common::scripted::Scripted;
use crate::common::seed::Seed;
use crate::common::{Host, LONG, config, guests, kind, request};
use host_api::proto::OutcomeKind;
use host_api::{Server, ServerError};
use policies::{DirectoryGrant, HostPath};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use tokio_stream::StreamExt as _;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

#[tokio::test(flavor = "multi_thread")]
async fn two_services_can_not_have_one_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::on(folder.path(), |_| {}, Scripted::passing()).await;
    let second = Server::bind_with(config(folder.path()), Scripted::passing()).await;
    let error = second.err().expect("refused");
    assert!(matches!(error, ServerError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("stop that one"));
    host.stopped().await;
    let third = Server::bind_with(config(folder.path()), Scripted::passing()).await;
    assert!(third.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_it_from_starting_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::with(&[]).await;
    let mut taken = config(folder.path());
    taken.listen = host.address;
    let error = Server::bind_with(taken, Scripted::passing()).await.err();
    assert!(
        matches!(error, Some(ServerError::Listen { .. })),
        "{error:?}"
    );

    let mut missing = config(folder.path());
    missing.ceiling.capabilities.directories[0].host = HostPath::Path("/no/such/folder".into());
    let error = Server::bind_with(missing, Scripted::passing()).await.err();
    let Some(ServerError::Ceiling { grant, .. }) = error else {
        panic!("{error:?}");
    };
    let _: DirectoryGrant = grant;

    let mut uninstalled = config(folder.path());
    uninstalled.home = Some(folder.path().join("home"));
    let error = Server::bind(uninstalled).await.err();
    assert!(
        matches!(error, Some(ServerError::Installation(_))),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn its_data_is_its_owners_only() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let host = Host::on(&data, |_| {}, Scripted::passing()).await;
    for (name, mode) in [
        ("", 0o700),
        ("folders", 0o700),
        ("installation.key", 0o600),
        ("kbi.sqlite", 0o600),
    ] {
        let metadata = std::fs::metadata(data.join(name)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "{name}");
    }
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_serving_and_then_not() {
    let host = Host::with(&[]).await;
    let mut client = HealthClient::new(host.channel().await);
    let names = [
        "",
        "wasm_runner.v1.ExecutionService",
        "wasm_runner.v1.ValidationService",
        "wasm_runner.v1.KnowledgeService",
    ];
    let mut streams = Vec::new();
    for name in names {
        let request = HealthCheckRequest {
            service: name.to_owned(),
        };
        let status = client.check(request.clone()).await.unwrap().into_inner();
        assert_eq!(status.status(), ServingStatus::Serving, "{name}");
        streams.push(client.watch(request).await.unwrap().into_inner());
    }
    for stream in &mut streams {
        assert_eq!(
            stream.next().await.unwrap().unwrap().status(),
            ServingStatus::Serving
        );
    }
    host.stop();
    for stream in &mut streams {
        let status = stream.next().await.unwrap().unwrap();
        assert_eq!(status.status(), ServingStatus::NotServing);
    }
    // Watchers of its health do not keep it from ending.
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reflection_tells_the_services_and_their_files() {
    let host = Host::with(&[]).await;
    let mut client = ServerReflectionClient::new(host.channel().await);
    let mut ask = async |message: MessageRequest| {
        let request = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(message),
        };
        let requests = tokio_stream::iter([request]);
        let mut stream = client
            .server_reflection_info(requests)
            .await
            .unwrap()
            .into_inner();
        stream
            .next()
            .await
            .unwrap()
            .unwrap()
            .message_response
            .unwrap()
    };
    let MessageResponse::ListServicesResponse(list) =
        ask(MessageRequest::ListServices(String::new())).await
    else {
        panic!("no list");
    };
    let names: Vec<_> = list
        .service
        .iter()
        .map(|service| service.name.as_str())
        .collect();
    for name in [
        "wasm_runner.v1.ExecutionService",
        "wasm_runner.v1.ValidationService",
        "wasm_runner.v1.KnowledgeService",
        "grpc.health.v1.Health",
    ] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let symbol = "wasm_runner.v1.ValidationReport".to_owned();
    let file = ask(MessageRequest::FileContainingSymbol(symbol)).await;
    assert!(
        matches!(file, MessageResponse::FileDescriptorResponse(_)),
        "{file:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_call_ends_well_within_the_grace_period() {
    let mut tool = Seed::new("spin", guests::spins());
    tool.grant.limits.wall_time = policies::WallTime::millis(500);
    let host = Host::with(&[tool]).await;
    let mut client = host.execution().await;
    let mut late = client.clone();
    let call = tokio::spawn(async move { client.execute_tool(request("spin", "1")).await });
    host.until_running(1).await;
    host.stop();
    let execution = call.await.unwrap().unwrap().into_inner().execution.unwrap();
    // By its own limit, not by ours.
    assert_eq!(kind(&execution), OutcomeKind::DeadlineExceeded);
    // Nothing new is taken: refused by the service, or by the connection that is going away.
    let status = late.execute_tool(request("spin", "1")).await.unwrap_err();
    assert!(
        matches!(
            status.code(),
            Code::Unavailable | Code::Cancelled | Code::Unknown
        ),
        "{status:?}"
    );
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_outlives_the_grace_period_is_told_that_it_was_cancelled() {
    let host = Host::start(
        &[Seed::new("spin", guests::spins())],
        |config| config.grace = Duration::from_millis(50),
        Scripted::passing(),
    )
    .await;
    let mut client = host.execution().await;
    let mut streaming = client.clone();
    let call = tokio::spawn(async move { client.execute_tool(request("spin", "1")).await });
    let stream = streaming.execute_tool_stream(request("spin", "1")).await;
    let mut stream = stream.unwrap().into_inner();
    host.until_running(2).await;
    host.stop();
    let execution = call.await.unwrap().unwrap().into_inner().execution.unwrap();
    assert_eq!(kind(&execution), OutcomeKind::Cancelled);
    assert!(execution.usage.unwrap().fuel > 0);
    let last = tokio::time::timeout(LONG, stream.next()).await.unwrap();
    let last = last.unwrap().unwrap().event.unwrap();
    let host_api::proto::execute_tool_stream_response::Event::Response(response) = last else {
        panic!("{last:?}");
    };
    assert_eq!(kind(&response.execution.unwrap()), OutcomeKind::Cancelled);
    host.stopped().await;
}
