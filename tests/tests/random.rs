//! Random modules, each run twice by the real service under a small policy.
//!
//! `WASM_RUNNER_RANDOM_MODULES` says how many (`make fuzz-host COUNT=10000`), and
//! `WASM_RUNNER_RANDOM_SEED` the first one's seed. A seed always makes the same module.

mod common;

use arbitrary::Unstructured;
use common::seeded::{Seed, Seeded, kind, over_limits, policy, request, timeless};
use futures::StreamExt as _;
use host_api::proto::{Execution, OutcomeKind};
use policies::Policy;
use std::fs;
use std::path::Path;
use tonic::{Code, Status};
use wasm_smith::{Config, Module};

/// Enough to take seconds.
const MODULES: u64 = 200;
/// Modules that one service is filled with.
const BATCH: u64 = 500;
/// Calls under way at once.
const AT_ONCE: usize = 4;

/// Small enough that most modules meet one limit or another.
const POLICY: &str = r#"
[limits]
fuel = "300 k"
memory = "4 MiB"
tables = 2
table_elements = 1_000
wall_time = "30 s"
stdout = "512 B"
stderr = "512 B"
output = "1 KiB"
"#;

/// What a command may import, and what it exports.
const SHAPE: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
  (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))"#;

/// Bytes from a seed (SplitMix64).
fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x2545_f491_4f6c_dd1d);
    let mut all = Vec::with_capacity(length + 8);
    while all.len() < length {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = state;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        all.extend_from_slice(&(value ^ (value >> 31)).to_le_bytes());
    }
    all
}

/// A command that the sandbox can mostly run.
fn command(shape: &[u8]) -> Config {
    Config {
        available_imports: Some(shape.to_vec()),
        exports: Some(shape.to_vec()),
        // What the sandbox does not have: these modules are to be run and not refused.
        compact_imports_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        // References to the host's objects come with references, and are refused.
        reference_types_enabled: false,
        shared_everything_threads_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        max_imports: 15,
        max_instructions: 1_000,
        // Beside the one that is exported.
        max_memories: 0,
        max_memory32_bytes: 8 << 20,
        max_table_elements: 1_500,
        ..Config::default()
    }
}

/// Anything at all, with everything that is proposed for WebAssembly.
fn anything() -> Config {
    Config {
        generate_custom_sections: true,
        custom_page_sizes_enabled: true,
        max_memories: 3,
        max_tables: 6,
        ..Config::default()
    }
}

/// Whether the module of a seed is a command.
fn is_command(seed: u64) -> bool {
    !seed.is_multiple_of(4)
}

/// The module of a seed; a few seeds make none.
fn module(seed: u64, shape: &[u8]) -> Option<Vec<u8>> {
    let bytes = bytes(seed, 8_192);
    let mut source = Unstructured::new(&bytes);
    let config = if is_command(seed) {
        command(shape)
    } else {
        anything()
    };
    Some(Module::new(config, &mut source).ok()?.to_bytes())
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {text}"))
    })
}

/// What became of the modules.
#[derive(Debug, Default)]
struct Tally {
    commands: u64,
    ran: u64,
    refused: u64,
    outcomes: std::collections::BTreeMap<&'static str, u64>,
}

#[tokio::test]
async fn whatever_a_random_module_does_is_one_of_the_documented_outcomes() {
    let first = number("WASM_RUNNER_RANDOM_SEED", 1);
    let count = number("WASM_RUNNER_RANDOM_MODULES", MODULES);
    let shape = wat::parse_str(SHAPE).expect("a module");
    let policy = policy(POLICY);
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    for start in (0..count).step_by(usize::try_from(BATCH).expect("small")) {
        let seeds = first + start..first + count.min(start + BATCH);
        batch(seeds, &shape, &policy, &mut tally, &mut wrong).await;
    }
    println!("{tally:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // A test of refusals alone would test nothing; one module says nothing about the rest.
    assert!(count < 20 || tally.ran * 2 > count, "{tally:?}");
    assert!(
        count < 20 || tally.outcomes.len() >= 4,
        "too much alike: {tally:?}"
    );
}

async fn batch(
    seeds: std::ops::Range<u64>,
    shape: &[u8],
    policy: &Policy,
    tally: &mut Tally,
    wrong: &mut Vec<String>,
) {
    let modules: Vec<(u64, Vec<u8>)> = seeds
        .clone()
        .filter_map(|seed| Some((seed, module(seed, shape)?)))
        .collect();
    let made = modules.len() as u64;
    assert!(
        made * 10 >= (seeds.end - seeds.start) * 9,
        "{made} of {seeds:?}"
    );
    let mut service = Seeded::with(modules.iter().map(|(seed, wasm)| Seed {
        name: format!("random-{seed}"),
        wasm: wasm.clone(),
        grant: policy.clone(),
    }))
    .await;
    let now = &service;
    let results: Vec<_> = futures::stream::iter(&modules)
        .map(async |(seed, wasm)| {
            let call = || now.call(request(&format!("random-{seed}"), "null"));
            (*seed, wasm, call().await, call().await)
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    for (seed, wasm, one, two) in results {
        let problem = match &one {
            Ok(execution) => {
                tally.ran += 1;
                let name = kind(execution).as_str_name();
                *tally.outcomes.entry(name).or_default() += 1;
                unlike(execution, two.as_ref()).or_else(|| broken(policy, execution))
            }
            Err(status) => {
                tally.refused += 1;
                misrefused(&service, status)
            }
        };
        tally.commands += u64::from(is_command(seed));
        if let Some(problem) = problem {
            let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("random-{seed}.wasm"));
            fs::write(&file, wasm).expect("kept");
            wrong.push(format!(
                "WASM_RUNNER_RANDOM_SEED={seed} WASM_RUNNER_RANDOM_MODULES=1 ({}): {problem}",
                file.display()
            ));
        }
    }
    service.still_serves(&format!("seeds {seeds:?}")).await;
    service.stop();
}

/// What is wrong with one execution.
fn broken(policy: &Policy, execution: &Execution) -> Option<String> {
    let outcome = execution.outcome.as_ref()?;
    match outcome.kind() {
        // Nobody called it off, and `null` is a good input.
        OutcomeKind::Unspecified | OutcomeKind::Cancelled | OutcomeKind::InvalidInput => {
            return Some(format!("{outcome:?}"));
        }
        OutcomeKind::Trap if outcome.message.is_empty() => {
            return Some("a trap without words".to_owned());
        }
        _ => {}
    }
    let over = over_limits(policy, execution);
    (!over.is_empty()).then(|| over.join(", "))
}

/// How the second run differs from the first. Where time ran out, anything may.
fn unlike(one: &Execution, two: Result<&Execution, &Status>) -> Option<String> {
    if kind(one) == OutcomeKind::DeadlineExceeded {
        return None;
    }
    match two {
        Ok(two) if timeless(one) == timeless(two) => None,
        other => Some(format!("{one:?}, then {other:?}")),
    }
}

/// What is wrong with a refusal: its reason must be one of those for which modules are refused.
fn misrefused(service: &Seeded, status: &Status) -> Option<String> {
    let words = match status.code() {
        Code::FailedPrecondition => Some(status.message().to_owned()),
        Code::Internal => service.logged(status),
        _ => None,
    };
    let good = words.as_ref().is_some_and(|words| {
        words.starts_with("the module ")
            || words.starts_with("the module's imports ")
            || words.starts_with("the tool was accepted, but may not be called any more: ")
    });
    (!good).then(|| format!("{status:?}: {words:?}"))
}

#[test]
fn a_seed_always_makes_the_same_module() {
    let shape = wat::parse_str(SHAPE).expect("a module");
    for seed in 1..=8 {
        assert_eq!(module(seed, &shape), module(seed, &shape), "{seed}");
    }
    assert_ne!(module(1, &shape), module(2, &shape));
}
