//! Every module of `tests/hostile`, run twice by the real service over the real wire.
//!
//! `WASM_RUNNER_HOSTILE=memory/` runs only the cases whose file names contain that.

mod case;
#[path = "../common/mod.rs"]
mod common;
mod component;
mod expand;
mod judge;
#[path = "../../../runtime/tests/common/network.rs"]
mod network;
mod parity;
mod place;
mod server;

use case::Case;
use common::seeded::{Seed, Seeded, request};
use futures::StreamExt as _;
use host_api::proto::{ExecuteToolRequest, Execution};
use place::Place;
use server::Server;
use std::collections::BTreeSet;
use std::time::Instant;
use tonic::Status;

/// Cases under way at once: as many as the service runs at once.
const AT_ONCE: usize = 4;

#[tokio::test]
async fn every_hostile_module_ends_as_its_file_says() {
    let mut cases = case::all();
    assert!(cases.len() >= 120, "{} cases are too few", cases.len());
    if let Ok(part) = std::env::var("WASM_RUNNER_HOSTILE") {
        cases.retain(|case| case.file.contains(&part));
    }
    let seeds = cases.iter().map(|case| Seed {
        name: case.tool(),
        wasm: case.wasm.clone(),
        grant: case.policy.clone(),
    });
    // Whatever is granted to one of them is within the ceiling of all.
    let hosts: BTreeSet<String> = cases
        .iter()
        .flat_map(|case| &case.policy.capabilities.network)
        .map(ToString::to_string)
        .collect();
    let hosts: Vec<String> = hosts.into_iter().collect();
    let mut service = Seeded::calling(&hosts, seeds).await;
    let mut wrong = Vec::new();
    for batch in cases.chunk_by(|one, two| one.batch() == two.batch()) {
        let service_now = &service;
        let results: Vec<Vec<String>> = futures::stream::iter(batch)
            .map(|case| twice(service_now, case))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        wrong.extend(results.into_iter().flatten());
        service.still_serves(batch[0].batch()).await;
    }
    service.stop();
    wrong.sort();
    let count = wrong.len();
    assert!(
        wrong.is_empty(),
        "{count} differences:\n{}",
        wrong.join("\n")
    );
}

/// What is wrong with two runs of a case, each line with the name of its file.
async fn twice(service: &Seeded, case: &Case) -> Vec<String> {
    let begin = Instant::now();
    let (one, mut wrong) = once(service, case, "one").await;
    let (two, again) = once(service, case, "two").await;
    if wrong.is_empty() {
        wrong = again;
        wrong.extend(judge::unlike(case, &one, &two));
    }
    println!("{:>6} ms {}", begin.elapsed().as_millis(), case.file);
    wrong
        .into_iter()
        .map(|what| format!("tests/hostile/{}: {what}", case.file))
        .collect()
}

async fn once(
    service: &Seeded,
    case: &Case,
    run: &str,
) -> (Result<Execution, Status>, Vec<String>) {
    let root = service.folders().join(case.tool()).join(run);
    let place = Place::make(root, case);
    let answer = service
        .call(ExecuteToolRequest {
            policy: place.bindings(&case.header.folder),
            environment: case.header.environment.clone().into_iter().collect(),
            ..request(&case.tool(), &case.header.input)
        })
        .await;
    let mut wrong = judge::differences(service, case, &answer);
    wrong.extend(place.differences(case));
    wrong.extend(case.servers.iter().flat_map(Server::differences));
    (answer, wrong)
}
