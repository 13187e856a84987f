//! The installation's key renewed, and compiled code swept.

mod common;

use common::command;
use policies::{Bytes, Limits};
use runtime::{CodeCache, InstallationKey, Sandbox, SandboxConfig, Swept};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A data folder with a key and compiled code.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder }
    }

    fn key_path(&self) -> PathBuf {
        self.folder.path().join("installation.key")
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn key(&self) -> InstallationKey {
        InstallationKey::load_or_create(&self.key_path()).expect("a key")
    }

    /// As a service that starts now.
    fn sandbox(&self) -> Sandbox {
        let mut config = SandboxConfig::default();
        config.max_concurrent_calls = 1;
        config.cache_dir = Some(self.cache());
        config.key = Some(self.key());
        Sandbox::new(&config).expect("a sandbox")
    }

    /// Whether code that was compiled before is believed.
    fn is_there(&self, wasm: &[u8]) -> bool {
        let digest = runtime::Digest::of(wasm);
        let recalled = self.sandbox().recall(&digest, &Limits::default());
        recalled.expect("no error").is_some()
    }

    fn entry(&self, wasm: &[u8]) -> PathBuf {
        let digest = runtime::Digest::of(wasm).to_string();
        let mut all = fs::read_dir(self.cache()).expect("a folder").flatten();
        let entry = all.find(|it| it.file_name().to_string_lossy().starts_with(&digest));
        entry.expect("it is kept").path()
    }
}

/// Modules that differ.
fn module(number: u32) -> Vec<u8> {
    command("", &format!("(drop (i32.const {number}))"))
}

fn load(sandbox: &Sandbox, wasm: &[u8]) {
    sandbox.load(wasm, &Limits::default()).expect("it loads");
}

fn set_used(path: &Path, days_ago: u64) {
    let at = SystemTime::now() - Duration::from_secs(days_ago * 86_400);
    let file = fs::File::open(path).and_then(|file| file.set_modified(at));
    file.expect("changed");
}

#[test]
fn a_new_key_makes_old_code_be_compiled_again() {
    let world = World::new();
    load(&world.sandbox(), &module(1));
    assert!(world.is_there(&module(1)));
    let before = fs::read(world.key_path()).expect("a key");

    let rotation = InstallationKey::rotate(&world.key_path()).expect("renewed");
    let old = rotation.old.as_ref().expect("there was one").fingerprint();
    assert_ne!(old, rotation.new.fingerprint());
    assert_eq!(rotation.new.fingerprint().len(), 16);
    drop(rotation);

    let after = fs::read(world.key_path()).expect("a key");
    assert_ne!(before, after);
    assert_eq!(after.len(), 32);
    let mode = fs::metadata(world.key_path())
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(
        !world.is_there(&module(1)),
        "the old key's code is not believed"
    );
    load(&world.sandbox(), &module(1));
    assert!(world.is_there(&module(1)), "it was compiled again");
}

#[test]
fn a_fingerprint_gives_nothing_of_the_key_away() {
    let (one, other) = ([1; 32], [2; 32]);
    let of = |bytes| InstallationKey::from_bytes(bytes).fingerprint();
    assert_eq!(of(one), of(one));
    assert_ne!(of(one), of(other));
    assert!(!of(one).contains("0101"));
}

#[test]
fn what_the_old_key_signed_can_be_signed_again_and_nothing_else() {
    let world = World::new();
    let sandbox = world.sandbox();
    for number in 0..3 {
        load(&sandbox, &module(number));
    }
    // One entry is not the old key's.
    let forged = world.entry(&module(2));
    let mut bytes = fs::read(&forged).expect("kept");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&forged, &bytes).expect("written");

    let rotation = InstallationKey::rotate(&world.key_path()).expect("renewed");
    let old = rotation.old.as_ref().expect("there was one");
    let signed = CodeCache::new(&world.cache()).sign_again(old, &rotation.new);
    assert_eq!(signed.expect("signed"), 2);
    assert!(world.is_there(&module(0)) && world.is_there(&module(1)));
    assert!(!world.is_there(&module(2)));
}

#[test]
fn a_rotation_that_was_cut_off_leaves_a_working_installation() {
    // Before the new key was in its place.
    let world = World::new();
    load(&world.sandbox(), &module(1));
    let left = world.folder.path().join("installation.new");
    fs::write(&left, [7; 11]).expect("written");
    assert!(world.is_there(&module(1)), "the old key is as it was");
    drop(InstallationKey::rotate(&world.key_path()).expect("what is left is in nobody's way"));
    assert!(!left.exists());

    // After it, with some of the code signed again.
    let world = World::new();
    let sandbox = world.sandbox();
    load(&sandbox, &module(1));
    load(&sandbox, &module(2));
    let unsigned = fs::read(world.entry(&module(2))).expect("kept");
    let rotation = InstallationKey::rotate(&world.key_path()).expect("renewed");
    let old = rotation.old.clone().expect("there was one");
    let signed = CodeCache::new(&world.cache()).sign_again(&old, &rotation.new);
    assert_eq!(signed.expect("signed"), 2);
    drop(rotation);
    fs::write(world.entry(&module(2)), unsigned).expect("written");
    assert!(world.is_there(&module(1)) && !world.is_there(&module(2)));
    load(&world.sandbox(), &module(2));
    assert!(world.is_there(&module(2)));
}

#[test]
fn keys_that_are_renewed_at_once_come_one_after_the_other() {
    let world = World::new();
    load(&world.sandbox(), &module(1));
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let rotation = InstallationKey::rotate(&world.key_path()).expect("renewed");
                let old = rotation.old.as_ref().expect("there was one");
                let signed = CodeCache::new(&world.cache()).sign_again(old, &rotation.new);
                assert_eq!(
                    signed.expect("signed"),
                    1,
                    "each finds what the last one signed"
                );
            });
            // Whoever starts meanwhile has one of the keys, whole.
            scope.spawn(|| world.key());
        }
    });
    assert!(world.is_there(&module(1)));
    let names: Vec<_> = fs::read_dir(world.folder.path())
        .expect("a folder")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert_eq!(names.len(), 3, "key, lock and cache: {names:?}");
}

#[test]
fn a_sweep_removes_what_the_key_did_not_sign() {
    let world = World::new();
    load(&world.sandbox(), &module(1));
    let good = world.entry(&module(1));
    let bytes = fs::read(&good).expect("kept");
    let name = good
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let other = runtime::Digest::of(b"other").to_string();
    // Another's name, cut off, a link to something good, and what was left half-written.
    let renamed = format!("{other}{}", &name[64..]);
    fs::write(world.cache().join(&renamed), &bytes).expect("written");
    let cut = format!("{other}-cut.code");
    fs::write(world.cache().join(&cut), &bytes[..40]).expect("written");
    let link = format!("{other}-link.code");
    std::os::unix::fs::symlink(&good, world.cache().join(&link)).expect("a link");
    let (old, young) = (world.cache().join(".a.new"), world.cache().join(".b.new"));
    for path in [&old, &young] {
        fs::write(path, "x").expect("written");
    }
    set_used(&old, 1);
    fs::write(world.cache().join("README"), "not ours").expect("written");

    let swept = CodeCache::new(&world.cache()).sweep(&world.key(), Bytes::gib(1));
    let swept = swept.expect("swept");
    assert_eq!((swept.kept, swept.unsigned, swept.unused), (1, 4, 0));
    assert_eq!(swept.kept_bytes, bytes.len() as u64);
    assert!(good.exists() && young.exists() && world.cache().join("README").exists());
    for gone in [renamed, cut, link] {
        assert!(
            world.cache().join(&gone).symlink_metadata().is_err(),
            "{gone}"
        );
    }
    assert!(!old.exists());
    assert!(world.is_there(&module(1)));
}

#[test]
fn what_was_not_used_for_longest_goes_first_and_nothing_that_is_in_use() {
    let world = World::new();
    let sandbox = world.sandbox();
    for number in 0..4 {
        load(&sandbox, &module(number));
    }
    let size = |number| {
        fs::metadata(world.entry(&module(number)))
            .expect("kept")
            .len()
    };
    let all: u64 = (0..4).map(size).sum();
    for (number, days) in [(0, 4), (1, 3), (2, 2), (3, 1)] {
        set_used(&world.entry(&module(number)), days);
    }
    let cache = CodeCache::new(&world.cache());
    let key = world.key();
    let nothing = cache.sweep(&key, Bytes(all)).expect("swept");
    assert_eq!((nothing.kept, nothing.unused), (4, 0), "exactly full");
    // To be loaded is a use.
    let next = world.sandbox();
    load(&next, &module(0));
    let one = cache.sweep(&key, Bytes(all - 1)).expect("swept");
    assert_eq!((one.kept, one.unused), (3, 1), "one byte too many");
    assert!(world.is_there(&module(0)) && !world.is_there(&module(1)));

    // What this service uses stays, whatever the limit.
    set_used(&world.entry(&module(0)), 9);
    assert_eq!(next.sweep(Bytes(0)).expect("swept").kept, 1);
    assert!(world.is_there(&module(0)));
    let none = Sandbox::new(&SandboxConfig::default()).expect("a sandbox");
    assert_eq!(none.sweep(Bytes(0)).expect("no cache"), Swept::default());
}
