//! Ranges of addresses, and the networks that they are made of.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses of one kind from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    pub six: bool,
    pub first: u128,
    pub last: u128,
}

/// A network: an address and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    six: bool,
    first: u128,
    prefix: u32,
}

/// Bits of an address.
fn bits(six: bool) -> u32 {
    if six { 128 } else { 32 }
}

/// The highest address.
fn highest(six: bool) -> u128 {
    if six { u128::MAX } else { u32::MAX.into() }
}

fn address(text: &str) -> Result<(bool, u128), String> {
    match text.trim().parse::<IpAddr>() {
        Ok(IpAddr::V4(four)) => Ok((false, u32::from(four).into())),
        Ok(IpAddr::V6(six)) => Ok((true, six.into())),
        Err(_) => Err(format!("{text:?} is no IP address")),
    }
}

impl Range {
    /// A network, an address or a range.
    pub fn read(text: &str) -> Result<Self, String> {
        if let Some((first, last)) = text.split_once('-') {
            let ((six, first), (other, last)) = (address(first)?, address(last)?);
            if six != other {
                return Err("both ends have to be of one kind".to_owned());
            }
            if first > last {
                return Err("it ends before it begins".to_owned());
            }
            return Ok(Self { six, first, last });
        }
        let Some((base, prefix)) = text.split_once('/') else {
            let (six, first) = address(text)?;
            return Ok(Self {
                six,
                first,
                last: first,
            });
        };
        let (six, base) = address(base)?;
        let is_number = prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = prefix
            .parse()
            .ok()
            .filter(|prefix| is_number && *prefix <= bits(six))
            .ok_or_else(|| format!("/{prefix} is no prefix from 0 to {}", bits(six)))?;
        let behind = behind(six, prefix);
        Ok(Self {
            six,
            first: base & !behind,
            last: base | behind,
        })
    }

    /// The address after the last.
    fn next(&self) -> Option<u128> {
        (self.last < highest(self.six)).then(|| self.last + 1)
    }
}

/// The bits behind a prefix.
fn behind(six: bool, prefix: u32) -> u128 {
    match bits(six) - prefix {
        128 => u128::MAX,
        free => (1 << free) - 1,
    }
}

/// The same addresses in as few ranges as there can be, in order.
pub fn merge(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_unstable();
    let mut merged: Vec<Range> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(before)
                if before.six == range.six
                    && before.next().is_none_or(|next| range.first <= next) =>
            {
                before.last = before.last.max(range.last);
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// What of the first is not in the others; both as [`merge`] leaves them.
pub fn subtract(ranges: &[Range], without: &[Range]) -> Vec<Range> {
    let mut left = Vec::new();
    let mut holes = without.iter().copied().peekable();
    for range in ranges {
        let mut rest = Some(*range);
        while let Some(now) = rest {
            let Some(hole) = holes.peek().copied() else {
                break;
            };
            if (hole.six, hole.last) < (now.six, now.first) {
                // It lies before all that is still to come.
                holes.next();
                continue;
            }
            if (hole.six, hole.first) > (now.six, now.last) {
                break;
            }
            if hole.first > now.first {
                left.push(Range {
                    last: hole.first - 1,
                    ..now
                });
            }
            rest = hole
                .next()
                .filter(|next| *next <= now.last)
                .map(|next| Range { first: next, ..now });
        }
        left.extend(rest);
    }
    left
}

/// The networks that a range is made of, from the lowest.
pub fn networks(range: &Range) -> Vec<Network> {
    let bits = bits(range.six);
    let mut networks = Vec::new();
    let mut first = Some(range.first);
    while let Some(at) = first.filter(|at| *at <= range.last) {
        // As large as its lowest address and the range's end allow.
        let aligned = at.trailing_zeros().min(bits);
        let fits = (0..=aligned)
            .rev()
            .find(|free| behind(range.six, bits - free) <= range.last - at)
            .unwrap_or(0);
        let network = Network {
            six: range.six,
            first: at,
            prefix: bits - fits,
        };
        networks.push(network);
        first = network.last().checked_add(1);
    }
    networks
}

/// How many addresses of a kind there are, in decimal.
pub fn count(ranges: &[Range], six: bool) -> String {
    let ranges = ranges.iter().filter(|range| range.six == six);
    let mut sum: u128 = 0;
    for range in ranges {
        // All of IPv6 is one more than there is room for.
        let Some(more) = (range.last - range.first).checked_add(1) else {
            return "340282366920938463463374607431768211456".to_owned();
        };
        sum = sum.saturating_add(more);
    }
    sum.to_string()
}

impl Network {
    fn last(&self) -> u128 {
        self.first | behind(self.six, self.prefix)
    }

    /// Whether it holds all of a range.
    pub fn holds(&self, range: &Range) -> bool {
        self.six == range.six && self.first <= range.first && range.last <= self.last()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = match u32::try_from(self.first) {
            Ok(four) if !self.six => IpAddr::V4(Ipv4Addr::from(four)),
            _ => IpAddr::V6(Ipv6Addr::from(self.first)),
        };
        write!(f, "{address}/{}", self.prefix)
    }
}
