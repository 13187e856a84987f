//! What a guest sees of a folder: the same each time, whatever the host's file system does.

mod common;

use common::{load, run};
use policies::{Access, Clocks, DirectoryGrant, GuestPath, HostPath, Policy};
use runtime::{Call, Execution, Outcome, Tool};
use std::fs;
use std::path::Path;

fn grant(host: &Path, access: Access) -> DirectoryGrant {
    DirectoryGrant {
        guest: GuestPath::Path("/a".to_owned()),
        host: HostPath::Path(host.to_owned()),
        access,
    }
}

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// Lists descriptor 3 into 1024, in pieces of `size` bytes, and prints it; then prints the
/// attributes of `f`.
fn looks(size: u32) -> Tool {
    load(&wat(&format!(
        "(module
          (import \"wasi_snapshot_preview1\" \"fd_readdir\" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
          (import \"wasi_snapshot_preview1\" \"fd_write\" (func $fd_write (param i32 i32 i32 i32) (result i32)))
          (import \"wasi_snapshot_preview1\" \"path_filestat_get\" (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
          (memory (export \"memory\") 1)
          (data (i32.const 0) \"f\")
          (func $print (param $at i32) (param $length i32)
            (i32.store (i32.const 100) (local.get $at))
            (i32.store (i32.const 104) (local.get $length))
            (if (call $fd_write (i32.const 1) (i32.const 100) (i32.const 1) (i32.const 108)) (then unreachable)))
          (func (export \"_start\") (local $cookie i64) (local $length i32)
            (loop $again
              (if (call $fd_readdir (i32.const 3) (i32.const 1024) (i32.const {size}) (local.get $cookie) (i32.const 200))
                (then unreachable))
              ;; As many whole entries as there is room for one: the rest is asked for again.
              (local.set $length (i32.load (i32.const 200)))
              (if (i32.ge_u (local.get $length) (i32.const 24)) (then
                (call $print (i32.const 1024) (i32.add (i32.const 24) (i32.load (i32.const 1040))))
                (local.set $cookie (i64.load (i32.const 1024)))
                (br $again))))
            (if (call $path_filestat_get (i32.const 3) (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 512))
              (then unreachable))
            (call $print (i32.const 512) (i32.const 64))))"
    )))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight"))
}

/// Names and inodes of the printed entries, and the attributes after them.
fn seen(execution: &Execution) -> (Vec<(String, u64)>, Vec<u8>) {
    assert_eq!(execution.outcome, Outcome::Success);
    let (mut entries, stat) = execution.output.split_at(execution.output.len() - 64);
    let mut names = Vec::new();
    while !entries.is_empty() {
        let length = usize::try_from(u64_at(entries, 16) & 0xffff_ffff).expect("short");
        let name = String::from_utf8(entries[24..24 + length].to_vec()).expect("text");
        names.push((name, u64_at(entries, 8)));
        entries = &entries[24 + length..];
    }
    (names, stat.to_vec())
}

#[test]
fn two_folders_of_the_same_content_look_the_same() {
    let names = ["f", "b", "z", "a", "m"];
    let make = |order: &mut dyn Iterator<Item = &&str>| {
        let place = tempfile::tempdir().expect("a folder");
        for name in order {
            fs::write(place.path().join(name), "x").expect("written");
        }
        place
    };
    let (one, two) = (make(&mut names.iter()), make(&mut names.iter().rev()));
    let tool = looks(60_000);
    let look = |tool: &Tool, place: &tempfile::TempDir, clocks| {
        let mut policy = Policy::default();
        policy.capabilities.directories = vec![grant(place.path(), Access::Read)];
        policy.capabilities.clocks = clocks;
        run(tool, Call::new(policy))
    };
    let (first, second) = (
        look(&tool, &one, Clocks::Virtual),
        look(&tool, &two, Clocks::Virtual),
    );
    assert_eq!(first.output, second.output);
    assert_eq!(first.usage.fuel, second.usage.fuel);

    let (entries, stat) = seen(&first);
    let listed: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(listed, [".", "..", "a", "b", "f", "m", "z"]);
    let of_f = entries
        .iter()
        .find(|(name, _)| name == "f")
        .expect("listed");
    assert_eq!(u64_at(&stat, 8), of_f.1, "the same inode both ways");
    assert_eq!(u64_at(&stat, 32), 1, "the size");
    let epoch = 946_684_800 * 1_000_000_000;
    assert_eq!([40, 48, 56].map(|at| u64_at(&stat, at)), [epoch; 3]);

    // With room for one entry at a time it is the same list.
    let piecewise = look(&looks(26), &one, Clocks::Virtual);
    assert_eq!(piecewise.output, first.output);
    // Real clocks show real times.
    let (_, stat) = seen(&look(&tool, &one, Clocks::Real));
    assert!(u64_at(&stat, 48) > epoch);
}

#[test]
fn a_folder_too_large_for_one_buffer_is_listed_whole() {
    let place = tempfile::tempdir().expect("a folder");
    for index in 0..1500 {
        let name = format!("{index:04}{}", "x".repeat(60));
        fs::write(place.path().join(name), "").expect("written");
    }
    fs::write(place.path().join("f"), "").expect("written");
    let mut policy = Policy::default();
    policy.capabilities.directories = vec![grant(place.path(), Access::Read)];
    let (entries, _) = seen(&run(&looks(4096), Call::new(policy)));
    assert_eq!(entries.len(), 1503);
    assert!(entries[2..].is_sorted_by_key(|(name, _)| name.clone()));
}

#[test]
fn a_folder_with_more_than_can_be_listed_is_told() {
    let place = tempfile::tempdir().expect("a folder");
    // 255 bytes of name and 24 of head, 60 131 times: just over 16 MiB.
    for index in 0..60_200 {
        let name = format!("{index:0255}");
        fs::File::create(place.path().join(name)).expect("made");
    }
    let tool = load(&wat(
        "(module
          (import \"wasi_snapshot_preview1\" \"fd_readdir\" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
          (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $proc_exit (param i32)))
          (memory (export \"memory\") 1)
          (func (export \"_start\")
            (call $proc_exit
              (call $fd_readdir (i32.const 3) (i32.const 0) (i32.const 24) (i64.const 0) (i32.const 200)))))",
    ));
    let mut policy = Policy::default();
    policy.limits.wall_time = policies::WallTime::secs(120);
    policy.capabilities.directories = vec![grant(place.path(), Access::Read)];
    let execution = run(&tool, Call::new(policy));
    // EOVERFLOW
    assert_eq!(execution.outcome, Outcome::ToolError { exit_code: 61 });
}

/// Deletes what it lists, one name at a time, while it goes on in the listing.
#[test]
fn a_folder_can_be_emptied_while_it_is_listed() {
    let place = tempfile::tempdir().expect("a folder");
    for index in 0..50 {
        fs::write(place.path().join(format!("{index:02}")), "").expect("written");
    }
    let tool = load(&wat(
        "(module
          (import \"wasi_snapshot_preview1\" \"fd_readdir\" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
          (import \"wasi_snapshot_preview1\" \"path_unlink_file\" (func $path_unlink_file (param i32 i32 i32) (result i32)))
          (memory (export \"memory\") 1)
          (func (export \"_start\") (local $cookie i64)
            (local.set $cookie (i64.const 2)) ;; after . and ..
            (loop $again
              (if (call $fd_readdir (i32.const 3) (i32.const 1024) (i32.const 26) (local.get $cookie) (i32.const 200))
                (then unreachable))
              (if (i32.load (i32.const 200)) (then
                (if (call $path_unlink_file (i32.const 3) (i32.const 1048) (i32.const 2)) (then unreachable))
                (local.set $cookie (i64.load (i32.const 1024)))
                (br $again))))))",
    ));
    let mut policy = Policy::default();
    policy.capabilities.directories = vec![grant(place.path(), Access::ReadWrite)];
    let execution = run(&tool, Call::new(policy));
    assert_eq!(execution.outcome, Outcome::Success);
    assert_eq!(fs::read_dir(place.path()).expect("a folder").count(), 0);
}
