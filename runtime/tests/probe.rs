//! Runs that are looked into.

use policies::{Clocks, Limits, Policy};
use runtime::{Call, Outcome, Probe, Sandbox, SandboxConfig, Tool};
use std::time::Duration;

/// A sandbox for modules with a second memory, or none such.
fn load(text: &str, second_memory: bool) -> Result<Tool, runtime::LoadError> {
    let mut config = SandboxConfig::default();
    config.max_concurrent_calls = 1;
    config.second_memory = second_memory;
    let sandbox = Sandbox::new(&config).expect("a sandbox");
    let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
    sandbox.load(&wasm, &Limits::default())
}

/// Ends with the number that the host wrote as exit code, and leaves twice that behind it.
const TWO_MEMORIES: &str = r#"(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (memory $ours (export "ours") 1)
  (func (export "_start")
    (i32.store8 $ours (i32.const 16) (i32.mul (i32.load $ours (i32.const 0)) (i32.const 2)))
    (call $exit (i32.load $ours (i32.const 0)))))"#;

#[tokio::test]
async fn a_selector_goes_in_and_marks_come_out() {
    let tool = load(TWO_MEMORIES, true).expect("a module");
    for selector in [0, 7, 0] {
        let mut probe = Probe::of("ours", selector);
        let execution = tool.probe(Call::new(Policy::default()), &mut probe).await;
        let code = match execution.outcome {
            Outcome::Success => 0,
            Outcome::ToolError { exit_code } => exit_code,
            other => panic!("{other:?}"),
        };
        assert_eq!(u32::try_from(code), Ok(selector));
        assert_eq!(u32::from(probe.marks[16]), 2 * selector);
        assert_eq!(probe.marks.len(), 65_536);
        assert!(probe.left);
    }
}

#[test]
fn no_other_sandbox_takes_a_second_memory() {
    assert!(load(TWO_MEMORIES, false).is_err());
}

#[tokio::test]
async fn leaving_and_returning_are_told_apart() {
    let ending = |body: &str| {
        format!(
            r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
              (memory (export "memory") 1) (func (export "_start") {body}))"#
        )
    };
    for (body, left) in [
        ("", false),
        ("(call $exit (i32.const 0))", true),
        ("(call $exit (i32.const 3))", true),
        ("unreachable", false),
    ] {
        let tool = load(&ending(body), false).expect("a module");
        let mut probe = Probe::default();
        tool.probe(Call::new(Policy::default()), &mut probe).await;
        assert_eq!(probe.left, left, "{body}");
        assert_eq!(probe.marks, [] as [u8; 0]);
    }
}

#[tokio::test]
async fn clocks_that_are_not_real_can_be_moved() {
    // Ends with the seconds of the clock since 2000, modulo 100 000.
    let text = r#"(module
      (import "wasi_snapshot_preview1" "clock_time_get"
        (func $time (param i32 i64 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (drop (call $time (i32.const 0) (i64.const 1) (i32.const 8)))
        (call $exit (i32.wrap_i64 (i64.rem_u
          (i64.sub (i64.div_u (i64.load (i32.const 8)) (i64.const 1000000000))
            (i64.const 946684800))
          (i64.const 100000))))))"#;
    let tool = load(text, false).expect("a module");
    for clocks in [Clocks::Frozen, Clocks::Virtual] {
        let mut policy = Policy::default();
        policy.capabilities.clocks = clocks;
        let mut probe = Probe::ahead(Duration::from_secs(12_345));
        let execution = tool.probe(Call::new(policy), &mut probe).await;
        assert_eq!(execution.outcome, Outcome::ToolError { exit_code: 12_345 });
    }
}
