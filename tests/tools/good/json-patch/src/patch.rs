//! The six operations.

use crate::pointer::Pointer;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::fmt;

/// One operation, as RFC 6902 writes it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Operation {
    /// Puts a value into an object or, before an index or at "-", into an array.
    Add {
        #[schemars(with = "String")]
        path: Pointer,
        value: Value,
    },
    /// Takes away what is there.
    Remove {
        #[schemars(with = "String")]
        path: Pointer,
    },
    /// Puts a value in the place of what is there.
    Replace {
        #[schemars(with = "String")]
        path: Pointer,
        value: Value,
    },
    /// Takes a value from one place to another.
    Move {
        #[schemars(with = "String")]
        from: Pointer,
        #[schemars(with = "String")]
        path: Pointer,
    },
    /// Puts a copy of a value to another place.
    Copy {
        #[schemars(with = "String")]
        from: Pointer,
        #[schemars(with = "String")]
        path: Pointer,
    },
    /// Goes on only if the value is there.
    Test {
        #[schemars(with = "String")]
        path: Pointer,
        value: Value,
    },
}

/// Why an operation can't be done.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// The place, or one on the way to it, does not exist.
    #[error("there is nothing at {0}")]
    NotFound(Pointer),
    /// An array's index is no number, or past its end.
    #[error("{token:?} is no place in an array of {length}")]
    BadIndex { token: String, length: usize },
    /// A value was to be moved into itself.
    #[error("a value can't be moved into itself")]
    IntoItself,
    /// The value is another one.
    #[error("the value there is {0}")]
    TestFailed(Value),
}

impl PatchError {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "not_found",
            Self::BadIndex { .. } => "bad_index",
            Self::IntoItself => "into_itself",
            Self::TestFailed(_) => "test_failed",
        }
    }
}

impl Operation {
    /// Changes the document, or leaves it half changed and says why: the caller works on a copy.
    pub fn apply(&self, document: &mut Value) -> Result<(), PatchError> {
        match self {
            Self::Add { path, value } => add(document, path, value.clone()),
            Self::Remove { path } => remove(document, path).map(drop),
            Self::Replace { path, value } => {
                *at_mut(document, path)? = value.clone();
                Ok(())
            }
            Self::Move { from, path } => {
                if from.is_parent_of(path) {
                    return Err(PatchError::IntoItself);
                }
                let value = remove(document, from)?;
                add(document, path, value)
            }
            Self::Copy { from, path } => {
                let value = at_mut(document, from)?.clone();
                add(document, path, value)
            }
            Self::Test { path, value } => {
                let found = at_mut(document, path)?;
                if equal(found, value) {
                    Ok(())
                } else {
                    Err(PatchError::TestFailed(found.clone()))
                }
            }
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add { path, .. } => write!(f, "add {path}"),
            Self::Remove { path } => write!(f, "remove {path}"),
            Self::Replace { path, .. } => write!(f, "replace {path}"),
            Self::Move { from, path } => write!(f, "move {from} to {path}"),
            Self::Copy { from, path } => write!(f, "copy {from} to {path}"),
            Self::Test { path, .. } => write!(f, "test {path}"),
        }
    }
}

/// Equality as the RFC has it: numbers by their value (1 and 1.0 are the same).
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        (a, b) => a == b,
    }
}

fn add(document: &mut Value, path: &Pointer, value: Value) -> Result<(), PatchError> {
    let Some((parents, last)) = path.split_last() else {
        *document = value;
        return Ok(());
    };
    match walk(document, parents, path)? {
        Value::Object(object) => {
            object.insert(last.to_owned(), value);
        }
        Value::Array(array) if last == "-" => array.push(value),
        Value::Array(array) => {
            // One past the end is where the next one goes.
            let index = index(last, array.len(), array.len() + 1)?;
            array.insert(index, value);
        }
        _ => return Err(PatchError::NotFound(path.clone())),
    }
    Ok(())
}

fn remove(document: &mut Value, path: &Pointer) -> Result<Value, PatchError> {
    let nothing = || PatchError::NotFound(path.clone());
    let Some((parents, last)) = path.split_last() else {
        return Ok(document.take());
    };
    match walk(document, parents, path)? {
        Value::Object(object) => object.remove(last).ok_or_else(nothing),
        Value::Array(array) => Ok(array.remove(index(last, array.len(), array.len())?)),
        _ => Err(nothing()),
    }
}

fn at_mut<'a>(document: &'a mut Value, path: &Pointer) -> Result<&'a mut Value, PatchError> {
    walk(document, path.tokens(), path)
}

/// Follows the tokens; `path` is what the error names.
fn walk<'a>(
    document: &'a mut Value,
    tokens: &[String],
    path: &Pointer,
) -> Result<&'a mut Value, PatchError> {
    tokens
        .iter()
        .try_fold(document, |value, token| match value {
            Value::Object(object) => object
                .get_mut(token)
                .ok_or_else(|| PatchError::NotFound(path.clone())),
            Value::Array(array) => {
                let index = index(token, array.len(), array.len())?;
                Ok(&mut array[index])
            }
            _ => Err(PatchError::NotFound(path.clone())),
        })
}

/// An index below `end`, without sign or leading zeros.
fn index(token: &str, length: usize, end: usize) -> Result<usize, PatchError> {
    token
        .parse::<usize>()
        .ok()
        .filter(|index| *index < end && index.to_string() == token)
        .ok_or_else(|| PatchError::BadIndex {
            token: token.to_owned(),
            length,
        })
}
