use super::*;

fn plan(text: &str) -> Result<Plan, NotInstrumented> {
    Plan::of(&wat::parse_str(text).expect("a module"))
}

#[test]
fn what_is_rewritten_is_valid_in_both_forms() {
    let text = r#"(module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (global $g (mut i32) (i32.const 7))
      (table 2 funcref)
      (elem (i32.const 0) $compare $compare)
      (data $d "hello, world")
      (func $compare (param i32 i32 i32) (result i32)
        (loop $l
          (br_if $l (i32.ne (i32.load8_u (local.get 0)) (i32.load8_u (local.get 1)))))
        (i32.const 0))
      (func (export "_start") (local f64 v128)
        (block $out (result i32)
          (block $a (block $b
            (br_table $a $b (i32.const 3) (i32.const 1))))
          (i64.store offset=70000 (i32.const 1) (i64.const 2))
          (f64.store (i32.const 9) (local.get 0))
          (v128.store8_lane 3 (i32.const 9) (local.get 1))
          (memory.fill (i32.const 0) (i32.const 1) (i32.const 2))
          (memory.copy (i32.const 0) (i32.const 1) (i32.const 2))
          (memory.init $d (i32.const 0) (i32.const 1) (i32.const 2))
          (if (i64.lt_s (i64.const 1) (i64.const 2)) (then (br $out (i32.const 1))) (else))
          (br_if $out (i32.const 5) (i32.xor (i32.const 1) (i32.const 2))))
        (global.set $g)
        (drop (call_indirect (param i32 i32 i32) (result i32)
          (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 1)))
        (call $exit (global.get $g))))"#;
    let wasm = wat::parse_str(text).expect("a module");
    let plan = Plan::of(&wasm).expect("a plan");
    assert_eq!(plan.restorable, Restorable::Yes);
    assert!(plan.constants.contains(&b"hello, world".to_vec()));
    for form in [Form::Fast, Form::Comparing] {
        let made = instrument(&wasm, &plan, form).expect("instrumented");
        let mut features = wasmparser::WasmFeatures::default();
        features.insert(wasmparser::WasmFeatures::MULTI_MEMORY);
        wasmparser::Validator::new_with_features(features)
            .validate_all(&made.wasm)
            .unwrap_or_else(|error| panic!("{form:?}: {error}"));
        // Two functions, a loop, two `br_if`, an `if`, a table of three ways.
        assert_eq!(made.edges, 2 + 1 + 4 + 2 + 2);
    }
}

#[test]
fn what_it_has_no_answer_for_is_refused() {
    for (text, part) in [
        ("(module (func (export \"_start\")))", "exports no memory"),
        (
            "(module (memory (export \"memory\") 1) (memory 1) (func (export \"_start\")))",
            "several",
        ),
        (
            "(module (memory (export \"memory\") i64 1) (func (export \"_start\")))",
            "64 bits",
        ),
        (
            "(module (memory (export \"memory\") 1) (export \"wasm-runner.fuzzing.memory\" (memory 0)))",
            "names that the instrumentation uses",
        ),
        ("(component (core module))", "a component"),
    ] {
        match plan(text) {
            Err(NotInstrumented::Unsupported(why)) => assert!(why.contains(part), "{why}"),
            Err(NotInstrumented::Unreadable(why)) => panic!("{why}"),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(
        Plan::of(b"\0asm\x01\0\0\0\xff"),
        Err(NotInstrumented::Unreadable(_))
    ));
}

#[test]
fn what_can_not_be_put_back_is_known_before() {
    for (body, why) in [
        ("(table.set 0 (i32.const 0) (ref.null func))", "tables"),
        ("(data.drop $d)", "segments"),
    ] {
        let text = format!(
            "(module (memory (export \"memory\") 1) (table 1 funcref) (data $d \"abc\")
               (func (export \"_start\") {body}))"
        );
        match plan(&text).expect("a plan").restorable {
            Restorable::No(reason) => assert!(reason.contains(why), "{reason}"),
            Restorable::Yes => panic!("{body}"),
        }
    }
}
