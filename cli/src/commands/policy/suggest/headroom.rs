//! More than was used, in figures that people can read.

use policies::{Bytes, Limits};
use std::fmt;
use std::str::FromStr;

/// How many times what was used is allowed, in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Headroom(u64);

impl Headroom {
    fn times(self, used: u64) -> u64 {
        let times = u128::from(used) * u128::from(self.0);
        u64::try_from(times.div_ceil(100)).unwrap_or(u64::MAX)
    }

    /// A count, rounded up to two digits and zeros: 42 892 becomes 43 000.
    pub(super) fn count(self, used: u64) -> u64 {
        two_digits(self.times(used))
    }

    /// A size in bytes: up to two digits of the largest binary unit that it has one of.
    pub(super) fn size(self, used: u64) -> u64 {
        let bytes = self.times(used);
        let unit = match bytes {
            0..1024 => return bytes,
            1024..1_048_576 => 1 << 10,
            1_048_576..1_073_741_824 => 1 << 20,
            _ => 1 << 30,
        };
        two_digits(bytes.div_ceil(unit)).saturating_mul(unit)
    }

    /// Memory in whole pages, and from 1 MiB on in whole MiB; 4 GiB at most.
    pub(super) fn memory(self, used: Bytes) -> Bytes {
        let bytes = self.times(used.0);
        let unit = if bytes < 1 << 20 {
            Limits::PAGE.0
        } else {
            1 << 20
        };
        let whole = bytes.max(1).div_ceil(unit).saturating_mul(unit);
        Bytes(whole).min(Bytes::gib(4))
    }
}

fn two_digits(number: u64) -> u64 {
    let mut unit = 1u64;
    while number / unit >= 100 {
        unit *= 10;
    }
    number.div_ceil(unit).saturating_mul(unit)
}

impl FromStr for Headroom {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write a number from 1 to 1000, such as 2 or 1.5".to_owned();
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        if part.len() > 2 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let whole: u64 = whole.parse().map_err(|_| wrong())?;
        let part: u64 = format!("{part:0<2}").parse().map_err(|_| wrong())?;
        match whole.checked_mul(100).map(|it| it + part) {
            Some(hundredths @ 100..=100_000) => Ok(Self(hundredths)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Headroom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        if part == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{part:02}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_can_be_read_and_is_never_less() {
        let two: Headroom = "2".parse().expect("a number");
        assert_eq!(two.count(21_446), 43_000);
        assert_eq!(two.count(0), 0);
        assert_eq!(two.count(50), 100);
        assert_eq!(two.size(600), 2 * 1024);
        assert_eq!(two.size(511), 1022);
        assert_eq!(two.size(65_536), 130 << 10);
        assert_eq!(two.size(1_114_112), 3 << 20);
        assert_eq!(two.memory(Bytes(0)), Bytes::kib(64));
        assert_eq!(two.memory(Bytes::kib(64)), Bytes::kib(128));
        assert_eq!(two.memory(Bytes::kib(576)), Bytes::mib(2));
        assert_eq!(two.memory(Bytes::gib(3)), Bytes::gib(4));
        let one: Headroom = "1".parse().expect("a number");
        for used in [0, 1, 99, 100, 101, 12_345, 65_537, u64::MAX] {
            assert!(one.count(used) >= used);
            assert!(one.size(used) >= used);
        }
        assert_eq!(one.count(99), 99);
        assert_eq!(one.count(100), 100);
        assert_eq!(one.count(101), 110);
    }

    #[test]
    fn headroom_is_a_number_from_1_to_1000() {
        for good in ["1", "1.5", "2", "1000", "1.25"] {
            assert_eq!(good.parse::<Headroom>().expect(good).to_string(), good);
        }
        for bad in ["", "0", "0.99", "1000.01", "-1", "x", "1.234", "1e3"] {
            assert!(bad.parse::<Headroom>().is_err(), "{bad}");
        }
    }
}
