//! Errors that say what to do.

use crate::exit::Exit;
use std::error::Error;
use std::fmt;

/// What went wrong, why, and what the reader can do about it.
///
/// Anything else that a command returns as an error is shown too, with its causes; this type
/// adds the remedy and the exit code.
#[derive(Debug)]
pub(crate) struct Problem {
    what: String,
    pub(crate) remedy: Option<String>,
    pub(crate) exit: Option<Exit>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Problem {
    /// Says what went wrong, in words that name the file, tool or address.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            remedy: None,
            exit: None,
            source: None,
        }
    }

    /// Of an error whose message says what to do behind its last semicolon; `or` is what went
    /// wrong where it says none.
    pub(crate) fn told(error: impl Error + Send + Sync + 'static, or: &str) -> Self {
        let text = error.to_string();
        match text.rsplit_once("; ") {
            Some((what, remedy)) => Self::new(what).remedy(remedy),
            None => Self::new(or).because(error),
        }
    }

    /// Says what to do.
    #[must_use]
    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Says why.
    #[must_use]
    pub(crate) fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Ends the program with another code than 1.
    #[must_use]
    pub(crate) fn exit(mut self, exit: Exit) -> Self {
        self.exit = Some(exit);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Turns the failure of reading or writing a file into words that name it.
pub(crate) fn file_problem(verb: &str, path: &std::path::Path, error: std::io::Error) -> Problem {
    use std::io::ErrorKind;
    let remedy = match error.kind() {
        ErrorKind::NotFound => {
            Some("see that the path is right; relative paths are below the current folder")
        }
        ErrorKind::PermissionDenied => {
            Some("see that you may use it: ls -l shows its owner and mode")
        }
        ErrorKind::IsADirectory => Some("give a file, not a folder"),
        ErrorKind::StorageFull => Some("free some space"),
        _ => None,
    };
    let mut problem = Problem::new(format!("{} can't be {verb}", path.display())).because(error);
    problem.remedy = remedy.map(str::to_owned);
    problem
}
