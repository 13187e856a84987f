use super::*;
use policies::Clocks;
use std::path::PathBuf;
use tonic::Code;
use tonic_types::StatusExt;

struct Folders {
    _root: tempfile::TempDir,
    /// What the operator allows, by a symbolic link.
    link: PathBuf,
    /// Where the link leads.
    allowed: PathBuf,
    outside: PathBuf,
}

fn folders() -> Folders {
    let root = tempfile::tempdir().unwrap();
    let base = root.path().canonicalize().unwrap();
    let allowed = base.join("allowed");
    let outside = base.join("outside");
    std::fs::create_dir_all(allowed.join("inner")).unwrap();
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(allowed.join("file"), "x").unwrap();
    std::os::unix::fs::symlink(&outside, allowed.join("escape")).unwrap();
    let link = base.join("link");
    std::os::unix::fs::symlink(&allowed, &link).unwrap();
    Folders {
        _root: root,
        link,
        allowed,
        outside,
    }
}

fn directory(host: HostPath, guest: GuestPath, access: Access) -> DirectoryGrant {
    DirectoryGrant {
        guest,
        host,
        access,
    }
}

fn ceiling(folders: &Folders) -> Ceiling {
    let mut policy = Policy::preset("workspace").unwrap();
    policy.capabilities.directories = vec![directory(
        HostPath::Path(folders.link.clone()),
        GuestPath::Any,
        Access::ReadWrite,
    )];
    Ceiling::new(policy).unwrap()
}

/// The tool may read one folder at `/data`.
fn grant() -> Policy {
    let mut policy = Policy::preset("pure").unwrap();
    policy.capabilities.directories = vec![directory(
        HostPath::Any,
        GuestPath::Path("/data".into()),
        Access::Read,
    )];
    policy
}

fn binding(host: impl Into<PathBuf>, guest: &str) -> proto::CallPolicy {
    proto::CallPolicy {
        directories: vec![proto::DirectoryBinding {
            host: host.into().display().to_string(),
            guest: guest.into(),
            access: proto::Access::ReadWrite.into(),
        }],
        ..Default::default()
    }
}

#[test]
fn without_a_word_from_the_caller_ceiling_and_grant_decide() {
    let folders = folders();
    let policy = ceiling(&folders).for_call(&grant(), None).unwrap();
    assert_eq!(policy.limits, Policy::preset("pure").unwrap().limits);
    assert!(policy.is_within(&grant()));
    // The ceiling binds the folder that the grant leaves open.
    assert_eq!(
        policy.capabilities.directories[0].host,
        HostPath::Path(folders.allowed)
    );
}

#[test]
fn a_call_narrows_limits_and_never_widens_them() {
    let ceiling = ceiling(&folders());
    let asked = proto::CallPolicy {
        limits: Some(proto::CallLimits {
            fuel: Some(5),
            memory_bytes: Some(u64::MAX),
            wall_time_micros: Some(7),
            stdout_bytes: Some(8),
            stderr_bytes: Some(9),
            output_bytes: Some(10),
            files: Some(u32::MAX),
            file_bytes: Some(u64::MAX),
            network_requests: Some(u32::MAX),
            network_bytes: Some(u64::MAX),
        }),
        clocks: proto::Clocks::Frozen.into(),
        seed: Some(3),
        ..Default::default()
    };
    let policy = ceiling.for_call(&grant(), Some(&asked)).unwrap();
    let pure = Policy::preset("pure").unwrap().limits;
    assert_eq!(policy.limits.fuel, Fuel(5));
    assert_eq!(policy.limits.memory, pure.memory);
    assert_eq!(policy.limits.wall_time, WallTime(7));
    assert_eq!(policy.limits.stdout, Bytes(8));
    assert_eq!(policy.limits.stderr, Bytes(9));
    assert_eq!(policy.limits.output, Bytes(10));
    assert_eq!(policy.limits.files, 0);
    assert_eq!(policy.limits.file_bytes, Bytes(0));
    assert_eq!(policy.limits.network_requests, 0);
    assert_eq!(policy.limits.network_bytes, Bytes(0));
    assert_eq!(policy.capabilities.clocks, Clocks::Frozen);
    assert_eq!(policy.capabilities.random, Random::Seeded(3));
    assert!(policy.is_within(&grant()) && policy.is_within(ceiling.policy()));

    let greedy = proto::CallPolicy {
        clocks: proto::Clocks::Real.into(),
        ..Default::default()
    };
    let policy = ceiling.for_call(&grant(), Some(&greedy)).unwrap();
    assert_eq!(policy.capabilities.clocks, Clocks::Virtual);
}

#[test]
fn a_folder_within_the_ceiling_is_bound_by_its_real_path_with_the_grants_access() {
    let folders = folders();
    let ceiling = ceiling(&folders);
    for host in [folders.link.join("inner"), folders.allowed.join("inner")] {
        let policy = ceiling
            .for_call(&grant(), Some(&binding(host, "/data")))
            .unwrap();
        assert_eq!(
            policy.capabilities.directories,
            [directory(
                HostPath::Path(folders.allowed.join("inner")),
                GuestPath::Path("/data".into()),
                Access::Read
            )]
        );
    }
}

fn refusal(asked: &proto::CallPolicy, folders: &Folders) -> Status {
    ceiling(folders)
        .for_call(&grant(), Some(asked))
        .expect_err("refused")
}

#[test]
fn folders_outside_are_denied_and_the_layer_is_named() {
    let folders = folders();
    let cases = [
        // Denied by its words: whether it exists is not told.
        (binding(&folders.outside, "/data"), "ceiling"),
        (binding("/no/such/folder", "/data"), "ceiling"),
        // Within by its words, and leads outside.
        (binding(folders.link.join("escape"), "/data"), "ceiling"),
        (binding(folders.allowed.join("inner"), "/other"), "grant"),
    ];
    for (asked, layer) in cases {
        let status = refusal(&asked, &folders);
        assert_eq!(status.code(), Code::PermissionDenied, "{asked:?}");
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().metadata["layer"], layer);
    }
    // A link's target is not told either.
    let status = refusal(&binding(folders.link.join("escape"), "/data"), &folders);
    assert!(!status.message().contains("outside"), "{status:?}");
}

#[test]
fn bindings_that_make_no_sense_name_their_field() {
    let folders = folders();
    let inner = folders.allowed.join("inner");
    let mut twice = binding(&inner, "/data");
    twice.directories.push(twice.directories[0].clone());
    let mut strange = binding(&inner, "/data");
    strange.directories[0].access = 99;
    let mut many = binding(&inner, "/data");
    many.directories = vec![many.directories[0].clone(); MAX_BINDINGS + 1];
    let cases = [
        (binding("relative", "/data"), "policy.directories[0].host"),
        (binding("*", "/data"), "policy.directories[0].host"),
        (binding("/a\0b", "/data"), "policy.directories[0].host"),
        (
            binding(folders.allowed.join("missing"), "/data"),
            "policy.directories[0].host",
        ),
        (
            binding(folders.allowed.join("file"), "/data"),
            "policy.directories[0].host",
        ),
        (binding(&inner, "data"), "policy.directories[0].guest"),
        (binding(&inner, "*"), "policy.directories[0].guest"),
        (strange, "policy.directories[0].access"),
        (
            proto::CallPolicy {
                clocks: 99,
                ..Default::default()
            },
            "policy.clocks",
        ),
        (twice, "policy.directories[1].guest"),
        (many, "policy.directories"),
    ];
    for (asked, field) in cases {
        let status = refusal(&asked, &folders);
        assert_eq!(status.code(), Code::InvalidArgument, "{asked:?}");
        let details = status.get_error_details();
        assert_eq!(
            details.bad_request().unwrap().field_violations[0].field,
            field
        );
    }
}
