//! The methods of `ValidationService`.

use super::queue::Queue;
use crate::convert::{parsed, report, tool};
use crate::metrics::Metrics;
use crate::proto::{
    self, ToolState, ValidationStatus, validation_service_server as server,
    watch_validation_response::{Event, Finished},
};
use crate::status;
use crate::store::Store;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use kbi::{Attribution, KbiError, ProposalId, VersionRecord};
use std::sync::Arc;
use std::time::Duration;
use tonic::{Request, Response, Status};
use validation::ValidationReport;

/// When to try again after too many proposals: about as long as a validation takes.
const RETRY: Duration = Duration::from_secs(10);

/// `ValidationService`.
pub(crate) struct ValidationApi {
    pub(crate) store: Store,
    /// Absent where the service only calls tools, because nothing is installed to build them with.
    pub(crate) queue: Option<Queue>,
    pub(crate) metrics: Arc<Metrics>,
}

impl ValidationApi {
    fn queue(&self) -> Result<&Queue, Status> {
        self.queue.as_ref().ok_or_else(|| {
            status::precondition(
                "NO_INSTALLATION",
                "validation",
                "this service has no toolchain to validate proposals with: its operator runs \
                 `make setup` and starts it again",
            )
        })
    }

    /// Where a proposal stands, and its report once there is one.
    async fn standing(
        &self,
        id: ProposalId,
    ) -> Result<(VersionRecord, Option<ValidationReport>), Status> {
        self.store
            .read(move |kb| {
                let version = kb.proposal(id)?.version;
                let report = match kb.report(id) {
                    Ok(report) => Some(report),
                    Err(KbiError::NotValidated { .. }) => None,
                    Err(error) => return Err(error),
                };
                Ok((version, report))
            })
            .await
    }
}

#[tonic::async_trait]
impl server::ValidationService for ValidationApi {
    #[tracing::instrument(name = "submit", skip_all)]
    async fn submit_proposed_tool(
        &self,
        request: Request<proto::SubmitProposedToolRequest>,
    ) -> Result<Response<proto::SubmitProposedToolResponse>, Status> {
        let request = request.into_inner();
        let queue = self.queue()?;
        let tool = tool::proposal(request.tool)?;
        let counted = &self.metrics.validations;
        if queue.is_full() {
            counted.busy.inc();
            return Err(status::busy(
                "too many proposals wait for their validation: try again later",
                RETRY,
            ));
        }
        let by = [request.by.as_str(), tool.generated_by_agent_id.as_str()];
        let by = by.into_iter().find(|by| !by.is_empty());
        let reason = match request.reason.as_str() {
            "" => "a tool is proposed",
            reason => reason,
        };
        let by = Attribution::new(by.unwrap_or("anonymous"), reason);
        let proposed = self.store.write(move |kb| kb.propose(&tool, &by)).await?;
        if proposed.already_known {
            counted.known.inc();
        } else {
            counted.accepted.inc();
        }
        self.store.origins().remember(proposed.id);
        // Also when it was known: it may be one that was given up after its last try.
        if proposed.state.is_unfinished() {
            queue.enqueue(proposed.id);
        }
        tracing::info!(task_id = %proposed.id, state = %proposed.state, "proposed");
        Ok(Response::new(proto::SubmitProposedToolResponse {
            proposal_id: proposed.id.to_string(),
            tool_id: proposed.tool_id.to_string(),
            state: ToolState::from(proposed.state).into(),
            validation_status: ValidationStatus::from(proposed.state.validation_status()).into(),
            already_known: proposed.already_known,
        }))
    }

    async fn get_validation(
        &self,
        request: Request<proto::GetValidationRequest>,
    ) -> Result<Response<proto::GetValidationResponse>, Status> {
        let id = parsed(&request.into_inner().proposal_id, "proposal_id")?;
        let (version, report) = self.standing(id).await?;
        Ok(Response::new(proto::GetValidationResponse {
            tool: Some((&version).into()),
            report: report.as_ref().map(Into::into),
        }))
    }

    async fn render_report(
        &self,
        request: Request<proto::RenderReportRequest>,
    ) -> Result<Response<proto::RenderReportResponse>, Status> {
        let request = request.into_inner();
        let id = parsed(&request.proposal_id, "proposal_id")?;
        let (form, budget) = report::wanted(&request)?;
        // What a report becomes is made where the disk is read: it may take a while too.
        let content = self
            .store
            .read(move |kb| Ok(kb.report(id)?.render(form, budget)))
            .await?;
        Ok(Response::new(proto::RenderReportResponse {
            media_type: form.media_type().to_owned(),
            content,
        }))
    }

    type WatchValidationStream = BoxStream<'static, Result<proto::WatchValidationResponse, Status>>;

    async fn watch_validation(
        &self,
        request: Request<proto::WatchValidationRequest>,
    ) -> Result<Response<Self::WatchValidationStream>, Status> {
        let id = parsed(&request.into_inner().proposal_id, "proposal_id")?;
        // First the queue, then what is known: one that ends between is found at the second.
        if let Some(hub) = self.queue.as_ref().and_then(|queue| queue.hub(id)) {
            return Ok(Response::new(hub.follow().boxed()));
        }
        let (version, report) = self.standing(id).await?;
        if version.state.is_unfinished() {
            // Accepted and not yet in the queue, or given up after its last try.
            let hub = self.queue()?.enqueue(id);
            return Ok(Response::new(hub.follow().boxed()));
        }
        let finished = proto::WatchValidationResponse {
            sequence: 1,
            time: Some(crate::convert::to_wire_time(version.updated_at)),
            event: Some(Event::Finished(Finished {
                state: ToolState::from(version.state).into(),
                report: report.as_ref().map(Into::into),
            })),
        };
        Ok(Response::new(stream::iter([Ok(finished)]).boxed()))
    }
}
