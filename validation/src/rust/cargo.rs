//! cargo, in a folder of its own and with an environment of its own.

use super::folder::Folder;
use super::layout::Package;
use super::lints;
use super::messages::Places;
use crate::builder::{BuildContext, MODULE_LIMIT};
use crate::{ValidationError, beneath};
use isolation::{
    Ended as JobEnded, Job, Launcher, Program, Resources, SYSTEM_LIBRARIES, SYSTEM_PROGRAMS,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::sync::CancellationToken;

/// What is kept of either stream of cargo's, in bytes.
const OUTPUT_LIMIT: u64 = 16 * 1024 * 1024;
/// A list of the files that went into a crate is not longer than this: 1 MiB.
const LIST_LIMIT: u64 = 1024 * 1024;
/// What cargo and each compiler that it starts may use. The largest allowed crate takes a tenth
/// of the memory. What a build writes is memory too until its end: a tool of some thousand lines
/// writes 10 MiB, and what is compiled ahead is not written again.
const RESOURCES: Resources = Resources {
    addresses: Some(4 << 30),
    memory: 4 << 30,
    processor_seconds: 600,
    processes: 256,
    open_files: 1024,
    file_size: 1 << 30,
    disk: 512 << 20,
    files: 65_536,
};

/// What cargo said.
pub(super) struct Output {
    pub(super) success: bool,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    /// Nothing was left out of `stdout`.
    pub(super) is_whole: bool,
}

impl Output {
    /// Whether it failed because it could not write: compilers remove what did not fit, so that
    /// there is room again when they have ended. The words are those of Linux for ENOSPC.
    fn says_disk_is_full(&self) -> bool {
        const WORDS: &[u8] = b"No space left on device";
        let said = |stream: &[u8]| stream.windows(WORDS.len()).any(|window| window == WORDS);
        !self.success && (said(&self.stdout) || said(&self.stderr))
    }

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
    /// It was ended, or could not be confined; in words that complete "the process …".
    Killed(String),
    TimedOut,
}

/// A package laid out, and what is needed to call cargo there.
pub(super) struct Cargo<'a> {
    launcher: &'a dyn Launcher,
    folder: Folder,
    program: PathBuf,
    target: String,
    env: BTreeMap<String, String>,
    /// What the compiler needs of the machine.
    reads: Vec<PathBuf>,
    vendor: PathBuf,
    /// clippy's driver, if there is one.
    clippy: Option<PathBuf>,
    toolchain: Vec<PathBuf>,
    time_limit: Duration,
}

impl<'a> Cargo<'a> {
    pub(super) async fn prepare(
        context: &BuildContext<'a>,
        package: Package,
    ) -> Result<Self, ValidationError> {
        let installation = context.installation;
        let home = installation.home.clone();
        let made = tokio::task::spawn_blocking(move || Folder::lay_out(&home, &package)).await;
        let folder = made
            .map_err(ValidationError::machine("laying the package out"))?
            .map_err(ValidationError::machine("laying the package out"))?;
        let system = SYSTEM_LIBRARIES.iter().chain(SYSTEM_PROGRAMS);
        let mut reads: Vec<PathBuf> = system.map(PathBuf::from).collect();
        reads.extend(installation.toolchain.folders());
        reads.push(installation.home.join("vendor"));
        Ok(Self {
            launcher: context.launcher,
            reads,
            folder,
            program: installation.toolchain.cargo.clone(),
            target: installation.toolchain.target.clone(),
            env: installation.toolchain.env.clone(),
            vendor: installation.home.join("vendor"),
            clippy: installation.toolchain.clippy(lints::DRIVER),
            toolchain: installation.toolchain.folders(),
            time_limit: context.time_limit,
        })
    }

    pub(super) fn places(&self) -> Places {
        Places {
            package: self.folder.package(),
            root: self.folder.root(),
            vendor: self.vendor.clone(),
            toolchain: self.toolchain.clone(),
        }
    }

    pub(super) async fn metadata(
        &self,
        cancel: &CancellationToken,
    ) -> Result<Ended, ValidationError> {
        self.run(cancel, &["metadata", "--format-version", "1"], &[])
            .await
    }

    pub(super) async fn build(&self, cancel: &CancellationToken) -> Result<Ended, ValidationError> {
        self.compile(cancel, &["build", "--bins"], &[]).await
    }

    /// What clippy reads beside the package: ours.
    pub(super) fn lint_config(&self) -> PathBuf {
        self.folder.home().join(lints::CONFIG_FILE)
    }

    /// Whether clippy looks on while the tests are compiled.
    pub(super) fn lints(&self) -> bool {
        self.clippy.is_some()
    }

    pub(super) async fn test(&self, cancel: &CancellationToken) -> Result<Ended, ValidationError> {
        let mut environment = Vec::new();
        if let Some(driver) = &self.clippy {
            let folder = self.folder.home();
            std::fs::write(folder.join(lints::CONFIG_FILE), lints::CONFIG)
                .map_err(ValidationError::machine("writing clippy's file"))?;
            let [driver, folder] = [driver, &folder].map(|path| path.to_string_lossy());
            environment.extend(lints::environment(&driver, &folder));
        }
        self.compile(cancel, &["test", "--no-run"], &environment)
            .await
    }

    /// Compiles the package of that name and its tests once more, without optimisation and with
    /// line tables; all that it depends on stays as it is. Overflow is not checked: each sum
    /// would have a comparison that nobody wrote.
    pub(super) async fn measured(
        &self,
        package: &str,
        cancel: &CancellationToken,
    ) -> Result<Ended, ValidationError> {
        let settings = [
            "opt-level=0",
            "debug=\"line-tables-only\"",
            "strip=\"none\"",
            "overflow-checks=false",
            "codegen-units=16",
        ];
        let settings = settings.map(|it| format!("profile.release.package.\"{package}\".{it}"));
        let mut what = vec!["build", "--bins", "--tests"];
        for setting in &settings {
            what.extend(["--config", setting]);
        }
        self.compile(cancel, &what, &[]).await
    }

    async fn compile(
        &self,
        cancel: &CancellationToken,
        what: &[&str],
        environment: &[(String, String)],
    ) -> Result<Ended, ValidationError> {
        let how = [
            "--release",
            "--message-format=json",
            "--target",
            &self.target,
        ];
        self.run(cancel, &[what, &how].concat(), environment).await
    }

    /// A module that cargo said it made; none when that is no file of the build's, or larger
    /// than any.
    pub(super) async fn module(&self, path: &Path) -> Result<Option<Vec<u8>>, ValidationError> {
        self.made(path, MODULE_LIMIT, "reading the module").await
    }

    /// A list that the compiler wrote.
    pub(super) async fn list(&self, path: &Path) -> Result<Option<Vec<u8>>, ValidationError> {
        let doing = "reading what the compiler read";
        self.made(path, LIST_LIMIT, doing).await
    }

    async fn made(
        &self,
        path: &Path,
        most: u64,
        doing: &'static str,
    ) -> Result<Option<Vec<u8>>, ValidationError> {
        let (root, path) = (self.folder.root(), path.to_owned());
        tokio::task::spawn_blocking(move || beneath::read(&root, &path, most))
            .await
            .map_err(ValidationError::machine(doing))?
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
        further: &[(String, String)],
    ) -> Result<Ended, ValidationError> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let mut environment = self.env.clone();
        environment.extend([
            ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
            ("HOME".to_owned(), text(self.folder.home())),
            ("CARGO_HOME".to_owned(), text(self.folder.home())),
            ("CARGO_TARGET_DIR".to_owned(), text(self.folder.target())),
            // What compilers and linkers leave lying goes with the folder.
            ("TMPDIR".to_owned(), text(self.folder.home())),
            ("CARGO_TERM_COLOR".to_owned(), "never".to_owned()),
        ]);
        environment.extend(further.iter().cloned());
        let arguments = arguments.iter().chain(&["--offline"]);
        let job = Job {
            program: Program::Path(self.program.clone()),
            arguments: arguments.map(Into::into).collect(),
            environment,
            folder: self.folder.package(),
            reads: self.reads.clone(),
            writes: vec![self.folder.root()],
            scratch: 0,
            sees_processes: false,
            resources: RESOURCES,
        };
        let mut running = self
            .launcher
            .launch(&job)
            .map_err(ValidationError::machine("starting cargo"))?;
        let stdout = read(running.stdout.take());
        let stderr = read(running.stderr.take());
        let ended = tokio::select! {
            () = cancel.cancelled() => None,
            result = tokio::time::timeout(
                self.time_limit,
                async { tokio::join!(stdout, stderr, running.wait()) },
            ) => Some(result),
        };
        let Some(result) = ended else {
            running.kill().await;
            return Err(ValidationError::Cancelled);
        };
        let Ok((stdout, stderr, ended)) = result else {
            running.kill().await;
            return Ok(Ended::TimedOut);
        };
        let ended = ended.map_err(ValidationError::machine("waiting for cargo"))?;
        let output = Output {
            success: ended.well(),
            is_whole: stdout.1,
            stdout: stdout.0,
            stderr: stderr.0,
        };
        match ended {
            JobEnded::Exited(_) if output.says_disk_is_full() => {
                let (bytes, files) = (RESOURCES.disk, RESOURCES.files);
                Ok(Ended::Killed(
                    JobEnded::DiskFull { bytes, files }.to_string(),
                ))
            }
            JobEnded::Exited(_) => Ok(Ended::Done(output)),
            // No fault of the proposal's.
            JobEnded::NotBegun => Err(ValidationError::machine("confining cargo")(output.tail())),
            ended => Ok(Ended::Killed(ended.to_string())),
        }
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
