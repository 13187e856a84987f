//! Lists in pages.

use crate::State;
use std::fmt;
use std::str::FromStr;

/// The most items of one page.
pub const MAX_PAGE_SIZE: u32 = 1000;

/// Which versions to list; the default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only these states; empty means any.
    pub states: Vec<State>,
    /// Only names that start so; empty means any. Taken literally, no character is special.
    pub name_prefix: String,
}

/// Which part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many items at most: 1 to [`MAX_PAGE_SIZE`]; what is outside is moved to the nearer end.
    pub size: u32,
    /// Go on after this place; `None` is the start.
    pub after: Option<Cursor>,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self {
            size: 100,
            after: None,
        }
    }
}

impl PageRequest {
    /// The number of items within its bounds.
    pub fn clamped_size(&self) -> u32 {
        self.size.clamp(1, MAX_PAGE_SIZE)
    }
}

/// One part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// Where to go on; `None` when this was the last.
    pub next: Option<Cursor>,
}

/// A place in the list: behind one version of one tool. It stays valid whatever is added or
/// changes state meanwhile. As text (a page token): `name@version`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Tool name.
    pub name: String,
    /// Tool version.
    pub version: semver::Version,
}

/// A text that is no cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no place in the list: give back the token of the page before, unchanged")]
pub struct ParseCursorError(String);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

impl FromStr for Cursor {
    type Err = ParseCursorError;
    fn from_str(text: &str) -> Result<Self, ParseCursorError> {
        text.split_once('@')
            .and_then(|(name, version)| {
                Some(Self {
                    name: name.to_owned(),
                    version: version.parse().ok()?,
                })
            })
            .filter(|cursor| !cursor.name.is_empty())
            .ok_or_else(|| ParseCursorError(text.escape_debug().take(120).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_back_and_other_texts_refused() {
        let cursor: Cursor = "csv-stats@1.2.0-rc.1".parse().unwrap();
        assert_eq!(cursor.to_string(), "csv-stats@1.2.0-rc.1");
        for bad in [
            "",
            "@1.0.0",
            "csv-stats",
            "csv-stats@",
            "csv-stats@1",
            "a@1.0.0@1.0.0",
        ] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }

    #[test]
    fn page_sizes_are_moved_into_their_bounds() {
        let size = |size| PageRequest { size, after: None }.clamped_size();
        assert_eq!([0, 1, 1000, 1001].map(size), [1, 1, 1000, 1000]);
    }
}
