//! What can be told from a source's tokens before a compiler sees it.
//!
//! This is no judgement that can be relied on: macros can put a path together from parts. It
//! tells the author early and with the line; what the compiler really read is looked at after
//! it ran (`inputs`).

use std::path::{Component, Path, PathBuf};

/// A token, as far as it matters here. Comments are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind<'a> {
    /// An identifier, keyword or number.
    Word(&'a str),
    /// What stands between the quotes of a text, as written.
    Text(&'a str),
    /// Any other character.
    Mark(char),
}

#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    kind: Kind<'a>,
    at: usize,
}

/// What a source must not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    pub(super) line: u32,
    pub(super) what: Reached,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// `include…!` or `#[path]` of a file outside the package.
    File(String),
    /// `#[link(name = …)]`.
    Library,
}

/// How a source declares a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Declared {
    /// `mod x;`
    Elsewhere,
    /// `mod x { … }`
    Here,
}

/// Literal reaches out of the package, of the source that lies at `path` in it.
pub(super) fn reaches(path: &str, source: &str) -> Vec<Reach> {
    let tokens = tokens(source);
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    let mut add = |at: usize, what: Reached| {
        let line = source[..at].matches('\n').count() + 1;
        found.push(Reach {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            what,
        });
    };
    for (index, token) in tokens.iter().enumerate() {
        let rest: Vec<Kind<'_>> = tokens[index..].iter().take(4).map(|t| t.kind).collect();
        match rest[..] {
            [
                Kind::Word("include" | "include_str" | "include_bytes"),
                Kind::Mark('!'),
                Kind::Mark('(' | '[' | '{'),
                Kind::Text(text),
            ] if leads_out(folder, text) => add(token.at, Reached::File(text.to_owned())),
            [Kind::Mark('#'), ..] => {
                let attribute = attribute(&tokens[index..]);
                match attribute.first().map(|token| token.kind) {
                    Some(Kind::Word("path" | "cfg_attr")) => {
                        for three in attribute.windows(3) {
                            if let [Kind::Word("path"), Kind::Mark('='), Kind::Text(text)] =
                                [three[0].kind, three[1].kind, three[2].kind]
                                && leads_out(folder, text)
                            {
                                add(token.at, Reached::File(text.to_owned()));
                            }
                        }
                    }
                    Some(Kind::Word("link")) => {
                        let named = attribute.windows(2).any(|two| {
                            two[0].kind == Kind::Word("name") && two[1].kind == Kind::Mark('=')
                        });
                        if named {
                            add(token.at, Reached::Library);
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    found
}

/// How the source declares the module of this name, if it does.
pub(super) fn declares(source: &str, module: &str) -> Option<Declared> {
    tokens(source).windows(3).find_map(|three| {
        match [three[0].kind, three[1].kind, three[2].kind] {
            [Kind::Word("mod"), Kind::Word(name), Kind::Mark(';')] if name == module => {
                Some(Declared::Elsewhere)
            }
            [Kind::Word("mod"), Kind::Word(name), Kind::Mark('{')] if name == module => {
                Some(Declared::Here)
            }
            _ => None,
        }
    })
}

/// Whether all that there is begins with a module, attributes aside: `#[cfg(test)] mod x {`.
pub(super) fn begins_with_module(source: &str) -> bool {
    let tokens = tokens(source);
    let mut rest = &tokens[..];
    while rest.first().map(|token| token.kind) == Some(Kind::Mark('#')) {
        let inside = attribute(rest).len();
        // `#`, `[`, what is inside, `]`.
        rest = rest.get(inside + 3..).unwrap_or_default();
    }
    matches!(
        rest,
        [
            Token {
                kind: Kind::Word("mod"),
                ..
            },
            _,
            Token {
                kind: Kind::Mark('{'),
                ..
            },
            ..
        ]
    )
}

/// The tokens between the brackets of an attribute that begins here.
fn attribute<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let mut start = 1;
    if tokens.get(1).map(|token| token.kind) == Some(Kind::Mark('!')) {
        start = 2;
    }
    if tokens.get(start).map(|token| token.kind) != Some(Kind::Mark('[')) {
        return &[];
    }
    let mut open = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(start) {
        match token.kind {
            Kind::Mark('[') => open += 1,
            Kind::Mark(']') => open -= 1,
            _ => {}
        }
        if open == 0 {
            return &tokens[start + 1..index];
        }
    }
    &[]
}

/// Whether a path, seen from a folder of the package, is outside the package.
fn leads_out(folder: &Path, text: &str) -> bool {
    match within(&folder.join(text)) {
        None => true,
        Some(path) => path.is_absolute(),
    }
}

/// The path without `.` and `..`; none where it climbs above where it starts.
pub(super) fn within(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if !plain.pop() => return None,
            Component::CurDir | Component::ParentDir => {}
            other => plain.push(other),
        }
    }
    Some(plain)
}

fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        let (length, kind) = match first {
            c if c.is_whitespace() => (c.len_utf8(), None),
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), None),
            '/' if rest.starts_with("/*") => (comment(rest), None),
            '"' => text(rest),
            '\'' => (quoted(rest), None),
            c if c.is_alphanumeric() || c == '_' => word(rest),
            c => (c.len_utf8(), Some(Kind::Mark(c))),
        };
        if let Some(kind) = kind {
            tokens.push(Token { kind, at });
        }
        at += length;
    }
    tokens
}

/// Bytes of a comment that may hold others.
fn comment(rest: &str) -> usize {
    let (mut open, mut at) = (0usize, 0);
    while at < rest.len() {
        let bytes = &rest.as_bytes()[at..];
        if bytes.starts_with(b"/*") {
            open += 1;
            at += 2;
        } else if bytes.starts_with(b"*/") {
            open -= 1;
            at += 2;
            if open == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// A text from its first quote on.
fn text(rest: &str) -> (usize, Option<Kind<'_>>) {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return (at + 1, Some(Kind::Text(&rest[1..at]))),
            _ => {}
        }
    }
    (rest.len(), None)
}

/// Bytes of a character or lifetime.
fn quoted(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        // Past the escaped character, which may be the quote itself.
        Some((_, '\\')) => rest
            .get(3..)
            .and_then(|tail| tail.find('\''))
            .map_or(rest.len(), |found| found + 4),
        Some(_) => match chars.next() {
            Some((end, '\'')) => end + 1,
            _ => 1,
        },
        None => 1,
    }
}

/// A word, or the text that its first letters belong to: `r"…"`, `br#"…"#`, `c"…"`.
fn word(rest: &str) -> (usize, Option<Kind<'_>>) {
    let end = rest
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    let (name, tail) = rest.split_at(end);
    if matches!(name, "b" | "c") && tail.starts_with('"') {
        let (length, kind) = text(tail);
        return (end + length, kind);
    }
    if matches!(name, "r" | "br" | "cr") {
        let hashes = tail.len() - tail.trim_start_matches('#').len();
        if let Some(inner) = tail[hashes..].strip_prefix('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            return match inner.find(&close) {
                Some(found) => (
                    end + hashes + 1 + found + close.len(),
                    Some(Kind::Text(&inner[..found])),
                ),
                None => (rest.len(), None),
            };
        }
    }
    if name == "b" && tail.starts_with('\'') {
        return (end + quoted(tail), None);
    }
    (end, Some(Kind::Word(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(path: &str, source: &str) -> Vec<u32> {
        reaches(path, source)
            .into_iter()
            .map(|reach| reach.line)
            .collect()
    }

    #[test]
    fn paths_out_of_the_package_are_found_with_their_line() {
        for source in [
            "const X: &str = include_str!(\"/etc/passwd\");",
            "const X: &[u8] = include_bytes ! ( \"../../x\" );",
            "const X: &str = include_str![r\"/etc/passwd\"];",
            "const X: &str = include_str!{r#\"/etc/passwd\"#};",
            "std::include!(/* here */ \"../../x.rs\");",
            "#[path = \"/tmp/x.rs\"] mod x;",
            "#[cfg_attr(all(), path = \"/tmp/x.rs\")] mod x;",
            "#![doc = include_str!(\"/etc/passwd\")]",
            "#[link(name = \"z\")] extern \"C\" {}",
            "const Q: char = '\\''; const X: &str = include_str!(\"/etc/passwd\");",
            "fn f<'a>(_: &'a str) -> u8 { b'\"' } const X: &str = include_str!(\"/x\");",
        ] {
            assert_eq!(lines("src/main.rs", source), [1], "{source}");
            let below = format!("//! Words.\n\nfn main() {{}}\n{source}");
            assert_eq!(lines("src/main.rs", &below), [4], "{source}");
        }
        assert_eq!(
            lines(
                "src/main.rs",
                "const X: &str = include_str!(\n    \"/etc/passwd\"\n);"
            ),
            [1]
        );
    }

    #[test]
    fn what_stays_inside_or_only_looks_alike_is_not() {
        for (path, source) in [
            (
                "src/main.rs",
                "const X: &str = include_str!(\"../fixtures/x.txt\");",
            ),
            (
                "src/a/b.rs",
                "const X: &str = include_str!(\"../../fixtures/x.txt\");",
            ),
            ("src/main.rs", "const X: &str = include_str!(\"x.txt\");"),
            ("src/main.rs", "// include_str!(\"/etc/passwd\")"),
            ("src/main.rs", "/* /* */ include_str!(\"/etc/passwd\") */"),
            (
                "src/main.rs",
                "const X: &str = \"include_str!(\\\"/etc/passwd\\\")\";",
            ),
            (
                "src/main.rs",
                "const X: &str = r#\"include_str!(\"/etc/passwd\")\"#;",
            ),
            (
                "src/main.rs",
                "let s = format!(\"{path}\", path = \"/etc\");",
            ),
            ("src/main.rs", "#[tool(path = \"/data\")] fn f() {}"),
            (
                "src/main.rs",
                "#[link(wasm_import_module = \"m\")] extern \"C\" {}",
            ),
            ("src/main.rs", "#[path = \"tests.rs\"] mod more;"),
        ] {
            assert_eq!(lines(path, source), Vec::<u32>::new(), "{source}");
        }
        assert_eq!(lines("src/a/b.rs", "include!(\"../../../x\");"), [1]);
    }

    #[test]
    fn modules_are_told_apart() {
        assert_eq!(declares("mod tests;", "tests"), Some(Declared::Elsewhere));
        assert_eq!(
            declares("#[cfg(test)]\nmod tests {}", "tests"),
            Some(Declared::Here)
        );
        assert_eq!(declares("// mod tests;\nmod testsuite;", "tests"), None);
        assert!(begins_with_module(
            "#[cfg(test)]\n#[allow(x[0])]\nmod tests { use super::*; }"
        ));
        assert!(begins_with_module("// Words.\nmod t {}"));
        assert!(!begins_with_module("use super::*;\nmod t {}"));
        assert!(!begins_with_module("#[test] fn t() {}"));
        assert!(!begins_with_module("#"));
        assert!(!begins_with_module(""));
    }

    proptest! {
        /// Whatever an author sends: an answer, in time.
        #[test]
        fn no_source_is_too_odd(source in "[a-z#!/*'\"\\\\\\[\\]{}()=;\n é]{0,60}") {
            let _ = reaches("src/main.rs", &source);
            let _ = declares(&source, "tests");
            let _ = begins_with_module(&source);
        }
    }
}
