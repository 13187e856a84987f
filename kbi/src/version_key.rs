//! Semantic versions as bytes that sort as the versions do.

use semver::{Prerelease, Version};

/// Bytes whose order is the precedence of semantic versions, so that a database can sort and
/// page by them. Build metadata has no precedence and is left out.
///
/// Layout: major, minor and patch as 8 bytes each, big-endian; then `0xff` for a release, or for
/// each identifier of a pre-release `0x01`, the count of its digits in 4 bytes, and the digits;
/// or `0x02` and its characters, ended by a zero; and a zero at the end, by which fewer
/// identifiers come before more.
pub(crate) fn version_key(version: &Version) -> Vec<u8> {
    let mut key = Vec::with_capacity(25);
    for number in [version.major, version.minor, version.patch] {
        key.extend(number.to_be_bytes());
    }
    if version.pre.is_empty() {
        key.push(0xff);
    } else {
        push_pre_release(&mut key, &version.pre);
    }
    key
}

fn push_pre_release(key: &mut Vec<u8>, pre: &Prerelease) {
    for identifier in pre.split('.') {
        if identifier.bytes().all(|byte| byte.is_ascii_digit()) {
            // Without leading zeros, which semver refuses, more digits are a greater number.
            let digits = u32::try_from(identifier.len()).unwrap_or(u32::MAX);
            key.push(0x01);
            key.extend(digits.to_be_bytes());
            key.extend(identifier.bytes());
        } else {
            key.push(0x02);
            key.extend(identifier.bytes());
            key.push(0);
        }
    }
    key.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use semver::BuildMetadata;

    #[test]
    fn keys_sort_like_the_example_of_the_semver_specification() {
        let versions = [
            "0.9.9",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.2.0",
            "1.10.0",
            "2.0.0",
            "18446744073709551615.0.0",
        ];
        let keys: Vec<_> = versions.map(|v| version_key(&v.parse().unwrap())).into();
        assert!(keys.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn build_metadata_makes_no_difference() {
        assert_eq!(
            version_key(&"1.0.0-rc.1+linux.7".parse().unwrap()),
            version_key(&"1.0.0-rc.1".parse().unwrap())
        );
    }

    fn versions() -> impl Strategy<Value = Version> {
        let identifier = prop_oneof!["0|[1-9][0-9]{0,2}", "[0-9]{0,2}[a-c-][a-c0-9-]{0,2}"];
        let pre = prop::collection::vec(identifier, 0..4).prop_map(|parts| parts.join("."));
        (0..3_u64, 0..3_u64, 0..3_u64, pre).prop_map(|(major, minor, patch, pre)| Version {
            major,
            minor,
            patch,
            pre: Prerelease::new(&pre).expect("made by the grammar"),
            build: BuildMetadata::EMPTY,
        })
    }

    proptest! {
        #[test]
        fn keys_sort_as_versions_do(a in versions(), b in versions()) {
            prop_assert_eq!(version_key(&a).cmp(&version_key(&b)), a.cmp(&b));
        }
    }
}
