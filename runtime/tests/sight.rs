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

/// Ends with what the first listing of descriptor 3 answers.
fn lists_once() -> Tool {
    load(&wat(
        "(module
          (import \"wasi_snapshot_preview1\" \"fd_readdir\" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
          (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $proc_exit (param i32)))
          (memory (export \"memory\") 1)
          (func (export \"_start\")
            (call $proc_exit
              (call $fd_readdir (i32.const 3) (i32.const 0) (i32.const 24) (i64.const 0) (i32.const 200)))))",
    ))
}

fn lists(place: &Path, change: impl FnOnce(&mut Policy)) -> Execution {
    let mut policy = Policy::default();
    policy.capabilities.directories = vec![grant(place, Access::Read)];
    change(&mut policy);
    run(&lists_once(), Call::new(policy))
}

#[test]
fn a_listing_ends_where_the_guests_memory_would() {
    let place = tempfile::tempdir().expect("a folder");
    // One page is the guest's, one is left. An entry has 24 bytes and its name; `.` and `..`
    // are 51 together.
    let left = 65_536 - 51;
    let names = left / (24 + 40) - 1;
    for index in 0..names {
        fs::write(place.path().join(format!("{index:040}")), "").expect("written");
    }
    let last = left - names * 64;
    assert!(last > 25, "room for one more, of {last} bytes");
    let memory = |policy: &mut Policy| policy.limits.memory = policies::Bytes(2 * 65_536);
    let more = |length: usize| place.path().join("x".repeat(length));
    fs::write(more(last - 24), "").expect("written");
    assert_eq!(
        lists(place.path(), memory).outcome,
        Outcome::Success,
        "exactly full"
    );

    fs::rename(more(last - 24), more(last - 23)).expect("renamed");
    let execution = lists(place.path(), memory);
    // ENOMEM
    assert_eq!(execution.outcome, Outcome::ToolError { exit_code: 48 });
    assert_eq!(execution.denied[0].rule, runtime::Rule::Memory);
    let one_more = |policy: &mut Policy| policy.limits.memory = policies::Bytes(3 * 65_536);
    assert_eq!(lists(place.path(), one_more).outcome, Outcome::Success);
}

/// A folder `f` with so many entries, where making them costs least: in memory, where the
/// machine has that, and all names of one file.
fn many(names: impl Iterator<Item = String>) -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let place = match tempfile::tempdir_in(memory) {
        Ok(place) => place,
        Err(_) => tempfile::tempdir().expect("a folder"),
    };
    let folder = place.path().join("f");
    fs::create_dir(&folder).expect("a folder");
    let mut original = place.path().join("original");
    fs::write(&original, "").expect("written");
    for name in names {
        let name = folder.join(name);
        // Most file systems let a file have only so many names.
        if fs::hard_link(&original, &name).is_err() {
            fs::write(&name, "").expect("written");
            original = name;
        }
    }
    place
}

#[test]
fn a_listing_ends_at_16_mib() {
    // What `.` and `..` leave, in entries of 279 bytes and two shorter ones.
    let left = (16 << 20) - 51;
    let (whole, rest) = (left / 279 - 1, left % 279 + 279);
    let place = many((0..whole).map(|index| format!("{index:0255}")));
    let folder = place.path().join("f");
    let long = |policy: &mut Policy| policy.limits.wall_time = policies::WallTime::secs(120);
    let (one, other) = (rest / 2, rest - rest / 2);
    let name = |letter: &str, length: usize| folder.join(letter.repeat(length - 24));
    fs::write(name("x", one), "").expect("written");
    fs::write(name("y", other), "").expect("written");
    assert_eq!(
        lists(&folder, long).outcome,
        Outcome::Success,
        "exactly full"
    );
    fs::rename(name("y", other), name("y", other + 1)).expect("renamed");
    // EOVERFLOW
    let outcome = lists(&folder, long).outcome;
    assert_eq!(outcome, Outcome::ToolError { exit_code: 61 });
}

#[test]
fn a_folder_with_a_million_entries_is_neither_listed_nor_kept_in_memory() {
    let place = many((0..1_000_000).map(|index| index.to_string()));
    let folder = place.path().join("f");
    let long = |policy: &mut Policy| policy.limits.wall_time = policies::WallTime::secs(120);
    let before = peak_memory();
    let execution = lists(&folder, long);
    // EOVERFLOW: a million names of up to six digits are 30 MB of entries.
    assert_eq!(execution.outcome, Outcome::ToolError { exit_code: 61 });
    assert_eq!(execution.denied[0].rule, runtime::Rule::Memory);
    let grown = peak_memory() - before;
    assert!(grown < 192 << 20, "{grown} bytes more");

    // The time is over long before the list is.
    let short = |policy: &mut Policy| policy.limits.wall_time = policies::WallTime(1_000);
    let outcome = lists(&folder, short).outcome;
    assert!(
        matches!(outcome, Outcome::DeadlineExceeded { .. }),
        "{outcome:?}"
    );
    // What is left of it does not go on in the background: the folder can be removed.
    drop(place);
}

/// The most memory that this process had so far, in bytes, as Linux counts it.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.expect("a line").trim().trim_end_matches(" kB");
    kib.parse::<u64>().expect("a number") * 1024
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
