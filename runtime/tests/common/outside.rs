//! A guest that asks its host for everything that can come from outside, and prints it.

use policies::{Access, Bytes, Clocks, DirectoryGrant, GuestPath, HostPath, Policy, Random};
use std::fmt::Write as _;
use std::path::Path;

/// The functions of WASI that it calls.
const IMPORTS: &[(&str, &str)] = &[
    ("args_get", "i32 i32"),
    ("args_sizes_get", "i32 i32"),
    ("environ_get", "i32 i32"),
    ("environ_sizes_get", "i32 i32"),
    ("clock_res_get", "i32 i32"),
    ("clock_time_get", "i32 i64 i32"),
    ("random_get", "i32 i32"),
    ("poll_oneoff", "i32 i32 i32 i32"),
    ("fd_prestat_get", "i32 i32"),
    ("fd_prestat_dir_name", "i32 i32 i32"),
    ("fd_fdstat_get", "i32 i32"),
    ("fd_filestat_get", "i32 i32"),
    ("fd_read", "i32 i32 i32 i32"),
    ("fd_pread", "i32 i32 i32 i64 i32"),
    ("fd_write", "i32 i32 i32 i32"),
    ("fd_pwrite", "i32 i32 i32 i64 i32"),
    ("fd_seek", "i32 i64 i32 i32"),
    ("fd_tell", "i32 i32"),
    ("fd_readdir", "i32 i32 i32 i64 i32"),
    ("fd_close", "i32"),
    ("fd_sync", "i32"),
    ("path_open", "i32 i32 i32 i32 i32 i64 i64 i32 i32"),
    ("path_filestat_get", "i32 i32 i32 i32 i32"),
    ("path_create_directory", "i32 i32 i32"),
    ("path_symlink", "i32 i32 i32 i32 i32"),
    ("path_readlink", "i32 i32 i32 i32 i32 i32"),
    ("path_unlink_file", "i32 i32 i32"),
    ("path_rename", "i32 i32 i32 i32 i32 i32"),
    ("sched_yield", ""),
];

/// Two pages; texts at 512, vectors at 0, results at 64, a buffer at 4096. `$told` prints the
/// error number that a call gave and so many bytes of the buffer.
pub(crate) fn guest(texts: &str, body: &str) -> Vec<u8> {
    let mut text = String::from("(module\n");
    for (name, parameters) in IMPORTS {
        let _ = writeln!(
            text,
            "(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} (param {parameters}) (result i32)))"
        );
    }
    text += "(import \"wasi_snapshot_preview1\" \"proc_exit\" (func $proc_exit (param i32)))
      (memory (export \"memory\") 2)
      (func $vector (param $at i32) (param $length i32)
        (i32.store (i32.const 0) (local.get $at))
        (i32.store (i32.const 4) (local.get $length)))
      (func $told (param $errno i32) (param $length i32)
        (i32.store (i32.const 4092) (local.get $errno))
        (call $vector (i32.const 4092) (i32.add (i32.const 4) (local.get $length)))
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64))))\n";
    let _ = write!(
        text,
        "(data (i32.const 512) {texts:?})
         (func $main (export \"_start\")
         {body}))"
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// `a.txt`, `new`, `dir`, `link`, `../out`, at 512 and every 16 bytes after.
pub(crate) const TEXTS: &str =
    "a.txt           new             dir             link            ../out          ";

/// Asks for everything.
pub(crate) fn everything() -> Vec<u8> {
    guest(TEXTS, EVERYTHING)
}

pub(crate) const EVERYTHING: &str = "
  ;; What it was given.
  (call $told (call $args_sizes_get (i32.const 4096) (i32.const 4100)) (i32.const 8))
  (call $told (call $args_get (i32.const 8192) (i32.const 4096)) (i32.const 32))
  (call $told (call $environ_sizes_get (i32.const 4096) (i32.const 4100)) (i32.const 8))
  (call $told (call $environ_get (i32.const 8192) (i32.const 4096)) (i32.const 32))
  (call $vector (i32.const 4096) (i32.const 64))
  (call $told (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 64)) (i32.const 16))
  ;; Clocks and randomness.
  (call $told (call $clock_res_get (i32.const 1) (i32.const 4096)) (i32.const 8))
  (call $told (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 4096)) (i32.const 8))
  (i32.store (i32.const 128) (i32.const 7))
  (i32.store (i32.const 144) (i32.const 1))
  (i64.store (i32.const 152) (i64.const 1000))
  (call $told (call $poll_oneoff (i32.const 128) (i32.const 4096) (i32.const 1) (i32.const 64)) (i32.const 32))
  (call $told (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 4096)) (i32.const 8))
  (call $told (call $random_get (i32.const 4096) (i32.const 24)) (i32.const 24))
  ;; The folder.
  (call $told (call $fd_prestat_get (i32.const 3) (i32.const 4096)) (i32.const 8))
  (call $told (call $fd_prestat_dir_name (i32.const 3) (i32.const 4096) (i32.const 5)) (i32.const 5))
  (call $told (call $fd_prestat_get (i32.const 4) (i32.const 4096)) (i32.const 8))
  (call $told (call $fd_readdir (i32.const 3) (i32.const 4096) (i32.const 1024) (i64.const 0) (i32.const 64)) (i32.const 200))
  (call $told (call $path_filestat_get (i32.const 3) (i32.const 1) (i32.const 512) (i32.const 5) (i32.const 4096)) (i32.const 64))
  ;; A file that is there.
  (call $told (call $path_open (i32.const 3) (i32.const 1) (i32.const 512) (i32.const 5)
    (i32.const 0) (i64.const 0x2000a6) (i64.const 0) (i32.const 0) (i32.const 60)) (i32.const 0))
  (call $vector (i32.const 4096) (i32.const 64))
  (call $told (call $fd_read (i32.load (i32.const 60)) (i32.const 0) (i32.const 1) (i32.const 64)) (i32.const 16))
  (call $vector (i32.const 4096) (i32.const 3))
  (call $told (call $fd_pread (i32.load (i32.const 60)) (i32.const 0) (i32.const 1) (i64.const 1) (i32.const 64)) (i32.const 8))
  (call $told (call $fd_seek (i32.load (i32.const 60)) (i64.const 2) (i32.const 0) (i32.const 4096)) (i32.const 8))
  (call $told (call $fd_tell (i32.load (i32.const 60)) (i32.const 4096)) (i32.const 8))
  (call $told (call $fd_filestat_get (i32.load (i32.const 60)) (i32.const 4096)) (i32.const 64))
  (call $told (call $fd_fdstat_get (i32.load (i32.const 60)) (i32.const 4096)) (i32.const 24))
  (call $told (call $fd_close (i32.load (i32.const 60))) (i32.const 0))
  (call $told (call $fd_close (i32.load (i32.const 60))) (i32.const 0))
  ;; One that it makes.
  (call $told (call $path_open (i32.const 3) (i32.const 1) (i32.const 528) (i32.const 3)
    (i32.const 1) (i64.const 0x66) (i64.const 0) (i32.const 0) (i32.const 60)) (i32.const 0))
  (call $vector (i32.const 512) (i32.const 5))
  (call $told (call $fd_write (i32.load (i32.const 60)) (i32.const 0) (i32.const 1) (i32.const 64)) (i32.const 0))
  (call $vector (i32.const 512) (i32.const 5))
  (call $told (call $fd_pwrite (i32.load (i32.const 60)) (i32.const 0) (i32.const 1) (i64.const 9) (i32.const 64)) (i32.const 0))
  (call $told (call $fd_sync (i32.load (i32.const 60))) (i32.const 0))
  (call $told (call $path_create_directory (i32.const 3) (i32.const 544) (i32.const 3)) (i32.const 0))
  (call $told (call $path_symlink (i32.const 512) (i32.const 5) (i32.const 3) (i32.const 560) (i32.const 4)) (i32.const 0))
  (call $told (call $path_readlink (i32.const 3) (i32.const 560) (i32.const 4) (i32.const 4096) (i32.const 64) (i32.const 64)) (i32.const 8))
  (call $told (call $path_rename (i32.const 3) (i32.const 560) (i32.const 4) (i32.const 3) (i32.const 528) (i32.const 3)) (i32.const 0))
  (call $told (call $path_unlink_file (i32.const 3) (i32.const 512) (i32.const 5)) (i32.const 0))
  ;; What it may not do.
  (call $told (call $path_open (i32.const 3) (i32.const 1) (i32.const 576) (i32.const 6)
    (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 60)) (i32.const 0))
  (call $told (call $path_create_directory (i32.const 3) (i32.const 576) (i32.const 6)) (i32.const 0))
  (drop (call $sched_yield))
  (call $proc_exit (i32.const 3))";

/// A policy that allows all of it but one file too many, with the clocks and randomness given.
pub(crate) fn policy(folder: &Path, clocks: Clocks, random: Random) -> Policy {
    let mut policy = Policy::default();
    policy.limits.files = 3;
    policy.limits.file_bytes = Bytes::kib(64);
    policy.capabilities.clocks = clocks;
    policy.capabilities.random = random;
    policy.capabilities.environment.insert("A".to_owned());
    policy.capabilities.directories.push(DirectoryGrant {
        guest: GuestPath::Path("/data".to_owned()),
        host: HostPath::Path(folder.to_owned()),
        access: Access::ReadWrite,
    });
    policy
}

/// A folder with two files.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a.txt"), "0123456789").expect("written");
    std::fs::write(folder.path().join("b.txt"), "").expect("written");
    folder
}
