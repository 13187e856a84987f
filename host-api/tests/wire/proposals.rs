//! `ValidationService`: what is taken in, how it is followed, and that nothing is lost.

use crate::common::scripted::{Plan, Scripted};
use crate::common::seed::{Seed, proposal};
use crate::common::{Host, LONG, fields, guests, kind, request, until};
use host_api::proto::watch_validation_response::Event;
use host_api::proto::{
    GetAttestationsRequest, GetValidationRequest, ListToolsRequest, MoveRequest, NameAndVersion,
    OutcomeKind, ProposedTool, SourceFile, SubmitProposedToolRequest, SubmitProposedToolResponse,
    ToolState, ToolVersionRef, ValidationStatus, Verdict, WatchValidationRequest,
    WatchValidationResponse, tool_version_ref::Ref,
};
use std::sync::atomic::Ordering;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

fn submission(name: &str, version: &str) -> SubmitProposedToolRequest {
    SubmitProposedToolRequest {
        tool: Some((&proposal(name, version)).into()),
        ..Default::default()
    }
}

async fn submit(host: &Host, name: &str) -> SubmitProposedToolResponse {
    let mut client = host.validation().await;
    let request = submission(name, "1.0.0");
    client
        .submit_proposed_tool(request)
        .await
        .unwrap()
        .into_inner()
}

/// All steps, and why there are no more if that is not a good end.
async fn watch(host: &Host, id: &str) -> (Vec<WatchValidationResponse>, Option<Status>) {
    let request = WatchValidationRequest {
        proposal_id: id.to_owned(),
    };
    let mut client = host.validation().await;
    let mut stream = client.watch_validation(request).await.unwrap().into_inner();
    let mut steps = Vec::new();
    let all = async {
        loop {
            match stream.message().await {
                Ok(Some(step)) => steps.push(step),
                Ok(None) => return None,
                Err(status) => return Some(status),
            }
        }
    };
    let end = tokio::time::timeout(LONG, all).await.expect("an end");
    (steps, end)
}

fn names(steps: &[WatchValidationResponse]) -> Vec<&'static str> {
    let name = |step: &WatchValidationResponse| match step.event.as_ref().unwrap() {
        Event::Queued(_) => "queued",
        Event::Begun(_) => "begun",
        Event::StageStarted(_) => "stage started",
        Event::Step(_) => "step",
        Event::StageFinished(_) => "stage finished",
        Event::Interrupted(_) => "interrupted",
        Event::Finished(_) => "finished",
    };
    steps.iter().map(name).collect()
}

const WHOLE: [&str; 6] = [
    "queued",
    "begun",
    "stage started",
    "step",
    "stage finished",
    "finished",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_is_validated_activated_and_called() {
    let host = Host::with(&[]).await;
    let submitted = submit(&host, "new").await;
    assert!(!submitted.already_known);
    assert_eq!(submitted.state(), ToolState::Proposed);
    assert_eq!(submitted.validation_status(), ValidationStatus::Pending);
    let id = submitted.proposal_id;
    let (steps, end) = watch(&host, &id).await;
    assert!(end.is_none(), "{end:?}");
    let Some(Event::Finished(finished)) = steps.last().and_then(|step| step.event.clone()) else {
        panic!("{steps:?}");
    };
    assert_eq!(finished.state(), ToolState::Passed);
    let report = finished.report.unwrap();
    assert_eq!(report.verdict(), Verdict::Passed);
    assert_eq!(report.stages[0].findings[0].rule, "test/failed");

    let activate = MoveRequest {
        tool: Some(ToolVersionRef {
            r#ref: Some(Ref::ProposalId(id.clone())),
        }),
        by: "ada".into(),
        reason: "wanted".into(),
    };
    let mut knowledge = host.knowledge().await;
    let moved = knowledge
        .activate_tool(activate)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(moved.tool.unwrap().state(), ToolState::Active);
    let execution = host.call(request("new", "[1]")).await.unwrap();
    assert_eq!(kind(&execution), OutcomeKind::Success);
    assert_eq!(&execution.output[..], b"[1]");

    let mut client = host.validation().await;
    let request = GetValidationRequest { proposal_id: id };
    let known = client.get_validation(request).await.unwrap().into_inner();
    assert_eq!(known.tool.unwrap().state(), ToolState::Active);
    assert_eq!(known.report.unwrap(), report);
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_hear_the_same_whenever_they_come() {
    let validator = Scripted::new(&[Plan::Judge(validation::Verdict::Failed)], 0);
    let host = Host::start(&[], |_| {}, validator.clone()).await;
    let id = submit(&host, "new").await.proposal_id;
    until(|| validator.tries.load(Ordering::SeqCst) == 1).await;
    let early = watch(&host, &id);
    let release = async {
        // While it goes on there is a state, and no report.
        let mut client = host.validation().await;
        let request = GetValidationRequest {
            proposal_id: id.clone(),
        };
        let known = client.get_validation(request).await.unwrap().into_inner();
        assert_eq!(known.tool.unwrap().state(), ToolState::Validating);
        assert!(known.report.is_none());
        validator.gate.add_permits(1);
    };
    let ((early, end), ()) = tokio::join!(early, release);
    assert!(end.is_none());
    assert_eq!(names(&early), WHOLE);
    let sequences: Vec<_> = early.iter().map(|step| step.sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5, 6]);
    // Once it is over, the end is what there is to tell; how exactly it came there is the report's.
    let mut late = watch(&host, &id).await.0;
    if late.len() > 1 {
        late.drain(..late.len() - 1);
    }
    assert_eq!(names(&late), ["finished"]);
    assert_eq!(late[0].event, early[5].event);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_again_is_known_and_something_else_is_a_conflict() {
    let host = Host::with(&[]).await;
    let first = submit(&host, "new").await;
    watch(&host, &first.proposal_id).await;
    let again = submit(&host, "new").await;
    assert!(again.already_known);
    assert_eq!(again.proposal_id, first.proposal_id);
    assert_eq!(again.tool_id, first.tool_id);
    assert_eq!(again.state(), ToolState::Passed);

    let mut client = host.validation().await;
    let mut other = submission("new", "1.0.0");
    other.tool.as_mut().unwrap().source_code = "fn main() { }".into();
    let status = client
        .submit_proposed_tool(other.clone())
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists);
    let details = status.get_error_details();
    assert_eq!(details.resource_info().unwrap().resource_name, "new@1.0.0");
    other.tool.as_mut().unwrap().version = "1.0.1".into();
    client.submit_proposed_tool(other).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_proposal_is_refused_with_every_field_that_is_wrong() {
    let host = Host::with(&[]).await;
    let mut client = host.validation().await;
    let empty = SubmitProposedToolRequest::default();
    let status = client.submit_proposed_tool(empty).await.unwrap_err();
    assert_eq!(fields(&status), ["tool"]);

    let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    let bad = ProposedTool {
        name: "a\0b".into(),
        description: "d".into(),
        version: "one".into(),
        language: "cobol".into(),
        specification_json: deep,
        files: ["../up", "/etc/passwd", "a\0"]
            .map(|path| SourceFile {
                path: path.into(),
                content: String::new(),
            })
            .to_vec(),
        ..Default::default()
    };
    let bad = SubmitProposedToolRequest {
        tool: Some(bad),
        ..Default::default()
    };
    let status = client.submit_proposed_tool(bad).await.unwrap_err();
    let mut found = fields(&status);
    found.sort_unstable();
    found.dedup();
    for field in [
        "tool.name",
        "tool.version",
        "tool.language",
        "tool.specification_json",
        "tool.files[0].path",
        "tool.files[1].path",
        "tool.files[2].path",
    ] {
        assert!(found.iter().any(|it| it == field), "{field} in {found:?}");
    }
    let mut long = submission("new", "1.0.0");
    long.by = "x".repeat(257);
    let status = client.submit_proposed_tool(long).await.unwrap_err();
    assert_eq!(fields(&status), ["by"]);
    // Nothing of that was kept.
    let mut knowledge = host.knowledge().await;
    let list = knowledge.list_tools(ListToolsRequest::default()).await;
    assert!(list.unwrap().into_inner().tools.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_with_hundreds_of_mistakes_is_still_answered() {
    let host = Host::with(&[]).await;
    let mut bad = submission("new", "1.0.0");
    let tool = bad.tool.as_mut().unwrap();
    tool.source_code.clear();
    tool.files = (0..512)
        .map(|n| SourceFile {
            path: format!("../{}{n}", "ä".repeat(100)),
            content: String::new(),
        })
        .collect();
    let mut client = host.validation().await;
    let found = fields(&client.submit_proposed_tool(bad).await.unwrap_err());
    assert_eq!(found[0], "tool.files[0].path");
    // What did not find room is at least counted.
    assert_eq!(found.last().map(String::as_str), Some(""));
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_proposals_are_not_found() {
    let host = Host::with(&[]).await;
    let mut client = host.validation().await;
    let id = "018f0000-0000-7000-8000-000000000000".to_owned();
    let get = GetValidationRequest {
        proposal_id: id.clone(),
    };
    let status = client.get_validation(get).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let watch = WatchValidationRequest { proposal_id: id };
    let status = client.watch_validation(watch).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let status = client
        .get_validation(GetValidationRequest {
            proposal_id: "7".into(),
        })
        .await
        .unwrap_err();
    assert_eq!(fields(&status), ["proposal_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_fails_is_tried_again_and_a_panic_is_no_outage() {
    let plans = [
        Plan::MachineFails,
        Plan::Panics,
        Plan::Judge(validation::Verdict::Passed),
    ];
    let validator = Scripted::new(&plans, 1);
    let host = Host::start(&[], |_| {}, validator.clone()).await;
    let id = submit(&host, "new").await.proposal_id;
    let watching = watch(&host, &id);
    let release = async {
        until(|| validator.tries.load(Ordering::SeqCst) >= 1).await;
        validator.gate.add_permits(2);
    };
    let ((steps, end), ()) = tokio::join!(watching, release);
    assert!(end.is_none(), "{end:?}");
    let interruptions: Vec<_> = steps
        .iter()
        .filter_map(|step| match &step.event {
            Some(Event::Interrupted(it)) => Some(it.message.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(interruptions.len(), 2);
    assert!(!interruptions[0].contains("secret"), "{interruptions:?}");
    let attempts: Vec<_> = steps
        .iter()
        .filter_map(|step| match &step.event {
            Some(Event::Begun(begun)) => Some((begun.attempt, begun.resumed)),
            _ => None,
        })
        .collect();
    assert_eq!(attempts, [(1, false), (2, true), (3, true)]);
    assert_eq!(names(&steps).last(), Some(&"finished"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_is_told_and_taken_up_when_it_is_proposed_again() {
    let plans = [
        Plan::MachineFails,
        Plan::MachineFails,
        Plan::MachineFails,
        Plan::Judge(validation::Verdict::HumanReviewRequired),
    ];
    let validator = Scripted::new(&plans, 100);
    let host = Host::start(&[], |_| {}, validator.clone()).await;
    let id = submit(&host, "new").await.proposal_id;
    let mut states = Vec::new();
    // Whoever watches takes it up again too, so this ends well at last.
    let end = loop {
        match watch(&host, &id).await {
            (steps, None) => break steps,
            (_, Some(status)) => {
                assert_eq!(status.code(), Code::Internal);
                assert!(!status.message().contains("secret"), "{status:?}");
                let again = submit(&host, "new").await;
                assert!(again.already_known);
                states.push(again.state());
            }
        }
    };
    assert!(
        states.iter().all(|it| *it == ToolState::Validating),
        "{states:?}"
    );
    let Some(Event::Finished(finished)) = end.last().unwrap().event.clone() else {
        panic!("{end:?}");
    };
    assert_eq!(finished.state(), ToolState::Review);
}

#[tokio::test(flavor = "multi_thread")]
async fn validations_that_were_cut_off_begin_anew_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let stuck = Scripted::new(&[Plan::Judge(validation::Verdict::Passed)], 0);
    let host = Host::on(folder.path(), |_| {}, stuck.clone()).await;
    // One is being validated, two wait.
    let mut ids = Vec::new();
    for name in ["one", "two", "three"] {
        ids.push(submit(&host, name).await.proposal_id);
    }
    until(|| stuck.tries.load(Ordering::SeqCst) == 1).await;
    let stop = async {
        // Once the watcher below is there.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        host.stop();
    };
    let ((_, end), ()) = tokio::join!(watch(&host, &ids[2]), stop);
    assert_eq!(end.unwrap().code(), Code::Unavailable);
    host.stopped().await;
    assert_eq!(stuck.cancelled.load(Ordering::SeqCst), 1);

    let host = Host::on(folder.path(), |_| {}, Scripted::passing()).await;
    for id in &ids {
        let (steps, end) = watch(&host, id).await;
        assert!(end.is_none(), "{end:?}");
        let Some(Event::Finished(finished)) = &steps.last().unwrap().event else {
            panic!("{steps:?}");
        };
        assert_eq!(finished.state(), ToolState::Passed);
    }
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn proposals_beyond_the_queue_are_told_to_come_back() {
    let stuck = Scripted::new(&[Plan::Judge(validation::Verdict::Passed)], 0);
    let host = Host::start(
        &[],
        |config| config.max_waiting_validations = 1,
        stuck.clone(),
    )
    .await;
    submit(&host, "one").await;
    until(|| stuck.tries.load(Ordering::SeqCst) == 1).await;
    submit(&host, "two").await;
    let mut client = host.validation().await;
    let status = client
        .submit_proposed_tool(submission("three", "1.0.0"))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.get_error_details().retry_info().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_an_installation_calls_tools_and_takes_no_proposals() {
    let folder = tempfile::tempdir().unwrap();
    crate::common::seed::plant(folder.path(), &[Seed::new("t", guests::says("1"))]);
    let server = host_api::Server::bind(crate::common::config(folder.path()))
        .await
        .unwrap();
    let address = format!("http://{}", server.local_addr());
    tokio::spawn(server.serve(host_api::CancellationToken::new()));
    let channel = tonic::transport::Endpoint::from_shared(address)
        .unwrap()
        .connect()
        .await
        .unwrap();
    let mut execution =
        host_api::proto::execution_service_client::ExecutionServiceClient::new(channel.clone());
    execution.execute_tool(request("t", "1")).await.unwrap();
    let mut client =
        host_api::proto::validation_service_client::ValidationServiceClient::new(channel);
    let status = client
        .submit_proposed_tool(submission("new", "1.0.0"))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert!(status.message().contains("make setup"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_is_seen_against_the_active_one_and_what_became_of_its_makers_tools() {
    let judge = Scripted::passing();
    let seeds = [
        Seed::echo(),
        // A pre-release answers only to its name, and one that only passed to nobody.
        Seed::echo().version("2.0.0-rc.1"),
        Seed::echo().version("1.1.0").inactive(),
        Seed::new("other", guests::says("1")).failed(),
    ];
    let host = Host::start(&seeds, |_| {}, judge.clone()).await;
    let mut client = host.validation().await;
    let submitted = client.submit_proposed_tool(submission("echo", "1.2.0"));
    let id = submitted.await.unwrap().into_inner().proposal_id;
    watch(&host, &id).await;
    let first = submit(&host, "new").await;
    watch(&host, &first.proposal_id).await;
    let backgrounds = judge.backgrounds.lock().unwrap();
    let [seen, alone] = backgrounds.as_slice() else {
        panic!("{backgrounds:?}");
    };
    let previous = seen.previous.as_ref().expect("a version before");
    assert_eq!(previous.label, "1.0.0");
    assert!(previous.artifact == guests::echo());
    let before = previous.proposal.as_ref().expect("its sources");
    assert_eq!(before.version.to_string(), "1.0.0");
    assert!(previous.manifest.is_some());
    let record = seen.track_record.expect("earlier tools");
    assert_eq!((record.passed, record.failed), (3, 1));
    assert!(alone.previous.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_name_and_who_is_new_has_no_record() {
    let judge = Scripted::passing();
    let host = Host::start(&[Seed::echo()], |_| {}, judge.clone()).await;
    let mut client = host.validation().await;
    for (name, agent) in [("one", ""), ("two", "agent-8")] {
        let mut request = submission(name, "1.0.0");
        request.tool.as_mut().unwrap().generated_by_agent_id = agent.into();
        let submitted = client.submit_proposed_tool(request).await.unwrap();
        watch(&host, &submitted.into_inner().proposal_id).await;
    }
    let backgrounds = judge.backgrounds.lock().unwrap();
    assert_eq!(backgrounds.len(), 2);
    assert!(backgrounds.iter().all(|it| it.track_record.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_attested_is_kept_beside_the_module() {
    let host = Host::with(&[Seed::echo()]).await;
    let submitted = submit(&host, "new").await;
    watch(&host, &submitted.proposal_id).await;
    let mut client = host.knowledge().await;
    let named = |reference| GetAttestationsRequest {
        tool: Some(ToolVersionRef {
            r#ref: Some(reference),
        }),
    };
    let by_id = named(Ref::ProposalId(submitted.proposal_id));
    let attested = client.get_attestations(by_id).await.unwrap().into_inner();
    assert_eq!(attested.bundle, "attests new\n");
    assert_eq!(attested.name, "new@1.0.0");
    let digest = kbi::Digest::of(&guests::echo()).to_string();
    assert_eq!(attested.artifact_digest, digest);
    // One that was validated before there were any.
    let old = named(Ref::NameAndVersion(NameAndVersion {
        name: "echo".into(),
        version: "1.0.0".into(),
    }));
    let status = client.get_attestations(old).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert!(status.message().contains("no attestations"), "{status}");
}
