//! Which addresses lie in the open internet, and which do not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a special address is for, in words; `None` for one that is anybody's in the open internet.
///
/// The ranges are those of IANA's special-purpose registries (RFC 6890 and what has been added)
/// and, as what is not handed out can be anything, all of IPv6 outside `2000::/3`. An address that
/// carries an IPv4 address inside (mapped, NAT64, 6to4) is what the inner one is.
pub(crate) fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, d] = address.octets();
    Some(match (a, b, c, d) {
        (0, ..) => "unspecified",
        (10, ..) | (172, 16..=31, ..) | (192, 168, ..) => "private",
        (100, 64..=127, ..) => "shared by a carrier",
        (127, ..) => "loopback",
        (169, 254, ..) => "link-local",
        // Azure's own service in every virtual machine, in a public range.
        (168, 63, 129, 16) => "a cloud's own",
        (192, 0, 0, _) => "a protocol's own",
        (192, 0, 2, _) | (198, 51, 100, _) | (203, 0, 113, _) => "for documentation",
        (192, 88, 99, _) => "a relay's",
        (198, 18..=19, ..) => "for benchmarks",
        (224..=239, ..) => "multicast",
        (240.., ..) => "reserved",
        _ => return None,
    })
}

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(inner) = address.to_ipv4_mapped() {
        return special_v4(inner);
    }
    let segments = address.segments();
    let inner = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        special_v4(Ipv4Addr::new(a, b, c, d))
    };
    Some(match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => "unspecified",
        [0, 0, 0, 0, 0, 0, 0, 1] => "loopback",
        // NAT64 (RFC 6052), which is how the machines of an IPv6 network reach all of IPv4, and
        // 6to4 (RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            return inner(high, low);
        }
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => "private",
        [0xfe80..=0xfebf, ..] => "link-local",
        [0xff00..=0xffff, ..] => "multicast",
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => "for documentation",
        [0x2001, 2, 0, ..] => "for benchmarks",
        // Teredo, whose inner address anybody can choose.
        [0x2001, 0, ..] => "a tunnel's",
        [0x2001, 1..=0x1ff, ..] => "a protocol's own",
        [0x2000..=0x3fff, ..] => return None,
        _ => "reserved",
    })
}

/// The same address, without a wrapping that means nothing: `::ffff:10.0.0.1` is `10.0.0.1`.
pub(crate) fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// First and last of each range, and the neighbours that are nobody's special.
    const EDGES: &[(&str, Option<&str>)] = &[
        ("0.0.0.0", Some("unspecified")),
        ("0.255.255.255", Some("unspecified")),
        ("1.0.0.0", None),
        ("1.1.1.1", None),
        ("9.255.255.255", None),
        ("10.0.0.0", Some("private")),
        ("10.255.255.255", Some("private")),
        ("11.0.0.0", None),
        ("100.63.255.255", None),
        ("100.64.0.0", Some("shared by a carrier")),
        ("100.100.100.200", Some("shared by a carrier")),
        ("100.127.255.255", Some("shared by a carrier")),
        ("100.128.0.0", None),
        ("126.255.255.255", None),
        ("127.0.0.0", Some("loopback")),
        ("127.0.0.1", Some("loopback")),
        ("127.255.255.255", Some("loopback")),
        ("128.0.0.0", None),
        ("168.63.129.15", None),
        ("168.63.129.16", Some("a cloud's own")),
        ("168.63.129.17", None),
        ("169.253.255.255", None),
        ("169.254.0.0", Some("link-local")),
        ("169.254.169.254", Some("link-local")),
        ("169.254.255.255", Some("link-local")),
        ("169.255.0.0", None),
        ("172.15.255.255", None),
        ("172.16.0.0", Some("private")),
        ("172.31.255.255", Some("private")),
        ("172.32.0.0", None),
        ("191.255.255.255", None),
        ("192.0.0.0", Some("a protocol's own")),
        ("192.0.0.192", Some("a protocol's own")),
        ("192.0.0.255", Some("a protocol's own")),
        ("192.0.1.0", None),
        ("192.0.2.0", Some("for documentation")),
        ("192.0.2.255", Some("for documentation")),
        ("192.0.3.0", None),
        ("192.88.98.255", None),
        ("192.88.99.0", Some("a relay's")),
        ("192.88.99.255", Some("a relay's")),
        ("192.88.100.0", None),
        ("192.167.255.255", None),
        ("192.168.0.0", Some("private")),
        ("192.168.255.255", Some("private")),
        ("192.169.0.0", None),
        ("198.17.255.255", None),
        ("198.18.0.0", Some("for benchmarks")),
        ("198.19.255.255", Some("for benchmarks")),
        ("198.20.0.0", None),
        ("198.51.99.255", None),
        ("198.51.100.0", Some("for documentation")),
        ("198.51.100.255", Some("for documentation")),
        ("198.51.101.0", None),
        ("203.0.112.255", None),
        ("203.0.113.0", Some("for documentation")),
        ("203.0.113.255", Some("for documentation")),
        ("203.0.114.0", None),
        ("223.255.255.255", None),
        ("224.0.0.0", Some("multicast")),
        ("239.255.255.255", Some("multicast")),
        ("240.0.0.0", Some("reserved")),
        ("255.255.255.255", Some("reserved")),
        ("::", Some("unspecified")),
        ("::1", Some("loopback")),
        ("::2", Some("reserved")),
        // IPv4-compatible, mapped, translated (SIIT).
        ("::127.0.0.1", Some("reserved")),
        ("::8.8.8.8", Some("reserved")),
        ("::ffff:127.0.0.1", Some("loopback")),
        ("::ffff:10.1.2.3", Some("private")),
        ("::ffff:169.254.169.254", Some("link-local")),
        ("::ffff:8.8.8.8", None),
        ("::ffff:0:8.8.8.8", Some("reserved")),
        // NAT64, and the range for a network's own.
        ("64:ff9b::127.0.0.1", Some("loopback")),
        ("64:ff9b::10.0.0.1", Some("private")),
        ("64:ff9b::169.254.169.254", Some("link-local")),
        ("64:ff9b::8.8.8.8", None),
        ("64:ff9b::1:808:808", Some("reserved")),
        ("64:ff9b:1::8.8.8.8", Some("reserved")),
        ("100::", Some("reserved")),
        ("1fff:ffff::", Some("reserved")),
        ("2000::", None),
        ("2001::", Some("a tunnel's")),
        ("2001:0:ffff:ffff::", Some("a tunnel's")),
        ("2001:1::", Some("a protocol's own")),
        ("2001:2::1", Some("for benchmarks")),
        ("2001:2:1::", Some("a protocol's own")),
        ("2001:10::", Some("a protocol's own")),
        ("2001:1ff:ffff::", Some("a protocol's own")),
        ("2001:200::", None),
        ("2001:db7:ffff::", None),
        ("2001:db8::", Some("for documentation")),
        ("2001:db8:ffff::", Some("for documentation")),
        ("2001:db9::", None),
        ("2001:4860:4860::8888", None),
        // 6to4.
        ("2002:7f00:1::", Some("loopback")),
        ("2002:a00:1::1", Some("private")),
        ("2002:a9fe:a9fe::", Some("link-local")),
        ("2002:c0a8:101::", Some("private")),
        ("2002:808:808::", None),
        ("2003::", None),
        ("3ffe:ffff::", None),
        ("3fff::", Some("for documentation")),
        ("3fff:fff:ffff::", Some("for documentation")),
        ("3fff:1000::", None),
        ("3fff:ffff::", None),
        ("4000::", Some("reserved")),
        ("5f00::", Some("reserved")),
        ("fbff:ffff::", Some("reserved")),
        ("fc00::", Some("private")),
        ("fd00:ec2::254", Some("private")),
        ("fdff:ffff::", Some("private")),
        ("fe00::", Some("reserved")),
        ("fe80::", Some("link-local")),
        ("fe80::1", Some("link-local")),
        ("febf:ffff::", Some("link-local")),
        ("fec0::", Some("private")),
        ("feff:ffff::", Some("private")),
        ("ff00::", Some("multicast")),
        ("ff02::1", Some("multicast")),
        ("ffff:ffff::", Some("multicast")),
    ];

    #[test]
    fn each_range_begins_and_ends_where_it_should() {
        for (text, expected) in EDGES {
            let address: IpAddr = text.parse().expect(text);
            assert_eq!(special(address), *expected, "{text}");
        }
    }

    /// RFC 5737 and the like as prefixes, written independently of the code above.
    const SPECIAL_V4: &[(u32, u32)] = &[
        (0x0000_0000, 8),
        (0x0a00_0000, 8),
        (0x6440_0000, 10),
        (0x7f00_0000, 8),
        (0xa83f_8110, 32),
        (0xa9fe_0000, 16),
        (0xac10_0000, 12),
        (0xc000_0000, 24),
        (0xc000_0200, 24),
        (0xc058_6300, 24),
        (0xc0a8_0000, 16),
        (0xc612_0000, 15),
        (0xc633_6400, 24),
        (0xcb00_7100, 24),
        (0xe000_0000, 4),
        (0xf000_0000, 4),
    ];

    proptest! {
        #[test]
        fn an_ipv4_address_is_special_if_a_prefix_says_so(bits: u32) {
            let listed = SPECIAL_V4
                .iter()
                .any(|(prefix, length)| (bits ^ prefix).checked_shr(32 - length).unwrap_or(0) == 0);
            prop_assert_eq!(special(IpAddr::V4(bits.into())).is_some(), listed);
        }

        /// However a prefix and the bits after it are chosen.
        #[test]
        fn every_address_of_a_special_prefix_is_special(
            (prefix, length) in proptest::sample::select(SPECIAL_V4),
            rest: u32,
        ) {
            let host = rest & u32::MAX.checked_shr(length).unwrap_or(0);
            prop_assert!(special(IpAddr::V4((prefix | host).into())).is_some());
        }

        #[test]
        fn what_is_inside_decides(bits: u32) {
            let inner = Ipv4Addr::from(bits);
            let expected = special(IpAddr::V4(inner));
            let [a, b, c, d] = inner.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            for outer in [
                inner.to_ipv6_mapped(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            ] {
                prop_assert_eq!(special(IpAddr::V6(outer)), expected, "{}", outer);
            }
            let compatible = Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low);
            prop_assert!(special(IpAddr::V6(compatible)).is_some());
        }

        /// Whatever is not handed out to the open internet is special.
        #[test]
        fn outside_of_global_unicast_all_is_special(bits: u128) {
            let address = Ipv6Addr::from(bits);
            let nat64 = address.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
            if bits >> 125 != 1 && address.to_ipv4_mapped().is_none() && !nat64 {
                prop_assert!(special(IpAddr::V6(address)).is_some());
            }
        }
    }
}
