//! Starts the process, hears what it says, and makes a finding of its death.

use super::{
    JUDGE, Line, MEASURED, MODULE, PREVIOUS, REFERENCE, REQUEST, Request, Written, WrittenPrevious,
    measured_test,
};
use crate::judge::{Judged, Reached, nothing};
use crate::own_folder::OwnFolder;
use crate::stages::Found;
use crate::validator::journal::{Begun, Journal};
use crate::{Finding, Progress, StageKind, ValidationError};
use isolation::{Ended, Job, Launcher, Program, Resources, Running, SYSTEM_LIBRARIES};
use runtime::CancellationToken;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::time::{Instant, timeout_at};

const MIB: u64 = 1 << 20;
/// Bytes of one line: a stage's report with all its findings.
const LINE_LIMIT: u64 = 64 * MIB;
/// Lines in all; each run of a test or example says at most a few.
const MOST_LINES: usize = 100_000;
/// What a stage may take beyond its own limit: for compiling what it runs, and on a machine
/// that is busy.
const PATIENCE: Duration = Duration::from_mins(1);
/// What the process may use beside the memory of the guests that run at a time: for compiling.
const MEMORY: u64 = 2048 * MIB;
/// Room for the folders of tests and examples.
const SCRATCH: u64 = 256 * MIB;

/// The stages that the process goes through.
const STAGES: [StageKind; 6] = [
    StageKind::Inspect,
    StageKind::Manifest,
    StageKind::Test,
    StageKind::Examples,
    StageKind::Fuzz,
    StageKind::Bench,
];

/// Judges a module in a confined process.
pub(crate) async fn judge(
    launcher: &dyn Launcher,
    request: Request<'_>,
    journal: &mut Journal<'_>,
    cancel: &CancellationToken,
) -> Result<Judged, ValidationError> {
    let folder = tokio::task::spawn_blocking(OwnFolder::make)
        .await
        .map_err(ValidationError::machine(WRITING))?
        .map_err(ValidationError::machine(WRITING))?;
    write(&request, &folder)?;
    let path = folder.path();
    let limits = &request.ceiling.limits;
    let at_a_time = request.options.parallel_runs as u64;
    let mut running = launcher
        .launch(&Job {
            program: Program::Role(JUDGE.to_owned()),
            arguments: vec![path.clone().into()],
            environment: BTreeMap::new(),
            folder: path.clone(),
            reads: SYSTEM_LIBRARIES
                .iter()
                .map(PathBuf::from)
                .chain([path])
                .collect(),
            writes: Vec::new(),
            scratch: SCRATCH,
            // The kernel tells a process by /proc which of its pages a guest has touched.
            sees_processes: true,
            resources: Resources {
                // An engine reserves far more than it uses.
                addresses: None,
                memory: limits
                    .memory
                    .0
                    .saturating_mul(at_a_time)
                    .saturating_add(MEMORY),
                processor_seconds: 3600,
                processes: 64,
                open_files: 1024,
                file_size: 256 * MIB,
                disk: 0,
                files: 0,
            },
        })
        .map_err(ValidationError::machine("starting a confined process"))?;
    let ceiling = request.ceiling;
    let mut hearing = Hearing {
        journal,
        begun: None,
        ended: 0,
        compile: request.options.compile_time.as_duration(),
        a_stage: request
            .options
            .stage_time
            .max(request.options.fuzz_time)
            .as_duration()
            + request.options.mutation_time.as_duration()
            + limits.wall_time.as_duration()
            + PATIENCE,
    };
    let heard = tokio::select! {
        () = cancel.cancelled() => Err(ValidationError::Cancelled),
        heard = hearing.hear(&mut running) => heard,
    };
    running.kill().await;
    folder.close().await?;
    match heard? {
        Heard::Done(judged) => Ok(*judged),
        Heard::Death(death) => {
            hearing.died(&death);
            Ok(Judged {
                manifest: None,
                grant: nothing(ceiling),
                reached: Reached::default(),
                compared: None,
            })
        }
    }
}

const WRITING: &str = "writing what is to be judged";

/// Lays the request out.
fn write(request: &Request<'_>, folder: &OwnFolder) -> Result<(), ValidationError> {
    let written = Written {
        proposal: request.proposal.clone(),
        ceiling: request.ceiling.clone(),
        options: request.options.clone(),
        tests: request.tests.iter().map(|it| it.name.clone()).collect(),
        measured: request.measured.map(|measured| {
            let names = measured.tests.iter().map(|it| it.name.clone());
            (measured.root.clone(), names.collect())
        }),
        reference: request.reference.is_some(),
        budget: request.budget,
        previous: request.previous.map(|previous| WrittenPrevious {
            label: previous.label.clone(),
            version: previous.version.clone(),
            manifest: previous.manifest.clone(),
        }),
    };
    let text = serde_json::to_vec(&written).map_err(ValidationError::machine(WRITING))?;
    let put = |name: &str, content: &[u8]| {
        std::fs::write(folder.path().join(name), content).map_err(ValidationError::machine(WRITING))
    };
    put(REQUEST, &text)?;
    put(MODULE, request.module)?;
    for (number, test) in request.tests.iter().enumerate() {
        put(&format!("{number}.wasm"), &test.module)?;
    }
    if let Some(measured) = request.measured {
        put(MEASURED, &measured.module)?;
        for (number, test) in measured.tests.iter().enumerate() {
            put(&measured_test(number), &test.module)?;
        }
    }
    if let Some(module) = request.reference {
        put(REFERENCE, module)?;
    }
    if let Some(previous) = request.previous {
        put(PREVIOUS, &previous.artifact)?;
    }
    Ok(())
}

/// What came of the process.
enum Heard {
    /// It did its work.
    Done(Box<Judged>),
    /// It did not.
    Death(Death),
}

/// How it ended, or had to be ended, without having done its work.
struct Death {
    /// Last part of the finding's rule.
    rule: &'static str,
    /// Completes "the process …".
    how: String,
}

impl Death {
    fn of(how: impl Into<String>) -> Heard {
        Heard::Death(Self {
            rule: "process-ended",
            how: how.into(),
        })
    }
}

/// What was heard so far.
struct Hearing<'a, 'b> {
    journal: &'a mut Journal<'b>,
    /// The stage that goes on.
    begun: Option<Begun<'b>>,
    /// How many stages have ended.
    ended: usize,
    /// How long the first may take.
    compile: Duration,
    /// How long each other may take.
    a_stage: Duration,
}

impl Hearing<'_, '_> {
    /// Hears the process to its end.
    async fn hear(&mut self, running: &mut Running) -> Result<Heard, ValidationError> {
        let (Some(out), Some(mut err)) = (running.stdout.take(), running.stderr.take()) else {
            return Err(ValidationError::machine(HEARING)("it has no streams"));
        };
        let mut complaint = Vec::new();
        let heard = {
            let complaining = async {
                let _ = (&mut err).take(4096).read_to_end(&mut complaint).await;
                // The rest is dropped, so that it never waits for a reader.
                let _ = tokio::io::copy(&mut err, &mut tokio::io::sink()).await;
            };
            let listening = self.listen(BufReader::new(out));
            let waiting = async { tokio::join!(running.wait(), complaining).0 };
            tokio::pin!(listening, waiting);
            let mut ended = None;
            let heard = loop {
                tokio::select! {
                    heard = &mut listening => break heard?,
                    how = &mut waiting, if ended.is_none() => ended = Some(how),
                }
            };
            match heard {
                Some(heard) => return Ok(heard),
                None => match ended {
                    Some(ended) => ended,
                    None => waiting.await,
                },
            }
        };
        let ended = heard.map_err(ValidationError::machine(HEARING))?;
        let complaint = String::from_utf8_lossy(&complaint);
        match ended {
            // No fault of the proposal's.
            Ended::NotBegun => Err(ValidationError::machine("confining a process")(
                complaint.trim(),
            )),
            ended => {
                tracing::warn!(%ended, %complaint, "a process that judged a module ended early");
                Ok(Death::of(match ended {
                    Ended::Exited(0) => "ended before it had said all".to_owned(),
                    ended => ended.to_string(),
                }))
            }
        }
    }

    /// Hears line by line; none when there are no more, though the work was not done.
    async fn listen(
        &mut self,
        mut out: BufReader<impl AsyncRead + Unpin>,
    ) -> Result<Option<Heard>, ValidationError> {
        let mut until = Instant::now() + self.patience();
        for _ in 0..MOST_LINES {
            let mut line = Vec::new();
            let mut bounded = (&mut out).take(LINE_LIMIT);
            let Ok(read) = timeout_at(until, bounded.read_until(b'\n', &mut line)).await else {
                return Ok(Some(Heard::Death(Death {
                    rule: "timeout",
                    how: format!("took longer than {:?} for this stage", self.patience()),
                })));
            };
            if read.map_err(ValidationError::machine(HEARING))? == 0 {
                return Ok(None);
            }
            match serde_json::from_slice(&line) {
                Ok(Line::Done {
                    manifest,
                    grant,
                    reached,
                    compared,
                }) if self.ended == STAGES.len() => {
                    return Ok(Some(Heard::Done(Box::new(Judged {
                        manifest: manifest.map(|it| *it),
                        grant: *grant,
                        reached,
                        compared: compared.map(|it| *it),
                    }))));
                }
                Ok(Line::Failed { doing, reason }) => {
                    return Err(ValidationError::Machine {
                        doing: doing.into(),
                        reason,
                    });
                }
                Ok(Line::Progress(progress)) if self.understands(&progress) => {
                    let goes_on = matches!(progress, Progress::Step { .. });
                    self.note(progress);
                    if !goes_on {
                        until = Instant::now() + self.patience();
                    }
                }
                // Cut off by its end, which says more.
                Err(_) if line.last() != Some(&b'\n') && (line.len() as u64) < LINE_LIMIT => {
                    return Ok(None);
                }
                _ => return Ok(Some(Death::of("said what can't be understood"))),
            }
        }
        Ok(Some(Death::of("said more than can be heard")))
    }

    /// How long the stage that goes on, or comes next, may take.
    fn patience(&self) -> Duration {
        if self.ended == 0 {
            self.compile
        } else {
            self.a_stage
        }
    }

    /// Whether that is what comes next.
    fn understands(&self, progress: &Progress) -> bool {
        let next = STAGES.get(self.ended);
        match progress {
            Progress::StageStarted { stage } => Some(stage) == next && self.begun.is_none(),
            Progress::Step { stage, .. } => Some(stage) == next && self.begun.is_some(),
            // One that is skipped has not begun.
            Progress::StageFinished { report } => Some(&report.stage) == next,
        }
    }

    fn note(&mut self, progress: Progress) {
        match progress {
            Progress::StageStarted { stage } => self.begun = Some(self.journal.begin(stage)),
            Progress::Step { message, .. } => {
                if let Some(begun) = &self.begun {
                    (begun.step)(message);
                }
            }
            Progress::StageFinished { report } => {
                if let Some(begun) = self.begun.take() {
                    begun.note(report.status, report.findings.len());
                }
                self.ended += 1;
                self.journal.push(report);
            }
        }
    }

    /// Makes a finding of a death, in the stage that it fell into.
    fn died(&mut self, death: &Death) {
        let mut left = STAGES.into_iter().skip(self.ended);
        let Some(stage) = left.next() else {
            return;
        };
        let begun = match self.begun.take() {
            Some(begun) => begun,
            None => self.journal.begin(stage),
        };
        let mut found = Found::default();
        found.add(Finding::error(
            &format!("{}/{}", stage.as_str(), death.rule),
            format!(
                "the confined process in which the module is inspected, compiled and run {}",
                death.how
            ),
            "make the module smaller or simpler: fewer and shorter functions, smaller constants, less memory",
        ));
        self.journal.end(begun, found);
        for stage in left {
            self.journal
                .skip(stage, "the process in which it would have run ended before");
        }
    }
}

const HEARING: &str = "hearing a confined process";
