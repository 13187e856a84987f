//! Fractions in lowest terms.

use std::fmt;
use std::str::FromStr;

/// The lower part is more than 0, and both have no common divisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    upper: i128,
    lower: i128,
}

/// A result that there is no room for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fraction gets larger than 128-bit numbers on the way")]
pub struct Overflow;

/// Why a text is no number.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoNumber {
    #[error("it is neither a whole number nor a fraction nor a decimal")]
    Form,
    #[error("nothing can be divided by 0")]
    Zero,
}

impl Fraction {
    pub const ZERO: Self = Self { upper: 0, lower: 1 };
    pub const ONE: Self = Self { upper: 1, lower: 1 };

    /// In lowest terms; the lower part must not be 0.
    fn reduced(upper: i128, lower: i128) -> Result<Self, Overflow> {
        let divisor = divisor(upper.unsigned_abs(), lower.unsigned_abs());
        let divisor = i128::try_from(divisor).ok().ok_or(Overflow)?;
        let (upper, lower) = (upper / divisor, lower / divisor);
        if lower < 0 {
            let (upper, lower) = (upper.checked_neg(), lower.checked_neg());
            return upper
                .zip(lower)
                .map(|(upper, lower)| Self { upper, lower })
                .ok_or(Overflow);
        }
        Ok(Self { upper, lower })
    }

    pub fn is_zero(&self) -> bool {
        self.upper == 0
    }

    pub fn negative(self) -> Result<Self, Overflow> {
        let upper = self.upper.checked_neg().ok_or(Overflow)?;
        Ok(Self { upper, ..self })
    }

    pub fn minus(self, other: Self) -> Result<Self, Overflow> {
        // Over the least common multiple, which is less than the product.
        let common = divisor(self.lower.unsigned_abs(), other.lower.unsigned_abs());
        let common = i128::try_from(common).ok().ok_or(Overflow)?;
        let (left, right) = (other.lower / common, self.lower / common);
        let one = self.upper.checked_mul(left).ok_or(Overflow)?;
        let two = other.upper.checked_mul(right).ok_or(Overflow)?;
        let lower = self.lower.checked_mul(left).ok_or(Overflow)?;
        Self::reduced(one.checked_sub(two).ok_or(Overflow)?, lower)
    }

    pub fn times(self, other: Self) -> Result<Self, Overflow> {
        // Crosswise first, so that the products stay small.
        let one = Self::reduced(self.upper, other.lower)?;
        let two = Self::reduced(other.upper, self.lower)?;
        let upper = one.upper.checked_mul(two.upper).ok_or(Overflow)?;
        let lower = one.lower.checked_mul(two.lower).ok_or(Overflow)?;
        Ok(Self { upper, lower })
    }

    /// One divided by it; it must not be 0.
    pub fn inverse(self) -> Result<Self, Overflow> {
        Self::reduced(self.lower, self.upper)
    }
}

/// The greatest common divisor; 1 of two zeros.
fn divisor(mut one: u128, mut other: u128) -> u128 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one.max(1)
}

impl From<i32> for Fraction {
    fn from(number: i32) -> Self {
        Self {
            upper: number.into(),
            lower: 1,
        }
    }
}

impl FromStr for Fraction {
    type Err = NoNumber;

    /// `-3`, `1/2` or `0.125`, with at most 18 digits in each part.
    fn from_str(text: &str) -> Result<Self, NoNumber> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text),
        };
        let (upper, lower) = if let Some((upper, lower)) = digits.split_once('/') {
            (whole(upper)?, whole(lower)?)
        } else if let Some((before, after)) = digits.split_once('.') {
            let places = u32::try_from(after.len()).ok().filter(|it| *it <= 18);
            let lower = 10_i128.pow(places.ok_or(NoNumber::Form)?);
            (whole(before)? * lower + whole(after)?, lower)
        } else {
            (whole(digits)?, 1)
        };
        if lower == 0 {
            return Err(NoNumber::Zero);
        }
        Self::reduced(sign * upper, lower).map_err(|Overflow| NoNumber::Form)
    }
}

fn whole(digits: &str) -> Result<i128, NoNumber> {
    let fits = (1..=18).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
    digits.parse().ok().filter(|_| fits).ok_or(NoNumber::Form)
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lower {
            1 => write!(f, "{}", self.upper),
            lower => write!(f, "{}/{lower}", self.upper),
        }
    }
}
