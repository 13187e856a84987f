//! What is remembered of all lines.

use crate::line::{Line, pattern};
use crate::{Kind, Level, Output, Span};
use chrono::{DateTime, SecondsFormat, Utc};
use std::cmp::Reverse;
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Summary {
    pub files: usize,
    pub unread: usize,
    lines: usize,
    levels: BTreeMap<Level, usize>,
    hours: BTreeMap<String, usize>,
    kinds: BTreeMap<String, Seen>,
    span: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// What was seen of one kind of message.
struct Seen {
    count: usize,
    level: Level,
    example: String,
}

impl Summary {
    pub fn take(&mut self, line: &Line<'_>) {
        self.lines += 1;
        *self.levels.entry(line.level).or_default() += 1;
        let hour = line.time.format("%Y-%m-%dT%H").to_string();
        *self.hours.entry(hour).or_default() += 1;
        let seen = self
            .kinds
            .entry(pattern(line.message))
            .or_insert_with(|| Seen {
                count: 0,
                level: line.level,
                example: line.message.to_owned(),
            });
        seen.count += 1;
        seen.level = seen.level.max(line.level);
        self.span = Some(match self.span {
            None => (line.time, line.time),
            Some((first, last)) => (first.min(line.time), last.max(line.time)),
        });
    }

    pub fn output(self, kinds: usize) -> Output {
        let written = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let mut all: Vec<(String, Seen)> = self.kinds.into_iter().collect();
        // The order of the alphabet stays where they are as frequent.
        all.sort_by_key(|(_, seen)| Reverse(seen.count));
        Output {
            files: self.files,
            lines: self.lines,
            unread: self.unread,
            levels: self.levels,
            hours: self.hours,
            kinds: all
                .into_iter()
                .take(kinds)
                .map(|(pattern, seen)| Kind {
                    pattern,
                    count: seen.count,
                    level: seen.level,
                    example: seen.example,
                })
                .collect(),
            span: self.span.map(|(first, last)| Span {
                first: written(first),
                last: written(last),
            }),
        }
    }
}
