//! A campaign from its beginning to its report.

use crate::afl::{self, Beginning};
use crate::confirm::Court;
use crate::finding::{Finding, Progress, Report};
use crate::growth;
use crate::instrument::{Plan, Restorable};
use crate::oracle::{Class, Rule};
use crate::runner::{Runner, usual_world};
use crate::schema::Schema;
use crate::session::{Budget, Session};
use crate::subject::Subject;
use crate::world::Worlds;
use policies::Access;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How a campaign is run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How long inputs are looked for.
    pub budget: Budget,
    /// Seed of all choices.
    pub seed: u64,
    /// Bytes of an input at most: 4 KiB unless told otherwise.
    pub max_input: usize,
    /// How long confirming and making smaller may take after that. `None`: a fixed number of
    /// runs each, so that a campaign without a limit of time can be repeated.
    pub afterwards: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            budget: Budget::default(),
            seed: 0,
            max_input: 4096,
            afterwards: Some(Duration::from_secs(10)),
        }
    }
}

/// Why there was no campaign.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FuzzError {
    /// The machine could not do its part.
    #[error("{doing}: {reason}")]
    Machine {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        reason: String,
    },
}

fn machine(doing: &'static str, reason: &impl ToString) -> FuzzError {
    FuzzError::Machine {
        doing,
        reason: reason.to_string(),
    }
}

/// Looks for inputs on which the subject misbehaves, until the budget is used up; makes what is
/// found small, and confirms it in the runtime. Work for a processor: call it where blocking is
/// allowed. It uses one thread beside the caller's, whose stack is large.
///
/// # Errors
/// When the machine could not do its part. Whatever the module does is in the report.
pub fn fuzz(
    subject: &Subject<'_>,
    options: &Options,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Report, FuzzError> {
    // Deep recursion of the guest is on this stack.
    const STACK: usize = 16 << 20;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("fuzzing".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, || run(subject, options, progress))
            .map_err(|error| machine("starting a thread", &error))?;
        thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Runs of an input, in all, while it is made smaller and no time is set.
const SHRINKING: u64 = 6_000;

fn run(
    subject: &Subject<'_>,
    options: &Options,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Report, FuzzError> {
    let threads = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| machine("starting the runtime", &error))?;
    let (policy, kept) = (subject.bind)().map_err(|error| machine("laying folders out", &error))?;
    drop(kept);
    let plan = Plan::of(subject.wasm);
    let (runner, no_coverage) = Runner::new(
        subject,
        &policy,
        plan.as_ref().map_err(ToString::to_string),
        &threads,
    );
    let usual = usual_world(subject, options.seed);
    let (compared, constants, not_restored) = match &plan {
        Ok(plan) => (
            no_coverage.is_none().then_some((subject.wasm, plan)),
            plan.constants.clone(),
            match plan.restorable {
                Restorable::Yes => None,
                Restorable::No(why) => Some(why),
            },
        ),
        Err(_) => (None, Vec::new(), None),
    };
    let mut session = Session::new(
        runner,
        compared,
        Worlds::around(&usual),
        &subject.spec,
        options.budget.clone(),
    );
    let schema = subject.spec.input_schema.clone();
    let beginning = Beginning {
        seed: options.seed,
        seeds: &subject.spec.seeds,
        tokens: &constants,
        schema: schema.map(|schema| Rc::new(Schema::new(schema))),
        max_input: options
            .max_input
            .min(usize::try_from(policy.limits.input.0).unwrap_or(usize::MAX)),
    };
    let mut told = Instant::now();
    let mut heard = |session: &Session<'_>, corpus: usize| {
        const OFTEN: Duration = Duration::from_millis(500);
        if told.elapsed() >= OFTEN {
            told = Instant::now();
            progress(Progress {
                executions: session.executions,
                executions_per_second: rate(session),
                edges: (session.coverage.reached(), session.coverage.edges()),
                corpus,
                suspects: session.suspects_count(),
            });
        }
    };
    let corpus = afl::campaign(&mut session, &beginning, &mut heard)
        .map_err(|error| machine("looking for inputs", &error))?;
    let mut report = Report {
        findings: Vec::new(),
        executions: session.executions,
        executions_per_second: rate(&session),
        edges: (session.coverage.reached(), session.coverage.edges()),
        no_coverage,
        not_restored,
        instances: session.runner.instances(),
        corpus,
        unconfirmed: 0,
        inputs: (session.answered, session.refused, session.forbidden),
        answers: session.answers.answers(),
        growth: None,
        costliest: Vec::new(),
        not_examined: Vec::new(),
    };
    let court = Court {
        subject,
        threads: &threads,
    };
    let until = options.afterwards.map(|time| Instant::now() + time);
    afterwards(&mut session, &court, &mut report, options, until)?;
    report.findings.sort_by(|one, other| {
        other
            .severity
            .cmp(&one.severity)
            .then(one.rule.cmp(&other.rule))
    });
    Ok(report)
}

/// Makes small and confirms what looked wrong, and looks for what one run alone does not show.
fn afterwards(
    session: &mut Session<'_>,
    court: &Court<'_>,
    report: &mut Report,
    options: &Options,
    until: Option<Instant>,
) -> Result<(), FuzzError> {
    let over = || until.is_some_and(|until| Instant::now() >= until);
    let usual = (*session.worlds.usual).clone();
    let counted: Vec<Vec<u8>> = report
        .corpus
        .iter()
        .filter(|input| Class::of(input, session.spec).counts())
        .cloned()
        .collect();
    let bound = session.spec.growth_bound.unwrap_or(2.0) + TOLERANCE;
    let costly = costly(session, &counted);
    // A part of the time, so that the rest is left for what was found before.
    let growing = options.afterwards.map(|time| Instant::now() + time / 4);
    let growth = growth::steepest(session, &costly, || {
        growing.is_some_and(|until| Instant::now() >= until)
    });
    report.growth = growth.as_ref().map(|it| it.exponent);
    let grown = growth.iter().flat_map(|it| it.inputs.iter().rev().cloned());
    report.costliest = grown.chain(costly).collect();
    if let Some(growth) = growth.filter(|it| it.exponent > bound) {
        report.findings.extend(court.grows(&growth, bound, &usual));
    }
    let suspects = session.suspects();
    let mut left = suspects.len();
    for mut suspect in suspects {
        if over() {
            report.not_examined.push(format!(
                "{left} kinds of suspicious runs: there was no time left"
            ));
            break;
        }
        left -= 1;
        // What the runtime does not show needs no small input.
        let Some(before) = court.judge(&suspect, &usual) else {
            report.unconfirmed += 1;
            continue;
        };
        let remaining = left;
        let budget = Budget {
            time: until.map(|until| {
                let now = session.elapsed();
                let left = until.saturating_duration_since(Instant::now());
                // A part of it for each that is still to come, and some for what comes after.
                now + left / u32::try_from(remaining + 2).unwrap_or(u32::MAX)
            }),
            executions: Some(session.executions + SHRINKING),
            plateau: None,
        };
        suspect.input = afl::minimise(session, &suspect, options.seed, budget)
            .map_err(|error| machine("making an input smaller", &error))?;
        let finding = court
            .judge(&suspect, &usual)
            .filter(|it| it.rule == before.rule);
        push(&mut report.findings, finding.unwrap_or(before));
    }
    let folders = (court.subject.bind)().map(|(policy, _)| policy.capabilities.directories);
    let writes =
        folders.is_ok_and(|folders| folders.iter().any(|it| it.access == Access::ReadWrite));
    if writes {
        let few: Vec<Vec<u8>> = counted.iter().take(24).cloned().collect();
        report.findings.extend(court.keeps_state(&few, &usual));
    }
    if report.inputs.0 == 0 && report.inputs.1 >= MANY_REFUSALS {
        report.findings.push(Finding {
            rule: Rule::RefusesAll,
            severity: Rule::RefusesAll.severity(true),
            message: format!(
                "it refused each of {} inputs that its schema allows",
                report.inputs.1
            ),
            input: Vec::new(),
            world: usual,
            fuel: court.fuel(),
            execution: None,
        });
    }
    Ok(())
}

/// So many refusals and not one answer are no chance.
const MANY_REFUSALS: u64 = 100;

/// How far above its bound a measured exponent may lie: sizes are small, and start-up counts.
const TOLERANCE: f64 = 0.3;

/// The inputs that cost most: of all, and by themselves and for their size of those that leave
/// room to grow.
fn costly(session: &mut Session<'_>, inputs: &[Vec<u8>]) -> Vec<Vec<u8>> {
    const EACH: usize = 4;
    /// Doubled five times, linear work would still not be cut off.
    const LIGHT: u64 = 1_500_000;
    let mut measured: Vec<(u64, &Vec<u8>)> = inputs
        .iter()
        .map(|input| (session.work(input).0, input))
        .collect();
    measured.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
    let mut chosen: Vec<Vec<u8>> = Vec::new();
    let mut choose = |from: &[(u64, &Vec<u8>)]| {
        for (_, input) in from.iter().take(EACH) {
            if !chosen.contains(input) {
                chosen.push((*input).clone());
            }
        }
    };
    let light = measured.partition_point(|(work, _)| *work > LIGHT);
    choose(&measured[light..]);
    choose(&measured);
    let light = &mut measured[light..];
    light.sort_by_key(|(work, input)| std::cmp::Reverse(work / (input.len() as u64 + 16)));
    choose(light);
    chosen
}

/// Adds a finding, unless the same place was found already.
fn push(findings: &mut Vec<Finding>, finding: Finding) {
    let stack = |finding: &Finding| {
        let execution = finding.execution.as_ref();
        let place = execution.and_then(|it| crate::oracle::panic_place(&it.stderr.bytes));
        (
            finding.rule,
            place.is_none().then(|| execution.map(crate::runner::stack)),
            place,
        )
    };
    let new = stack(&finding);
    let same = findings.iter_mut().find(|it| stack(it) == new);
    match same {
        Some(same) if finding.severity > same.severity => *same = finding,
        Some(_) => {}
        None => findings.push(finding),
    }
}

fn rate(session: &Session<'_>) -> f64 {
    growth::real(session.executions) / session.elapsed().as_secs_f64().max(1e-6)
}
