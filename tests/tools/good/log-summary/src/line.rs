//! One line of a log.

use crate::Level;
use chrono::{DateTime, Utc};

#[derive(Debug, PartialEq)]
pub struct Line<'l> {
    pub time: DateTime<Utc>,
    pub level: Level,
    pub message: &'l str,
}

impl<'l> Line<'l> {
    /// A time, a level, a message; `None` if it is something else.
    pub fn read(line: &'l str) -> Option<Self> {
        let (time_text, rest) = line.split_once(' ')?;
        let (level, message) = rest
            .trim_start()
            .split_once(' ')
            .unwrap_or((rest.trim(), ""));
        Some(Self {
            time: time(time_text)?,
            level: level_of(level)?,
            message: message.trim(),
        })
    }
}

pub fn time(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.with_timezone(&Utc))
}

fn level_of(word: &str) -> Option<Level> {
    let word = word.trim_matches(['[', ']', ':']);
    Some(match word.to_ascii_uppercase().as_str() {
        "TRACE" => Level::Trace,
        "DEBUG" => Level::Debug,
        "INFO" | "NOTICE" => Level::Info,
        "WARN" | "WARNING" => Level::Warn,
        "ERROR" | "FATAL" | "CRITICAL" => Level::Error,
        _ => return None,
    })
}

/// A message without what differs from one to the next: words with a digit in them, and what is
/// in quotes.
pub fn pattern(message: &str) -> String {
    let mut pattern = String::with_capacity(message.len());
    let mut word = String::new();
    let mut quote = None;
    for c in message.chars() {
        if let Some(open) = quote {
            if c == open {
                quote = None;
                pattern.push_str("#\"");
            }
            continue;
        }
        if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') {
            word.push(c);
            continue;
        }
        put(&mut pattern, &mut word);
        if c == '"' {
            quote = Some(c);
        }
        pattern.push(c);
    }
    put(&mut pattern, &mut word);
    pattern
}

/// Adds a word, or a sign for it if it has a digit; points at its end are not of it.
fn put(pattern: &mut String, word: &mut String) {
    let core = word.trim_end_matches('.');
    let points = word.len() - core.len();
    if core.contains(|c: char| c.is_numeric()) {
        pattern.push('#');
    } else {
        pattern.push_str(core);
    }
    pattern.push_str(&".".repeat(points));
    word.clear();
}
