//! What is asked for: comparisons that all have to hold.

use crate::version::{Part, Problem, Version, number, read_pre};
use std::cmp::Ordering;

#[derive(Debug, PartialEq, Eq)]
pub struct Requirement {
    comparisons: Vec<Comparison>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Exact,
    Greater,
    GreaterOrSame,
    Less,
    LessOrSame,
    Tilde,
    Caret,
}

#[derive(Debug, PartialEq, Eq)]
struct Comparison {
    operator: Operator,
    major: u64,
    minor: Option<u64>,
    patch: Option<u64>,
    pre: Vec<Part>,
}

impl Requirement {
    pub fn read(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        if matches!(text, "*" | "x" | "X") {
            return Ok(Self {
                comparisons: Vec::new(),
            });
        }
        let comparisons = text
            .split(',')
            .map(|part| Comparison::read(part.trim()))
            .collect::<Result<_, _>>()?;
        Ok(Self { comparisons })
    }

    pub fn allows(&self, version: &Version) -> bool {
        if !self.comparisons.iter().all(|it| it.holds(version)) {
            return false;
        }
        // Nobody gets a pre-release who did not name one of the same version.
        version.pre.is_empty()
            || self.comparisons.iter().any(|it| {
                let named = (it.major, it.minor, it.patch);
                !it.pre.is_empty()
                    && named == (version.major, Some(version.minor), Some(version.patch))
            })
    }
}

impl Comparison {
    fn read(text: &str) -> Result<Self, Problem> {
        if text.is_empty() {
            return Err(Problem::Empty);
        }
        let signs = [
            (">=", Operator::GreaterOrSame),
            ("<=", Operator::LessOrSame),
            (">", Operator::Greater),
            ("<", Operator::Less),
            ("=", Operator::Exact),
            ("~", Operator::Tilde),
            ("^", Operator::Caret),
        ];
        let found = signs
            .iter()
            .find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?)));
        let (operator, rest) = found.unwrap_or((Operator::Caret, text));
        // Build metadata says nothing here.
        let rest = rest.trim_start().split('+').next().unwrap_or_default();
        let (numbers, pre) = match rest.split_once('-') {
            Some((numbers, pre)) => (numbers, read_pre(pre)?),
            None => (rest, Vec::new()),
        };
        let parts: Vec<&str> = numbers.split('.').collect();
        if parts.len() > 3 || !pre.is_empty() && parts.len() < 3 {
            return Err(Problem::Numbers);
        }
        let part = |index: usize| match parts.get(index) {
            None | Some(&("*" | "x" | "X")) => Ok(None),
            Some(text) => number(text).map(Some),
        };
        let (major, minor, patch) = (part(0)?, part(1)?, part(2)?);
        let wild = minor.is_none() && patch.is_some() || patch.is_none() && !pre.is_empty();
        let Some(major) = major.filter(|_| !wild) else {
            return Err(Problem::Comparison(text.to_owned()));
        };
        // `1.*` and `1.2.*` allow what begins so.
        let starred = parts.iter().any(|part| matches!(*part, "*" | "x" | "X"));
        let operator = match (operator, starred) {
            (Operator::Caret, true) => Operator::Exact,
            (operator, _) => operator,
        };
        Ok(Self {
            operator,
            major,
            minor,
            patch,
            pre,
        })
    }

    fn holds(&self, version: &Version) -> bool {
        match self.operator {
            Operator::Exact => self.begins(version),
            Operator::Greater => self.compare(version).is_gt(),
            Operator::GreaterOrSame => self.compare(version).is_ge(),
            Operator::Less => self.compare(version).is_lt(),
            Operator::LessOrSame => self.compare(version).is_le(),
            Operator::Tilde => {
                let minor = self.minor.is_none_or(|minor| minor == version.minor);
                version.major == self.major && minor && self.at_least(version)
            }
            Operator::Caret => self.compatible(version) && self.at_least(version),
        }
    }

    /// Whether the version is one of those that begin with these numbers.
    fn begins(&self, version: &Version) -> bool {
        version.major == self.major
            && self.minor.is_none_or(|minor| minor == version.minor)
            && self.patch.is_none_or(|patch| patch == version.patch)
            && (self.patch.is_none() || self.pre == version.pre)
    }

    /// How a version lies to those that begin with these numbers.
    fn compare(&self, version: &Version) -> Ordering {
        let same = Ordering::Equal;
        let by_numbers = version
            .major
            .cmp(&self.major)
            .then_with(|| self.minor.map_or(same, |minor| version.minor.cmp(&minor)))
            .then_with(|| self.patch.map_or(same, |patch| version.patch.cmp(&patch)));
        if by_numbers.is_ne() || self.patch.is_none() {
            return by_numbers;
        }
        match (version.pre.is_empty(), self.pre.is_empty()) {
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            _ => version.pre.cmp(&self.pre),
        }
    }

    fn at_least(&self, version: &Version) -> bool {
        self.compare(version).is_ge()
    }

    /// Whether no number before and at the first that is not 0 differs.
    fn compatible(&self, version: &Version) -> bool {
        if version.major != self.major {
            return false;
        }
        match (self.major, self.minor, self.patch) {
            (1.., ..) | (0, None, _) => true,
            (0, Some(0), Some(patch)) => version.minor == 0 && version.patch == patch,
            (0, Some(minor), _) => version.minor == minor,
        }
    }
}
