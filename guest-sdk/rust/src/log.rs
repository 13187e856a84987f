//! Logging to standard error as JSON lines.

use serde::Serialize;
use serde_json::{Map, Value};
use std::io::Write;

/// Writes one line. What can't be written is lost: a log must not stop the tool.
pub fn line(level: &str, message: &str, fields: &[(&str, Value)]) {
    // One write for the whole line, since standard error has no buffer.
    let _ = std::io::stderr()
        .lock()
        .write_all(&text(level, message, fields));
}

/// A field's value; one that has no JSON form is replaced by the reason.
pub fn field(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_else(|error| Value::String(format!("<{error}>")))
}

pub(crate) fn text(level: &str, message: &str, fields: &[(&str, Value)]) -> Vec<u8> {
    let mut object = Map::new();
    for (key, value) in fields {
        object.insert((*key).to_owned(), value.clone());
    }
    // Last, so that no field can pass for them.
    object.insert("level".to_owned(), level.into());
    object.insert("message".to_owned(), message.into());
    let mut text = Value::Object(object).to_string().into_bytes();
    text.push(b'\n');
    text
}

/// One line at one level; the four macros below say what may stand in it.
#[doc(hidden)]
#[macro_export]
macro_rules! __log {
    ($level:literal, $format:literal $(,)?) => {
        $crate::__log!(@ $level, ::std::format!($format),)
    };
    ($level:literal, $format:literal, $($key:ident = $value:expr),+ $(,)?) => {
        $crate::__log!(@ $level, ::std::format!($format), $($key = $value),+)
    };
    ($level:literal, $format:literal, $($argument:expr),+ $(,)?) => {
        $crate::__log!(@ $level, ::std::format!($format, $($argument),+),)
    };
    ($level:literal, $format:literal, $($argument:expr),+; $($key:ident = $value:expr),+ $(,)?) => {
        $crate::__log!(@ $level, ::std::format!($format, $($argument),+), $($key = $value),+)
    };
    (@ $level:literal, $message:expr, $($key:ident = $value:expr),*) => {
        $crate::__private::line(
            $level,
            &$message,
            &[$((::std::stringify!($key), $crate::__private::field(&$value))),*],
        )
    };
}

/// Logs what only a developer wants; see [`info!`](crate::info) for what may stand in it.
#[macro_export]
macro_rules! debug { ($($all:tt)*) => { $crate::__log!("debug", $($all)*) }; }

/// Logs what happened, as one JSON line on standard error.
///
/// ```
/// use wasm_runner_sdk::info;
/// let (rows, file) = (3, "a.csv");
/// info!("read {rows} rows");
/// info!("read {} rows", rows + 1);
/// // Values that a program may want become fields of the line: anything serialisable.
/// info!("read the file", file = file, rows = rows);
/// info!("read {} rows", rows + 1; file = file);
/// ```
#[macro_export]
macro_rules! info { ($($all:tt)*) => { $crate::__log!("info", $($all)*) }; }

/// Logs what is odd; see [`info!`](crate::info) for what may stand in it.
#[macro_export]
macro_rules! warn { ($($all:tt)*) => { $crate::__log!("warn", $($all)*) }; }

/// Logs what went wrong, without ending the tool; see [`info!`](crate::info) for what may
/// stand in it.
#[macro_export]
macro_rules! error { ($($all:tt)*) => { $crate::__log!("error", $($all)*) }; }

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn string(level: &str, message: &str, fields: &[(&str, Value)]) -> String {
        String::from_utf8(text(level, message, fields)).expect("JSON is text")
    }

    #[test]
    fn a_line_is_one_json_object() {
        assert_eq!(
            string("info", "two\nlines", &[("rows", 3.into())]),
            "{\"level\":\"info\",\"message\":\"two\\nlines\",\"rows\":3}\n"
        );
    }

    #[test]
    fn no_field_passes_for_the_level_or_message() {
        assert_eq!(
            string(
                "debug",
                "true",
                &[("level", "error".into()), ("message", "lie".into())]
            ),
            "{\"level\":\"debug\",\"message\":\"true\"}\n"
        );
    }

    #[test]
    fn a_value_without_a_json_form_does_not_stop_the_tool() {
        let keys_are_no_text = BTreeMap::from([((1, 2), 3)]);
        assert_eq!(
            field(&keys_are_no_text),
            Value::from("<key must be a string>")
        );
        assert_eq!(field(&[1, 2]), serde_json::json!([1, 2]));
    }

    #[test]
    fn the_macros_take_formats_fields_and_both() {
        let rows = vec![1, 2];
        debug!("nothing else");
        info!("{rows:?}",);
        info!("{} rows", rows.len());
        warn!("rows", count = rows.len(), last = rows.last(),);
        error!("{} rows, {}", rows.len(), 1 + 1; file = "a.csv", all = rows);
    }
}
