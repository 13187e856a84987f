//! The author's tests, each in an instance of its own.
//!
//! A panic ends the whole program on this target, so a test program is asked for its tests and
//! then started once for each. A test counts as passed only where the program's own summary
//! says so: an exit code of 0 alone may mean that the test left the program, or was not run.

mod flaky;
mod summary;

use super::fixtures::{Bound, Fixtures};
use super::telling::{denied, ending, exceeded, own_function, panic, reproducer, succeeded, tail};
use super::{Found, Most, Stage, telling};
use crate::{CaseReport, CaseStatus, Finding, Place, ProposedTool, TestProgram, ValidationError};
use policies::{Bytes, Policy};
use runtime::{Call, Execution, Probe, Sandbox, Tool};
use std::collections::{BTreeMap, VecDeque};
use summary::Summary;
use tokio::task::JoinSet;

/// What the tests run with.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) stage: Stage<'a>,
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) proposal: &'a ProposedTool,
    pub(crate) fixtures: &'a Fixtures,
    pub(crate) grant: &'a Policy,
}

/// Lists the tests of each program and runs them, a few at a time.
pub(crate) async fn run(
    context: Context<'_>,
    programs: &[TestProgram],
) -> Result<Found, ValidationError> {
    let mut found = Found::default();
    let mut count = Count::default();
    for program in programs {
        if let Some(tests) = listed(context, program, &mut found).await? {
            all(context, &tests, &mut found, &mut count).await?;
        }
    }
    found.count("tests_count", count.passed + count.failed);
    found.count("passed_count", count.passed);
    found.count("failed_count", count.failed);
    found.count("ignored_count", count.ignored);
    count.most.count(&mut found);
    if count.ignored > 0 {
        found.add(Finding::note(
            "test/ignored",
            format!(
                "{} tests do not run here: those with #[ignore], and those with #[should_panic], which a target without unwinding can't run",
                count.ignored
            ),
            "return errors instead of panicking, and test for them",
        ));
    }
    let none = count.passed + count.failed == 0;
    if none && found.findings.iter().all(|it| it.rule == "test/ignored") {
        found.add(Finding::warning(
            "test/none",
            "there are no tests",
            "add #[test] functions: usual inputs, edges, and what must be refused",
        ));
    }
    Ok(found)
}

/// Whether the stage ran at least one test that passed.
pub(crate) fn passed_any(found: &Found) -> bool {
    let passed = found.metrics.get("passed_count");
    passed.is_some_and(|passed| *passed > 0.0)
}

#[derive(Default)]
struct Count {
    passed: u64,
    failed: u64,
    ignored: u64,
    most: Most,
}

/// A test program, and the tests of it that are to run.
struct Tests {
    tool: Tool,
    names: Vec<String>,
    ignored: Vec<String>,
}

/// Loads a program and asks it for its tests; `None` where a finding says why it has none.
async fn listed(
    context: Context<'_>,
    program: &TestProgram,
    found: &mut Found,
) -> Result<Option<Tests>, ValidationError> {
    let tool = match load(context, program).await? {
        Ok(tool) => tool,
        Err(message) => {
            found.add(Finding::error(
                "test/list-failed",
                format!(
                    "the test program `{}` can't be loaded: {message}",
                    program.name
                ),
                "mend what is named; tests run as a WASI module too",
            ));
            return Ok(None);
        }
    };
    let mut lists = Vec::new();
    for more in [&[][..], &["--ignored"]] {
        match list(context, &tool, more).await? {
            Ok(names) => lists.push(names),
            Err(finding) => {
                found.add(finding);
                return Ok(None);
            }
        }
    }
    let ignored = lists.pop().unwrap_or_default();
    let mut names = lists.pop().unwrap_or_default();
    names.retain(|name| !ignored.contains(name));
    let most = context.stage.options.max_tests;
    if names.len() > most {
        found.add(Finding::error(
            "test/too-many",
            format!(
                "there are {} tests, and at most {most} are run",
                names.len()
            ),
            "test many cases in one #[test] function, as rows of a table",
        ));
        names.truncate(most);
    }
    Ok(Some(Tests {
        tool,
        names,
        ignored,
    }))
}

async fn load(
    context: Context<'_>,
    program: &TestProgram,
) -> Result<Result<Tool, String>, ValidationError> {
    let sandbox = context.sandbox.clone();
    let module = program.module.clone();
    let mut limits = context.grant.limits;
    // The test harness comes on top of the tool: its size is not the tool's.
    limits.module_size = Bytes(limits.module_size.0.saturating_mul(4));
    let loaded = tokio::task::spawn_blocking(move || {
        sandbox
            .load(&module, &limits)
            .map_err(|error| error.to_string())
    })
    .await
    .map_err(ValidationError::machine("compiling the tests"))?;
    context.stage.go_on()?;
    Ok(loaded)
}

async fn list(
    context: Context<'_>,
    tool: &Tool,
    more: &[&str],
) -> Result<Result<Vec<String>, Finding>, ValidationError> {
    let mut args = vec!["--list", "--format", "terse"];
    args.extend(more);
    let policy = Policy {
        limits: context.grant.limits,
        ..Policy::default()
    };
    let call = Call::new(policy.clone()).with_args(args.iter().copied());
    let execution = context.stage.run(tool, call).await?;
    if !succeeded(&execution) {
        let said = tail(&String::from_utf8_lossy(&execution.stderr.bytes), 5);
        let message = format!(
            "the program does not list its tests: it {}\n{said}",
            ending(&execution)
        );
        let remedy = "use Rust's own #[test], without a harness of your own";
        let again = reproducer(&args, "", &policy);
        return Ok(Err(
            Finding::error("test/list-failed", message, remedy).again(again)
        ));
    }
    let text = String::from_utf8_lossy(&execution.output);
    let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
    Ok(Ok(names.map(str::to_owned).collect()))
}

/// Runs the tests of one program; findings come in the order of the tests.
async fn all(
    context: Context<'_>,
    tests: &Tests,
    found: &mut Found,
    count: &mut Count,
) -> Result<(), ValidationError> {
    count.ignored += tests.ignored.len() as u64;
    let mut waiting: VecDeque<(usize, &String)> = tests.names.iter().enumerate().collect();
    // Dropped on the way out, which ends what still runs.
    let mut running = JoinSet::new();
    let mut findings = BTreeMap::new();
    let mut cases = BTreeMap::new();
    let mut passed = Vec::new();
    loop {
        while running.len() < context.stage.options.parallel_runs.max(1)
            && context.stage.has_time()
            && let Some((index, name)) = waiting.pop_front()
        {
            (context.stage.step)(name.clone());
            let bound = context.fixtures.bind().await?;
            let call = Call::new(bound.policy.clone())
                .with_args(arguments(name))
                .with_cancel(context.stage.cancel.clone());
            running.spawn(once(tests.tool.clone(), index, call, bound));
        }
        let Some(ended) = running.join_next().await else {
            break;
        };
        let (index, execution, left, bound) =
            ended.map_err(ValidationError::machine("running tests"))?;
        context.stage.go_on()?;
        count.most.look(&execution, 0);
        let test = Test {
            name: &tests.names[index],
            execution: &execution,
            left,
            bound: &bound,
        };
        let judged = test.judge(context.proposal);
        let status = judged.status();
        cases.insert(index, test.case(status));
        match judged {
            Judged::Passed(note) => {
                passed.push(index);
                count.passed += 1;
                findings.extend(note.map(|note| (index, note)));
            }
            Judged::Ignored => count.ignored += 1,
            Judged::Failed(finding) => {
                count.failed += 1;
                findings.insert(index, finding);
            }
        }
    }
    found.findings.extend(findings.into_values());
    found.cases.extend(cases.into_values());
    let most = context.stage.options.max_tests;
    let ignored = tests.ignored.iter().take(most);
    found.cases.extend(ignored.map(|name| {
        let place = Place::Test { name: name.clone() };
        telling::case(name, place, CaseStatus::Ignored, None)
    }));
    if context.stage.options.judges_tests() {
        passed.sort_unstable();
        flaky::look(context, tests, &passed, found).await?;
    }
    if !waiting.is_empty() {
        found.add(Finding::error(
            "test/stage-time",
            format!(
                "{} tests were not run: all together took longer than {}",
                waiting.len(),
                context.stage.options.stage_time
            ),
            "make the tests do less; each runs in an instance of its own and should take milliseconds",
        ));
    }
    Ok(())
}

/// One run of a test; also tells whether it ended the program itself.
async fn once(
    tool: Tool,
    index: usize,
    call: Call,
    bound: Bound,
) -> (usize, Execution, bool, Bound) {
    let mut probe = Probe::default();
    let execution = tool.probe(call, &mut probe).await;
    (index, execution, probe.left, bound)
}

/// Whether a run of a test passed: it went well, the harness says so, and it was the harness that
/// came to the end. A test that ends the program can have printed what it likes before.
pub(crate) fn has_passed(execution: &Execution, left: bool) -> bool {
    let said = || Summary::read(&execution.output);
    !left && succeeded(execution) && said().is_some_and(|summary| summary.passed > 0)
}

pub(crate) fn arguments(name: &str) -> [&str; 4] {
    // Uncaptured, for a panic's message is lost with the program otherwise.
    ["--exact", name, "--nocapture", "--test-threads=1"]
}

/// A test that was run.
struct Test<'a> {
    name: &'a str,
    execution: &'a Execution,
    /// It ended the program by itself.
    left: bool,
    bound: &'a Bound,
}

enum Judged {
    /// With what it tried and was denied, if it did.
    Passed(Option<Finding>),
    Ignored,
    Failed(Finding),
}

impl Judged {
    fn status(&self) -> CaseStatus {
        match self {
            Self::Passed(_) => CaseStatus::Passed,
            Self::Ignored => CaseStatus::Ignored,
            Self::Failed(_) => CaseStatus::Failed,
        }
    }
}

impl Test<'_> {
    fn case(&self, status: CaseStatus) -> CaseReport {
        let name = self.name.to_owned();
        telling::case(
            self.name,
            Place::Test { name },
            status,
            Some(self.execution),
        )
    }

    fn judge(&self, proposal: &ProposedTool) -> Judged {
        match self.look(proposal) {
            Judged::Failed(finding) => {
                Judged::Failed(finding.traced(telling::frames(&self.execution.backtrace, proposal)))
            }
            other => other,
        }
    }

    fn look(&self, proposal: &ProposedTool) -> Judged {
        let name = self.name;
        let tried = denied(self.execution);
        if succeeded(self.execution) {
            // What a program that was left has printed is not the harness's word.
            let summary = Summary::read(&self.execution.output).filter(|_| !self.left);
            return match summary {
                Some(Summary { passed: 1.., .. }) => Judged::Passed(tried.map(|tried| {
                    self.place(Finding::note(
                        "test/denied",
                        format!("the test `{name}` passes and was denied on the way: {tried}"),
                        "nothing, if it means to try that; else ask for the capability in the manifest",
                    ))
                })),
                Some(Summary { ignored: 1.., .. }) => Judged::Ignored,
                _ => Judged::Failed(self.place(Finding::error(
                    "test/failed",
                    format!("the test `{name}` ends the program before it has passed"),
                    "do not call std::process::exit in what is tested",
                ))),
            };
        }
        if let Some(exceeded) = exceeded(self.execution) {
            let function = own_function(self.execution, proposal);
            let function = function.map_or(String::new(), |name| format!(", in {name}"));
            return Judged::Failed(self.place(Finding::error(
                &format!("test/{}", exceeded.rule),
                format!("the test `{name}` {}{function}", exceeded.what),
                exceeded.remedy,
            )));
        }
        let stderr = String::from_utf8_lossy(&self.execution.stderr.bytes);
        let panic = panic(&stderr, proposal);
        let message = match &panic {
            Some(panic) => panic.message.clone(),
            None => format!("it {}\n{}", ending(self.execution), tail(&stderr, 5)),
        };
        let mut finding = match tried {
            None => self.place(Finding::error(
                "test/failed",
                format!("the test `{name}` fails: {message}"),
                "mend the tool, or the test if it expects the wrong thing",
            )),
            Some(tried) => self.place(Finding::error(
                "test/denied",
                format!("the test `{name}` fails: {message}\nit was denied on the way: {tried}"),
                "do without that, or ask for the capability in the manifest",
            )),
        };
        if let Some(place) = panic.and_then(|panic| panic.place) {
            finding.place = Some(place);
        }
        Judged::Failed(finding)
    }

    fn place(&self, finding: Finding) -> Finding {
        let again = reproducer(&arguments(self.name), "", &self.bound.policy);
        let name = self.name.to_owned();
        finding.at(Place::Test { name }).again(again)
    }
}

#[cfg(test)]
mod unit;
