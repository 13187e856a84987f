//! Starts jobs.

use crate::inside::{CONFINE, Plan, User};
use crate::probe::{self, Holds};
use crate::{Ended, Job, Resources, watch};
use rustix::process::{Pid, Signal};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// How often it is looked at what a job holds on disk.
const LOOK: Duration = Duration::from_millis(500);

/// Starts jobs: as a child process here, or elsewhere.
pub trait Launcher: Send + Sync {
    /// Starts a job; it goes on until it ends or its [`Running`] is dropped.
    ///
    /// # Errors
    /// When the process could not be started. That the ring could not be made is how it
    /// [ended](Ended::NotBegun).
    fn launch(&self, job: &Job) -> Result<Running, LaunchError>;

    /// What confines the jobs.
    fn holds(&self) -> &Holds;
}

/// How much confinement is demanded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// All of it; nothing is started with less.
    #[default]
    Require,
    /// What the machine gives.
    BestEffort,
}

/// Why a job could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// The machine gives less than is demanded.
    #[error(
        "this machine does not confine what is not yet accepted as `isolation = \"require\"` demands: {lacking}; `wasm-runner doctor` says what each part needs, `--isolation best-effort` goes on with less"
    )]
    Lacking {
        /// The parts, in words.
        lacking: String,
    },
    /// A process could not be started.
    #[error("a confined process could not be started: {0}")]
    Start(#[from] io::Error),
}

/// Starts jobs as child processes of this one.
#[derive(Clone, Debug)]
pub struct LocalLauncher {
    /// The program that confines itself: see [`enter_if_asked`](crate::enter_if_asked).
    program: PathBuf,
    namespaces: bool,
    holds: Holds,
}

impl LocalLauncher {
    /// Tries what this machine gives, and starts jobs so. `program` is one whose `main` begins
    /// with [`enter_if_asked`](crate::enter_if_asked), most often this very program.
    ///
    /// # Errors
    /// When it is less than is demanded, or the program can't be started.
    pub async fn new(program: &Path, isolation: Isolation) -> Result<Self, LaunchError> {
        let program = program.canonicalize()?;
        let mut launcher = Self {
            program,
            namespaces: true,
            holds: Holds::default(),
        };
        launcher.holds = probe::run(&launcher).await?;
        if let Some(failure) = launcher.holds.failure.take() {
            // Namespaces are had together or not at all; the rest may still hold.
            launcher.namespaces = false;
            launcher.holds = probe::run(&launcher).await?;
            launcher.holds.failure.get_or_insert(failure);
        }
        let lacking = launcher.holds.lacking();
        if !lacking.is_empty() {
            let lacking = lacking.join("; ");
            if isolation == Isolation::Require {
                return Err(LaunchError::Lacking { lacking });
            }
            tracing::warn!(%lacking, "proposals are confined by less than there could be");
        }
        Ok(launcher)
    }
}

impl Launcher for LocalLauncher {
    fn launch(&self, job: &Job) -> Result<Running, LaunchError> {
        let mut job = job.clone();
        let mut scratch = None;
        if job.scratch > 0 {
            let folder = if self.namespaces {
                PathBuf::from("/tmp")
            } else {
                // Nothing to mount one in: a folder of the machine's.
                let folder = tempfile::Builder::new()
                    .prefix("wasm-runner-job-")
                    .tempdir()?;
                let path = folder.path().canonicalize()?;
                job.writes.push(path.clone());
                scratch = Some(folder);
                path
            };
            let folder = folder.to_string_lossy().into_owned();
            job.environment.insert("TMPDIR".into(), folder);
        }
        let plan = Plan {
            namespaces: self.namespaces,
            user: User::Root,
            program: self.program.clone(),
            job,
        };
        let text = serde_json::to_string(&plan).map_err(io::Error::other)?;
        let mut child = Command::new(&self.program)
            .arg(CONFINE)
            .arg(text)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Its own group, so that all of it can be ended at once.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Ok(Running {
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            group: Group(id.and_then(Pid::from_raw)),
            lifeline: child.stdin.take(),
            child,
            // Where the kernel sees to it, nobody has to look.
            writes: if self.holds.limits_disk() {
                Vec::new()
            } else {
                plan.job.writes
            },
            resources: plan.job.resources,
            _scratch: scratch,
        })
    }

    fn holds(&self) -> &Holds {
        &self.holds
    }
}

/// A job that has been started. It ends when this is dropped, and when this process ends,
/// however that happens.
#[derive(Debug)]
pub struct Running {
    /// What it writes on its standard output.
    pub stdout: Option<ChildStdout>,
    /// What it writes on its standard error.
    pub stderr: Option<ChildStderr>,
    group: Group,
    /// The confined process ends itself and all of the job when the other end of its standard
    /// input is closed.
    lifeline: Option<ChildStdin>,
    child: Child,
    /// What has to be looked at.
    writes: Vec<PathBuf>,
    resources: Resources,
    _scratch: Option<tempfile::TempDir>,
}

impl Running {
    /// Waits for its end. Its output has to be read meanwhile, or it waits for that.
    ///
    /// # Errors
    /// When the system can't tell.
    pub async fn wait(&mut self) -> io::Result<Ended> {
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                status = self.child.wait() => {
                    self.group.has_ended();
                    return status.map(|status| Ended::of(status, &self.resources));
                }
                _ = look.tick(), if !self.writes.is_empty() => {
                    let (folders, most) = (self.writes.clone(), self.resources);
                    let full = tokio::task::spawn_blocking(move || {
                        watch::is_full(&folders, most.disk, most.files)
                    });
                    if full.await.unwrap_or(false) {
                        self.kill().await;
                        return Ok(Ended::disk_full(&self.resources));
                    }
                }
            }
        }
    }

    /// Ends it, and waits until all of it has ended.
    pub async fn kill(&mut self) {
        self.group.kill();
        self.lifeline = None;
        // It was killed: this is soon.
        let _ = self.child.wait().await;
    }
}

/// A process group: it ends when this is dropped.
#[derive(Debug)]
struct Group(Option<Pid>);

impl Group {
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
