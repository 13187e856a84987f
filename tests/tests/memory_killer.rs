//! A build that the kernel's memory killer ends is a finding, and nothing else is lost.
//!
//! Needs what `make setup` makes, and a memory cgroup that it may make (root, and cgroups that can
//! be written). Where there is none it says so and looks at nothing.

mod common;

use common::{Service, json, run, tools, well};
use std::fs;
use std::path::{Path, PathBuf};

/// What the service and all that it starts may use: enough for any build of a small tool, and
/// less than what each confined process may use by the ring's own limit.
const ROOM: &str = "734003200";

/// A cgroup of this test's own; removed once it is empty.
struct Cgroup {
    folder: PathBuf,
    /// Where it counts what was killed.
    events: &'static str,
}

impl Cgroup {
    fn new() -> Option<Self> {
        let name = format!("wasm-runner-test-{}", std::process::id());
        let root = Path::new("/sys/fs/cgroup");
        let version_2 = root.join("cgroup.controllers").exists();
        let (parent, limit, events) = if version_2 {
            (root.to_owned(), "memory.max", "memory.events")
        } else {
            (
                root.join("memory"),
                "memory.limit_in_bytes",
                "memory.oom_control",
            )
        };
        let folder = parent.join(name);
        fs::create_dir(&folder).ok()?;
        let made = Self { folder, events };
        fs::write(made.folder.join(limit), ROOM).ok()?;
        // Where memory can be swapped out instead, nothing is killed.
        for swap in ["memory.swap.max", "memory.swappiness"] {
            let _ = fs::write(made.folder.join(swap), "0");
        }
        Some(made)
    }

    fn killed(&self) -> u64 {
        let events = fs::read_to_string(self.folder.join(self.events)).expect("counts");
        let line = events.lines().find_map(|l| l.strip_prefix("oom_kill "));
        line.and_then(|count| count.trim().parse().ok())
            .unwrap_or_else(|| panic!("no count of kills in {events:?}"))
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.folder);
    }
}

#[test]
fn a_build_that_the_kernels_memory_killer_ends_is_a_finding_and_the_service_goes_on() {
    let Some(cgroup) = Cgroup::new() else {
        eprintln!("not looked at: no memory cgroup can be made here");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    well(folder.path(), ["new", "glutton"]);
    let package = folder.path().join("glutton");
    let main = package.join("src/main.rs");
    let source = fs::read_to_string(&main).expect("the new tool");
    fs::write(
        &main,
        format!("{source}\npub static MUCH: [u64; 1 << 27] = [1; 1 << 27];\n"),
    )
    .expect("written");

    let mut service = Service::inside(&cgroup.folder, &folder.path().join("data"));
    let submit = |tool: &Path| {
        let tool = tool.display().to_string();
        let args = ["proposal", "submit", "--json", "--watch", "--server"];
        let output = run(
            folder.path(),
            args.into_iter().chain([&*service.url, &tool]),
        );
        json(&String::from_utf8_lossy(&output.stdout))
    };
    let judged = submit(&package);
    let one = &judged[0];
    assert_eq!(one["state"], "failed", "{judged:#}");
    assert!(cgroup.killed() > 0, "nothing was killed: {judged:#}");
    let told = one["report"]["stages"][0]["findings"].to_string();
    assert!(
        told.contains("SIGKILL") || told.contains("signal: 9"),
        "{told}"
    );

    let judged = submit(&tools().join("good/markdown-table"));
    assert_eq!(judged[0]["state"], "passed", "{judged:#}");
    assert!(service.lives());
    service.stop();
}
