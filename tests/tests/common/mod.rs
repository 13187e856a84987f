//! The real program and a service of it.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod seeded;

use serde_json::Value;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// The program, beside the tests that cargo built. `make test` builds it first.
pub(crate) fn program() -> PathBuf {
    let test = std::env::current_exe().expect("this test's path");
    let folder = test.parent().and_then(Path::parent).expect("target/debug");
    let program = folder.join("wasm-runner");
    assert!(
        program.is_file(),
        "{} is not built: these tests are run by `make test`",
        program.display()
    );
    program
}

pub(crate) fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tools")
}

/// Runs the program to its end.
pub(crate) fn run<S: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> Output {
    Command::new(program())
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

/// Runs it and takes what it printed, after seeing that it ended well.
pub(crate) fn well<S: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> String {
    let output = run(folder, args);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{:?}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// A service; killed when it is dropped.
pub(crate) struct Service {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Service {
    /// Starts one on a free port and waits until it listens.
    pub(crate) fn start(data: &Path) -> Self {
        Self::launch(
            Command::new(program())
                .args(["serve", "--data-dir"])
                .arg(data),
        )
    }

    /// One whose processes are all in this cgroup.
    pub(crate) fn inside(cgroup: &Path, data: &Path) -> Self {
        Self::launch(
            Command::new("sh")
                .args(["-c", r#"echo $$ > "$0/cgroup.procs" && exec "$@""#])
                .arg(cgroup)
                .arg(program())
                .args(["serve", "--data-dir"])
                .arg(data),
        )
    }

    /// One that only calls tools, under this ceiling, with its log in a file as JSON.
    pub(crate) fn calling(data: &Path, ceiling: &Path, log: File) -> Self {
        Self::calling_at("127.0.0.1:0", data, ceiling, log)
    }

    /// The same at an address that was another's before.
    pub(crate) fn calling_at(listen: &str, data: &Path, ceiling: &Path, log: File) -> Self {
        Self::launch_at(
            listen,
            Command::new(program())
                .args(["--log-format", "json", "serve", "--calls-only"])
                .args(["--max-running-calls", "4", "--data-dir"])
                .arg(data)
                .arg("--ceiling")
                .arg(ceiling)
                .env_remove("RUST_LOG")
                .stderr(log),
        )
    }

    /// One with these options, metrics on a free port, and its log in a file as JSON.
    pub(crate) fn observed(data: &Path, options: &[&str], log: File) -> (Self, String) {
        let mut service = Self::launch(
            Command::new(program())
                .args([
                    "--log-format",
                    "json",
                    "serve",
                    "--metrics-listen",
                    "127.0.0.1:0",
                ])
                .args(options)
                .arg("--data-dir")
                .arg(data)
                .env_remove("RUST_LOG")
                .env("OTEL_EXPORTER_OTLP_TIMEOUT", "500")
                .stderr(log),
        );
        let line = service.line();
        let metrics = line.strip_prefix("metrics on http://");
        let metrics = metrics.and_then(|at| at.strip_suffix("/metrics"));
        let metrics = metrics.unwrap_or_else(|| panic!("no address in {line:?}"));
        (service, metrics.to_owned())
    }

    fn launch(command: &mut Command) -> Self {
        Self::launch_at("127.0.0.1:0", command)
    }

    fn launch_at(listen: &str, command: &mut Command) -> Self {
        let mut child = command
            .args(["--listen", listen])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the service starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let at = line
            .find("http://")
            .unwrap_or_else(|| panic!("no address in {line:?}"));
        let url = line[at..].trim().to_owned();
        Self { child, stdout, url }
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a further line");
        line.trim().to_owned()
    }

    /// Whether the process that was started is still the one that serves.
    pub(crate) fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it as a crash would: no handler runs, nothing is flushed.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it ended");
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(mut self) {
        let id = i32::try_from(self.child.id()).expect("a process id");
        let id = rustix::process::Pid::from_raw(id).expect("a process id");
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("it runs");
        let status = self.child.wait().expect("it ended");
        assert!(status.success(), "{status}");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
