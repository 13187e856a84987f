//! `ExecuteTool`: what comes back, and what is refused.

use crate::common::seed::Seed;
use crate::common::{Host, fields, guests, kind, message, request};
use host_api::proto::{
    CallLimits, CallPolicy, ExecuteToolRequest, MoveRequest, NameAndVersion, OutcomeKind,
    ToolVersionRef, tool_version_ref::Ref,
};
use serde_json::json;
use tonic::Code;
use tonic_types::StatusExt as _;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_comes_back_with_output_usage_and_who_answered() {
    let host = Host::with(&[Seed::echo()]).await;
    let mut client = host.execution().await;
    let response = client
        .execute_tool(request("echo", r#"{"a": [1, 2]}"#))
        .await;
    let response = response.unwrap().into_inner();
    assert_eq!(response.version, "1.0.0");
    assert_eq!(
        response.artifact_digest,
        kbi::Digest::of(&guests::echo()).to_string()
    );
    let execution = response.execution.unwrap();
    assert_eq!(kind(&execution), OutcomeKind::Success);
    assert_eq!(&execution.output[..], br#"{"a": [1, 2]}"#);
    let usage = execution.usage.unwrap();
    assert!(usage.fuel > 0 && usage.wall_micros > 0 && usage.peak_memory_bytes > 0);
    assert_eq!(usage.bytes_read, 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_recorded_can_be_repeated_without_the_service() {
    let host = Host::with(&[Seed::echo()]).await;
    let mut client = host.execution().await;
    let input = r#"{"a": [1, 2]}"#;
    let plain = client.execute_tool(request("echo", input)).await.unwrap();
    assert!(plain.get_ref().recording.is_empty() && !plain.get_ref().recording_too_large);
    let recorded = ExecuteToolRequest {
        record: true,
        ..request("echo", input)
    };
    let response = client.execute_tool(recorded).await.unwrap().into_inner();
    assert!(!response.recording_too_large);
    drop(host);

    let recording = runtime::Recording::from_bytes(&response.recording).expect("whole");
    assert_eq!(
        recording.module_digest().to_string(),
        response.artifact_digest
    );
    let sandbox = runtime::Sandbox::new(&runtime::SandboxConfig::default()).expect("a sandbox");
    let tool = sandbox
        .load(&guests::echo(), &recording.policy().limits)
        .expect("it runs");
    let cancel = runtime::CancellationToken::new();
    let replayed = tool.replay(&recording.into(), cancel).await;
    assert_eq!(replayed.verdict, runtime::Verdict::Same);
    assert_eq!(replayed.execution.output, input.as_bytes());
    assert_eq!(
        replayed.execution.usage.fuel,
        response.execution.unwrap().usage.unwrap().fuel
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_to_be_sent_of_a_recording_is_said() {
    let host = Host::with(&[Seed::echo()]).await;
    let mut client = host.execution().await;
    // Letters that do not shrink much: three quarters of it are left.
    let letters = |length: usize| {
        let mut state = 1u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(b'0' + u8::try_from(state % 64).unwrap_or(0))
                .to_string()
                .replace('\\', "z")
        };
        format!("\"{}\"", (0..length).map(|_| next()).collect::<String>())
    };
    for (length, too_large) in [(1 << 20, false), (4 << 20, true)] {
        let recorded = ExecuteToolRequest {
            record: true,
            ..request("echo", &letters(length))
        };
        let response = client.execute_tool(recorded).await.unwrap().into_inner();
        assert_eq!(response.recording_too_large, too_large, "{length}");
        assert_eq!(response.recording.is_empty(), too_large, "{length}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tool_does_is_data_and_no_error() {
    let tools = [
        Seed::new("no", guests::says_no()),
        Seed::new("trap", guests::traps()),
        Seed::new("spin", guests::spins()),
        Seed::new("flood", guests::floods()),
        Seed::new("text", guests::says("not json")),
    ];
    let host = Host::with(&tools).await;
    let limited = |name: &str| ExecuteToolRequest {
        policy: Some(CallPolicy {
            limits: Some(CallLimits {
                fuel: Some(1_000_000),
                output_bytes: Some(1000),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..request(name, "1")
    };
    let timed = ExecuteToolRequest {
        policy: Some(CallPolicy {
            limits: Some(CallLimits {
                wall_time_micros: Some(20_000),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..request("spin", "1")
    };
    for (request, expected) in [
        (request("no", "1"), OutcomeKind::ToolError),
        (request("trap", "1"), OutcomeKind::Trap),
        (limited("spin"), OutcomeKind::FuelExhausted),
        (timed, OutcomeKind::DeadlineExceeded),
        (limited("flood"), OutcomeKind::OutputExceeded),
        (request("text", "1"), OutcomeKind::InvalidOutput),
    ] {
        let execution = host.call(request).await.unwrap();
        assert_eq!(kind(&execution), expected);
        let outcome = execution.outcome.clone().unwrap();
        match expected {
            OutcomeKind::ToolError => {
                assert_eq!(outcome.exit_code, Some(3));
                assert_eq!(&execution.stderr.unwrap().data[..], b"no such thing");
            }
            OutcomeKind::Trap => assert!(!execution.backtrace.is_empty()),
            OutcomeKind::FuelExhausted => assert_eq!(outcome.limit, Some(1_000_000)),
            OutcomeKind::DeadlineExceeded => assert_eq!(outcome.limit, Some(20_000)),
            OutcomeKind::OutputExceeded => assert_eq!(outcome.limit, Some(1000)),
            _ => {
                assert!(outcome.message.contains("no JSON"), "{}", outcome.message);
                assert_eq!(&execution.output[..], b"not json");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inputs_and_outputs_are_held_against_the_schemas() {
    let mut tool = Seed::echo();
    tool.input = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    tool.output = json!({"type": "object", "required": ["n"]});
    let host = Host::with(&[tool]).await;
    let good = host.call(request("echo", r#"{"n": 1}"#)).await.unwrap();
    assert_eq!(kind(&good), OutcomeKind::Success);

    let large = format!(r#"{{"n": "{}"}}"#, "x".repeat(100_000));
    let deep = "[".repeat(1000) + &"]".repeat(1000);
    for (input, says) in [
        (r#"{"n": "one"}"#, "at /n"),
        (large.as_str(), "at /n"),
        ("", "no JSON"),
        ("{", "no JSON"),
        ("1 2", "no JSON"),
        (deep.as_str(), "no JSON"),
    ] {
        let execution = host.call(request("echo", input)).await.unwrap();
        assert_eq!(kind(&execution), OutcomeKind::InvalidInput);
        assert!(
            message(&execution).contains(says),
            "{}",
            message(&execution)
        );
        // It never ran.
        assert_eq!(execution.usage.unwrap().fuel, 0);
    }
    let no_text = ExecuteToolRequest {
        input: vec![b'"', 0xff, b'"'].into(),
        ..request("echo", "")
    };
    let execution = host.call(no_text).await.unwrap();
    assert_eq!(kind(&execution), OutcomeKind::InvalidInput);

    let execution = host.call(request("echo", "{}")).await.unwrap();
    assert_eq!(kind(&execution), OutcomeKind::InvalidOutput);
    assert!(message(&execution).contains("does not fit the tool's schema"));
    assert!(execution.usage.unwrap().fuel > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_over_the_limit_is_refused_at_the_byte() {
    let mut tool = Seed::echo();
    tool.grant.limits.input = policies::Bytes(10);
    let host = Host::with(&[tool]).await;
    let execution = host.call(request("echo", "1234567890")).await.unwrap();
    assert_eq!(kind(&execution), OutcomeKind::Success);
    let execution = host.call(request("echo", "12345678901")).await.unwrap();
    assert_eq!(kind(&execution), OutcomeKind::InvalidInput);
    assert!(message(&execution).contains("limits.input"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_highest_active_version_answers_unless_one_is_named() {
    let tools = [
        Seed::new("v", guests::says("1")).version("1.2.0"),
        Seed::new("v", guests::says("2")).version("1.10.0"),
        Seed::new("v", guests::says("3")).version("2.0.0-rc.1"),
        Seed::new("v", guests::says("4"))
            .version("3.0.0")
            .inactive(),
    ];
    let host = Host::with(&tools).await;
    for (version, output) in [("", "2"), ("1.2.0", "1"), ("2.0.0-rc.1", "3")] {
        let request = ExecuteToolRequest {
            version: version.into(),
            ..request("v", "0")
        };
        let execution = host.call(request).await.unwrap();
        assert_eq!(&execution.output[..], output.as_bytes(), "{version}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_withdrawn_stops_at_once_and_the_one_before_answers() {
    let tools = [
        Seed::new("v", guests::says("1")),
        Seed::new("v", guests::says("2")).version("2.0.0"),
    ];
    let host = Host::with(&tools).await;
    let output = async || {
        host.call(request("v", "0"))
            .await
            .map(|it| it.output.to_vec())
    };
    assert_eq!(output().await.unwrap(), b"2");
    assert_eq!(output().await.unwrap(), b"2");
    let mut knowledge = host.knowledge().await;
    let of = |version: &str| MoveRequest {
        tool: Some(ToolVersionRef {
            r#ref: Some(Ref::NameAndVersion(NameAndVersion {
                name: "v".into(),
                version: version.into(),
            })),
        }),
        by: "ada".into(),
        reason: "it lies".into(),
    };
    knowledge.roll_back_tool(of("2.0.0")).await.unwrap();
    assert_eq!(output().await.unwrap(), b"1");
    knowledge.deprecate_tool(of("1.0.0")).await.unwrap();
    let refused = output().await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_that_can_not_be_called_say_why() {
    let tools = [
        Seed::echo(),
        Seed::new("waiting", guests::echo()).inactive(),
        Seed::new("asked", guests::echo()).in_review(),
    ];
    let host = Host::with(&tools).await;
    let of = |name: &str, version: &str| ExecuteToolRequest {
        version: version.into(),
        ..request(name, "1")
    };
    for (request, code, details) in [
        (of("nobody", ""), Code::NotFound, "nobody"),
        (of("echo", "9.9.9"), Code::NotFound, "echo@9.9.9"),
        (of("waiting", ""), Code::FailedPrecondition, "waiting"),
        (
            of("waiting", "1.0.0"),
            Code::FailedPrecondition,
            "waiting@1.0.0",
        ),
        (
            of("asked", "1.0.0"),
            Code::FailedPrecondition,
            "asked@1.0.0",
        ),
    ] {
        let status = host.call(request).await.unwrap_err();
        assert_eq!(status.code(), code, "{status:?}");
        let found = status.get_error_details();
        let subject = match code {
            Code::NotFound => &found.resource_info().unwrap().resource_name,
            _ => {
                let violation = &found.precondition_failure().unwrap().violations[0];
                assert_eq!(violation.r#type, "NOT_ACTIVE");
                &violation.subject
            }
        };
        assert_eq!(subject, details);
    }
    for (request, field) in [
        (of("", ""), "name"),
        (of("Echo", ""), "name"),
        (of("echo\0", ""), "name"),
        (of("../echo", ""), "name"),
        (of("echo", "1"), "version"),
        (of("echo", "1.0.0\0"), "version"),
    ] {
        assert_eq!(fields(&host.call(request).await.unwrap_err()), [field]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_seed_gives_one_sequence() {
    let host = Host::with(&[Seed::new("roll", guests::rolls())]).await;
    let roll = async |seed| {
        let request = ExecuteToolRequest {
            policy: Some(CallPolicy {
                seed,
                ..Default::default()
            }),
            ..request("roll", "1")
        };
        let execution = host.call(request).await.unwrap();
        assert_eq!(kind(&execution), OutcomeKind::Success);
        (execution.output, execution.usage.unwrap().fuel)
    };
    assert_eq!(roll(Some(1)).await, roll(Some(1)).await);
    assert_eq!(roll(None).await, roll(None).await);
    assert_ne!(roll(Some(1)).await.0, roll(Some(2)).await.0);
}
