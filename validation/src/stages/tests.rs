//! The author's tests, each in an instance of its own.

use super::{Found, denied, exceeded, fixtures, panic, reproducer, succeeded, tail};
use crate::{Finding, Manifest, Place, ProposedTool, TestProgram, ValidationError};
use policies::{Bytes, Policy};
use runtime::{Call, CancellationToken, Sandbox, Tool};

/// What the tests run with.
pub(crate) struct Context<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) proposal: &'a ProposedTool,
    pub(crate) manifest: &'a Manifest,
    pub(crate) grant: &'a Policy,
    pub(crate) cancel: &'a CancellationToken,
    pub(crate) step: &'a (dyn Fn(String) + Send + Sync),
}

/// Lists the tests of each program and runs them one by one.
pub(crate) async fn run(
    context: &Context<'_>,
    programs: &[TestProgram],
) -> Result<Found, ValidationError> {
    let mut found = Found::default();
    let (mut passed, mut failed, mut ignored) = (0, 0, 0);
    for program in programs {
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
                continue;
            }
        };
        let names = match list(context, &tool, &["--list", "--format", "terse"]).await {
            Ok(names) => names,
            Err(finding) => {
                found.add(finding);
                continue;
            }
        };
        let skipped = list(
            context,
            &tool,
            &["--list", "--format", "terse", "--ignored"],
        )
        .await
        .unwrap_or_default();
        for name in names {
            if context.cancel.is_cancelled() {
                return Err(ValidationError::Cancelled);
            }
            if skipped.contains(&name) {
                ignored += 1;
                continue;
            }
            (context.step)(name.clone());
            match one(context, &tool, &name).await? {
                None => passed += 1,
                Some(finding) => {
                    failed += 1;
                    found.add(finding);
                }
            }
        }
    }
    found.count("tests_count", passed + failed);
    found.count("passed_count", passed);
    found.count("failed_count", failed);
    found.count("ignored_count", ignored);
    if ignored > 0 {
        // A test that expects a panic is among them: on this target a panic ends the program.
        found.add(Finding::note("test/ignored", format!("{ignored} tests are ignored on this target (#[ignore], or #[should_panic], which WASI can't run)"), "return errors instead of panicking, and test for them"));
    }
    if passed + failed == 0 && found.findings.is_empty() {
        found.add(Finding::warning(
            "test/none",
            "there are no tests",
            "add #[test] functions: usual inputs, edges, and what must be refused",
        ));
    }
    Ok(found)
}

async fn load(
    context: &Context<'_>,
    program: &TestProgram,
) -> Result<Result<Tool, String>, ValidationError> {
    let sandbox = context.sandbox.clone();
    let module = program.module.clone();
    let mut limits = context.grant.limits;
    // The test harness comes on top of the tool: its size is not the tool's.
    limits.module_size = Bytes(limits.module_size.0.saturating_mul(4));
    tokio::task::spawn_blocking(move || {
        sandbox
            .load(&module, &limits)
            .map_err(|error| error.to_string())
    })
    .await
    .map_err(ValidationError::machine("compiling the tests"))
}

async fn list(context: &Context<'_>, tool: &Tool, args: &[&str]) -> Result<Vec<String>, Finding> {
    let call = Call::new(Policy::default())
        .with_args(args.iter().copied())
        .with_cancel(context.cancel.clone());
    let execution = tool.run(call).await;
    if !succeeded(&execution) {
        return Err(Finding::error(
            "test/list-failed",
            format!(
                "the tests can't be listed: the program ended as {}\n{}",
                execution.outcome.kind().as_str(),
                tail(&String::from_utf8_lossy(&execution.stderr.bytes), 5)
            ),
            "use Rust's own #[test], without a harness of your own",
        ));
    }
    let text = String::from_utf8_lossy(&execution.output);
    Ok(text
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .map(str::to_owned)
        .collect())
}

/// Runs one test; `None` when it passes.
async fn one(
    context: &Context<'_>,
    tool: &Tool,
    name: &str,
) -> Result<Option<Finding>, ValidationError> {
    let args = ["--exact", name, "--nocapture", "--test-threads=1"];
    let folders = fixtures::bind(context.proposal, context.manifest, context.grant)?;
    let call = Call::new(folders.policy.clone())
        .with_args(args)
        .with_cancel(context.cancel.clone());
    let execution = tool.run(call).await;
    if succeeded(&execution) {
        return Ok(None);
    }
    if context.cancel.is_cancelled() {
        return Err(ValidationError::Cancelled);
    }
    let again = reproducer(&args, "", &folders.policy);
    let stderr = String::from_utf8_lossy(&execution.stderr.bytes);
    let tried = denied(&execution);
    let finding = if let Some((rule, message, remedy)) = exceeded(&execution) {
        Finding::error(
            &format!("test/{rule}"),
            format!("the test `{name}` {message}"),
            remedy,
        )
        .at(Place::Test {
            name: name.to_owned(),
        })
    } else {
        let (message, place) = panic(&stderr).unwrap_or_else(|| {
            (
                format!(
                    "it ended as {}\n{}",
                    execution.outcome.kind().as_str(),
                    tail(&stderr, 5)
                ),
                None,
            )
        });
        let message = if tried.is_empty() {
            message
        } else {
            format!("{message}\ndenied on the way: {tried}")
        };
        let rule = if tried.is_empty() {
            "test/failed"
        } else {
            "test/denied"
        };
        Finding::error(
            rule,
            format!("the test `{name}` fails: {message}"),
            "mend the tool, or the test if it expects the wrong thing",
        )
        .at(place.unwrap_or_else(|| Place::Test {
            name: name.to_owned(),
        }))
    };
    Ok(Some(finding.again(again)))
}
