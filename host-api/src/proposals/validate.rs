//! Who judges proposals.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use policies::Policy;
use runtime::CancellationToken;
use validation::{Manifest, Progress, ProposedTool, ValidationError, ValidationReport, Validator};

/// Judges proposals. [`Validator`] does; another one may do it elsewhere, or by a script in tests.
pub trait Validate: Send + Sync + 'static {
    /// Takes one proposal through all stages; `progress` hears of each step.
    ///
    /// # Errors
    /// When it was called off, or the machine could not do its part (it is then tried again).
    fn validate<'a>(
        &'a self,
        proposal: &'a ProposedTool,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Judged, ValidationError>>;
}

/// What a validation came to.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What was found, and the verdict.
    pub report: ValidationReport,
    /// The module, if it was built.
    pub artifact: Option<Vec<u8>>,
    /// What the tool says of itself, if that could be had.
    pub manifest: Option<Manifest>,
    /// What activation grants.
    pub grant: Policy,
}

impl Validate for Validator {
    fn validate<'a>(
        &'a self,
        proposal: &'a ProposedTool,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Judged, ValidationError>> {
        async move {
            let validated = Validator::validate(self, proposal, progress, cancel).await?;
            Ok(Judged {
                report: validated.report,
                artifact: validated.artifact,
                manifest: validated.manifest,
                grant: validated.grant,
            })
        }
        .boxed()
    }
}
