//! Texts from elsewhere, fit to be shown.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with nothing in it that can't be seen: control characters but the line break and the
/// tab, characters that turn the direction of text around, and such as show nothing, are written
/// as their numbers: `\u{202e}`.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hidden(character) {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// The same on one line: line breaks and tabs are spaces.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    visible(&words.join(" ")).into_owned()
}

/// The first so many characters, and that there were more.
pub(super) fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// What is there and can't be seen, or changes how what is around it is seen.
pub(super) fn is_hidden(character: char) -> bool {
    if character.is_control() {
        return !matches!(character, '\n' | '\t');
    }
    matches!(character,
        // Soft hyphen, marks and overrides of direction, joiners and spaces without width.
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        // Fillers of Hangul, that look like nothing.
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
        // Letters in the shape of tags, and what chooses between shapes.
        | '\u{e0000}'..='\u{e0fff}' | '\u{fe00}'..='\u{fe0f}')
}

/// A path or name as part of a URI: what may not stand there is percent-encoded.
pub(super) fn uri(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            encoded.push('/');
        }
        // A first segment of dots would lead out of the base.
        if matches!(segment, "." | "..") {
            let _ = write!(encoded, "%2E{}", &segment[1..]);
            continue;
        }
        for byte in segment.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                encoded.push(char::from(byte));
            } else {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    // An absolute path is no path of a proposal.
    encoded.trim_start_matches('/').to_owned()
}

/// A length of time for people.
#[allow(clippy::cast_precision_loss, reason = "it is rounded to one digit")]
pub(super) fn millis(millis: u64) -> String {
    match millis {
        0 => "under 1 ms".to_owned(),
        1..1000 => format!("{millis} ms"),
        _ => format!("{:.1} s", millis as f64 / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_t_be_seen_is_shown_by_its_number() {
        assert_eq!(visible("a\nb\tc"), "a\nb\tc");
        assert_eq!(
            visible("a\u{1b}[2Jb\u{202e}c\u{e0041}d\u{200b}\r"),
            "a\\u{1b}[2Jb\\u{202e}c\\u{e0041}d\\u{200b}\\u{d}"
        );
        assert_eq!(one_line(" a\n\tb\u{85}c "), "a b c");
    }

    #[test]
    fn paths_stay_below_their_base() {
        assert_eq!(uri("src/main.rs"), "src/main.rs");
        assert_eq!(uri("a b/ü?#%"), "a%20b/%C3%BC%3F%23%25");
        assert_eq!(uri("../../etc/passwd"), "%2E./%2E./etc/passwd");
        assert_eq!(uri("//evil/x"), "evil/x");
        assert_eq!(uri("javascript:x"), "javascript%3Ax");
    }
}
