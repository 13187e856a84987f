use super::*;
use crate::{Bytes, Clocks, Fuel, WallTime};
use proptest::prelude::*;
use std::path::PathBuf;

fn directory() -> impl Strategy<Value = DirectoryGrant> {
    // Few names, so that grants meet often.
    let guest = prop_oneof![
        Just(GuestPath::Any),
        "/(data|out)".prop_map(GuestPath::Path),
    ];
    let host = prop_oneof![
        Just(HostPath::Any),
        "/(srv|home)(/a(/b)?)?".prop_map(|path| HostPath::Path(PathBuf::from(path))),
    ];
    let access = prop_oneof![Just(Access::Read), Just(Access::ReadWrite)];
    (guest, host, access).prop_map(|(guest, host, access)| DirectoryGrant {
        guest,
        host,
        access,
    })
}

fn network() -> impl Strategy<Value = NetworkGrant> {
    let hosts = prop_oneof![
        Just("*"),
        Just("*.example.com"),
        Just("*.b.example.com"),
        Just("a.example.com"),
        Just("a.b.example.com"),
        Just("example.com"),
        Just("10.0.0.1"),
    ];
    (hosts, prop_oneof![Just(80u16), Just(443)]).prop_map(|(host, port)| NetworkGrant {
        host: host.to_owned(),
        port,
    })
}

fn limits() -> impl Strategy<Value = Limits> {
    proptest::array::uniform15(0u32..4).prop_map(|n| Limits {
        fuel: Fuel(n[0].into()),
        memory: Bytes(n[1].into()),
        tables: n[2],
        table_elements: n[3],
        instances: n[4],
        wall_time: WallTime(n[5].into()),
        stdout: Bytes(n[6].into()),
        stderr: Bytes(n[7].into()),
        input: Bytes(n[8].into()),
        output: Bytes(n[9].into()),
        files: n[10],
        file_bytes: Bytes(n[11].into()),
        module_size: Bytes(n[12].into()),
        network_requests: n[13],
        network_bytes: Bytes(n[14].into()),
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    (
        limits(),
        proptest::collection::vec(directory(), 0..4),
        proptest::collection::btree_set("[A-C]", 0..3),
        proptest::collection::btree_set(network(), 0..4),
        prop_oneof![
            Just(Clocks::Frozen),
            Just(Clocks::Virtual),
            Just(Clocks::Real)
        ],
        prop_oneof![(0u64..3).prop_map(Random::Seeded), Just(Random::Real)],
    )
        .prop_map(
            |(limits, directories, environment, network, clocks, random)| {
                let mut capabilities = Capabilities {
                    directories,
                    environment,
                    network,
                    clocks,
                    random,
                };
                capabilities.normalise();
                Policy {
                    limits,
                    capabilities,
                }
            },
        )
}

proptest! {
    #[test]
    fn never_wider_than_either_side(a in policy(), b in policy()) {
        let both = a.intersect(&b);
        prop_assert!(both.is_within(&a), "{both:#?}");
        prop_assert!(both.is_within(&b), "{both:#?}");
    }

    #[test]
    fn commutative(a in policy(), b in policy()) {
        prop_assert_eq!(a.intersect(&b), b.intersect(&a));
    }

    #[test]
    fn idempotent(a in policy()) {
        prop_assert_eq!(a.intersect(&a), a);
    }

    #[test]
    fn associative(a in policy(), b in policy(), c in policy()) {
        prop_assert_eq!(a.intersect(&b).intersect(&c), a.intersect(&b.intersect(&c)));
    }

    /// Nothing that both allow is lost, and nothing that one forbids is gained.
    #[test]
    fn a_folder_is_allowed_by_both_or_not_at_all(a in policy(), b in policy(), g in directory()) {
        let allows = |policy: &Policy| {
            policy.capabilities.directories.iter().any(|wide| g.is_within(wide))
        };
        prop_assert_eq!(allows(&a.intersect(&b)), allows(&a) && allows(&b));
    }

    #[test]
    fn a_host_is_allowed_by_both_or_not_at_all(a in policy(), b in policy(), g in network()) {
        let allows = |policy: &Policy| {
            policy.capabilities.network.iter().any(|wide| wide.covers(&g))
        };
        prop_assert_eq!(allows(&a.intersect(&b)), allows(&a) && allows(&b));
    }

    #[test]
    fn within_is_reflexive_and_holds_along_a_chain(a in policy(), b in policy()) {
        prop_assert!(a.is_within(&a));
        let both = a.intersect(&b);
        prop_assert_eq!(a.is_within(&b), both == a || a.is_within(&both));
    }
}

#[test]
fn the_inner_folder_and_the_lesser_access_remain() {
    let grant = |guest: &str, host: &str, access| DirectoryGrant {
        guest: GuestPath::Path(guest.to_owned()),
        host: HostPath::Path(PathBuf::from(host)),
        access,
    };
    let wide = grant("/data", "/srv", Access::Read);
    let deep = grant("/data", "/srv/a", Access::ReadWrite);
    assert_eq!(
        wide.meet(&deep),
        Some(grant("/data", "/srv/a", Access::Read))
    );
    // A name that only begins alike is another folder.
    assert_eq!(wide.meet(&grant("/data", "/srvx", Access::Read)), None);
    assert_eq!(wide.meet(&grant("/other", "/srv", Access::Read)), None);
}

#[test]
fn a_star_stands_for_names_never_for_addresses() {
    let grant = |text: &str| text.parse::<NetworkGrant>().expect("a grant");
    assert!(grant("*:443").covers(&grant("api.example.com:443")));
    assert!(grant("*.example.com:443").covers(&grant("api.example.com:443")));
    assert!(!grant("*.example.com:443").covers(&grant("example.com:443")));
    assert!(!grant("*.example.com:443").covers(&grant("badexample.com:443")));
    assert!(!grant("*:443").covers(&grant("api.example.com:80")));
    assert!(!grant("*:443").covers(&grant("169.254.169.254:443")));
    assert!(grant("10.0.0.1:443").covers(&grant("10.0.0.1:443")));
}

#[test]
fn links_are_resolved_before_they_can_lead_out() {
    let root = tempfile::tempdir().expect("a folder");
    let inside = root.path().join("inside");
    let outside = root.path().join("outside");
    std::fs::create_dir(&inside).expect("a folder");
    std::fs::create_dir(&outside).expect("a folder");
    std::os::unix::fs::symlink(&outside, inside.join("link")).expect("a link");
    let capabilities = |path: PathBuf| Capabilities {
        directories: vec![DirectoryGrant {
            guest: GuestPath::Path("/data".to_owned()),
            host: HostPath::Path(path),
            access: Access::Read,
        }],
        ..Capabilities::default()
    };
    let mut ceiling = capabilities(inside.clone());
    let mut call = capabilities(inside.join("link"));
    ceiling.resolve().expect("it exists");
    call.resolve().expect("it exists");
    assert_eq!(ceiling.intersect(&call).directories, []);
    assert!(capabilities(inside.join("missing")).resolve().is_err());
}
