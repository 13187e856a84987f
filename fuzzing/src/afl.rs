//! LibAFL's side: the executor that calls our runs, what is worth keeping, and the stages.

mod operands;
mod repair;
mod tmin;

pub(crate) use operands::{OperandReplace, Operands};
use repair::Repair;
pub(crate) use tmin::minimise;

use crate::schema::{JsonMutator, Near, Schema};
use crate::session::{Fate, Session, Verdict};
use libafl::corpus::{InMemoryCorpus, Testcase};
use libafl::events::NopEventManager;
use libafl::executors::{Executor, ExitKind, HasObservers};
use libafl::feedbacks::{Feedback, StateInitializer};
use libafl::inputs::{BytesInput, HasMutatorBytes};
use libafl::mutators::{
    HavocScheduledMutator, I2SRandReplace, Tokens, havoc_mutations, tokens_mutations,
};
use libafl::observers::{CmpValuesMetadata, Observer};
use libafl::schedulers::{TestcaseScore, WeightedScheduler};
use libafl::stages::{Restartable, Stage, StdMutationalStage};
use libafl::state::{HasCorpus, HasCurrentTestcase, HasMaxSize, HasRand, StdState};
use libafl::{Error, Evaluator, Fuzzer, HasMetadata, StdFuzzer};
use libafl_bolts::rands::StdRand;
use libafl_bolts::tuples::{Merge, RefIndexable, tuple_list};
use libafl_bolts::{Named, impl_serdeany, tuples::tuple_list_type};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::num::NonZeroUsize;
use std::rc::Rc;

pub(crate) type Corpus = InMemoryCorpus<BytesInput>;
pub(crate) type State = StdState<Corpus, BytesInput, StdRand, Corpus>;

/// What LibAFL sees of a run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Observation {
    /// Tells the paths of runs apart.
    path: u64,
    new_edges: u32,
    new_counts: u32,
    costly: bool,
    fuel: u64,
    /// How much it is worth to go on from it, by what became of it.
    fate: f64,
    /// Whether it looked wrong in a way that is new.
    new_suspect: bool,
    /// Whether what is being made smaller still shows: see [`tmin`].
    pub(crate) shows: tmin::Shows,
}

/// The name under which it is known.
const OBSERVATION: &str = "run";

impl Named for Observation {
    fn name(&self) -> &Cow<'static, str> {
        static NAME: Cow<'static, str> = Cow::Borrowed(OBSERVATION);
        &NAME
    }
}

impl<I, S> Observer<I, S> for Observation {}

impl AsRef<Self> for Observation {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Hash for Observation {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.path.hash(state);
    }
}

impl Observation {
    fn take(&mut self, verdict: &Verdict) {
        self.path = verdict.novelty.path;
        self.new_edges = verdict.novelty.edges;
        self.new_counts = verdict.novelty.counts;
        self.costly = verdict.costly;
        self.fuel = verdict.fuel;
        self.fate = match verdict.fate {
            Fate::Answered => 6.0,
            Fate::Unknown | Fate::Refused => 1.0,
            Fate::Forbidden => 0.1,
        };
        self.new_suspect = verdict.bad.is_some_and(|(_, new)| new);
        // What looks wrong is no ground to build on: its coverage is that of failing.
        if verdict.bad.is_some() {
            self.new_counts = 0;
            self.costly = false;
        }
    }
}

/// Who is told how it goes on: the session, and how many inputs are kept.
pub(crate) type Heard<'h, 'a> = dyn FnMut(&Session<'a>, usize) + 'h;

/// Runs inputs for LibAFL.
pub(crate) struct Runs<'s, 'a> {
    pub(crate) session: &'s mut Session<'a>,
    pub(crate) observers: tuple_list_type!(Observation),
    /// While an input is made smaller: what has to show.
    shrinking: Option<tmin::Shrinking>,
    heard: &'s mut Heard<'s, 'a>,
}

impl HasObservers for Runs<'_, '_> {
    type Observers = tuple_list_type!(Observation);

    fn observers(&self) -> RefIndexable<&Self::Observers, Self::Observers> {
        RefIndexable::from(&self.observers)
    }

    fn observers_mut(&mut self) -> RefIndexable<&mut Self::Observers, Self::Observers> {
        RefIndexable::from(&mut self.observers)
    }
}

impl<EM, Z> Executor<EM, BytesInput, State, Z> for Runs<'_, '_> {
    fn run_target(
        &mut self,
        _fuzzer: &mut Z,
        state: &mut State,
        _manager: &mut EM,
        input: &BytesInput,
    ) -> Result<ExitKind, Error> {
        let bytes = input.mutator_bytes();
        if self.session.over() {
            return Err(Error::shutting_down());
        }
        if let Some(shrinking) = &mut self.shrinking {
            let shows = self.session.shows(&shrinking.suspect, bytes);
            if shows && bytes.len() < shrinking.smallest.len() {
                shrinking.smallest = bytes.to_vec();
            }
            self.observers.0.shows = tmin::Shows(shows);
            return Ok(ExitKind::Ok);
        }
        let verdict = self.session.evaluate(bytes);
        self.observers.0.take(&verdict);
        if self.session.executions.is_multiple_of(TOLD) {
            use libafl::corpus::Corpus as _;
            (self.heard)(self.session, state.corpus().count());
        }
        *libafl::state::HasExecutions::executions_mut(state) += 1;
        Ok(if verdict.bad.is_some() {
            ExitKind::Crash
        } else {
            ExitKind::Ok
        })
    }
}

/// How often somebody is told, at most: asking the clock each time would cost.
const TOLD: u64 = 512;

/// What is known of an input that was kept.
#[allow(
    clippy::unsafe_derive_deserialize,
    reason = "the unsafe methods are those of LibAFL's registry of types, and touch no field"
)]
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    new_edges: u32,
    new_counts: u32,
    fuel: u64,
    fate: f64,
}

impl_serdeany!(Kept);

/// Keeps what goes a way that was not seen before, or works more than others of its size.
struct Keep;

impl Named for Keep {
    fn name(&self) -> &Cow<'static, str> {
        static NAME: Cow<'static, str> = Cow::Borrowed("keep");
        &NAME
    }
}

impl<S> StateInitializer<S> for Keep {}

impl<EM, S> Feedback<EM, BytesInput, tuple_list_type!(Observation), S> for Keep {
    fn is_interesting(
        &mut self,
        _state: &mut S,
        _manager: &mut EM,
        _input: &BytesInput,
        observers: &tuple_list_type!(Observation),
        _exit: &ExitKind,
    ) -> Result<bool, Error> {
        let seen = &observers.0;
        Ok(seen.new_counts > 0 || seen.costly)
    }

    fn append_metadata(
        &mut self,
        _state: &mut S,
        _manager: &mut EM,
        observers: &tuple_list_type!(Observation),
        testcase: &mut Testcase<BytesInput>,
    ) -> Result<(), Error> {
        let seen = &observers.0;
        testcase.add_metadata(Kept {
            new_edges: seen.new_edges,
            new_counts: seen.new_counts,
            fuel: seen.fuel,
            fate: seen.fate,
        });
        Ok(())
    }
}

/// Tells what looked wrong in a new way.
struct Suspicious;

impl Named for Suspicious {
    fn name(&self) -> &Cow<'static, str> {
        static NAME: Cow<'static, str> = Cow::Borrowed("suspicious");
        &NAME
    }
}

impl<S> StateInitializer<S> for Suspicious {}

impl<EM, S> Feedback<EM, BytesInput, tuple_list_type!(Observation), S> for Suspicious {
    fn is_interesting(
        &mut self,
        _state: &mut S,
        _manager: &mut EM,
        _input: &BytesInput,
        observers: &tuple_list_type!(Observation),
        _exit: &ExitKind,
    ) -> Result<bool, Error> {
        Ok(observers.0.new_suspect)
    }
}

/// How much a kept input is worth another try: those that were answered and brought new edges
/// most, each less with every time that it was tried, and those that take long less. Nothing here depends on the
/// clock, so that a campaign can be repeated.
#[derive(Clone, Debug)]
struct Worth;

impl TestcaseScore<BytesInput, State> for Worth {
    fn compute(_state: &State, entry: &mut Testcase<BytesInput>) -> Result<f64, Error> {
        let tried = f64::from(u32::try_from(entry.scheduled_count()).unwrap_or(u32::MAX));
        let size = entry
            .input()
            .as_ref()
            .map_or(0, |input| input.mutator_bytes().len());
        let size = f64::from(u32::try_from(size).unwrap_or(u32::MAX));
        let Ok(kept) = entry.metadata::<Kept>() else {
            return Ok(1.0);
        };
        let new = 1.0 + f64::from(kept.new_edges) + 0.25 * f64::from(kept.new_counts);
        let fuel = f64::from(u32::try_from(kept.fuel).unwrap_or(u32::MAX));
        let cost = 1.0 + fuel / 100_000.0 + size / 2_000.0;
        Ok(kept.fate * new.ln_1p() / (1.0 + tried).sqrt() / cost.sqrt())
    }
}

/// Words that a campaign learns at most.
const MOST_WORDS: usize = 2048;

/// Before an input's first mutations: what it is compared with on its way.
struct Compare<ST> {
    inner: ST,
    /// Edges that were reached when it was last seen which words are near.
    reached: usize,
}

impl<'s, 'a, EM, Z, ST> Stage<Runs<'s, 'a>, EM, State, Z> for Compare<ST>
where
    ST: Stage<Runs<'s, 'a>, EM, State, Z>,
{
    fn perform(
        &mut self,
        fuzzer: &mut Z,
        executor: &mut Runs<'s, 'a>,
        state: &mut State,
        manager: &mut EM,
    ) -> Result<(), Error> {
        /// How often an input is compared, at first and then now and then.
        const ALWAYS: usize = 2;
        let reached = executor.session.coverage.reached();
        if reached != self.reached {
            self.reached = reached;
            state.add_metadata(Near {
                words: executor.session.near_words(),
            });
        }
        let tried = state.current_testcase()?.scheduled_count();
        if tried >= ALWAYS && !tried.is_multiple_of(16) {
            return Ok(());
        }
        let input: Vec<u8> = {
            let testcase = state.current_testcase()?;
            match testcase.input() {
                Some(input) => input.mutator_bytes().to_vec(),
                None => return Ok(()),
            }
        };
        let Some(compared) = executor.session.compare(&input) else {
            return Ok(());
        };
        let tokens = state.metadata_or_insert_with(Tokens::new);
        for word in compared.words() {
            if tokens.len() < MOST_WORDS {
                tokens.add_token(&word);
            }
        }
        let values = compared.values();
        state.add_metadata(Operands::of(&input, &values, compared.pairs()));
        state.add_metadata(CmpValuesMetadata { list: values });
        // More than once, so that one gate behind the other opens.
        for _ in 0..2 {
            self.inner.perform(fuzzer, executor, state, manager)?;
        }
        Ok(())
    }
}

impl<ST> Restartable<State> for Compare<ST> {
    fn should_restart(&mut self, _state: &mut State) -> Result<bool, Error> {
        Ok(true)
    }

    fn clear_progress(&mut self, _state: &mut State) -> Result<(), Error> {
        Ok(())
    }
}

/// What a campaign begins with.
pub(crate) struct Beginning<'b> {
    pub(crate) seed: u64,
    pub(crate) seeds: &'b [Vec<u8>],
    pub(crate) tokens: &'b [Vec<u8>],
    pub(crate) schema: Option<Rc<Schema>>,
    pub(crate) max_input: usize,
}

fn some(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}

/// Runs a campaign until its budget is used up; gives the corpus.
pub(crate) fn campaign<'a>(
    session: &mut Session<'a>,
    beginning: &Beginning<'_>,
    heard: &mut Heard<'_, 'a>,
) -> Result<Vec<Vec<u8>>, Error> {
    use libafl::corpus::Corpus as _;
    let (mut keep, mut suspicious) = (Keep, Suspicious);
    let mut state = StdState::new(
        StdRand::with_seed(beginning.seed),
        Corpus::new(),
        Corpus::new(),
        &mut keep,
        &mut suspicious,
    )?;
    state.set_max_size(beginning.max_input);
    let mut tokens = Tokens::new();
    tokens.add_tokens(beginning.tokens);
    state.add_metadata(tokens);
    let observation = Observation::default();
    let scheduler: WeightedScheduler<Observation, Worth, Observation> =
        WeightedScheduler::new(&mut state, &observation);
    let mut fuzzer = StdFuzzer::builder()
        .scheduler(scheduler)
        .feedback(keep)
        .objective(suspicious)
        .build();
    let mut runs = Runs {
        session,
        observers: tuple_list!(observation),
        shrinking: None,
        heard,
    };
    let mut manager = NopEventManager::new();
    let ended = (|| {
        for seed in beginning.seeds {
            fuzzer.evaluate_input(
                &mut state,
                &mut runs,
                &mut manager,
                &BytesInput::new(seed.clone()),
            )?;
        }
        if let Some(schema) = &beginning.schema {
            // Valid inputs of all kinds and those one step outside, before anything is mutated.
            let made = schema.beginning(state.rand_mut());
            for input in made {
                fuzzer.evaluate_input(
                    &mut state,
                    &mut runs,
                    &mut manager,
                    &BytesInput::new(input),
                )?;
            }
        }
        // Something has to be there to mutate, whatever became of the seeds.
        let nested = b"[".repeat(2000.min(beginning.max_input));
        for input in [&b""[..], b"0", b"{}", b"\n", &[0; 64], &nested] {
            fuzzer.evaluate_input(
                &mut state,
                &mut runs,
                &mut manager,
                &BytesInput::new(input.to_vec()),
            )?;
        }
        if state.corpus().count() == 0 {
            fuzzer.add_input(
                &mut state,
                &mut runs,
                &mut manager,
                BytesInput::new(vec![b'0']),
            )?;
        }
        if state.corpus().count() == 0 {
            return Ok(());
        }
        // Of JSON most mutations that know nothing of it give what its parser refuses.
        let (wild, json) = match &beginning.schema {
            Some(_) => (24, 128),
            None => (128, 1),
        };
        let schema = beginning
            .schema
            .clone()
            .unwrap_or_else(|| Rc::new(Schema::any()));
        let mut stages = tuple_list!(
            Compare {
                reached: 0,
                inner: StdMutationalStage::with_max_iterations(
                    HavocScheduledMutator::with_max_stack_pow(
                        tuple_list!(OperandReplace, I2SRandReplace::new(), OperandReplace),
                        1,
                    ),
                    some(64),
                ),
            },
            Repair {
                mutator: beginning.schema.clone().map(JsonMutator::new),
            },
            Repair {
                mutator: beginning
                    .schema
                    .is_none()
                    .then(|| HavocScheduledMutator::with_max_stack_pow(havoc_mutations(), 2)),
            },
            StdMutationalStage::with_max_iterations(JsonMutator::new(schema), some(json)),
            StdMutationalStage::with_max_iterations(
                HavocScheduledMutator::new(havoc_mutations().merge(tokens_mutations())),
                some(wild),
            ),
        );
        loop {
            fuzzer.fuzz_one(&mut stages, &mut runs, &mut state, &mut manager)?;
        }
    })();
    match ended {
        Ok(()) | Err(Error::ShuttingDown) => {}
        Err(error) => return Err(error),
    }
    let mut corpus = Vec::new();
    for id in state.corpus().ids() {
        let testcase = state.corpus().get(id)?.borrow();
        if let Some(input) = testcase.input() {
            corpus.push(input.mutator_bytes().to_vec());
        }
    }
    Ok(corpus)
}
