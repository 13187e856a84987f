use super::*;
use std::io;
use std::sync::{Arc, Mutex};
use tracing_subscriber::layer::SubscriberExt as _;

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged while this goes on.
fn logged(form: LogForm, work: impl FnOnce()) -> String {
    let kept = Kept::default();
    let writer = kept.clone();
    let lines = LogLines::new(form, move || writer.clone());
    let subscriber = tracing_subscriber::registry().with(lines);
    tracing::subscriber::with_default(subscriber, work);
    let bytes = kept.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

const HOSTILE: &str =
    "fine\n{\"level\":\"ERROR\",\"message\":\"forged\"}\r\n\u{1b}[2J\u{9b}31m\u{202e}\u{2028}\0";

#[test]
fn a_line_says_what_happened_where_and_in_whose_request() {
    let text = logged(LogForm::Json, || {
        let outer = tracing::info_span!("rpc", request_id = "r-1", tool = "outer");
        let _outer = outer.enter();
        let inner = tracing::info_span!(
            "validate",
            task_id = "t-1",
            attempt_id = tracing::field::Empty,
            tool = "word-count",
            version = "1.0.0",
            other = 1,
        );
        inner.record("attempt_id", "t-1/2");
        let _inner = inner.enter();
        tracing::warn!(
            count = 3,
            ratio = 0.5,
            well = true,
            ?HOSTILE,
            "it {}",
            "happened"
        );
    });
    let line: Value = serde_json::from_str(&text).unwrap();
    let keys: Vec<_> = line
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "timestamp",
            "level",
            "service",
            "target",
            "message",
            "request_id",
            "task_id",
            "attempt_id",
            "tool",
            "version",
            "fields"
        ]
    );
    assert!(
        line["timestamp"]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .is_ok()
    );
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["service"], "wasm-runner");
    assert_eq!(line["message"], "it happened");
    assert_eq!(line["tool"], "word-count", "the innermost knows best");
    assert_eq!(line["attempt_id"], "t-1/2");
    assert_eq!(line["fields"]["count"], 3);
    assert_eq!(line["fields"]["well"], true);
}

#[test]
fn whatever_is_written_into_it_one_event_is_one_line_of_json() {
    let text = logged(LogForm::Json, || {
        let span = tracing::info_span!("validate", tool = HOSTILE);
        let _span = span.enter();
        tracing::info!(complaint = %HOSTILE, "{HOSTILE}");
    });
    assert_eq!(text.matches('\n').count(), 1);
    assert!(!text.trim_end().contains(is_hidden), "{text}");
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["message"], HOSTILE, "and nothing is lost");
    assert_eq!(line["fields"]["complaint"], HOSTILE);
    assert_eq!(line["tool"], HOSTILE);
}

#[test]
fn for_people_too() {
    let text = logged(LogForm::Text { colour: false }, || {
        let span = tracing::info_span!("validate", tool = HOSTILE, version = "1.0.0");
        let _span = span.enter();
        tracing::error!(complaint = %HOSTILE, number = 7, "{HOSTILE}");
    });
    assert_eq!(text.matches('\n').count(), 1);
    assert!(!text.trim_end().contains(is_hidden), "{text}");
    let (_, rest) = text.split_once(' ').unwrap();
    assert!(
        rest.starts_with("ERROR host_api::telemetry::lines::tests: fine\\n{"),
        "{rest}"
    );
    assert!(
        rest.contains(" number=7 ") && rest.ends_with(" version=1.0.0\n"),
        "{rest}"
    );
}

#[test]
fn only_levels_are_coloured_and_only_by_us() {
    let text = logged(LogForm::Text { colour: true }, || {
        tracing::warn!(complaint = %HOSTILE, "{HOSTILE}");
    });
    assert_eq!(text.matches('\u{1b}').count(), 2, "{text}");
    assert!(text.contains("\u{1b}[33m WARN\u{1b}[0m "), "{text}");
}

#[test]
fn a_value_without_end_is_cut() {
    let text = logged(LogForm::Json, || {
        tracing::info!(
            complaint = "x".repeat(1_000_000),
            "{}",
            "y".repeat(1_000_000)
        );
    });
    assert!(text.len() < 10_000, "{}", text.len());
    assert!(text.contains("bytes more)"));
}
