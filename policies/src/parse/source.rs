//! The text, where things are in it, and what is wrong with them.

use crate::error::Problem;
use std::ops::Range;
use std::path::PathBuf;
use toml_edit::{Document, Item, TableLike, Value};

/// The text that is being read.
pub(super) struct Source<'a> {
    text: &'a str,
    /// Below it are relative folders.
    pub(super) base: PathBuf,
    /// What was found wrong, with the byte where it is.
    pub(super) problems: Vec<(usize, String, String)>,
}

/// A table of the document, or none where the document has none.
pub(super) struct Table<'a>(Option<&'a dyn TableLike>, Range<usize>);

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str, base: PathBuf) -> Self {
        Self {
            text,
            base,
            problems: Vec::new(),
        }
    }

    pub(super) fn document(&mut self) -> Option<Document<&'a str>> {
        match Document::parse(self.text) {
            Ok(document) => Some(document),
            Err(error) => {
                self.problem(
                    error.span().unwrap_or(0..0),
                    format!("not TOML: {}", error.message().trim().replace('\n', "; ")),
                    "mend the syntax; `wasm-runner policy show pure` prints a whole example",
                );
                None
            }
        }
    }

    pub(super) fn problem(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.problems
            .push((span.start, message.into(), remedy.into()));
    }

    /// Names keys that there are not; a near one is suggested.
    pub(super) fn only_keys(&mut self, table: &Table<'_>, inside: &str, known: &[&str]) {
        for (key, item) in table.entries() {
            if known.contains(&key) {
                continue;
            }
            let place = if inside.is_empty() {
                String::new()
            } else {
                format!(" in `{inside}`")
            };
            let remedy = match nearest(key, known) {
                Some(near) => format!("write `{near}`"),
                None => format!("remove it; known here: {}", known.join(", ")),
            };
            let span = table.key_span(key).or_else(|| item.span()).unwrap_or(0..0);
            self.problem(span, format!("unknown key `{key}`{place}"), remedy);
        }
    }

    /// The table under a key; something else there is a problem.
    pub(super) fn table<'t>(&mut self, parent: &Table<'t>, key: &str) -> Table<'t> {
        let Some(item) = parent.get(key) else {
            return Table(None, parent.1.clone());
        };
        let span = item.span().unwrap_or(0..0);
        if let Some(table) = item.as_table_like() {
            return Table(Some(table), span);
        }
        self.problem(
            span,
            format!("`{key}` is {}, not a table", what(item)),
            format!("write it as a table: [{key}]"),
        );
        Table(None, parent.1.clone())
    }

    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|(at, ..)| *at);
        let text = self.text;
        self.problems
            .into_iter()
            .map(|(at, message, remedy)| {
                let before = text.get(..at).unwrap_or(text);
                let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
                Problem {
                    line: before.matches('\n').count() + 1,
                    column: before[line_start..].chars().count() + 1,
                    message,
                    remedy,
                }
            })
            .collect()
    }
}

impl<'a> Table<'a> {
    pub(super) fn root(document: &'a Document<&str>) -> Self {
        Self(Some(document.as_table()), 0..0)
    }

    pub(super) fn inline(item: &'a Item) -> Option<Self> {
        Some(Self(
            Some(item.as_table_like()?),
            item.span().unwrap_or(0..0),
        ))
    }

    pub(super) fn of(table: &'a dyn TableLike, span: Range<usize>) -> Self {
        Self(Some(table), span)
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Item> {
        self.0?.get(key).filter(|item| !item.is_none())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Where the table begins.
    pub(super) fn span(&self) -> Range<usize> {
        self.1.clone()
    }

    /// Where a key's value is, or else the table.
    pub(super) fn span_of(&self, key: &str) -> Range<usize> {
        self.get(key)
            .and_then(Item::span)
            .unwrap_or_else(|| self.span())
    }

    fn entries(&self) -> Vec<(&'a str, &'a Item)> {
        self.0
            .map(|table| table.iter().collect())
            .unwrap_or_default()
    }

    fn key_span(&self, key: &str) -> Option<Range<usize>> {
        self.0?.get_key_value(key)?.0.span()
    }
}

/// What a value is, in words.
pub(super) fn what(item: &Item) -> &'static str {
    match item {
        Item::Value(value) => what_value(value),
        Item::Table(_) => "a table",
        Item::ArrayOfTables(_) => "a list of tables",
        Item::None => "nothing",
    }
}

/// The same for a value in a list.
pub(super) fn what_value(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a number",
        Value::Float(_) => "a number with a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::InlineTable(_) => "a table",
    }
}

/// The known word that is meant, if one is near: two letters changed places count as one edit,
/// for that is how people mistype.
pub(crate) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let word = word.replace('-', "_");
    known
        .iter()
        .map(|candidate| (strsim::osa_distance(&word, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= 2 && *distance < candidate.len())
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn what_was_mistyped_is_the_nearest_word() {
        let limits = ["fuel", "files", "file_bytes", "wall_time"];
        for (word, meant) in [
            ("fule", Some("fuel")),
            ("file", Some("files")),
            ("wall-tiem", Some("wall_time")),
            ("network", None),
        ] {
            assert_eq!(nearest(word, &limits), meant, "{word}");
        }
        assert_eq!(nearest("pur", &["pure", "web"]), Some("pure"));
        assert_eq!(nearest("w", &["pure", "web"]), Some("web"));
        assert_eq!(nearest("xyz", &["web"]), None);
    }
}
