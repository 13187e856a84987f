//! Guests that mean harm: to the host's time, its descriptors, its memory and its records.

mod common;

use common::{command, kind, load, run_with, sandbox};
use policies::{
    Access, Bytes, DirectoryGrant, Fuel, GuestPath, HostPath, Limits, Policy, Random, WallTime,
};
use runtime::{
    Call, CancellationToken, Execution, LoadError, Outcome, OutcomeKind, Sandbox, SandboxConfig,
    Stream,
};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Far more than any of these needs, and far less than they take where nothing stops them.
const SOON: Duration = Duration::from_secs(10);

fn grant(host: &Path, access: Access) -> DirectoryGrant {
    DirectoryGrant {
        guest: GuestPath::Path("/a".to_owned()),
        host: HostPath::Path(host.to_owned()),
        access,
    }
}

fn exit(execution: &Execution) -> i32 {
    match execution.outcome {
        Outcome::Success => 0,
        Outcome::ToolError { exit_code } => exit_code,
        ref other => panic!("{other:?}"),
    }
}

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// Calls a host function for ever.
fn calls_on(memory: u32, call: &str) -> Vec<u8> {
    command(
        &format!("(memory (export \"memory\") {memory})"),
        &format!(
            "(i32.store (i32.const 16) (i32.const 65536))
             (i32.store (i32.const 20) (i32.const {}))
             (loop $again (drop ({call})) (br $again))",
            (memory - 1) * 65_536
        ),
    )
}

#[test]
fn work_in_the_host_meets_the_deadline_too() {
    let large = "(i32.const 65536) (i32.const 16711680)";
    for (call, random) in [
        (format!("call $random_get {large}"), Random::Seeded(1)),
        (format!("call $random_get {large}"), Random::Real),
        (
            "call $fd_write (i32.const 2) (i32.const 16) (i32.const 1) (i32.const 0)".to_owned(),
            Random::Real,
        ),
        (
            "call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 0)".to_owned(),
            Random::Real,
        ),
        (
            "call $environ_sizes_get (i32.const 0) (i32.const 4)".to_owned(),
            Random::Real,
        ),
        (
            "call $fd_prestat_get (i32.const 3) (i32.const 0)".to_owned(),
            Random::Real,
        ),
        (
            "call $fd_read (i32.const 0) (i32.const 65536) (i32.const 1024) (i32.const 0)"
                .to_owned(),
            Random::Real,
        ),
    ] {
        let wasm = calls_on(256, &call);
        let begin = Instant::now();
        let execution = run_with(&wasm, |policy| {
            policy.limits.fuel = Fuel(u64::MAX / 2);
            policy.limits.wall_time = WallTime::millis(50);
            policy.capabilities.random = random;
        });
        assert_eq!(kind(&execution), OutcomeKind::DeadlineExceeded, "{call}");
        assert!(begin.elapsed() < SOON, "{call}: {:?}", begin.elapsed());
    }
}

#[test]
fn whoever_only_calls_the_host_gives_way() {
    for call in [
        "call $fd_read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 0)",
        "call $fd_read (i32.const 0) (i32.const 65536) (i32.const 1024) (i32.const 0)",
        "call $fd_write (i32.const 2) (i32.const 16) (i32.const 1) (i32.const 0)",
        "call $fd_write (i32.const 7) (i32.const 16) (i32.const 1) (i32.const 0)",
        "call $environ_sizes_get (i32.const 0) (i32.const 4)",
    ] {
        let tool = load(&calls_on(3, call));
        let mut policy = Policy::default();
        policy.limits.fuel = Fuel(u64::MAX / 2);
        policy.limits.wall_time = WallTime::secs(3_600);
        let cancel = CancellationToken::new();
        let guest = tool.run(Call::new(policy).with_cancel(cancel.clone()));
        // On one thread: no turn of the other means that the guest goes on for ever.
        let turns = async {
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            cancel.cancel();
        };
        let both = async { tokio::join!(guest, turns).0 };
        let execution = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(both);
        assert_eq!(execution.outcome, Outcome::Cancelled, "{call}");
    }
}

/// Turns come sooner for a guest that calls so often; what it pays stays the same.
#[test]
fn calls_without_number_cost_the_same_fuel_whether_or_not_they_may_wait() {
    let tool = load(&command(
        "",
        "(local $i i32) (local.set $i (i32.const 40000))
         (loop $again
           (drop (call $fd_read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 0)))
           (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))",
    ));
    let at = |fuel: u64, waits: bool| {
        let mut policy = Policy::default();
        policy.limits.fuel = Fuel(fuel);
        policy.limits.wall_time = WallTime::secs(600);
        let mut call = Call::new(policy);
        let (live, _chunks) = tokio::sync::mpsc::channel(1);
        if waits {
            call = call.with_live(live);
        }
        common::run(&tool, call)
    };
    let [quick, waiting] = [false, true].map(|waits| at(1 << 40, waits));
    assert_eq!(kind(&quick), OutcomeKind::Success);
    assert_eq!(quick.usage.fuel, waiting.usage.fuel);
    assert_eq!(quick.usage.host_calls, 40_000);
    assert_eq!(waiting.usage.host_calls, 40_000);
    // And it ends at the same unit, wherever the last look at the fuel is.
    let used = quick.usage.fuel;
    let ends: Vec<OutcomeKind> = (used - 20..=used + 1)
        .map(|fuel| {
            let [quick, waiting] = [false, true].map(|waits| at(fuel, waits));
            assert_eq!(quick.outcome, waiting.outcome, "{fuel} of {used}");
            assert_eq!(quick.usage.fuel, waiting.usage.fuel, "{fuel} of {used}");
            kind(&quick)
        })
        .collect();
    assert_eq!(ends.first(), Some(&OutcomeKind::FuelExhausted));
    assert_eq!(ends.last(), Some(&OutcomeKind::Success));
}

#[test]
fn bulk_work_is_work() {
    // Four mebibytes by one instruction: a unit of fuel for each byte.
    let fills = |count: u32| {
        command(
            "(memory (export \"memory\") 64)",
            &format!(
                "(local $i i32) (local.set $i (i32.const {count}))
                 (loop $again
                   (memory.fill (i32.const 0) (i32.const 1) (i32.const 4194304))
                   (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))"
            ),
        )
    };
    let at = |count, fuel| {
        run_with(&fills(count), |policy| {
            policy.limits.fuel = Fuel(fuel);
        })
    };
    assert_eq!(kind(&at(2, 9_000_000)), OutcomeKind::Success);
    assert_eq!(kind(&at(3, 9_000_000)), OutcomeKind::FuelExhausted);
}

#[tokio::test]
async fn cancelling_frees_the_slot_at_once() {
    let mut config = SandboxConfig::default();
    config.max_concurrent_calls = 1;
    let sandbox = Sandbox::new(&config).expect("a sandbox");
    let load = |wasm: &[u8]| sandbox.load(wasm, &Limits::default()).expect("it loads");
    let spins = load(&command("", "(loop $again (br $again))"));
    let ends = load(&command("", ""));

    let mut policy = Policy::default();
    policy.limits.fuel = Fuel(u64::MAX / 2);
    policy.limits.wall_time = WallTime::secs(3_600);
    let cancel = CancellationToken::new();
    let spinning = tokio::spawn({
        let call = Call::new(policy.clone()).with_cancel(cancel.clone());
        async move { spins.run(call).await }
    });
    tokio::task::yield_now().await;
    // There is no room while it spins; who waits can be called off as well.
    let waiting = CancellationToken::new();
    let (refused, ()) = tokio::join!(
        ends.run(Call::new(policy.clone()).with_cancel(waiting.clone())),
        async {
            tokio::task::yield_now().await;
            waiting.cancel();
        }
    );
    assert_eq!(refused.outcome, Outcome::Cancelled);
    assert_eq!(refused.usage.host_calls, 0);

    cancel.cancel();
    assert_eq!(
        spinning.await.expect("no panic").outcome,
        Outcome::Cancelled
    );
    let after = ends.run(Call::new(policy)).await;
    assert_eq!(after.outcome, Outcome::Success);
}

#[tokio::test]
async fn a_run_that_is_dropped_frees_its_slot() {
    let mut config = SandboxConfig::default();
    config.max_concurrent_calls = 1;
    let sandbox = Sandbox::new(&config).expect("a sandbox");
    let spins = command("", "(loop $again (br $again))");
    let tool = sandbox.load(&spins, &Limits::default()).expect("it loads");
    let mut policy = Policy::default();
    policy.limits.fuel = Fuel(u64::MAX / 2);
    for _ in 0..3 {
        tokio::select! {
            biased;
            execution = tool.run(Call::new(policy.clone())) => panic!("{:?}", execution.outcome),
            () = tokio::task::yield_now() => {}
        }
    }
    policy.limits.fuel = Fuel(1_000);
    let execution = tool.run(Call::new(policy)).await;
    assert_eq!(kind(&execution), OutcomeKind::FuelExhausted);
}

#[tokio::test(flavor = "current_thread")]
async fn one_thread_is_shared_by_all_that_spin() {
    let tool = load(&command("", "(loop $again (br $again))"));
    let at = |fuel| {
        let mut policy = Policy::default();
        policy.limits.fuel = Fuel(fuel);
        policy.limits.wall_time = WallTime::secs(3_600);
        Call::new(policy)
    };
    let short = async {
        tool.run(at(1_000_000)).await;
        Instant::now()
    };
    let long = async {
        tool.run(at(300_000_000)).await;
        Instant::now()
    };
    // The long one is first in line; the short one is done long before it all the same.
    let (long, short) = tokio::join!(long, short);
    assert!(short < long);
}

#[test]
fn a_guest_that_never_closes_runs_out_by_itself() {
    let place = tempfile::tempdir().expect("a folder");
    fs::write(place.path().join("f"), "").expect("written");
    // Exits with WASI's number, or with 0 after two hundred times.
    let wasm = command(
        "(data (i32.const 0) \"f\")",
        "(local $i i32) (local $e i32)
         (loop $again
           (if (local.tee $e (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1)
                 (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 2048)))
             (then (call $proc_exit (local.get $e))))
           (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 200))))",
    );
    let execution = run_with(&wasm, |policy| {
        policy.capabilities.directories = vec![grant(place.path(), Access::Read)];
    });
    assert_eq!(exit(&execution), 33, "EMFILE");
    // One that closes what it opened can go on for ever.
    let closes = command(
        "(data (i32.const 0) \"f\")",
        "(local $i i32)
         (loop $again
           (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1)
                 (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 2048))
             (then unreachable))
           (if (call $fd_close (i32.load (i32.const 2048))) (then unreachable))
           (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 200))))",
    );
    let execution = run_with(&closes, |policy| {
        policy.capabilities.directories = vec![grant(place.path(), Access::Read)];
    });
    assert_eq!(exit(&execution), 0);
}

#[test]
fn nothing_is_opened_where_its_number_can_not_be_told() {
    let place = tempfile::tempdir().expect("a folder");
    for result in [2049, -1, 65_534] {
        let wasm = command(
            "(data (i32.const 0) \"new\")",
            &format!(
                "(call $proc_exit (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 3)
                   (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const {result})))"
            ),
        );
        let execution = run_with(&wasm, |policy| {
            policy.limits.files = 1;
            policy.capabilities.directories = vec![grant(place.path(), Access::ReadWrite)];
        });
        assert_eq!(exit(&execution), 21, "EFAULT for {result}");
        assert!(!place.path().join("new").exists());
    }
}

#[test]
fn names_that_are_no_names() {
    let place = tempfile::tempdir().expect("a folder");
    for name in ["a\\00b", "\\ff\\fe", "", "\\00"] {
        let text = format!("(data (i32.const 0) \"{name}\")");
        let length = match name {
            "a\\00b" => 3,
            "\\ff\\fe" => 2,
            "" => 0,
            _ => 1,
        };
        let wasm = command(
            &text,
            &format!(
                "(call $proc_exit (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const {length})
                   (i32.const 1) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 2048)))"
            ),
        );
        let execution = run_with(&wasm, |policy| {
            policy.limits.files = 9;
            policy.capabilities.directories = vec![grant(place.path(), Access::ReadWrite)];
        });
        assert_ne!(exit(&execution), 0, "{name:?}");
        assert_eq!(fs::read_dir(place.path()).expect("a folder").count(), 0);
    }
    // A path that is not inside the guest's memory at all.
    let outside = command(
        "",
        "(call $proc_exit (call $path_open (i32.const 3) (i32.const 0) (i32.const -2) (i32.const 9)
           (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 2048)))",
    );
    let execution = run_with(&outside, |policy| {
        policy.capabilities.directories = vec![grant(place.path(), Access::ReadWrite)];
    });
    // WASI leaves open what that is; the engine takes it for a broken guest.
    let Outcome::Trap { message } = &execution.outcome else {
        panic!("{:?}", execution.outcome);
    };
    assert!(message.starts_with("Pointer out of bounds"), "{message}");
    assert!(!execution.backtrace.is_empty());
}

#[test]
fn a_descriptor_that_there_is_not_is_no_denied_attempt() {
    let wasm = command(
        "",
        "(i32.store (i32.const 4) (i32.const 9))
         (call $proc_exit (call $fd_write (i32.const 99) (i32.const 0) (i32.const 1) (i32.const 8)))",
    );
    let execution = run_with(&wasm, |_| {});
    assert_eq!(exit(&execution), 8, "EBADF");
    assert_eq!(execution.denied, []);
}

#[test]
fn vectors_that_name_the_same_memory_again_and_again() {
    // 8192 vectors of 64 KiB each on standard error: half a gibibyte, of which 10 bytes are kept.
    let wasm = command(
        "(memory (export \"memory\") 2)",
        "(local $i i32)
         (loop $again
           (i32.store offset=4 (i32.shl (local.get $i) (i32.const 3)) (i32.const 65536))
           (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8192))))
         (call $proc_exit (call $fd_write (i32.const 2) (i32.const 0) (i32.const 8192) (i32.const 65536)))",
    );
    let execution = run_with(&wasm, |policy| policy.limits.stderr = Bytes(10));
    assert_eq!(exit(&execution), 0);
    assert_eq!(execution.stderr.bytes.len(), 10);
    assert!(execution.stderr.truncated);
    // The guest was told that so much was written: a thousand vectors and no more.
    assert_eq!(execution.usage.bytes_written, 1024 * 65_536);
    // The same on standard output is too much at once.
    let out = command(
        "(memory (export \"memory\") 2)",
        "(i32.store (i32.const 4) (i32.const 65536)) (i32.store (i32.const 12) (i32.const 65536))
         (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 65536)))",
    );
    let execution = run_with(&out, |policy| policy.limits.output = Bytes(65_537));
    assert_eq!(kind(&execution), OutcomeKind::OutputExceeded);
    assert_eq!(execution.output.len(), 65_537);
}

#[tokio::test]
async fn no_more_of_standard_error_is_sent_than_is_kept() {
    let tool = load(&common::writes(2, 10, 100));
    let mut policy = Policy::default();
    policy.limits.stderr = Bytes(25);
    let (live, mut chunks) = tokio::sync::mpsc::channel(1000);
    let execution = tool.run(Call::new(policy).with_live(live)).await;
    assert_eq!(execution.outcome, Outcome::Success);
    let mut sent = Vec::new();
    while let Some(chunk) = chunks.recv().await {
        assert_eq!(chunk.stream, Stream::Stderr);
        sent.extend_from_slice(&chunk.bytes);
    }
    assert_eq!(sent, execution.stderr.bytes);
    assert_eq!(sent.len(), 25);
}

#[tokio::test]
async fn waiting_for_a_reader_counts_as_time() {
    let tool = load(&common::writes(1, 10, 2));
    let mut policy = Policy::default();
    policy.limits.wall_time = WallTime::millis(20);
    // Room for one piece, and no one who takes it.
    let (live, _chunks) = tokio::sync::mpsc::channel(1);
    let execution = tool.run(Call::new(policy).with_live(live)).await;
    assert_eq!(kind(&execution), OutcomeKind::DeadlineExceeded);
}

#[test]
fn every_exit_code_comes_through() {
    for code in [1, 125, 126, 127, 134, 255, 256, i32::MAX, -1] {
        let wasm = command("", &format!("(call $proc_exit (i32.const {code}))"));
        let outcome = run_with(&wasm, |_| {}).outcome;
        assert_eq!(outcome, Outcome::ToolError { exit_code: code });
    }
}

#[test]
fn a_start_function_is_part_of_the_run() {
    let wasm = wat("(module
        (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $proc_exit (param i32)))
        (memory (export \"memory\") 1)
        (func $before (call $proc_exit (i32.const 7)))
        (func (export \"_start\") unreachable)
        (start $before))");
    assert_eq!(exit(&run_with(&wasm, |_| {})), 7);
    let spins = wat("(module (memory (export \"memory\") 1)
        (func $before (loop $again (br $again)))
        (func (export \"_start\"))
        (start $before))");
    let execution = run_with(&spins, |policy| policy.limits.fuel = Fuel(100_000));
    assert_eq!(kind(&execution), OutcomeKind::FuelExhausted);
}

#[test]
fn modules_that_are_refused() {
    let refused = |text: &str| {
        sandbox()
            .load(&wat(text), &Limits::default())
            .map(|tool| *tool.digest())
            .expect_err("refused")
    };
    // Memory shared by threads could be waited on outside of any deadline.
    let shared =
        refused("(module (memory (export \"memory\") 1 1 shared) (func (export \"_start\")))");
    assert!(matches!(shared, LoadError::Invalid { .. }), "{shared}");
    let two =
        refused("(module (memory (export \"memory\") 1) (memory 1) (func (export \"_start\")))");
    assert!(matches!(two, LoadError::Invalid { .. }), "{two}");
    // More at the start than any slot has: 1 GiB, 4 tables, 100 000 elements.
    for text in [
        "(module (memory (export \"memory\") 16385) (func (export \"_start\")))",
        "(module (memory (export \"memory\") 1) (table 100001 funcref) (func (export \"_start\")))",
        "(module (memory (export \"memory\") 1) (table 1 funcref) (table 1 funcref)
           (table 1 funcref) (table 1 funcref) (table 1 funcref) (func (export \"_start\")))",
    ] {
        let error = refused(text);
        assert!(matches!(error, LoadError::TooDemanding { .. }), "{error}");
    }
    let garbage =
        refused("(module (memory (export \"memory\") 1) (func (export \"_start\") i32.add))");
    assert!(garbage.to_string().contains("at offset"), "{garbage}");
}

#[test]
fn false_debug_information_spoils_no_backtrace() {
    let mut wasm = command("(func $deep unreachable)", "(call $deep)");
    for name in [".debug_info", ".debug_line", ".debug_abbrev", ".debug_str"] {
        let content: Vec<u8> = (0..100u8).map(|byte| byte.wrapping_mul(37)).collect();
        wasm.push(0);
        wasm.push(u8::try_from(1 + name.len() + content.len()).expect("short"));
        wasm.push(u8::try_from(name.len()).expect("short"));
        wasm.extend_from_slice(name.as_bytes());
        wasm.extend_from_slice(&content);
    }
    let execution = run_with(&wasm, |_| {});
    assert_eq!(kind(&execution), OutcomeKind::Trap);
    assert_eq!(
        execution.backtrace[0].function.as_deref(),
        Some("deep"),
        "{:?}",
        execution.backtrace
    );
}

#[test]
fn long_names_are_cut() {
    let name = "n".repeat(100_000);
    let wasm = command(
        &format!("(func ${name} unreachable)"),
        &format!("(call ${name})"),
    );
    let execution = run_with(&wasm, |_| {});
    let shown = execution.backtrace[0].function.clone().expect("a name");
    assert!(
        shown.starts_with("nnnn") && shown.len() < 600,
        "{}",
        shown.len()
    );
}
