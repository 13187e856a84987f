//! Every limit, just under and just over its edge.

mod common;

use common::{command, kind, load, run, run_with, sandbox, writes};
use policies::{Bytes, Clocks, Fuel, Limits, Policy};
use proptest::prelude::*;
use runtime::{Call, LoadError, Outcome, OutcomeKind, Rule};

/// Counts down from `n`, then returns.
fn loops(n: u32) -> Vec<u8> {
    command(
        "",
        &format!(
            "(local $i i32) (local.set $i (i32.const {n}))
             (loop $again (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))"
        ),
    )
}

#[test]
fn fuel_runs_out_one_unit_early() {
    let tool = load(&loops(1000));
    let end = |fuel: u64| {
        let mut policy = Policy::default();
        policy.limits.fuel = Fuel(fuel);
        run(&tool, Call::new(policy))
    };
    let used = end(1_000_000).usage.fuel;
    // The smallest fuel that is enough: the engine looks at the head of each loop.
    let enough = (1..=used + 1).find(|fuel| kind(&end(*fuel)) == OutcomeKind::Success);
    let enough = enough.expect("what it used, and one to go on with, is enough");
    assert!(enough.abs_diff(used) <= 8, "{enough} {used}");
    let exhausted = end(enough - 1);
    let limit = Fuel(enough - 1);
    assert_eq!(exhausted.outcome, Outcome::FuelExhausted { limit });
    assert_eq!(exhausted.usage.fuel, enough - 1);
    assert_eq!(
        exhausted.backtrace.last().and_then(|f| f.function.clone()),
        Some("main".into())
    );
}

#[test]
fn any_amount_of_fuel_can_be_given() {
    let tool = load(&loops(1000));
    let at = |fuel| {
        let mut policy = Policy::default();
        policy.limits.fuel = Fuel(fuel);
        run(&tool, Call::new(policy))
    };
    let used = at(1_000_000).usage.fuel;
    for fuel in [1 << 40, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
        let execution = at(fuel);
        assert_eq!(execution.outcome, Outcome::Success, "{fuel}");
        assert_eq!(execution.usage.fuel, used, "{fuel}");
    }
    let limit = Fuel(0);
    assert_eq!(at(0).outcome, Outcome::FuelExhausted { limit });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_same_fuel_always_ends_the_same(fuel in 1u64..300_000) {
        let tool = load(&loops(40_000));
        let mut policy = Policy::default();
        policy.limits.fuel = Fuel(fuel);
        let one = run(&tool, Call::new(policy.clone()));
        let two = run(&tool, Call::new(policy));
        prop_assert_eq!(&one.outcome, &two.outcome);
        prop_assert_eq!(one.usage.fuel, two.usage.fuel);
        prop_assert!(one.usage.fuel <= fuel);
    }
}

#[test]
fn memory_to_the_page() {
    // Traps when it is refused, as an allocator does.
    let grows = command(
        "",
        "(if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))",
    );
    let at = |pages: u64| {
        run_with(&grows, |policy| {
            policy.limits.memory = Bytes(pages * 65_536);
        })
    };
    let enough = at(2);
    assert_eq!(kind(&enough), OutcomeKind::Success);
    assert_eq!(enough.usage.peak_memory, 2 * 65_536);
    assert_eq!(enough.denied, []);

    let refused = at(1);
    assert_eq!(kind(&refused), OutcomeKind::MemoryExceeded);
    assert_eq!(refused.usage.peak_memory, 65_536);
    assert_eq!(refused.denied[0].rule, Rule::Memory);
    assert_eq!(refused.denied[0].target, "131072 bytes");
}

#[test]
fn memory_from_the_start() {
    let wants_two = command("(memory (export \"memory\") 2)", "");
    let at = |pages: u64| {
        kind(&run_with(&wants_two, |policy| {
            policy.limits.memory = Bytes(pages * 65_536);
        }))
    };
    assert_eq!(at(2), OutcomeKind::Success);
    assert_eq!(at(1), OutcomeKind::MemoryExceeded);
}

#[test]
fn a_guest_that_takes_no_for_an_answer_succeeds() {
    let modest = command("", "(drop (memory.grow (i32.const 100)))");
    let execution = run_with(&modest, |policy| policy.limits.memory = Bytes::kib(64));
    assert_eq!(kind(&execution), OutcomeKind::Success);
    assert_eq!(execution.usage.denied, 1);
}

#[test]
fn every_refusal_is_counted_and_few_are_kept() {
    let asks = command(
        "",
        "(local $i i32) (local.set $i (i32.const 1000))
         (loop $again
           (drop (memory.grow (i32.const 100)))
           (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))",
    );
    let execution = run_with(&asks, |policy| policy.limits.memory = Bytes::kib(64));
    assert_eq!(kind(&execution), OutcomeKind::Success);
    assert_eq!(execution.usage.denied, 1000);
    assert_eq!(execution.denied.len(), runtime::Execution::MAX_DENIED);
}

#[test]
fn no_policy_exceeds_the_pool() {
    let mut config = runtime::SandboxConfig::default();
    config.max_memory = Bytes::kib(128);
    let sandbox = runtime::Sandbox::new(&config).expect("a sandbox");
    let grows = |pages: u32| {
        let wasm = command(
            "",
            &format!(
                "(if (i32.eq (memory.grow (i32.const {pages})) (i32.const -1)) (then unreachable))"
            ),
        );
        let tool = sandbox.load(&wasm, &Limits::default()).expect("it loads");
        kind(&run(&tool, Call::new(Policy::default())))
    };
    assert_eq!(grows(1), OutcomeKind::Success);
    assert_eq!(grows(2), OutcomeKind::MemoryExceeded);
}

#[test]
fn tables_and_their_elements() {
    let table = |count: u32, elements: u32| {
        let tables = format!("(table {elements} funcref)").repeat(count as usize);
        let wasm = command(&tables, "");
        kind(&run_with(&wasm, |policy| {
            policy.limits.tables = 2;
            policy.limits.table_elements = 100;
        }))
    };
    assert_eq!(table(2, 100), OutcomeKind::Success);
    assert_eq!(table(3, 100), OutcomeKind::MemoryExceeded);
    assert_eq!(table(2, 101), OutcomeKind::MemoryExceeded);
}

#[test]
fn tables_that_grow() {
    let grows = command(
        "(table $t 1 funcref)",
        "(if (i32.eq (table.grow $t (ref.null func) (i32.const 9)) (i32.const -1)) (then unreachable))",
    );
    let at = |elements| run_with(&grows, |policy| policy.limits.table_elements = elements);
    assert_eq!(kind(&at(10)), OutcomeKind::Success);
    let refused = at(9);
    assert_eq!(kind(&refused), OutcomeKind::MemoryExceeded);
    assert_eq!(refused.denied[0].rule, Rule::Tables);
}

#[test]
fn no_instance_is_one_too_few() {
    let at = |instances| {
        run_with(&command("", ""), |policy| {
            policy.limits.instances = instances;
        })
    };
    assert_eq!(kind(&at(1)), OutcomeKind::Success);
    assert_eq!(kind(&at(0)), OutcomeKind::MemoryExceeded);
}

#[test]
fn output_ends_the_run_one_byte_over() {
    let at = |limit| {
        run_with(&writes(1, 10, 10), |policy| {
            policy.limits.output = Bytes(limit);
        })
    };
    let enough = at(100);
    assert_eq!(kind(&enough), OutcomeKind::Success);
    assert_eq!(enough.output.len(), 100);
    let over = at(99);
    assert_eq!(over.outcome, Outcome::OutputExceeded { limit: Bytes(99) });
    assert_eq!(over.output.len(), 99);
    assert_eq!(over.usage.bytes_written, 99);
}

#[test]
fn shown_output_is_cut_one_byte_over_and_the_run_goes_on() {
    let at = |limit| {
        run_with(&writes(1, 10, 10), |policy| {
            policy.limits.stdout = Bytes(limit);
        })
    };
    assert!(!at(100).stdout.truncated);
    let cut = at(99);
    assert_eq!(kind(&cut), OutcomeKind::Success);
    assert_eq!((cut.stdout.bytes.len(), cut.stdout.truncated), (99, true));
    assert_eq!(cut.output.len(), 100);
}

#[test]
fn standard_error_is_cut_one_byte_over_and_the_run_goes_on() {
    let at = |limit| {
        run_with(&writes(2, 10, 10), |policy| {
            policy.limits.stderr = Bytes(limit);
        })
    };
    assert!(!at(100).stderr.truncated);
    let cut = at(99);
    assert_eq!(kind(&cut), OutcomeKind::Success);
    assert_eq!((cut.stderr.bytes.len(), cut.stderr.truncated), (99, true));
    assert_eq!(cut.output, b"");
}

#[test]
fn a_renumbered_standard_output_is_still_limited() {
    let wasm = command(
        "(data (i32.const 0) \"0123456789\")",
        "(if (call $fd_renumber (i32.const 1) (i32.const 2)) (then unreachable))
         (i32.store (i32.const 1028) (i32.const 10))
         (drop (call $fd_write (i32.const 2) (i32.const 1024) (i32.const 1) (i32.const 1032)))
         (if (i32.eqz (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 1032)))
           (then unreachable))",
    );
    assert_eq!(kind(&run_with(&wasm, |_| {})), OutcomeKind::Success);
    let over = run_with(&wasm, |policy| policy.limits.output = Bytes(9));
    assert_eq!(kind(&over), OutcomeKind::OutputExceeded);
}

#[test]
fn input_is_refused_one_byte_over() {
    let tool = load(&command("", ""));
    let at = |bytes: usize| {
        let mut policy = Policy::default();
        policy.limits.input = Bytes(10);
        kind(&run(&tool, Call::new(policy).with_input(vec![b'x'; bytes])))
    };
    assert_eq!(at(10), OutcomeKind::Success);
    assert_eq!(at(11), OutcomeKind::InvalidInput);
}

#[test]
fn arguments_have_their_room() {
    let tool = load(&command("", ""));
    let with = |argument: String| {
        kind(&run(
            &tool,
            Call::new(Policy::default()).with_args([argument]),
        ))
    };
    assert_eq!(
        with("x".repeat(Call::MAX_ARGUMENT_BYTES - 1)),
        OutcomeKind::Success
    );
    assert_eq!(
        with("x".repeat(Call::MAX_ARGUMENT_BYTES)),
        OutcomeKind::InvalidInput
    );
    assert_eq!(with("a\0b".to_owned()), OutcomeKind::InvalidInput);
    let env = |name: &str| {
        let env = [(name.to_owned(), "v".to_owned())];
        run(&tool, Call::new(Policy::default()).with_env(env))
    };
    assert_eq!(kind(&env("")), OutcomeKind::InvalidInput);
    assert_eq!(kind(&env("A=B")), OutcomeKind::InvalidInput);
    let denied = env("HOME");
    assert_eq!(kind(&denied), OutcomeKind::Success);
    assert_eq!(denied.denied[0].rule, Rule::Environment);
}

#[test]
fn a_module_is_refused_one_byte_over() {
    let wasm = command("", "");
    let size = wasm.len() as u64;
    let at = |limit| {
        let limits = Limits {
            module_size: Bytes(limit),
            ..Limits::default()
        };
        sandbox().load(&wasm, &limits).map(|_| ())
    };
    assert_eq!(at(size), Ok(()));
    let limit = Bytes(size - 1);
    assert_eq!(at(size - 1), Err(LoadError::TooLarge { size, limit }));
}

#[test]
fn the_same_run_bit_for_bit() {
    // Reads both clocks, sleeps, takes random bytes, and prints all of it.
    let wasm = command(
        "",
        "(drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 0)))
         (i32.store (i32.const 116) (i32.const 1))
         (i64.store (i32.const 124) (i64.const 1000000))
         (drop (call $poll_oneoff (i32.const 100) (i32.const 200) (i32.const 1) (i32.const 300)))
         (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 8)))
         (drop (call $random_get (i32.const 16) (i32.const 21)))
         (i32.store (i32.const 1028) (i32.const 37))
         (drop (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 1032)))",
    );
    let with = |clocks, seed| {
        let execution = run_with(&wasm, |policy| {
            policy.capabilities.clocks = clocks;
            policy.capabilities.random = policies::Random::Seeded(seed);
        });
        assert_eq!(kind(&execution), OutcomeKind::Success);
        (execution.output, execution.usage.fuel)
    };
    for clocks in [Clocks::Frozen, Clocks::Virtual] {
        assert_eq!(with(clocks, 1), with(clocks, 1));
    }
    assert_ne!(with(Clocks::Virtual, 1), with(Clocks::Virtual, 2));
    let u64_at = |output: &[u8], at: usize| {
        u64::from_le_bytes(output[at..at + 8].try_into().expect("eight"))
    };
    let start = 946_684_800 * 1_000_000_000;
    let (frozen, _) = with(Clocks::Frozen, 1);
    assert_eq!((u64_at(&frozen, 0), u64_at(&frozen, 8)), (start, 0));
    // One microsecond for each reading, and the millisecond of the sleep.
    let (moving, _) = with(Clocks::Virtual, 1);
    assert_eq!(
        (u64_at(&moving, 0), u64_at(&moving, 8)),
        (start + 1_000, 1_002_000)
    );
}

#[test]
fn how_a_guest_ends() {
    let exits = |code: i32| {
        run_with(
            &command("", &format!("(call $proc_exit (i32.const {code}))")),
            |_| {},
        )
        .outcome
    };
    assert_eq!(exits(0), Outcome::Success);
    assert_eq!(exits(3), Outcome::ToolError { exit_code: 3 });
    let trap = run_with(
        &command(
            "(func $deep (call $deeper)) (func $deeper unreachable)",
            "(call $deep)",
        ),
        |_| {},
    );
    let Outcome::Trap { message } = &trap.outcome else {
        panic!("{:?}", trap.outcome);
    };
    assert!(message.contains("unreachable"), "{message}");
    let names: Vec<_> = trap
        .backtrace
        .iter()
        .filter_map(|frame| frame.function.as_deref())
        .collect();
    assert_eq!(names, ["deeper", "deep", "main"]);
    let overflow = run_with(
        &command("(func $deep (call $deep))", "(call $deep)"),
        |_| {},
    );
    assert!(matches!(&overflow.outcome, Outcome::Trap { message } if message.contains("stack")));
}

#[test]
fn sockets_are_denied_as_what_they_are_not() {
    let ends_with = |fd: u32, folder: Option<&std::path::Path>| {
        let send = "call $sock_send (i32.const FD) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)"
            .replace("FD", &fd.to_string());
        let wasm = command("", &format!("(call $proc_exit ({send}))"));
        let execution = run_with(&wasm, |policy| {
            policy.capabilities.directories = folder
                .map(|host| policies::DirectoryGrant {
                    guest: policies::GuestPath::parse("/").expect("a path"),
                    host: policies::HostPath::Path(host.to_owned()),
                    access: policies::Access::Read,
                })
                .into_iter()
                .collect();
        });
        assert_eq!(execution.denied[0].rule, Rule::Network);
        match execution.outcome {
            Outcome::ToolError { exit_code } => exit_code,
            other => panic!("{other:?}"),
        }
    };
    let folder = tempfile::tempdir().expect("a folder");
    // EBADF is 8, ENOTSOCK 57.
    assert_eq!(ends_with(3, None), 8);
    assert_eq!(ends_with(0, None), 57);
    assert_eq!(ends_with(3, Some(folder.path())), 57);
    assert_eq!(ends_with(4, Some(folder.path())), 8);
}

#[tokio::test]
async fn output_is_seen_while_it_is_written() {
    let tool = load(&writes(1, 10, 3));
    let (live, mut chunks) = tokio::sync::mpsc::channel(1);
    let run = tool.run(Call::new(Policy::default()).with_live(live));
    let read = async {
        let mut all = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            assert_eq!(chunk.stream, runtime::Stream::Stdout);
            all.push(chunk.bytes.len());
        }
        all
    };
    let (execution, pieces) = tokio::join!(run, read);
    assert_eq!(pieces, [10, 10, 10]);
    assert_eq!(execution.output.len(), 30);
    // No one listens: the run goes on.
    let (live, chunks) = tokio::sync::mpsc::channel(1);
    drop(chunks);
    let execution = tool.run(Call::new(Policy::default()).with_live(live)).await;
    assert_eq!(execution.outcome, Outcome::Success);
}
