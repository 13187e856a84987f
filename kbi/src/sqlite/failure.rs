//! What SQLite says, in our words.

use crate::KbiError;
use rusqlite::{Error as SqlError, ErrorCode};

/// An error on the way: ours, or SQLite's, which still lacks what was being done.
#[derive(Debug)]
pub(super) enum Failure {
    Ours(KbiError),
    Sql(SqlError),
}

impl From<KbiError> for Failure {
    fn from(error: KbiError) -> Self {
        Self::Ours(error)
    }
}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        Self::Sql(error)
    }
}

impl Failure {
    /// The error for the caller; `action` completes "the storage failed (…)".
    pub(super) fn while_(self, action: &'static str) -> KbiError {
        match self {
            Self::Ours(error) => error,
            Self::Sql(error) => translate(error, action),
        }
    }
}

fn translate(error: SqlError, action: &'static str) -> KbiError {
    let corrupt = |error: &SqlError| KbiError::Corrupt {
        what: "the database".to_owned(),
        problem: format!("{error} ({action})"),
    };
    match &error {
        SqlError::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => KbiError::Busy { action },
            ErrorCode::ReadOnly => KbiError::ReadOnly { action },
            ErrorCode::DiskFull => KbiError::Full { action },
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => corrupt(&error),
            _ => KbiError::Storage {
                action,
                source: Box::new(error),
            },
        },
        // A column that does not hold what only we write there.
        SqlError::FromSqlConversionFailure(..)
        | SqlError::InvalidColumnType(..)
        | SqlError::IntegralValueOutOfRange(..)
        | SqlError::Utf8Error(..) => corrupt(&error),
        _ => KbiError::Storage {
            action,
            source: Box::new(error),
        },
    }
}
