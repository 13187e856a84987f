//! What every knowledge base must do, whatever it keeps its knowledge in.
//!
//! A backend implements [`Backend`] in a test crate of its own, which has this folder as a module,
//! and calls `conformance_suite!(ItsBackend)`. See `tests/sqlite/main.rs`.

pub(crate) mod deciding;
pub(crate) mod events;
pub(crate) mod fixtures;
pub(crate) mod model;
pub(crate) mod proposing;
pub(crate) mod reading;
pub(crate) mod validating;

use jiff::Timestamp;
use kbi::{Clock, KnowledgeBase};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Barrier};

/// One kind of knowledge base.
pub(crate) trait Backend {
    /// An empty one, which is removed when the value is dropped.
    fn fresh(clock: Arc<dyn Clock>) -> Self
    where
        Self: Sized;

    /// One more handle to the same knowledge, as another process would have it.
    fn handle(&self) -> Arc<dyn KnowledgeBase>;
}

/// An empty knowledge base and what tests need around it.
pub(crate) struct Bench {
    pub(crate) kb: Arc<dyn KnowledgeBase>,
    pub(crate) clock: Arc<ManualClock>,
    backend: Box<dyn Backend>,
}

impl Bench {
    pub(crate) fn new<B: Backend + 'static>() -> Self {
        let clock = Arc::new(ManualClock(AtomicI64::new(1_700_000_000_000_000)));
        let backend = Box::new(B::fresh(clock.clone()));
        Self {
            kb: backend.handle(),
            clock,
            backend,
        }
    }

    pub(crate) fn another_handle(&self) -> Arc<dyn KnowledgeBase> {
        self.backend.handle()
    }

    /// Runs something in several threads at once, each with a handle of its own.
    pub(crate) fn at_once<T: Send>(
        &self,
        threads: usize,
        run: impl Fn(usize, &dyn KnowledgeBase) -> T + Sync,
    ) -> Vec<T> {
        let barrier = Barrier::new(threads);
        let handles: Vec<_> = (0..threads).map(|_| self.another_handle()).collect();
        std::thread::scope(|scope| {
            let running: Vec<_> = handles
                .iter()
                .enumerate()
                .map(|(number, kb)| {
                    let (barrier, run) = (&barrier, &run);
                    scope.spawn(move || {
                        barrier.wait();
                        run(number, kb.as_ref())
                    })
                })
                .collect();
            running
                .into_iter()
                .map(|thread| thread.join().expect("no panic"))
                .collect()
        })
    }
}

/// A clock that goes when it is told to. In microseconds since 1970.
pub(crate) struct ManualClock(AtomicI64);

impl ManualClock {
    pub(crate) fn set(&self, micros: i64) {
        self.0.store(micros, Ordering::SeqCst);
    }

    pub(crate) fn at(micros: i64) -> Timestamp {
        Timestamp::from_microsecond(micros).expect("in range")
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Self::at(self.0.load(Ordering::SeqCst))
    }
}

/// One `#[test]` for each function of the suite.
macro_rules! conformance_suite {
    ($backend:ty) => {
        crate::conformance::conformance_suite! { @each $backend;
            proposing {
                a_new_version_is_proposed,
                what_was_proposed_is_read_back_exactly,
                the_same_content_again_is_answered_with_what_is_known,
                other_content_is_a_conflict_that_names_the_known_proposal,
                build_metadata_makes_no_other_version,
                a_tool_keeps_the_id_of_its_first_proposal,
                an_id_names_one_tool_only,
                names_that_could_not_be_found_again_are_refused,
                who_and_why_are_asked_for_within_their_bounds,
                many_that_propose_the_same_at_once_get_one_proposal,
                of_many_that_propose_otherwise_at_once_one_wins,
            }
            validating {
                what_is_unfinished_is_named_the_oldest_first,
                a_validation_that_was_cut_off_begins_anew,
                each_verdict_leads_to_its_state,
                all_that_came_of_it_is_read_back_exactly,
                a_failed_one_needs_neither_artifact_nor_manifest,
                parts_that_do_not_belong_together_are_refused_without_a_trace,
                what_could_not_be_read_again_is_refused,
                the_same_artifact_may_serve_two_versions,
                of_many_that_finish_at_once_one_wins,
                what_was_attested_is_read_back_to_the_byte,
                nobody_vouches_for_what_was_not_built,
            }
            deciding {
                each_move_is_refused_in_every_state_that_does_not_allow_it,
                approval_activates_and_rejection_ends,
                the_highest_active_version_answers,
                rolling_back_the_newest_makes_the_one_before_the_answer,
                a_pre_release_answers_only_if_it_is_named,
                what_is_missing_is_told_apart,
                an_active_tool_comes_with_all_that_a_call_needs,
            }
            reading {
                a_record_says_where_a_version_stands_and_since_when,
                pages_together_are_the_whole_list_in_order,
                a_cursor_holds_while_versions_come_and_go,
                filters_by_state_and_prefix,
                a_census_counts_each_state_and_says_since_when,
                page_sizes_are_kept_within_their_bounds,
                what_is_unknown_is_said_to_be,
                an_agent_is_known_by_what_became_of_its_versions,
            }
            events {
                each_move_is_one_audit_row_and_one_event,
                numbers_have_no_gaps_and_refusals_leave_none,
                events_come_in_portions,
                an_event_says_what_cloud_events_asks_for,
                readers_never_see_a_gap_while_many_write,
            }
            model {
                any_sequence_of_moves_ends_where_the_model_does,
            }
        }
    };
    (@each $backend:ty; $($module:ident { $($test:ident,)* })*) => {
        $(mod $module {
            $(#[test]
            fn $test() {
                crate::conformance::$module::$test(&crate::conformance::Bench::new::<$backend>);
            })*
        })*
    };
}
pub(crate) use conformance_suite;
