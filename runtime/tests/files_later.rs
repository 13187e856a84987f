//! Files by WASI 0.3: the same rules as for WASI 0.2, one unit under and over each limit.

mod common;

use common::{load, run};
use policies::{Access, Bytes, Clocks, DirectoryGrant, GuestPath, HostPath, Policy, Random};
use runtime::{Call, CancellationToken, Execution, Outcome, Recording, Rule, Tool, Verdict};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The guest; its steps are explained in its head.
static GUEST: LazyLock<Tool> =
    LazyLock::new(|| load(&common::component::parse(include_str!("guests/files.wat"))));

/// A folder to hand to the guest, and one beside it with a secret.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        for folder in ["a", "secret"] {
            fs::create_dir(root.path().join(folder)).expect("a folder");
        }
        fs::write(root.path().join("a/file"), "inside").expect("written");
        fs::write(root.path().join("secret/file"), "outside").expect("written");
        Self(root)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    fn call(&self, access: Access, steps: &[&str], change: impl FnOnce(&mut Policy)) -> Call {
        call(Some((&self.path("a"), access)), steps, change)
    }

    fn run(&self, steps: &[&str], change: impl FnOnce(&mut Policy)) -> Execution {
        run(&GUEST, self.call(Access::ReadWrite, steps, change))
    }

    /// What the guest says of its steps, which all have to be made.
    fn says(&self, steps: &[&str], change: impl FnOnce(&mut Policy)) -> String {
        said(&self.run(steps, change))
    }
}

fn call(folder: Option<(&Path, Access)>, steps: &[&str], change: impl FnOnce(&mut Policy)) -> Call {
    let mut policy = Policy::default();
    policy.limits.files = 10;
    policy.limits.file_bytes = Bytes::kib(1);
    policy.capabilities.directories = folder
        .map(|(host, access)| DirectoryGrant {
            guest: GuestPath::Path("/".to_owned()),
            host: HostPath::Path(host.to_owned()),
            access,
        })
        .into_iter()
        .collect();
    change(&mut policy);
    Call::new(policy).with_args(steps.iter().copied())
}

fn said(execution: &Execution) -> String {
    assert_eq!(execution.outcome, Outcome::Success, "{execution:?}");
    let said = String::from_utf8(execution.output.clone()).expect("a text");
    said.trim_end().to_owned()
}

fn unchanged(_: &mut Policy) {}

#[test]
fn files_are_read_and_written_through_streams() {
    let place = Place::new();
    assert_eq!(
        place.says(&["or1file", "r1", "f1"], unchanged),
        ". inside. 051."
    );
    let said = place.says(
        &[
            "ow1new", "w1hello", "e1, you", "p110:!", "c1", "or2new", "r2", "g2",
        ],
        unchanged,
    );
    assert_eq!(said, ". . . . . . hello, you!. ...");
    assert_eq!(place.text("a/new"), "hello, you!");
}

#[test]
fn what_is_done_with_files_is_counted() {
    let place = Place::new();
    let steps = ["or1file", "r1", "ow2new", "w2abc", "D0", "mfolder"];
    let usage = place.run(&steps, unchanged).usage;
    // Six bytes of the file; two names of four and three, with what is kept beside each.
    assert_eq!(usage.bytes_read, 6 + (4 + 24) + (3 + 24));
    assert_eq!(usage.files_created, 2);
    // The same is less one call without one step.
    let fewer = place.run(&steps[..5], unchanged).usage;
    assert_eq!(usage.host_calls, fewer.host_calls + 1);
}

#[test]
fn no_path_leads_out() {
    let place = Place::new();
    let secret = place.path("secret").display().to_string();
    let link = std::os::unix::fs::symlink::<&str, PathBuf>;
    link(&secret, place.path("a/absolute")).expect("a link");
    link("../secret", place.path("a/relative")).expect("a link");
    link("relative", place.path("a/chained")).expect("a link");
    for path in [
        "../secret/file",
        "./../secret/file",
        &format!("{secret}/file"),
        "/etc/passwd",
        "absolute/file",
        "relative/file",
        "chained/file",
    ] {
        for (step, what) in [
            (format!("or1{path}"), "open-at"),
            (format!("ow1{path}"), "open-at"),
            (format!("S0{path}"), "stat-at"),
            (format!("u{path}"), "unlink-file-at"),
            (format!("m{path}"), "create-directory-at"),
            (format!("i{path}"), "metadata-hash-at"),
        ] {
            let execution = place.run(&[&step], unchanged);
            assert_eq!(said(&execution), "_", "{step}");
            let [denied] = execution.denied.as_slice() else {
                panic!("{step}: {:?}", execution.denied);
            };
            assert_eq!(denied.what, what);
            assert_eq!(denied.target, *path);
            assert_eq!(denied.rule, Rule::Directories);
        }
    }
    assert_eq!(place.text("secret/file"), "outside");
}

#[test]
fn links_that_the_guest_makes_lead_nowhere_else() {
    let place = Place::new();
    let execution = place.run(&["k/etc/passwd|out"], unchanged);
    assert_eq!(said(&execution), "_");
    assert_eq!(execution.denied[0].what, "symlink-at");
    assert_eq!(execution.denied[0].target, "/etc/passwd");
    // One that leads up is made, and leads nowhere.
    let said = place.says(
        &[
            "k../secret/file|up",
            "Kup",
            "or1up",
            "ol1up",
            "h../secret/file|mine",
        ],
        unchanged,
    );
    assert_eq!(said, ". ../secret/file. _ O _");
    assert_eq!(
        place.says(&["n../secret/file|mine", "nfile|../secret/mine"], unchanged),
        "_ _"
    );
    assert!(!place.path("a/mine").exists() && !place.path("secret/mine").exists());
}

#[test]
fn a_folder_to_read_is_not_written() {
    let place = Place::new();
    for step in [
        "ow1new",
        "ox1new",
        "ot1file",
        "ob1file",
        "mnew",
        "ufile",
        "nfile|new",
        "hfile|new",
        "kfile|new",
        "xfile",
    ] {
        let execution = run(&GUEST, place.call(Access::Read, &[step], unchanged));
        assert_eq!(said(&execution), "_", "{step}");
        assert_eq!(execution.denied[0].rule, Rule::Directories, "{step}");
    }
    // What was opened to be read is not written through a stream either, nor made shorter.
    let steps = ["or1file", "w1gone", "e1more", "s10", "r1"];
    let execution = run(&GUEST, place.call(Access::Read, &steps, unchanged));
    let said = said(&execution);
    assert!(
        said.starts_with(". _ _ ") && said.ends_with(" inside."),
        "{said}"
    );
    assert_eq!(place.text("a/file"), "inside");
    assert!(!place.path("a/new").exists());
}

#[test]
fn without_a_folder_there_is_none() {
    let execution = run(&GUEST, call(None, &["or1file"], unchanged));
    // Slot 0 holds no handle.
    assert!(
        matches!(execution.outcome, Outcome::Trap { .. }),
        "{execution:?}"
    );
}

#[test]
fn bytes_of_files_are_limited_to_the_byte() {
    let place = Place::new();
    let with = |steps: &[&str], bytes: u64| {
        let execution = place.run(steps, |policy| policy.limits.file_bytes = Bytes(bytes));
        let rules: Vec<_> = execution.denied.iter().map(|denied| denied.rule).collect();
        (said(&execution), rules)
    };
    for (steps, needed) in [
        // A piece by a stream, and one more.
        (&["ow1new", "z11000"][..], 1000),
        (&["ow1new", "w1abc", "e1de"], 5),
        // What lies between a file's end and a place beyond it becomes its own as well.
        (&["ow1new", "p1100:x"], 101),
        (&["ow1new", "w1abc", "p110:x"], 11),
        (&["ow1new", "s1500"], 500),
    ] {
        let well = vec!["."; steps.len()].join(" ");
        assert_eq!(with(steps, needed), (well.clone(), vec![]), "{steps:?}");
        fs::remove_file(place.path("a/new")).expect("it was made");
        let over = format!("{}F", &well[..well.len() - 1]);
        assert_eq!(
            with(steps, needed - 1),
            (over, vec![Rule::FileBytes]),
            "{steps:?}"
        );
        fs::remove_file(place.path("a/new")).expect("it was made");
    }
    let denied = place.run(&["ow1new", "z11025"], unchanged).denied;
    assert_eq!(denied[0].what, "write-via-stream");
    assert_eq!(denied[0].target, "new (1025 bytes in all)");
    assert_eq!(place.text("a/new"), "");
}

#[test]
fn files_that_are_made_are_limited_to_the_last() {
    let place = Place::new();
    let steps = ["ow1one", "mtwo", "kfile|three", "hfile|four", "ox1five"];
    let with = |files| place.run(&steps, |policy| policy.limits.files = files);
    let execution = with(4);
    assert_eq!(said(&execution), ". . . . F");
    assert_eq!(execution.denied[0].rule, Rule::Files);
    assert_eq!(execution.usage.files_created, 4);
    for name in ["a/one", "a/three", "a/four"] {
        fs::remove_file(place.path(name)).expect("it was made");
    }
    fs::remove_dir(place.path("a/two")).expect("it was made");
    assert_eq!(said(&with(5)), ". . . . .");
    // What is there already is opened, not made.
    assert_eq!(said(&with(0)), ". F F F G");
    assert_eq!(place.says(&["ox1file"], unchanged), "G");
}

#[test]
fn a_hundred_files_can_be_open_and_no_more() {
    let place = Place::new();
    assert_eq!(place.says(&["Nfile"], unchanged), "100V");
    // A stream holds its file open, whatever became of the descriptor, until it is dropped.
    assert_eq!(
        place.says(&["or1file", "R1", "c1", "Nfile"], unchanged),
        ". . . 99V"
    );
    assert_eq!(
        place.says(&["or1file", "q1", "c1", "Nfile"], unchanged),
        ". . . 100V"
    );
    assert_eq!(
        place.says(&["or1file", "r1", "c1", "Nfile"], unchanged),
        ". inside. . 100V"
    );
}

#[test]
fn folders_are_listed_in_the_order_of_names() {
    let place = Place::new();
    fs::create_dir(place.path("a/z")).expect("a folder");
    std::os::unix::fs::symlink("file", place.path("a/b")).expect("a link");
    // A link is 4, a file 5, a folder 2 of `descriptor-type`.
    assert_eq!(place.says(&["D0"], unchanged), "4b,5file,2z,.");
    assert_eq!(place.says(&["od1z", "D1"], unchanged), ". .");
    // A file is no folder.
    assert_eq!(place.says(&["or1file", "D1"], unchanged), ". X");
    fs::create_dir(place.path("a/\u{e9}")).expect("a folder");
    let name: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"a/\xff");
    fs::write(place.0.path().join(name), "").expect("written");
    assert_eq!(place.says(&["D0"], unchanged), "I");
}

#[test]
fn listings_under_way_are_limited_together() {
    let place = Place::new();
    for index in 0..1024 {
        let name = format!("a/{index:0232}");
        fs::write(place.path(&name), "").expect("written");
    }
    fs::remove_file(place.path("a/file")).expect("it was there");
    // A thousand and twenty-four entries of 256 bytes: 64 of them are 16 MiB.
    let kept = |count: usize| {
        let mut steps = vec!["d0"; count];
        steps.push("y0");
        steps.push("d0");
        place.says(&steps, |policy| policy.limits.memory = Bytes::mib(64))
    };
    assert_eq!(kept(63), vec!["."; 65].join(" "));
    assert_eq!(kept(64), format!("{} ^ ^", vec!["."; 64].join(" ")));
}

#[test]
fn a_pipe_is_not_opened() {
    let place = Place::new();
    let pipe = place.path("a/pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("it runs").success());
    let execution = place.run(&["or1pipe", "ow1pipe", "S0pipe"], unchanged);
    assert!(said(&execution).starts_with("A A "), "{execution:?}");
    assert_eq!(execution.denied.len(), 2);
}

#[test]
fn a_descriptor_that_was_closed_is_none() {
    let place = Place::new();
    for step in ["r1", "w1x", "D1", "s11", "f1", "c1", "O1file"] {
        let execution = place.run(&["or1file", "c1", step], unchanged);
        assert!(
            matches!(execution.outcome, Outcome::Trap { .. }),
            "{step}: {execution:?}"
        );
    }
    // One of a file is no folder, and one of a folder no file.
    assert_eq!(place.says(&["or1file", "O1file"], unchanged), ". X");
    assert_eq!(
        place.says(&["od1.", "r1", "w1x", "s11"], unchanged),
        ". N C C"
    );
}

#[test]
fn names_are_given_and_taken_as_on_disk() {
    let place = Place::new();
    let said = place.says(
        &[
            "mfolder", "xfolder", "xfile", "ufile", "ufile", "ow1x", "nx|y", "S0y", "S0x", "hy|z",
            "uy", "S0z", "od2y",
        ],
        unchanged,
    );
    assert_eq!(said, ". . X . T . . 5:0. T . . 5:0. T");
}

#[test]
fn guests_see_numbers_and_times_of_their_own() {
    let place = Place::new();
    fs::write(place.path("a/other"), "").expect("written");
    assert_eq!(
        place.says(&["iother", "ifile", "iother"], unchanged),
        "1. 2. 1."
    );
    // Without real clocks every file is as old as the guest's own clock.
    assert_eq!(place.says(&["or1file", "T1"], unchanged), ". 946684800.");
    assert_eq!(place.says(&["tfile"], unchanged), "^");
}

/// Steps of all kinds.
const MANY: &[&str] = &[
    "or1file",
    "r1",
    "f1",
    "D0",
    "ow2new",
    "z21000",
    "e2more",
    "z21000",
    "s2500",
    "g2",
    "c2",
    "mfolder",
    "Nfile",
    "or1../out",
    "S0new",
    "ifile",
    "kfile|link",
    "Klink",
    "d0",
    "y0",
    "R1",
];

#[test]
fn a_run_is_the_same_to_the_unit_of_fuel_whoever_polls_it() {
    let runs = [
        tokio::runtime::Builder::new_current_thread(),
        tokio::runtime::Builder::new_multi_thread(),
        tokio::runtime::Builder::new_multi_thread(),
    ]
    .map(|mut builder| {
        let place = Place::new();
        let runtime = builder.worker_threads(1).enable_all().build();
        let call = place.call(Access::ReadWrite, MANY, unchanged);
        let tool = GUEST.clone();
        let runtime = runtime.expect("a runtime");
        let task = runtime.spawn(async move { tool.run(call).await });
        runtime.block_on(task).expect("it ends")
    });
    for other in &runs[1..] {
        assert_eq!(other.outcome, runs[0].outcome);
        assert_eq!(other.output, runs[0].output);
        assert_eq!(other.denied, runs[0].denied);
        let usage = |run: &Execution| (run.usage.fuel, run.usage.host_calls, run.usage.bytes_read);
        assert_eq!(usage(other), usage(&runs[0]));
    }
}

#[test]
fn a_recorded_run_is_repeated_without_its_folder() {
    let place = Place::new();
    let call = place.call(Access::ReadWrite, MANY, |policy| {
        policy.capabilities.clocks = Clocks::Real;
        policy.capabilities.random = Random::Real;
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (execution, recording) = runtime.block_on(GUEST.record(call, Recording::DEFAULT_LIMIT));
    let recording = std::sync::Arc::new(recording.expect("it is kept"));
    assert_eq!(execution.outcome, Outcome::Success, "{execution:?}");
    drop(place);
    let replay = GUEST.replay(&recording, CancellationToken::new());
    let replayed = runtime.block_on(replay);
    assert_eq!(replayed.verdict, Verdict::Same, "{replayed:?}");
    assert_eq!(replayed.host_calls, execution.usage.host_calls);
    assert_eq!(replayed.execution.output, execution.output);
}

#[test]
fn a_run_that_only_works_on_files_ends_at_its_deadline() {
    let place = Place::new();
    let steps = vec!["Nfile"; 4000];
    let limit = policies::WallTime::millis(1);
    let execution = place.run(&steps, |policy| {
        policy.limits.wall_time = limit;
        policy.capabilities.clocks = Clocks::Real;
    });
    assert_eq!(execution.outcome, Outcome::DeadlineExceeded { limit });
}
