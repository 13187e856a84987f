//! Runs a suspect in the runtime, and says what is wrong with it.

use crate::finding::Finding;
use crate::growth::Growth;
use crate::oracle::{self, Class, Rule, panic_message, panic_place};
use crate::runner::{self, call, denied};
use crate::session::{Suspect, short};
use crate::subject::Subject;
use crate::world::World;
use policies::{HostPath, Policy};
use runtime::{Execution, Outcome};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Runs things in the runtime.
pub(crate) struct Court<'a> {
    pub(crate) subject: &'a Subject<'a>,
    pub(crate) threads: &'a tokio::runtime::Runtime,
}

impl Court<'_> {
    /// Runs an input in a world, in folders of its own.
    pub(crate) fn run(&self, input: &[u8], world: &World) -> Option<Execution> {
        let (policy, _kept) = (self.subject.bind)().ok()?;
        let call = call(policy, input, world);
        Some(self.threads.block_on(self.subject.tool.run(call)))
    }

    /// The finding that a suspect is, if the runtime shows it too.
    pub(crate) fn judge(&self, suspect: &Suspect, usual: &World) -> Option<Finding> {
        let world = &*suspect.world;
        let execution = self.run(&suspect.input, world)?;
        let class = Class::of(&suspect.input, &self.subject.spec);
        let rule = match suspect.key.rule {
            rule @ (Rule::FollowsRandom | Rule::FollowsEnvironment) => {
                let other = self.run(&suspect.input, usual)?;
                if other.outcome == execution.outcome && other.output == execution.output {
                    return None;
                }
                rule
            }
            // A clock can be set to any time here and not there: what was seen here stands.
            rule @ (Rule::FollowsClock | Rule::NotIdempotent | Rule::FollowsOrder) => rule,
            // Nor does the runtime count it as denied where no descriptor is open at all; that
            // the function was called was seen.
            Rule::Denied => Rule::Denied,
            rule => self.confirmed(rule, &execution, &class)?,
        };
        let message = self.message(rule, suspect, &execution);
        let mut severity = rule.severity(class.counts());
        if rule == Rule::Leak && !self.subject.spec.environment.is_empty() {
            severity = oracle::Severity::Warning;
        }
        Some(Finding {
            rule,
            severity,
            message,
            input: suspect.input.clone(),
            world: world.clone(),
            fuel: self.fuel(),
            execution: Some(execution),
        })
    }

    pub(crate) fn fuel(&self) -> u64 {
        (self.subject.bind)().map_or(0, |(policy, _)| policy.limits.fuel.0)
    }

    /// What the runtime's run shows, by the same oracles.
    fn confirmed(&self, suspected: Rule, execution: &Execution, class: &Class) -> Option<Rule> {
        if matches!(execution.outcome, Outcome::DeadlineExceeded { .. }) {
            // On a slow machine the time is over before the fuel is.
            return Some(match suspected {
                rule @ (Rule::Fuel | Rule::SpinsAfterResult) => rule,
                _ => Rule::Time,
            });
        }
        let denied = denied(execution);
        let seen = runner::seen(execution, &denied);
        let key = oracle::examine(&seen, class, &self.subject.spec)?;
        Some(key.rule)
    }

    fn message(&self, rule: Rule, suspect: &Suspect, execution: &Execution) -> String {
        let stderr = String::from_utf8_lossy(&execution.stderr.bytes);
        let panic = || {
            let place = panic_place(&execution.stderr.bytes).unwrap_or_default();
            let message = panic_message(&stderr).unwrap_or_default();
            format!("at {place}: {}", short(&message))
        };
        let ending = || match &execution.outcome {
            Outcome::Trap { message } | Outcome::MemoryExceeded { message } => short(message),
            other => other.kind().as_str().to_owned(),
        };
        let output = String::from_utf8_lossy(&execution.output);
        match rule {
            Rule::Trap => format!("it traps: {}", ending()),
            Rule::StackOverflow => "it calls itself until the stack is full".to_owned(),
            Rule::Panic => format!("it panics {}", panic()),
            Rule::HiddenPanic => format!("it exits with code 0 although it panicked {}", panic()),
            Rule::Fuel => format!("it uses up its fuel ({} units)", self.fuel()),
            Rule::SpinsAfterResult => format!(
                "it prints the result {} and then does not end: it uses up its fuel ({} units)",
                short(&output),
                self.fuel()
            ),
            Rule::Memory => format!("it wants more memory than there is for it: {}", ending()),
            Rule::Output => "it writes more to standard output than it may".to_owned(),
            Rule::Time => "it takes longer than it may".to_owned(),
            Rule::NoJson => format!("it succeeds and prints what is no JSON: {}", short(&output)),
            Rule::OutputSchema => {
                let why = self.subject.spec.contract.as_ref().and_then(|contract| {
                    let value = serde_json::from_slice(&execution.output).ok()?;
                    contract.check_output(&value).err()
                });
                format!(
                    "its output {} does not fit its output schema: {}",
                    short(&output),
                    short(&why.unwrap_or_default())
                )
            }
            Rule::RefusesValid => format!(
                "it refuses an input that its schema allows, and promises not to: {}",
                short(&stderr)
            ),
            Rule::AcceptsForbidden => {
                let why = self.subject.spec.contract.as_ref().and_then(|contract| {
                    match serde_json::from_slice(&suspect.input) {
                        Ok(value) => contract.check_input(&value).err(),
                        Err(error) => Some(format!("it is no JSON: {error}")),
                    }
                });
                format!(
                    "it gives {} for an input that its schema forbids: {}",
                    short(&output),
                    short(&why.unwrap_or_default())
                )
            }
            Rule::Denied => {
                let tried = execution.denied.iter().take(3);
                let mut tried: Vec<String> = tried
                    .map(|it| format!("{} {:?}", it.what, it.target))
                    .collect();
                if tried.is_empty() {
                    tried.push(suspect.detail.clone());
                }
                format!("it tries what it did not ask for: {}", tried.join(", "))
            }
            Rule::Leak => "what stands in its environment stands in its output".to_owned(),
            Rule::FollowsClock => format!("with another date {}", suspect.detail),
            Rule::FollowsRandom => format!("with other random numbers {}", suspect.detail),
            Rule::FollowsEnvironment => {
                let names: Vec<&str> = suspect
                    .world
                    .environment
                    .iter()
                    .map(|(name, _)| name.as_str())
                    .collect();
                format!(
                    "with variables such as {} set {}",
                    names.join(", "),
                    suspect.detail
                )
            }
            Rule::NotIdempotent => format!("it promises to be idempotent, and {}", suspect.detail),
            Rule::FollowsOrder => format!(
                "it promises that the order of elements does not matter; turned around, {}",
                suspect.detail
            ),
            Rule::KeepsState | Rule::Growth | Rule::RefusesAll => suspect.detail.clone(),
        }
    }

    /// Whether what it gives depends on files that it made in a call before. What it did to
    /// files that were given to it, it was asked to do: that shows, and is no fault.
    pub(crate) fn keeps_state(&self, inputs: &[Vec<u8>], world: &World) -> Option<Finding> {
        for (index, input) in inputs.iter().enumerate() {
            let between = &inputs[(index + 1) % inputs.len()];
            let (policy, _kept) = (self.subject.bind)().ok()?;
            let run = |input: &[u8]| {
                let call = call(policy.clone(), input, world);
                self.threads.block_on(self.subject.tool.run(call))
            };
            let before = files(&policy);
            let (first, _, last) = (run(input), run(between), run(input));
            let well = [&first, &last]
                .iter()
                .all(|it| it.outcome == Outcome::Success);
            if !well || first.output == last.output {
                continue;
            }
            for path in files(&policy).difference(&before) {
                // Where one can't be taken away, the next run gives what the last one gave.
                let _ = std::fs::remove_file(path);
            }
            let without = run(input);
            if without.outcome != Outcome::Success || without.output != first.output {
                continue;
            }
            let message = format!(
                "it gives {} at first, {} after another call in the same folder, and the first again without the files that it had made",
                told(&first),
                told(&last),
            );
            return Some(self.found(Rule::KeepsState, message, input, world, last));
        }
        None
    }

    /// A growth, if the runtime measures it too.
    pub(crate) fn grows(&self, growth: &Growth, bound: f64, world: &World) -> Option<Finding> {
        let [smaller, larger] = &growth.inputs;
        let (one, other) = (self.run(smaller, world)?, self.run(larger, world)?);
        let work = |execution: &Execution| crate::growth::real(execution.usage.fuel.max(1));
        let sizes = crate::growth::real(larger.len() as u64)
            / crate::growth::real(smaller.len().max(1) as u64);
        let exponent = (work(&other) / work(&one)).ln() / sizes.ln();
        if exponent < bound {
            return None;
        }
        let points: Vec<String> = growth
            .points
            .iter()
            .map(|(size, _)| size.to_string())
            .collect();
        let message = format!(
            "its work grows with about the {:.1}th power of the input's size ({} bytes take {} units of fuel, {} bytes take {}; measured at {} bytes), where at most the {bound}th is expected",
            exponent,
            smaller.len(),
            one.usage.fuel,
            larger.len(),
            other.usage.fuel,
            points.join(", "),
        );
        Some(self.found(Rule::Growth, message, larger, world, other))
    }

    fn found(
        &self,
        rule: Rule,
        message: String,
        input: &[u8],
        world: &World,
        execution: Execution,
    ) -> Finding {
        Finding {
            rule,
            severity: rule.severity(true),
            message,
            input: input.to_vec(),
            world: world.clone(),
            fuel: self.fuel(),
            execution: Some(execution),
        }
    }
}

/// The files below the folders that are granted.
fn files(policy: &Policy) -> BTreeSet<PathBuf> {
    let folders = policy.capabilities.directories.iter();
    let mut waiting: Vec<PathBuf> = folders
        .filter_map(|folder| match &folder.host {
            HostPath::Path(path) => Some(path.clone()),
            HostPath::Any => None,
        })
        .collect();
    let mut found = BTreeSet::new();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            // Links are not followed.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => waiting.push(entry.path()),
                Ok(_) => {
                    found.insert(entry.path());
                }
                Err(_) => {}
            }
        }
    }
    found
}

fn told(execution: &Execution) -> String {
    match &execution.outcome {
        Outcome::Success => short(&String::from_utf8_lossy(&execution.output)),
        other => format!("({})", other.kind().as_str()),
    }
}
