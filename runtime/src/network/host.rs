//! Hosts as a guest writes them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A name or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// In lower case, without a dot at its end.
    Name(String),
    /// Canonical: never an IPv4 address in the clothes of IPv6.
    Address(IpAddr),
}

impl Host {
    /// Reads a host as it stands in URLs (IPv6 in brackets) or alone.
    ///
    /// Only names of letters, digits, `-` and `_` are read, so that nothing is looked up that a
    /// grant could not name, and no number that a resolver would take for an address (`127.1`,
    /// `0x7f000001`, `2130706433`): they go around what grants say of addresses.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(IpAddr::V6(address).to_canonical()));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Self::Address(address.into()));
        }
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Some(Self::Address(IpAddr::V6(address).to_canonical()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if name.len() > 253 || !name.split('.').all(is_label) {
            return None;
        }
        let last = name.rsplit('.').next()?;
        // As browsers do (WHATWG URL, "ends in a number").
        let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
            || last
                .strip_prefix(['0'])
                .and_then(|rest| rest.strip_prefix(['x', 'X']))
                .is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        (!is_number).then(|| Self::Name(name.to_ascii_lowercase()))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Address(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_addresses_are_told_apart() {
        let name = |text: &str| Some(Host::Name(text.to_owned()));
        let address = |text: &str| Some(Host::Address(text.parse().expect("an address")));
        assert_eq!(Host::parse("API.Example.com."), name("api.example.com"));
        assert_eq!(Host::parse("localhost"), name("localhost"));
        assert_eq!(Host::parse("_dns.example"), name("_dns.example"));
        assert_eq!(Host::parse("127.0.0.1"), address("127.0.0.1"));
        assert_eq!(Host::parse("[::1]"), address("::1"));
        assert_eq!(Host::parse("::1"), address("::1"));
        assert_eq!(Host::parse("[::ffff:10.0.0.1]"), address("10.0.0.1"));
    }

    #[test]
    fn numbers_that_pass_for_addresses_are_no_hosts() {
        for bad in [
            "127.1",
            "127.0.0.1.",
            "0127.0.0.1",
            "256.0.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.0.0.0x1",
            "1.2.3.0x",
            "example.1",
            "[127.0.0.1]",
            "[::1",
            "::1]",
            "fe80::1%eth0",
            "[fe80::1%25eth0]",
        ] {
            assert_eq!(Host::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_no_name_is_not_looked_up() {
        let long = ["a".repeat(63).as_str(); 4].join(".");
        for bad in [
            "",
            ".",
            "..",
            "a..b",
            ".a",
            "a..",
            "-a",
            "a-.b",
            "a b",
            "a\0b",
            "a/b",
            "a@b",
            "a:1",
            "bücher.example",
            "a%00b",
            "*",
            "*.example.com",
            &long,
        ] {
            assert_eq!(Host::parse(bad), None, "{bad}");
        }
        assert!(Host::parse(&long[..253]).is_some());
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(text in "\\PC{0,40}") {
            if let Some(host) = Host::parse(&text) {
                prop_assert_eq!(Host::parse(&host.to_string()), Some(host));
            }
        }

        #[test]
        fn an_address_is_never_a_name(bits: u128, short: u32) {
            for address in [IpAddr::from(bits.to_be_bytes()), IpAddr::from(short.to_be_bytes())] {
                prop_assert_eq!(
                    Host::parse(&address.to_string()),
                    Some(Host::Address(address.to_canonical()))
                );
            }
        }
    }
}
