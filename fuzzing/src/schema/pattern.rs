//! Texts that a regular expression matches.

use super::Dice;
use regex_syntax::hir::{Class, Hir, HirKind};

/// A text that this expression matches, if it can be read. JSON Schema does not anchor.
pub(super) fn make(expression: &str, dice: &mut Dice) -> Option<String> {
    let parsed = regex_syntax::parse(expression).ok()?;
    let mut made = String::new();
    write(&parsed, dice, &mut made);
    Some(made)
}

/// Bytes of a text at most.
const LONGEST: usize = 512;

fn write(hir: &Hir, dice: &mut Dice, made: &mut String) {
    if made.len() > LONGEST {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => made.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.ranges();
            if let Some(range) = dice.pick(ranges) {
                let (start, end) = (range.start() as u32, range.end() as u32);
                let width = (end - start).min(64) as usize;
                let offset = u32::try_from(dice.between(0, width)).unwrap_or(0);
                made.push(char::from_u32(start + offset).unwrap_or(range.start()));
            }
        }
        HirKind::Class(Class::Bytes(class)) => {
            if let Some(range) = dice.pick(class.ranges()) {
                made.push(char::from(range.start()));
            }
        }
        HirKind::Repetition(repetition) => {
            let least = repetition.min as usize;
            let most = repetition.max.map_or(least + 4, |it| it as usize);
            for _ in 0..dice.between(least, most.min(least + 8)) {
                write(&repetition.sub, dice, made);
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, dice, made),
        HirKind::Concat(parts) => {
            for part in parts {
                write(part, dice, made);
            }
        }
        HirKind::Alternation(parts) => {
            if let Some(part) = dice.pick(parts) {
                write(part, dice, made);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_of_the_kind_that_is_asked_for() {
        let mut dice = Dice::new(1);
        for _ in 0..50 {
            let made = make("^[a-z]{2,4}-(red|blue)[0-9]$", &mut dice).expect("an expression");
            let (head, tail) = made.split_once('-').expect("a dash");
            assert!((2..=4).contains(&head.len()) && head.bytes().all(|b| b.is_ascii_lowercase()));
            let digit = tail
                .strip_prefix("red")
                .or(tail.strip_prefix("blue"))
                .expect("a colour");
            assert!(digit.len() == 1 && digit.as_bytes()[0].is_ascii_digit());
        }
        assert_eq!(make("(?<=a)b", &mut dice), None);
    }
}
