//! A validator that does what a test says.

use super::guests;
use super::seed::{manifest, report};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use host_api::{Background, CancellationToken, Judged, Validate};
use policies::Policy;
use serde_json::json;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;
use validation::{Progress, ProposedTool, StageKind, ValidationError, Verdict};

/// How one try ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    Judge(Verdict),
    MachineFails,
    Panics,
}

pub(crate) struct Scripted {
    /// For each try, also after a restart if it is the same one; the last holds for all further.
    plans: Vec<Plan>,
    /// Each validation takes one permit in its middle.
    pub(crate) gate: Semaphore,
    pub(crate) tries: AtomicU32,
    pub(crate) cancelled: AtomicU32,
    /// What each try was seen against.
    pub(crate) backgrounds: Mutex<Vec<Background>>,
}

impl Scripted {
    pub(crate) fn new(plans: &[Plan], permits: usize) -> Arc<Self> {
        Arc::new(Self {
            plans: plans.to_vec(),
            gate: Semaphore::new(permits),
            tries: AtomicU32::new(0),
            cancelled: AtomicU32::new(0),
            backgrounds: Mutex::default(),
        })
    }

    /// Everything passes at once.
    pub(crate) fn passing() -> Arc<Self> {
        Self::new(&[Plan::Judge(Verdict::Passed)], Semaphore::MAX_PERMITS)
    }

    async fn script(
        &self,
        tool: &ProposedTool,
        progress: &(dyn Fn(Progress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Judged, ValidationError> {
        let number = self.tries.fetch_add(1, Ordering::SeqCst) as usize;
        let stage = StageKind::Test;
        progress(Progress::StageStarted { stage });
        let message = format!("try {number}");
        progress(Progress::Step { stage, message });
        tokio::select! {
            biased;
            () = cancel.cancelled() => {
                self.cancelled.fetch_add(1, Ordering::SeqCst);
                return Err(ValidationError::Cancelled);
            }
            permit = self.gate.acquire() => permit.expect("never closed").forget(),
        }
        let verdict = match self.plans[number.min(self.plans.len() - 1)] {
            Plan::Judge(verdict) => verdict,
            Plan::MachineFails => {
                return Err(ValidationError::Machine {
                    doing: "writing /var/secret/path".into(),
                    reason: "no space".into(),
                });
            }
            Plan::Panics => panic!("scripted"),
        };
        let artifact = guests::echo();
        let report = report(tool, Some(&artifact), verdict);
        progress(Progress::StageFinished {
            report: report.stages[0].clone(),
        });
        Ok(Judged {
            manifest: Some(manifest(tool, &json!(true), &json!(true))),
            grant: Policy::default(),
            artifact: Some(artifact),
            attestations: Some(format!("attests {}\n", tool.name)),
            report,
        })
    }
}

impl Validate for Scripted {
    fn validate<'a>(
        &'a self,
        proposal: &'a ProposedTool,
        background: Background,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Judged, ValidationError>> {
        let seen = &mut *self.backgrounds.lock().expect("no panic");
        seen.push(background);
        self.script(proposal, progress, cancel).boxed()
    }
}
