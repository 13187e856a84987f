//! What the text of a line says of the instructions that came from it.
//!
//! A module has comparisons, additions and constants that nobody wrote: checks of bounds, sizes of
//! elements, where fields lie. Only what the line says too is changed, so that each change is one
//! that its author can see. The tokens are those that Rust, C and their kin share.

use std::collections::BTreeSet;

/// A file of the tool's own.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    path: String,
    lines: Vec<String>,
    /// Lines, from 1, whose code a macro wrote: attributes, and what derives are for.
    by_macros: BTreeSet<u32>,
}

/// Bytes of a line that are looked at.
const MOST_LINE: usize = 400;

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let lines = text.lines().map(|line| {
            let end = line.floor_char_boundary(MOST_LINE);
            line[..end].to_owned()
        });
        let lines: Vec<String> = lines.collect();
        Self {
            path: path.to_owned(),
            by_macros: by_macros(&lines),
            lines,
        }
    }

    /// Whether the code that came from this line was written by a macro, not by the author.
    pub(crate) fn is_by_macro(&self, line: u32) -> bool {
        self.by_macros.contains(&line)
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// A line, by its number from 1.
    pub(crate) fn line(&self, number: u32) -> Option<&str> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.lines.get(index).map(String::as_str)
    }
}

/// The lines of attributes, and of the types that have derives: nobody wrote code there.
fn by_macros(lines: &[String]) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut part = Part::Code;
    let mut derives = false;
    for (number, line) in (1..).zip(lines) {
        let tokens = tokens(line);
        let depth = |open: &[&str], close: &[&str]| {
            tokens.iter().fold(0_i64, |depth, token| match token {
                Token::Sign(sign, _) if open.contains(sign) => depth + 1,
                Token::Sign(sign, _) if close.contains(sign) => depth - 1,
                _ => depth,
            })
        };
        let Some(first) = tokens.first() else {
            // A comment: what documents a field is a derive's matter too.
            found.insert(number);
            continue;
        };
        if let Part::Code = part {
            if first.is("#") {
                part = Part::Attribute(0);
            } else if derives {
                part = Part::Type(0, false);
            }
        }
        match &mut part {
            Part::Code => continue,
            Part::Attribute(open) => {
                derives |= tokens.iter().any(|token| token.is_word("derive"));
                *open += depth(&["[", "(", "{"], &["]", ")", "}"]);
                if *open <= 0 {
                    part = Part::Code;
                }
            }
            Part::Type(open, begun) => {
                *open += depth(&["{", "("], &["}", ")"]);
                *begun |= tokens.iter().any(|token| token.is("{") || token.is(";"));
                if *open <= 0 && *begun {
                    part = Part::Code;
                    derives = false;
                }
            }
        }
        found.insert(number);
    }
    found
}

/// What a line belongs to.
enum Part {
    Code,
    /// With how many brackets are open.
    Attribute(i64),
    /// A type with derives: how many are open, and whether its body has begun.
    Type(i64, bool),
}

/// A word or sign of a line.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    Word(&'a str),
    /// A number, with what it is worth.
    Number(&'a str, Option<Worth>),
    /// A character between quotes, or a byte.
    Character(&'a str, u32),
    /// A text, whatever it holds.
    Text,
    /// An operator or bracket; `true` for one that stands between two operands.
    Sign(&'a str, bool),
}

/// A number's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Worth {
    Whole(u64),
    Broken(f64),
}

impl Token<'_> {
    pub(super) fn is(&self, sign: &str) -> bool {
        matches!(self, Token::Sign(it, _) if *it == sign)
    }

    /// Whether it is this operator, between two operands.
    pub(super) fn is_operator(&self, operator: &str) -> bool {
        matches!(self, Token::Sign(it, true) if *it == operator)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self, Token::Word(it) if *it == word)
    }
}

/// Signs of more than one character, the longest first.
const SIGNS: [&str; 23] = [
    "..=", "<<=", ">>=", "...", "->", "=>", "::", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=",
    "*=", "/=", "%=", "&=", "|=", "^=", "<<", "..",
];

/// The tokens of one line. What began on an earlier line (a text, a comment) is not known: such a
/// line's tokens may be wrong, and so at worst a change is made that the line did not ask for.
pub(super) fn tokens(line: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut rest = line;
    loop {
        let spaced = rest.starts_with([' ', '\t']);
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else {
            return tokens;
        };
        if rest.starts_with("//") {
            return tokens;
        }
        let length = match first {
            '"' => text(rest, &mut tokens),
            '\'' => character(rest, &mut tokens),
            'b' if rest.starts_with("b\"") => 1 + text(&rest[1..], &mut tokens),
            'b' if rest.starts_with("b'") => 1 + character(&rest[1..], &mut tokens),
            '0'..='9' => number(rest, &mut tokens),
            _ if first.is_alphabetic() || first == '_' => {
                let end = rest.find(|it: char| !it.is_alphanumeric() && it != '_');
                let word = &rest[..end.unwrap_or(rest.len())];
                tokens.push(Token::Word(word));
                word.len()
            }
            _ => sign(rest, first, spaced, &mut tokens),
        };
        rest = &rest[length.max(first.len_utf8()).min(rest.len())..];
    }
}

fn text(rest: &str, tokens: &mut Vec<Token<'_>>) -> usize {
    tokens.push(Token::Text);
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn character<'a>(rest: &'a str, tokens: &mut Vec<Token<'a>>) -> usize {
    let mut chars = rest.char_indices().skip(1);
    let Some((_, first)) = chars.next() else {
        return rest.len();
    };
    let (value, next) = if first == '\\' {
        let Some((_, escape)) = chars.next() else {
            return rest.len();
        };
        let value = match escape {
            'n' => Some('\n'),
            't' => Some('\t'),
            'r' => Some('\r'),
            '0' => Some('\0'),
            '\\' | '\'' | '"' => Some(escape),
            _ => None,
        };
        (value, chars.next())
    } else {
        (Some(first), chars.next())
    };
    match (value, next) {
        (Some(value), Some((at, '\''))) => {
            tokens.push(Token::Character(&rest[..=at], u32::from(value)));
            at + 1
        }
        // A lifetime, or an escape that is not looked into.
        _ => 1,
    }
}

fn number<'a>(rest: &'a str, tokens: &mut Vec<Token<'a>>) -> usize {
    let bytes = rest.as_bytes();
    let mut end = 0;
    while let Some(byte) = bytes.get(end) {
        let goes_on = byte.is_ascii_alphanumeric()
            || *byte == b'_'
            || (*byte == b'.' && bytes.get(end + 1).is_some_and(u8::is_ascii_digit));
        if !goes_on {
            break;
        }
        end += 1;
    }
    let word = &rest[..end];
    tokens.push(Token::Number(word, worth(word)));
    end
}

fn worth(word: &str) -> Option<Worth> {
    let plain = word.replace('_', "");
    let (digits, radix) = match plain.get(..2) {
        Some("0x") => (&plain[2..], 16),
        Some("0b") => (&plain[2..], 2),
        Some("0o") => (&plain[2..], 8),
        _ => (plain.as_str(), 10),
    };
    let mut digits = digits;
    for suffix in [
        "usize", "isize", "u128", "i128", "u64", "i64", "u32", "i32", "u16", "i16", "u8", "i8",
        "f64", "f32",
    ] {
        if radix == 16 && suffix.starts_with('f') {
            continue;
        }
        if let Some(shorter) = digits.strip_suffix(suffix) {
            let broken = suffix.starts_with('f');
            digits = shorter;
            if broken {
                return digits.parse().ok().map(Worth::Broken);
            }
            break;
        }
    }
    match u64::from_str_radix(digits, radix) {
        Ok(whole) => Some(Worth::Whole(whole)),
        Err(_) if radix == 10 => digits.parse().ok().map(Worth::Broken),
        Err(_) => None,
    }
}

fn sign<'a>(rest: &'a str, first: char, spaced: bool, tokens: &mut Vec<Token<'a>>) -> usize {
    let long = SIGNS.iter().find(|sign| rest.starts_with(**sign));
    let length = long.map_or(first.len_utf8(), |sign| sign.len());
    let sign = &rest[..length];
    let operand = match tokens.last() {
        Some(Token::Word(word)) => !KEYWORDS.contains(word),
        Some(Token::Number(..) | Token::Character(..) | Token::Text) => true,
        Some(Token::Sign(sign, _)) => [")", "]", "?"].contains(sign),
        None => false,
    };
    // Generic arguments look like comparisons; people put spaces around those.
    let after = &rest[length..];
    let compares = matches!(sign, "<" | ">" | "<=" | ">=");
    let stands = !compares || (spaced && (after.is_empty() || after.starts_with(' ')));
    tokens.push(Token::Sign(sign, operand && stands));
    length
}

/// Words after which an operator has no operand before it.
const KEYWORDS: [&str; 10] = [
    "return", "if", "else", "match", "in", "while", "let", "mut", "as", "break",
];
