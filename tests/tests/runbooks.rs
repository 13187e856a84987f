//! Every command of the runbooks, run one by one at a real service.

mod common;

use common::Service;
use common::seeded::lay_out;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A command, and where it stands.
struct Step {
    runbook: String,
    command: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/runbooks")
}

/// The commands in fenced blocks, and those in the text that begin with the program's name.
fn steps() -> (Vec<Step>, Vec<Step>) {
    let (mut blocks, mut inline) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder()).expect("a folder") {
        let path = entry.expect("a file").path();
        let runbook = path.file_name().expect("a name").to_string_lossy();
        let text = fs::read_to_string(&path).expect("a text");
        for (number, part) in text.split("```").enumerate() {
            let step = |command: &str| Step {
                runbook: runbook.clone().into_owned(),
                command: command.to_owned(),
            };
            if let Some(commands) = part.strip_prefix("sh\n").filter(|_| number % 2 == 1) {
                blocks.extend(commands.lines().map(step));
            } else {
                let words = part.split('`').skip(1).step_by(2);
                let ours = words.filter(|words| {
                    words.starts_with("wasm-runner ") || words.starts_with("serve --")
                });
                inline.extend(ours.map(step));
            }
        }
    }
    (blocks, inline)
}

#[test]
fn every_command_of_the_runbooks_runs() {
    let root = tempfile::tempdir().expect("a folder");
    let (data, backups) = (root.path().join("data"), root.path().join("backups"));
    fs::create_dir(&backups).expect("made");
    let secret = root.path().join("secret");
    fs::write(&secret, "correct horse battery staple").expect("written");
    lay_out(&data, &[], []);
    let secret_file = secret.display().to_string();
    let options = [
        "--calls-only",
        "--remediation-listen",
        "127.0.0.1:0",
        "--remediation-secret",
        &secret_file,
    ];
    let log = File::create(root.path().join("log")).expect("a log");
    let (mut service, metrics) = Service::observed(&data, &options, log);
    let alerts = service.line();
    let alerts = alerts
        .strip_prefix("alerts to http://")
        .and_then(|at| at.strip_suffix("/alerts"))
        .unwrap_or_else(|| panic!("no address in {alerts:?}"));
    let host = service.url.trim_start_matches("http://").to_owned();
    let program = common::program();
    let path = format!(
        "{}:{}",
        program.parent().expect("a folder").display(),
        std::env::var("PATH").expect("a path")
    );
    let (blocks, _) = steps();
    assert!(blocks.len() > 20, "{}", blocks.len());
    for step in blocks {
        let output = Command::new("bash")
            .args(["-c", &step.command])
            .env("PATH", &path)
            .env("HOST", &host)
            .env("METRICS", &metrics)
            .env("ALERTS", alerts)
            .env("SECRET", &secret)
            .env("DATA", &data)
            .env("BACKUPS", &backups)
            .env("USER", "ada")
            .output()
            .expect("bash");
        let said = String::from_utf8_lossy(&output.stderr);
        let told = String::from_utf8_lossy(&output.stdout);
        let code = output.status.code();
        let place = format!("{}: {}\n{code:?} {told}{said}", step.runbook, step.command);
        // `doctor` says by its code what this machine lacks. Of what is filtered, nothing may be left.
        let may_be_one = step.command.contains("grep ") || step.command == "wasm-runner doctor";
        assert!(
            code == Some(0) || (may_be_one && code == Some(1)),
            "{place}"
        );
        assert!(
            step.command == "wasm-runner doctor" || said.is_empty() || said.starts_with('{'),
            "{place}"
        );
        // Who asks for metrics by name has to find some: the service has all of them.
        if let Some((_, pattern)) = step.command.split_once("/metrics | grep ")
            && !pattern.contains("grep -v")
            && !pattern.contains("wasm_runner_call")
            && !pattern.contains("generator")
        {
            assert!(!told.is_empty(), "{place}");
        }
    }
    service.stop();
}

#[test]
fn what_the_texts_name_of_the_program_is_there() {
    let root = tempfile::tempdir().expect("a folder");
    let (_, inline) = steps();
    assert!(inline.len() > 5, "{}", inline.len());
    for step in inline {
        let words = step.command.trim_start_matches("wasm-runner ");
        let words: Vec<_> = words
            .split_ascii_whitespace()
            // What stands for something of the reader's.
            .map(|word| match word {
                "N" => "1",
                "NAME@VERSION" => "a-tool@1.0.0",
                "NAME" => "a-tool",
                word => word,
            })
            .chain(["--help"])
            .collect();
        // An option that there is not, or a value that it does not take, is refused before the help.
        let output = common::run(root.path(), &words);
        assert!(
            output.status.success(),
            "{}: {}: {}",
            step.runbook,
            step.command,
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
