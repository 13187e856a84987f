//! Folders: what is in them, the way out that there is not, and how much may be written.

mod common;

use common::{command, kind, run_with};
use policies::{Access, Bytes, DirectoryGrant, GuestPath, HostPath, Policy};
use runtime::{Execution, OutcomeKind, Rule};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const CREATE: i32 = 1;
const READ: i64 = 2;
const WRITE: i64 = 64;

/// Two folders to hand to a guest, and one beside them with a secret.
struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        for folder in ["a", "b", "secret"] {
            fs::create_dir(root.path().join(folder)).expect("a folder");
        }
        fs::write(root.path().join("a/file"), "inside").expect("written");
        fs::write(root.path().join("secret/file"), "outside").expect("written");
        Self { root }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.root.path().join(name)
    }

    /// Runs a guest with `a` as descriptor 3 and `b` as descriptor 4.
    fn run(&self, wasm: &[u8], a: Access, change: impl FnOnce(&mut Policy)) -> Execution {
        run_with(wasm, |policy| {
            policy.limits.files = 10;
            policy.limits.file_bytes = Bytes::kib(1);
            policy.capabilities.directories = vec![
                grant("/a", &self.path("a"), a),
                grant("/b", &self.path("b"), Access::ReadWrite),
            ];
            change(policy);
        })
    }
}

fn grant(guest: &str, host: &Path, access: Access) -> DirectoryGrant {
    DirectoryGrant {
        guest: GuestPath::Path(guest.to_owned()),
        host: HostPath::Path(host.to_owned()),
        access,
    }
}

/// Opens a path below descriptor 3 and exits with WASI's error number.
fn opens(path: &str, open: i32, rights: i64) -> Vec<u8> {
    command(
        &format!("(data (i32.const 0) \"{path}\")"),
        &format!(
            "(call $proc_exit (call $path_open (i32.const 3) (i32.const 1) (i32.const 0)
               (i32.const {}) (i32.const {open}) (i64.const {rights}) (i64.const 0) (i32.const 0)
               (i32.const 2048)))",
            path.len()
        ),
    )
}

fn exit(execution: &Execution) -> i32 {
    match execution.outcome {
        runtime::Outcome::Success => 0,
        runtime::Outcome::ToolError { exit_code } => exit_code,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_inside_opens() {
    let place = Place::new();
    let execution = place.run(&opens("file", 0, READ), Access::Read, |_| {});
    assert_eq!(exit(&execution), 0);
    assert_eq!(execution.denied, []);
}

#[test]
fn no_path_leads_out() {
    let place = Place::new();
    let secret = place.path("secret").display().to_string();
    std::os::unix::fs::symlink(&secret, place.path("a/absolute")).expect("a link");
    std::os::unix::fs::symlink("../secret", place.path("a/relative")).expect("a link");
    std::os::unix::fs::symlink("relative", place.path("a/chained")).expect("a link");
    for path in [
        "../secret/file",
        "./../secret/file",
        "x/../../secret/file",
        &format!("{secret}/file"),
        "/etc/passwd",
        "absolute/file",
        "relative/file",
        "chained/file",
    ] {
        let execution = place.run(&opens(path, 0, READ), Access::ReadWrite, |_| {});
        assert_ne!(exit(&execution), 0, "{path}");
        // A missing folder on the way is found missing before the way out is seen.
        if !path.starts_with("x/") {
            assert_eq!(execution.denied[0].rule, Rule::Directories, "{path}");
            assert_eq!(execution.denied[0].what, "path_open", "{path}");
            assert_eq!(execution.denied[0].target, *path);
        }
    }
}

#[test]
fn a_folder_to_read_is_not_written() {
    let place = Place::new();
    for (path, open, rights) in [
        ("file", 0, WRITE),
        ("new", CREATE, WRITE),
        ("new", CREATE, READ),
    ] {
        let execution = place.run(&opens(path, open, rights), Access::Read, |_| {});
        assert_ne!(exit(&execution), 0, "{path} {open} {rights}");
        assert_eq!(execution.denied[0].rule, Rule::Directories);
    }
    assert!(!place.path("a/new").exists());
    assert_eq!(
        fs::read(place.path("a/file")).expect("still there"),
        b"inside"
    );
}

/// Calls one function and exits with its error number; `{name}` paths lie in memory.
fn calls(call: &str) -> Vec<u8> {
    command(
        "(data (i32.const 0) \"file\") (data (i32.const 16) \"other\")
         (data (i32.const 32) \"../secret\") (data (i32.const 64) \"/etc/passwd\")",
        &format!("(call $proc_exit ({call}))"),
    )
}

#[test]
fn links_that_the_guest_makes_lead_nowhere_else() {
    let place = Place::new();
    // An absolute link is not made at all.
    let absolute = calls(
        "call $path_symlink (i32.const 64) (i32.const 11) (i32.const 4) (i32.const 16) (i32.const 5)",
    );
    assert_ne!(exit(&place.run(&absolute, Access::Read, |_| {})), 0);
    assert!(fs::symlink_metadata(place.path("b/other")).is_err());
    // A relative one may be made, and is not followed out.
    let relative = command(
        "(data (i32.const 32) \"../secret\") (data (i32.const 16) \"other\")
         (data (i32.const 48) \"other/file\")",
        "(drop (call $path_symlink (i32.const 32) (i32.const 9) (i32.const 4) (i32.const 16) (i32.const 5)))
         (call $proc_exit (call $path_open (i32.const 4) (i32.const 1) (i32.const 48) (i32.const 10)
           (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 2048)))",
    );
    let execution = place.run(&relative, Access::Read, |_| {});
    assert_ne!(exit(&execution), 0);
    assert!(
        execution
            .denied
            .iter()
            .any(|denied| denied.what == "path_open")
    );
}

#[test]
fn a_file_to_read_does_not_become_one_to_write() {
    let place = Place::new();
    for call in [
        // From the folder to read into the one to write, by a hard link and by a rename.
        "call $path_link (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 4) (i32.const 16) (i32.const 5)",
        "call $path_rename (i32.const 3) (i32.const 0) (i32.const 4) (i32.const 4) (i32.const 16) (i32.const 5)",
        "call $path_unlink_file (i32.const 3) (i32.const 0) (i32.const 4)",
        "call $path_create_directory (i32.const 3) (i32.const 16) (i32.const 5)",
        "call $path_symlink (i32.const 0) (i32.const 4) (i32.const 3) (i32.const 16) (i32.const 5)",
    ] {
        let execution = place.run(&calls(call), Access::Read, |_| {});
        assert_ne!(exit(&execution), 0, "{call}");
        assert_eq!(execution.denied[0].rule, Rule::Directories, "{call}");
    }
    assert!(!place.path("b/other").exists());
    assert!(place.path("a/file").exists());
}

/// Makes files `0`, `1`, … below descriptor 3; exits with the first error.
fn makes(count: u8) -> Vec<u8> {
    let mut body = String::new();
    for index in 0..count {
        let _ = write!(
            body,
            "(i32.store8 (i32.const 0) (i32.const {}))
             (if (local.tee $e (call $path_open (i32.const 3) (i32.const 1) (i32.const 0)
                 (i32.const 1) (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0)
                 (i32.const 2048)))
               (then (call $proc_exit (local.get $e))))\n",
            b'0' + index
        );
    }
    command("", &format!("(local $e i32)\n{body}"))
}

#[test]
fn files_are_counted_when_they_are_made() {
    let place = Place::new();
    let enough = place.run(&makes(2), Access::ReadWrite, |policy| {
        policy.limits.files = 2;
    });
    assert_eq!((exit(&enough), enough.usage.files_created), (0, 2));
    // They exist now: to open them again makes nothing.
    let again = place.run(&makes(2), Access::ReadWrite, |policy| {
        policy.limits.files = 0;
    });
    assert_eq!((exit(&again), again.usage.files_created), (0, 0));
    let over = place.run(&makes(3), Access::ReadWrite, |policy| {
        policy.limits.files = 0;
    });
    assert_eq!(exit(&over), 19, "EDQUOT");
    assert_eq!(over.denied[0].rule, Rule::Files);
    assert!(!place.path("a/2").exists());
}

/// Writes `length` bytes to `a/out`, then one more; exits with the first error.
fn writes(length: u32, more: u32) -> Vec<u8> {
    command(
        "(data (i32.const 0) \"out\")",
        &format!(
            "(local $e i32)
             (drop (call $path_open (i32.const 3) (i32.const 1) (i32.const 0) (i32.const 3)
               (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 2048)))
             (i32.store (i32.const 1028) (i32.const {length}))
             (if (local.tee $e (call $fd_write (i32.load (i32.const 2048)) (i32.const 1024) (i32.const 1) (i32.const 1032)))
               (then (call $proc_exit (local.get $e))))
             (i32.store (i32.const 1028) (i32.const {more}))
             (call $proc_exit
               (call $fd_pwrite (i32.load (i32.const 2048)) (i32.const 1024) (i32.const 1) (i64.const {length}) (i32.const 1032)))"
        ),
    )
}

#[test]
fn bytes_to_files_are_counted() {
    let place = Place::new();
    let limit = |policy: &mut Policy| policy.limits.file_bytes = Bytes(100);
    let enough = place.run(&writes(60, 40), Access::ReadWrite, limit);
    assert_eq!((exit(&enough), enough.usage.bytes_written), (0, 100));
    let over = place.run(&writes(60, 41), Access::ReadWrite, limit);
    assert_eq!((exit(&over), over.usage.bytes_written), (19, 60));
    assert_eq!(over.denied[0].rule, Rule::FileBytes);
    assert_eq!(over.denied[0].target, "out (101 bytes in all)");
}

/// Makes `out`, writes one byte at `at` by this call, and exits with its error.
fn writes_at(at: u64, call: &str) -> Vec<u8> {
    command(
        "(data (i32.const 0) \"out\")",
        &format!(
            "(drop (call $path_open (i32.const 3) (i32.const 1) (i32.const 0) (i32.const 3)
               (i32.const 1) (i64.const 70) (i64.const 0) (i32.const 0) (i32.const 2048)))
             (i32.store (i32.const 1028) (i32.const 1))
             {}",
            call.replace("AT", &at.to_string())
        ),
    )
}

#[test]
fn bytes_before_a_write_beyond_the_end_are_counted() {
    let place = Place::new();
    let file = place.path("a/out");
    let limit = |policy: &mut Policy| policy.limits.file_bytes = Bytes(100);
    for call in [
        "(call $proc_exit
           (call $fd_pwrite (i32.load (i32.const 2048)) (i32.const 1024) (i32.const 1) (i64.const AT) (i32.const 1032)))",
        "(drop (call $fd_seek (i32.load (i32.const 2048)) (i64.const AT) (i32.const 0) (i32.const 1040)))
         (call $proc_exit
           (call $fd_write (i32.load (i32.const 2048)) (i32.const 1024) (i32.const 1) (i32.const 1032)))",
        // Under another number it is still the one that was moved.
        "(drop (call $fd_seek (i32.load (i32.const 2048)) (i64.const AT) (i32.const 0) (i32.const 1040)))
         (drop (call $fd_renumber (i32.load (i32.const 2048)) (i32.const 4)))
         (call $proc_exit
           (call $fd_write (i32.const 4) (i32.const 1024) (i32.const 1) (i32.const 1032)))",
    ] {
        let enough = place.run(&writes_at(99, call), Access::ReadWrite, limit);
        assert_eq!((exit(&enough), enough.usage.bytes_written), (0, 1), "{call}");
        assert_eq!(fs::metadata(&file).expect("made").len(), 100, "{call}");
        fs::remove_file(&file).expect("removed");
        for at in [100, 1 << 42, (1 << 63) - 1] {
            let over = place.run(&writes_at(at, call), Access::ReadWrite, limit);
            assert_eq!((exit(&over), over.usage.bytes_written), (19, 0), "{call}");
            assert_eq!(over.denied[0].rule, Rule::FileBytes);
            assert_eq!(fs::metadata(&file).expect("made").len(), 0, "{call}");
            fs::remove_file(&file).expect("removed");
        }
    }
}

#[test]
fn what_is_written_where_something_stands_is_no_hole() {
    let place = Place::new();
    fs::write(place.path("a/out"), [b'x'; 5000]).expect("written");
    let limit = |policy: &mut Policy| policy.limits.file_bytes = Bytes(2);
    let wasm = writes_at(
        4000,
        "(if (call $fd_pwrite (i32.load (i32.const 2048)) (i32.const 1024) (i32.const 1) (i64.const AT) (i32.const 1032))
           (then unreachable))
         (drop (call $fd_seek (i32.load (i32.const 2048)) (i64.const 0) (i32.const 2) (i32.const 1040)))
         (call $proc_exit
           (call $fd_write (i32.load (i32.const 2048)) (i32.const 1024) (i32.const 1) (i32.const 1032)))",
    );
    let execution = place.run(&wasm, Access::ReadWrite, limit);
    assert_eq!((exit(&execution), execution.usage.bytes_written), (0, 2));
}

#[test]
fn a_size_that_is_set_counts_too() {
    let place = Place::new();
    let sets = |size: u32| {
        command(
            "(data (i32.const 0) \"out\")",
            &format!(
                "(drop (call $path_open (i32.const 3) (i32.const 1) (i32.const 0) (i32.const 3)
                   (i32.const 1) (i64.const 4194368) (i64.const 0) (i32.const 0) (i32.const 2048)))
                 (call $proc_exit (call $fd_filestat_set_size (i32.load (i32.const 2048)) (i64.const {size})))"
            ),
        )
    };
    let limit = |policy: &mut Policy| policy.limits.file_bytes = Bytes(100);
    assert_eq!(exit(&place.run(&sets(100), Access::ReadWrite, limit)), 0);
    assert_eq!(exit(&place.run(&sets(101), Access::ReadWrite, limit)), 19);
    assert_eq!(fs::metadata(place.path("a/out")).expect("made").len(), 100);
}

#[test]
fn what_is_read_is_neither_cut_nor_touched() {
    const TRUNCATE: i32 = 8;
    let place = Place::new();
    let before = fs::metadata(place.path("a/file"))
        .expect("there")
        .modified();
    for rights in [READ, WRITE, READ | WRITE] {
        let execution = place.run(&opens("file", TRUNCATE, rights), Access::Read, |_| {});
        assert_ne!(exit(&execution), 0, "{rights}");
    }
    // Opened to be read, then given another size and other times, by descriptor and by path.
    let touches = wat::parse_str(
        "(module
          (import \"wasi_snapshot_preview1\" \"path_open\" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import \"wasi_snapshot_preview1\" \"fd_filestat_set_size\" (func $set_size (param i32 i64) (result i32)))
          (import \"wasi_snapshot_preview1\" \"fd_filestat_set_times\" (func $set_times (param i32 i64 i64 i32) (result i32)))
          (import \"wasi_snapshot_preview1\" \"path_filestat_set_times\" (func $path_set_times (param i32 i32 i32 i32 i64 i64 i32) (result i32)))
          (memory (export \"memory\") 1)
          (data (i32.const 0) \"file\")
          (func (export \"_start\")
            (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 64))
              (then unreachable))
            (if (i32.eqz (call $set_size (i32.load (i32.const 64)) (i64.const 0))) (then unreachable))
            (if (i32.eqz (call $set_times (i32.load (i32.const 64)) (i64.const 1) (i64.const 1) (i32.const 5))) (then unreachable))
            (if (i32.eqz (call $path_set_times (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i64.const 1) (i64.const 1) (i32.const 5))) (then unreachable))))",
    )
    .expect("a module");
    let execution = place.run(&touches, Access::Read, |_| {});
    assert_eq!(exit(&execution), 0);
    let after = fs::metadata(place.path("a/file")).expect("there");
    assert_eq!(after.len(), 6);
    assert_eq!(after.modified().ok(), before.ok());
}

#[test]
fn a_pipe_is_not_waited_for() {
    let place = Place::new();
    let pipe = place.path("a/pipe");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0)
        .expect("a pipe");
    // Were it opened, a thread would wait here for ever: no one is at the other end.
    let execution = place.run(&opens("pipe", 0, READ), Access::Read, |_| {});
    assert_eq!(exit(&execution), 2, "EACCES");
    assert_eq!(execution.denied[0].rule, Rule::Directories);
    assert_eq!(execution.denied[0].target, "pipe");
}

#[test]
fn what_must_be_new_is_not_what_there_is() {
    const EXCLUSIVE: i32 = 4;
    let place = Place::new();
    let new = |path| opens(path, CREATE | EXCLUSIVE, WRITE);
    let none = |policy: &mut Policy| policy.limits.files = 0;
    let exists = place.run(&new("file"), Access::ReadWrite, none);
    assert_eq!(exit(&exists), 20, "EEXIST");
    assert_eq!(exists.denied, []);
    let made = place.run(&new("new"), Access::ReadWrite, |_| {});
    assert_eq!((exit(&made), made.usage.files_created), (0, 1));
    // Through a link to nothing, a file is made where the link says, and counted.
    std::os::unix::fs::symlink("target", place.path("a/dangling")).expect("a link");
    let through = opens("dangling", CREATE, WRITE);
    let refused = place.run(&through, Access::ReadWrite, none);
    assert_eq!((exit(&refused), refused.usage.files_created), (19, 0));
    let made = place.run(&through, Access::ReadWrite, |_| {});
    assert_eq!((exit(&made), made.usage.files_created), (0, 1));
    assert!(place.path("a/target").exists());
}

#[test]
fn a_folder_that_is_missing_or_left_open() {
    let place = Place::new();
    let missing = run_with(&command("", ""), |policy| {
        policy.capabilities.directories = vec![grant("/a", &place.path("none"), Access::Read)];
    });
    assert_eq!(kind(&missing), OutcomeKind::InvalidInput);
    let open = run_with(&opens("file", 0, READ), |policy| {
        let mut any = grant("/a", &place.path("a"), Access::Read);
        any.host = HostPath::Any;
        policy.capabilities.directories = vec![any];
    });
    assert_eq!(exit(&open), 8, "EBADF: there is no such folder");
}
