//! One version, and which is higher.

use std::cmp::Ordering;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub major: u64,
    pub minor: u64,
    pub patch: u64,
    pub pre: Vec<Part>,
    build: String,
}

/// What stands between points after the hyphen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    // Numbers are lower than names: the order of these two lines says so.
    Number(u64),
    Name(String),
}

/// Why a text is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("it has to have three numbers")]
    Numbers,
    #[error("{0:?} is no number")]
    Number(String),
    #[error("the number {0} begins with a zero")]
    Zero(String),
    #[error("{0:?} is no part of a pre-release or of build metadata")]
    Part(String),
    #[error("{0:?} is no comparison")]
    Comparison(String),
    #[error("nothing stands between two commas")]
    Empty,
}

impl Version {
    pub fn read(text: &str) -> Result<Self, Problem> {
        let (text, build) = match text.split_once('+') {
            Some((text, build)) => {
                for part in build.split('.') {
                    check_part(part)?;
                }
                (text, build)
            }
            None => (text, ""),
        };
        let (text, pre) = match text.split_once('-') {
            Some((text, pre)) => (text, read_pre(pre)?),
            None => (text, Vec::new()),
        };
        let numbers: Vec<&str> = text.split('.').collect();
        let [major, minor, patch] = numbers[..] else {
            return Err(Problem::Numbers);
        };
        Ok(Self {
            major: number(major)?,
            minor: number(minor)?,
            patch: number(patch)?,
            pre,
            build: build.to_owned(),
        })
    }

    pub fn numbers(&self) -> (u64, u64, u64) {
        (self.major, self.minor, self.patch)
    }

    /// Which is higher; build metadata does not count.
    pub fn precedence(&self, other: &Self) -> Ordering {
        self.numbers().cmp(&other.numbers()).then_with(|| {
            match (self.pre.is_empty(), other.pre.is_empty()) {
                // A release is higher than what came before it.
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                _ => self.pre.cmp(&other.pre),
            }
        })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        // A set keeps both of two that differ in their metadata.
        self.precedence(other)
            .then_with(|| self.build.cmp(&other.build))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

pub fn read_pre(text: &str) -> Result<Vec<Part>, Problem> {
    text.split('.')
        .map(|part| {
            check_part(part)?;
            if part.bytes().all(|byte| byte.is_ascii_digit()) {
                number(part).map(Part::Number)
            } else {
                Ok(Part::Name(part.to_owned()))
            }
        })
        .collect()
}

fn check_part(part: &str) -> Result<(), Problem> {
    let fits = part
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if part.is_empty() || !fits {
        return Err(Problem::Part(part.to_owned()));
    }
    Ok(())
}

/// Digits without zeros in front.
pub fn number(text: &str) -> Result<u64, Problem> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::Number(text.to_owned()));
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err(Problem::Zero(text.to_owned()));
    }
    text.parse()
        .ok()
        .ok_or_else(|| Problem::Number(text.to_owned()))
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        for (index, part) in self.pre.iter().enumerate() {
            write!(f, "{}{part}", if index == 0 { '-' } else { '.' })?;
        }
        if !self.build.is_empty() {
            write!(f, "+{}", self.build)?;
        }
        Ok(())
    }
}
