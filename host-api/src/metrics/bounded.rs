//! Values of labels that strangers choose.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The longest value, in characters.
const LONGEST: usize = 64;

/// What stands for all values beyond the first so many.
const OTHER: &str = "other";

/// Lets so many different values through, the first ones; all others are `other`.
///
/// Each value costs the service, and whoever scrapes it, memory that is never given back. So what
/// strangers can name is bounded in number, in length and in its characters.
#[derive(Debug)]
pub(super) struct Bounded {
    most: usize,
    known: Mutex<HashSet<String>>,
}

impl Bounded {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            known: Mutex::default(),
        }
    }

    /// The value that stands for this one.
    pub(super) fn admit(&self, value: &str) -> Cow<'static, str> {
        let value = tame(value);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(&value) {
            if known.len() >= self.most {
                return OTHER.into();
            }
            known.insert(value.clone());
        }
        value.into()
    }
}

/// The same without characters that would have to be escaped somewhere on their way.
fn tame(value: &str) -> String {
    let tame = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | ':' | '/' | '@' | '+' | '-' | '_' => character,
        _ => '_',
    };
    let tamed: String = value.chars().take(LONGEST).map(tame).collect();
    if tamed.is_empty() {
        "unknown".to_owned()
    } else {
        tamed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_values_keep_their_names_and_all_later_ones_share_one() {
        let bounded = Bounded::new(2);
        assert_eq!(bounded.admit("a"), "a");
        assert_eq!(bounded.admit("b"), "b");
        assert_eq!(bounded.admit("c"), "other", "one too many");
        assert_eq!(bounded.admit("a"), "a", "known ones stay");
    }

    #[test]
    fn nothing_is_left_of_quotes_newlines_and_ten_thousand_characters() {
        let bounded = Bounded::new(9);
        let hostile = format!("a\"b\\c\nd{}", "\u{1b}[31m".repeat(10_000));
        let value = bounded.admit(&hostile);
        assert!(value.starts_with("a_b_c_d__31m"), "{value}");
        assert_eq!(value.chars().count(), LONGEST);
        assert_eq!(bounded.admit(""), "unknown");
        assert_eq!(bounded.admit(&"x".repeat(LONGEST)), "x".repeat(LONGEST));
        assert_eq!(bounded.admit(&"x".repeat(LONGEST + 1)), "x".repeat(LONGEST));
    }

    proptest! {
        #[test]
        fn whatever_comes_the_values_are_few_and_plain(values in prop::collection::vec(".*", 0..40)) {
            let bounded = Bounded::new(5);
            let mut seen = HashSet::new();
            for value in &values {
                let admitted = bounded.admit(value);
                prop_assert!(admitted.len() <= LONGEST && !admitted.is_empty());
                prop_assert!(admitted.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(!admitted.contains(['"', '\\']));
                seen.insert(admitted);
            }
            prop_assert!(seen.len() <= 6);
        }
    }
}
