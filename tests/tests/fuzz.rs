//! What the fuzz targets do, for a few thousand inputs that are always the same: so the targets
//! can't rot, and what they found once is found again.

#[path = "../../fuzz/bodies.rs"]
mod bodies;

use host_api::proto;
use prost::Message as _;
use std::path::Path;
use validation::ProposedTool;

/// Changed inputs of each seed; more are tried where WASM_RUNNER_CHANGED_INPUTS says so.
const CHANGED: u64 = 600;

fn changes() -> u64 {
    let asked = std::env::var("WASM_RUNNER_CHANGED_INPUTS").ok();
    asked.map_or(CHANGED, |count| count.parse().expect("a number"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
}

/// The files below a folder that end so, at most so many, in the order of their paths.
fn files(folder: &str, ending: &str, most: usize) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut waiting = vec![root().join(folder)];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).expect("read").flatten() {
            let path = entry.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    let read = found.iter().take(most).map(std::fs::read);
    read.map(|bytes| bytes.expect("read")).collect()
}

fn proposal() -> ProposedTool {
    let text = std::fs::read_to_string(root().join("tests/tools/good/text-digest.json"));
    ProposedTool::from_json(&text.expect("read")).expect("a proposal")
}

/// Something of each kind that is right.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    match target {
        "policy" => files("policies/presets", ".toml", 10),
        "manifest" => files("fuzz/seeds", "manifest.json", 1),
        "proposal_json" => files("tests/tools/good", "text-digest.json", 1),
        "proposal_wire" => vec![proto::ProposedTool::from(&proposal()).encode_to_vec()],
        "module" => files("tests/hostile", ".wat", 12)
            .iter()
            .filter_map(|text| wat::parse_bytes(text).ok().map(Into::into))
            .collect(),
        "report" => files("fuzz/seeds", "report.json", 1),
        "worker_line" => LINES.iter().map(|line| line.as_bytes().to_vec()).collect(),
        "recording" => recordings(),
        other => panic!("no seeds for {other}"),
    }
}

/// Runs of a module and of a component that each read a clock and random bytes: as files, and what
/// is inside.
fn recordings() -> Vec<Vec<u8>> {
    const MODULE: &str = r#"(module
      (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
      (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 0)))
        (drop (call $random (i32.const 0) (i32.const 8)))))"#;
    const COMPONENT: &str = r#"(component
      (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
        (export "now" (func (result u64)))))
      (import "wasi:random/random@0.2.0" (instance $random
        (export "get-random-u64" (func (result u64)))))
      (alias export $clock "now" (func $now-func))
      (alias export $random "get-random-u64" (func $random-func))
      (core func $now (canon lower (func $now-func)))
      (core func $number (canon lower (func $random-func)))
      (core module $main-module
        (import "env" "now" (func $now (result i64)))
        (import "env" "number" (func $number (result i64)))
        (func (export "run") (result i32)
          (drop (call $now))
          (drop (call $number))
          (i32.const 0)))
      (core instance $main (instantiate $main-module (with "env" (instance
        (export "now" (func $now)) (export "number" (func $number))))))
      (func $run (result (result)) (canon lift (core func $main "run")))
      (instance $entry (export "run" (func $run)))
      (export "wasi:cli/run@0.2.0" (instance $entry)))"#;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let sandbox = runtime::Sandbox::new(&runtime::SandboxConfig::default()).expect("a sandbox");
    let mut policy = policies::Policy::default();
    policy.capabilities.clocks = policies::Clocks::Real;
    policy.capabilities.random = policies::Random::Real;
    let mut all = Vec::new();
    for text in [MODULE, COMPONENT] {
        let wasm = wat::parse_str(text).expect("a module");
        let tool = sandbox.load(&wasm, &policy.limits).expect("it loads");
        let call = runtime::Call::new(policy.clone()).with_input("{}");
        let limit = runtime::Recording::DEFAULT_LIMIT;
        let (_, recording) = runtime.block_on(tool.record(call, limit));
        let recording = recording.expect("it fits");
        all.push(recording.to_bytes().expect("it can be written"));
        all.push(recording.to_content().expect("it can be written"));
    }
    all
}

const LINES: [&str; 3] = [
    r#"{"progress":{"kind":"stage_started","stage":"inspect"}}"#,
    r#"{"progress":{"kind":"stage_finished","report":{"stage":"inspect","status":"passed","duration_millis":1,"metrics":{},"findings":[]}}}"#,
    r#"{"failed":{"doing":"x","reason":"y"}}"#,
];

/// SplitMix64.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let most = u64::try_from(most.max(1)).expect("it fits");
        usize::try_from((value ^ (value >> 31)) % most).expect("below")
    }
}

/// What tends to break readers: texts, numbers and signs put where others were.
const TOKENS: [&[u8]; 14] = [
    b"-1",
    b"18446744073709551616",
    b"1e999",
    b"null",
    b"[",
    b"{}",
    b"\"",
    b"\\u0000",
    b"\xff",
    b"..",
    b"/",
    b"\xff\xff\xff\xff\x0f",
    b" GiB",
    b"\n",
];

fn changed(seed: &[u8], number: u64) -> Vec<u8> {
    let mut numbers = Numbers(number);
    let mut input = seed.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(input.len());
        let to = (at + numbers.below(40)).min(input.len());
        match numbers.below(5) {
            0 if !input.is_empty() => input[at] ^= 1 << numbers.below(8),
            1 => drop(input.drain(at..to)),
            2 => {
                let piece = input[at..to].to_vec();
                input.splice(at..at, piece);
            }
            3 => input.truncate(at),
            _ => {
                let token = TOKENS[numbers.below(TOKENS.len())];
                input.splice(at..to, token.iter().copied());
            }
        }
    }
    input
}

#[test]
fn readers_refuse_or_understand() {
    for (name, body) in bodies::TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        body(b"");
        for seed in &seeds {
            // Some of the hostile modules are none.
            let understood = body(seed) || name == "module";
            assert!(understood, "{name}: {}", String::from_utf8_lossy(seed));
            for number in 0..changes() {
                body(&changed(seed, number));
            }
        }
    }
}

#[test]
fn every_target_is_one_of_cargo_fuzz_too() {
    for (name, _) in bodies::TARGETS {
        let path = root().join(format!("fuzz/fuzz_targets/{name}.rs"));
        let text = std::fs::read_to_string(&path).expect("there");
        assert!(text.contains(&format!("bodies::run(\"{name}\"")), "{name}");
        // A target that has no name is a mistake of whoever calls it.
        bodies::run(name, b"");
    }
}
