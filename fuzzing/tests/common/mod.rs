//! Modules written by hand, and campaigns of a fixed number of runs over them.

use fuzzing::{Bind, Contract, Finding, Options, Report, Rule, Spec, Subject};
use policies::Policy;
use runtime::{Sandbox, SandboxConfig};
use serde_json::Value;
use std::sync::OnceLock;

/// A program that has its input from 65536 on, its length in `$n`, and can print.
pub(crate) fn program(body: &str) -> String {
    format!(
        r#"(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 1024) "{{\"ok\":true}}")
  (data (i32.const 1100) "thread 'main' panicked at src/main.rs:7:9:\nindex out of bounds\n")
  (data (i32.const 1200) "{{\"ok\":1}}")
  (data (i32.const 1300) "not json")
  (func $print (param $fd i32) (param $at i32) (param $length i32)
    (i32.store (i32.const 16) (local.get $at))
    (i32.store (i32.const 20) (local.get $length))
    (drop (call $fd_write (local.get $fd) (i32.const 16) (i32.const 1) (i32.const 24))))
  (func $answer (call $print (i32.const 1) (i32.const 1024) (i32.const 11)))
  (func $panic (call $print (i32.const 2) (i32.const 1100) (i32.const 63)))
  (func $at (param $index i32) (result i32)
    (i32.load8_u (i32.add (i32.const 65536) (local.get $index))))
  ;; The number in the input: its first run of digits.
  (func $number (param $n i32) (result i32) (local $i i32) (local $value i32) (local $c i32)
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $c (i32.sub (call $at (local.get $i)) (i32.const 48)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (if (i32.lt_u (local.get $c) (i32.const 10))
          (then
            (local.set $value (i32.add (i32.mul (local.get $value) (i32.const 10)) (local.get $c)))
            (br $next)))
        (br_if $end (i32.ne (local.get $value) (i32.const 0)))
        (br $next)))
    (local.get $value))
  (func $main (param $n i32) (local $i i32) (local $j i32)
    {body})
  (func (export "_start") (local $n i32)
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (i32.const 65536))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $main (i32.load (i32.const 8)))))"#
    )
}

/// Input `{"n": integer from 0 to 1 000 000}`, output `{"ok": true}`.
pub(crate) struct Counting;

impl Contract for Counting {
    fn check_input(&self, value: &Value) -> Result<(), String> {
        let object = value.as_object().ok_or("it is no object")?;
        let n = object.get("n").and_then(Value::as_u64);
        match (n, object.len()) {
            (Some(0..=1_000_000), 1) => Ok(()),
            _ => Err("at /n: it is no number from 0 to 1000000".to_owned()),
        }
    }

    fn check_output(&self, value: &Value) -> Result<(), String> {
        match value.get("ok") {
            Some(Value::Bool(_)) => Ok(()),
            _ => Err("at /ok: it is no boolean".to_owned()),
        }
    }
}

pub(crate) fn counting() -> Spec {
    let mut spec = Spec::default();
    spec.contract = Some(Box::new(Counting));
    spec.input_schema = Some(serde_json::json!({
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 0, "maximum": 1_000_000}},
        "required": ["n"],
        "additionalProperties": false,
    }));
    spec
}

pub(crate) fn sandbox() -> Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    let made = SANDBOX.get_or_init(|| {
        let mut config = SandboxConfig::default();
        config.max_concurrent_calls = 8;
        Sandbox::new(&config).expect("a sandbox")
    });
    made.clone()
}

/// A campaign of so many runs.
pub(crate) fn fuzz(text: &str, spec: Spec, runs: u64, seed: u64) -> Report {
    let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    fuzz_wasm(&wasm, spec, runs, seed, |_| {})
}

pub(crate) fn fuzz_wasm(
    wasm: &[u8],
    spec: Spec,
    runs: u64,
    seed: u64,
    change: fn(&mut Policy),
) -> Report {
    let mut policy = Policy::default();
    policy.limits.fuel = policies::Fuel(20_000_000);
    change(&mut policy);
    let tool = sandbox()
        .load(wasm, &policy.limits)
        .unwrap_or_else(|error| panic!("{error}"));
    let bind: Bind<'_> = Box::new(move || Ok((policy.clone(), Box::new(()))));
    let subject = Subject {
        wasm,
        tool: &tool,
        bind,
        spec,
    };
    let mut options = Options::default();
    options.budget.time = None;
    options.budget.executions = Some(runs);
    options.afterwards = None;
    options.seed = seed;
    fuzzing::fuzz(&subject, &options, &mut |_| {}).expect("a campaign")
}

/// The finding of this rule.
pub(crate) fn found(report: &Report, rule: Rule) -> &Finding {
    let found = report.findings.iter().find(|it| it.rule == rule);
    found.unwrap_or_else(|| {
        let others: Vec<String> = report
            .findings
            .iter()
            .map(|it| format!("{}: {}", it.rule.id(), it.message))
            .collect();
        panic!("{} is not among {others:#?}", rule.id())
    })
}
