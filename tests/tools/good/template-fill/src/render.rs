//! From a tree and values to text.

use crate::template::Node;
use serde_json::Value;
use std::collections::BTreeSet;

const LONGEST: usize = 200_000;
/// Sections in sections do more work than their text shows.
const MOST_PIECES: usize = 20_000;

/// More than there may be.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLarge;

pub struct Renderer {
    text: String,
    missing: BTreeSet<String>,
    escape: bool,
    pieces: usize,
}

impl Renderer {
    pub fn new(escape: bool) -> Self {
        Self {
            text: String::new(),
            missing: BTreeSet::new(),
            escape,
            pieces: 0,
        }
    }

    pub fn done(self) -> (String, BTreeSet<String>) {
        (self.text, self.missing)
    }

    /// Renders nodes with values of which the innermost is the last.
    pub fn all<'v>(&mut self, nodes: &[Node], values: &mut Vec<&'v Value>) -> Result<(), TooLarge> {
        for node in nodes {
            self.pieces += 1;
            if self.pieces > MOST_PIECES {
                return Err(TooLarge);
            }
            match node {
                Node::Text(text) => self.push(text)?,
                Node::Value { name, escaped } => {
                    let text = match find(name, values) {
                        Some(value) => written(value),
                        None => {
                            self.missing.insert(name.clone());
                            continue;
                        }
                    };
                    if *escaped && self.escape {
                        self.push(&escaped_text(&text))?;
                    } else {
                        self.push(&text)?;
                    }
                }
                Node::Section {
                    name,
                    inverted,
                    inner,
                } => {
                    let value = find(name, values).filter(|value| is_there(value));
                    match value {
                        None if *inverted => self.all(inner, values)?,
                        None => {}
                        Some(_) if *inverted => {}
                        Some(Value::Array(elements)) => {
                            for element in elements {
                                self.within(inner, values, element)?;
                            }
                        }
                        Some(value) => self.within(inner, values, value)?,
                    }
                }
            }
        }
        Ok(())
    }

    fn within<'v>(
        &mut self,
        inner: &[Node],
        values: &mut Vec<&'v Value>,
        value: &'v Value,
    ) -> Result<(), TooLarge> {
        values.push(value);
        let result = self.all(inner, values);
        values.pop();
        result
    }

    fn push(&mut self, text: &str) -> Result<(), TooLarge> {
        if self.text.len() + text.len() > LONGEST {
            return Err(TooLarge);
        }
        self.text.push_str(text);
        Ok(())
    }
}

/// Whether a section is given.
fn is_there(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(elements) => !elements.is_empty(),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

/// The first part of a name is looked up from the innermost value outwards, the others in what
/// was found.
fn find<'v>(name: &str, values: &[&'v Value]) -> Option<&'v Value> {
    if name == "." {
        return values.last().copied();
    }
    let mut parts = name.split('.');
    let first = parts.next()?;
    let found = values.iter().rev().find_map(|value| value.get(first))?;
    parts.try_fold(found, |value, part| value.get(part))
}

fn written(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn escaped_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
