//! Makes inputs smaller, by LibAFL's stage for it.

use super::{Corpus, Observation, Runs, State};
use crate::schema::Shrink;
use crate::session::{Budget, Session, Suspect};
use libafl::corpus::HasCurrentCorpusId;
use libafl::events::NopEventManager;
use libafl::feedbacks::ConstFeedback;
use libafl::inputs::BytesInput;
use libafl::mutators::{BytesDeleteMutator, HavocScheduledMutator};
use libafl::schedulers::QueueScheduler;
use libafl::stages::{ObserverEqualityFactory, Restartable, Stage, StdTMinMutationalStage};
use libafl::state::{HasMaxSize, StdState};
use libafl::{Error, Evaluator, StdFuzzer};
use libafl_bolts::rands::StdRand;
use libafl_bolts::tuples::tuple_list;
use serde::{Deserialize, Serialize};

/// Whether what is looked for showed in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Shows(pub(crate) bool);

impl AsRef<Shows> for Observation {
    fn as_ref(&self) -> &Shows {
        &self.shows
    }
}

/// What is being made smaller.
pub(crate) struct Shrinking {
    pub(crate) suspect: Suspect,
    /// The smallest input for which it showed.
    pub(crate) smallest: Vec<u8>,
}

/// Runs without a smaller input after which it is small enough.
const RUNS: usize = 400;

/// Gives the smallest input that is found for which the same shows. The budget bounds how long
/// that takes; what was found by then is given.
pub(crate) fn minimise(
    session: &mut Session<'_>,
    suspect: &Suspect,
    seed: u64,
    budget: Budget,
) -> Result<Vec<u8>, Error> {
    if suspect.input.len() <= 1 || !session.shows(suspect, &suspect.input) {
        return Ok(suspect.input.clone());
    }
    session.extend(budget);
    let (mut keep, mut objective) = (ConstFeedback::False, ConstFeedback::False);
    let mut state: State = StdState::new(
        StdRand::with_seed(seed),
        Corpus::new(),
        Corpus::new(),
        &mut keep,
        &mut objective,
    )?;
    state.set_max_size(suspect.input.len().max(1));
    let observation = Observation::default();
    let factory: ObserverEqualityFactory<Observation, BytesInput, Shows, State> =
        ObserverEqualityFactory::new(&observation);
    let mut fuzzer = StdFuzzer::builder()
        .scheduler(QueueScheduler::new())
        .feedback(keep)
        .objective(objective)
        .build();
    let mut nobody = |_: &Session<'_>, _: usize| {};
    let mut runs = Runs {
        session,
        observers: tuple_list!(observation),
        shrinking: Some(Shrinking {
            suspect: suspect.clone(),
            smallest: suspect.input.clone(),
        }),
        heard: &mut nobody,
    };
    let mut manager = NopEventManager::new();
    let added = fuzzer.add_input(
        &mut state,
        &mut runs,
        &mut manager,
        BytesInput::new(suspect.input.clone()),
    );
    let id = match added {
        Ok(id) => id,
        Err(Error::ShuttingDown) => return Ok(suspect.input.clone()),
        Err(error) => return Err(error),
    };
    state.set_corpus_id(id)?;
    let mutator = HavocScheduledMutator::with_max_stack_pow(
        tuple_list!(Shrink, Shrink, Shrink, BytesDeleteMutator::new(),),
        1,
    );
    let mut smaller = StdTMinMutationalStage::new(mutator, factory, RUNS);
    let ended = smaller
        .should_restart(&mut state)
        .and_then(|_| smaller.perform(&mut fuzzer, &mut runs, &mut state, &mut manager));
    match ended {
        Ok(()) | Err(Error::ShuttingDown) => {}
        Err(error) => return Err(error),
    }
    // The stage writes down what it reached only at its end, to which it may not come.
    Ok(match runs.shrinking {
        Some(shrinking) => shrinking.smallest,
        None => suspect.input.clone(),
    })
}
