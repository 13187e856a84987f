//! WASI 0.2 as text, for components written by hand here and in the end-to-end tests.

use std::fmt::Write as _;

/// Interfaces of WASI 0.2 that guests here may import, in the order in which they need each
/// other: the name of the instance, and its import. One is put in where `$name` stands in what a
/// guest says, with those that it needs.
pub(crate) const INTERFACES: &[(&str, &[&str], &str)] = &[
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
        "files",
        &["streams", "wall"],
        r#"(alias export $wall "datetime" (type $datetime-type))
           (import "wasi:filesystem/types@0.2.0" (instance $files
             (export "input-stream" (type $in (eq $input-type)))
             (export "output-stream" (type $out (eq $output-type)))
             (export "datetime" (type $datetime (eq $datetime-type)))
             (export "descriptor" (type $descriptor (sub resource)))
             (export "directory-entry-stream" (type $entries (sub resource)))
             (type $kinds (enum "unknown" "block-device" "character-device" "directory" "fifo"
               "symbolic-link" "regular-file" "socket"))
             (export "descriptor-type" (type $descriptor-type (eq $kinds)))
             (type $flags (flags "read" "write" "file-integrity-sync" "data-integrity-sync"
               "requested-write-sync" "mutate-directory"))
             (export "descriptor-flags" (type $descriptor-flags (eq $flags)))
             (type $paths (flags "symlink-follow"))
             (export "path-flags" (type $path-flags (eq $paths)))
             (type $opens (flags "create" "directory" "exclusive" "truncate"))
             (export "open-flags" (type $open-flags (eq $opens)))
             (type $attributes (record (field "type" $descriptor-type)
               (field "link-count" u64) (field "size" u64)
               (field "data-access-timestamp" (option $datetime))
               (field "data-modification-timestamp" (option $datetime))
               (field "status-change-timestamp" (option $datetime))))
             (export "descriptor-stat" (type $descriptor-stat (eq $attributes)))
             (type $entry (record (field "type" $descriptor-type) (field "name" string)))
             (export "directory-entry" (type $directory-entry (eq $entry)))
             (type $hash (record (field "lower" u64) (field "upper" u64)))
             (export "metadata-hash-value" (type $metadata-hash (eq $hash)))
             (type $codes (enum "access" "would-block" "already" "bad-descriptor" "busy"
               "deadlock" "quota" "exist" "file-too-large" "illegal-byte-sequence" "in-progress"
               "interrupted" "invalid" "io" "is-directory" "loop" "too-many-links"
               "message-size" "name-too-long" "no-device" "no-entry" "no-lock"
               "insufficient-memory" "insufficient-space" "not-directory" "not-empty"
               "not-recoverable" "unsupported" "no-tty" "no-such-device" "overflow"
               "not-permitted" "pipe" "read-only" "invalid-seek" "text-file-busy"
               "cross-device"))
             (export "error-code" (type $error-code (eq $codes)))
             (export "[method]descriptor.read-via-stream" (func (param "self" (borrow $descriptor))
               (param "offset" u64) (result (result (own $in) (error $error-code)))))
             (export "[method]descriptor.write-via-stream" (func (param "self" (borrow $descriptor))
               (param "offset" u64) (result (result (own $out) (error $error-code)))))
             (export "[method]descriptor.append-via-stream"
               (func (param "self" (borrow $descriptor))
                 (result (result (own $out) (error $error-code)))))
             (export "[method]descriptor.set-size" (func (param "self" (borrow $descriptor))
               (param "size" u64) (result (result (error $error-code)))))
             (export "[method]descriptor.read" (func (param "self" (borrow $descriptor))
               (param "length" u64) (param "offset" u64)
               (result (result (tuple (list u8) bool) (error $error-code)))))
             (export "[method]descriptor.write" (func (param "self" (borrow $descriptor))
               (param "buffer" (list u8)) (param "offset" u64)
               (result (result u64 (error $error-code)))))
             (export "[method]descriptor.read-directory" (func (param "self" (borrow $descriptor))
               (result (result (own $entries) (error $error-code)))))
             (export "[method]directory-entry-stream.read-directory-entry"
               (func (param "self" (borrow $entries))
                 (result (result (option $directory-entry) (error $error-code)))))
             (export "[method]descriptor.create-directory-at"
               (func (param "self" (borrow $descriptor)) (param "path" string)
                 (result (result (error $error-code)))))
             (export "[method]descriptor.stat" (func (param "self" (borrow $descriptor))
               (result (result $descriptor-stat (error $error-code)))))
             (export "[method]descriptor.open-at" (func (param "self" (borrow $descriptor))
               (param "path-flags" $path-flags) (param "path" string)
               (param "open-flags" $open-flags) (param "flags" $descriptor-flags)
               (result (result (own $descriptor) (error $error-code)))))
             (export "[method]descriptor.symlink-at" (func (param "self" (borrow $descriptor))
               (param "old-path" string) (param "new-path" string)
               (result (result (error $error-code)))))
             (export "[method]descriptor.metadata-hash" (func (param "self" (borrow $descriptor))
               (result (result $metadata-hash (error $error-code)))))))
           (alias export $files "descriptor" (type $descriptor-type))
           (alias export $files "directory-entry-stream" (type $entries-type))"#,
    ),
    (
        "preopens",
        &["files"],
        r#"(import "wasi:filesystem/preopens@0.2.0" (instance $preopens
             (export "descriptor" (type $descriptor (eq $descriptor-type)))
             (export "get-directories"
               (func (result (list (tuple (own $descriptor) string)))))))"#,
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

/// What a guest has: its memory, and a `realloc` that gives new room each time.
pub(crate) const MEMORY: &str = r#"
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

/// Imports of the interfaces that `uses` names, and of those that they need.
///
/// # Errors
/// The name that is none.
pub(crate) fn imports(uses: &[&str]) -> Result<String, String> {
    let mut wanted: Vec<&str> = uses.to_vec();
    let mut index = 0;
    while let Some(name) = wanted.get(index) {
        let (_, needs, _) = INTERFACES
            .iter()
            .find(|(known, ..)| known == name)
            .ok_or_else(|| format!("there is no interface `{name}`"))?;
        wanted.extend_from_slice(needs);
        index += 1;
    }
    let mut text = String::new();
    for (name, _, import) in INTERFACES {
        if wanted.contains(name) {
            let _ = writeln!(text, "{import}");
        }
    }
    Ok(text)
}
