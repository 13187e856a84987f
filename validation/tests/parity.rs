//! Both forms of a tool do the same: every good tool is built as a command and as a component,
//! and each of its examples is run by both.

mod common;

use common::{installation, launcher};
use policies::{DirectoryGrant, GuestPath, HostPath, Policy};
use runtime::{Call, CancellationToken, Execution, Sandbox, SandboxConfig, Tool};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use validation::{BuildOptions, CapabilityRequest, Form, Manifest, ProposedTool, build_with};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tools/good")
}

fn policy() -> Policy {
    Policy::preset("workspace").expect("a preset")
}

async fn built(proposal: &ProposedTool, form: Form) -> Vec<u8> {
    let (installation, launcher) = (installation(), launcher().await);
    let cancel = CancellationToken::new();
    let mut options = BuildOptions::default();
    options.form = Some(form);
    let built = build_with(
        &options,
        &installation,
        &launcher,
        proposal,
        &|_| {},
        &cancel,
    )
    .await
    .expect("the machine does its part");
    assert_eq!(built.form, form);
    built
        .module
        .unwrap_or_else(|| panic!("{}: {:?}", proposal.name, built.findings))
}

/// Runs a tool with an input, and with copies of the folders that it asks for.
async fn run(tool: &Tool, package: &Path, manifest: &Manifest, input: &Value) -> Execution {
    let mut policy = policy();
    policy.capabilities.directories = Vec::new();
    let copies = tempfile::tempdir().expect("a folder");
    for (number, request) in manifest.capabilities.iter().enumerate() {
        if let CapabilityRequest::Directory {
            guest,
            access,
            fixture: Some(fixture),
            ..
        } = request
        {
            let copy = copies.path().join(number.to_string());
            let status = Command::new("cp")
                .arg("-a")
                .args([&package.join(fixture), &copy])
                .status();
            assert!(status.expect("cp is there").success());
            policy.capabilities.directories.push(DirectoryGrant {
                guest: GuestPath::parse(guest).expect("a guest path"),
                host: HostPath::Path(copy),
                access: *access,
            });
        }
    }
    tool.run(Call::new(policy).with_input(input.to_string()))
        .await
}

fn json(execution: &Execution) -> Option<Value> {
    serde_json::from_slice(&execution.output).ok()
}

/// Both forms of the good tools whose names begin so.
async fn check(begins: impl Fn(&str) -> bool) {
    let sandbox = Sandbox::new(&SandboxConfig::default()).expect("a sandbox");
    let mut checked = 0;
    for entry in std::fs::read_dir(folder()).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        if !begins(&name) {
            continue;
        }
        let proposal = if path.is_dir() {
            ProposedTool::from_dir(&path).expect("a package")
        } else {
            let text = std::fs::read_to_string(&path).expect("text");
            ProposedTool::from_json(&text).expect("a proposal")
        };
        let command = built(&proposal, Form::Command).await;
        let component = built(&proposal, Form::Component).await;
        let load = |wasm: &[u8]| sandbox.load(wasm, &policy().limits).expect(&name);
        let (command, component) = (load(&command), load(&component));
        let told = |tool: Tool| async move {
            let call = Call::new(policy()).with_args(["manifest"]);
            tool.run(call).await
        };
        let (by_command, by_component) =
            (told(command.clone()).await, told(component.clone()).await);
        assert_eq!(json(&by_command), json(&by_component), "{name}");
        let manifest: Manifest = serde_json::from_slice(&by_command.output)
            .ok()
            .or_else(|| proposal.specification.clone())
            .expect("a manifest");
        assert!(!manifest.examples.is_empty(), "{name}");
        for example in &manifest.examples {
            let by_command = run(&command, &path, &manifest, &example.input).await;
            let by_component = run(&component, &path, &manifest, &example.input).await;
            let what = format!("{name}: {}", example.input);
            assert_eq!(by_command.outcome, by_component.outcome, "{what}");
            assert_eq!(json(&by_command), json(&by_component), "{what}");
            assert_eq!(by_command.stderr, by_component.stderr, "{what}");
            assert_eq!(by_command.denied, by_component.denied, "{what}");
        }
        checked += 1;
    }
    assert!(checked >= 4, "only {checked} tools were there");
}

// Two tests, because each build keeps one processor busy.
#[tokio::test]
async fn the_forms_of_the_first_tools_do_the_same() {
    check(|name| name < "k").await;
}

#[tokio::test]
async fn the_forms_of_the_other_tools_do_the_same() {
    check(|name| name >= "k").await;
}
