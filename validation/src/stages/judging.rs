//! How good the author's tests are: what they and the examples reach, and which small changes of
//! the tool they notice.
//!
//! The tool and its tests were compiled once more for it, without optimisation and with line
//! tables. Each test and example runs once as it is, which shows what it reaches; then small
//! changes are put in force one by one, and those runs that reach a change are run again until one
//! goes otherwise. What no run notices, the tests do not hold the tool to.

mod runs;
mod telling;
mod tried;

use super::fixtures::Fixtures;
use super::{Found, Stage};
use crate::judge::Reached;
use crate::mutation::{self, Change, Numbers, Prepared, Source};
use crate::{
    CaseStatus, Contract, Finding, Manifest, Measured, Place, ProposedTool, ValidationError,
    excerpts,
};
use policies::{Bytes, Limits};
use runs::{Case, Program, Runs};
use runtime::{Sandbox, SandboxConfig};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// What the tests are judged with.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) stage: Stage<'a>,
    pub(crate) proposal: &'a ProposedTool,
    pub(crate) manifest: Option<&'a Manifest>,
    /// The schemas, if both are valid.
    pub(crate) contract: Option<&'a Contract>,
    pub(crate) fixtures: &'a Fixtures,
    /// The tool's.
    pub(crate) limits: Limits,
}

/// A line of one of the sources, by the file's number.
type Line = (u16, u32);

const DOING: &str = "judging the tests";

/// Judges the tests that passed; gives which lines were reached.
pub(crate) async fn judge(
    context: Context<'_>,
    measured: Option<&Measured>,
    found: &mut Found,
) -> Result<Reached, ValidationError> {
    let Some(measured) = measured else {
        found.add(not_judged("it could not be compiled for that"));
        return Ok(Reached::default());
    };
    (context.stage.step)("what the tests reach".to_owned());
    let sources = sources(context.proposal);
    let prepared = match prepare(context, measured, &sources).await? {
        Ok(prepared) => prepared,
        Err(why) => {
            found.add(not_judged(&why));
            return Ok(Reached::default());
        }
    };
    let (programs, numbers) = prepared;
    let code = code(&programs[0], &sources);
    let passed: BTreeSet<&str> = found
        .cases
        .iter()
        .filter(|case| case.status == CaseStatus::Passed)
        .filter_map(|case| match &case.place {
            Place::Test { name } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let mut cases = Vec::new();
    for (number, program) in programs.iter().enumerate().skip(1) {
        let names = program
            .names
            .iter()
            .filter(|it| passed.contains(it.as_str()));
        cases.extend(names.map(|name| Case::test(number, name)));
    }
    let examples = context.manifest.map_or(0, |it| it.examples.len());
    let most = context.stage.options.max_examples;
    cases.extend((0..examples.min(most)).map(|index| {
        let input = context
            .manifest
            .map(|it| it.examples[index].input.to_string());
        Case::example(index, input.unwrap_or_default())
    }));
    let runs = Runs {
        context,
        programs: &programs,
        code: &code,
        sources: &sources,
    };
    // Not within the time for changes: on a busy machine too it is known what is reached.
    let time = context.stage.options.mutation_time.as_duration();
    let reach_until = (Instant::now() + time + TO_REACH).min(context.stage.until);
    let all = runs.reach(&mut cases, reach_until).await?;
    if cases.iter().all(|case| !case.held) {
        found.add(not_judged(if cases.is_empty() {
            "no test passes, and there are no examples"
        } else {
            "none of its tests and examples could be run for that in time"
        }));
        return Ok(Reached::default());
    }
    if !all {
        found.add(not_judged(
            "some of its tests and examples could not be run for that in time",
        ));
    }
    let covered: BTreeSet<Line> = cases
        .iter()
        .flat_map(|case| case.lines.iter().copied())
        .collect();
    figures(found, &code, &covered);
    if all {
        telling::reached(found, &cases, &code, &covered, &sources);
    }
    let changes: Vec<(Change, u32)> = numbers
        .iter()
        .filter(|(change, _)| code.contains(&(change.position.file, change.position.line)))
        .map(|(change, number)| (change.clone(), number))
        .collect();
    (context.stage.step)("which changes the tests notice".to_owned());
    let tried = tried::try_all(&runs, &mut cases, changes, until(context)).await?;
    telling::noticed(found, &tried, &sources);
    Ok(lines(&sources, &code, &covered))
}

/// When all has to be done with.
fn until(context: Context<'_>) -> Instant {
    if context.stage.options.mutants.is_some() {
        return context.stage.until;
    }
    let time = context.stage.options.mutation_time.as_duration();
    (Instant::now() + time).min(context.stage.until)
}

fn not_judged(why: &str) -> Finding {
    Finding::note(
        "test/not-judged",
        format!("how much the tests say was not examined, or not wholly: {why}"),
        "nothing is wrong with the tool; make the tests do less if they take long",
    )
}

fn sources(proposal: &ProposedTool) -> Vec<Source> {
    let files = excerpts::files(proposal);
    let own = files.filter(|(path, _)| {
        std::path::Path::new(path)
            .extension()
            .is_some_and(|extension| extension == "rs")
    });
    own.map(|(path, text)| Source::new(path, text))
        .take(usize::from(u16::MAX))
        .collect()
}

/// Makes the programs ready: the tool first, then those with tests. The outer error is the
/// machine's, the inner one says why it can't be done.
async fn prepare(
    context: Context<'_>,
    measured: &Measured,
    sources: &[Source],
) -> Result<Result<(Vec<Program>, Numbers), String>, ValidationError> {
    let (measured, sources) = (measured.clone(), sources.to_vec());
    let mut limits = context.limits;
    let parallel = context.stage.options.parallel_runs;
    let prepared = tokio::task::spawn_blocking(move || {
        let mut config = SandboxConfig::default();
        config.max_concurrent_calls = u32::try_from(parallel).unwrap_or(u32::MAX).max(1);
        config.max_memory = config.max_memory.max(limits.memory);
        config.second_memory = true;
        let sandbox =
            Sandbox::new(&config).map_err(ValidationError::machine("making a sandbox"))?;
        // Nothing of this module is ever run but here: its size is no matter of the tool's.
        limits.module_size = Bytes::gib(1);
        let mut numbers = Numbers::default();
        let mut programs = Vec::new();
        let all = std::iter::once(&measured.module)
            .chain(measured.tests.iter().map(|program| &program.module));
        for wasm in all {
            // The tool first: what its tests have beside its lines is the tests.
            let only = programs.first().map(|tool| code(tool, &sources));
            let root = &measured.root;
            let made = mutation::prepare(wasm, root, &sources, only.as_ref(), &mut numbers);
            let Prepared {
                wasm,
                blocks,
                marks,
            } = match made {
                Ok(prepared) => prepared,
                Err(why) => return Ok(Err(why.to_string())),
            };
            match sandbox.load(&wasm, &limits) {
                Ok(tool) => programs.push(Program {
                    tool,
                    blocks,
                    marks,
                    names: Vec::new(),
                }),
                Err(error) => return Ok(Err(error.to_string())),
            }
        }
        Ok(Ok((programs, numbers)))
    });
    let prepared: Result<_, ValidationError> =
        prepared.await.map_err(ValidationError::machine(DOING))?;
    context.stage.go_on()?;
    let (mut programs, numbers) = match prepared? {
        Ok(prepared) => prepared,
        Err(why) => return Ok(Err(why)),
    };
    for program in programs.iter_mut().skip(1) {
        program.names = runs::names(context, program).await?;
    }
    Ok(Ok((programs, numbers)))
}

/// The lines with code that the tool has: what its tests have beside that are the tests.
fn code(tool: &Program, sources: &[Source]) -> BTreeSet<Line> {
    let blocks = tool.blocks.iter().filter(|block| !block.panics);
    let places = blocks.flat_map(|block| block.places.iter().copied());
    let by_author = |(file, line): &Line| {
        let source = sources.get(usize::from(*file));
        source.is_some_and(|source| !source.is_by_macro(*line) && source.line(*line).is_some())
    };
    places.filter(by_author).collect()
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn ratio(part: usize, whole: usize) -> f64 {
    let share = part as f64 / (whole.max(1)) as f64;
    (share * 1000.0).round() / 1000.0
}

fn figures(found: &mut Found, code: &BTreeSet<Line>, covered: &BTreeSet<Line>) {
    found.count("code_lines_count", code.len() as u64);
    found.count("covered_lines_count", covered.len() as u64);
    let ratio = ratio(covered.len(), code.len());
    found.metrics.insert("coverage_ratio".to_owned(), ratio);
}

fn lines(sources: &[Source], code: &BTreeSet<Line>, covered: &BTreeSet<Line>) -> Reached {
    let mut reached: BTreeMap<String, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
    for line in code {
        let Some(source) = sources.get(usize::from(line.0)) else {
            continue;
        };
        let (hit, missed) = reached.entry(source.path().to_owned()).or_default();
        if covered.contains(line) {
            hit.push(line.1);
        } else {
            missed.push(line.1);
        }
    }
    reached
}

/// Time for seeing what all tests and examples reach, beside that for changes.
const TO_REACH: Duration = Duration::from_secs(10);
/// The longest that one run of a changed tool may take.
const A_RUN: Duration = Duration::from_secs(5);

#[cfg(test)]
mod unit;
