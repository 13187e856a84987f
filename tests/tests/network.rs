//! The network of a tool, from the operator's ceiling through a grant and a call to a server.

mod common;
#[path = "../../runtime/tests/common/network.rs"]
mod network;

use common::seeded::{Seed, Seeded, kind, policy, request};
use host_api::proto::{CallLimits, CallPolicy, Execution, OutcomeKind};
use policies::Policy;

/// What the tool's approval granted.
fn grant(host: &str) -> Policy {
    policy(&format!(
        "[limits]\ninstances = 8\nnetwork_requests = 4\nnetwork_bytes = \"100 kB\"\n\
         [capabilities]\nnetwork = [\"{host}\"]\nclocks = \"real\"\nrandom = \"real\"\n"
    ))
}

fn tool(name: &str, host: &str) -> Seed {
    Seed {
        name: name.to_owned(),
        wasm: network::guest(),
        grant: grant(host),
    }
}

fn gave(execution: &Execution) -> String {
    assert_eq!(kind(execution), OutcomeKind::Success, "{execution:?}");
    String::from_utf8_lossy(&execution.output).into_owned()
}

/// The rules that denied something.
fn rules(execution: &Execution) -> Vec<&str> {
    execution.denied.iter().map(|one| &one.rule[..]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tool_reaches_what_ceiling_grant_and_call_allow() {
    let port = network::http("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    let there = format!("127.0.0.1:{port}");
    let beyond = network::Untouched::new();
    let elsewhere = format!("127.0.0.1:{}", beyond.port());
    let tools = [
        tool("granted", &there),
        tool("beyond", &elsewhere),
        tool("other", "a.example:80"),
    ];
    // Of what was granted the ceiling has one address.
    let mut service = Seeded::calling(&[there.clone(), "*:80".to_owned()], tools).await;

    let ask = format!("\"h{there}\"");
    let execution = service
        .call(request("granted", &ask))
        .await
        .expect("answered");
    assert_eq!(gave(&execution), "\"hello\"");
    let usage = execution.usage.expect("usage");
    assert_eq!(usage.network_requests, 1);
    assert!(
        usage.network_sent > 0 && usage.network_received > 5,
        "{usage:?}"
    );
    assert_eq!(rules(&execution), [""; 0]);

    // Granted to the tool, and above the ceiling.
    let ask_beyond = format!("\"h{elsewhere}\"");
    let execution = service
        .call(request("beyond", &ask_beyond))
        .await
        .expect("answered");
    assert_eq!(
        (&gave(&execution)[..], rules(&execution)),
        ("\"!ce\"", vec!["network"])
    );
    assert!(beyond.holds());
    // Within the ceiling, and not granted to the tool.
    let execution = service
        .call(request("other", &ask))
        .await
        .expect("answered");
    assert_eq!(
        (&gave(&execution)[..], rules(&execution)),
        ("\"!ce\"", vec!["network"])
    );

    // A call narrows it further.
    let mut narrow = request("granted", &ask);
    narrow.policy = Some(CallPolicy {
        limits: Some(CallLimits {
            network_requests: Some(0),
            ..CallLimits::default()
        }),
        ..CallPolicy::default()
    });
    let execution = service.call(narrow).await.expect("answered");
    assert_eq!(
        (&gave(&execution)[..], rules(&execution)),
        ("\"!cl\"", vec!["network_requests"])
    );
    service.still_serves("calls to the network").await;
    service.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_of_a_component_is_repeated_without_the_service_and_without_the_server() {
    let server = network::Gone::http(1, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    let there = format!("127.0.0.1:{}", server.port());
    let hosts = std::slice::from_ref(&there);
    let service = Seeded::calling(hosts, [tool("granted", &there)]).await;
    // Clocks, randomness, no folder, and the server.
    let ask = format!("\"oh{there}\"");
    let (execution, recording) = service.recorded(request("granted", &ask)).await;
    let said = gave(&execution);
    assert!(said.ends_with("!aahello\""), "{said}");
    service.stop();
    server.is_gone();

    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("case.rec"), recording).expect("written");
    std::fs::write(folder.path().join("tool.wasm"), network::guest()).expect("written");
    let args = ["replay", "--json", "case.rec", "tool.wasm"];
    let told = common::json(&common::well(folder.path(), args));
    assert_eq!(told["verdict"]["kind"], "same", "{told}");
    assert_eq!(told["execution"]["output"], said);
    let fuel = execution.usage.expect("usage").fuel;
    assert_eq!(told["execution"]["usage"]["fuel"], fuel);
}
