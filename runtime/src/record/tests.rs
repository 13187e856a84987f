//! Recordings that were damaged, and such as somebody has written who means harm.

use super::recording::{Answer, Content};
use super::{Recording, RecordingError, Verdict};
use crate::{Call, CancellationToken, Sandbox, SandboxConfig, Tool};
use policies::{Bytes, Clocks, Fuel, Policy};
use proptest::prelude::*;
use std::sync::{Arc, OnceLock};

/// Reads the real clock twice and prints what it says.
const CLOCK: &str = r#"(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\40\00\00\00\10\00\00\00")
  (func (export "_start")
    (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 64)))
    (drop (call $clock (i32.const 1) (i64.const 1) (i32.const 72)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;

fn tool() -> &'static Tool {
    static TOOL: OnceLock<Tool> = OnceLock::new();
    TOOL.get_or_init(|| {
        let config = SandboxConfig {
            max_concurrent_calls: 4,
            ..SandboxConfig::default()
        };
        let wasm = wat::parse_str(CLOCK).expect("a module");
        Sandbox::new(&config)
            .expect("a sandbox")
            .load(&wasm, &policies::Limits::default())
            .expect("it can be run")
    })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

fn recording() -> Recording {
    static RECORDING: OnceLock<Recording> = OnceLock::new();
    RECORDING
        .get_or_init(|| {
            let mut policy = Policy::default();
            policy.capabilities.clocks = Clocks::Real;
            let call = Call::new(policy).with_args(["a"]).with_input("b");
            let (_, recording) = block_on(tool().record(call, Recording::DEFAULT_LIMIT));
            recording.expect("it fits")
        })
        .clone()
}

fn bytes() -> Vec<u8> {
    recording().to_bytes().expect("it can be written")
}

/// With a digest that fits, as somebody writes it who wants it to be read.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    use sha2::Digest as _;
    let end = bytes.len() - 32;
    let digest = sha2::Sha256::digest(&bytes[..end]);
    bytes[end..].copy_from_slice(&digest);
    bytes
}

fn error(bytes: &[u8]) -> RecordingError {
    Recording::from_bytes(bytes).expect_err("it is none")
}

fn changed(change: impl FnOnce(&mut Content)) -> Recording {
    let mut recording = recording();
    change(&mut recording.content);
    recording
}

/// Written, read again and replayed.
fn replayed(change: impl FnOnce(&mut Content)) -> Verdict {
    let bytes = changed(change).to_bytes().expect("it can be written");
    let recording = Recording::from_bytes(&bytes).expect("it holds together");
    block_on(tool().replay(&Arc::new(recording), CancellationToken::new())).verdict
}

fn refused(change: impl FnOnce(&mut Content)) -> String {
    let bytes = changed(change).to_bytes().expect("it can be written");
    match error(&bytes) {
        RecordingError::Content { reason } => reason,
        other => panic!("{other}"),
    }
}

#[test]
fn what_is_no_recording_is_called_that() {
    for bytes in [&b""[..], b"\0asm\x01\0\0\0", b"{}", &[0; 100]] {
        assert_eq!(error(bytes), RecordingError::NoRecording, "{bytes:?}");
    }
}

#[test]
fn a_recording_that_is_cut_off_anywhere_is_called_that() {
    let whole = bytes();
    for length in 1..whole.len() {
        let bytes = length as u64;
        let found = error(&whole[..length]);
        // Where all of the content is there, what is missing is the end of the digest.
        let either = [RecordingError::CutOff { bytes }, RecordingError::Damaged];
        assert!(either.contains(&found), "{length}: {found}");
        if length < whole.len() - 32 {
            assert_eq!(found, either[0], "{length}");
        }
    }
}

#[test]
fn a_recording_with_one_bit_changed_anywhere_is_refused() {
    let whole = bytes();
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            error(&bytes);
        }
    }
}

#[test]
fn other_versions_are_told_apart() {
    let with = |version: u32| {
        let mut bytes = bytes();
        bytes[8..12].copy_from_slice(&version.to_le_bytes());
        // What comes after may be anything.
        bytes.truncate(40);
        error(&bytes)
    };
    assert_eq!(with(2), RecordingError::Newer { found: 2 });
    assert_eq!(with(0), RecordingError::Older { found: 0 });
    assert!(with(2).to_string().contains("a newer one"));
}

#[test]
fn no_length_makes_more_be_read_than_is_allowed() {
    let with = |length: u64| {
        let mut bytes = bytes();
        bytes[12..20].copy_from_slice(&length.to_le_bytes());
        error(&sealed(bytes))
    };
    let limit = Recording::MAX_CONTENT.0;
    assert!(matches!(with(limit), RecordingError::Content { .. }));
    let size = Bytes(limit + 1);
    assert_eq!(with(limit + 1), RecordingError::TooLarge { size });
    assert!(matches!(with(u64::MAX), RecordingError::TooLarge { .. }));
    assert!(matches!(with(0), RecordingError::Content { .. }));
    // A little less than there is.
    let mut length = [0; 8];
    length.copy_from_slice(&bytes()[12..20]);
    let less = with(u64::from_le_bytes(length) - 1);
    assert!(matches!(less, RecordingError::Content { .. }), "{less}");
}

#[test]
fn huge_lengths_inside_the_content_take_no_memory() {
    // An array of 2^62 elements, a text of 2^62 bytes, arrays inside each other.
    for inside in [
        &[0x9b, 0x40, 0, 0, 0, 0, 0, 0, 0][..],
        &[0x7b, 0x40, 0, 0, 0, 0, 0, 0, 0],
        &[0x5b, 0x40, 0, 0, 0, 0, 0, 0, 0],
        &[0x81; 10_000],
    ] {
        let mut bytes = bytes()[..20].to_vec();
        bytes[12..20].copy_from_slice(&(inside.len() as u64).to_le_bytes());
        let mut body = flate2::write::ZlibEncoder::new(bytes, flate2::Compression::fast());
        std::io::Write::write_all(&mut body, inside).expect("into memory");
        let mut bytes = body.finish().expect("into memory");
        bytes.extend_from_slice(&[0; 32]);
        let found = error(&sealed(bytes));
        assert!(matches!(found, RecordingError::Content { .. }), "{found}");
    }
}

#[test]
fn what_can_not_be_is_refused() {
    let said = refused(|it| it.policy.limits.memory = Bytes(1));
    assert!(said.contains("its policy can't be"), "{said}");
    let said = refused(|it| it.args = vec!["x".repeat(Call::MAX_ARGUMENT_BYTES)]);
    assert!(said.contains("more arguments"), "{said}");
    for change in [
        (|it: &mut Content| it.answers[0].function = 7) as fn(&mut Content),
        |it| it.answers[0].call = 99,
        |it| it.answers[0].call = 3,
    ] {
        assert!(refused(change).contains("belongs to no host call"));
    }
    assert!(refused(|it| it.calls.count = 0).contains("more host calls than it counts"));
    assert!(refused(|it| it.calls.count = 9).contains("hashes"));
}

#[test]
fn a_recording_that_was_tampered_with_is_not_the_same() {
    assert_eq!(replayed(|_| {}), Verdict::Same);
    // Another time.
    match replayed(|it| it.answers[0].bytes[0] ^= 1) {
        Verdict::Diverged(it) => assert_eq!(it.call, 3, "where it is printed"),
        other => panic!("{other:?}"),
    }
    // Answers that do not fit, are another function's, are missing, or too many.
    let at = |verdict: Verdict| match verdict {
        Verdict::Diverged(it) => (it.call, it.why),
        other => panic!("{other:?}"),
    };
    let (call, why) = at(replayed(|it| it.answers[1].bytes.push(0)));
    assert_eq!(call, 2);
    assert!(why.contains("does not fit"), "{why}");
    let (call, why) = at(replayed(|it| it.functions[0] = "random_get".to_owned()));
    assert_eq!(call, 1);
    assert!(
        why.contains("the recording's next is to random_get"),
        "{why}"
    );
    let (call, why) = at(replayed(|it| drop(it.answers.pop())));
    assert_eq!(call, 2);
    assert!(why.contains("no more answers"), "{why}");
    let (_, why) = at(replayed(|it| {
        it.answers.push(Answer {
            call: 3,
            function: 0,
            errno: 0,
            trap: None,
            bytes: Vec::new(),
        });
    }));
    assert!(why.contains("nothing asks for"), "{why}");
    // Another end.
    for (what, change) in [
        (
            "fuel",
            (|it: &mut Content| it.end.usage.fuel += 1) as fn(&mut Content),
        ),
        ("output", |it| it.end.output = crate::Digest::of(b"")),
        ("standard error", |it| it.end.stderr_bytes += 1),
        ("outcome", |it| {
            it.end.outcome = crate::Outcome::ToolError { exit_code: 1 }
        }),
        ("denied attempts", |it| it.end.usage.denied += 1),
    ] {
        match replayed(change) {
            Verdict::Different { differences } => {
                let all: Vec<_> = differences.iter().map(|it| it.what).collect();
                assert_eq!(all, [what]);
            }
            other => panic!("{what}: {other:?}"),
        }
    }
    // Less fuel than it took.
    let starved = replayed(|it| it.policy.limits.fuel = Fuel(1));
    assert!(matches!(starved, Verdict::Diverged(_)), "{starved:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = Recording::from_bytes(&bytes);
    }

    #[test]
    fn no_change_panics_with_a_digest_that_fits(changes: Vec<(u16, u8)>) {
        let mut bytes = bytes();
        let end = bytes.len() - 32;
        for (at, value) in changes {
            bytes[usize::from(at) % end] = value;
        }
        let _ = Recording::from_bytes(&sealed(bytes));
    }

    #[test]
    fn no_change_of_the_content_panics_nor_does_its_replay(changes: Vec<(u16, u8)>) {
        let mut plain = Vec::new();
        ciborium::into_writer(&recording().content, &mut plain).expect("into memory");
        for (at, value) in changes.into_iter().take(3) {
            let at = usize::from(at) % plain.len();
            plain[at] = value;
        }
        let mut head = bytes()[..20].to_vec();
        head[12..20].copy_from_slice(&(plain.len() as u64).to_le_bytes());
        let mut body = flate2::write::ZlibEncoder::new(head, flate2::Compression::fast());
        std::io::Write::write_all(&mut body, &plain).expect("into memory");
        let mut bytes = body.finish().expect("into memory");
        bytes.extend_from_slice(&[0; 32]);
        if let Ok(recording) = Recording::from_bytes(&sealed(bytes)) {
            block_on(tool().replay(&Arc::new(recording), CancellationToken::new()));
        }
    }
}
