//! Answers from outside as bytes, for those that are values and not written into a memory.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A value that a recording keeps. Numbers are little-endian, lists and texts begin with their
/// length (four bytes), variants with their number (one byte).
pub(crate) trait Kept: Sized {
    /// Adds it.
    fn put(&self, to: &mut Vec<u8>);
    /// Takes it off the front; `None` where it can't be what was added.
    fn take(from: &mut &[u8]) -> Option<Self>;
}

/// A value as bytes.
pub(super) fn packed(value: &impl Kept) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.put(&mut bytes);
    bytes
}

/// The value that all of these bytes are.
pub(super) fn unpacked<T: Kept>(mut bytes: &[u8]) -> Option<T> {
    let value = T::take(&mut bytes)?;
    bytes.is_empty().then_some(value)
}

macro_rules! numbers {
    ($($ty:ty),*) => {$(
        impl Kept for $ty {
            fn put(&self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_le_bytes());
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                let (bytes, rest) = from.split_first_chunk()?;
                *from = rest;
                Some(Self::from_le_bytes(*bytes))
            }
        }
    )*};
}
numbers!(u8, u16, u32, u64, i64);

impl Kept for () {
    fn put(&self, _: &mut Vec<u8>) {}

    fn take(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

impl Kept for bool {
    fn put(&self, to: &mut Vec<u8>) {
        to.push(u8::from(*self));
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        match u8::take(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// Adds bytes after their length. Nothing that one call gives is as long as 4 GiB.
pub(crate) fn put_bytes(bytes: &[u8], to: &mut Vec<u8>) {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).put(to);
    to.extend_from_slice(bytes);
}

/// Takes bytes after their length.
pub(crate) fn take_bytes<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(u32::take(from)?).ok()?;
    let (bytes, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(bytes)
}

impl Kept for Vec<u8> {
    fn put(&self, to: &mut Vec<u8>) {
        put_bytes(self, to);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        take_bytes(from).map(<[u8]>::to_vec)
    }
}

impl Kept for bytes::Bytes {
    fn put(&self, to: &mut Vec<u8>) {
        put_bytes(self, to);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        take_bytes(from).map(Self::copy_from_slice)
    }
}

impl Kept for String {
    fn put(&self, to: &mut Vec<u8>) {
        put_bytes(self.as_bytes(), to);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some(std::str::from_utf8(take_bytes(from)?).ok()?.to_owned())
    }
}

impl<T: Kept> Kept for Option<T> {
    fn put(&self, to: &mut Vec<u8>) {
        self.is_some().put(to);
        if let Some(value) = self {
            value.put(to);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some(match bool::take(from)? {
            true => Some(T::take(from)?),
            false => None,
        })
    }
}

impl<T: Kept, E: Kept> Kept for Result<T, E> {
    fn put(&self, to: &mut Vec<u8>) {
        self.is_ok().put(to);
        match self {
            Ok(value) => value.put(to),
            Err(error) => error.put(to),
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some(match bool::take(from)? {
            true => Ok(T::take(from)?),
            false => Err(E::take(from)?),
        })
    }
}

impl<A: Kept, B: Kept> Kept for (A, B) {
    fn put(&self, to: &mut Vec<u8>) {
        self.0.put(to);
        self.1.put(to);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some((A::take(from)?, B::take(from)?))
    }
}

impl Kept for IpAddr {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::V4(address) => put_bytes(&address.octets(), to),
            Self::V6(address) => put_bytes(&address.octets(), to),
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let bytes = take_bytes(from)?;
        if let Ok(four) = <[u8; 4]>::try_from(bytes) {
            return Some(Ipv4Addr::from(four).into());
        }
        Some(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).into())
    }
}

/// Lists of these. What a list says that it holds is believed only as far as it does: no room is
/// made ahead.
macro_rules! lists {
    ($($ty:ty),* $(,)?) => {$(
        impl $crate::record::Kept for Vec<$ty> {
            fn put(&self, to: &mut Vec<u8>) {
                u32::try_from(self.len()).unwrap_or(u32::MAX).put(to);
                for one in self {
                    one.put(to);
                }
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                let mut all = Self::new();
                for _ in 0..u32::take(from)? {
                    all.push(<$ty>::take(from)?);
                }
                Some(all)
            }
        }
    )*};
}
pub(crate) use lists;

lists!(IpAddr, String, (String, Vec<u8>));

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same<T: Kept + PartialEq + std::fmt::Debug>(value: &T) {
        let bytes = packed(value);
        assert_eq!(unpacked::<T>(&bytes).as_ref(), Some(value));
        // One byte less or more is another value or none, and never this one.
        if let Some(shorter) = bytes.len().checked_sub(1) {
            assert_eq!(unpacked::<T>(&bytes[..shorter]), None);
        }
        assert_eq!(unpacked::<T>(&[bytes.as_slice(), &[0]].concat()), None);
    }

    proptest! {
        #[test]
        fn what_was_kept_is_told_again(
            number: u64,
            short: u16,
            text: String,
            data: Vec<u8>,
            maybe: Option<String>,
            fields: Vec<(String, Vec<u8>)>,
            bits: u128,
            four: u32,
        ) {
            same(&(number, short));
            same(&text);
            same(&data);
            same(&maybe);
            same(&fields);
            same(&vec![IpAddr::from(bits.to_be_bytes()), IpAddr::from(four.to_be_bytes())]);
            same(&Ok::<_, bool>((text, data)));
            same(&Err::<(), _>(maybe.is_some()));
        }

        #[test]
        fn other_bytes_are_refused_or_understood(bytes: Vec<u8>) {
            if let Some(value) = unpacked::<Vec<(String, Vec<u8>)>>(&bytes) {
                prop_assert_eq!(packed(&value), bytes.clone());
            }
            let _ = unpacked::<Result<Option<String>, Vec<IpAddr>>>(&bytes);
        }
    }

    #[test]
    fn a_list_that_says_it_is_longer_than_it_is_takes_no_memory() {
        let mut bytes = packed(&u32::MAX);
        bytes.extend_from_slice(&[0; 64]);
        assert_eq!(unpacked::<Vec<String>>(&bytes), None);
        assert_eq!(unpacked::<Vec<u8>>(&bytes), None);
    }
}
