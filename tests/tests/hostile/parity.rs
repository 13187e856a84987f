//! The same attacks by way of components: each preview 1 module is wrapped with the adapter that
//! makes WASI 0.2 of its calls, and must end as the module itself does.

use super::case::{self, Case, Expect};
use super::place::Place;
use crate::common::seeded::{Seed, Seeded, kind, over_limits, request};
use futures::StreamExt as _;
use host_api::proto::{ExecuteToolRequest, Execution};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
};

/// The folders of attacks on what the host does; in the others nothing is called but `proc_exit`.
const FOLDERS: &[&str] = &[
    "descriptors",
    "fuel",
    "paths",
    "process",
    "stack",
    "start",
    "streams",
    "time",
];

/// What the adapter does otherwise than our preview 1, and the cases that see it.
const UNLIKE: &[(&str, &[&str])] = &[
    (
        "it takes a page or two of the module's own memory, which then ends further on and meets its limit earlier",
        &[
            "process/argument-sizes-beyond-the-end",
            "process/environment-beyond-the-end",
            "streams/flood-in-one-write",
            "streams/flood-of-the-same-memory",
            "streams/second-vector-beyond-the-end",
            "streams/vector-beyond-the-end",
            "streams/written-count-beyond-the-end",
            "time/subscriptions-beyond-the-end",
            "time/told-outside-of-the-memory",
        ],
    ),
    (
        "a pointer out of the memory, or a path that is no text, is a trap and no error number",
        &[
            "paths/listing-in-tiny-buffers",
            "paths/path-beyond-the-memory",
            "paths/that-is-no-text",
            "process/random-bytes-beyond-the-end",
            "process/random-bytes-of-four-gigabytes",
            "streams/list-of-vectors-beyond-the-end",
            "streams/vectors-by-the-billion",
            "time/events-over-subscriptions",
            "time/subscriptions-without-end",
            "time/ten-thousand-real-subscriptions",
            "time/ten-thousand-subscriptions",
        ],
    ),
    (
        "it has no sockets, signals, allocation of files, flags of its own or moments of the wall clock to wait for",
        &[
            "descriptors/flags-that-there-are-not",
            "descriptors/numbers-that-are-none",
            "descriptors/sockets",
            "paths/a-size-of-exabytes",
            "process/raises-signals",
            "time/sleeps-into-the-past",
            "time/waits-for-input-and-a-clock",
        ],
    ),
    (
        "nothing can be called while a component is instantiated, and `_start` is called once",
        &[
            "process/host-call-without-memory",
            "start/exits",
            "start/floods",
            "start/is-start-itself",
        ],
    ),
];

#[tokio::test]
async fn hostile_modules_end_the_same_as_components() {
    let mut pairs = Vec::new();
    for case in case::all() {
        let file = case.file.trim_end_matches(".wat");
        let unlike = UNLIKE.iter().any(|(_, files)| files.contains(&file));
        let refused = case.header.expect == Expect::Refused;
        if refused || unlike || !FOLDERS.contains(&case.batch()) {
            continue;
        }
        if let Some(component) = wrapped(&case.wasm) {
            pairs.push((case, component));
        }
    }
    assert!(pairs.len() >= 100, "{} cases are too few", pairs.len());
    let seeds = pairs.iter().flat_map(|(case, component)| {
        [(case.tool(), &case.wasm), (name(case), component)].map(|(name, wasm)| Seed {
            name,
            wasm: wasm.clone(),
            grant: case.policy.clone(),
        })
    });
    let mut service = Seeded::with(seeds).await;
    let service_now = &service;
    let wrong: Vec<Option<String>> = futures::stream::iter(&pairs)
        .map(|(case, _)| compared(service_now, case))
        .buffer_unordered(super::AT_ONCE)
        .collect()
        .await;
    service.still_serves("the components").await;
    service.stop();
    let mut wrong: Vec<String> = wrong.into_iter().flatten().collect();
    wrong.sort();
    let count = wrong.len();
    assert!(
        wrong.is_empty(),
        "{count} of {} differ:\n{}",
        pairs.len(),
        wrong.join("\n")
    );
}

/// A component of a module; `None` where the adapter can't be laid around it.
fn wrapped(module: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = wit_component::ComponentEncoder::default();
    encoder.module(module).ok()?;
    encoder
        .adapter(
            WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
            WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
        )
        .ok()?;
    encoder.encode().ok()
}

fn name(case: &Case) -> String {
    format!("{}-component", case.tool())
}

/// What differs between a module and its component.
async fn compared(service: &Seeded, case: &Case) -> Option<String> {
    let mut seen = Vec::new();
    for name in [case.tool(), name(case)] {
        let root = service.folders().join(&name).join("run");
        let place = Place::make(root, case);
        let answer = service
            .call(ExecuteToolRequest {
                policy: place.bindings(&case.header.folder),
                environment: case.header.environment.clone().into_iter().collect(),
                ..request(&name, &case.header.input)
            })
            .await;
        let wrong = place.differences(case);
        let execution = match answer {
            Ok(execution) => execution,
            Err(status) => return Some(format!("{}: {name} was not run: {status:?}", case.file)),
        };
        let over = over_limits(&case.policy, &execution);
        seen.push((told(&execution), wrong, over));
    }
    let (module, component) = (&seen[0], &seen[1]);
    (module != component).then(|| {
        format!(
            "{}: {module:?} as a module, {component:?} as a component",
            case.file
        )
    })
}

/// What must be the same: how it ended, what it gave, and what it was denied.
fn told(execution: &Execution) -> (String, Vec<u8>, Vec<u8>, Vec<String>) {
    let outcome = execution.outcome.as_ref().expect("an outcome");
    // The adapter knows no exit codes but 0 and 1.
    let failed = outcome.exit_code.map(|code| code != 0);
    let denied = execution
        .denied
        .iter()
        .map(|one| format!("{} ({})", one.target, one.rule))
        .collect();
    let stderr = execution.stderr.clone().unwrap_or_default();
    (
        format!("{:?} {failed:?}", kind(execution)),
        execution.output.to_vec(),
        stderr.data.to_vec(),
        denied,
    )
}
