//! One campaign's runs: each is counted, its coverage taken in, and looked at by the oracles.

mod answer;

pub(crate) use answer::{same, short};

use crate::comparisons::Comparisons;
use crate::coverage::{Coverage, Novelty};
use crate::instrument::{Form, Plan};
use crate::machine::{Ended, Machine};
use crate::oracle::{self, Class, Key, Rule};
use crate::runner::Runner;
use crate::subject::Spec;
use crate::world::{World, Worlds};
use serde_json::Value;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use answer::Answer;

/// How long a campaign goes on: until the first of these is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// Time.
    pub time: Option<Duration>,
    /// Executions. Without a limit of time, the same seed then gives the same campaign.
    pub executions: Option<u64>,
    /// Executions since the last new edge.
    pub plateau: Option<u64>,
}

impl Default for Budget {
    /// 2 seconds.
    fn default() -> Self {
        Self {
            time: Some(Duration::from_secs(2)),
            executions: None,
            plateau: None,
        }
    }
}

/// Something that looked wrong, and how it was come by.
#[derive(Clone, Debug)]
pub(crate) struct Suspect {
    pub(crate) key: Key,
    pub(crate) input: Vec<u8>,
    /// The world in which it showed, where that is not the usual one.
    pub(crate) world: Arc<World>,
    /// In the words of who noticed, where a run alone does not show it.
    pub(crate) detail: String,
}

/// What a run was, for who decides whether its input is kept.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) novelty: Novelty,
    /// Whether it did more work than any input of its size before.
    pub(crate) costly: bool,
    pub(crate) fuel: u64,
    /// What became of it: how much it is worth to go on from there.
    pub(crate) fate: Fate,
    /// What looked wrong, and whether that is new.
    pub(crate) bad: Option<(Key, bool)>,
}

/// What became of an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fate {
    /// There is no contract that says more.
    #[default]
    Unknown,
    /// It is valid, and was answered: what lies behind it is the tool itself.
    Answered,
    /// It is valid, and was refused.
    Refused,
    /// Nobody who keeps to the contract sends it: behind it lies what reads the input.
    Forbidden,
}

/// One campaign's runs.
pub(crate) struct Session<'a> {
    pub(crate) runner: Runner<'a>,
    comparing: Option<Comparing<'a>>,
    pub(crate) worlds: Worlds,
    pub(crate) spec: &'a Spec,
    pub(crate) coverage: Coverage,
    /// The first input of each key, and how many were seen.
    suspects: BTreeMap<Key, Suspect>,
    seen: BTreeSet<Key>,
    /// The most work by the logarithm of the size.
    costs: [u64; 33],
    pub(crate) executions: u64,
    last_edge: u64,
    begin: Instant,
    budget: Budget,
    /// Nothing is kept while this is set: inputs are being made smaller.
    pub(crate) quiet: bool,
    /// Valid inputs that were answered, and that were refused.
    pub(crate) answered: u64,
    pub(crate) refused: u64,
    pub(crate) forbidden: u64,
    pub(crate) answers: crate::answers::Looking,
}

/// What is needed to make the second machine, once it is.
struct Comparing<'a> {
    wasm: &'a [u8],
    plan: &'a Plan,
    /// Made when first needed; none where it can't be.
    machine: OnceCell<Option<Box<Machine>>>,
}

/// Inputs of one rule that are kept: one place is enough to mend, and many are noise.
const MOST_OF_A_RULE: usize = 8;

impl<'a> Session<'a> {
    pub(crate) fn new(
        runner: Runner<'a>,
        compared: Option<(&'a [u8], &'a Plan)>,
        worlds: Worlds,
        spec: &'a Spec,
        budget: Budget,
    ) -> Self {
        let coverage = Coverage::new(runner.edges());
        Self {
            comparing: compared.map(|(wasm, plan)| Comparing {
                wasm,
                plan,
                machine: OnceCell::new(),
            }),
            runner,
            worlds,
            spec,
            coverage,
            suspects: BTreeMap::new(),
            seen: BTreeSet::new(),
            costs: [0; 33],
            executions: 0,
            last_edge: 0,
            begin: Instant::now(),
            budget,
            quiet: false,
            answered: 0,
            refused: 0,
            forbidden: 0,
            answers: crate::answers::Looking::new(&spec.seeds),
        }
    }

    /// Whether the budget is used up.
    pub(crate) fn over(&self) -> bool {
        let Budget {
            time,
            executions,
            plateau,
        } = &self.budget;
        executions.is_some_and(|most| self.executions >= most)
            || plateau.is_some_and(|most| self.executions - self.last_edge >= most)
            || time.is_some_and(|most| self.elapsed() >= most)
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.begin.elapsed()
    }

    pub(crate) fn extend(&mut self, budget: Budget) {
        self.budget = budget;
    }

    pub(crate) fn suspects(&mut self) -> Vec<Suspect> {
        std::mem::take(&mut self.suspects).into_values().collect()
    }

    pub(crate) fn suspects_count(&self) -> usize {
        self.suspects.len()
    }

    /// Runs an input in the usual world, and looks at what it did.
    pub(crate) fn evaluate(&mut self, input: &[u8]) -> Verdict {
        self.executions += 1;
        let class = Class::of(input, self.spec);
        let world = Arc::clone(&self.worlds.usual);
        self.runner.run(input, &world);
        let seen = self.runner.seen();
        let bad = oracle::examine(&seen, &class, self.spec);
        let (fuel, ended) = (seen.fuel, seen.ended);
        let tried = seen.denied.join(", ");
        let fate = match (&class, ended) {
            (Class::Valid(value), Ended::Success) => {
                self.answers.take(value, seen.stdout);
                Fate::Answered
            }
            (Class::Valid(_), Ended::Exit(_)) => Fate::Refused,
            (Class::Forbidden(_), _) => Fate::Forbidden,
            _ => Fate::Unknown,
        };
        match fate {
            Fate::Answered => self.answered += 1,
            Fate::Refused => self.refused += 1,
            Fate::Forbidden => self.forbidden += 1,
            Fate::Unknown => {}
        }
        let novelty = self.coverage.take(self.runner.counters());
        let mut verdict = Verdict {
            novelty,
            costly: false,
            fuel,
            fate,
            bad: None,
        };
        if let Some(key) = bad {
            verdict.bad = Some((key, self.suspect(key, input, &world, tried)));
            return verdict;
        }
        if self.quiet {
            return verdict;
        }
        if novelty.edges > 0 {
            self.last_edge = self.executions;
        }
        verdict.costly = self.is_costly(input.len(), fuel);
        let worth = novelty.counts > 0 || self.executions.is_multiple_of(LOOK_AGAIN);
        if worth && class.counts() {
            let seen = self.runner.seen();
            let answer = Answer::of(&seen, self.spec);
            let asked = Again {
                clock: seen.asked_clock,
                random: seen.asked_random,
                environment: seen.asked_environment,
            };
            self.look_again(input, &class, &answer, asked);
        }
        verdict
    }

    /// Remembers what looked wrong; tells whether it is the first of its kind.
    fn suspect(&mut self, key: Key, input: &[u8], world: &Arc<World>, detail: String) -> bool {
        if self.quiet || !self.seen.insert(key) {
            return false;
        }
        let same = self.suspects.keys().filter(|it| it.rule == key.rule);
        if same.count() >= MOST_OF_A_RULE {
            return false;
        }
        self.suspects.insert(
            key,
            Suspect {
                key,
                input: input.to_vec(),
                world: Arc::clone(world),
                detail,
            },
        );
        true
    }

    /// More work than any input up to twice its size did, by a quarter at least.
    fn is_costly(&mut self, size: usize, fuel: u64) -> bool {
        let class = (usize::BITS - size.leading_zeros()).min(32) as usize;
        let most = &mut self.costs[class];
        if fuel > *most + *most / 4 {
            *most = fuel;
            return true;
        }
        false
    }

    /// Runs it in other worlds, where it asked for what differs in them, and tries the promises.
    fn look_again(&mut self, input: &[u8], class: &Class, answer: &Answer, asked: Again) {
        let mut tries = Vec::new();
        if asked.clock {
            tries.extend(self.worlds.clocks.iter().map(|it| (Rule::FollowsClock, it)));
        }
        if asked.random {
            tries.extend(self.worlds.seeds.iter().map(|it| (Rule::FollowsRandom, it)));
        }
        if asked.environment {
            let worlds = self.worlds.environments.iter();
            tries.extend(worlds.map(|it| (Rule::FollowsEnvironment, it)));
        }
        let tries: Vec<(Rule, Arc<World>)> = tries
            .into_iter()
            .map(|(rule, world)| (rule, Arc::clone(world)))
            .collect();
        for (rule, world) in tries {
            let other = self.other(input, &world, class);
            // What varies by what it asked for may do so, but not break.
            let only_output = answer.ended == other.ended;
            let forgiven = only_output
                && (self.spec.may_vary || !self.spec.promises.deterministic)
                && rule != Rule::FollowsEnvironment;
            let leaks = other.bad.filter(|key| key.rule == Rule::Leak);
            if let Some(key) = leaks {
                // It follows the environment too, and this says more.
                self.suspect(key, input, &world, String::new());
            } else if answer.differs(&other) && !forgiven {
                let key = Key { rule, site: 0 };
                let detail = answer.beside(&other);
                self.suspect(key, input, &world, detail);
            } else if let Some(key) = other.bad {
                self.suspect(key, input, &world, String::new());
            }
        }
        if let Class::Valid(value) = class
            && answer.ended == Ended::Success
        {
            let usual = Arc::clone(&self.worlds.usual);
            for (key, detail) in self.promises(value, answer) {
                self.suspect(key, input, &usual, detail);
            }
        }
    }

    /// Tries what is promised of valid inputs that are answered; tells what does not hold.
    fn promises(&mut self, value: &Value, answer: &Answer) -> Vec<(Key, String)> {
        let mut broken = Vec::new();
        let usual = Arc::clone(&self.worlds.usual);
        let Some(contract) = &self.spec.contract else {
            return broken;
        };
        if self.spec.promises.idempotent
            && let Some(output) = &answer.value
        {
            let again = output.to_string();
            let rule = Rule::NotIdempotent;
            if contract.check_input(output).is_err() {
                let detail = format!("its output {} is no valid input", short(&again));
                broken.push((Key { rule, site: 1 }, detail));
            } else {
                let second = self.other(again.as_bytes(), &usual, &Class::Raw);
                if second.value.as_ref().is_none_or(|it| !same(it, output)) {
                    let told = second.told();
                    let detail = format!("it gives {}; given that, {told}", short(&again));
                    broken.push((Key { rule, site: 0 }, detail));
                }
            }
        }
        if self.spec.promises.order_insensitive {
            let mut turned = value.clone();
            if crate::schema::reverse_arrays(&mut turned) && contract.check_input(&turned).is_ok() {
                let second = self.other(turned.to_string().as_bytes(), &usual, &Class::Raw);
                if answer.differs(&second) {
                    let rule = Rule::FollowsOrder;
                    broken.push((Key { rule, site: 0 }, answer.beside(&second)));
                }
            }
        }
        broken
    }

    /// One more run, of which coverage is not taken in.
    fn other(&mut self, input: &[u8], world: &Arc<World>, class: &Class) -> Answer {
        self.executions += 1;
        self.runner.run(input, world);
        let seen = self.runner.seen();
        let mut answer = Answer::of(&seen, self.spec);
        answer.bad = oracle::examine(&seen, class, self.spec);
        self.runner.counters().fill(0);
        answer
    }

    /// The work of an input, and whether it did not end as it should. What looks wrong is
    /// remembered as in any run: some things break only on input that is larger than usual.
    pub(crate) fn work(&mut self, input: &[u8]) -> (u64, bool) {
        let world = Arc::clone(&self.worlds.usual);
        let class = Class::of(input, self.spec);
        self.runner.run(input, &world);
        let seen = self.runner.seen();
        let told = (
            seen.fuel,
            !matches!(seen.ended, Ended::Success | Ended::Exit(_)),
        );
        let bad = oracle::examine(&seen, &class, self.spec);
        self.runner.counters().fill(0);
        if let Some(key) = bad.filter(|key| key.rule != Rule::Fuel) {
            self.suspect(key, input, &world, String::new());
        }
        told
    }

    /// Whether this suspect shows for another input too: how inputs are made smaller.
    pub(crate) fn shows(&mut self, suspect: &Suspect, input: &[u8]) -> bool {
        let class = Class::of(input, self.spec);
        let first = Class::of(&suspect.input, self.spec);
        if class.counts() != first.counts() {
            return false;
        }
        self.quiet = true;
        let world = Arc::clone(&suspect.world);
        let here = self.other(input, &world, &class);
        let shown = match (suspect.key.rule, &class) {
            (Rule::NotIdempotent | Rule::FollowsOrder, Class::Valid(value)) => {
                here.ended == Ended::Success
                    && self
                        .promises(value, &here)
                        .iter()
                        .any(|it| it.0 == suspect.key)
            }
            (Rule::FollowsClock | Rule::FollowsRandom | Rule::FollowsEnvironment, _) => {
                let usual = Arc::clone(&self.worlds.usual);
                let there = self.other(input, &usual, &class);
                there.bad.is_none() && there.differs(&here)
            }
            _ => here.bad == Some(suspect.key),
        };
        self.quiet = false;
        shown
    }

    /// Words that stand in the code of functions that were reached: what the tool itself looks
    /// for is among them, and most of what its libraries could look for is not.
    pub(crate) fn near_words(&self) -> Vec<Vec<u8>> {
        const MOST: usize = 256;
        let (Runner::Machine(machine), Some(comparing)) = (&self.runner, &self.comparing) else {
            return Vec::new();
        };
        let mut near: Vec<Vec<u8>> = Vec::new();
        for (function, word) in &comparing.plan.words {
            let entry = machine.entries().get(*function);
            let reached = entry.is_some_and(|entry| self.coverage.is_reached(*entry));
            if reached && near.len() < MOST && !near.contains(word) {
                near.push(word.clone());
            }
        }
        near
    }

    /// What an input is compared with on its way.
    pub(crate) fn compare(&mut self, input: &[u8]) -> Option<&Comparisons> {
        let room = match &self.runner {
            Runner::Machine(machine) => machine.room(),
            Runner::Runtime(_) => return None,
        };
        let comparing = self.comparing.as_mut()?;
        let (wasm, plan) = (comparing.wasm, comparing.plan);
        comparing.machine.get_or_init(|| {
            let made = Machine::new(wasm, plan, Form::Comparing, room);
            made.ok().map(Box::new)
        });
        let machine = comparing.machine.get_mut()?.as_mut()?;
        machine.run(input, &self.worlds.usual);
        machine.counters().fill(0);
        Some(&machine.guest().comparisons)
    }
}

/// Every so many runs one that is nothing new is looked at again too.
const LOOK_AGAIN: u64 = 64;

/// What a run asked for, and so may depend on.
#[derive(Clone, Copy)]
struct Again {
    clock: bool,
    random: bool,
    environment: bool,
}
