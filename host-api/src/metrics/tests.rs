use super::registry::Registering;
use super::*;
use runtime::{Execution, Outcome};
use std::collections::BTreeSet;

fn text(registry: &Registry) -> String {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, registry).unwrap();
    text
}

#[test]
fn names_follow_the_conventions() {
    let mut names = BTreeSet::new();
    for metric in METRICS {
        let name = metric.name;
        assert!(names.insert(name), "{name} is there twice");
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{name}"
        );
        // Panics where type or unit do not fit the name.
        assert!(!metric.family().is_empty(), "{name}");
        let counts = name.ends_with("_total");
        assert_eq!(counts, metric.kind == MetricKind::Counter, "{name}");
        let stem = name.strip_suffix("_total").unwrap_or(name);
        for (word, unit) in [
            ("_seconds", MetricUnit::Seconds),
            ("_bytes", MetricUnit::Bytes),
        ] {
            assert_eq!(stem.ends_with(word), metric.unit == Some(unit), "{name}");
        }
        assert!(!metric.help.ends_with('.'), "{name}: the encoder ends it");
        assert!(
            metric.help.len() > 10 && !metric.help.contains(['\n', '|']),
            "{name}"
        );
        for label in metric.labels {
            assert!(
                !["le", "job", "instance"].contains(label),
                "{name}: {label} is taken"
            );
        }
        if let MetricKind::Histogram(buckets) = metric.kind {
            assert!(buckets.is_sorted_by(|a, b| a < b), "{name}");
        }
    }
}

#[test]
fn everything_of_the_table_is_registered_once_with_its_type_and_meaning() {
    let (metrics, mut names) = Metrics::register(Registering::default());
    let mut table: Vec<_> = METRICS.iter().map(|metric| metric.name).collect();
    names.sort_unstable();
    table.sort_unstable();
    assert_eq!(names, table);
    // A family without a member is not told.
    metrics
        .calls
        .tool("echo")
        .begin()
        .end(&Execution::ended(Outcome::Success));
    let text = text(&metrics.registry);
    let mut told = 0;
    for metric in METRICS {
        // The unit belongs to the family's name, the ending of a counter does not.
        let family = match metric.kind {
            MetricKind::Counter => metric.name.strip_suffix("_total").unwrap(),
            MetricKind::Info => metric.name.strip_suffix("_info").unwrap(),
            _ => metric.name,
        };
        let kind = format!("# TYPE {family} {}\n", metric.kind.as_str());
        if text.contains(&kind) {
            let help = format!("# HELP {family} {}.\n", metric.help);
            assert_eq!(text.matches(&help).count(), 1, "{help}");
            told += 1;
        }
    }
    assert_eq!(text.matches("# TYPE ").count(), told);
    assert!(told > METRICS.len() / 2);
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn many_tools_with_hostile_names_make_no_more_series_than_the_cap() {
    let mut registering = Registering::default();
    let calls = CallMetrics::new(&mut registering);
    for number in 0..1000 {
        let name = format!("\"}} evil{number}\n# EOF\n\\{}", "x".repeat(10_000));
        calls
            .tool(&name)
            .begin()
            .end(&Execution::ended(Outcome::Success));
    }
    let text = text(&registering.done().0);
    let tools: BTreeSet<_> = text
        .lines()
        .filter(|line| line.starts_with("wasm_runner_calls_total{"))
        .map(|line| line.split('"').nth(1).unwrap())
        .collect();
    assert_eq!(tools.len(), calls::MOST_TOOLS + 1);
    assert!(tools.contains("other"));
    assert_eq!(text.matches("# EOF").count(), 1, "only the last line");
    let other = "wasm_runner_calls_total{tool=\"other\",outcome=\"success\"} 900\n";
    assert!(text.contains(other), "all that share a name are counted");
    let longest = text.lines().map(str::len).max().unwrap();
    assert!(longest < 300, "{longest}");
}

#[test]
fn the_same_tool_gets_the_same_figures_without_a_new_series() {
    let mut registering = Registering::default();
    let calls = CallMetrics::new(&mut registering);
    assert!(std::sync::Arc::ptr_eq(
        &calls.tool("echo"),
        &calls.tool("echo")
    ));
}

#[test]
fn a_call_that_is_dropped_is_cancelled_and_one_that_failed_has_no_outcome() {
    let mut registering = Registering::default();
    let calls = CallMetrics::new(&mut registering);
    let tool = calls.tool("echo");
    drop(tool.begin());
    tool.begin().failed();
    let mut execution = Execution::ended(Outcome::FuelExhausted {
        limit: policies::Fuel(20_000),
    });
    execution.usage.fuel = 20_000;
    execution.usage.peak_memory = 65_536;
    tool.begin().end(&execution);
    let text = text(&registering.done().0);
    for (outcome, count) in [("cancelled", 1), ("fuel_exhausted", 1), ("success", 0)] {
        let line =
            format!("wasm_runner_calls_total{{tool=\"echo\",outcome=\"{outcome}\"}} {count}\n");
        assert!(text.contains(&line), "{line}{text}");
    }
    // One that was refused before it ran is in no histogram.
    assert!(text.contains("wasm_runner_call_fuel_count{tool=\"echo\"} 1\n"));
    assert!(text.contains("wasm_runner_call_fuel_bucket{le=\"10000.0\",tool=\"echo\"} 0\n"));
    assert!(text.contains("wasm_runner_call_fuel_bucket{le=\"100000.0\",tool=\"echo\"} 1\n"));
    // At most 64 KiB: the edge belongs to the bucket.
    assert!(
        text.contains("wasm_runner_call_memory_bytes_bucket{le=\"65536.0\",tool=\"echo\"} 1\n")
    );
}
