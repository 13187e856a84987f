//! From text to entries: a small state machine for each line.

use std::fmt;

/// A key with its value, or a section that has none (yet).
#[derive(Debug, PartialEq)]
pub struct Entry {
    /// None before the first section.
    pub section: Option<String>,
    pub key: Option<(String, Text)>,
}

/// A value as it was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    pub text: String,
    /// Whether a part of it was in quotes.
    pub quoted: bool,
}

/// What is wrong, and in which line, from 1.
#[derive(Debug, PartialEq)]
pub struct Problem {
    pub line: usize,
    pub what: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

pub fn read(text: &str) -> Result<Vec<Entry>, Problem> {
    let mut entries = Vec::new();
    let mut section: Option<String> = None;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (line, content) in joined(text) {
        let problem = |what| Problem { line, what };
        let content = content.trim();
        if content.is_empty() || content.starts_with([';', '#']) {
            continue;
        }
        if let Some(rest) = content.strip_prefix('[') {
            let (name, after) = rest
                .split_once(']')
                .ok_or_else(|| problem("the section's bracket is not closed"))?;
            let after = after.trim_start();
            if !after.is_empty() && !after.starts_with([';', '#']) {
                return Err(problem("only a comment can follow a section's bracket"));
            }
            let name = name.trim();
            if name.is_empty() {
                return Err(problem("the section has no name"));
            }
            section = Some(name.to_owned());
            entries.push(Entry {
                section: section.clone(),
                key: None,
            });
            continue;
        }
        let (key, value) = content
            .split_once(['=', ':'])
            .ok_or_else(|| problem("there is neither `=` nor `:` after the key"))?;
        let key = key.trim_end();
        if key.is_empty() {
            return Err(problem("the key is missing"));
        }
        let value = value_of(value.trim_start()).map_err(problem)?;
        entries.push(Entry {
            section: section.clone(),
            key: Some((key.to_owned(), value)),
        });
    }
    Ok(entries)
}

/// Lines with those put together that a backslash at the end joins, and the number of the first.
fn joined(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (index, line) in text.lines().enumerate() {
        let (start, mut content) = open.take().unwrap_or((index + 1, String::new()));
        let is_comment = content.is_empty() && line.trim_start().starts_with([';', '#']);
        let backslashes = line.bytes().rev().take_while(|byte| *byte == b'\\').count();
        if backslashes % 2 == 1 && !is_comment {
            content.push_str(&line[..line.len() - 1]);
            open = Some((start, content));
        } else {
            content.push_str(line);
            lines.push((start, content));
        }
    }
    lines.extend(open);
    lines
}

/// Where the reader of a value is.
#[derive(Clone, Copy)]
enum State {
    Plain { after_blank: bool },
    Quoted,
    Escaped,
}

fn value_of(text: &str) -> Result<Text, &'static str> {
    let mut value = Text::default();
    let mut state = State::Plain { after_blank: true };
    // Blanks at the end are left out, those in quotes are not.
    let mut kept = 0;
    for character in text.chars() {
        state = match (state, character) {
            (State::Plain { after_blank: true }, ';' | '#') => break,
            (State::Plain { .. }, '"') => {
                value.quoted = true;
                State::Quoted
            }
            (State::Plain { .. }, _) => {
                value.text.push(character);
                let blank = character.is_whitespace();
                if !blank {
                    kept = value.text.len();
                }
                State::Plain { after_blank: blank }
            }
            (State::Quoted, '"') => {
                kept = value.text.len();
                State::Plain { after_blank: false }
            }
            (State::Quoted, '\\') => State::Escaped,
            (State::Quoted, _) => {
                value.text.push(character);
                State::Quoted
            }
            (State::Escaped, _) => {
                value.text.push(match character {
                    'n' => '\n',
                    't' => '\t',
                    '"' | '\\' => character,
                    _ => return Err("this can't stand after a backslash in quotes"),
                });
                State::Quoted
            }
        };
    }
    if matches!(state, State::Quoted | State::Escaped) {
        return Err("the quotes are not closed");
    }
    value.text.truncate(kept);
    Ok(value)
}
