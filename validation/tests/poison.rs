//! Builds that want more than to be built: to run code of theirs, to reach what the linker
//! takes, to leave something for the next build. The last need a compiler that was taken over,
//! so one is put in cargo's place.

mod common;

use common::{installation, launcher};
use runtime::CancellationToken;
use serde_json::json;
use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;
use validation::{BuildOptions, Built, Installation, ProposedTool, ValidationError, build_with};

const LONG: Duration = Duration::from_mins(2);

async fn build(
    installation: &Installation,
    files: &[(&str, &str)],
) -> Result<Built, ValidationError> {
    let files: Vec<_> = files
        .iter()
        .map(|(path, content)| json!({"path": path, "content": content}))
        .collect();
    let proposal = json!({
        "name": "attack", "version": "1.0.0", "description": "d", "language": "rust",
        "files": files,
    });
    let proposal = ProposedTool::from_json(&proposal.to_string()).expect("a proposal");
    let cancel = CancellationToken::new();
    let launcher = launcher().await;
    let mut options = BuildOptions::default();
    options.time_limit = LONG;
    build_with(
        &options,
        installation,
        &launcher,
        &proposal,
        &|_| {},
        &cancel,
    )
    .await
}

fn shown(built: &Built) -> String {
    serde_json::to_string_pretty(&built.findings).expect("JSON")
}

const MANIFEST: &str = "[package]\nname = \"attack\"\nversion = \"1.0.0\"\nedition = \"2024\"\n";
const MAIN: (&str, &str) = ("src/main.rs", "fn main() { println!(\"{{}}\") }");

/// A package whose manifest goes on so, with another file.
async fn refused(rest: &str, file: Option<(&str, &str)>, rule: &str) {
    let manifest = format!("{MANIFEST}{rest}");
    let mut files = vec![("Cargo.toml", manifest.as_str()), MAIN];
    files.extend(file);
    let built = build(&installation(), &files)
        .await
        .expect("the machine does its part");
    assert_eq!(built.module, None, "{rest} {file:?}");
    assert!(
        built.findings.iter().any(|finding| finding.rule == rule),
        "{rest} {file:?}: {}",
        shown(&built)
    );
}

#[tokio::test]
async fn a_build_script_by_any_name_is_refused() {
    refused("", Some(("build.rs", "fn main() {}")), "build/build-script").await;
    refused(
        "build = \"make.rs\"\n",
        Some(("make.rs", "fn main() {}")),
        "build/build-script",
    )
    .await;
    refused("links = \"z\"\n", None, "build/native-link").await;
}

#[tokio::test]
async fn a_proc_macro_by_any_name_is_refused() {
    let lib = Some(("src/lib.rs", ""));
    refused("[lib]\nproc-macro = true\n", lib, "build/proc-macro").await;
    refused(
        "[lib]\ncrate-type = [\"proc-macro\"]\n",
        lib,
        "build/proc-macro",
    )
    .await;
    // By the attribute alone it stays a program like any other: cargo says what is made.
    let source = "#![crate_type = \"proc-macro\"] fn main() {}";
    let built = build(
        &installation(),
        &[("Cargo.toml", MANIFEST), ("src/main.rs", source)],
    )
    .await
    .expect("the machine does its part");
    let module = built.module.expect("a program");
    assert!(module.starts_with(b"\0asm"));
}

#[tokio::test]
async fn a_patch_and_another_workspace_are_refused() {
    refused(
        "[patch.crates-io]\nserde = { path = \"x\" }\n",
        Some((
            "x/Cargo.toml",
            "[package]\nname = \"serde\"\nversion = \"1.0.0\"\n",
        )),
        "build/path-dependency",
    )
    .await;
    refused("workspace = \"..\"\n", None, "build/path-dependency").await;
    refused(
        "[workspace]\nmembers = [\"x\"]\n",
        None,
        "build/path-dependency",
    )
    .await;
    refused("[lints]\nworkspace = true\n", None, "build/resolve-failed").await;
}

#[tokio::test]
async fn a_toolchain_of_its_own_is_refused() {
    for name in ["rust-toolchain.toml", "rust-toolchain"] {
        let text = "[toolchain]\npath = \"/tmp/evil\"\n";
        refused("", Some((name, text)), "build/toolchain-override").await;
    }
    refused(
        "[profile.release]\nrustflags = [\"-Clinker=/bin/sh\"]\n",
        None,
        "build/toolchain-override",
    )
    .await;
}

#[test]
fn a_configuration_of_cargos_among_the_sources_is_refused() {
    for path in [
        ".cargo/config.toml",
        ".cargo/config",
        "src/.cargo/config.toml",
    ] {
        let proposal = json!({
            "name": "attack", "version": "1.0.0", "description": "d", "language": "rust",
            "files": [
                {"path": "Cargo.toml", "content": MANIFEST},
                {"path": "src/main.rs", "content": "fn main() {}"},
                {"path": path, "content": "[build]\nrustflags = [\"-Clinker=/bin/sh\"]\nrustc-wrapper = \"/bin/sh\"\n"},
            ],
        });
        let text = proposal.to_string();
        let said = match ProposedTool::from_json(&text) {
            Err(error) => error.to_string(),
            Ok(proposal) => format!("{:?}", proposal.check()),
        };
        assert!(said.contains(".cargo"), "{path}: {said}");
    }
}

#[tokio::test]
async fn lints_can_only_forbid_and_allow() {
    // No lint runs code or reads files; an unknown tool's are a warning at most.
    let rest = "[lints.rust]\nunsafe_code = \"forbid\"\n[lints.clippy]\nall = \"deny\"\n";
    let manifest = format!("{MANIFEST}{rest}");
    let built = build(&installation(), &[("Cargo.toml", &manifest), MAIN])
        .await
        .expect("the machine does its part");
    assert!(built.module.is_some(), "{}", shown(&built));
    refused(
        "[lints.rust]\nunused = \"sh -c id\"\n",
        None,
        "build/resolve-failed",
    )
    .await;
}

#[tokio::test]
async fn arguments_for_the_linker_in_the_sources_are_refused() {
    for source in [
        "#![feature(link_args)] #![link_args = \"--import-memory\"] fn main() {}",
        "#![feature(link_arg_attribute)] #[link(kind = \"link-arg\", name = \"--allow-undefined\")] unsafe extern \"C\" {} fn main() {}",
        "#[link(name = \"z\", kind = \"static\")] unsafe extern \"C\" { fn deflate() -> i32; } fn main() { unsafe { deflate(); } }",
        "#[link(name = \"/etc/passwd\", kind = \"static\", modifiers = \"+verbatim\")] unsafe extern \"C\" { fn x() -> i32; } fn main() { unsafe { x(); } }",
        "#[link(name = \"c\", kind = \"raw-dylib\")] unsafe extern \"C\" { fn x() -> i32; } fn main() { unsafe { x(); } }",
        // The assembler reads files too.
        "core::arch::global_asm!(\".incbin \\\"/etc/passwd\\\"\"); fn main() {}",
        "#![feature(asm_experimental_arch)] core::arch::global_asm!(\".include \\\"/etc/passwd\\\"\"); fn main() {}",
    ] {
        let built = build(
            &installation(),
            &[("Cargo.toml", MANIFEST), ("src/main.rs", source)],
        )
        .await
        .expect("the machine does its part");
        assert_eq!(built.module, None, "{source}");
        assert!(!built.findings.is_empty(), "{source}");
        let told = shown(&built);
        assert!(!told.contains("root:x:0"), "{source}: {told}");
    }
}

/// An installation whose cargo is this script.
fn with_cargo(script: &str, folder: &Path) -> Installation {
    let program = folder.join("cargo");
    std::fs::write(&program, script).expect("written");
    for path in [folder, &program] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("changed");
    }
    let mut changed = installation();
    changed.toolchain.cargo = program.canonicalize().expect("a path");
    changed
}

#[tokio::test]
async fn a_build_that_fills_its_disk_is_a_finding() {
    // Compilers remove what did not fit, and so does this.
    for (bytes, fits) in [(300 << 20, true), ((512 << 20) + 1, false)] {
        let folder = tempfile::tempdir().expect("a folder");
        let script = format!(
            "#!/bin/sh\ncd \"$CARGO_TARGET_DIR\"; head -c {bytes} /dev/zero > large; rm -f large; exit 1\n"
        );
        let changed = with_cargo(&script, folder.path());
        let built = build(&changed, &[("Cargo.toml", MANIFEST), MAIN])
            .await
            .expect("the machine does its part");
        assert_eq!(built.module, None);
        let told = shown(&built);
        assert_eq!(told.contains("no more room on its disk"), !fits, "{told}");
        assert_eq!(told.contains("build/process-ended"), !fits, "{told}");
    }
}

/// Name, size and time of every file below a folder.
fn listing(folder: &Path) -> BTreeMap<String, (u64, i64, u32)> {
    let mut all = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).expect("read").flatten() {
            let about = entry.metadata().expect("there");
            let about_it = (
                about.len(),
                about.mtime_nsec() ^ about.mtime(),
                about.mode(),
            );
            all.insert(entry.path().display().to_string(), about_it);
            if about.is_dir() {
                waiting.push(entry.path());
            }
        }
    }
    all
}

/// Tries to change all that it is shown, and says what it could on standard error.
const TAKEN_OVER: &str = r#"#!/bin/sh
for place in VENDOR WARM TOOLCHAIN HOME_OF_ALL /usr/lib /usr/bin /lib /tmp /var/tmp /dev/shm /dev/mqueue /run /; do
    touch "$place/poison" 2>/dev/null && echo "made a file in $place" >&2
    for file in "$place"/*; do
        [ -f "$file" ] || continue
        chmod u+w "$file" 2>/dev/null && echo "chmod $file" >&2
        (echo poison >> "$file") 2>/dev/null && echo "wrote $file" >&2
        mv "$file" "$file.old" 2>/dev/null && echo "moved $file" >&2
        break
    done
done
# What is its own it may spoil as it likes.
echo '[build]
rustflags = ["-Clinker=/bin/sh"]
rustc-wrapper = "/tmp/evil"' > "$CARGO_HOME/config.toml" && echo "own home" >&2
find "$CARGO_TARGET_DIR" -name '*.rlib' -exec sh -c 'echo poison > "$1"' _ {} \; && echo "own target" >&2
mkdir -p "$CARGO_TARGET_DIR/wasm32-wasip1/release/incremental/x" && echo "own incremental state" >&2
echo poison > "$TMPDIR/left" && echo "own TMPDIR" >&2
ln -s /etc "$CARGO_TARGET_DIR/etc"
exit 1
"#;

#[tokio::test]
async fn a_compiler_that_was_taken_over_leaves_nothing_for_the_next_build() {
    let real = installation();
    let files = [
        (
            "Cargo.toml",
            "[package]\nname = \"attack\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[dependencies]\nserde_json = \"1\"\n",
        ),
        (
            "src/main.rs",
            "fn main() { println!(\"{}\", serde_json::json!({\"a\": 1})) }",
        ),
    ];
    let before = build(&real, &files)
        .await
        .expect("the machine does its part");
    let module = before.module.as_ref().expect("that builds");
    let (vendor, warm) = (real.home.join("vendor"), real.home.join("warm"));
    let seen = [listing(&vendor), listing(&warm)];

    let folder = tempfile::tempdir().expect("a folder");
    let script = TAKEN_OVER
        .replace("VENDOR", &vendor.display().to_string())
        .replace("WARM", &warm.display().to_string())
        .replace("TOOLCHAIN", &folder.path().display().to_string())
        .replace("HOME_OF_ALL", &real.home.display().to_string());
    let taken_over = with_cargo(&script, folder.path());
    let during = build(&taken_over, &files)
        .await
        .expect("the machine does its part");
    assert_eq!(during.module, None);
    let told = shown(&during);
    for own in [
        "own home",
        "own target",
        "own incremental state",
        "own TMPDIR",
    ] {
        assert!(told.contains(own), "it did run: {told}");
    }
    for done in ["made a file", "chmod", "wrote", "moved"] {
        assert!(!told.contains(done), "{told}");
    }

    assert_eq!(seen, [listing(&vendor), listing(&warm)]);
    for place in [
        Path::new("/tmp"),
        Path::new("/var/tmp"),
        Path::new("/dev/shm"),
        &real.home,
    ] {
        assert!(!place.join("poison").exists(), "{}", place.display());
    }
    let after = build(&real, &files)
        .await
        .expect("the machine does its part");
    assert!(
        after.module.as_ref() == Some(module),
        "the same sources give the same module"
    );
}
