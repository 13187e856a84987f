//! Quantities that carry their unit in their type.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// WebAssembly work, in wasmtime's units: about one per executed instruction.
///
/// As text: a number, with `k`, `M`, `G` or `T` for its thousands: `100 M`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Fuel(pub u64);

/// A size in bytes.
///
/// As text: a number and its unit, `B`, `KiB`, `MiB`, `GiB` (powers of 1024) or `kB`, `MB`,
/// `GB` (powers of 1000): `64 MiB`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// Elapsed time, in whole microseconds.
///
/// As text: a number and its unit, `us`, `ms`, `s`, `min` or `h`: `500 ms`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct WallTime(pub u64);

impl Bytes {
    /// None at all: what policies that were kept before a limit existed allow of it.
    pub(crate) const fn none() -> Self {
        Self(0)
    }
    /// A number of binary kilobytes (1024 bytes).
    pub const fn kib(n: u64) -> Self {
        Self(n * 1024)
    }
    /// A number of binary megabytes (1024 KiB).
    pub const fn mib(n: u64) -> Self {
        Self(n * 1024 * 1024)
    }
    /// A number of binary gigabytes (1024 MiB).
    pub const fn gib(n: u64) -> Self {
        Self(n * 1024 * 1024 * 1024)
    }
}

impl WallTime {
    /// A number of milliseconds.
    pub const fn millis(n: u64) -> Self {
        Self(n * 1000)
    }
    /// A number of seconds.
    pub const fn secs(n: u64) -> Self {
        Self(n * 1_000_000)
    }
    /// The same as the standard library's type.
    pub const fn as_duration(self) -> Duration {
        Duration::from_micros(self.0)
    }
}

/// Why a text is not a quantity; says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnitError {
    /// No digits at its start.
    #[error("`{text}` has no number: write a number and its unit, such as `{like}`")]
    NoNumber {
        /// What was read.
        text: String,
        /// What would do.
        like: &'static str,
    },
    /// A number alone, where a unit must say what it counts.
    #[error("`{text}` has no unit: write one of {units}, such as `{like}`")]
    NoUnit {
        /// What was read.
        text: String,
        /// The units there are.
        units: &'static str,
        /// What would do.
        like: &'static str,
    },
    /// A unit that is not known (or that means different things to different people: `KB`).
    #[error("`{unit}` is not a unit here: write one of {units}, such as `{like}`")]
    UnknownUnit {
        /// What was read.
        unit: String,
        /// The units there are.
        units: &'static str,
        /// What would do.
        like: &'static str,
    },
    /// Below zero or with a fraction.
    #[error(
        "`{text}` is not a whole number: write a smaller unit instead of a fraction, such as `{like}`"
    )]
    NotWhole {
        /// What was read.
        text: String,
        /// What would do.
        like: &'static str,
    },
    /// More than 2^64-1 of the smallest unit.
    #[error("`{text}` is too large to count: at most 2^64-1 of the smallest unit")]
    TooLarge {
        /// What was read.
        text: String,
    },
}

/// A family of units: names and factors, largest first within one base.
struct Units {
    table: &'static [(&'static str, u64)],
    /// Which of them a value is printed in: largest first.
    printed: &'static [(&'static str, u64)],
    names: &'static str,
    like: &'static str,
    bare_allowed: bool,
}

const FUEL: Units = Units {
    table: &[
        ("", 1),
        ("k", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
        ("T", 1_000_000_000_000),
    ],
    printed: &[
        ("T", 1_000_000_000_000),
        ("G", 1_000_000_000),
        ("M", 1_000_000),
        ("k", 1_000),
    ],
    names: "k, M, G, T",
    like: "100 M",
    bare_allowed: true,
};

const BYTES: Units = Units {
    table: &[
        ("B", 1),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("kB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
    ],
    printed: &[
        ("GiB", 1 << 30),
        ("MiB", 1 << 20),
        ("KiB", 1 << 10),
        ("B", 1),
    ],
    names: "B, KiB, MiB, GiB, kB, MB, GB",
    like: "64 MiB",
    bare_allowed: false,
};

const WALL_TIME: Units = Units {
    table: &[
        ("us", 1),
        ("µs", 1),
        ("ms", 1_000),
        ("s", 1_000_000),
        ("min", 60_000_000),
        ("h", 3_600_000_000),
    ],
    printed: &[
        ("h", 3_600_000_000),
        ("min", 60_000_000),
        ("s", 1_000_000),
        ("ms", 1_000),
        ("us", 1),
    ],
    names: "us, ms, s, min, h",
    like: "500 ms",
    bare_allowed: false,
};

impl Units {
    fn parse(&self, text: &str) -> Result<u64, UnitError> {
        let trimmed = text.trim();
        let end = trimmed
            .find(|c: char| !(c.is_ascii_digit() || c == '_'))
            .unwrap_or(trimmed.len());
        let (digits, rest) = trimmed.split_at(end);
        let not_whole = || UnitError::NotWhole {
            text: trimmed.to_owned(),
            like: self.like,
        };
        if digits.is_empty() && rest.starts_with('-') || rest.starts_with(['.', ',']) {
            return Err(not_whole());
        }
        let digits: String = digits.chars().filter(|c| *c != '_').collect();
        if digits.is_empty() {
            return Err(UnitError::NoNumber {
                text: trimmed.to_owned(),
                like: self.like,
            });
        }
        let unit = rest.trim();
        if unit.is_empty() && !self.bare_allowed {
            return Err(UnitError::NoUnit {
                text: trimmed.to_owned(),
                units: self.names,
                like: self.like,
            });
        }
        let Some((_, factor)) = self.table.iter().find(|(name, _)| *name == unit) else {
            return Err(UnitError::UnknownUnit {
                unit: unit.to_owned(),
                units: self.names,
                like: self.like,
            });
        };
        digits
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(*factor))
            .ok_or_else(|| UnitError::TooLarge {
                text: trimmed.to_owned(),
            })
    }

    /// In the largest unit that loses nothing.
    fn print(&self, value: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self
            .printed
            .iter()
            .find(|(_, factor)| value >= *factor && value.is_multiple_of(*factor));
        match whole {
            Some((name, factor)) => write!(f, "{} {name}", value / factor),
            None if self.bare_allowed => write!(f, "{value}"),
            // Only zero gets here: every other value is a multiple of the smallest unit.
            None => write!(f, "{value} {}", self.table[0].0),
        }
    }
}

macro_rules! as_text {
    ($type:ty, $units:expr) => {
        impl FromStr for $type {
            type Err = UnitError;
            fn from_str(text: &str) -> Result<Self, UnitError> {
                $units.parse(text).map(Self)
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                $units.print(self.0, f)
            }
        }
    };
}

as_text!(Fuel, FUEL);
as_text!(Bytes, BYTES);
as_text!(WallTime, WALL_TIME);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_quantity_is_a_number_and_its_unit() {
        assert_eq!("64 MiB".parse(), Ok(Bytes::mib(64)));
        assert_eq!("64MiB".parse(), Ok(Bytes::mib(64)));
        assert_eq!(" 1_500 kB ".parse(), Ok(Bytes(1_500_000)));
        assert_eq!("2 s".parse(), Ok(WallTime::secs(2)));
        assert_eq!("3 min".parse(), Ok(WallTime::secs(180)));
        assert_eq!("100 M".parse(), Ok(Fuel(100_000_000)));
        assert_eq!("12_345".parse(), Ok(Fuel(12_345)));
    }

    #[test]
    fn what_is_wrong_comes_with_what_to_write() {
        let said = |text: &str| text.parse::<Bytes>().unwrap_err().to_string();
        assert_eq!(
            said("64"),
            "`64` has no unit: write one of B, KiB, MiB, GiB, kB, MB, GB, such as `64 MiB`"
        );
        assert!(said("64 KB").starts_with("`KB` is not a unit here"));
        assert!(said("1.5 MiB").contains("smaller unit instead of a fraction"));
        assert!(said("-1 MiB").contains("not a whole number"));
        assert!(said("MiB").contains("has no number"));
        assert!(said("").contains("has no number"));
        assert!("2".parse::<WallTime>().is_err());
    }

    #[test]
    fn two_to_the_64_is_one_too_many() {
        assert_eq!("18446744073709551615".parse(), Ok(Fuel(u64::MAX)));
        assert!(matches!(
            "18446744073709551616".parse::<Fuel>(),
            Err(UnitError::TooLarge { .. })
        ));
        assert_eq!("17179869183 GiB".parse(), Ok(Bytes(17_179_869_183 << 30)));
        assert!(matches!(
            "17179869184 GiB".parse::<Bytes>(),
            Err(UnitError::TooLarge { .. })
        ));
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(value: u64) {
            prop_assert_eq!(Fuel(value).to_string().parse(), Ok(Fuel(value)));
            prop_assert_eq!(Bytes(value).to_string().parse(), Ok(Bytes(value)));
            prop_assert_eq!(WallTime(value).to_string().parse(), Ok(WallTime(value)));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = text.parse::<Fuel>();
            let _ = text.parse::<Bytes>();
            let _ = text.parse::<WallTime>();
        }
    }
}
