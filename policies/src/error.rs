//! What is wrong with a policy, all of it at once.

use std::fmt;

/// A policy that was refused, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// The file could not be read.
    Unreadable {
        /// Its path.
        file: String,
        /// The system's reason.
        reason: String,
    },
    /// It was read and is not a policy.
    Invalid {
        /// Its path or another name for people.
        file: String,
        /// In the order of the text; never empty.
        problems: Vec<Problem>,
    },
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl std::error::Error for PolicyError {}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { file, reason } => {
                write!(f, "{file}: cannot be read: {reason}\n  remedy: ")?;
                if let Some(near) = crate::parse::nearest(file, crate::Policy::PRESETS) {
                    write!(f, "did you mean `{near}`? ")?;
                }
                write!(
                    f,
                    "give the path of a policy file, or the name of a preset: {}",
                    crate::Policy::PRESETS.join(", ")
                )
            }
            Self::Invalid { file, problems } => {
                for (index, problem) in problems.iter().enumerate() {
                    if index > 0 {
                        writeln!(f)?;
                    }
                    write!(
                        f,
                        "{file}:{}:{}: {}\n  remedy: {}",
                        problem.line, problem.column, problem.message, problem.remedy
                    )?;
                }
                Ok(())
            }
        }
    }
}
