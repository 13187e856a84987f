//! Text that somebody else wrote, as one line that hides nothing.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The most of one value that is shown, in bytes.
pub(super) const LONGEST: usize = 4096;

/// Whether a character moves the cursor, ends a line, or changes in which order others are read.
pub(super) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

/// The beginning of a text; says how much was left out.
pub(super) fn bounded(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return text.into();
    }
    let end = text.floor_char_boundary(LONGEST);
    let more = text.len() - end;
    format!("{}… ({more} bytes more)", &text[..end]).into()
}

/// The same with everything hidden written by its number or its usual short form.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hidden(character) {
            let _ = write!(shown, "{}", character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_plain_stays_as_it_is() {
        assert!(matches!(visible("größer: \"1\" \\n"), Cow::Borrowed(_)));
        assert_eq!(bounded(&"x".repeat(LONGEST)), "x".repeat(LONGEST));
    }

    #[test]
    fn what_is_hidden_is_written_out() {
        assert_eq!(visible("a\r\nb\t"), "a\\r\\nb\\t");
        assert_eq!(visible("\u{1b}[31m\u{9b}0m"), "\\u{1b}[31m\\u{9b}0m");
        assert_eq!(visible("\u{202e}abc\u{2028}"), "\\u{202e}abc\\u{2028}");
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        let text = format!("{}ä!", "x".repeat(LONGEST - 1));
        let cut = bounded(&text);
        assert_eq!(cut, format!("{}… (3 bytes more)", "x".repeat(LONGEST - 1)));
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text in "\\PC*|[\\x00-\\x1f\\x7f-\\x9f\u{2020}-\u{2030}]*") {
            prop_assert!(!visible(&text).contains(is_hidden));
        }
    }
}
