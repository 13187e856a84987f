//! From text to a tree.

use std::fmt;

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Text(String),
    Value {
        name: String,
        escaped: bool,
    },
    Section {
        name: String,
        inverted: bool,
        inner: Vec<Node>,
    },
}

/// What is wrong, and in which line, from 1.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    line: usize,
    what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// What stands between the signs.
enum Tag<'t> {
    Value { name: &'t str, escaped: bool },
    Open { name: &'t str, inverted: bool },
    Close(&'t str),
    Comment,
}

/// Sections in each other at most.
const DEEPEST: usize = 32;

/// A section that is not closed yet.
struct Open {
    name: String,
    inverted: bool,
    line: usize,
    before: Vec<Node>,
}

pub fn parse(template: &str) -> Result<Vec<Node>, Problem> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    // How far it was read, in which line that is, and where the line begins.
    let (mut at, mut line, mut line_start) = (0, 1, 0);
    while let Some(found) = template[at..].find("{{") {
        let start = at + found;
        let text = &template[at..start];
        line += text.matches('\n').count();
        if let Some(last) = text.rfind('\n') {
            line_start = at + last + 1;
        }
        let here = line;
        let problem = |what: String| Problem { line: here, what };
        let (tag, rest) = read_tag(&template[start + 2..]).map_err(problem)?;
        let end = template.len() - rest.len();
        line += template[start..end].matches('\n').count();
        let mut text_end = start;
        at = end;
        // With nothing else in its line, the line goes too.
        if !matches!(tag, Tag::Value { .. })
            && template[line_start..start]
                .trim_matches([' ', '\t'])
                .is_empty()
            && let Some(next) = line_end(rest)
        {
            text_end = line_start.max(text_end - found);
            at = end + next;
            line += usize::from(rest[..next].ends_with('\n'));
        }
        if at > end || template[..at].ends_with('\n') {
            line_start = at;
        }
        let text = &template[start - found..text_end];
        if !text.is_empty() {
            nodes.push(Node::Text(text.to_owned()));
        }
        match tag {
            Tag::Comment => {}
            Tag::Value { name, escaped } => nodes.push(Node::Value {
                name: checked(name).map_err(problem)?,
                escaped,
            }),
            Tag::Open { name, inverted } => {
                if open.len() >= DEEPEST {
                    return Err(problem(format!(
                        "more than {DEEPEST} sections stand in each other"
                    )));
                }
                open.push(Open {
                    name: checked(name).map_err(problem)?,
                    inverted,
                    line: here,
                    before: std::mem::take(&mut nodes),
                });
            }
            Tag::Close(name) => {
                let Some(last) = open.pop() else {
                    return Err(problem(format!("{name:?} is closed and was not opened")));
                };
                if last.name != name {
                    return Err(problem(format!(
                        "{name:?} is closed where {:?} is open",
                        last.name
                    )));
                }
                let inner = std::mem::replace(&mut nodes, last.before);
                nodes.push(Node::Section {
                    name: last.name,
                    inverted: last.inverted,
                    inner,
                });
            }
        }
    }
    if let Some(last) = open.pop() {
        let what = format!("{:?} is not closed", last.name);
        return Err(Problem {
            line: last.line,
            what,
        });
    }
    if at < template.len() {
        nodes.push(Node::Text(template[at..].to_owned()));
    }
    Ok(nodes)
}

/// Where the next line begins, if nothing but blanks stands before it.
fn line_end(text: &str) -> Option<usize> {
    let blanks = text
        .bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
        .count();
    match text.as_bytes().get(blanks) {
        Some(b'\n') => Some(blanks + 1),
        None => Some(blanks),
        Some(_) => None,
    }
}

/// A tag after its opening sign, and what comes after it.
fn read_tag(text: &str) -> Result<(Tag<'_>, &str), String> {
    if let Some(raw) = text.strip_prefix('{') {
        let (name, after) = raw
            .split_once("}}}")
            .ok_or("a value is not closed by }}}")?;
        return Ok((
            Tag::Value {
                name,
                escaped: false,
            },
            after,
        ));
    }
    let (inside, after) = text
        .split_once("}}")
        .ok_or("what is opened by {{ is not closed")?;
    let tag = match inside.chars().next() {
        Some('#') => Tag::Open {
            name: inside[1..].trim(),
            inverted: false,
        },
        Some('^') => Tag::Open {
            name: inside[1..].trim(),
            inverted: true,
        },
        Some('/') => Tag::Close(inside[1..].trim()),
        Some('!') => Tag::Comment,
        Some('&') => Tag::Value {
            name: &inside[1..],
            escaped: false,
        },
        _ => Tag::Value {
            name: inside,
            escaped: true,
        },
    };
    Ok((tag, after))
}

/// A name: `.`, or words with points between them.
fn checked(name: &str) -> Result<String, String> {
    let name = name.trim();
    let is_word = |word: &str| {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$');
        !word.is_empty() && word.chars().all(fits)
    };
    if name == "." || name.split('.').all(is_word) {
        Ok(name.to_owned())
    } else {
        Err(format!("{name:?} is no name"))
    }
}
