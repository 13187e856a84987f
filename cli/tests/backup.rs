//! `wasm-runner backup` and `wasm-runner restore`, without a service.

mod common;

use common::World;
use serde_json::Value;

#[test]
fn what_can_not_be_backed_up_or_restored_is_told_and_left_as_it_is() {
    let world = World::new();
    let ended = world.run(["backup", "copy"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.contains("kbi.sqlite"), "{}", ended.stderr);
    assert!(!world.path("copy").exists());

    for bytes in ["", "some text that is no database"] {
        world.write("copy", bytes);
        let ended = world.run(["restore", "copy"]);
        assert_eq!(ended.code, 1);
        assert!(
            ended.stderr.contains("is no knowledge base"),
            "{}",
            ended.stderr
        );
    }
    assert!(!world.path("home/state").exists(), "no folder was made");
}

#[test]
fn a_backup_goes_to_another_folder_and_replaces_only_what_it_is_told_to() {
    let world = World::new();
    let at = world.path("home/state/kbi.sqlite");
    std::fs::create_dir_all(world.path("home/state")).expect("a folder");
    drop(kbi::SqliteKnowledgeBase::open(&at).expect("made"));

    let ended = world.run(["backup", "copy", "--json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let written: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(written["contents"]["versions"], 0);
    let ended = world.run(["backup", "copy"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("exists already"), "{}", ended.stderr);

    let ended = world.run(["restore", "copy"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("--replace"), "{}", ended.stderr);
    let ended = world.run(["restore", "copy", "--replace"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(
        ended.stdout.contains("what was there before is"),
        "{}",
        ended.stdout
    );
    let ended = world.run(["restore", "copy", "--data-dir", "elsewhere", "--json"]);
    let restored: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(restored["set_aside"], Value::Null);
    assert_eq!(
        restored["contents"]["installation"],
        written["contents"]["installation"]
    );
}

#[test]
fn a_folder_of_backups_keeps_so_many_and_the_newest_is_restored() {
    let world = World::new();
    let at = world.path("home/state/kbi.sqlite");
    std::fs::create_dir_all(world.path("home/state")).expect("a folder");
    drop(kbi::SqliteKnowledgeBase::open(&at).expect("made"));
    let make = || {
        let ended = world.run(["backup", "--into", "backups", "--keep", "2", "--json"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        serde_json::from_str::<Value>(&ended.stdout).expect("JSON")
    };
    let (first, second, third) = (make(), make(), make());
    assert_eq!(second["removed"], serde_json::json!([]));
    assert_eq!(third["removed"][0], first["file"]);
    let ended = world.run(["restore", "backups", "--data-dir", "elsewhere", "--json"]);
    let restored: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(restored["from"], third["file"]);
    let ended = world.run(["restore", ".", "--data-dir", "nowhere"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("holds no backup"), "{}", ended.stderr);
    for wrong in [
        &["backup"][..],
        &["backup", "a", "--into", "b"],
        &["backup", "a", "--keep", "2"],
    ] {
        assert_eq!(world.run(wrong).code, 2, "{wrong:?}");
    }
}
