//! The methods of `KnowledgeService`.

use super::events;
use super::view::{self, Which};
use crate::calls::tool_name;
use crate::convert::{WireError, enumerated, parsed, version};
use crate::metrics::Metrics;
use crate::proto::{self, knowledge_service_server as server};
use crate::store::Store;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use kbi::{Attribution, Filter, KbiError, KnowledgeBase, PageRequest, ProposalId};
use runtime::CancellationToken;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The largest piece of a module in one message.
const PIECE: usize = 256 * 1024;

/// `KnowledgeService`.
pub(crate) struct KnowledgeApi {
    pub(crate) store: Store,
    pub(crate) closing: CancellationToken,
    pub(crate) metrics: Arc<Metrics>,
}

impl KnowledgeApi {
    /// Makes a move and answers with the version as it stands after it.
    async fn make<F>(
        &self,
        which: Which,
        by: Attribution,
        work: F,
    ) -> Result<Response<proto::MoveResponse>, Status>
    where
        F: FnOnce(&dyn KnowledgeBase, ProposalId, &Attribution) -> Result<kbi::State, KbiError>
            + Send
            + 'static,
    {
        let record = self
            .store
            .write(move |kb| {
                let id = view::id(kb, &which)?;
                work(kb, id, &by)?;
                kb.proposal(id)
            })
            .await?;
        let version = &record.version;
        tracing::info!(task_id = %version.proposal_id, tool = %version.name, version = %version.version, state = %version.state, "moved");
        Ok(Response::new(proto::MoveResponse {
            tool: Some(version.into()),
        }))
    }
}

impl KnowledgeApi {
    /// Makes the decision the last span of the trace that began with the proposal.
    fn tell_decision(&self, decision: kbi::Decision, made: &proto::MoveResponse) {
        let Some(tool) = &made.tool else { return };
        let span = tracing::info_span!(
            "decision",
            task_id = tool.proposal_id,
            tool = tool.name,
            version = tool.version,
            ?decision,
        );
        if let Ok(id) = tool.proposal_id.parse() {
            self.store.origins().adopt(id, &span);
        }
    }
}

#[tonic::async_trait]
impl server::KnowledgeService for KnowledgeApi {
    async fn list_tools(
        &self,
        request: Request<proto::ListToolsRequest>,
    ) -> Result<Response<proto::ListToolsResponse>, Status> {
        let request = request.into_inner();
        let mut states = Vec::new();
        for (index, state) in request.states.iter().enumerate() {
            let field = format!("states[{index}]");
            let state: proto::ToolState = enumerated(*state, &field)?;
            let missing = || WireError::one(&field, "say which state");
            states.push(state.known().ok_or_else(missing)?);
        }
        let page = PageRequest {
            size: match request.page_size {
                0 => PageRequest::default().size,
                size => size,
            },
            after: match request.page_token.as_str() {
                "" => None,
                token => Some(parsed(token, "page_token")?),
            },
        };
        let filter = Filter {
            states,
            name_prefix: request.name_prefix,
        };
        let page = self.store.read(move |kb| kb.list(&filter, &page)).await?;
        Ok(Response::new(proto::ListToolsResponse {
            tools: page.items.iter().map(Into::into).collect(),
            next_page_token: page.next.map(|next| next.to_string()).unwrap_or_default(),
        }))
    }

    async fn get_tool(
        &self,
        request: Request<proto::GetToolRequest>,
    ) -> Result<Response<proto::GetToolResponse>, Status> {
        let request = request.into_inner();
        let include_source = request.include_source;
        let which = match (request.proposal_id.as_str(), request.version.as_str()) {
            ("", "") => Which::Current(tool_name(request.name, "name")?),
            ("", text) => {
                let version = version(text, "version")?;
                Which::Version(tool_name(request.name, "name")?, version)
            }
            (id, "") if request.name.is_empty() => Which::Proposal(parsed(id, "proposal_id")?),
            _ => {
                let message = "give either this or the name (and version)";
                return Err(WireError::one("proposal_id", message).into());
            }
        };
        let response = self
            .store
            .read(move |kb| view::everything(kb, &which, include_source))
            .await?;
        Ok(Response::new(response))
    }

    #[tracing::instrument(name = "decide", skip_all)]
    async fn decide_review(
        &self,
        request: Request<proto::DecideReviewRequest>,
    ) -> Result<Response<proto::MoveResponse>, Status> {
        let request = request.into_inner();
        let decision = request.decision().known();
        let decision =
            decision.ok_or_else(|| WireError::one("decision", "say APPROVE or REJECT"))?;
        let by = Attribution::new(request.by, request.reason);
        let made = self
            .make(which(request.tool)?, by, move |kb, id, by| {
                kb.decide(id, decision, by)
            })
            .await?;
        self.metrics.validations.decided(decision);
        self.tell_decision(decision, made.get_ref());
        Ok(made)
    }

    #[tracing::instrument(name = "activate", skip_all)]
    async fn activate_tool(
        &self,
        request: Request<proto::MoveRequest>,
    ) -> Result<Response<proto::MoveResponse>, Status> {
        let (which, by) = asked(request.into_inner())?;
        self.make(which, by, |kb, id, by| kb.activate(id, by)).await
    }

    #[tracing::instrument(name = "deprecate", skip_all)]
    async fn deprecate_tool(
        &self,
        request: Request<proto::MoveRequest>,
    ) -> Result<Response<proto::MoveResponse>, Status> {
        let (which, by) = asked(request.into_inner())?;
        self.make(which, by, |kb, id, by| kb.deprecate(id, by))
            .await
    }

    #[tracing::instrument(name = "roll_back", skip_all)]
    async fn roll_back_tool(
        &self,
        request: Request<proto::MoveRequest>,
    ) -> Result<Response<proto::MoveResponse>, Status> {
        let (which, by) = asked(request.into_inner())?;
        self.make(which, by, |kb, id, by| kb.roll_back(id, by))
            .await
    }

    type GetArtifactStream = BoxStream<'static, Result<proto::GetArtifactResponse, Status>>;

    async fn get_artifact(
        &self,
        request: Request<proto::GetArtifactRequest>,
    ) -> Result<Response<Self::GetArtifactStream>, Status> {
        let digest: kbi::Digest = parsed(&request.into_inner().digest, "digest")?;
        let module = self.store.read(move |kb| kb.artifact(&digest)).await?;
        let mut rest = bytes::Bytes::from(module);
        let total_bytes = rest.len() as u64;
        let pieces = std::iter::from_fn(move || {
            let data = rest.split_to(rest.len().min(PIECE));
            (!data.is_empty()).then_some(Ok(proto::GetArtifactResponse { data, total_bytes }))
        });
        Ok(Response::new(stream::iter(pieces).boxed()))
    }

    async fn get_attestations(
        &self,
        request: Request<proto::GetAttestationsRequest>,
    ) -> Result<Response<proto::GetAttestationsResponse>, Status> {
        let which = which(request.into_inner().tool)?;
        let response = self
            .store
            .read(move |kb| {
                let id = view::id(kb, &which)?;
                let version = kb.proposal(id)?.version;
                let digest = version.artifact.map(|digest| digest.to_string());
                Ok(proto::GetAttestationsResponse {
                    bundle: kb.attestations(id)?,
                    artifact_digest: digest.unwrap_or_default(),
                    name: format!("{}@{}", version.name, version.version),
                })
            })
            .await?;
        Ok(Response::new(response))
    }

    type WatchEventsStream = BoxStream<'static, Result<proto::Event, Status>>;

    async fn watch_events(
        &self,
        request: Request<proto::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let (store, closing) = (self.store.clone(), self.closing.clone());
        let events = events::follow(store, closing, &request.into_inner()).await?;
        Ok(Response::new(events.boxed()))
    }
}

fn asked(request: proto::MoveRequest) -> Result<(Which, Attribution), WireError> {
    let by = Attribution::new(request.by, request.reason);
    Ok((which(request.tool)?, by))
}

fn which(wire: Option<proto::ToolVersionRef>) -> Result<Which, WireError> {
    use proto::tool_version_ref::Ref;
    let missing = || WireError::one("tool", "name a tool version, or its proposal");
    Ok(
        match wire.and_then(|wire| wire.r#ref).ok_or_else(missing)? {
            Ref::ProposalId(id) => Which::Proposal(parsed(&id, "tool.proposal_id")?),
            Ref::NameAndVersion(named) => Which::Version(
                tool_name(named.name, "tool.name_and_version.name")?,
                version(&named.version, "tool.name_and_version.version")?,
            ),
        },
    )
}
