//! Runs that are the same each time, and runs that are recorded and repeated.

mod common;

use common::outside::{TEXTS, everything, folder, guest, policy};
use common::{command, load, run};
use policies::{Bytes, Clocks, Fuel, Policy, Random, WallTime};
use proptest::prelude::*;
use runtime::{
    Call, CancellationToken, Execution, NotRecorded, Outcome, Recording, Replayed, Tool, Verdict,
};
use std::path::Path;
use std::sync::{Arc, OnceLock};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

fn call(policy: Policy) -> Call {
    Call::new(policy)
        .with_args(["one", "two"])
        .with_env([
            ("A".to_owned(), "1".to_owned()),
            ("SECRET".to_owned(), "hunter2".to_owned()),
        ])
        .with_input("standard input")
}

fn record(tool: &Tool, call: Call) -> (Execution, Arc<Recording>) {
    let (execution, recording) = block_on(tool.record(call, Recording::DEFAULT_LIMIT));
    (
        execution,
        Arc::new(through_a_file(&recording.expect("it fits"))),
    )
}

/// Written and read again.
fn through_a_file(recording: &Recording) -> Recording {
    let bytes = recording.to_bytes().expect("it can be written");
    let read = Recording::from_bytes(&bytes).expect("it can be read");
    assert_eq!(read, *recording);
    read
}

fn replay(tool: &Tool, recording: &Arc<Recording>) -> Replayed {
    block_on(tool.replay(recording, CancellationToken::new()))
}

/// Without times, which are each machine's own.
fn timeless(mut execution: Execution) -> Execution {
    execution.usage.wall_micros = 0;
    execution.usage.cpu_micros = 0;
    execution
}

fn everything_loaded() -> Tool {
    static TOOL: OnceLock<Tool> = OnceLock::new();
    TOOL.get_or_init(|| load(&everything())).clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_run_with_virtual_clocks_and_seeded_randomness_is_the_same_to_the_unit_of_fuel(
        seed: u64,
        frozen: bool,
        args in proptest::collection::vec("[a-z ]{0,8}", 0..4),
        value in "[^\0]{0,12}",
        input: Vec<u8>,
    ) {
        let clocks = if frozen { Clocks::Frozen } else { Clocks::Virtual };
        let once = || {
            // Another folder each time, whose files were made in another order of inodes.
            let folder = folder();
            let policy = policy(folder.path(), clocks, Random::Seeded(seed));
            let call = Call::new(policy)
                .with_args(args.clone())
                .with_env([("A".to_owned(), value.clone())])
                .with_input(input.clone());
            timeless(run(&everything_loaded(), call))
        };
        let first = once();
        prop_assert!(first.usage.fuel > 0);
        prop_assert_eq!(&first, &once());
    }
}

#[test]
fn a_replay_needs_nothing_of_the_outside_and_is_the_same() {
    let tool = everything_loaded();
    for clocks in [Clocks::Real, Clocks::Virtual, Clocks::Frozen] {
        for random in [Random::Real, Random::Seeded(7)] {
            let folder = folder();
            let policy = policy(folder.path(), clocks, random);
            let (execution, recording) = record(&tool, call(policy));
            assert_eq!(execution.outcome, Outcome::ToolError { exit_code: 3 });
            // A variable, a path that leads out twice, and no file more.
            assert_eq!(execution.usage.denied, 3, "{:?}", execution.denied);
            assert_eq!(execution.usage.files_created, 3);
            drop(folder);
            let replayed = replay(&load(&everything()), &recording);
            assert_eq!(replayed.verdict, Verdict::Same, "{clocks:?} {random:?}");
            assert_eq!(replayed.host_calls, execution.usage.host_calls);
            assert_eq!(timeless(replayed.execution), timeless(execution));
        }
    }
}

#[test]
fn recording_changes_nothing_of_a_run() {
    let tool = everything_loaded();
    let of = |recorded: bool| {
        let folder = folder();
        let call = call(policy(folder.path(), Clocks::Virtual, Random::Seeded(1)));
        timeless(if recorded {
            record(&tool, call).0
        } else {
            run(&tool, call)
        })
    };
    assert_eq!(of(false), of(true));
}

#[test]
fn a_recording_does_not_tell_where_folders_were_nor_values_that_were_not_allowed() {
    let folder = folder();
    let policy = policy(folder.path(), Clocks::Real, Random::Real);
    let (_, recording) = record(&everything_loaded(), call(policy));
    let text = format!("{recording:?}");
    assert!(!text.contains("hunter2"));
    assert!(!text.contains(&folder.path().display().to_string()));
}

#[test]
fn a_folder_that_was_missing_is_missing_again() {
    let policy = policy(Path::new("/nonexistent"), Clocks::Virtual, Random::Real);
    let (execution, recording) = record(&everything_loaded(), call(policy));
    assert!(matches!(execution.outcome, Outcome::InvalidInput { .. }));
    let replayed = replay(&everything_loaded(), &recording);
    assert_eq!(replayed.verdict, Verdict::Same);
    assert_eq!(replayed.execution.outcome, execution.outcome);
}

#[test]
fn an_input_that_was_refused_is_refused_again() {
    let tool = everything_loaded();
    let mut small = Policy::default();
    small.limits.input = Bytes(3);
    let calls = [
        Call::new(small).with_input("1234"),
        Call::new(Policy::default()).with_args(["a\0b"]),
        Call::new(Policy::default()).with_env([("NOT_ALLOWED".to_owned(), "a\0b".to_owned())]),
        Call::new(Policy::default()).with_args(["x".repeat(Call::MAX_ARGUMENT_BYTES)]),
    ];
    for call in calls {
        let (execution, recording) = record(&tool, call);
        assert!(matches!(execution.outcome, Outcome::InvalidInput { .. }));
        assert_eq!(replay(&tool, &recording).verdict, Verdict::Same);
    }
}

#[test]
fn a_trap_and_exhausted_limits_are_the_same_again() {
    let guests = [
        command("", "unreachable"),
        command("", "(loop $again (br $again))"),
        command(
            "",
            "(if (i32.eq (memory.grow (i32.const 9999)) (i32.const -1)) (then unreachable))",
        ),
        // An address that is not aligned.
        command(
            "",
            "(drop (call $fd_read (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 8)))",
        ),
        common::writes(1, 10, 1000),
    ];
    for wasm in guests {
        let tool = load(&wasm);
        let mut policy = Policy::default();
        policy.limits.fuel = Fuel(1_000_000);
        policy.limits.output = Bytes(5_000);
        policy.capabilities.clocks = Clocks::Real;
        let (execution, recording) = record(&tool, Call::new(policy));
        assert_ne!(execution.outcome, Outcome::Success);
        let replayed = replay(&tool, &recording);
        assert_eq!(replayed.verdict, Verdict::Same, "{:?}", execution.outcome);
        assert_eq!(timeless(replayed.execution), timeless(execution));
    }
}

#[test]
fn a_run_that_met_its_deadline_is_repeated_up_to_the_same_unit_of_fuel() {
    let spins = command("(func $inner (loop $again (br $again)))", "(call $inner)");
    let asks_and_spins = guest(
        TEXTS,
        "(loop $again
           (call $told (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 4096)) (i32.const 8))
           (br $again))",
    );
    // An hour, once the clock was read.
    let sleeps = guest(
        TEXTS,
        "(call $told (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 4096)) (i32.const 8))
         (i32.store (i32.const 144) (i32.const 1))
         (i64.store (i32.const 152) (i64.const 3600000000000))
         (call $told (call $poll_oneoff (i32.const 128) (i32.const 4096) (i32.const 1) (i32.const 64)) (i32.const 32))
         (call $told (i32.const 0) (i32.const 0))",
    );
    for wasm in [spins, asks_and_spins, sleeps] {
        let tool = load(&wasm);
        let mut policy = Policy::default();
        policy.limits.fuel = Fuel(u64::MAX / 4);
        policy.limits.wall_time = WallTime::millis(20);
        policy.limits.output = Bytes::mib(512);
        policy.capabilities.clocks = Clocks::Real;
        let (execution, recording) = record(&tool, Call::new(policy));
        assert!(matches!(
            execution.outcome,
            Outcome::DeadlineExceeded { .. }
        ));
        assert!(recording.was_interrupted());
        let replayed = replay(&tool, &recording);
        assert_eq!(replayed.verdict, Verdict::Same);
        assert_eq!(timeless(replayed.execution), timeless(execution));
    }
}

#[test]
fn a_run_that_was_called_off_before_it_began_has_nothing_to_repeat() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let call = call(Policy::default()).with_cancel(cancel);
    let (_, recording) = record(&everything_loaded(), call);
    let replayed = replay(&everything_loaded(), &recording);
    assert_eq!(replayed.verdict, Verdict::Same);
    assert_eq!(replayed.execution.outcome, Outcome::Cancelled);
}

#[test]
fn a_replay_can_be_called_off() {
    let tool = load(&command(
        "",
        "(drop (call $random_get (i32.const 0) (i32.const 8)))",
    ));
    let (_, recording) = record(&tool, Call::new(Policy::default()));
    let spins = command(
        "",
        "(drop (call $random_get (i32.const 0) (i32.const 8))) (loop $again (br $again))",
    );
    let cancel = CancellationToken::new();
    let spins = load(&spins);
    let replayed = block_on(async {
        let replay = spins.replay(&recording, cancel.clone());
        let (replayed, ()) = tokio::join!(replay, async { cancel.cancel() });
        replayed
    });
    assert_eq!(replayed.verdict, Verdict::CalledOff);
}

/// A guest that opens this file, reads the clock so often, and writes so many bytes to standard
/// error.
fn asks(path: &str, readings: usize, bytes: u32, more: &str) -> Vec<u8> {
    let reading = "(drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 4096)))";
    let length = path.len();
    guest(
        path,
        &format!(
            "(drop (call $path_open (i32.const 3) (i32.const 1) (i32.const 512) (i32.const {length})
               (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 60)))
             {}
             (call $vector (i32.const 512) (i32.const {bytes}))
             (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 64)))
             {more}",
            reading.repeat(readings)
        ),
    )
}

#[test]
fn another_module_diverges_at_its_first_other_question() {
    let folder = folder();
    let policy = policy(folder.path(), Clocks::Real, Random::Real);
    let (_, recording) = record(&load(&asks("a.txt", 2, 5, "")), Call::new(policy));
    let diverges = |wasm: &[u8]| match replay(&load(wasm), &recording).verdict {
        Verdict::Diverged(divergence) => divergence,
        other => panic!("{other:?}"),
    };
    let other_path = diverges(&asks("b.txt", 2, 5, ""));
    assert_eq!((other_path.call, other_path.since), (1, 1));
    let words = |path: &str| {
        format!(
            "path_open(fd 3, lookup 1, path \"{path}\", open 0, rights 2, inheriting 0, flags 0)"
        )
    };
    assert_eq!(other_path.recorded, Some(words("a.txt")));
    assert_eq!(other_path.replayed, Some(words("b.txt")));

    let one_less = diverges(&asks("a.txt", 1, 5, ""));
    assert_eq!(one_less.call, 3);
    let clock = "clock_time_get(clock 0, precision 1)";
    assert_eq!(one_less.recorded.as_deref(), Some(clock));
    let said = one_less.replayed.expect("it asked for something else");
    assert!(said.starts_with("fd_write(fd 2, 5 bytes ("), "{said}");

    let other_data = diverges(&asks("a.txt", 2, 4, ""));
    assert_eq!(other_data.call, 4);

    let more = diverges(&asks("a.txt", 2, 5, "(drop (call $sched_yield))"));
    assert_eq!(more.call, 5);
    assert_eq!(
        (more.recorded, more.replayed),
        (None, Some("sched_yield()".to_owned()))
    );

    let ends_early = diverges(&guest("", ""));
    assert_eq!(ends_early.call, 1);
    assert_eq!(ends_early.recorded, Some(words("a.txt")));
    assert_eq!(ends_early.replayed, None);
}

#[test]
fn a_module_that_asks_the_same_and_does_other_work_differs_in_its_fuel_alone() {
    let policy = || {
        let mut policy = Policy::default();
        policy.capabilities.clocks = Clocks::Real;
        policy
    };
    let of = |work: &str| {
        let reading = "(drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 8)))";
        load(&command("", &format!("{reading} {work} {reading}")))
    };
    let (execution, recording) = record(&of("(nop)"), Call::new(policy()));
    assert_eq!(replay(&of("(nop)"), &recording).verdict, Verdict::Same);
    let replayed = replay(
        &of("(drop (i32.add (i32.const 1) (i32.const 2)))"),
        &recording,
    );
    let Verdict::Different { differences } = &replayed.verdict else {
        panic!("{:?}", replayed.verdict);
    };
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].what, "fuel");
    assert_eq!(differences[0].recorded, execution.usage.fuel.to_string());
    let fuel = replayed.fuel.expect("seen at the next host call");
    assert_eq!(fuel.call, 2);
    assert!(fuel.replayed > fuel.recorded);
}

#[test]
fn a_recording_is_kept_up_to_its_limit_and_not_a_byte_beyond() {
    let reads = load(&command(
        "",
        "(drop (call $random_get (i32.const 0) (i32.const 1000)))",
    ));
    let mut policy = Policy::default();
    policy.capabilities.random = Random::Real;
    let call = || Call::new(policy.clone()).with_input("12345");
    let with = |limit: u64| block_on(reads.record(call(), Bytes(limit))).1;
    let least = (0..4000)
        .find(|limit| with(*limit).is_ok())
        .expect("there is one");
    assert!(least >= 1005, "the answer and the input are in it");
    let limit = Bytes(least - 1);
    assert_eq!(with(least - 1), Err(NotRecorded::TooLarge { limit }));
    // The run itself is none the worse.
    let (execution, recording) = block_on(reads.record(call(), Bytes(0)));
    assert_eq!(execution.outcome, Outcome::Success);
    assert!(recording.is_err());
}

#[test]
fn many_calls_that_need_no_answer_take_little_room() {
    let wasm = command(
        "",
        "(local $i i32)
         (local.set $i (i32.const 300000))
         (loop $again
           (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 8)))
           (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))",
    );
    let tool = load(&wasm);
    let mut policy = Policy::default();
    policy.limits.wall_time = WallTime::secs(600);
    let (execution, recording) = record(&tool, Call::new(policy));
    assert_eq!(execution.usage.host_calls, 300_000);
    let bytes = recording.to_bytes().expect("it can be written");
    assert!(bytes.len() < 256 << 10, "{}", bytes.len());
    assert_eq!(replay(&tool, &recording).verdict, Verdict::Same);
}

#[test]
fn a_recording_holds_only_the_module_that_ran() {
    let wasm = command("", "");
    let (_, recording) = record(&load(&wasm), Call::new(Policy::default()));
    let recording = Arc::unwrap_or_clone(recording);
    assert_eq!(recording.module(), None);
    assert_eq!(recording.clone().with_module(everything()).module(), None);
    let with = through_a_file(&recording.with_module(wasm.clone()));
    assert_eq!(with.module(), Some(&wasm[..]));
}

#[test]
fn what_a_run_looks_at_and_changes_can_be_watched() {
    let folder = folder();
    let policy = policy(folder.path(), Clocks::Virtual, Random::Seeded(1));
    let (execution, observed) = block_on(everything_loaded().observe(call(policy)));
    assert_eq!(execution.outcome, Outcome::ToolError { exit_code: 3 });
    assert_eq!(
        (
            observed.clock_readings,
            observed.waits,
            observed.random_requests
        ),
        (2, 1, 1)
    );
    assert!(observed.environment);
    // Five bytes, then five at the ninth.
    assert_eq!(observed.file_bytes, 14);
    let seen: Vec<(&str, bool, bool)> = observed
        .paths
        .iter()
        .map(|(place, touch)| (place.path.as_str(), touch.folder, touch.changed))
        .collect();
    let expected = [
        ("", true, false),
        ("a.txt", false, true),
        ("dir", false, true),
        ("link", false, true),
        ("new", false, true),
    ];
    assert_eq!(seen, expected);
    let (_, nothing) = block_on(load(&command("", "")).observe(Call::new(Policy::default())));
    assert_eq!(nothing, runtime::Observed::default());
}
