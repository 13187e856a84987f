//! Slots of the pool are used again and again: what one call left in a slot, no later one sees.

mod common;

use common::command;
use futures::stream::{FuturesUnordered, StreamExt as _};
use policies::{Bytes, Limits, Policy};
use runtime::{Call, Outcome, Sandbox, SandboxConfig, Tool};
use tokio::sync::mpsc;

/// Runs at the same time, and so slots of the pool.
const SLOTS: usize = 3;

/// A guest that looks whether all that it has is as new (memory at its start and what it grows to,
/// two tables, globals), traps if not, then puts a pattern over everything, and writes two bytes.
/// `at` and `own` are where its data is and what.
fn looks_and_poisons(at: u32, own: u64) -> Vec<u8> {
    let bytes: String = own
        .to_le_bytes()
        .map(|byte| format!("\\{byte:02x}"))
        .concat();
    command(
        &format!(
            "(memory (export \"memory\") 16)
             (data (i32.const {at}) \"{bytes}\")
             (table $a 100 funcref)
             (table $b 500 funcref)
             (elem (table $a) (i32.const 7) func $main)
             (global $number (mut i64) (i64.const {own}))
             (global $vector (mut v128) (v128.const i64x2 0 0))
             (global $function (mut funcref) (ref.null func))
             (func $zero (param $from i32) (param $to i32)
               (loop $again
                 (if (i64.ne (i64.load (local.get $from)) (i64.const 0)) (then unreachable))
                 (br_if $again (i32.lt_u
                   (local.tee $from (i32.add (local.get $from) (i32.const 8))) (local.get $to)))))
             (func $null_a (param $from i32) (param $to i32)
               (loop $again
                 (if (i32.eqz (ref.is_null (table.get $a (local.get $from)))) (then unreachable))
                 (br_if $again (i32.lt_u
                   (local.tee $from (i32.add (local.get $from) (i32.const 1))) (local.get $to)))))
             (func $null_b (param $from i32) (param $to i32)
               (loop $again
                 (if (i32.eqz (ref.is_null (table.get $b (local.get $from)))) (then unreachable))
                 (br_if $again (i32.lt_u
                   (local.tee $from (i32.add (local.get $from) (i32.const 1))) (local.get $to)))))"
        ),
        &format!(
            "(call $zero (i32.const 0) (i32.const {at}))
             (if (i64.ne (i64.load (i32.const {at})) (i64.const {own})) (then unreachable))
             (call $zero (i32.const {}) (i32.const 1048576))
             (if (i32.ne (memory.grow (i32.const 16)) (i32.const 16)) (then unreachable))
             (call $zero (i32.const 1048576) (i32.const 2097152))
             (call $null_a (i32.const 0) (i32.const 7))
             (if (ref.is_null (table.get $a (i32.const 7))) (then unreachable))
             (call $null_a (i32.const 8) (i32.const 100))
             (call $null_b (i32.const 0) (i32.const 500))
             (if (i64.ne (global.get $number) (i64.const {own})) (then unreachable))
             (if (v128.any_true (global.get $vector)) (then unreachable))
             (if (i32.eqz (ref.is_null (global.get $function))) (then unreachable))

             (memory.fill (i32.const 0) (i32.const 0x5a) (i32.const 2097152))
             (drop (table.grow $a (ref.func $main) (i32.const 400)))
             (table.fill $a (i32.const 0) (ref.func $main) (i32.const 500))
             (table.fill $b (i32.const 0) (ref.func $main) (i32.const 500))
             (global.set $number (i64.const 0x5a5a5a5a5a5a5a5a))
             (global.set $vector (v128.const i64x2 -1 -1))
             (global.set $function (ref.func $main))
             (i32.store (i32.const 0) (i32.const 64))
             (i32.store (i32.const 4) (i32.const 1))
             (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
             (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))",
            at + 8
        ),
    )
}

/// Runs the tool twice as often as there are slots, all slots held at the same time.
async fn fill_every_slot(tool: &Tool) {
    let mut policy = Policy::default();
    policy.limits.wall_time = policies::WallTime::secs(60);
    let mut calls = FuturesUnordered::new();
    let mut listeners = Vec::new();
    for _ in 0..SLOTS * 2 {
        // Room for the first byte, and none for the second: the guest waits with all that it has.
        let (live, chunks) = mpsc::channel(1);
        calls.push(tool.run(Call::new(policy.clone()).with_live(live)));
        listeners.push(chunks);
    }
    // Until as many hold their slots as there are: each of these is another slot.
    while listeners.iter().filter(|one| !one.is_empty()).count() < SLOTS {
        tokio::select! {
            biased;
            ended = calls.next() => panic!("{ended:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    // Nobody listens any more, so they all go on, and those that wait for a slot as well.
    drop(listeners);
    while let Some(execution) = calls.next().await {
        assert_eq!(execution.outcome, Outcome::Success, "{execution:?}");
        assert_eq!(execution.output, b"ZZ");
    }
}

#[tokio::test]
async fn no_slot_shows_what_an_earlier_call_left_in_it() {
    let mut config = SandboxConfig::default();
    config.max_concurrent_calls = u32::try_from(SLOTS).expect("few");
    config.max_memory = Bytes::mib(4);
    config.max_tables = 2;
    config.max_table_elements = 1_000;
    let sandbox = Sandbox::new(&config).expect("a sandbox");
    let load = |wasm: &[u8]| sandbox.load(wasm, &Limits::default()).expect("it loads");
    // Of two modules with other data at other places, so that a slot is used by the same module
    // again (whose image it may still hold) and by another.
    let one = load(&looks_and_poisons(1_000_000, 0x0102_0304_0506_0708));
    let other = load(&looks_and_poisons(8, 0x1111_2222_3333_4444));
    for tool in [&one, &one, &other, &one, &other, &other] {
        fill_every_slot(tool).await;
    }
}
