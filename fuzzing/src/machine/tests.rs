use super::*;

fn machine(text: &str, form: Form) -> Machine {
    let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
    let plan = Plan::of(&wasm).expect("a plan");
    Machine::new(&wasm, &plan, form, Room::default()).expect("a machine")
}

fn world() -> Arc<World> {
    Arc::new(World::usual(Vec::new(), 0))
}

/// Reads up to 100 bytes of input to 1024 and leaves their number in a local.
const READ: &str = r"
  (i32.store (i32.const 0) (i32.const 1024))
  (i32.store (i32.const 4) (i32.const 100))
  (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
  (local.set $n (i32.load (i32.const 8)))";

fn module(body: &str) -> String {
    format!(
        r#"(module
      (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
      (memory (export "memory") 3 40)
      (global $g (mut i64) (i64.const 7))
      (global $v (mut f64) (f64.const 1.5))
      (data (i32.const 4090) "a text that lies across two pages")
      (func (export "_start") (local $n i32) {READ} {body}))"#
    )
}

#[test]
fn every_run_starts_from_the_same_state() {
    let body = "
      ;; On the edge of a page, with and without an offset.
      (i64.store (i32.const 8190) (i64.const -1))
      (i64.store offset=8000 (i32.const 4285) (i64.const -1))
      (i32.store8 (i32.const 196607) (i32.load8_u (i32.const 1024)))
      (memory.fill (i32.const 20000) (i32.load8_u (i32.const 1024)) (i32.const 30000))
      (memory.copy (i32.const 100000) (i32.const 1024) (i32.const 9000))
      (v128.store (i32.const 69625) (v128.const i32x4 -1 -1 -1 -1))
      (global.set $g (i64.extend_i32_u (i32.load (i32.const 1024))))
      (global.set $v (f64.const 9))
      (if (i32.eq (i32.load8_u (i32.const 1024)) (i32.const 116)) (then unreachable))";
    let mut machine = machine(&module(body), Form::Fast);
    let world = world();
    machine.run(b"first", &world);
    let fresh = machine.snapshot.clone();
    let clean = machine.state_before_next().expect("it can be put back");
    let mut dirty = Vec::new();
    for input in [&b"abc"[..], b"trap", b"", &[255; 100], b"abc"] {
        machine.run(input, &world);
        dirty.push(machine.state_now().expect("it ran"));
        assert_ne!(
            dirty.last(),
            Some(&clean),
            "it changed nothing, so proves nothing"
        );
        assert_eq!(machine.state_before_next(), Some(clean), "after {input:?}");
        let live = machine.live.as_ref().expect("it ran");
        assert!(live.memory.data(&live.store) == fresh);
    }
    // The same input leaves the same.
    assert_eq!(dirty[0], dirty[4]);
    assert_eq!(machine.instances, 1);
}

#[test]
fn a_new_instance_has_the_state_that_is_put_back() {
    let text = module("(i32.store (i32.const 9000) (i32.const -1)) (global.set $g (i64.const 1))");
    let mut one = machine(&text, Form::Fast);
    let world = world();
    one.run(b"x", &world);
    let back = one.state_before_next();
    let mut other = machine(&text, Form::Fast);
    let new = other.instantiate(Guest::default()).ok();
    other.live = new;
    assert_eq!(other.state_now(), back);
}

#[test]
fn memory_that_grew_is_not_there_for_the_next_run() {
    // Exit by trap unless the memory has three pages at the start and what grows is zero.
    let body = "
      (if (i32.ne (memory.size) (i32.const 3)) (then unreachable))
      (if (i32.eq (local.get $n) (i32.const 1)) (then
        (drop (memory.grow (i32.const 2)))
        (if (i32.load (i32.const 200000)) (then unreachable))
        (i32.store (i32.const 200000) (i32.const -1))))";
    let mut machine = machine(&module(body), Form::Fast);
    let world = world();
    for input in [&b"1"[..], b"1", b"22", b"1", b"22", b"22"] {
        assert_eq!(
            machine.run(input, &world).ended,
            Ended::Success,
            "{input:?}"
        );
    }
    assert_eq!(machine.instances, 4);
}

#[test]
fn tables_and_segments_that_change_get_a_new_instance_each() {
    let text = r#"(module
      (memory (export "memory") 1) (table 2 funcref) (elem declare func $f)
      (data $d "x")
      (func $f)
      (func (export "_start")
        (if (i32.eqz (ref.is_null (table.get (i32.const 1)))) (then unreachable))
        (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))
        (data.drop $d)
        (drop (table.grow (ref.func $f) (i32.const 1)))
        (table.set (i32.const 1) (ref.func $f))))"#;
    let mut machine = machine(text, Form::Fast);
    let world = world();
    for _ in 0..3 {
        assert_eq!(machine.run(b"", &world).ended, Ended::Success);
    }
    assert_eq!(machine.instances, 3);
}

#[test]
fn edges_tell_inputs_apart_and_the_guest_can_not_reach_them() {
    let body = "
      ;; Writes all over its memory, and looks for the counters.
      (memory.fill (i32.const 5000) (i32.const 77) (i32.const 100000))
      (if (i32.eq (i32.load8_u (i32.const 1024)) (i32.const 97)) (then (global.set $g (i64.const 2))))";
    let mut machine = machine(&module(body), Form::Fast);
    let world = world();
    let mut seen = Vec::new();
    for input in [&b"a"[..], b"b", b"a"] {
        machine.run(input, &world);
        let counters = machine.counters();
        assert!(counters.iter().all(|count| [0, 1].contains(count)));
        seen.push(counters.to_vec());
        counters.fill(0);
    }
    assert_eq!(seen[0], seen[2]);
    assert_ne!(seen[0], seen[1]);
    assert_eq!(machine.edges(), 1 + 2);
}

#[test]
fn a_run_ends_as_what_it_was() {
    for (body, ended) in [
        ("(loop $l (br $l))", Ended::Fuel),
        ("unreachable", Ended::Trap(Trap::UnreachableCodeReached)),
        ("(drop (i32.load (i32.const -4)))", Ended::Trap(Trap::MemoryOutOfBounds)),
        (
            "(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 190000)) (br $l))",
            Ended::Fuel,
        ),
        (
            "(i32.store (i32.const 4) (i32.const 100000))
             (loop $l (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br $l))",
            Ended::Stopped(Stop::Output),
        ),
        (
            "(i32.store (i32.const 4) (i32.const 100000))
             (loop $l (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))) (br $l))",
            Ended::Stopped(Stop::Work),
        ),
    ] {
        let mut machine = machine(&module(body), Form::Fast);
        let world = world();
        assert_eq!(machine.run(b"x", &world).ended, ended, "{body}");
        // And again, from a state that was put back.
        assert_eq!(machine.run(b"x", &world).ended, ended, "{body}");
    }
}

#[test]
fn what_it_asked_for_and_was_denied_is_known() {
    let body = "
      (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 16)))
      (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 513) (i32.const 3)
        (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 520)))";
    let mut machine = machine(&module(body), Form::Fast);
    machine.run(b"x", &world());
    let guest = machine.guest();
    assert!(guest.asked.clock && !guest.asked.random);
    assert_eq!(guest.denied[0].what, "path_open");
}

#[test]
fn comparisons_are_heard_with_their_operands() {
    let body = "
      (if (i32.eq (i32.load (i32.const 1024)) (i32.const 0x12345678)) (then nop))
      (if (i64.lt_u (i64.load (i32.const 1024)) (i64.const 0x1122334455667788)) (then nop))";
    let mut machine = machine(&module(body), Form::Comparing);
    machine.run(b"abcdefgh", &world());
    let text = format!("{:?}", machine.guest().comparisons.values());
    for part in [
        format!("U32(({}, {}", u32::from_le_bytes(*b"abcd"), 0x1234_5678),
        format!(
            "U64(({}, {}",
            u64::from_le_bytes(*b"abcdefgh"),
            0x1122_3344_5566_7788_u64
        ),
    ] {
        assert!(text.contains(&part), "{part} is not in {text}");
    }
}
