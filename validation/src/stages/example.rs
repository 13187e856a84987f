//! Proposals and modules for tests of stages, written by hand: no toolchain is needed.

use crate::{Language, ProposedTool, ValidatorOptions};
use policies::Limits;
use runtime::{Sandbox, SandboxConfig, Tool};
use std::fmt::Write as _;
use std::sync::OnceLock;

/// A proposal of one file, which nobody builds.
pub(crate) fn proposal() -> ProposedTool {
    ProposedTool {
        tool_id: None,
        name: "adder".to_owned(),
        version: semver::Version::new(1, 0, 0),
        description: "Adds.".to_owned(),
        signature: String::new(),
        source_code: "fn main() {}".to_owned(),
        test_code: String::new(),
        documentation: "How to add.".to_owned(),
        language: Language::Rust,
        dependencies: Vec::new(),
        files: Vec::new(),
        specification: None,
        generator: None,
        generated_by_agent_id: String::new(),
    }
}

/// One sandbox for all tests of this process: each would take a pool of its own.
pub(crate) fn sandbox() -> Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    let made = SANDBOX.get_or_init(|| {
        let mut config = SandboxConfig::default();
        config.max_concurrent_calls = 8;
        Sandbox::new(&config).expect("a sandbox")
    });
    made.clone()
}

pub(crate) fn load(wasm: &[u8]) -> Tool {
    sandbox()
        .load(wasm, &Limits::default())
        .unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn options() -> ValidatorOptions {
    ValidatorOptions::default()
}

/// A WASI command that answers by its arguments:
/// with the first case whose word is one of them. The word "" stands for no argument at all.
pub(crate) struct Script {
    cases: Vec<(String, Answer)>,
}

#[derive(Clone, Default)]
pub(crate) struct Answer {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) end: End,
}

#[derive(Clone, Copy, Default)]
pub(crate) enum End {
    #[default]
    Return,
    Exit(i32),
    Trap,
    Loop,
    /// Opens "etc" in the folder that the first preopened descriptor stands for, or in none.
    Open,
    /// Prints eight random bytes as letters, in quotes.
    Random,
    /// Asks for the clock and prints one of its digits.
    Clock,
    /// Prints what it reads.
    Echo,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self { cases: Vec::new() }
    }

    /// Called with this argument, it prints this.
    pub(crate) fn prints(self, argument: &str, stdout: impl Into<String>) -> Self {
        self.answers(
            argument,
            Answer {
                stdout: stdout.into(),
                ..Answer::default()
            },
        )
    }

    pub(crate) fn answers(mut self, argument: &str, answer: Answer) -> Self {
        self.cases.push((argument.to_owned(), answer));
        self
    }

    /// The module; where no case fits, it ends with exit code 64.
    pub(crate) fn module(&self) -> Vec<u8> {
        let mut data = String::new();
        let mut body = String::new();
        // Data from 64 KiB on; arguments and scratch below.
        let mut at = 65_536;
        let mut place = |text: &str, data: &mut String| {
            let escaped = text.bytes().fold(String::new(), |mut escaped, byte| {
                let _ = write!(escaped, "\\{byte:02x}");
                escaped
            });
            let _ = writeln!(data, "(data (i32.const {at}) \"{escaped}\")");
            let start = at;
            at += text.len();
            (start, text.len())
        };
        for (word, answer) in &self.cases {
            let (word_at, length) = place(word, &mut data);
            let (out_at, out) = place(&answer.stdout, &mut data);
            let (err_at, err) = place(&answer.stderr, &mut data);
            let _ = write!(
                body,
                "(if (call $given (i32.const {word_at}) (i32.const {length})) (then
                   (call $print (i32.const 1) (i32.const {out_at}) (i32.const {out}))
                   (call $print (i32.const 2) (i32.const {err_at}) (i32.const {err}))
                   {} return))\n",
                answer.end.code()
            );
        }
        let text = format!(
            "(module
               {IMPORTS}
               (memory (export \"memory\") 40)
               {data}
               {FUNCTIONS}
               (func (export \"_start\")
                 (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
                 (drop (call $args_get (i32.const 1024) (i32.const 4096)))
                 {body}
                 (call $proc_exit (i32.const 64))))"
        );
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }
}

impl End {
    fn code(self) -> String {
        match self {
            Self::Return => String::new(),
            Self::Exit(code) => format!("(call $proc_exit (i32.const {code}))"),
            Self::Trap => "unreachable".to_owned(),
            Self::Loop => "(loop $again (br $again))".to_owned(),
            Self::Open => "(i32.store (i32.const 512) (i32.const 0x63746500))
                (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 513) (i32.const 3)
                  (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 520)))"
                .to_owned(),
            Self::Random => "(drop (call $random_get (i32.const 512) (i32.const 8)))
                (call $digits (i64.load (i32.const 512)))"
                .to_owned(),
            Self::Clock => {
                "(drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 512)))
                (call $digits (i64.load (i32.const 512)))"
                    .to_owned()
            }
            Self::Echo => "(i32.store (i32.const 0) (i32.const 16384))
                (i32.store (i32.const 4) (i32.const 32768))
                (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
                (call $print (i32.const 1) (i32.const 16384) (i32.load (i32.const 8)))"
                .to_owned(),
        }
    }
}

const IMPORTS: &str = r#"
(import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
(import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))"#;

const FUNCTIONS: &str = r"
(func $print (param $fd i32) (param $at i32) (param $length i32)
  (if (i32.eqz (local.get $length)) (then return))
  (i32.store (i32.const 16) (local.get $at))
  (i32.store (i32.const 20) (local.get $length))
  (drop (call $fd_write (local.get $fd) (i32.const 16) (i32.const 1) (i32.const 24))))

;; Whether the text is one of the arguments, or is empty where there are none.
(func $given (param $at i32) (param $length i32) (result i32)
  (local $index i32)
  (if (i32.eqz (local.get $length)) (then (return (i32.eq (i32.load (i32.const 0)) (i32.const 1)))))
  (local.set $index (i32.const 1))
  (block $none
    (loop $next
      (br_if $none (i32.ge_u (local.get $index) (i32.load (i32.const 0))))
      (if (call $same (local.get $at) (local.get $length)
            (i32.load (i32.add (i32.const 1024) (i32.mul (i32.const 4) (local.get $index)))))
        (then (return (i32.const 1))))
      (local.set $index (i32.add (local.get $index) (i32.const 1)))
      (br $next)))
  (i32.const 0))

;; Whether the text is the one that ends with a NUL.
(func $same (param $at i32) (param $length i32) (param $other i32) (result i32)
  (local $index i32)
  (loop $next
    (if (i32.eq (local.get $index) (local.get $length))
      (then (return (i32.eqz (i32.load8_u (i32.add (local.get $other) (local.get $index)))))))
    (if (i32.ne (i32.load8_u (i32.add (local.get $at) (local.get $index)))
                (i32.load8_u (i32.add (local.get $other) (local.get $index))))
      (then (return (i32.const 0))))
    (local.set $index (i32.add (local.get $index) (i32.const 1)))
    (br $next))
  unreachable)

;; Prints the lowest 48 bits as a JSON number: a digit 1, then one digit for each three bits.
(func $digits (param $number i64)
  (local $index i32)
  (i32.store8 (i32.const 600) (i32.const 49))
  (loop $next
    (i32.store8 (i32.add (i32.const 601) (local.get $index))
      (i32.add (i32.const 48) (i32.wrap_i64 (i64.and (local.get $number) (i64.const 7)))))
    (local.set $number (i64.shr_u (local.get $number) (i64.const 3)))
    (local.set $index (i32.add (local.get $index) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $index) (i32.const 16))))
  (call $print (i32.const 1) (i32.const 600) (i32.const 17)))";
