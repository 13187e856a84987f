//! Words into lines.

use crate::width::{char_width, width};

/// As many words on each line as there is room for.
pub fn fill(
    first: &str,
    rest: &str,
    words: &[&str],
    most: usize,
    break_words: bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut used = width(first);
    let mut is_empty = true;
    for word in words {
        let mut word = *word;
        loop {
            let blank = usize::from(!is_empty);
            // Of what fits nowhere it is enough to know that.
            let wide = width_up_to(word, most + 1);
            // A word that would begin a block of its own can't begin a line.
            let glued = !is_empty && begins_block(word);
            if used + blank + wide <= most || glued {
                if !is_empty {
                    line.push(' ');
                }
                line.push_str(word);
                used += blank + wide;
                is_empty = false;
                break;
            }
            if is_empty {
                let cut = if break_words {
                    room_for(word, most - used)
                } else {
                    word.len()
                };
                line.push_str(&word[..cut]);
                word = &word[cut..];
            }
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            used = width(rest);
            is_empty = true;
            if word.is_empty() {
                break;
            }
        }
    }
    if !is_empty {
        lines.push(line);
    }
    lines
}

/// Whether a line that begins with this word would be read as something else than text.
fn begins_block(word: &str) -> bool {
    let bytes = word.as_bytes();
    let digits = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    word.starts_with(['#', '|', '>'])
        || word.starts_with("```")
        || word.starts_with("~~~")
        || matches!(word, "+")
        || word.chars().all(|c| matches!(c, '-' | '=' | '*' | '_'))
        || (1..=4).contains(&digits) && matches!(&bytes[digits..], b"." | b")")
}

/// The width of a word, or as much as this if it is wider.
fn width_up_to(word: &str, most: usize) -> usize {
    let mut used = 0;
    for character in word.chars() {
        used += char_width(character);
        if used >= most {
            return most;
        }
    }
    used
}

/// How many bytes of a word fit; one character at least, so that there is an end. What is left
/// may not begin a block.
fn room_for(word: &str, room: usize) -> usize {
    let mut used = 0;
    let mut ends = Vec::new();
    for (at, character) in word.char_indices() {
        used += char_width(character);
        if used > room && at > 0 {
            break;
        }
        ends.push(at + character.len_utf8());
    }
    let good = ends
        .iter()
        .rev()
        .find(|end| **end == word.len() || !begins_block(&word[**end..]));
    good.copied().unwrap_or(word.len())
}
