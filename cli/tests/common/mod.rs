//! The real binary, in a world of its own.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod guests;

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// A folder with an empty home in it; gone at the end.
pub(crate) struct World {
    folder: tempfile::TempDir,
}

/// What a command left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("home")).expect("a home");
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("folders");
        fs::write(&path, content).expect("written");
        path
    }

    /// What a finished set-up looks like from outside; nothing can be built with it.
    pub(crate) fn pretend_set_up(&self) {
        let toolchain = "cargo = \"/bin/true\"\nrustc = \"/bin/true\"\ntarget = \"wasm32-wasip1\"\n\
            route = \"rustup\"\nrustc_version = \"rustc 0\"\ncargo_version = \"cargo 0\"\n";
        self.write("home/toolchain.toml", toolchain);
        self.write("home/allowlist.toml", "[crates]\n");
        self.write("home/allowlist.lock", "");
        for folder in ["home/vendor", "home/warm"] {
            fs::create_dir_all(self.path(folder)).expect("a folder");
        }
    }

    /// A set-up whose builds take longer than any test, and a package to build with it.
    pub(crate) fn pretend_slow_set_up(&self) {
        use std::os::unix::fs::PermissionsExt as _;
        self.pretend_set_up();
        let slow = self.write(
            "toolchain/slow",
            "#!/bin/sh\nread -r _ < \"${0%/*}/begun\"\nexec sleep 60\n",
        );
        fs::set_permissions(&slow, fs::Permissions::from_mode(0o755)).expect("a program");
        let pipe = Command::new("mkfifo")
            .arg(self.path("toolchain/begun"))
            .status();
        assert!(pipe.expect("mkfifo is there").success());
        let toolchain = fs::read_to_string(self.path("home/toolchain.toml")).expect("written");
        let toolchain = toolchain.replace("/bin/true", &slow.display().to_string());
        self.write("home/toolchain.toml", toolchain);
        let manifest = "[package]\nname = \"slow-tool\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        self.write("slow-tool/Cargo.toml", manifest);
        self.write("slow-tool/src/main.rs", "fn main() {}\n");
    }

    /// Waits until the slow cargo has been started: it reads from a pipe, which can only be
    /// opened for writing once somebody does.
    pub(crate) fn slow_build_has_begun(&self) {
        let (begun, wait) = std::sync::mpsc::channel();
        let pipe = self.path("toolchain/begun");
        std::thread::spawn(move || begun.send(fs::write(pipe, "\n")));
        wait.recv_timeout(std::time::Duration::from_mins(1))
            .expect("the build begins")
            .expect("the pipe can be written");
    }

    /// A module from its text form.
    pub(crate) fn module(&self, text: &str) -> PathBuf {
        self.write("guest.wasm", wat::parse_str(text).expect("a module"))
    }

    /// The program, with nothing of the outside but the path.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasm-runner"));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("WASM_RUNNER_HOME", self.path("home"))
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ended {
        ended(
            self.command()
                .args(args)
                .output()
                .expect("the program starts"),
        )
    }

    pub(crate) fn run_with_input<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Ended {
        let mut child = self
            .command()
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // A guest need not read it all.
        let _ = child.stdin.take().expect("piped").write_all(input);
        ended(child.wait_with_output().expect("it ends"))
    }

    /// What was printed, with this world's own folder called `<world>`.
    pub(crate) fn portable(&self, text: &str) -> String {
        text.replace(&self.folder.path().display().to_string(), "<world>")
    }
}

/// Sends a signal to a process, as a terminal or a process manager does.
pub(crate) fn signal(name: &str, child: &Child) {
    let pid = child.id().to_string();
    let sent = Command::new("sh")
        .args(["-c", "kill -s \"$0\" \"$1\"", name, &pid])
        .status();
    assert!(sent.expect("sh is there").success());
}

pub(crate) fn ended(output: Output) -> Ended {
    Ended {
        code: output.status.code().expect("no signal ended it"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}
