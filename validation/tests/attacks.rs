//! Sources that attack the machine that builds them: each is built for real, gets its finding,
//! and takes nothing of the machine along.
//!
//! What a manifest or a file's name alone gives away is refused before anything is built; those
//! cases are beside that code, in `src/rust/package/tests.rs`.

mod common;

use common::{installation, launcher};
use runtime::CancellationToken;
use serde_json::json;
use std::time::Duration;
use validation::{BuildOptions, Built, ProposedTool, build_with};

/// Time enough for the longest of these on a busy machine.
const LONG: Duration = Duration::from_mins(2);

async fn built_within(limit: Duration, source: &str, tests: &str) -> Built {
    let proposal = json!({
        "name": "attack", "version": "1.0.0", "description": "d", "language": "rust",
        "source_code": source, "test_code": tests,
    });
    let proposal = ProposedTool::from_json(&proposal.to_string()).expect("a proposal");
    let (installation, launcher) = (installation(), launcher().await);
    let cancel = CancellationToken::new();
    let mut options = BuildOptions::default();
    options.time_limit = limit;
    build_with(
        &options,
        &installation,
        &launcher,
        &proposal,
        &|_| {},
        &cancel,
    )
    .await
    .expect("the machine does its part")
}

async fn built(source: &str) -> Built {
    built_within(LONG, source, "").await
}

fn shown(built: &Built) -> String {
    serde_json::to_string_pretty(&built.findings).expect("JSON")
}

fn has(built: &Built, rule: &str) -> bool {
    built.findings.iter().any(|finding| finding.rule == rule)
}

/// What this machine has in files that a build must not see.
fn secrets() -> Vec<String> {
    let mut secrets = Vec::new();
    for file in [
        "/etc/passwd",
        "/etc/hostname",
        "/proc/cmdline",
        "/proc/self/mountinfo",
        "/proc/version",
    ] {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let lines = text.lines().map(str::trim).filter(|line| line.len() > 3);
        secrets.extend(lines.map(str::to_owned));
    }
    secrets
}

fn keeps_secrets(built: &Built, what: &str) {
    let told = shown(built);
    for secret in secrets() {
        let as_text = serde_json::to_string(&secret).expect("JSON");
        assert!(
            !told.contains(as_text.trim_matches('"')),
            "{what} told {secret}:\n{told}"
        );
        let bytes = secret.as_bytes();
        for module in built
            .module
            .iter()
            .chain(built.tests.iter().map(|it| &it.module))
        {
            assert!(
                !module.windows(bytes.len()).any(|window| window == bytes),
                "{what} took {secret} along"
            );
        }
    }
}

#[tokio::test]
async fn files_of_the_machine_are_not_compiled_in() {
    for source in [
        r#"const X: &str = include_str!("/etc/passwd"); fn main() { println!("{X}") }"#,
        r#"const X: &[u8] = include_bytes!("../../../../../../etc/hostname"); fn main() { println!("{X:?}") }"#,
        r#"const X: &str = include_str!(concat!("/pro", "c/cmd", "line")); fn main() { println!("{X}") }"#,
        r#"const X: &str = include_str!("/proc/self/mountinfo"); fn main() { println!("{X}") }"#,
        r#"include!("/etc/passwd"); fn main() {}"#,
        r#"#[path = "/etc/passwd"] mod x; fn main() {}"#,
        r#"#[path = "../../../../../../etc/passwd"] mod x; fn main() {}"#,
        // The compiler itself is to say it.
        r#"compile_error!(include_str!("/etc/passwd")); fn main() {}"#,
        r#"const _: () = panic!("{}", include_str!("/etc/passwd")); fn main() {}"#,
        r#"fn main() { println!(include_str!("/etc/passwd")) }"#,
        r#"#[deprecated = include_str!("/etc/passwd")] fn f() {} fn main() { f() }"#,
        r#"#![doc = include_str!("/etc/passwd")] fn main() {}"#,
    ] {
        let built = built(source).await;
        assert_eq!(built.module, None, "{source}");
        assert!(
            has(&built, "build/reads-host-file"),
            "{source}\n{}",
            shown(&built)
        );
        keeps_secrets(&built, source);
    }
}

#[tokio::test]
async fn neither_do_its_tests_see_them() {
    let built = built_within(
        LONG,
        "fn main() {}",
        r#"#[test] fn t() { assert_eq!(include_str!("/etc/passwd"), "") }"#,
    )
    .await;
    assert!(has(&built, "build/reads-host-file"), "{}", shown(&built));
    assert!(built.tests.is_empty());
    keeps_secrets(&built, "a test");
}

#[tokio::test]
async fn what_the_machine_has_for_every_build_is_no_part_of_a_tool_either() {
    let built = built(
        r#"const X: &[u8] = include_bytes!("/usr/bin/env"); fn main() { println!("{X:?}") }"#,
    )
    .await;
    assert_eq!(built.module, None);
    assert!(has(&built, "build/reads-host-file"), "{}", shown(&built));
}

#[tokio::test]
async fn the_environment_tells_nothing() {
    // cargo sets these for the test that is running.
    assert!(
        std::env::var_os("CARGO_BIN_EXE_wasm-runner-judge").is_some()
            || std::env::var_os("PATH").is_some()
    );
    for name in [
        "LOGNAME",
        "SSH_AUTH_SOCK",
        "PWD",
        "HOSTNAME",
        "RUST_BACKTRACE",
        "WASM_RUNNER_HOME",
    ] {
        let source = format!(r#"fn main() {{ println!("{{}}", env!("{name}")) }}"#);
        let built = built(&source).await;
        assert_eq!(built.module, None, "{name}");
        assert!(has(&built, "build/compile-error"), "{}", shown(&built));
    }
    let home = std::env::var("HOME").expect("a home");
    let source = r#"fn main() { println!("{:?} {:?} {:?}", option_env!("HOME"), option_env!("PATH"), option_env!("USER")) }"#;
    let built = built(source).await;
    let module = built.module.expect("that builds");
    let needle = format!("{home}\0");
    assert!(
        !module
            .windows(needle.len())
            .any(|window| window == needle.as_bytes())
    );
}

#[tokio::test]
async fn a_tool_does_not_carry_where_it_was_built() {
    let built = built("fn main() { let v: Vec<u8> = std::env::args().map(|a| a.len() as u8).collect(); println!(\"{}\", v[7]) }").await;
    let module = built.module.expect("that builds");
    for place in [
        installation().home.display().to_string(),
        "wasm-runner-work".to_owned(),
    ] {
        assert!(
            !module
                .windows(place.len())
                .any(|window| window == place.as_bytes()),
            "{place} is in the module"
        );
    }
}

#[tokio::test]
async fn what_never_ends_or_grows_without_end_ends() {
    for (source, what) in [
        (
            "macro_rules! m { ($($x:tt)*) => { m!($($x)* 1) } } m!(); fn main() {}",
            "recursion limit",
        ),
        (
            "const X: u64 = { let mut n = 0u64; loop { n = n.wrapping_add(1); if n == 0 { break n } } }; fn main() { println!(\"{X}\") }",
            "taking a long time",
        ),
        (
            "fn f<T>(n: u32) { if n > 0 { f::<(T, T)>(n - 1) } } fn main() { f::<u8>(9) }",
            "recursion",
        ),
    ] {
        let built = built(source).await;
        assert_eq!(built.module, None, "{source}");
        assert!(shown(&built).contains(what), "{source}\n{}", shown(&built));
    }
}

#[tokio::test]
async fn what_takes_more_memory_than_there_is_for_a_build_is_a_finding() {
    for source in [
        "static X: [u64; 1 << 29] = [1; 1 << 29]; fn main() { println!(\"{}\", X[std::env::args().count()]) }",
        "const N: usize = 3 << 29; const fn f() -> [u8; N] { let mut x = [1; N]; let mut i = 0; while i < 4096 { x[i * 4096] = 2; i += 1 } x } static X: [u8; N] = f(); fn main() { println!(\"{}\", X[std::env::args().count()]) }",
    ] {
        let built = built_within(Duration::from_mins(1), source, "").await;
        assert_eq!(built.module, None, "{source}");
        assert!(!built.findings.is_empty(), "{source}");
    }
}

#[tokio::test]
async fn a_build_that_takes_too_long_is_ended() {
    // Each level doubles the type's name.
    let source = "fn main() { let x = 1u8; let f = move |_: ()| x; LEVELS println!(\"{}\", std::mem::size_of_val(&f)) }"
        .replace("LEVELS", &"let f = { let g = f; move |_: ()| (g, g) };".repeat(60));
    let built = built_within(Duration::from_secs(4), &source, "").await;
    assert_eq!(built.module, None);
    assert!(!built.findings.is_empty(), "{}", shown(&built));
}
