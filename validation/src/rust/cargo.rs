//! cargo, in a folder of its own and with an environment of its own.

use super::layout::Package;
use crate::ValidationError;
use crate::builder::BuildContext;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

/// How long one call of cargo may take.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(300);
/// What is kept of either stream of cargo's, in bytes.
const OUTPUT_LIMIT: u64 = 16 * 1024 * 1024;
/// A module larger than this is not even read: 256 MiB.
const MODULE_LIMIT: u64 = 256 * 1024 * 1024;

/// What cargo said.
pub(super) struct Output {
    pub(super) success: bool,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

impl Output {
    /// The end of what it said for people.
    pub(super) fn tail(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// How a call of cargo ended.
pub(super) enum Ended {
    Done(Output),
    TimedOut,
}

/// A package laid out, with a private copy of the crates compiled ahead.
pub(super) struct Cargo {
    /// Removed with everything in it when this is dropped.
    folder: tempfile::TempDir,
    program: PathBuf,
    target: String,
    env: BTreeMap<String, String>,
}

impl Cargo {
    pub(super) async fn prepare(
        context: &BuildContext<'_>,
        package: &Package,
    ) -> Result<Self, ValidationError> {
        let installation = context.installation;
        let home = installation.home.clone();
        let files = package.files.clone();
        let made = tokio::task::spawn_blocking(move || lay_out(&home, &files)).await;
        let folder = made
            .map_err(ValidationError::machine("laying the package out"))?
            .map_err(ValidationError::machine("laying the package out"))?;
        Ok(Self {
            folder,
            program: installation.toolchain.cargo.clone(),
            target: installation.toolchain.target.clone(),
            env: installation.toolchain.env.clone(),
        })
    }

    pub(super) async fn metadata(
        &self,
        cancel: &CancellationToken,
    ) -> Result<Ended, ValidationError> {
        self.run(cancel, &["metadata", "--offline", "--format-version", "1"])
            .await
    }

    pub(super) async fn build(&self, cancel: &CancellationToken) -> Result<Ended, ValidationError> {
        self.run(
            cancel,
            &[
                "build",
                "--bins",
                "--release",
                "--offline",
                "--message-format=json",
                "--target",
                &self.target,
            ],
        )
        .await
    }

    pub(super) async fn test(&self, cancel: &CancellationToken) -> Result<Ended, ValidationError> {
        self.run(
            cancel,
            &[
                "test",
                "--no-run",
                "--release",
                "--offline",
                "--message-format=json",
                "--target",
                &self.target,
            ],
        )
        .await
    }

    /// A file that cargo said it made.
    pub(super) async fn read(&self, path: &Path) -> Result<Vec<u8>, ValidationError> {
        let size = tokio::fs::metadata(path)
            .await
            .map_err(ValidationError::machine("reading the module"))?
            .len();
        if size > MODULE_LIMIT {
            return Err(ValidationError::machine("reading the module")(format!(
                "it has {size} bytes"
            )));
        }
        tokio::fs::read(path)
            .await
            .map_err(ValidationError::machine("reading the module"))
    }

    async fn run(
        &self,
        cancel: &CancellationToken,
        arguments: &[&str],
    ) -> Result<Ended, ValidationError> {
        let root = self.folder.path();
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(root.join("package"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", root.join("home"))
            .env("CARGO_HOME", root.join("home"))
            .env("CARGO_TARGET_DIR", root.join("target"))
            .env("CARGO_TERM_COLOR", "never")
            .envs(&self.env)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Its own group, so that the compilers that it starts end with it.
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command
            .spawn()
            .map_err(ValidationError::machine("starting cargo"))?;
        let _group = Group(child.id());
        let stdout = read(child.stdout.take());
        let stderr = read(child.stderr.take());
        let work = async {
            let (stdout, stderr, status) = tokio::join!(stdout, stderr, child.wait());
            status.map(|status| Output {
                success: status.success(),
                stdout,
                stderr,
            })
        };
        tokio::select! {
            () = cancel.cancelled() => Err(ValidationError::Cancelled),
            result = tokio::time::timeout(TIME_LIMIT, work) => match result {
                Ok(output) => Ok(Ended::Done(output.map_err(ValidationError::machine("waiting for cargo"))?)),
                Err(_) => Ok(Ended::TimedOut),
            },
        }
    }
}

/// A process group that ends when this is dropped: also when the build is called off.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let id = self
            .0
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw);
        if let Some(id) = id {
            // It is gone already where all went well.
            let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
        }
    }
}

/// Reads all, keeps the first part.
async fn read(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    if let Some(mut stream) = stream {
        let _ = (&mut stream)
            .take(OUTPUT_LIMIT)
            .read_to_end(&mut kept)
            .await;
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    }
    kept
}

/// The cargo configuration of every tool build.
const CONFIG: &str = include_str!("../../../scripts/allowlist/build-config.toml");

fn lay_out(home: &Path, files: &[crate::SourceFile]) -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new()
        .prefix("wasm-runner-build-")
        .tempdir()?;
    let root = folder.path();
    let package = root.join("package");
    for file in files {
        let path = package.join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, &file.content)?;
    }
    std::fs::copy(home.join("allowlist.lock"), package.join("Cargo.lock"))?;
    std::fs::create_dir_all(root.join("home"))?;
    let vendor = home.join("vendor").display().to_string();
    std::fs::write(
        root.join("home/config.toml"),
        CONFIG.replace("@VENDOR@", &vendor),
    )?;
    // A private copy, times kept: no build can poison the next, and cargo sees it as its own.
    let copied = std::process::Command::new("cp")
        .args([OsStr::new("-a"), OsStr::new("--reflink=auto")])
        .args([
            home.join("warm").as_os_str(),
            root.join("target").as_os_str(),
        ])
        .output()?;
    if !copied.status.success() {
        return Err(std::io::Error::other(
            String::from_utf8_lossy(&copied.stderr).into_owned(),
        ));
    }
    Ok(folder)
}
