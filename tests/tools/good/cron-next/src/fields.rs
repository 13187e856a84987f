//! One field of an expression.

use wasm_runner_sdk::ToolError;

/// What a field is called, and what can stand in it.
pub struct Kind {
    pub name: &'static str,
    pub least: u32,
    pub most: u32,
    /// Names for values from `least` on.
    pub names: &'static [&'static str],
}

pub const MINUTE: Kind = Kind {
    name: "minute",
    least: 0,
    most: 59,
    names: &[],
};
pub const HOUR: Kind = Kind {
    name: "hour",
    least: 0,
    most: 23,
    names: &[],
};
pub const DAY: Kind = Kind {
    name: "day of the month",
    least: 1,
    most: 31,
    names: &[],
};
pub const MONTH: Kind = Kind {
    name: "month",
    least: 1,
    most: 12,
    names: &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ],
};
/// 7 is Sunday too.
pub const WEEKDAY: Kind = Kind {
    name: "day of the week",
    least: 0,
    most: 7,
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};

/// The values of a field, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Values {
    bits: u64,
    /// Whether it begins with a star: then it does not restrict the day.
    pub any: bool,
}

impl Values {
    pub fn contains(self, value: u32) -> bool {
        value < 64 && self.bits >> value & 1 == 1
    }

    pub fn all(self) -> Vec<u32> {
        (0..64).filter(|value| self.contains(*value)).collect()
    }

    /// The least value that is at least this.
    pub fn from(self, value: u32) -> Option<u32> {
        (value..64).find(|value| self.contains(*value))
    }
}

/// Reads a field: parts with commas between them, each a star, a value or a range, and a step.
pub fn read(text: &str, kind: &Kind) -> Result<Values, ToolError> {
    let wrong = |what: String| {
        let message = format!("the {} {text:?}: {what}", kind.name);
        ToolError::new("bad_field", message)
    };
    let mut bits: u64 = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => {
                let step: u32 = step
                    .parse()
                    .ok()
                    .filter(|step| *step > 0)
                    .ok_or_else(|| wrong(format!("{step:?} is no step")))?;
                (range, Some(step))
            }
            None => (part, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (kind.least, kind.most),
            Some((first, last)) => (
                value(first, kind).map_err(&wrong)?,
                value(last, kind).map_err(&wrong)?,
            ),
            None => {
                let only = value(range, kind).map_err(&wrong)?;
                // With a step it is where a range to the end begins.
                (only, if step.is_some() { kind.most } else { only })
            }
        };
        if first > last {
            return Err(wrong(format!("{range:?} ends before it begins")));
        }
        let mut at = first;
        while at <= last {
            bits |= 1 << at;
            at = at.saturating_add(step.unwrap_or(1));
        }
    }
    if kind.most == 7 && bits >> 7 & 1 == 1 {
        bits = (bits | 1) & 0x7F;
    }
    Ok(Values {
        bits,
        any: text.starts_with('*'),
    })
}

fn value(text: &str, kind: &Kind) -> Result<u32, String> {
    let lower = text.to_ascii_lowercase();
    if let Some(index) = kind.names.iter().position(|name| *name == lower) {
        return Ok(kind.least + u32::try_from(index).unwrap_or(0));
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{text:?} is no value"));
    }
    text.parse()
        .ok()
        .filter(|value| (kind.least..=kind.most).contains(value))
        .ok_or_else(|| format!("{text} is not from {} to {}", kind.least, kind.most))
}
