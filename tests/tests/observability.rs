//! Rules, routes, dashboards and runbooks ask for what there is: `deploy/observability` held
//! against the table of metrics.

use host_api::METRICS;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn observability(name: &str) -> String {
    let path = root().join("deploy/observability").join(name);
    let text = fs::read_to_string(&path);
    let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // What a comment says is for people.
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Every sample that can be asked for, with its labels.
fn samples() -> BTreeMap<String, BTreeSet<&'static str>> {
    // Prometheus adds these two.
    let always = ["job", "instance"];
    let mut samples = BTreeMap::new();
    for metric in METRICS {
        for suffix in metric.kind.suffixes() {
            let mut labels: BTreeSet<_> = metric.labels.iter().copied().chain(always).collect();
            if *suffix == "_bucket" {
                labels.insert("le");
            }
            samples.insert(format!("{}{suffix}", metric.name), labels);
        }
    }
    samples
}

/// The names that a text asks for, each with the labels that it is narrowed by.
fn asked(text: &str) -> Vec<(String, Vec<String>)> {
    let begins = |rest: &str| {
        ["wasm_runner_", "wasm_runner:", "grpc_server_", "process_"]
            .iter()
            .any(|prefix| rest.starts_with(prefix))
    };
    let inside = |character: char| character.is_ascii_alphanumeric() || "_:".contains(character);
    let mut found = Vec::new();
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        if !inside(before) && begins(&text[at..]) {
            let rest = &text[at..];
            let end = rest.find(|it| !inside(it)).unwrap_or(rest.len());
            let name = rest[..end].trim_end_matches(':').to_owned();
            let mut labels = Vec::new();
            if let Some(matchers) = rest[end..].strip_prefix('{')
                && let Some((matchers, _)) = matchers.split_once('}')
            {
                for matcher in matchers.split(',') {
                    let end = matcher.find(['=', '!']).expect("a matcher");
                    labels.push(matcher[..end].trim().to_owned());
                }
            }
            found.push((name, labels));
        }
        before = character;
    }
    found
}

/// What the recording rules make.
fn recorded() -> BTreeSet<String> {
    let text = observability("prometheus/recording.yml");
    let names = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- record: "));
    names.map(str::to_owned).collect()
}

fn check(file: &str, text: &str) -> usize {
    let (samples, recorded) = (samples(), recorded());
    let asked = asked(text);
    for (name, labels) in &asked {
        if recorded.contains(name) {
            continue;
        }
        let known = samples.get(name);
        let known = known.unwrap_or_else(|| panic!("{file} asks for {name}, which is not there"));
        for label in labels {
            let has = known.contains(label.as_str());
            assert!(has, "{file} asks for {name} by {label}, which it has not");
        }
    }
    asked.len()
}

#[test]
fn rules_ask_for_what_there_is() {
    for file in ["prometheus/recording.yml", "prometheus/alerts.yml"] {
        assert!(check(file, &observability(file)) > 10, "{file}");
    }
    // The check itself is not blind.
    let wrong = [
        "rate(wasm_runner_nothing_total[5m])",
        "wasm_runner_calls_total{colour=\"red\"}",
        "wasm_runner_call_seconds > 1",
        "wasm_runner:nothing > 1",
    ];
    for text in wrong {
        assert!(
            std::panic::catch_unwind(|| check("wrong", text)).is_err(),
            "{text}"
        );
    }
}

#[test]
fn dashboards_ask_for_what_there_is_and_show_each_metric() {
    let mut shown = String::new();
    for name in ["overview", "execution", "validation", "review", "tool"] {
        let file = format!("grafana/{name}.json");
        let board: Value = serde_json::from_str(&observability(&file)).expect("JSON");
        for panel in board["panels"].as_array().expect("panels") {
            for target in panel["targets"].as_array().expect("targets") {
                let query = target["expr"].as_str().expect("a query");
                assert!(check(&file, query) > 0, "{file}: {query}");
                shown.push_str(query);
                shown.push('\n');
            }
        }
    }
    shown.push_str(&observability("prometheus/recording.yml"));
    shown.push_str(&observability("prometheus/alerts.yml"));
    let names: BTreeSet<_> = asked(&shown).into_iter().map(|(name, _)| name).collect();
    let unseen: Vec<_> = METRICS
        .iter()
        .filter(|metric| {
            let mut suffixes = metric.kind.suffixes().iter();
            !suffixes.any(|suffix| names.contains(&format!("{}{suffix}", metric.name)))
        })
        .map(|metric| metric.name)
        .collect();
    // Of use beside others, on no board of its own.
    let spared = [
        "process_virtual_memory_bytes",
        "grpc_server_started_total",
        "wasm_runner_census_failures_total",
        "wasm_runner_spans_exported_total",
    ];
    assert_eq!(unseen, spared);
}

#[test]
fn each_alert_has_a_severity_a_test_and_a_runbook_and_each_runbook_an_alert() {
    let text = observability("prometheus/alerts.yml");
    let tests =
        observability("prometheus/tests.yml") + &observability("prometheus/tests_weeks.yml");
    let routes = observability("alertmanager/alertmanager.yml");
    let mut runbooks = BTreeSet::new();
    let alerts: Vec<_> = text.split("- alert: ").skip(1).collect();
    assert!(alerts.len() > 20);
    for alert in alerts {
        let name = alert.lines().next().expect("a name").trim();
        let field = |key: &str| {
            let line = alert.lines().find_map(|line| line.trim().strip_prefix(key));
            line.unwrap_or_else(|| panic!("{name} has no {key}"))
                .trim()
                .to_owned()
        };
        let severity = field("severity:");
        assert!(
            ["critical", "high", "medium", "low"].contains(&severity.as_str()),
            "{name}"
        );
        assert!(routes.contains(&severity), "{severity} has no route");
        let tested = tests.matches(&format!("{{alertname=\"{name}\",")).count();
        assert!(
            tested >= 2,
            "{name} is not tested below and above its threshold"
        );
        let runbook = field("runbook:");
        let words = fs::read_to_string(root().join(&runbook));
        let words = words.unwrap_or_else(|error| panic!("{name}: {runbook}: {error}"));
        assert!(words.contains(name), "{runbook} does not speak of {name}");
        // Commands there look for whole families by how their names begin.
        for (prefix, _) in asked(&words) {
            let known = samples().keys().any(|name| name.starts_with(&prefix));
            assert!(known, "{runbook} looks for {prefix}, which is not there");
        }
        runbooks.insert(runbook);
    }
    for file in fs::read_dir(root().join("deploy/runbooks")).expect("a folder") {
        let name = file.expect("a file").file_name();
        let path = format!("deploy/runbooks/{}", name.to_string_lossy());
        assert!(runbooks.contains(&path), "no alert leads to {path}");
    }
}
