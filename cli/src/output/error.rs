//! Errors for people: what, why, what to do.

use super::{ACT, BAD};
use crate::problem::Problem;
use std::fmt::Write;
use tonic_types::StatusExt;

/// The error, its causes and its remedies, a line each.
pub(crate) fn render_error(error: &anyhow::Error) -> String {
    let mut text = String::new();
    let mut said: Vec<String> = Vec::new();
    let mut remedies: Vec<String> = Vec::new();
    for cause in error.chain() {
        if let Some(problem) = cause.downcast_ref::<Problem>() {
            remedies.extend(problem.remedy.clone());
        }
        if let Some(status) = cause.downcast_ref::<tonic::Status>() {
            say(&mut text, &mut said, &status_line(status));
            details(status, &mut text, &mut remedies);
            // What is below a status is the transport's own, already in its message.
            break;
        }
        say(&mut text, &mut said, &cause.to_string());
    }
    for remedy in remedies {
        let _ = writeln!(text, "  {ACT}remedy:{ACT:#} {}", indented(&remedy));
    }
    text
}

/// One line, unless an earlier one ends with the very same words (many libraries repeat their
/// cause in their own message).
fn say(text: &mut String, said: &mut Vec<String>, line: &str) {
    if line.is_empty() || said.iter().any(|earlier| earlier.contains(line)) {
        return;
    }
    let line_shown = indented(&super::harmless(line));
    let _ = if said.is_empty() {
        writeln!(text, "{BAD}error:{BAD:#} {line_shown}")
    } else {
        writeln!(text, "  because: {line_shown}")
    };
    said.push(line.to_owned());
}

fn indented(line: &str) -> String {
    line.trim_end().replace('\n', "\n  ")
}

fn status_line(status: &tonic::Status) -> String {
    let code = status.code();
    if status.message().is_empty() {
        return format!("the service answered {code:?}");
    }
    status.message().to_owned()
}

fn details(status: &tonic::Status, text: &mut String, remedies: &mut Vec<String>) {
    let details = status.get_error_details();
    let fields = details.bad_request().into_iter();
    let fields = fields.flat_map(|it| &it.field_violations);
    let fields = fields.map(|it| (&it.field, &it.description));
    let preconditions = details.precondition_failure().into_iter();
    let preconditions = preconditions.flat_map(|it| &it.violations);
    let preconditions = preconditions.map(|it| (&it.subject, &it.description));
    let quotas = details.quota_failure().into_iter();
    let quotas = quotas.flat_map(|it| &it.violations);
    let quotas = quotas.map(|it| (&it.subject, &it.description));
    for (subject, what) in fields.chain(preconditions).chain(quotas) {
        // Where there is only one, services like to say it in the message already.
        if !status.message().contains(what.as_str()) {
            let (subject, what) = (super::harmless(subject), super::harmless(what));
            let _ = writeln!(text, "  {subject}: {}", indented(&what));
        }
    }
    if let Some(delay) = details.retry_info().and_then(|retry| retry.retry_delay) {
        remedies.push(format!("try again after {delay:?}"));
    }
    if let Some(help) = details.help() {
        for link in &help.links {
            remedies.push(
                format!("{} {}", link.description, link.url)
                    .trim()
                    .to_owned(),
            );
        }
    }
    if let Some(remedy) = usual_remedy(status.code(), remedies.is_empty()) {
        remedies.push(remedy.to_owned());
    }
}

/// What helps when the service itself named nothing.
fn usual_remedy(code: tonic::Code, nothing_said: bool) -> Option<&'static str> {
    if !nothing_said {
        return None;
    }
    match code {
        tonic::Code::Unavailable => Some(
            "is the service running? start it with `wasm-runner serve`, or name another with --server",
        ),
        tonic::Code::Unimplemented => Some(
            "the service is of another version, or something else listens there: look at --server",
        ),
        tonic::Code::DeadlineExceeded => Some("allow more with --timeout"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::{ErrorDetails, FieldViolation};

    fn plain(error: &anyhow::Error) -> String {
        anstream::adapter::strip_str(&render_error(error)).to_string()
    }

    #[test]
    fn causes_follow_once_and_the_remedy_comes_last() {
        let io = std::io::Error::other("the disk is gone");
        let problem = Problem::new("a.wasm can't be read")
            .because(io)
            .remedy("find the disk");
        let error = anyhow::Error::new(problem).context("the module can't be used");
        assert_eq!(
            plain(&error),
            "error: the module can't be used\n  because: a.wasm can't be read\n  \
             because: the disk is gone\n  remedy: find the disk\n"
        );
        let repeating = anyhow::anyhow!("inner").context("outer: inner");
        assert_eq!(plain(&repeating), "error: outer: inner\n");
    }

    #[test]
    fn a_status_shows_its_details() {
        let mut details =
            ErrorDetails::with_bad_request(vec![FieldViolation::new("tool.name", "is empty")]);
        details.set_retry_info(Some(std::time::Duration::from_secs(2)));
        let status = tonic::Status::with_error_details(
            tonic::Code::InvalidArgument,
            "the proposal is not one",
            details,
        );
        assert_eq!(
            plain(&anyhow::Error::new(status)),
            "error: the proposal is not one\n  tool.name: is empty\n  remedy: try again after 2s\n"
        );
    }

    #[test]
    fn a_service_that_is_not_there_says_how_to_start_it() {
        let text = plain(&anyhow::Error::new(tonic::Status::unavailable(
            "connection refused",
        )));
        assert!(text.contains("wasm-runner serve"), "{text}");
    }
}
