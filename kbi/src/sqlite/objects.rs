//! What never changes: named by its SHA-256, verified at each reading.

use super::failure::Failure;
use crate::{Digest, KbiError};
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The largest module or document that is kept: 256 MiB.
pub const MAX_OBJECT_BYTES: usize = 256 * 1024 * 1024;

/// Bytes and their name, made outside of the transaction that keeps them.
#[derive(Debug)]
pub(super) struct Object<'a> {
    pub(super) digest: Digest,
    bytes: std::borrow::Cow<'a, [u8]>,
}

impl<'a> Object<'a> {
    /// Of bytes as they are.
    pub(super) fn of_bytes(bytes: &'a [u8], field: &str) -> Result<Self, KbiError> {
        Self::sized(bytes.into(), field)
    }

    /// Of a value as JSON. What JSON can't bring back exactly (numbers that are none, nesting
    /// too deep to be read) is refused: whatever is accepted can be read.
    pub(super) fn of_json<T>(value: &T, field: &str) -> Result<Self, KbiError>
    where
        T: Serialize + DeserializeOwned + PartialEq,
    {
        let refuse = |problem: String| KbiError::InvalidInput {
            field: field.to_owned(),
            problem,
        };
        let bytes = serde_json::to_vec(value)
            .map_err(|error| refuse(format!("can't be written as JSON: {error}")))?;
        let back: T = serde_json::from_slice(&bytes)
            .map_err(|error| refuse(format!("could not be read again from JSON: {error}")))?;
        if back != *value {
            return Err(refuse("would change on its way through JSON".to_owned()));
        }
        Self::sized(bytes.into(), field)
    }

    fn sized(bytes: std::borrow::Cow<'a, [u8]>, field: &str) -> Result<Self, KbiError> {
        if bytes.len() > MAX_OBJECT_BYTES {
            return Err(KbiError::InvalidInput {
                field: field.to_owned(),
                problem: format!(
                    "has {} bytes, at most {MAX_OBJECT_BYTES} are kept",
                    bytes.len()
                ),
            });
        }
        Ok(Self {
            digest: Digest::of(&bytes),
            bytes,
        })
    }

    /// Keeps it, unless it is kept already. Then the kept one is compared, so that nothing new
    /// comes to rest on a damaged object.
    pub(super) fn put(&self, transaction: &Connection) -> Result<(), Failure> {
        let name = self.digest.to_string();
        let same: Option<bool> = transaction
            .prepare_cached("SELECT bytes = ?2 FROM objects WHERE digest = ?1")?
            .query_row((&name, &*self.bytes), |row| row.get(0))
            .optional()?;
        match same {
            Some(true) => Ok(()),
            Some(false) => Err(corrupt(&self.digest).into()),
            None => {
                transaction
                    .prepare_cached("INSERT INTO objects (digest, bytes) VALUES (?1, ?2)")?
                    .execute((&name, &*self.bytes))?;
                Ok(())
            }
        }
    }
}

/// The bytes of an object that something refers to.
pub(super) fn bytes(connection: &Connection, digest: &Digest) -> Result<Vec<u8>, Failure> {
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached("SELECT bytes FROM objects WHERE digest = ?1")?
        .query_row([digest.to_string()], |row| row.get(0))
        .optional()?;
    match bytes {
        Some(bytes) if Digest::of(&bytes) == *digest => Ok(bytes),
        _ => Err(corrupt(digest).into()),
    }
}

/// A document that something refers to.
pub(super) fn json<T: DeserializeOwned>(
    connection: &Connection,
    digest: &Digest,
) -> Result<T, Failure> {
    let bytes = bytes(connection, digest)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let what = format!("the document {digest}");
        KbiError::Corrupt {
            what,
            problem: format!("it is not of the expected form: {error}"),
        }
        .into()
    })
}

fn corrupt(digest: &Digest) -> KbiError {
    KbiError::Corrupt {
        what: format!("the object {digest}"),
        problem: "its bytes are missing or do not have this digest".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn what_json_changes_is_refused() {
        assert!(Object::of_json(&0.1_f64, "x").is_ok());
        let error = Object::of_json(&f64::NAN, "confidence.score").unwrap_err();
        assert!(
            error.to_string().starts_with("`confidence.score` "),
            "{error}"
        );
    }

    #[test]
    fn what_is_nested_too_deep_to_be_read_is_refused() {
        let nested = |depth| (0..depth).fold(json!(1), |inner, _| json!([inner]));
        assert!(Object::of_json::<Value>(&nested(127), "x").is_ok());
        assert!(matches!(
            Object::of_json::<Value>(&nested(128), "x"),
            Err(KbiError::InvalidInput { .. })
        ));
    }

    #[test]
    fn the_size_limit_is_inclusive() {
        // Zeroed pages that nothing touches but the digest; kept small by the type's own limit.
        let bytes = vec![0; MAX_OBJECT_BYTES + 1];
        assert!(Object::of_bytes(&bytes, "artifact").is_err());
        assert!(Object::of_bytes(&bytes[1..], "artifact").is_ok());
    }
}
