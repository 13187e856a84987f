//! What a call may touch, by the wire.

use crate::common::seed::Seed;
use crate::common::{Host, guests, kind, message, request};
use host_api::proto::{CallPolicy, DirectoryBinding, ExecuteToolRequest, OutcomeKind};
use std::path::Path;
use tonic::Code;
use tonic_types::StatusExt as _;

fn binding(host: &Path, guest: &str) -> Option<CallPolicy> {
    Some(CallPolicy {
        directories: vec![DirectoryBinding {
            host: host.display().to_string(),
            guest: guest.into(),
            access: 0,
        }],
        ..Default::default()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_within_the_ceiling_is_read_and_others_are_denied() {
    let host = Host::with(&[Seed::new("read", guests::reads_file()).reading()]).await;
    let inside = host.data.join("folders/mine");
    std::fs::create_dir_all(&inside).unwrap();
    std::fs::write(inside.join("file"), "[1, 2]").unwrap();
    let call = async |policy| {
        host.call(ExecuteToolRequest {
            policy,
            ..request("read", "1")
        })
        .await
    };
    let execution = call(binding(&inside, "/data")).await.unwrap();
    assert_eq!(kind(&execution), OutcomeKind::Success, "{execution:?}");
    assert_eq!(&execution.output[..], b"[1, 2]");

    for (folder, guest, layer) in [
        (host.data.as_path(), "/data", "ceiling"),
        (Path::new("/"), "/data", "ceiling"),
        (inside.as_path(), "/elsewhere", "grant"),
    ] {
        let status = call(binding(folder, guest)).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{status:?}");
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().metadata["layer"], layer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_that_were_not_granted_are_left_out_and_told() {
    let mut tool = Seed::new("count", guests::counts_environment());
    tool.grant.capabilities.environment = ["TZ".to_owned()].into();
    let host = Host::with(&[tool]).await;
    let with = |pairs: &[(&str, &str)]| ExecuteToolRequest {
        environment: pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..request("count", "1")
    };
    let execution = host
        .call(with(&[("TZ", "UTC"), ("SECRET", "x"), ("LANG", "C")]))
        .await
        .unwrap();
    assert_eq!(&execution.output[..], b"1");
    let mut denied: Vec<_> = execution
        .denied
        .iter()
        .map(|attempt| (attempt.rule.as_str(), attempt.target.as_str()))
        .collect();
    denied.sort_unstable();
    assert_eq!(denied, [("environment", "LANG"), ("environment", "SECRET")]);

    for bad in [("A=B", "x"), ("", "x"), ("A\0", "x"), ("TZ", "a\0b")] {
        let execution = host.call(with(&[bad])).await.unwrap();
        assert_eq!(kind(&execution), OutcomeKind::InvalidInput, "{bad:?}");
        assert!(!message(&execution).is_empty());
    }
}
