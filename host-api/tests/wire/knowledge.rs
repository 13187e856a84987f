//! `KnowledgeService`: lists, decisions, events.

use crate::common::seed::Seed;
use crate::common::{Host, fields, guests};
use host_api::proto::{
    DecideReviewRequest, Decision, Event, GetArtifactRequest, GetToolRequest, ListToolsRequest,
    MoveRequest, NameAndVersion, ToolState, ToolVersion, ToolVersionRef, ValidationStatus,
    WatchEventsRequest, tool_version_ref::Ref,
};
use tokio_stream::StreamExt as _;
use tonic::Code;
use tonic_types::StatusExt as _;

fn of(name: &str, version: &str) -> Option<ToolVersionRef> {
    Some(ToolVersionRef {
        r#ref: Some(Ref::NameAndVersion(NameAndVersion {
            name: name.into(),
            version: version.into(),
        })),
    })
}

fn asked(name: &str) -> MoveRequest {
    MoveRequest {
        tool: of(name, "1.0.0"),
        by: "ada".into(),
        reason: "why not".into(),
    }
}

fn labels(tools: &[ToolVersion]) -> Vec<String> {
    tools
        .iter()
        .map(|tool| format!("{}@{}", tool.name, tool.version))
        .collect()
}

fn tools() -> Vec<Seed> {
    vec![
        Seed::new("count", guests::says("1")),
        Seed::new("count", guests::says("2"))
            .version("2.0.0")
            .failed(),
        Seed::new("count-all", guests::says("3")),
        Seed::new("doubt", guests::says("4")).in_review(),
        Seed::new("ready", guests::says("5")).inactive(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_are_listed_in_pages_and_by_filter() {
    let host = Host::with(&tools()).await;
    let mut client = host.knowledge().await;
    let mut all = Vec::new();
    let mut request = ListToolsRequest {
        page_size: 2,
        ..Default::default()
    };
    loop {
        let page = client
            .list_tools(request.clone())
            .await
            .unwrap()
            .into_inner();
        assert!(page.tools.len() <= 2);
        all.extend(labels(&page.tools));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let expected = [
        "count@2.0.0",
        "count@1.0.0",
        "count-all@1.0.0",
        "doubt@1.0.0",
        "ready@1.0.0",
    ];
    assert_eq!(all, expected);

    let mut filtered = async |name_prefix: &str, states: &[ToolState]| {
        let request = ListToolsRequest {
            name_prefix: name_prefix.into(),
            states: states.iter().map(|state| (*state).into()).collect(),
            ..Default::default()
        };
        let page = client.list_tools(request).await.unwrap().into_inner();
        labels(&page.tools)
    };
    assert_eq!(filtered("count-", &[]).await, ["count-all@1.0.0"]);
    assert_eq!(
        filtered("count", &[ToolState::Failed]).await,
        ["count@2.0.0"]
    );
    assert_eq!(
        filtered("", &[ToolState::Passed, ToolState::Review]).await,
        ["doubt@1.0.0", "ready@1.0.0"]
    );
    assert!(filtered("%", &[]).await.is_empty());

    let bad = ListToolsRequest {
        states: vec![99],
        ..Default::default()
    };
    assert_eq!(
        fields(&client.list_tools(bad).await.unwrap_err()),
        ["states[0]"]
    );
    let bad = ListToolsRequest {
        page_token: "nowhere".into(),
        ..Default::default()
    };
    assert_eq!(
        fields(&client.list_tools(bad).await.unwrap_err()),
        ["page_token"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tool_is_told_whole() {
    let host = Host::with(&tools()).await;
    let mut client = host.knowledge().await;
    let mut get = async |name: &str, version: &str, proposal_id: &str, include_source| {
        let request = GetToolRequest {
            name: name.into(),
            version: version.into(),
            proposal_id: proposal_id.into(),
            include_source,
        };
        client
            .get_tool(request)
            .await
            .map(tonic::Response::into_inner)
    };
    // The active one, although there is a newer one; its neighbour `count-all` is another tool.
    let tool = get("count", "", "", false).await.unwrap();
    let version = tool.tool.clone().unwrap();
    assert_eq!(version.version, "1.0.0");
    assert_eq!(version.validation_status(), ValidationStatus::Passed);
    assert_eq!(labels(&tool.versions), ["count@2.0.0", "count@1.0.0"]);
    let proposal = tool.proposal.unwrap();
    assert_eq!(proposal.source_code, "");
    assert_eq!(proposal.tool_id, version.tool_id);
    assert!(
        proposal
            .validation_results
            .contains("\"verdict\":\"passed\"")
    );
    assert!(proposal.created_at.is_some());
    assert_eq!(tool.manifest.unwrap().input_schema_json, "true");
    assert!(tool.grant.unwrap().limits.unwrap().fuel > 0);
    assert_eq!(tool.report.unwrap().name, "count");
    let moves: Vec<_> = tool
        .audit
        .iter()
        .map(|entry| entry.r#move.as_str())
        .collect();
    assert_eq!(moves, ["propose", "begin_validation", "pass", "activate"]);

    // Where none is active, the newest; by its proposal, the same.
    let ready = get("ready", "", "", true).await.unwrap();
    assert_eq!(ready.proposal.as_ref().unwrap().source_code, "fn main() {}");
    let id = ready.tool.as_ref().unwrap().proposal_id.clone();
    assert_eq!(get("", "", &id, true).await.unwrap(), ready);
    assert_eq!(get("ready", "1.0.0", "", true).await.unwrap(), ready);

    assert_eq!(
        get("nobody", "", "", false).await.unwrap_err().code(),
        Code::NotFound
    );
    assert_eq!(
        get("count", "9.0.0", "", false).await.unwrap_err().code(),
        Code::NotFound
    );
    assert_eq!(
        fields(&get("count", "", &id, false).await.unwrap_err()),
        ["proposal_id"]
    );
    assert_eq!(fields(&get("", "", "", false).await.unwrap_err()), ["name"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_decides_and_illegal_moves_are_refused() {
    let host = Host::with(&tools()).await;
    let mut client = host.knowledge().await;
    let decide = |name: &str, decision: Decision, by: &str| DecideReviewRequest {
        tool: of(name, "1.0.0"),
        decision: decision.into(),
        by: by.into(),
        reason: "looked at it".into(),
    };
    let approve = decide("doubt", Decision::Approve, "ada");
    let moved = client
        .decide_review(approve.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(moved.tool.unwrap().state(), ToolState::Active);
    let rejected = client
        .decide_review(decide("ready", Decision::Reject, "ada"))
        .await;
    assert_eq!(
        rejected.unwrap().into_inner().tool.unwrap().state(),
        ToolState::Rejected
    );

    let status = client.decide_review(approve).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    let details = status.get_error_details();
    let violation = &details.precondition_failure().unwrap().violations[0];
    assert_eq!(violation.r#type, "ILLEGAL_MOVE");
    let status = client.activate_tool(asked("ready")).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);

    for (request, field) in [
        (decide("doubt", Decision::Unspecified, "ada"), "decision"),
        (decide("doubt", Decision::Approve, ""), "by"),
        (
            decide("Doubt", Decision::Approve, "ada"),
            "tool.name_and_version.name",
        ),
        (
            DecideReviewRequest {
                tool: None,
                ..decide("doubt", Decision::Approve, "ada")
            },
            "tool",
        ),
    ] {
        let status = client.decide_review(request).await.unwrap_err();
        assert_eq!(fields(&status), [field]);
    }
    let status = client.activate_tool(asked("nobody")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_from_any_point_and_then_as_they_happen() {
    let host = Host::with(&tools()).await;
    let mut client = host.knowledge().await;
    let so_far = WatchEventsRequest {
        after_sequence: 0,
        stop_at_end: true,
    };
    let stream = client.watch_events(so_far).await.unwrap().into_inner();
    let so_far: Vec<Event> = stream.map(Result::unwrap).collect().await;
    // Three moves for each tool, and one more for the two that are active.
    assert_eq!(so_far.len(), 5 * 3 + 2);
    assert!(so_far.iter().zip(1..).all(|(event, n)| event.sequence == n));
    let last = so_far.last().unwrap().sequence;

    let live = WatchEventsRequest {
        after_sequence: last - 1,
        stop_at_end: false,
    };
    let mut live = client.watch_events(live).await.unwrap().into_inner();
    assert_eq!(
        live.next().await.unwrap().unwrap(),
        so_far[so_far.len() - 1]
    );
    client.activate_tool(asked("ready")).await.unwrap();
    let event = live.next().await.unwrap().unwrap();
    assert_eq!(event.sequence, last + 1);
    assert_eq!(event.r#type, "dev.ocode.tool.activated.v1");
    assert_eq!(event.subject, "ready@1.0.0");
    let data = event.data.unwrap();
    assert_eq!((data.by.as_str(), data.reason.as_str()), ("ada", "why not"));
    assert_eq!(data.from_state(), ToolState::Passed);

    let beyond = |stop_at_end| WatchEventsRequest {
        after_sequence: u64::MAX,
        stop_at_end,
    };
    let ended = client.watch_events(beyond(true)).await.unwrap();
    assert!(ended.into_inner().next().await.is_none());
    let waiting = client.watch_events(beyond(false)).await.unwrap();

    host.stop();
    for mut stream in [live, waiting.into_inner()] {
        let status = stream.next().await.unwrap().unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
    }
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn modules_come_in_pieces() {
    // A custom section makes it larger than one piece.
    let mut wasm = guests::says("1");
    let section = vec![7; 600 * 1024];
    let mut body = vec![1, b'x'];
    body.extend(&section);
    wasm.push(0);
    let mut length = body.len();
    while length >= 0x80 {
        wasm.push(0x80 | u8::try_from(length & 0x7f).unwrap());
        length >>= 7;
    }
    wasm.push(u8::try_from(length).unwrap());
    wasm.extend(body);
    let host = Host::with(&[Seed::new("large", wasm.clone())]).await;
    let mut client = host.knowledge().await;
    let digest = kbi::Digest::of(&wasm).to_string();
    let stream = client.get_artifact(GetArtifactRequest { digest }).await;
    let mut stream = stream.unwrap().into_inner();
    let (mut bytes, mut pieces) = (Vec::new(), 0);
    while let Some(piece) = stream.message().await.unwrap() {
        assert_eq!(piece.total_bytes, wasm.len() as u64);
        bytes.extend(piece.data);
        pieces += 1;
    }
    assert!(pieces > 2);
    assert!(bytes == wasm);

    let unknown = GetArtifactRequest {
        digest: kbi::Digest::of(b"").to_string(),
    };
    let status = client.get_artifact(unknown).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let bad = GetArtifactRequest {
        digest: "../kbi.sqlite".into(),
    };
    assert_eq!(
        fields(&client.get_artifact(bad).await.unwrap_err()),
        ["digest"]
    );
}
