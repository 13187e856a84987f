//! What a confined job can't do.

mod common;

use common::{Done, MIB, job, launcher, run};
use isolation::{Ended, Launcher, Program};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use tokio::io::AsyncReadExt;

async fn sh(script: &str) -> Done {
    run(&job("/bin/sh", script)).await
}

async fn perl(script: &str) -> Done {
    run(&job("/usr/bin/perl", script)).await
}

#[tokio::test]
async fn every_part_holds_here() {
    let holds = launcher().await.holds().clone();
    assert_eq!(holds.lacking(), Vec::<String>::new());
    assert_eq!(holds.parts.len(), 8);
}

#[tokio::test]
async fn output_and_code_come_through() {
    let done = sh("echo out; echo err >&2; exit 7").await;
    assert_eq!(done.ended, Ended::Exited(7));
    assert_eq!((done.out.as_str(), done.err.as_str()), ("out\n", "err\n"));
}

#[tokio::test]
async fn the_environment_is_the_jobs_own() {
    let mut job = job("/usr/bin/env", "");
    job.arguments.clear();
    let mut lines: Vec<String> = run(&job).await.out.lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["PATH=/usr/bin:/bin", "TMPDIR=/tmp"]);
}

#[tokio::test]
async fn only_what_was_named_is_there() {
    let done = perl(
        r#"opendir(my $d, "/proc/self/root"); for (qw(/etc/passwd /etc/hostname /root /home /var /sys /proc/1/environ /proc/1/mem /proc/1/root /proc/1/exe /proc/1/cwd /proc/1/fd/0 /proc/1/maps /run /boot /dev/sda /dev/kmsg /dev/mem)) {
            print "$_\n" if open(my $f, "<", $_) or opendir(my $g, $_) or readlink($_);
        }"#,
    )
    .await;
    assert_eq!(done.ended, Ended::Exited(0), "{}", done.err);
    assert_eq!(done.out, "", "{}", done.err);
    // What the job needs of the machine can be read, and not written.
    let done = sh("for f in /usr/bin /bin/sh /proc/self/status /dev /; do touch $f/x $f 2>/dev/null && echo $f; done; :").await;
    assert_eq!(done.out, "");
}

#[tokio::test]
async fn nothing_of_the_launcher_is_open() {
    let done = perl(
        r#"opendir(my $d, "/proc/self/fd"); print join " ", map { "$_=" . readlink("/proc/self/fd/$_") } grep { /^\d+$/ && $_ > 2 } readdir $d;"#,
    )
    .await;
    // The folder that is being read.
    assert!(
        done.out.starts_with("3=/proc/") && done.out.ends_with("/fd"),
        "{} {}",
        done.out,
        done.err
    );
    assert!(!done.out.contains(' '), "{}", done.out);
}

#[tokio::test]
async fn a_folder_that_may_be_written_keeps_what_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let beside = tempfile::tempdir().expect("a folder");
    let path = folder.path().canonicalize().expect("a path");
    std::fs::write(path.join("before"), "1").expect("written");
    std::os::unix::fs::symlink("/etc/passwd", path.join("link")).expect("a link");
    let mut job = job(
        "/bin/sh",
        "cat before > after; echo 2 >> before; mkdir d; cat link; ls -A ..",
    );
    job.writes.push(path.clone());
    job.folder.clone_from(&path);
    let done = run(&job).await;
    assert!(done.err.contains("link: No such file"), "{}", done.err);
    assert_eq!(
        std::fs::read_to_string(path.join("after")).expect("there"),
        "1"
    );
    assert!(path.join("d").is_dir());
    // Of the folder above only what leads here is there.
    let name = |folder: &Path| {
        folder
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    };
    assert!(done.out.contains(&name(&path)), "{}", done.out);
    assert!(!done.out.contains(&name(beside.path())), "{}", done.out);
    let owner = std::fs::metadata("/etc/passwd").expect("there").uid();
    assert_eq!(
        owner, 0,
        "no link was followed when the folder was given away"
    );
}

#[tokio::test]
async fn there_is_no_network() {
    // Internet, Unix, netlink, packets; and a listener of the machine's on its loopback.
    let done = perl(
        r#"for my $family (1, 2, 10, 16, 17) { for my $type (1, 2, 3) {
            print "$family/$type " if socket(my $s, $family, $type, 0);
        } }"#,
    )
    .await;
    assert_eq!((done.out.as_str(), done.ended), ("", Ended::Exited(0)));
}

#[tokio::test]
async fn system_calls_that_no_job_needs_fail() {
    // Numbers of x86_64: ptrace, mount, umount2, pivot_root, chroot, unshare, setns, bpf,
    // perf_event_open, io_uring_setup, keyctl, add_key, userfaultfd, init_module, kexec_load,
    // reboot, swapon, acct, open_by_handle_at, process_vm_readv, mknodat, chown, setxattr,
    // personality, quotactl, setsid, setpgid, inotify_init, memfd_secret.
    if cfg!(not(target_arch = "x86_64")) {
        return;
    }
    let done = perl(
        r#"for my $call (101, 165, 166, 155, 161, 272, 308, 321, 298, 425, 250, 248, 323, 175, 246, 169, 167, 163, 304, 310, 259, 92, 188, 135, 179, 112, 109, 253, 447) {
            my $got = syscall($call, 0, 0, 0, 0, 0);
            print "$call: $got, $!\n" unless $got == -1 && $!{EPERM};
        }
        # A namespace by clone, and clone3 at all.
        print "clone\n" unless syscall(56, 0x10000000, 0, 0, 0, 0) == -1 && $!{EPERM};
        print "clone3\n" unless syscall(435, 0, 0) == -1 && $!{ENOSYS};
        # The same calls by the numbers of another interface.
        print "x32\n" unless syscall(0x40000000 + 41, 2, 1, 0) == -1;"#,
    )
    .await;
    assert_eq!(done.out, "", "{}", done.err);
}

#[tokio::test]
async fn privileges_are_gone_and_do_not_come_back() {
    let done =
        sh("id -u; id -G; grep -E '^(CapEff|CapPrm|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status")
            .await;
    assert!(done.out.contains("NoNewPrivs:\t1"), "{}", done.out);
    assert!(
        done.out.contains("CapEff:\t0000000000000000"),
        "{}",
        done.out
    );
    assert!(!done.out.lines().any(|line| line == "0"), "{}", done.out);
}

#[tokio::test]
async fn other_processes_are_neither_seen_nor_reached() {
    let id = std::process::id();
    let done = perl(&format!(
        r#"opendir(my $d, "/proc"); my @all = grep {{ /^\d+$/ }} readdir $d; print scalar(@all), " ", kill(0, {id}), " ", kill(9, getppid()) "#
    ))
    .await;
    // Itself and the process that started it, which as the first of all can't be killed.
    assert!(done.out.starts_with("2 0 "), "{} {}", done.out, done.err);
}

#[tokio::test]
async fn processes_end_at_the_limit() {
    let most = |processes| {
        let mut job = job(
            "/usr/bin/perl",
            "my $n = 0; for (1..40) { my $p = fork(); last unless defined $p; if (!$p) { sleep 60; exit } $n++ } print $n",
        );
        job.resources.processes = processes;
        job
    };
    // The first process and the script itself count.
    assert_eq!(run(&most(10)).await.out, "8");
    assert_eq!(run(&most(11)).await.out, "9");
}

#[tokio::test]
async fn what_a_job_leaves_running_ends_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().canonicalize().expect("a path");
    let mut job = job(
        "/usr/bin/perl",
        r#"if (!fork()) { close STDOUT; close STDERR; $SIG{HUP} = "IGNORE"; sleep 600 } print "started""#,
    );
    job.writes.push(path);
    let done = run(&job).await;
    // Its output ended, so nobody holds it; the namespace's end is the kernel's matter.
    assert_eq!(done.out, "started");
    assert_eq!(done.ended, Ended::Exited(0));
}

#[tokio::test]
async fn memory_ends_at_the_limit() {
    let grab = |mib: u64| {
        let script = format!("my $x = 'x' x ({mib} * 1048576); print length($x)");
        let mut job = job("/usr/bin/perl", &script);
        job.resources.memory = 64 * MIB;
        job
    };
    let done = run(&grab(24)).await;
    assert_eq!(done.ended, Ended::Exited(0), "{}", done.err);
    let done = run(&grab(72)).await;
    assert!(!done.ended.well());
    assert!(done.err.contains("Out of memory"), "{}", done.err);
}

#[tokio::test]
async fn processor_time_ends_at_the_limit() {
    let mut job = job("/usr/bin/perl", "1 while 1");
    job.resources.processor_seconds = 1;
    let done = run(&job).await;
    assert!(
        matches!(done.ended, Ended::Signal(9 | 24)),
        "{:?}",
        done.ended
    );
}

#[tokio::test]
async fn a_file_ends_at_the_limit() {
    let write = |bytes: u64| {
        let mut job = job(
            "/bin/sh",
            &format!("head -c {bytes} /dev/zero > /tmp/file && echo whole"),
        );
        job.resources.file_size = 65536;
        job
    };
    assert_eq!(run(&write(65536)).await.out, "whole\n");
    assert_eq!(run(&write(65537)).await.out, "");
    // Temporary files all together.
    let done = sh(
        "head -c 900000 /dev/zero > /tmp/a && echo a; head -c 900000 /dev/zero > /tmp/b && echo b",
    )
    .await;
    assert_eq!(done.out, "a\n");
}

#[tokio::test]
async fn open_files_end_at_the_limit() {
    let done =
        perl(r#"my @f; while (open(my $f, "<", "/dev/null")) { push @f, $f } print scalar(@f)"#)
            .await;
    assert_eq!(done.out, "61");
}

#[tokio::test]
async fn a_crash_is_how_it_ended() {
    let done = perl("kill 'SEGV', $$; sleep 60").await;
    assert_eq!(done.ended, Ended::Signal(11));
    assert_eq!(
        done.ended.to_string(),
        "was ended by SIGSEGV (it crashed, or its stack was full)"
    );
}

/// Signals of Linux by what they do to a process that has not asked for anything else.
const IGNORED: [i32; 4] = [17, 18, 23, 28];
const STOPPING: [i32; 4] = [19, 20, 21, 22];

#[tokio::test]
async fn a_job_that_dies_by_any_signal_died_by_that_signal() {
    for signal in 1..=31 {
        // What perl ignores by itself, or was told to by whoever started the tests, too.
        let script = format!(
            "$SIG{{$_}} = 'DEFAULT' for qw(HUP INT QUIT FPE PIPE TERM); $| = 1; print 'begun'; kill {signal}, $$; print ' went on'"
        );
        if STOPPING.contains(&signal) {
            // It stands still, and ends when it is called off.
            let launcher = launcher().await;
            let job = job("/usr/bin/perl", &script);
            let mut running = launcher.launch(&job).expect("started");
            let mut begun = [0; 5];
            let out = running.stdout.as_mut().expect("piped");
            out.read_exact(&mut begun).await.expect("begun");
            running.kill().await;
            continue;
        }
        let done = perl(&script).await;
        if IGNORED.contains(&signal) {
            assert_eq!(done.ended, Ended::Exited(0), "{signal}");
            assert_eq!(done.out, "begun went on");
        } else {
            assert_eq!(done.ended, Ended::Signal(signal), "{}", done.err);
            assert_eq!(done.out, "begun");
            assert!(done.ended.to_string().starts_with("was ended by"));
        }
    }
}

#[tokio::test]
async fn no_signal_of_a_job_reaches_the_ring() {
    // To the process that started it, the first of its world, and to all of its group.
    let script = "$SIG{$_} = 'IGNORE' for grep { !/^(KILL|STOP|NUM\\d+|RTM.*)$/ } keys %SIG;
        for my $signal (1..31) { kill $signal, getppid(), 1, -1 unless $signal == 9 || $signal == 19 }
        kill 9, getppid(), 1; kill 19, getppid(), 1;
        for my $signal (1..31) { kill $signal, 0 unless $signal == 9 || $signal == 19 }
        print 'still here'; exit 7";
    let done = perl(script).await;
    assert_eq!(done.ended, Ended::Exited(7), "{}", done.err);
    assert_eq!(done.out, "still here");
    // Killing all that it can reach, itself included, is how it ended.
    let done = perl("kill 9, 0; sleep 60").await;
    assert_eq!(done.ended, Ended::Signal(9), "{}", done.err);
}

#[tokio::test]
async fn a_job_can_not_say_that_it_never_began() {
    for code in [124, 125] {
        let done = sh(&format!("exit {code}")).await;
        assert_eq!(done.ended, Ended::Exited(126));
    }
    assert_eq!(sh("exit 123").await.ended, Ended::Exited(123));
}

#[tokio::test]
async fn what_can_not_be_started_says_so() {
    let mut job = job("/usr/bin/no-such-program", "");
    let done = run(&job).await;
    assert_eq!(done.ended, Ended::NotBegun);
    assert!(done.err.contains("no-such-program"), "{}", done.err);
    job.program = Program::Role("nothing".to_owned());
    let done = run(&job).await;
    assert!(done.err.contains("nothing is no role"), "{}", done.err);
    job.writes.push("/no/such/folder".into());
    let done = run(&job).await;
    assert_eq!(done.ended, Ended::NotBegun);
}

#[tokio::test]
async fn a_job_ends_when_nobody_waits_for_it() {
    let launcher = launcher().await;
    let mut running = launcher
        .launch(&job("/bin/sh", "echo begun; sleep 600"))
        .expect("started");
    let mut out = running.stdout.take().expect("piped");
    let mut begun = [0; 6];
    out.read_exact(&mut begun).await.expect("begun");
    drop(running);
    // The other end is closed once all who held it are gone.
    assert_eq!(out.read(&mut begun).await.expect("an end"), 0);
}

#[tokio::test]
async fn a_job_ends_with_its_launcher_however_that_ends() {
    use std::io::Read as _;
    // A launcher that is killed does nothing: its end of the pipe is closed, and that is all.
    let program = env!("CARGO_BIN_EXE_wasm-runner-confined");
    let plan = serde_json::json!({
        "namespaces": true,
        "user": "Root",
        "program": program,
        "job": job("/bin/sh", "echo begun; sleep 600"),
    });
    let mut launched = std::process::Command::new(program)
        .args(["__confine", &plan.to_string()])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .process_group(0)
        .spawn()
        .expect("started");
    let mut out = launched.stdout.take().expect("piped");
    let mut begun = [0; 6];
    out.read_exact(&mut begun).expect("begun");
    drop(launched.stdin.take());
    // Nobody who held it is left.
    assert_eq!(out.read(&mut begun).expect("an end"), 0);
    launched.wait().expect("it ended");
}
