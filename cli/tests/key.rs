//! `wasm-runner key` and `wasm-runner cache`.

mod common;

use common::World;
use serde_json::Value;

#[test]
fn a_key_is_shown_by_its_fingerprint_and_renewed() {
    let world = World::new();
    let ended = world.run(["key", "show"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("has no key yet"), "{}", ended.stderr);

    std::fs::create_dir_all(world.path("home/state")).expect("a folder");
    let ended = world.run(["key", "rotate"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(
        ended.stdout.contains("there was no key"),
        "{}",
        ended.stdout
    );
    let key = std::fs::read(world.path("home/state/installation.key")).expect("made");

    let shown = world.run(["key", "show"]).stdout;
    let ended = world.run(["key", "rotate", "--re-sign", "--json"]);
    let done: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(done["old"], shown.trim());
    assert_eq!(done["signed_again"], 0);
    let shown_now = world.run(["key", "show", "--json"]).stdout;
    let now: Value = serde_json::from_str(&shown_now).expect("JSON");
    assert_eq!(now["fingerprint"], done["new"]);
    assert_ne!(
        std::fs::read(world.path("home/state/installation.key")).expect("there"),
        key
    );
    let human = world.run(["key", "rotate"]).stdout;
    assert!(human.contains("takes it up at its next start"), "{human}");
    for told in [shown, ended.stdout, shown_now, human] {
        assert!(!told.contains(&hex(&key)[..16]), "{told}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[test]
fn a_sweep_says_what_went_and_waits_for_no_service() {
    let world = World::new();
    let cache = world.path("home/state/cache");
    std::fs::create_dir_all(&cache).expect("a folder");
    let name = format!("{}-x.code", "0".repeat(64));
    std::fs::write(cache.join(&name), "no code").expect("written");
    let ended = world.run(["cache", "sweep", "--json"]);
    let swept: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(swept["unsigned"], 1);
    assert_eq!(swept["removed_bytes"], 7);
    assert!(!cache.join(name).exists());
    let ended = world.run(["cache", "sweep"]);
    assert!(
        ended.stdout.contains("kept 0 B in 0 entries"),
        "{}",
        ended.stdout
    );

    // A service has it.
    let lock = std::fs::File::open(world.path("home/state/lock")).expect("there");
    lock.lock().expect("locked");
    let ended = world.run(["cache", "sweep"]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("in use by another service"),
        "{}",
        ended.stderr
    );
}
