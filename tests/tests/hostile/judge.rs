//! Holds what happened against what must happen, and one run against the other.

use super::case::{Case, Expect};
use crate::common::seeded::{Seeded, kind, over_limits, timeless};
use host_api::proto::Execution;
use tonic::{Code, Status};

/// What is wrong with an answer of the service, in words.
pub(crate) fn differences(
    service: &Seeded,
    case: &Case,
    answer: &Result<Execution, Status>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    match (answer, case.header.expect) {
        (Ok(execution), Expect::Refused) => {
            wrong.push(format!("it was run: {:?}", execution.outcome));
        }
        (Ok(execution), _) => {
            outcome(case, execution, &mut wrong);
            streams(case, execution, &mut wrong);
            records(case, execution, &mut wrong);
            // What holds for every run, whatever happens in it.
            wrong.extend(over_limits(&case.policy, execution));
        }
        (Err(status), Expect::Refused) => refusal(service, case, status, &mut wrong),
        (Err(status), _) => {
            let logged = service.logged(status);
            wrong.push(format!("it was not run: {status:?}; {logged:?}"));
        }
    }
    wrong
}

/// What differs between two runs of the same case.
pub(crate) fn unlike(
    case: &Case,
    one: &Result<Execution, Status>,
    two: &Result<Execution, Status>,
) -> Option<String> {
    match (one, two) {
        (Ok(one), Ok(two)) if case.repeats() => {
            let (one, two) = (timeless(one), timeless(two));
            (one != two).then(|| format!("the second run differs: {one:?}, then {two:?}"))
        }
        (Ok(one), Ok(two)) => {
            (kind(one) != kind(two)).then(|| format!("{:?}, then {:?}", kind(one), kind(two)))
        }
        (Err(one), Err(two)) => {
            (one.code() != two.code()).then(|| format!("{one:?}, then {two:?}"))
        }
        _ => Some("one run was refused, and the other not".to_owned()),
    }
}

fn refusal(service: &Seeded, case: &Case, status: &Status, wrong: &mut Vec<String>) {
    let rule = case.header.rule.expect("seen to when it was read");
    let (code, words) = if rule.is_ceiling() {
        (Code::FailedPrecondition, Some(status.message().to_owned()))
    } else {
        // The caller gets a number, and the reason stands under it in the log.
        (Code::Internal, service.logged(status))
    };
    if status.code() != code {
        wrong.push(format!("{code:?} is wanted: {status:?}"));
    }
    let words = words.unwrap_or_default();
    if !words.contains(rule.words()) {
        wrong.push(format!("{rule:?} is wanted: {words:?}"));
    }
    if let Some(says) = &case.header.says
        && !words.contains(says)
    {
        wrong.push(format!("{says:?} is not said: {words:?}"));
    }
}

fn outcome(case: &Case, execution: &Execution, wrong: &mut Vec<String>) {
    let header = &case.header;
    let outcome = execution.outcome.as_ref().expect("an outcome");
    if Some(outcome.kind()) != header.expect.kind() {
        wrong.push(format!("{:?} is wanted: {outcome:?}", header.expect));
    } else if outcome.exit_code != header.exit {
        wrong.push(format!(
            "exit {:?} is wanted: {:?}",
            header.exit, outcome.exit_code
        ));
    }
    if let Some(says) = &header.says
        && !outcome.message.contains(says)
    {
        wrong.push(format!("{says:?} is not said: {:?}", outcome.message));
    }
    if let Some(wanted) = &header.backtrace {
        let found: Vec<_> = execution.backtrace.iter().map(|f| &f.function).collect();
        if found.len() < wanted.len() || !found.iter().zip(wanted).all(|(one, two)| *one == two) {
            wrong.push(format!("backtrace {wanted:?} is wanted: {found:?}"));
        }
    }
}

fn streams(case: &Case, execution: &Execution, wrong: &mut Vec<String>) {
    let header = &case.header;
    let stderr = execution.stderr.clone().unwrap_or_default();
    for (name, text, length, found) in [
        (
            "stdout",
            &header.stdout,
            header.stdout_bytes,
            &execution.output[..],
        ),
        (
            "stderr",
            &header.stderr,
            header.stderr_bytes,
            &stderr.data[..],
        ),
    ] {
        let ends = header.stdout_ends.as_ref().filter(|_| name == "stdout");
        let parts = header.stdout_parts.as_ref().filter(|_| name == "stdout");
        let shown_whole = String::from_utf8_lossy(found);
        let same = match (length, ends, parts) {
            (Some(length), ..) => found.len() == length,
            (_, Some(ends), _) => shown_whole.ends_with(ends),
            (_, _, Some(parts)) => parts.iter().all(|part| shown_whole.contains(part)),
            _ => found == text.as_bytes(),
        };
        if !same {
            let length = length.unwrap_or(text.len());
            let shown = String::from_utf8_lossy(&found[..found.len().min(200)]);
            wrong.push(format!(
                "{name}: {length} bytes {text:?} are wanted, {} came: {shown:?}",
                found.len()
            ));
        }
    }
}

fn records(case: &Case, execution: &Execution, wrong: &mut Vec<String>) {
    let header = &case.header;
    let usage = execution.usage.unwrap_or_default();
    let denied: Vec<String> = execution
        .denied
        .iter()
        .map(|one| format!("{} {} ({})", one.what, one.target, one.rule))
        .collect();
    let fits = match header.denied_count {
        // Of many, the first ones stand for all.
        Some(count) => usage.denied == count && denied.starts_with(&header.denied),
        None => usage.denied == denied.len() as u64 && denied == header.denied,
    };
    if !fits {
        wrong.push(format!(
            "denied {:?} is wanted: {} {denied:?}",
            header.denied, usage.denied
        ));
    }
    if let Some(pages) = header.peak_pages
        && usage.peak_memory_bytes != pages * 65_536
    {
        wrong.push(format!(
            "a peak of {pages} pages is wanted: {} bytes",
            usage.peak_memory_bytes
        ));
    }
}
