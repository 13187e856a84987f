//! Modules written by hand: each function's code is said to come from one line.

use super::*;
use crate::mutation::Kind;
use policies::{Limits, Policy};
use runtime::{Call, Outcome, Probe, Sandbox, SandboxConfig, Tool};
use std::sync::OnceLock;

fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(|| {
        let mut config = SandboxConfig::default();
        config.max_concurrent_calls = 2;
        config.second_memory = true;
        Sandbox::new(&config).expect("a sandbox")
    })
}

/// A tool whose first function, in WAT, is said to come from this line; its end is what that
/// gives for 10.
fn module(function: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (func $f (param i32) (result i32) {function})
          (func $helper (param i32) (i32.store (i32.const 64) (local.get 0)))
          (func (export "_start") (call $exit (call $f (i32.const 10)))))"#
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Makes the first function ready.
fn ready(wasm: &[u8], line: &str) -> (Prepared, Numbers) {
    let shape = Shape::of(wasm).expect("a module");
    let range = shape.bodies[0].range();
    let column = u32::try_from(line.len() - line.trim_start().len()).expect("short") + 1;
    let position = Position {
        file: 0,
        line: 1,
        column,
    };
    let lines = Lines::of(vec![(range.start, range.end, position)]);
    let sources = [Source::new("src/main.rs", line)];
    let mut numbers = Numbers::default();
    let prepared =
        prepare_with(wasm, &shape, &lines, &sources, &mut numbers).expect("it is examined");
    (prepared, numbers)
}

/// The exit code with a change in force, and the counters.
async fn run(tool: &Tool, change: u32) -> (i32, Vec<u8>) {
    let mut probe = Probe::of(MEMORY, change);
    let execution = tool.probe(Call::new(Policy::default()), &mut probe).await;
    assert!(probe.left, "it ends by proc_exit");
    let code = match execution.outcome {
        Outcome::Success => 0,
        Outcome::ToolError { exit_code } => exit_code,
        other => panic!("{other:?}"),
    };
    (code, probe.marks[COUNTERS..].to_vec())
}

/// What a function of a line gives, and with each of its changes.
async fn changes(function: &str, line: &str) -> (i32, Vec<(Kind, i32)>) {
    let (prepared, numbers) = ready(&module(function), line);
    let tool = sandbox().load(&prepared.wasm, &Limits::default());
    let tool = tool.unwrap_or_else(|error| panic!("{error}"));
    let (plain, marks) = run(&tool, 0).await;
    assert_eq!(marks[0], 1, "its first block is reached");
    let mut changed = Vec::new();
    for (change, number) in numbers.iter() {
        changed.push((change.kind.clone(), run(&tool, number).await.0));
    }
    assert_eq!(
        run(&tool, 0).await.0,
        plain,
        "a new run has nothing in force"
    );
    (plain, changed)
}

fn constant(old: &str, new: &str) -> Kind {
    Kind::Constant {
        old: old.to_owned(),
        new: new.to_owned(),
    }
}

#[tokio::test]
async fn a_comparison_decides_otherwise_at_its_edge() {
    let less = "(i32.lt_s (local.get 0) (i32.const 10))";
    assert_eq!(changes(less, "a < limit").await, (0, vec![(Kind::Edge, 1)]));
    let least = "(i32.ge_u (local.get 0) (i32.const 11))";
    assert_eq!(
        changes(least, "a >= limit").await,
        (0, vec![(Kind::Edge, 0)]),
        "10 is not at this edge"
    );
    let equal = "(i32.eq (local.get 0) (i32.const 10))";
    assert_eq!(
        changes(equal, "a == limit").await,
        (1, vec![(Kind::Equality, 0)])
    );
}

#[tokio::test]
async fn operators_and_constants_become_others() {
    let plus = Kind::Operator { old: '+', new: '-' };
    assert_eq!(
        changes("(i32.add (local.get 0) (i32.const 7))", "a + 7").await,
        (17, vec![(constant("7", "8"), 18), (plus, 3)])
    );
    assert_eq!(
        changes("(i32.add (local.get 0) (i32.const 97))", "f('a')").await,
        (107, vec![(constant("'a'", "'b'"), 108)]),
        "no operator is changed that the line does not have"
    );
    assert_eq!(
        changes("(i32.const 1)", "true").await,
        (1, vec![(constant("true", "false"), 0)])
    );
    assert_eq!(
        changes("(i32.wrap_i64 (i64.const -5))", "-5").await.1,
        [(constant("5", "4"), -4)]
    );
    let float = "(i32.trunc_f64_s (f64.const 2.5))";
    assert_eq!(
        changes(float, "x * 2.5").await,
        (2, vec![(constant("2.5", "3.5"), 3)])
    );
}

#[tokio::test]
async fn conditions_are_turned_round_and_statements_left_out() {
    let branch = "(if (result i32) (local.get 0) (then (i32.const 3)) (else (i32.const 4)))";
    assert_eq!(
        changes(branch, "if found {").await,
        (3, vec![(Kind::Condition, 4)])
    );
    let store = "(i32.store (i32.const 8) (local.get 0)) (i32.load (i32.const 8))";
    assert_eq!(
        changes(store, "    self.x = a;").await,
        (10, vec![(Kind::Assignment, 0)])
    );
    let call = "(call $helper (local.get 0)) (i32.load (i32.const 64))";
    let name = "helper".to_owned();
    assert_eq!(
        changes(call, "helper(a);").await,
        (10, vec![(Kind::Call { name }, 0)])
    );
}

#[tokio::test]
async fn what_only_guards_a_panic_is_left_alone() {
    let check = "(if (i32.ge_u (local.get 0) (i32.const 20)) (then unreachable)) (local.get 0)";
    assert_eq!(changes(check, "if a < limit {").await, (10, vec![]));
    let after = "(block (br_if 0 (i32.lt_u (local.get 0) (i32.const 20))) unreachable)
      (local.get 0)";
    assert_eq!(changes(after, "if a < limit {").await, (10, vec![]));
    let told = "(i32.lt_s (local.get 0) (i32.const 10))";
    for line in [
        "assert!(a < 10);",
        "#[rule(a < 10)]",
        "// a < 10",
        "f(\"a < 10\")",
    ] {
        assert_eq!(changes(told, line).await, (0, vec![]), "{line}");
    }
}

#[tokio::test]
async fn addresses_and_masks_are_no_constants_of_anybody() {
    let address = "(i32.load (i32.add (i32.const 8) (i32.mul (local.get 0) (i32.const 4))))";
    assert_eq!(changes(address, "x[i] + 8 * 4").await.0, 0);
    let kinds: Vec<Kind> = changes(address, "x[i] + 8")
        .await
        .1
        .into_iter()
        .map(|it| it.0)
        .collect();
    assert_eq!(kinds, [], "the sum is where something is read");
    let index = "(if (i32.ge_u (i32.const 3) (local.get 0)) (then unreachable)) (local.get 0)";
    assert_eq!(changes(index, "x[3]").await, (10, vec![]));
    let flag = "(i32.store8 (i32.const 8) (i32.const 1)) (local.get 0)";
    assert_eq!(changes(flag, "f(x, 1)").await, (10, vec![]));
    for line in ["a.unwrap_or(3)", "Vec::with_capacity(3)"] {
        assert_eq!(changes("(i32.const 3)", line).await, (3, vec![]), "{line}");
    }
    let mask = "(i32.and (local.get 0) (i32.const 1))";
    assert_eq!(changes(mask, "if found && 1").await.1, []);
    assert_eq!(changes(mask, "a & 1").await.1, [(constant("1", "2"), 2)]);
}

#[tokio::test]
async fn only_what_runs_is_counted_and_panics_are_told_apart() {
    let wasm = module(
        "(block (br_if 0 (local.get 0)) (return (i32.const 1)))
         (block (br_if 0 (local.get 0)) unreachable)
         (i32.const 2)",
    );
    let (prepared, _) = ready(&wasm, "x");
    let tool = sandbox().load(&prepared.wasm, &Limits::default());
    let (code, marks) = run(&tool.expect("a module"), 0).await;
    assert_eq!(code, 2);
    let panics: Vec<bool> = prepared.blocks.iter().map(|block| block.panics).collect();
    let marks = &marks[..panics.len()];
    // The first, what returns early, what is after it, and the end.
    assert_eq!(marks, [1, 0, 1, 1], "{panics:?}");
    assert!(
        panics.iter().all(|panics| !panics),
        "a trap has no place of its own"
    );
}

#[tokio::test]
async fn a_guest_that_writes_all_of_its_memory_neither_forges_counters_nor_chooses_changes() {
    let wasm = module(
        "(memory.fill (i32.const 0) (i32.const 255) (i32.const 65536))
         (if (i32.eqz (local.get 0)) (then (return (i32.const 9))))
         (i32.const 7)",
    );
    let (prepared, numbers) = ready(&wasm, "f(7)");
    let tool = sandbox().load(&prepared.wasm, &Limits::default());
    let tool = tool.expect("a module");
    let blocks = prepared.blocks.len();
    let (code, marks) = run(&tool, 0).await;
    assert_eq!((code, &marks[..blocks]), (7, &[1, 0, 1][..]));
    assert!(marks[blocks..].iter().all(|mark| *mark == 0));
    let mut numbers = numbers.iter();
    let (change, number) = numbers.next().expect("one");
    assert_eq!((&change.kind, numbers.next()), (&constant("7", "8"), None));
    assert_eq!(run(&tool, number).await.0, 8);
}

#[test]
fn a_module_that_could_reach_the_counters_is_not_examined() {
    for (text, why) in [
        ("(module (func (export \"_start\")))", "exports no memory"),
        (
            "(module (memory (export \"memory\") 1) (memory 1) (func (export \"_start\")))",
            "or several",
        ),
        (
            "(module (memory (export \"memory\") 1) (export \"wasm-runner.mutation.memory\" (memory 0)))",
            "of the name that the counters have",
        ),
        (
            "(module (import \"a\" \"b\" (memory 1)) (export \"memory\" (memory 0)))",
            "imported",
        ),
        ("(module (memory (export \"memory\") i64 1))", "64 bits"),
        ("(component)", "a component"),
    ] {
        let wasm = wat::parse_str(text).expect(text);
        let error = Shape::of(&wasm).err().map(|error| error.to_string());
        // A module without an export section is found to have no memory to look for.
        let error = error.unwrap_or_default();
        assert!(
            error.contains(why) || text == "(module (func (export \"_start\")))",
            "{text}: {error}"
        );
    }
    let plain = module("(i32.const 0)");
    let error = prepare(&plain, "/", &[], None, &mut Numbers::default()).err();
    assert_eq!(
        error.map(|error| error.to_string()).as_deref(),
        Some("it has no line tables")
    );
}

#[test]
fn line_tables_that_are_nonsense_are_refused_without_a_panic() {
    let mut wasm = module("(i32.const 0)");
    // A custom section `.debug_line` and one `.debug_info` of nonsense.
    for name in [".debug_line", ".debug_info"] {
        let mut content = vec![u8::try_from(name.len()).expect("short")];
        content.extend(name.as_bytes());
        content.extend([0xff; 40]);
        wasm.push(0);
        wasm.push(u8::try_from(content.len()).expect("short"));
        wasm.extend(content);
    }
    let error = prepare(&wasm, "/", &[], None, &mut Numbers::default()).err();
    let error = error.expect("refused").to_string();
    assert!(
        error.starts_with("its line tables can't be read"),
        "{error}"
    );
}

#[test]
fn attributes_and_derived_types_are_nobody_s_code() {
    let text = "\
#[derive(Debug, Serialize)]
#[serde(deny_unknown_fields)]
struct Input {
    /// From 1.
    #[serde(default)]
    n: u32,
}

#[tool(
    example(input = {\"n\": 1}),
)]
fn f(input: Input) -> u32 {
    #[allow(x)]
    let a = 1;
    a
}

#[derive(Debug)]
struct Unit;
impl Input {}
#[derive(Clone)]
struct Pair(u32,
    u32);
fn g() {}
";
    let source = Source::new("src/main.rs", text);
    let by_macro: Vec<u32> = (1..=30).filter(|line| source.is_by_macro(*line)).collect();
    assert_eq!(
        by_macro,
        [
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 17, 18, 19, 21, 22, 23
        ]
    );
}

#[test]
fn changes_are_told_in_the_words_of_the_line() {
    for (kind, column, line, words) in [
        (Kind::Edge, 4, "if a < b {", "`<` becomes `<=`"),
        (Kind::Edge, 4, "if a >= b {", "`>=` becomes `>`"),
        (Kind::Edge, 4, "if a < b && c >= d {", "`<` becomes `<=`"),
        (Kind::Edge, 13, "if a < b && c >= d {", "`>=` becomes `>`"),
        (
            Kind::Edge,
            1,
            "'a'..='z' => true,",
            "a comparison decides otherwise where both of its sides are equal",
        ),
        (
            Kind::Edge,
            1,
            "let v: Vec<u8> = a <= b;",
            "`<=` becomes `<`",
        ),
        (Kind::Equality, 1, "a != b", "`!=` becomes `==`"),
        (Kind::Equality, 900, "a == b", "`==` becomes `!=`"),
    ] {
        let position = Position {
            file: 0,
            line: 1,
            column,
        };
        let change = Change { position, kind };
        assert_eq!(change.told(line), words, "{line}");
    }
}
