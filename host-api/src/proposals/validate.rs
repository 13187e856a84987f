//! Who judges proposals.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use policies::Policy;
use runtime::CancellationToken;
use validation::{
    AttestationKey, Installation, Manifest, Previous, Progress, ProposedTool, TrackRecord,
    ValidationError, ValidationReport, Validator,
};

/// What the knowledge base knows beside a proposal.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Background {
    /// The version that is active now, with which the new one is compared.
    pub previous: Option<Previous>,
    /// What became of earlier tools of the same maker, by its own word.
    pub track_record: Option<TrackRecord>,
}

/// Judges proposals. [`Validator`] does; another one may do it elsewhere, or by a script in tests.
pub trait Validate: Send + Sync + 'static {
    /// Takes one proposal through all stages; `progress` hears of each step, and `background` is
    /// what it is seen against.
    ///
    /// # Errors
    /// When it was called off, or the machine could not do its part (it is then tried again).
    fn validate<'a>(
        &'a self,
        proposal: &'a ProposedTool,
        background: Background,
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
    /// Signed statements about the module, one a line, if it was built and is vouched for.
    pub attestations: Option<String>,
}

/// Judges proposals, and vouches for what came of them with the installation's key.
pub(crate) struct Attesting {
    pub(crate) validator: Validator,
    pub(crate) installation: Installation,
    pub(crate) key: AttestationKey,
}

impl Validate for Attesting {
    fn validate<'a>(
        &'a self,
        proposal: &'a ProposedTool,
        background: Background,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Judged, ValidationError>> {
        async move {
            let judging =
                Validate::validate(&self.validator, proposal, background, progress, cancel);
            let mut judged = judging.await?;
            judged.attestations = judged.report.attest(&self.key, &self.installation);
            Ok(judged)
        }
        .boxed()
    }
}

impl Validate for Validator {
    fn validate<'a>(
        &'a self,
        proposal: &'a ProposedTool,
        background: Background,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Judged, ValidationError>> {
        let validator = self
            .clone()
            .with_previous(background.previous)
            .with_track_record(background.track_record);
        async move {
            let validated = validator.validate(proposal, progress, cancel).await?;
            Ok(Judged {
                report: validated.report,
                artifact: validated.artifact,
                manifest: validated.manifest,
                grant: validated.grant,
                attestations: None,
            })
        }
        .boxed()
    }
}
