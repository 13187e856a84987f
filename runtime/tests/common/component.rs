//! Components written by hand.

use std::fmt::Write as _;

/// Interfaces of WASI 0.2 that guests here may import, in the order in which they need each
/// other: the name of the instance, and its import. One is put in where `$name` stands in what a
/// guest says, with those that it needs.
const INTERFACES: &[(&str, &[&str], &str)] = &[
    (
        "error",
        &[],
        r#"(import "wasi:io/error@0.2.0" (instance $error
             (export "error" (type $e (sub resource)))
             (export "[method]error.to-debug-string"
               (func (param "self" (borrow $e)) (result string)))))
           (alias export $error "error" (type $error-type))"#,
    ),
    (
        "poll",
        &[],
        r#"(import "wasi:io/poll@0.2.0" (instance $poll
             (export "pollable" (type $p (sub resource)))
             (export "[method]pollable.ready" (func (param "self" (borrow $p)) (result bool)))
             (export "[method]pollable.block" (func (param "self" (borrow $p))))
             (export "poll" (func (param "in" (list (borrow $p))) (result (list u32))))))
           (alias export $poll "pollable" (type $pollable-type))"#,
    ),
    (
        "streams",
        &["error", "poll"],
        r#"(import "wasi:io/streams@0.2.0" (instance $streams
             (export "error" (type $e (eq $error-type)))
             (export "pollable" (type $p (eq $pollable-type)))
             (export "input-stream" (type $in (sub resource)))
             (export "output-stream" (type $out (sub resource)))
             (type $failed (variant (case "last-operation-failed" (own $e)) (case "closed")))
             (export "stream-error" (type $stream-error (eq $failed)))
             (export "[method]input-stream.read" (func (param "self" (borrow $in))
               (param "len" u64) (result (result (list u8) (error $stream-error)))))
             (export "[method]input-stream.blocking-read" (func (param "self" (borrow $in))
               (param "len" u64) (result (result (list u8) (error $stream-error)))))
             (export "[method]input-stream.subscribe"
               (func (param "self" (borrow $in)) (result (own $p))))
             (export "[method]output-stream.check-write" (func (param "self" (borrow $out))
               (result (result u64 (error $stream-error)))))
             (export "[method]output-stream.write" (func (param "self" (borrow $out))
               (param "contents" (list u8)) (result (result (error $stream-error)))))
             (export "[method]output-stream.blocking-write-and-flush"
               (func (param "self" (borrow $out)) (param "contents" (list u8))
                 (result (result (error $stream-error)))))
             (export "[method]output-stream.write-zeroes" (func (param "self" (borrow $out))
               (param "len" u64) (result (result (error $stream-error)))))
             (export "[method]output-stream.flush" (func (param "self" (borrow $out))
               (result (result (error $stream-error)))))
             (export "[method]output-stream.splice" (func (param "self" (borrow $out))
               (param "src" (borrow $in)) (param "len" u64)
               (result (result u64 (error $stream-error)))))))
           (alias export $streams "input-stream" (type $input-type))
           (alias export $streams "output-stream" (type $output-type))"#,
    ),
    (
        "stdin",
        &["streams"],
        r#"(import "wasi:cli/stdin@0.2.0" (instance $stdin
             (export "input-stream" (type $in (eq $input-type)))
             (export "get-stdin" (func (result (own $in))))))"#,
    ),
    (
        "stdout",
        &["streams"],
        r#"(import "wasi:cli/stdout@0.2.0" (instance $stdout
             (export "output-stream" (type $out (eq $output-type)))
             (export "get-stdout" (func (result (own $out))))))"#,
    ),
    (
        "stderr",
        &["streams"],
        r#"(import "wasi:cli/stderr@0.2.0" (instance $stderr
             (export "output-stream" (type $out (eq $output-type)))
             (export "get-stderr" (func (result (own $out))))))"#,
    ),
    (
        "monotonic",
        &["poll"],
        r#"(import "wasi:clocks/monotonic-clock@0.2.0" (instance $monotonic
             (export "pollable" (type $p (eq $pollable-type)))
             (export "now" (func (result u64)))
             (export "resolution" (func (result u64)))
             (export "subscribe-instant" (func (param "when" u64) (result (own $p))))
             (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))"#,
    ),
    (
        "wall",
        &[],
        r#"(import "wasi:clocks/wall-clock@0.2.0" (instance $wall
             (type $moment (record (field "seconds" u64) (field "nanoseconds" u32)))
             (export "datetime" (type $datetime (eq $moment)))
             (export "now" (func (result $datetime)))
             (export "resolution" (func (result $datetime)))))"#,
    ),
    (
        "random",
        &[],
        r#"(import "wasi:random/random@0.2.0" (instance $random
             (export "get-random-bytes" (func (param "len" u64) (result (list u8))))
             (export "get-random-u64" (func (result u64)))))"#,
    ),
    (
        "exit",
        &[],
        r#"(import "wasi:cli/exit@0.2.0" (instance $exit
             (export "exit" (func (param "status" (result))))))"#,
    ),
    (
        "environment",
        &[],
        r#"(import "wasi:cli/environment@0.2.0" (instance $environment
             (export "get-environment" (func (result (list (tuple string string)))))
             (export "get-arguments" (func (result (list string))))))"#,
    ),
    (
        "network",
        &[],
        r#"(import "wasi:sockets/network@0.2.0" (instance $network
             (type $codes (enum "unknown" "access-denied" "not-supported" "invalid-argument"
               "out-of-memory" "timeout" "concurrency-conflict" "not-in-progress" "would-block"
               "invalid-state" "new-socket-limit" "address-not-bindable" "address-in-use"
               "remote-unreachable" "connection-refused" "connection-reset" "connection-aborted"
               "datagram-too-large" "name-unresolvable" "temporary-resolver-failure"
               "permanent-resolver-failure"))
             (export "error-code" (type (eq $codes)))
             (type $families (enum "ipv4" "ipv6"))
             (export "ip-address-family" (type (eq $families)))))
           (alias export $network "error-code" (type $network-error))
           (alias export $network "ip-address-family" (type $family))"#,
    ),
    (
        "tcp",
        &["network"],
        r#"(import "wasi:sockets/tcp@0.2.0" (instance $tcp
             (export "tcp-socket" (type (sub resource)))))
           (alias export $tcp "tcp-socket" (type $tcp-type))"#,
    ),
    (
        "create-tcp",
        &["tcp"],
        r#"(import "wasi:sockets/tcp-create-socket@0.2.0" (instance $create-tcp
             (export "error-code" (type $code (eq $network-error)))
             (export "ip-address-family" (type $family-here (eq $family)))
             (export "tcp-socket" (type $socket (eq $tcp-type)))
             (export "create-tcp-socket" (func (param "address-family" $family-here)
               (result (result (own $socket) (error $code)))))))"#,
    ),
];

/// What every guest has: its memory, and a `realloc` that gives new room each time.
const MEMORY: &str = r#"
  (core module $memory-module
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 32768))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (block $room
        (loop $more
          (br_if $room (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
          (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
          unreachable))
      (local.get $at)))
  (core instance $memory (instantiate $memory-module))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
"#;

/// Imports of the interfaces that `uses` names, and what `lowers` makes of them.
fn imports(uses: &[&str]) -> String {
    let mut wanted: Vec<&str> = uses.to_vec();
    let mut index = 0;
    while let Some(name) = wanted.get(index) {
        let (_, needs, _) = INTERFACES
            .iter()
            .find(|(known, ..)| known == name)
            .unwrap_or_else(|| panic!("no interface {name}"));
        wanted.extend_from_slice(needs);
        index += 1;
    }
    let mut text = String::new();
    for (name, _, import) in INTERFACES {
        if wanted.contains(name) {
            let _ = writeln!(text, "{import}");
        }
    }
    text
}

/// A core function lowered from an import: `(instance, function)` under the core name given, as
/// `host` `name` for the guest's module.
fn lowered(functions: &[(&str, &str, &str)]) -> String {
    let mut text = String::new();
    for (name, instance, function) in functions {
        let _ = writeln!(
            text,
            "(alias export ${instance} \"{function}\" (func ${name}-func))
             (core func ${name} (canon lower (func ${name}-func)
               (memory $mem) (realloc $realloc)))"
        );
    }
    text
}

/// A guest: `functions` are what it imports (name here, interface here, name there), `resources`
/// core functions that drop (name, component type), `module` the parts of its core module after
/// the imports, which has the memory as `$m`.
fn guest(
    functions: &[(&str, &str, &str)],
    resources: &[(&str, &str)],
    signatures: &str,
    module: &str,
) -> String {
    let uses: Vec<&str> = functions.iter().map(|(_, instance, _)| *instance).collect();
    let mut text = imports(&uses);
    text.push_str(MEMORY);
    text.push_str(&lowered(functions));
    for (name, ty) in resources {
        let _ = writeln!(text, "(core func ${name} (canon resource.drop ${ty}))");
    }
    let _ = writeln!(
        text,
        "(core module $main-module
           (import \"env\" \"memory\" (memory $m 1))
           {signatures}
           {module})
         (core instance $main (instantiate $main-module (with \"env\" (instance
           (export \"memory\" (memory $mem))"
    );
    for name in functions
        .iter()
        .map(|(name, ..)| name)
        .chain(resources.iter().map(|(name, _)| name))
    {
        let _ = writeln!(text, "(export \"{name}\" (func ${name}))");
    }
    text.push_str("))))\n");
    text
}

/// What a guest of these helpers is made of.
#[derive(Default)]
pub(crate) struct Guest<'a> {
    /// Functions that it imports: name here, interface (of `INTERFACES`), name there, and the
    /// core signature.
    pub(crate) functions: &'a [(&'a str, &'a str, &'a str, &'a str)],
    /// Resources that it drops: name here, and the component's type.
    pub(crate) drops: &'a [(&'a str, &'a str)],
    /// Parts of its core module.
    pub(crate) module: &'a str,
}

impl Guest<'_> {
    fn text(&self) -> String {
        let mut signatures = String::new();
        for (name, _, _, signature) in self.functions {
            let _ = writeln!(
                signatures,
                "(import \"env\" \"{name}\" (func ${name} {signature}))"
            );
        }
        for (name, _) in self.drops {
            let _ = writeln!(
                signatures,
                "(import \"env\" \"{name}\" (func ${name} (param i32)))"
            );
        }
        let functions: Vec<_> = self
            .functions
            .iter()
            .map(|(name, instance, function, _)| (*name, *instance, *function))
            .collect();
        guest(&functions, self.drops, &signatures, self.module)
    }

    /// A command: its module exports `run` without parameters, which gives 0 or 1.
    pub(crate) fn command(&self) -> Vec<u8> {
        parse(&format!(
            "(component {}
               (func $run (result (result)) (canon lift (core func $main \"run\")))
               (instance $entry (export \"run\" (func $run)))
               (export \"wasi:cli/run@0.2.0\" (instance $entry)))",
            self.text()
        ))
    }

    /// A tool: its module exports `manifest` (gives where the text's place and length are) and
    /// `run` (takes the input's place and length, gives where the result is).
    pub(crate) fn tool(&self) -> Vec<u8> {
        parse(&format!(
            "(component {}
               (type $record (record
                 (field \"code\" string) (field \"message\" string)
                 (field \"details\" (option string))))
               (export $tool-error \"tool-error\" (type $record))
               (func (export \"manifest\") (result string)
                 (canon lift (core func $main \"manifest\") (memory $mem)))
               (func (export \"run\") (param \"input\" string)
                 (result (result string (error $tool-error)))
                 (canon lift (core func $main \"run\") (memory $mem) (realloc $realloc))))",
            self.text()
        ))
    }
}

/// A tool of a manifest that is `{}`, with `run` as its function's body: `$in` and `$length` are
/// where the input is. `$give` makes a result of a text, `$fail` one of an error's parts.
pub(crate) fn tool(functions: &[(&str, &str, &str, &str)], rest: &str, run: &str) -> Vec<u8> {
    let module = format!(
        r#"(data (i32.const 16) "{{}}")
           (data (i32.const 0) "\10\00\00\00\02\00\00\00")
           (func (export "manifest") (result i32) (i32.const 0))
           (func $give (param $at i32) (param $length i32) (result i32)
             (i32.store8 (i32.const 256) (i32.const 0))
             (i32.store (i32.const 260) (local.get $at))
             (i32.store (i32.const 264) (local.get $length))
             (i32.const 256))
           (func $fail (param $code i32) (param $code-length i32) (param $at i32)
             (param $length i32) (param $details i32) (param $details-length i32) (result i32)
             (i32.store8 (i32.const 256) (i32.const 1))
             (i32.store (i32.const 260) (local.get $code))
             (i32.store (i32.const 264) (local.get $code-length))
             (i32.store (i32.const 268) (local.get $at))
             (i32.store (i32.const 272) (local.get $length))
             (i32.store8 (i32.const 276) (i32.ne (local.get $details) (i32.const 0)))
             (i32.store (i32.const 280) (local.get $details))
             (i32.store (i32.const 284) (local.get $details-length))
             (i32.const 256))
           {rest}
           (func (export "run") (param $in i32) (param $length i32) (result i32) {run})"#
    );
    let guest = Guest {
        functions,
        module: &module,
        ..Guest::default()
    };
    guest.tool()
}

/// A command with `run` as its function's body, which leaves 0 or 1.
pub(crate) fn command(functions: &[(&str, &str, &str, &str)], rest: &str, run: &str) -> Vec<u8> {
    let module = format!("{rest} (func (export \"run\") (result i32) {run})");
    let guest = Guest {
        functions,
        module: &module,
        ..Guest::default()
    };
    guest.command()
}

pub(crate) fn parse(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}
