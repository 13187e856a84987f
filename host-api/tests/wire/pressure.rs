//! When memory runs short, validations wait; calls do not.

use crate::common::scripted::Scripted;
use crate::common::seed::{Seed, proposal};
use crate::common::{Host, LONG, request};
use crate::metrics::{scrape, with_metrics};
use host_api::proto::{SubmitProposedToolRequest, WatchValidationRequest};
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// A control group as the kernel shows it; renamed into place, since a reader may come at any time.
fn group(folder: &Path, used: u64, stalled: &str) {
    for (name, text) in [
        ("memory.max", "1000\n".to_owned()),
        ("memory.stat", "anon 1\ninactive_file 5000\n".to_owned()),
        // With the files that can be dropped.
        ("memory.current", format!("{}\n", used + 5000)),
        (
            "memory.pressure",
            format!("some avg10={stalled} avg60=0.00\n"),
        ),
    ] {
        let beside = folder.join(format!("{name}.new"));
        fs::write(&beside, text).unwrap();
        fs::rename(&beside, folder.join(name)).unwrap();
    }
}

/// Waits until the guard has seen so many bytes, and says whether validations wait then.
async fn seen(host: &Host, used: u64) -> bool {
    let wait = async {
        loop {
            let samples = scrape(host).await;
            let bytes = samples["wasm_runner_memory_used_bytes"];
            if format!("{bytes}") == used.to_string() {
                assert!((samples["wasm_runner_memory_limit_bytes"] - 1000.0).abs() < 0.1);
                return samples["wasm_runner_validations_paused"] > 0.5;
            }
        }
    };
    tokio::time::timeout(LONG, wait).await.expect("it looks")
}

async fn submit(host: &Host, name: &str) -> String {
    let submission = SubmitProposedToolRequest {
        tool: Some((&proposal(name, "1.0.0")).into()),
        ..Default::default()
    };
    let mut client = host.validation().await;
    let answer = client.submit_proposed_tool(submission).await.unwrap();
    answer.into_inner().proposal_id
}

async fn verdict(host: &Host, proposal_id: String) {
    let mut client = host.validation().await;
    let watch = WatchValidationRequest { proposal_id };
    let mut steps = client.watch_validation(watch).await.unwrap().into_inner();
    let all = async { while steps.message().await.unwrap().is_some() {} };
    tokio::time::timeout(LONG, all).await.expect("an end");
}

#[tokio::test(flavor = "multi_thread")]
async fn validations_wait_while_memory_runs_short_and_calls_go_on() {
    let folder = tempfile::tempdir().unwrap();
    group(folder.path(), 799, "19.99");
    let validator = Scripted::passing();
    let change = |config: &mut host_api::ServerConfig| {
        with_metrics(config);
        config.memory_guard.control_group = Some(folder.path().to_owned());
        config.memory_guard.look_every = Duration::from_millis(2);
    };
    let host = Host::start(&[Seed::echo()], change, validator.clone()).await;
    assert!(!seen(&host, 799).await, "just under both thresholds");
    let first = submit(&host, "first").await;
    verdict(&host, first).await;
    assert_eq!(validator.tries.load(Ordering::SeqCst), 1);

    group(folder.path(), 800, "0.00");
    assert!(seen(&host, 800).await, "at the threshold");
    let second = submit(&host, "second").await;
    // It is taken in, and waits; calls go on, and every part is ready.
    host.call(request("echo", "1")).await.unwrap();
    let mut health = HealthClient::new(host.channel().await);
    for part in ["", "Execution", "Validation", "Knowledge"] {
        let service = match part {
            "" => String::new(),
            part => format!("wasm_runner.v1.{part}Service"),
        };
        let asked = health.check(HealthCheckRequest { service }).await;
        assert_eq!(asked.unwrap().into_inner().status(), ServingStatus::Serving);
    }
    group(folder.path(), 700, "0.00");
    assert!(seen(&host, 700).await, "not yet below the other threshold");
    assert_eq!(validator.tries.load(Ordering::SeqCst), 1);
    let samples = scrape(&host).await;
    assert!((samples["wasm_runner_validation_queue_length"] - 1.0).abs() < 0.1);

    group(folder.path(), 699, "4.99");
    verdict(&host, second).await;
    assert_eq!(validator.tries.load(Ordering::SeqCst), 2);
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_waits_for_memory_still_ends_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = tempfile::tempdir().unwrap();
    group(folder.path(), 999, "50.00");
    let validator = Scripted::passing();
    let full = |config: &mut host_api::ServerConfig| {
        config.memory_guard.control_group = Some(folder.path().to_owned());
    };
    let host = Host::on(data.path(), full, validator.clone()).await;
    let id = submit(&host, "patient").await;
    host.stopped().await;
    assert_eq!(validator.tries.load(Ordering::SeqCst), 0, "never begun");
    let host = Host::on(data.path(), |_| {}, validator.clone()).await;
    verdict(&host, id).await;
    assert_eq!(validator.tries.load(Ordering::SeqCst), 1);
    host.stopped().await;
}
