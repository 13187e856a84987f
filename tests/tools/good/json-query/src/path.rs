//! From text to a path.

use serde_json::{Number, Value};
use std::fmt;

/// One step from a value to some of those in it.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Member(String),
    Element(i64),
    Slice(Option<i64>, Option<i64>),
    All,
    /// The value itself and all that are in it, at any depth.
    Deep,
    Filter(Test),
}

/// What has to hold of an element.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    Exists(Vec<Step>),
    Compare(Side, Relation, Side),
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
    Not(Box<Test>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Side {
    /// From the element on.
    Path(Vec<Step>),
    Value(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Same,
    Differs,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// Why a text is no path, and where, from 1, in characters.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    pub at: usize,
    pub what: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: {}", self.at, self.what)
    }
}

pub fn parse(text: &str) -> Result<Vec<Step>, Problem> {
    let mut reader = Reader {
        text: text.trim().chars().collect(),
        at: 0,
        depth: 0,
    };
    if !reader.takes("$") {
        return Err(reader.problem("a path begins with $"));
    }
    let steps = reader.steps()?;
    if reader.at < reader.text.len() {
        return Err(reader.problem("a step begins with a point or a bracket"));
    }
    Ok(steps)
}

/// How deep brackets and negations may stand in each other.
const DEEPEST: usize = 32;

struct Reader {
    text: Vec<char>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn problem(&self, what: &'static str) -> Problem {
        Problem {
            at: self.at + 1,
            what,
        }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn takes(&mut self, sign: &str) -> bool {
        let length = sign.chars().count();
        let there = self.text[self.at..]
            .iter()
            .take(length)
            .copied()
            .eq(sign.chars());
        if there {
            self.at += length;
        }
        there
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn steps(&mut self) -> Result<Vec<Step>, Problem> {
        let mut steps = Vec::new();
        loop {
            if self.takes("..") {
                steps.push(Step::Deep);
                if self.peek() != Some('[') {
                    steps.push(self.name_or_star()?);
                }
            } else if self.takes(".") {
                steps.push(self.name_or_star()?);
            } else if self.takes("[") {
                self.blanks();
                steps.push(self.bracket()?);
                self.blanks();
                if !self.takes("]") {
                    return Err(self.problem("a closing bracket is missing"));
                }
            } else {
                return Ok(steps);
            }
        }
    }

    fn name_or_star(&mut self) -> Result<Step, Problem> {
        if self.takes("*") {
            return Ok(Step::All);
        }
        let mut name = String::new();
        while let Some(c) = self
            .peek()
            .filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
        {
            name.push(c);
            self.at += 1;
        }
        if name.is_empty() {
            return Err(self.problem("a name or * is missing"));
        }
        Ok(Step::Member(name))
    }

    fn bracket(&mut self) -> Result<Step, Problem> {
        match self.peek() {
            Some('*') => {
                self.at += 1;
                Ok(Step::All)
            }
            Some('?') => {
                self.at += 1;
                Ok(Step::Filter(self.either()?))
            }
            Some('\'' | '"') => Ok(Step::Member(self.quoted()?)),
            _ => {
                let first = self.index()?;
                self.blanks();
                if self.takes(":") {
                    self.blanks();
                    return Ok(Step::Slice(first, self.index()?));
                }
                first
                    .map(Step::Element)
                    .ok_or_else(|| self.problem("nothing is asked for"))
            }
        }
    }

    fn index(&mut self) -> Result<Option<i64>, Problem> {
        let start = self.at;
        let mut digits = String::new();
        if self.takes("-") {
            digits.push('-');
        }
        while let Some(c) = self.peek().filter(char::is_ascii_digit) {
            digits.push(c);
            self.at += 1;
        }
        if digits.is_empty() {
            return Ok(None);
        }
        digits.parse().map(Some).map_err(|_error| Problem {
            at: start + 1,
            what: "this is no place in an array",
        })
    }

    fn quoted(&mut self) -> Result<String, Problem> {
        let quote = self.peek();
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return Err(self.problem("the quotes are not closed")),
                end if end == quote => {
                    self.at += 1;
                    return Ok(text);
                }
                Some('\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(c @ ('\\' | '\'' | '"')) => text.push(c),
                        Some('n') => text.push('\n'),
                        Some('t') => text.push('\t'),
                        _ => return Err(self.problem("this can't stand after a backslash")),
                    }
                }
                Some(c) => text.push(c),
            }
            self.at += 1;
        }
    }

    fn either(&mut self) -> Result<Test, Problem> {
        let mut test = self.both()?;
        while self.takes("||") {
            test = Test::Or(Box::new(test), Box::new(self.both()?));
        }
        Ok(test)
    }

    fn both(&mut self) -> Result<Test, Problem> {
        let mut test = self.test()?;
        while self.takes("&&") {
            test = Test::And(Box::new(test), Box::new(self.test()?));
        }
        Ok(test)
    }

    /// One comparison, with the blanks around it.
    fn test(&mut self) -> Result<Test, Problem> {
        if self.depth >= DEEPEST {
            return Err(self.problem("too much stands in each other here"));
        }
        self.depth += 1;
        self.blanks();
        let test = if self.takes("!") {
            Test::Not(Box::new(self.test()?))
        } else if self.takes("(") {
            let inner = self.either()?;
            if !self.takes(")") {
                return Err(self.problem("a closing bracket is missing"));
            }
            inner
        } else {
            self.comparison()?
        };
        self.blanks();
        self.depth -= 1;
        Ok(test)
    }

    fn comparison(&mut self) -> Result<Test, Problem> {
        let left = self.side()?;
        self.blanks();
        let relations = [
            ("==", Relation::Same),
            ("!=", Relation::Differs),
            ("<=", Relation::AtMost),
            (">=", Relation::AtLeast),
            ("<", Relation::Less),
            (">", Relation::More),
        ];
        for (sign, relation) in relations {
            if self.takes(sign) {
                self.blanks();
                return Ok(Test::Compare(left, relation, self.side()?));
            }
        }
        match left {
            Side::Path(path) => Ok(Test::Exists(path)),
            Side::Value(_) => Err(self.problem("a comparison is missing")),
        }
    }

    fn side(&mut self) -> Result<Side, Problem> {
        match self.peek() {
            Some('@') => {
                self.at += 1;
                // Filters in filters count for the depth too.
                self.steps().map(Side::Path)
            }
            Some('\'' | '"') => Ok(Side::Value(Value::String(self.quoted()?))),
            Some('-' | '0'..='9') => self
                .number()
                .map(|number| Side::Value(Value::Number(number))),
            _ => {
                let words = [
                    ("true", Value::Bool(true)),
                    ("false", Value::Bool(false)),
                    ("null", Value::Null),
                ];
                for (word, value) in words {
                    if self.takes(word) {
                        return Ok(Side::Value(value));
                    }
                }
                Err(self.problem("@, a text, a number, true, false or null is missing"))
            }
        }
    }

    fn number(&mut self) -> Result<Number, Problem> {
        let start = self.at;
        let mut text = String::new();
        while let Some(c) = self
            .peek()
            .filter(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'))
        {
            text.push(c);
            self.at += 1;
        }
        text.parse().map_err(|_error| Problem {
            at: start + 1,
            what: "this is no number",
        })
    }
}
