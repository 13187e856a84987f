//! What a confined job may write, to the byte and to the file, and what of it stays.

mod common;

use common::{MIB, job, run};
use isolation::{Ended, Job};
use std::path::{Path, PathBuf};

/// A folder that a script may write to, with room for that much.
struct World {
    folder: tempfile::TempDir,
    bytes: u64,
    files: u64,
}

impl World {
    fn new(bytes: u64, files: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            folder,
            bytes,
            files,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("a path")
    }

    fn job(&self, program: &str, script: &str) -> Job {
        let mut job = job(program, script);
        job.writes.push(self.path());
        job.folder = self.path();
        job.resources.disk = self.bytes;
        job.resources.files = self.files;
        job
    }

    async fn sh(&self, script: &str) -> (Ended, String) {
        let done = run(&self.job("/bin/sh", script)).await;
        (done.ended, format!("{}{}", done.out, done.err))
    }

    fn full(&self) -> Ended {
        Ended::DiskFull {
            bytes: self.bytes,
            files: self.files,
        }
    }

    fn read(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.path().join(name)).ok()
    }

    /// All that lies there, with the bytes of files.
    fn held(&self) -> (usize, u64) {
        fn count(folder: &Path, all: &mut (usize, u64)) {
            for entry in std::fs::read_dir(folder).expect("read").flatten() {
                let about = entry.metadata().expect("there");
                all.0 += 1;
                if about.is_dir() {
                    count(&entry.path(), all);
                } else {
                    all.1 += about.len();
                }
            }
        }
        let mut all = (0, 0);
        count(&self.path(), &mut all);
        all
    }
}

#[tokio::test]
async fn bytes_end_at_the_limit() {
    let world = World::new(4 * MIB, 100);
    let (ended, said) = world
        .sh("head -c 3145728 /dev/zero > a && head -c 1048576 /dev/zero > b")
        .await;
    assert_eq!(ended, Ended::Exited(0), "{said}");
    assert_eq!(world.held(), (2, 4 * MIB));

    let world = World::new(4 * MIB, 100);
    let (ended, said) = world
        .sh("head -c 3145728 /dev/zero > a && head -c 1048577 /dev/zero > b")
        .await;
    assert_eq!(ended, world.full(), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    assert_eq!(world.held(), (0, 0), "nothing is kept of what did not fit");
    assert_eq!(
        ended.to_string(),
        "had no more room on its disk (at most 4194304 B in 100 files)"
    );
}

#[tokio::test]
async fn files_end_at_the_limit() {
    let make = |files: u64| {
        format!("i=0; while [ $i -lt {files} ]; do : > f$i || exit 1; i=$((i+1)); done")
    };
    let world = World::new(MIB, 50);
    let (ended, said) = world.sh(&make(50)).await;
    assert_eq!(ended, Ended::Exited(0), "{said}");
    assert_eq!(world.held(), (50, 0));

    let world = World::new(MIB, 50);
    let (ended, said) = world.sh(&make(51)).await;
    assert_eq!(ended, world.full(), "{said}");

    // Folders, links and links to the same file are files too.
    for more in ["mkdir d", "ln -s x s", "ln f0 h"] {
        let world = World::new(MIB, 50);
        let (ended, said) = world.sh(&format!("{}; {more} || exit 1", make(50))).await;
        assert_eq!(ended, world.full(), "{more}: {said}");
    }
}

#[tokio::test]
async fn the_machines_disk_holds_nothing_of_a_job_that_goes_on() {
    use tokio::io::AsyncReadExt as _;
    let world = World::new(4 * MIB, 100);
    let job = world.job(
        "/bin/sh",
        "head -c 3000000 /dev/zero > a; echo written; sleep 600",
    );
    let mut running =
        isolation::Launcher::launch(&common::launcher().await, &job).expect("started");
    let mut said = [0; 8];
    let out = running.stdout.as_mut().expect("piped");
    out.read_exact(&mut said).await.expect("it wrote");
    assert_eq!(world.held(), (0, 0));
    running.kill().await;
    assert_eq!(world.held(), (0, 0), "nor of one that was called off");
}

#[tokio::test]
async fn what_a_job_changed_stays_and_the_rest_is_as_it_was() {
    let world = World::new(MIB, 100);
    let path = world.path();
    std::fs::create_dir_all(path.join("old/deep")).expect("a folder");
    std::fs::create_dir_all(path.join("replaced")).expect("a folder");
    for file in [
        "kept",
        "removed",
        "changed",
        "old/deep/file",
        "replaced/before",
        "becomes-folder",
    ] {
        std::fs::write(path.join(file), "before").expect("written");
    }
    let script = "rm removed; echo after > changed; rm -r old; mkdir new; echo 1 > new/file;
        rm -r replaced; mkdir replaced; echo 2 > replaced/after; rm becomes-folder; mkdir becomes-folder;
        ln -s ../../../etc/passwd link; ln new/file hard; chmod 750 new/file; touch -d 2001-02-03T04:05:06Z hard; exit 3";
    let (ended, said) = world.sh(script).await;
    assert_eq!(ended, Ended::Exited(3), "{said}");
    assert_eq!(world.read("kept").as_deref(), Some("before"));
    assert_eq!(world.read("removed"), None);
    assert_eq!(world.read("changed").as_deref(), Some("after\n"));
    assert!(!path.join("old").exists());
    assert_eq!(world.read("new/file").as_deref(), Some("1\n"));
    assert_eq!(world.read("replaced/before"), None);
    assert_eq!(world.read("replaced/after").as_deref(), Some("2\n"));
    assert!(path.join("becomes-folder").is_dir());
    let link = std::fs::read_link(path.join("link")).expect("a link");
    assert_eq!(link, Path::new("../../../etc/passwd"));
    let about = std::fs::metadata(path.join("hard")).expect("there");
    let modified = about.modified().expect("a time");
    let since = modified
        .duration_since(std::time::UNIX_EPOCH)
        .expect("later");
    assert_eq!(since.as_secs(), 981_173_106);
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o777,
        0o750
    );

    // The next job goes on from there, may change what the last one made, and has all the room.
    let (ended, said) = world
        .sh("cat new/file replaced/after && echo more >> new/file && head -c 1000000 /dev/zero > large")
        .await;
    assert_eq!((ended, said.as_str()), (Ended::Exited(0), "1\n2\n"));
    assert_eq!(world.read("new/file").as_deref(), Some("1\nmore\n"));
}

#[tokio::test]
async fn what_is_little_in_memory_and_much_on_disk_is_not_kept() {
    // A file of nothing but a hole, many names of one file, and folders without end.
    for script in [
        "exec 3> hole; perl -e 'open F, \">\", \"hole\"; truncate F, 8 << 20'",
        "head -c 900000 /dev/zero > a; ln a b; ln a c; ln a d; ln a e; ln a f",
        "perl -e 'for (1..70) { mkdir \"d\" or die $!; chdir \"d\" or die $! }'",
    ] {
        let world = World::new(4 * MIB, 200);
        let (ended, said) = world.sh(script).await;
        assert_eq!(ended, world.full(), "{script}: {said}");
        assert!(world.held().1 <= 4 * MIB, "{script}");
    }
}

#[tokio::test]
async fn nothing_is_put_where_a_link_of_the_jobs_leads() {
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("file"), "outside").expect("written");
    let world = World::new(MIB, 100);
    let target = outside.path().display();
    // The first leaves links, the second puts folders and files of the same names.
    let (ended, said) = world
        .sh(&format!("ln -s {target} d; ln -s {target}/file f"))
        .await;
    assert_eq!(ended, Ended::Exited(0), "{said}");
    let (ended, said) = world
        .sh("rm d f; mkdir d; echo in > d/file; echo in > f")
        .await;
    assert_eq!(ended, Ended::Exited(0), "{said}");
    assert_eq!(world.read("d/file").as_deref(), Some("in\n"));
    assert!(!world.path().join("f").is_symlink());
    let kept = std::fs::read_to_string(outside.path().join("file"));
    assert_eq!(kept.expect("there"), "outside");
}

#[tokio::test]
async fn a_job_does_not_see_its_room() {
    let world = World::new(MIB, 100);
    let (_, said) = world
        .sh("ls -A /; ls /.disk /.old 2>&1; grep -c overlay /proc/self/mountinfo")
        .await;
    assert!(!said.contains("l0"), "{said}");
    assert!(
        said.contains("/.disk': No such file") || said.contains("denied"),
        "{said}"
    );
}
