//! The process itself.

use super::{Line, MEASURED, MODULE, PREVIOUS, REFERENCE, REQUEST, Written, measured_test};
use crate::judge::{Before, Case, Judge};
use crate::validator::journal::Journal;
use crate::{Measured, TestProgram, ValidationError};
use runtime::{CancellationToken, Sandbox, SandboxConfig};
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// The role [`JUDGE`](crate::JUDGE): takes the module that lies in the folder of its only
/// argument through the stages after the build, and says what it finds on standard output.
#[must_use]
pub fn judge(arguments: Vec<OsString>) -> ExitCode {
    let Some(folder) = arguments.into_iter().next() else {
        return ExitCode::FAILURE;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let line = match runtime {
        Ok(runtime) => runtime
            .block_on(work(Path::new(&folder)))
            .unwrap_or_else(|error| failed(&error)),
        Err(error) => failed(&ValidationError::machine("starting threads")(error)),
    };
    say(&line);
    ExitCode::SUCCESS
}

fn failed(error: &ValidationError) -> Line {
    match error {
        ValidationError::Machine { doing, reason } => Line::Failed {
            doing: doing.to_string(),
            reason: reason.clone(),
        },
        other @ ValidationError::Cancelled => Line::Failed {
            doing: "judging".to_owned(),
            reason: other.to_string(),
        },
    }
}

async fn work(folder: &Path) -> Result<Line, ValidationError> {
    let doing = "reading what is to be judged";
    let read =
        |name: &str| std::fs::read(folder.join(name)).map_err(ValidationError::machine(doing));
    let written: Written =
        serde_json::from_slice(&read(REQUEST)?).map_err(ValidationError::machine(doing))?;
    let module = read(MODULE)?;
    let mut tests = Vec::new();
    for (number, name) in written.tests.into_iter().enumerate() {
        let module = read(&format!("{number}.wasm"))?;
        tests.push(TestProgram { name, module });
    }
    let mut measured = None;
    if let Some((root, names)) = written.measured {
        let mut tests = Vec::new();
        for (number, name) in names.into_iter().enumerate() {
            let module = read(&measured_test(number))?;
            tests.push(TestProgram { name, module });
        }
        let module = read(MEASURED)?;
        measured = Some(Measured {
            root,
            module,
            tests,
        });
    }
    let reference = written.reference.then(|| read(REFERENCE)).transpose()?;
    let previous = written.previous.as_ref().map(|_| read(PREVIOUS));
    let previous = previous.transpose()?;
    let mut config = SandboxConfig::default();
    config.max_concurrent_calls = u32::try_from(written.options.parallel_runs).unwrap_or(u32::MAX);
    config.max_memory = config.max_memory.max(written.ceiling.limits.memory);
    let sandbox = Sandbox::new(&config).map_err(ValidationError::machine("making a sandbox"))?;
    let judge = Judge {
        sandbox,
        ceiling: written.ceiling,
        options: written.options,
    };
    let progress = |progress| say(&Line::Progress(progress));
    let mut journal = Journal::new(&progress);
    let cancel = CancellationToken::new();
    let before = written.previous.as_ref().zip(previous.as_deref());
    let case = Case {
        proposal: &written.proposal,
        module: &module,
        tests: &tests,
        measured: measured.as_ref(),
        reference: reference.as_deref(),
        budget: written.budget,
        previous: before.map(|(said, module)| Before {
            label: &said.label,
            version: said.version.as_ref(),
            module,
            manifest: said.manifest.as_ref(),
        }),
    };
    let judged = judge.judge(case, &mut journal, &cancel).await?;
    Ok(Line::Done {
        manifest: judged.manifest.map(Box::new),
        grant: Box::new(judged.grant),
        reached: judged.reached,
        compared: judged.compared.map(Box::new),
    })
}

/// A line at once; when nobody reads any more, there is nobody to tell.
fn say(line: &Line) {
    let Ok(mut text) = serde_json::to_vec(line) else {
        return;
    };
    text.push(b'\n');
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(&text).and_then(|()| out.flush());
}
