//! Following validations to their ends, through lost connections too.

use crate::client::Client;
use crate::exit::Exit;
use crate::output::{self, ACT, BAD, BOLD, ToolLine, harmless};
use crate::problem::Problem;
use crate::wire::{self, VersionName, incomplete, strange};
use host_api::proto::watch_validation_response::Event;
use host_api::proto::{GetToolRequest, ToolState, ToolVersion, WatchValidationRequest};
use std::io::Write;
use std::time::{Duration, Instant};
use tonic::{Code, Status};
use validation::ValidationReport;

/// How long a service may be away (while it restarts) before following gives up.
const PATIENCE: Duration = Duration::from_secs(15);

/// Follows a validation until it is over.
///
/// # Errors
/// What the service says; a lost connection only after [`PATIENCE`], which is told at once.
pub(super) async fn to_the_end(
    client: &Client,
    proposal_id: &str,
    line: &ToolLine,
) -> anyhow::Result<()> {
    let mut lost: Option<Instant> = None;
    loop {
        let error = match once(client, proposal_id, line, &mut lost).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if !is_lost(&error) {
            return Err(error.into());
        }
        if lost.is_none() {
            line.notice(&format!(
                "the service went away; proposal {proposal_id} is kept, and its validation is taken \
                 up at the service's next start: waiting {} seconds for it",
                PATIENCE.as_secs()
            ));
        }
        let since = *lost.get_or_insert_with(Instant::now);
        if since.elapsed() > PATIENCE {
            return Err(away(proposal_id, error).into());
        }
        line.now("the service is away; waiting for it");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// The service did not come back.
fn away(proposal_id: &str, error: Status) -> Problem {
    Problem::new(format!(
        "the service went away before the validation of proposal {proposal_id} was over"
    ))
    .because(error)
    .remedy(format!(
        "the proposal is kept: start the service (`wasm-runner serve`), which takes its validation \
         up, and follow it with `wasm-runner proposal watch {proposal_id}`"
    ))
}

/// What is still under way when following is called off, one line a proposal.
pub(super) fn called_off<'a>(
    under_way: impl IntoIterator<Item = (&'a str, &'a str)>,
    activates: bool,
) -> anyhow::Result<Exit> {
    let mut err = output::err();
    writeln!(err, "{BAD}error:{BAD:#} following was called off")?;
    for (name, id) in under_way {
        let name = harmless(name);
        let lost = if activates {
            "; what passes is not activated"
        } else {
            ""
        };
        writeln!(
            err,
            "  {BOLD}{name}{BOLD:#}  its validation goes on at the service{lost}"
        )?;
        writeln!(
            err,
            "  {ACT}to follow:{ACT:#} wasm-runner proposal watch {id}"
        )?;
        if activates {
            writeln!(err, "  {ACT}then:{ACT:#} wasm-runner tool activate {name}")?;
        }
    }
    Ok(Exit::Interrupted)
}

async fn once(
    client: &Client,
    proposal_id: &str,
    line: &ToolLine,
    lost: &mut Option<Instant>,
) -> Result<(), Status> {
    let request = WatchValidationRequest {
        proposal_id: proposal_id.to_owned(),
    };
    let mut events = client
        .validation()
        .watch_validation(request)
        .await?
        .into_inner();
    while let Some(message) = events.message().await? {
        *lost = None;
        let Some(event) = message.event else { continue };
        if let Some(progress) = wire::progress(&event) {
            line.progress(&progress);
            continue;
        }
        match event {
            Event::Queued(queued) if queued.ahead > 0 => {
                line.now(&format!("waiting, {} ahead", queued.ahead));
            }
            Event::Queued(_) => line.now("waiting"),
            Event::Begun(begun) if begun.resumed => {
                line.line("begins anew: an earlier validation was cut off");
            }
            Event::Interrupted(it) => {
                line.line(&format!("interrupted, and tried again: {}", it.message));
            }
            Event::Finished(_) => return Ok(()),
            _ => {}
        }
    }
    Err(Status::unavailable(
        "the service ended the stream before the validation was over",
    ))
}

/// Whether the connection broke, as it does when the service stops: not an answer.
fn is_lost(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable => true,
        // What tonic makes of a connection that breaks in the middle of a stream.
        Code::Unknown | Code::Internal | Code::Cancelled => {
            std::error::Error::source(status).is_some()
        }
        _ => false,
    }
}

/// What is known of a proposal: where its version stands, and its report once there is one.
pub(super) struct Known {
    pub(super) tool: ToolVersion,
    pub(super) report: Option<ValidationReport>,
}

/// Asks for what is known.
///
/// # Errors
/// What the service says, or that its answer is not whole.
pub(super) async fn known(client: &Client, request: GetToolRequest) -> anyhow::Result<Known> {
    let answer = client.knowledge().get_tool(request).await?.into_inner();
    let tool = answer.tool.ok_or_else(|| incomplete("tool"))?;
    let report = answer
        .report
        .map(ValidationReport::try_from)
        .transpose()
        .map_err(strange("report"))?;
    Ok(Known { tool, report })
}

/// The request for one version as people name it.
pub(super) fn by_name(name: &VersionName) -> GetToolRequest {
    match name {
        VersionName::Proposal(id) => by_id(&id.to_string()),
        VersionName::Version(name, version) => GetToolRequest {
            name: name.clone(),
            version: version.to_string(),
            ..GetToolRequest::default()
        },
    }
}

/// The request for a proposal by its id.
pub(super) fn by_id(proposal_id: &str) -> GetToolRequest {
    GetToolRequest {
        proposal_id: proposal_id.to_owned(),
        ..GetToolRequest::default()
    }
}

/// How a version's state leaves the program.
pub(super) fn exit_of(state: ToolState) -> Exit {
    match state {
        ToolState::Failed | ToolState::Rejected => Exit::VerdictFailed,
        ToolState::Review => Exit::ReviewRequired,
        // Passed, or was active once, or is not judged yet.
        _ => Exit::Success,
    }
}

/// The one that matters most: failed, then review.
pub(super) fn worst(exits: impl IntoIterator<Item = Exit>) -> Exit {
    let weight = |exit: &Exit| match exit {
        Exit::Success => 0,
        Exit::ReviewRequired => 1,
        Exit::VerdictFailed => 2,
        _ => 3,
    };
    exits
        .into_iter()
        .max_by_key(weight)
        .unwrap_or(Exit::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_failed_outweighs_all_others() {
        assert_eq!(worst([]), Exit::Success);
        assert_eq!(
            worst([Exit::Success, Exit::ReviewRequired]),
            Exit::ReviewRequired
        );
        assert_eq!(
            worst([Exit::VerdictFailed, Exit::ReviewRequired]),
            Exit::VerdictFailed
        );
        assert_eq!(worst([Exit::Failure, Exit::VerdictFailed]), Exit::Failure);
    }

    #[test]
    fn a_service_that_went_away_leaves_the_next_step() {
        let problem = away("the-id", Status::unavailable("connection refused"));
        let remedy = problem.remedy.expect("what to do");
        for part in ["wasm-runner serve", "wasm-runner proposal watch the-id"] {
            assert!(remedy.contains(part), "{remedy}");
        }
    }

    #[test]
    fn an_answer_is_no_lost_connection() {
        assert!(is_lost(&Status::unavailable("")));
        assert!(!is_lost(&Status::internal(
            "the machine could not do its part"
        )));
        assert!(!is_lost(&Status::not_found("")));
    }
}
