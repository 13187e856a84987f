//! Log lines: what happened, where, and in whose request, as JSON or for people.
//!
//! One event is one line, whatever anybody wrote into it: line ends, escape sequences and marks
//! that turn the direction of writing are shown as what they are. So no guest and no proposal can
//! make a line of its own, or colour ours.

use super::visible::{bounded, is_hidden, visible};
use opentelemetry::trace::TraceContextExt as _;
use serde_json::{Map, Value};
use std::fmt::{self, Write as _};
use std::io::Write as _;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// What lines are told apart by, in their order; spans give these to all that happens in them.
const CONTEXT: [&str; 7] = [
    "request_id",
    "trace_id",
    "span_id",
    "task_id",
    "attempt_id",
    "tool",
    "version",
];

/// What writes the lines.
const SERVICE: &str = "wasm-runner";

/// Form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// For people, coloured or not.
    Text {
        /// Whether levels are coloured.
        colour: bool,
    },
    /// One JSON object a line.
    Json,
}

/// Writes log lines.
#[derive(Debug)]
pub struct LogLines<W> {
    form: LogForm,
    writer: W,
}

impl<W> LogLines<W> {
    /// Writes lines of this form; each is one `write_all`.
    pub fn new(form: LogForm, writer: W) -> Self {
        Self { form, writer }
    }
}

/// What a span says of all that happens in it.
struct OfSpan(Map<String, Value>);

impl<S, W> Layer<S> for LogLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Map::new();
        attributes.record(&mut Fields(&mut fields));
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(OfSpan(fields));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(OfSpan(fields)) = span.extensions_mut().get_mut()
        {
            values.record(&mut Fields(fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Map::new();
        event.record(&mut Fields(&mut fields));
        let mut around = Map::new();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(OfSpan(fields)) = span.extensions().get() {
                for key in CONTEXT {
                    // The innermost knows best.
                    if let (false, Some(value)) = (around.contains_key(key), fields.get(key)) {
                        around.insert(key.to_owned(), value.clone());
                    }
                }
            }
        }
        let trace = opentelemetry::Context::current();
        let trace = trace.span().span_context().clone();
        if trace.is_valid() {
            around.insert("trace_id".to_owned(), trace.trace_id().to_string().into());
            around.insert("span_id".to_owned(), trace.span_id().to_string().into());
        }
        // An event's own figure of the same name is the nearest of all.
        for key in CONTEXT {
            if let Some(value) = fields.shift_remove(key) {
                around.insert(key.to_owned(), value);
            }
        }
        let message = match fields.shift_remove("message") {
            Some(Value::String(message)) => message,
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let line = Line {
            time: now(),
            level: *event.metadata().level(),
            target: event.metadata().target(),
            message,
            around,
            fields,
        };
        let text = match self.form {
            LogForm::Json => line.json(),
            LogForm::Text { colour } => line.text(colour),
        };
        // Nobody is left to be told when this fails.
        let _ = self.writer.make_writer().write_all(text.as_bytes());
    }
}

/// RFC 3339 in UTC, to the microsecond.
fn now() -> String {
    format!("{:.6}", jiff::Timestamp::now())
}

/// One line, in parts.
struct Line<'a> {
    time: String,
    level: Level,
    target: &'a str,
    message: String,
    around: Map<String, Value>,
    fields: Map<String, Value>,
}

impl Line<'_> {
    fn json(mut self) -> String {
        let mut line = Map::new();
        for (key, value) in [
            ("timestamp", self.time.as_str()),
            ("level", self.level.as_str()),
            ("service", SERVICE),
            ("target", self.target),
            ("message", self.message.as_str()),
        ] {
            line.insert(key.to_owned(), value.into());
        }
        for key in CONTEXT {
            if let Some(value) = self.around.shift_remove(key) {
                line.insert(key.to_owned(), value);
            }
        }
        if !self.fields.is_empty() {
            line.insert("fields".to_owned(), Value::Object(self.fields));
        }
        // JSON's own escapes leave some that terminals and viewers obey.
        let mut text = String::new();
        for character in Value::Object(line).to_string().chars() {
            if is_hidden(character) {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    let _ = write!(text, "\\u{unit:04x}");
                }
            } else {
                text.push(character);
            }
        }
        text.push('\n');
        text
    }

    fn text(self, colour: bool) -> String {
        let (on, off) = match (colour, self.level) {
            (false, _) => ("", ""),
            (true, Level::ERROR) => ("\x1b[31m", "\x1b[0m"),
            (true, Level::WARN) => ("\x1b[33m", "\x1b[0m"),
            (true, Level::INFO) => ("\x1b[32m", "\x1b[0m"),
            (true, _) => ("\x1b[2m", "\x1b[0m"),
        };
        let mut text = format!(
            "{} {on}{:>5}{off} {}: {}",
            self.time,
            self.level.as_str(),
            self.target,
            visible(&self.message)
        );
        let around = CONTEXT
            .iter()
            .filter_map(|key| self.around.get(*key).map(|value| (*key, value)));
        let fields = self.fields.iter().map(|(key, value)| (key.as_str(), value));
        for (key, value) in fields.chain(around) {
            let _ = match value {
                Value::String(value) if value.contains([' ', '"', '=']) || value.is_empty() => {
                    write!(text, " {key}=\"{}\"", visible(&value.replace('"', "\\\"")))
                }
                Value::String(value) => write!(text, " {key}={}", visible(value)),
                value => write!(text, " {key}={value}"),
            };
        }
        text.push('\n');
        text
    }
}

/// Fields into a map, each value bounded.
struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        self.put(field, bounded(&text).into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, bounded(value).into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
}

#[cfg(test)]
mod tests;
