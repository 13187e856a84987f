//! What a value without quotes looks like.

use serde_json::{Number, Value};

/// A whole number, a decimal, a boolean, nothing, or else the text itself.
pub fn typed(text: &str) -> Value {
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "" | "null" | "none" => return Value::Null,
        "true" | "yes" | "on" => return Value::Bool(true),
        "false" | "no" | "off" => return Value::Bool(false),
        _ => {}
    }
    if let Some(digits) = lower.strip_prefix("0x") {
        return match u64::from_str_radix(digits, 16) {
            // A sign before the digits is taken by the parser and is no part of such a number.
            Ok(number) if !digits.starts_with('+') => Value::from(number),
            _ => Value::String(text.to_owned()),
        };
    }
    if is_whole(text)
        && let Ok(number) = text.parse::<i64>()
    {
        return Value::from(number);
    }
    if is_decimal(text)
        && let Some(number) = text.parse().ok().and_then(Number::from_f64)
    {
        return Value::Number(number);
    }
    Value::String(text.to_owned())
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix('-').unwrap_or(text)
}

/// Digits after a sign that may be missing; numbers with zeros in front are names, such as 007.
fn is_whole(text: &str) -> bool {
    let digits = unsigned(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain && (digits.len() == 1 || !digits.starts_with('0'))
}

/// Digits on both sides of one point.
fn is_decimal(text: &str) -> bool {
    unsigned(text).split_once('.').is_some_and(|(whole, part)| {
        is_whole(whole) && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
    })
}
