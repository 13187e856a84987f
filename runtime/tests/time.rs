//! Deadlines, sleeping and being called off.

mod common;

use common::{command, kind, load, run_with};
use policies::{Clocks, Fuel, Policy, WallTime};
use runtime::{Call, CancellationToken, Outcome, OutcomeKind};

fn spins() -> Vec<u8> {
    command("(func $inner (loop $again (br $again)))", "(call $inner)")
}

#[test]
fn a_guest_that_spins_meets_the_deadline() {
    let execution = run_with(&spins(), |policy| {
        policy.limits.fuel = Fuel(u64::MAX / 2);
        policy.limits.wall_time = WallTime::millis(20);
    });
    let limit = WallTime::millis(20);
    assert_eq!(execution.outcome, Outcome::DeadlineExceeded { limit });
    assert!(execution.usage.fuel > 0);
    assert!(execution.usage.wall_micros >= 20_000);
}

/// Sleeps for so many nanoseconds by `poll_oneoff` on the monotonic clock.
fn sleeps(nanos: u64) -> Vec<u8> {
    command(
        "",
        &format!(
            "(i32.store (i32.const 16) (i32.const 1))
             (i64.store (i32.const 24) (i64.const {nanos}))
             (if (call $poll_oneoff (i32.const 0) (i32.const 104) (i32.const 1) (i32.const 200))
               (then unreachable))
             (if (i32.ne (i32.load (i32.const 200)) (i32.const 1)) (then unreachable))"
        ),
    )
}

#[test]
fn a_guest_that_really_sleeps_meets_the_deadline() {
    let execution = run_with(&sleeps(3_600_000_000_000), |policy| {
        policy.capabilities.clocks = Clocks::Real;
        policy.limits.wall_time = WallTime::millis(20);
    });
    assert_eq!(kind(&execution), OutcomeKind::DeadlineExceeded);
    let short = run_with(&sleeps(1_000), |policy| {
        policy.capabilities.clocks = Clocks::Real;
    });
    assert_eq!(kind(&short), OutcomeKind::Success);
}

#[test]
fn no_more_clocks_are_waited_for_at_once_than_can_be_looked_at() {
    // As many as are allowed, all of the monotonic clock and over at once; then one more.
    for clocks in [Clocks::Frozen, Clocks::Virtual, Clocks::Real] {
        for (count, error) in [(4096, 0), (4097, 28)] {
            let wasm = command(
                "(memory (export \"memory\") 8)",
                &format!(
                    "(call $proc_exit (i32.add (i32.const 100) (call $poll_oneoff
                       (i32.const 0) (i32.const 262144) (i32.const {count}) (i32.const 524000))))"
                ),
            );
            let execution = run_with(&wasm, |policy| policy.capabilities.clocks = clocks);
            let exit_code = 100 + error;
            assert_eq!(
                execution.outcome,
                Outcome::ToolError { exit_code },
                "{clocks:?}"
            );
        }
    }
}

#[test]
fn without_real_clocks_a_sleep_of_a_year_ends_at_once() {
    for clocks in [Clocks::Frozen, Clocks::Virtual] {
        let year = sleeps(365 * 86_400 * 1_000_000_000);
        let execution = run_with(&year, |policy| policy.capabilities.clocks = clocks);
        assert_eq!(kind(&execution), OutcomeKind::Success, "{clocks:?}");
    }
}

#[tokio::test]
async fn a_call_is_called_off_while_it_spins_and_while_it_sleeps() {
    for wasm in [spins(), sleeps(3_600_000_000_000)] {
        let tool = load(&wasm);
        let mut policy = Policy::preset("web").expect("a preset");
        policy.limits.fuel = Fuel(u64::MAX / 2);
        let cancel = CancellationToken::new();
        let call = Call::new(policy).with_cancel(cancel.clone());
        let (execution, ()) = tokio::join!(tool.run(call), async {
            tokio::task::yield_now().await;
            cancel.cancel();
        });
        assert_eq!(execution.outcome, Outcome::Cancelled);
    }
}
