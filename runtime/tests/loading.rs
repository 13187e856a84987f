//! What loads, what does not, and what of it is kept.

mod common;

use common::{command, kind, run, sandbox};
use policies::{Limits, Policy};
use runtime::{Call, Digest, InstallationKey, LoadError, OutcomeKind, Sandbox, SandboxConfig};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn load(wasm: &[u8]) -> Result<Digest, LoadError> {
    sandbox()
        .load(wasm, &Limits::default())
        .map(|tool| *tool.digest())
}

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn what_is_no_module_is_named() {
    let good = command("", "");
    assert_eq!(load(&good), Ok(Digest::of(&good)));
    assert_eq!(load(b""), Err(LoadError::Empty));
    assert!(matches!(
        load(b"#!/bin/sh\n"),
        Err(LoadError::NotWasm { .. })
    ));
    assert!(matches!(load(b"\0asm"), Err(LoadError::Invalid { .. })));
    assert!(matches!(
        load(&good[..good.len() - 3]),
        Err(LoadError::Invalid { .. })
    ));
    assert!(matches!(
        load(&[&good[..], &[0xff; 9]].concat()),
        Err(LoadError::Invalid { .. })
    ));
    assert_eq!(load(&wat("(component)")), Err(LoadError::NoEntry));
}

#[test]
fn what_is_no_command_is_named() {
    let foreign = wat(
        "(module (import \"env\" \"f\" (func)) (memory (export \"memory\") 1) (func (export \"_start\")))",
    );
    let import = LoadError::ForeignImport {
        module: "env".into(),
        name: "f".into(),
    };
    assert_eq!(load(&foreign), Err(import));
    let unknown = wat(
        "(module (import \"wasi_snapshot_preview1\" \"fd_fly\" (func)) (memory (export \"memory\") 1) (func (export \"_start\")))",
    );
    assert!(matches!(
        load(&unknown),
        Err(LoadError::ForeignImport { .. })
    ));
    let other_type = wat(
        "(module (import \"wasi_snapshot_preview1\" \"fd_close\" (func)) (memory (export \"memory\") 1) (func (export \"_start\")))",
    );
    assert!(matches!(
        load(&other_type),
        Err(LoadError::ImportType { .. })
    ));
    assert_eq!(
        load(&wat("(module (memory (export \"memory\") 1))")),
        Err(LoadError::NoStart)
    );
    let argument = "(module (memory (export \"memory\") 1) (func (export \"_start\") (param i32)))";
    assert_eq!(load(&wat(argument)), Err(LoadError::NoStart));
    assert_eq!(
        load(&wat("(module (func (export \"_start\")))")),
        Err(LoadError::NoMemory)
    );
}

#[test]
fn what_a_module_calls_things_is_told_in_short() {
    let long = "n".repeat(100_000);
    let text = format!("(module (import \"{long}\" \"\\1b[2J\" (func)))");
    let Err(LoadError::ForeignImport { module, name }) = load(&wat(&text)) else {
        panic!("loaded");
    };
    assert!(
        module.starts_with("nnn") && module.len() < 600,
        "{}",
        module.len()
    );
    assert_eq!(name, r"\u{1b}[2J");
    // The same export twice, as text would not take it.
    let twice = wat("(module (func (export \"n\")) (func (export \"m\")))");
    let grown: Vec<u8> = {
        let mut exports = vec![2];
        for index in 0..2 {
            exports.extend([0xa0, 0x8d, 0x06]);
            exports.extend(long.as_bytes());
            exports.extend([0, index]);
        }
        let size = u32::try_from(exports.len()).expect("small");
        let section = [[7].as_slice(), &leb(size), &exports].concat();
        // In the place of the export section that is there: ten bytes with its head.
        let at = twice
            .windows(3)
            .position(|w| w == [7, 9, 2])
            .expect("it is there");
        [&twice[..at], &section, &twice[at + 11..]].concat()
    };
    let said = load(&grown).expect_err("twice").to_string();
    assert!(
        said.contains("duplicate export") && said.len() < 700,
        "{}",
        said.len()
    );
}

/// A number as WebAssembly writes it.
fn leb(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = u8::try_from(number & 0x7f).expect("seven bits");
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

#[test]
fn custom_sections_of_any_name_and_content_do_no_harm() {
    let mut wasm = command("", "");
    for name in [
        "name",
        ".debug_info",
        ".debug_line",
        "producers",
        "target_features",
        "linking",
        "\u{0}",
    ] {
        let mut section = vec![u8::try_from(name.len()).expect("short")];
        section.extend_from_slice(name.as_bytes());
        section.extend_from_slice(&[0xff; 40]);
        wasm.push(0);
        wasm.push(u8::try_from(section.len()).expect("short"));
        wasm.extend(section);
    }
    let tool = sandbox().load(&wasm, &Limits::default()).expect("it loads");
    assert_eq!(
        kind(&run(&tool, Call::new(Policy::default()))),
        OutcomeKind::Success
    );
}

struct Cached {
    folder: tempfile::TempDir,
}

impl Cached {
    fn load(&self, key: u8, wasm: &[u8]) {
        let mut config = SandboxConfig::default();
        config.max_concurrent_calls = 1;
        config.cache_dir = Some(self.folder.path().to_owned());
        config.key = Some(InstallationKey::from_bytes([key; 32]));
        let sandbox = Sandbox::new(&config).expect("a sandbox");
        let tool = sandbox.load(wasm, &Limits::default()).expect("it loads");
        assert_eq!(
            kind(&run(&tool, Call::new(Policy::default()))),
            OutcomeKind::Success
        );
    }

    fn entry(&self) -> std::path::PathBuf {
        let mut files: Vec<_> = fs::read_dir(self.folder.path())
            .expect("a folder")
            .map(|file| file.expect("a file").path())
            .collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0)
    }
}

#[test]
fn compiled_code_is_kept_and_only_believed_when_signed() {
    let cached = Cached {
        folder: tempfile::tempdir().expect("a folder"),
    };
    let wasm = command("", "");
    cached.load(1, &wasm);
    let entry = cached.entry();
    let signed = fs::read(&entry).expect("kept");

    // Marked so that a rewrite shows: what is believed is not written again.
    let is_rewritten = |content: &[u8], key: u8| {
        fs::write(&entry, content).expect("written");
        fs::set_permissions(&entry, fs::Permissions::from_mode(0o640)).expect("changed");
        cached.load(key, &wasm);
        let mode = fs::metadata(&entry).expect("kept").permissions().mode();
        mode & 0o777 == 0o600
    };
    assert!(!is_rewritten(&signed, 1), "what is signed is believed");
    let mut tampered = signed.clone();
    let last = tampered.len() - 1;
    tampered[last] ^= 1;
    assert!(is_rewritten(&tampered, 1), "changed code");
    let mut header = signed.clone();
    header[12] ^= 1;
    assert!(is_rewritten(&header, 1), "changed signature");
    assert!(is_rewritten(&signed[..20], 1), "cut off");
    assert!(is_rewritten(b"", 1), "empty");
    assert!(is_rewritten(&signed, 2), "another installation's");
    assert!(!is_rewritten(&fs::read(&entry).expect("kept"), 2));
}

#[test]
fn code_of_one_module_is_not_believed_for_another() {
    let cached = Cached {
        folder: tempfile::tempdir().expect("a folder"),
    };
    let one = command("", "");
    cached.load(1, &one);
    let signed = fs::read(cached.entry()).expect("kept");
    let name = cached.entry();
    let other = command("", "unreachable");
    let renamed = name.to_str().expect("text").replace(
        &Digest::of(&one).to_string(),
        &Digest::of(&other).to_string(),
    );
    fs::write(&renamed, signed).expect("written");
    let mut config = SandboxConfig::default();
    config.cache_dir = Some(cached.folder.path().to_owned());
    config.key = Some(InstallationKey::from_bytes([1; 32]));
    let tool = Sandbox::new(&config)
        .expect("a sandbox")
        .load(&other, &Limits::default())
        .expect("it loads");
    assert_eq!(
        kind(&run(&tool, Call::new(Policy::default()))),
        OutcomeKind::Trap
    );
}

/// Signs as the installation with this key does, by the format that `runtime/src/cache.rs` has.
fn sign(key: u8, entry: &std::path::Path, signed: &[u8], code: &[u8]) -> Vec<u8> {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let name = entry.file_stem().expect("a name").to_string_lossy();
    let (digest, engine) = name.split_once('-').expect("digest and engine");
    let (magic, size) = (&signed[..8], &signed[40..48]);
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&[key; 32]).expect("any length");
    mac.update(magic);
    mac.update(&hex::decode(digest).expect("hex"));
    mac.update(engine.as_bytes());
    let kind = entry.extension().expect("a kind").to_string_lossy();
    mac.update(kind.as_bytes());
    mac.update(size);
    mac.update(code);
    [magic, &mac.finalize().into_bytes(), size, code].concat()
}

#[test]
fn code_of_another_engine_is_compiled_again_even_when_it_is_signed() {
    let cached = Cached {
        folder: tempfile::tempdir().expect("a folder"),
    };
    let wasm = command("", "");
    cached.load(1, &wasm);
    let entry = cached.entry();
    let signed = fs::read(&entry).expect("kept");
    let code = &signed[48..];
    assert_eq!(
        sign(1, &entry, &signed, code),
        signed,
        "this is how it is signed"
    );
    let change = |from: &[u8], to: &[u8]| {
        let at = code.windows(from.len()).position(|window| window == from);
        let at = at.unwrap_or_else(|| panic!("no {}", String::from_utf8_lossy(from)));
        let mut code = code.to_vec();
        code[at..at + to.len()].copy_from_slice(to);
        code
    };
    // An older wasmtime's (the form's version, the text's length, the major version), another processor's, and no code at all.
    let older = change(b"\x00\x0248", b"\x00\x0247");
    let arch = std::env::consts::ARCH.as_bytes();
    let foreign = change(arch, &b"riscv64"[..arch.len().min(7)]);
    for (what, code) in [
        ("older", older),
        ("foreign", foreign),
        ("none", vec![0; 64]),
    ] {
        fs::write(&entry, sign(1, &entry, &signed, &code)).expect("written");
        cached.load(1, &wasm);
        assert_eq!(fs::read(&entry).expect("kept"), signed, "{what}");
    }
}

#[test]
fn compiled_code_is_found_by_the_digest_alone_and_within_the_limit_of_size() {
    let cached = Cached {
        folder: tempfile::tempdir().expect("a folder"),
    };
    let wasm = command("", "unreachable");
    let digest = Digest::of(&wasm);
    let mut config = SandboxConfig::default();
    config.max_concurrent_calls = 1;
    config.cache_dir = Some(cached.folder.path().to_owned());
    config.key = Some(InstallationKey::from_bytes([1; 32]));
    let sandbox = Sandbox::new(&config).expect("a sandbox");
    let limits = Limits::default();
    assert!(
        sandbox
            .recall(&digest, &limits)
            .expect("no error")
            .is_none()
    );
    sandbox.load(&wasm, &limits).expect("it loads");
    let tool = sandbox.recall(&digest, &limits).expect("no error");
    let tool = tool.expect("it is there");
    assert_eq!(tool.digest(), &digest);
    assert_eq!(tool.module_bytes(), wasm.len() as u64);
    assert_eq!(
        kind(&run(&tool, Call::new(Policy::default()))),
        OutcomeKind::Trap
    );
    let limits = Limits {
        module_size: policies::Bytes(wasm.len() as u64 - 1),
        ..limits
    };
    assert!(matches!(
        sandbox.recall(&digest, &limits),
        Err(LoadError::TooLarge { .. })
    ));
}

#[test]
fn the_installations_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    InstallationKey::load_or_create(&path).expect("made");
    let made = fs::read(&path).expect("kept");
    assert_eq!(made.len(), 32);
    assert_eq!(
        fs::metadata(&path).expect("kept").permissions().mode() & 0o777,
        0o600
    );
    InstallationKey::load_or_create(&path).expect("read");
    assert_eq!(fs::read(&path).expect("kept"), made);
    // The key, and the lock of who makes one.
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
    let said = InstallationKey::load_or_create(&path)
        .expect_err("open to all")
        .to_string();
    assert!(said.contains("others may use"), "{said}");
    for wrong in [31, 33] {
        fs::write(&path, vec![0; wrong]).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changed");
        assert!(InstallationKey::load_or_create(&path).is_err(), "{wrong}");
    }
    assert!(InstallationKey::load_or_create(&folder.path().join("no/key")).is_err());
}

#[test]
fn all_who_start_at_once_have_the_same_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| InstallationKey::load_or_create(&path).expect("made or read"));
        }
    });
    assert_eq!(fs::read(&path).expect("kept").len(), 32);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
}

#[test]
fn all_who_compile_at_once_keep_one_entry() {
    let cached = Cached {
        folder: tempfile::tempdir().expect("a folder"),
    };
    let wasm = command("", "");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| cached.load(1, &wasm));
        }
    });
    assert!(cached.entry().exists());
}
