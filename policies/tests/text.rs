//! The TOML form as people write it, and what they are told when it is wrong.

use policies::{
    Access, Bytes, Clocks, Fuel, GuestPath, HostPath, Limits, Policy, Random, WallTime,
};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn refused(text: &str) -> String {
    Policy::parse(text, "policy.toml")
        .expect_err("this policy is wrong")
        .to_string()
}

/// A file with `limits.KEY = VALUE` alone.
fn limit(key: &str, value: &str) -> Result<Limits, String> {
    Policy::parse(&format!("[limits]\n{key} = {value}\n"), "policy.toml")
        .map(|policy| policy.limits)
        .map_err(|error| error.to_string())
}

#[test]
fn the_presets_are_what_they_say() {
    for name in Policy::PRESETS {
        let text = Policy::preset_text(name).expect("its text");
        let policy = Policy::parse(text, name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(Policy::preset(name), Some(policy));
    }
    assert_eq!(Policy::preset("pure"), Some(Policy::default()));
    assert_eq!(Policy::preset("no such"), None);
    assert_eq!(Policy::parse("", "empty.toml"), Ok(Policy::default()));
}

#[test]
fn the_presets_explained() {
    let mut all = String::new();
    for name in Policy::PRESETS {
        let policy = Policy::preset(name).expect("a preset");
        let _ = writeln!(all, "{name}\n  {}", policy.explain().join("\n  "));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_whole_policy() {
    let policy = Policy::parse(
        r#"
        [limits]
        fuel = 5_000_000
        memory = "16 MiB"
        wall_time = "500 ms"
        files = 3
        file_bytes = "10 kB"
        network_requests = 5
        network_bytes = "20 kB"

        [capabilities]
        environment = ["TZ"]
        network = ["API.example.com:443"]
        clocks = "frozen"
        random = { seed = 7 }

        [[capabilities.directories]]
        host = "data"
        guest = "/data"
        access = "read-write"
        "#,
        "/etc/wasm-runner/policy.toml",
    )
    .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(policy.limits.fuel, Fuel(5_000_000));
    assert_eq!(policy.limits.memory, Bytes::mib(16));
    assert_eq!(policy.limits.wall_time, WallTime::millis(500));
    assert_eq!(policy.limits.file_bytes, Bytes(10_000));
    assert_eq!(policy.limits.network_requests, 5);
    assert_eq!(policy.limits.network_bytes, Bytes(20_000));
    assert_eq!(policy.limits.input, Limits::default().input);
    let capabilities = &policy.capabilities;
    assert_eq!(capabilities.clocks, Clocks::Frozen);
    assert_eq!(capabilities.random, Random::Seeded(7));
    let network: Vec<String> = capabilities
        .network
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(network, ["api.example.com:443"]);
    let [folder] = &capabilities.directories[..] else {
        panic!("one folder");
    };
    assert_eq!(
        folder.host,
        HostPath::Path(PathBuf::from("/etc/wasm-runner/data"))
    );
    assert_eq!(folder.guest, GuestPath::Path("/data".to_owned()));
    assert_eq!(folder.access, Access::ReadWrite);
}

#[test]
fn everything_wrong_is_named_at_once_with_its_place_and_a_remedy() {
    insta::assert_snapshot!(refused(
        r#"[limits]
memory = 64
wall-time = "2 s"
fuel = "many"
stdout = "2 MiB"
output = "1 MiB"
tables = "4"
colour = "red"

[capabilities]
environment = ["TZ", "A=B", 3]
network = ["example.com", "example.com:443", "example.com:443"]
clocks = "wall"
random = { sed = 1 }

[[capabilities.directories]]
host = "../etc"
guest = "data"
access = "write"

[[capabilities.directories]]
host = "/a"

[capability]
"#
    ));
}

#[test]
fn broken_toml_says_where() {
    insta::assert_snapshot!(refused("[limits]\nmemory = \"64 MiB\n"));
    insta::assert_snapshot!(refused("limits = 3\ncapabilities = [1]\n"));
}

#[test]
fn two_folders_at_one_guest_path_contradict() {
    let folder = |host: &str| {
        format!(
            "[[capabilities.directories]]\nhost = \"{host}\"\nguest = \"/d\"\naccess = \"read\"\n"
        )
    };
    let said = refused(&(folder("/a") + &folder("/b")));
    assert!(
        said.starts_with("policy.toml:7:9: two folders are both seen at `/d`"),
        "{said}"
    );
}

#[test]
fn a_folder_to_write_in_needs_room_to_write() {
    let folder =
        "[[capabilities.directories]]\nhost = \"/a\"\nguest = \"/d\"\naccess = \"read-write\"\n";
    assert!(refused(folder).contains("no file may be made and no byte written"));
    let with_room = format!("[limits]\nfile_bytes = \"1 B\"\n{folder}");
    assert!(Policy::parse(&with_room, "policy.toml").is_ok());
}

#[test]
fn hosts_to_call_need_room_to_call_them() {
    let with = |limits: &str| {
        let text = format!("[limits]\n{limits}\n[capabilities]\nnetwork = [\"a.example:443\"]\n");
        Policy::parse(&text, "policy.toml").map_err(|error| error.to_string())
    };
    let requests = "network_requests = 1\n";
    let bytes = "network_bytes = \"1 B\"\n";
    for too_little in ["", requests, bytes] {
        let said = with(too_little).expect_err("no room");
        assert!(
            said.contains("no request may be made or no byte sent"),
            "{said}"
        );
    }
    assert!(with(&format!("{requests}{bytes}")).is_ok());
}

#[test]
fn a_policy_kept_before_there_was_a_network_has_none() {
    let mut kept = serde_json::to_value(Policy::preset("web")).expect("JSON");
    let limits = kept["limits"].as_object_mut().expect("limits");
    limits.remove("network_requests").expect("a limit");
    limits.remove("network_bytes").expect("a limit");
    let policy: Policy = serde_json::from_value(kept).expect("still a policy");
    assert_eq!(policy.limits.network_requests, 0);
    assert_eq!(policy.limits.network_bytes, Bytes(0));
}

#[test]
fn each_limit_at_its_edges() {
    let edges = [
        ("fuel", "0", false),
        ("fuel", "1", true),
        ("fuel", "-1", false),
        ("fuel", "\"18446744073709551615\"", true),
        ("fuel", "\"18446744073709551616\"", false),
        ("memory", "\"65535 B\"", false),
        ("memory", "\"64 KiB\"", true),
        ("memory", "\"65537 B\"", false),
        ("memory", "\"4 GiB\"", true),
        ("memory", "\"4194368 KiB\"", false),
        ("tables", "0", true),
        ("tables", "-1", false),
        ("tables", "1000", true),
        ("tables", "1001", false),
        ("table_elements", "10_000_000", true),
        ("table_elements", "10_000_001", false),
        ("instances", "0", false),
        ("instances", "1", true),
        ("instances", "1000", true),
        ("instances", "1001", false),
        ("wall_time", "\"999 us\"", false),
        ("wall_time", "\"1 ms\"", true),
        ("wall_time", "\"24 h\"", true),
        ("wall_time", "\"1441 min\"", false),
        ("stdout", "\"0 B\"", true),
        ("stdout", "\"1 GiB\"", true),
        ("stdout", "\"1048577 KiB\"", false),
        ("input", "\"1 GiB\"", true),
        ("input", "\"1048577 KiB\"", false),
        ("files", "1_000_000", true),
        ("files", "1_000_001", false),
        ("file_bytes", "\"1024 GiB\"", true),
        ("file_bytes", "\"1025 GiB\"", false),
        ("network_requests", "0", true),
        ("network_requests", "1_000_000", true),
        ("network_requests", "1_000_001", false),
        ("network_bytes", "\"0 B\"", true),
        ("network_bytes", "\"1024 GiB\"", true),
        ("network_bytes", "\"1025 GiB\"", false),
        ("module_size", "\"7 B\"", false),
        ("module_size", "\"8 B\"", true),
        ("module_size", "\"1 GiB\"", true),
        ("module_size", "\"1048577 KiB\"", false),
    ];
    for (key, value, good) in edges {
        let result = limit(key, value);
        assert_eq!(result.is_ok(), good, "{key} = {value}: {result:?}");
    }
}

#[test]
fn files_that_are_no_policies() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    let said = |path: &Path| Policy::load(path).expect_err("no policy").to_string();

    assert!(said(&folder.path().join("none.toml")).contains("cannot be read"));
    assert!(said(folder.path()).contains("cannot be read"));
    assert!(said(&file("latin.toml", b"# caf\xe9\n")).contains("not UTF-8 text (byte 5"));
    let limit = usize::try_from(policies::MAX_POLICY_BYTES).expect("small");
    assert!(Policy::load(&file("full.toml", &vec![b'\n'; limit])).is_ok());
    assert!(said(&file("over.toml", &vec![b'\n'; limit + 1])).contains("more than the 1048576"));
    // Nesting that would exhaust the stack of a careless reader.
    assert!(said(&file("deep.toml", "a=[".repeat(100_000).as_bytes())).contains("not TOML"));
}

fn units() -> impl Strategy<Value = Policy> {
    (
        1u64..,
        1u64..65_536,
        0u32..1000,
        1u64..86_400_000,
        0u64..1 << 30,
        0u64..i64::MAX as u64,
    )
        .prop_map(|(fuel, pages, tables, millis, bytes, seed)| {
            let mut policy = Policy::preset("workspace").expect("a preset");
            policy.limits.fuel = Fuel(fuel);
            policy.limits.memory = Bytes(pages * Limits::PAGE.0);
            policy.limits.tables = tables;
            policy.limits.wall_time = WallTime::millis(millis);
            policy.limits.output = Bytes(bytes);
            policy.limits.stdout = Bytes(bytes / 2);
            policy.limits.network_requests = tables;
            policy.limits.network_bytes = Bytes(bytes);
            policy.capabilities.random = Random::Seeded(seed);
            policy
        })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(policy in units()) {
        let text = policy.to_toml();
        match Policy::parse(&text, "written.toml") {
            Ok(read) => prop_assert_eq!(read, policy),
            Err(error) => prop_assert!(false, "{error}\n{text}"),
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = Policy::parse(&text, "any.toml");
        let _ = Policy::parse(&format!("[limits]\nmemory = {text}"), "any.toml");
        let _ = Policy::parse(&format!("[capabilities]\n{text}"), "any.toml");
    }
}

#[test]
fn what_is_written_out_is_read_again_whichever_of_two_limits_was_named() {
    for text in [
        "[limits]\nstdout = \"2560 KiB\"\n",
        "[limits]\noutput = \"2 B\"\n",
        "[limits]\noutput = \"2 B\"\nstdout = \"2 B\"\n",
    ] {
        let policy = Policy::parse(text, "policy.toml").expect("a policy");
        assert!(policy.limits.stdout <= policy.limits.output, "{text}");
        let again = Policy::parse(&policy.to_toml(), "policy.toml");
        assert_eq!(again, Ok(policy), "{text}");
    }
}
