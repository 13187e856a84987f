//! A validation's steps, as they come.

use host_api::proto::watch_validation_response::Event;
use validation::Progress;

/// What a step of a watched validation tells, if it is about a stage that is known here.
pub(crate) fn progress(event: &Event) -> Option<Progress> {
    Some(match event {
        Event::StageStarted(it) => Progress::StageStarted {
            stage: it.stage().known()?,
        },
        Event::Step(it) => Progress::Step {
            stage: it.stage().known()?,
            message: it.message.clone(),
        },
        Event::StageFinished(it) => Progress::StageFinished {
            report: it.clone().try_into().ok()?,
        },
        _ => return None,
    })
}
