//! cargo, in a folder of its own and with an environment of its own.

use super::folder::Folder;
use super::layout::Package;
use super::messages::Places;
use crate::ValidationError;
use crate::builder::BuildContext;
use rustix::process::{Pid, Resource, Rlimit, Signal};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// What is kept of either stream of cargo's, in bytes.
const OUTPUT_LIMIT: u64 = 16 * 1024 * 1024;
/// A module larger than this is not even read: 256 MiB.
const MODULE_LIMIT: u64 = 256 * 1024 * 1024;
/// What cargo and each compiler that it starts may have, in the units of setrlimit.
const RESOURCES: [(Resource, u64); 4] = [
    // Addresses, so memory: 4 GiB. The largest allowed crate takes a tenth.
    (Resource::As, 4 << 30),
    // One file: 1 GiB.
    (Resource::Fsize, 1 << 30),
    // A crash leaves no image behind.
    (Resource::Core, 0),
    // Files open at once.
    (Resource::Nofile, 1024),
];

/// What cargo said.
pub(super) struct Output {
    pub(super) success: bool,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    /// Nothing was left out of `stdout`.
    pub(super) is_whole: bool,
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

/// A package laid out, and what is needed to call cargo there.
pub(super) struct Cargo {
    folder: Folder,
    program: PathBuf,
    target: String,
    env: BTreeMap<String, String>,
    vendor: PathBuf,
    time_limit: Duration,
}

impl Cargo {
    pub(super) async fn prepare(
        context: &BuildContext<'_>,
        package: Package,
    ) -> Result<Self, ValidationError> {
        let installation = context.installation;
        let home = installation.home.clone();
        let made = tokio::task::spawn_blocking(move || Folder::lay_out(&home, &package)).await;
        let folder = made
            .map_err(ValidationError::machine("laying the package out"))?
            .map_err(ValidationError::machine("laying the package out"))?;
        Ok(Self {
            folder,
            program: installation.toolchain.cargo.clone(),
            target: installation.toolchain.target.clone(),
            env: installation.toolchain.env.clone(),
            vendor: installation.home.join("vendor"),
            time_limit: context.time_limit,
        })
    }

    pub(super) fn places(&self) -> Places {
        Places {
            package: self.folder.package(),
            root: self.folder.root().to_owned(),
            vendor: self.vendor.clone(),
        }
    }

    pub(super) async fn metadata(
        &self,
        cancel: &CancellationToken,
    ) -> Result<Ended, ValidationError> {
        self.run(cancel, &["metadata", "--format-version", "1"])
            .await
    }

    pub(super) async fn build(&self, cancel: &CancellationToken) -> Result<Ended, ValidationError> {
        self.compile(cancel, &["build", "--bins"]).await
    }

    pub(super) async fn test(&self, cancel: &CancellationToken) -> Result<Ended, ValidationError> {
        self.compile(cancel, &["test", "--no-run"]).await
    }

    async fn compile(
        &self,
        cancel: &CancellationToken,
        what: &[&str],
    ) -> Result<Ended, ValidationError> {
        let how = [
            "--release",
            "--message-format=json",
            "--target",
            &self.target,
        ];
        self.run(cancel, &[what, &how].concat()).await
    }

    /// A module that cargo said it made.
    pub(super) async fn module(&self, path: &Path) -> Result<Vec<u8>, ValidationError> {
        let doing = "reading the module";
        let size = tokio::fs::metadata(path)
            .await
            .map_err(ValidationError::machine(doing))?
            .len();
        if size > MODULE_LIMIT {
            return Err(ValidationError::machine(doing)(format!(
                "it has {size} bytes"
            )));
        }
        tokio::fs::read(path)
            .await
            .map_err(ValidationError::machine(doing))
    }

    /// Removes the folder.
    pub(super) async fn close(self) -> Result<(), ValidationError> {
        self.folder.close().await
    }

    async fn run(
        &self,
        cancel: &CancellationToken,
        arguments: &[&str],
    ) -> Result<Ended, ValidationError> {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .arg("--offline")
            .current_dir(self.folder.package())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.folder.home())
            .env("CARGO_HOME", self.folder.home())
            .env("CARGO_TARGET_DIR", self.folder.target())
            // What compilers and linkers leave lying goes with the folder.
            .env("TMPDIR", self.folder.home())
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
        let mut group = Group::of(&child);
        group.limit();
        let stdout = read(child.stdout.take());
        let stderr = read(child.stderr.take());
        let work = async {
            let (stdout, stderr, status) = tokio::join!(stdout, stderr, child.wait());
            status.map(|status| Output {
                success: status.success(),
                is_whole: stdout.1,
                stdout: stdout.0,
                stderr: stderr.0,
            })
        };
        let ended = tokio::select! {
            () = cancel.cancelled() => Err(ValidationError::Cancelled),
            result = tokio::time::timeout(self.time_limit, work) => match result {
                Ok(output) => {
                    group.has_ended();
                    Ok(Ended::Done(output.map_err(ValidationError::machine("waiting for cargo"))?))
                }
                Err(_) => Ok(Ended::TimedOut),
            },
        };
        if !matches!(ended, Ok(Ended::Done(_))) {
            group.kill();
            // It was killed: this is soon.
            let _ = child.wait().await;
        }
        ended
    }
}

/// cargo's process group: it ends when this is dropped, also when nobody waits any longer.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }

    /// Limits cargo, and with it all that it will start: it has not read its own arguments yet.
    fn limit(&self) {
        // None would be this process itself.
        let Some(id) = self.0 else {
            return;
        };
        for (resource, most) in RESOURCES {
            let limit = Rlimit {
                current: Some(most),
                maximum: Some(most),
            };
            // Refused where the limit is tighter already, which is as good.
            if let Err(error) = rustix::process::prlimit(Some(id), resource, limit) {
                tracing::debug!(?resource, %error, "the limit of a build was not set");
            }
        }
    }

    /// All has ended by itself: its number may be another's soon.
    fn has_ended(&mut self) {
        self.0 = None;
    }

    fn kill(&mut self) {
        if let Some(id) = self.0.take() {
            // Gone already is as good.
            let _ = rustix::process::kill_process_group(id, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Reads all, keeps the first part; says whether that is all.
async fn read(stream: Option<impl AsyncRead + Unpin>) -> (Vec<u8>, bool) {
    let mut kept = Vec::new();
    let Some(mut stream) = stream else {
        return (kept, true);
    };
    let _ = (&mut stream)
        .take(OUTPUT_LIMIT)
        .read_to_end(&mut kept)
        .await;
    let rest = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    (kept, matches!(rest, Ok(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_kept_of_a_stream_ends_at_the_limit() {
        let limit = usize::try_from(OUTPUT_LIMIT).expect("it fits");
        for (length, is_whole) in [(0, true), (limit, true), (limit + 1, false)] {
            let bytes = vec![b'x'; length];
            let (kept, whole) = read(Some(bytes.as_slice())).await;
            assert_eq!((kept.len(), whole), (length.min(limit), is_whole));
        }
    }
}
