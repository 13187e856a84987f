//! The reference page, from the table.

use super::{METRICS, MetricKind};
use std::fmt::Write as _;

/// The page `docs/metrics.md`: every metric with its type, unit, labels and meaning.
pub fn metrics_page() -> String {
    let mut page = String::from(
        "# Metrics\n\n\
         <!-- Made from host-api/src/metrics/table.rs; a test in host-api/tests/metrics_page.rs says how. -->\n\n\
         `wasm-runner serve --metrics-listen 127.0.0.1:9464` answers at `/metrics` on that port, in \
         the text form of [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/). \
         Whoever reaches the port may read them; they hold names of tools and generators, counts \
         and times, and nothing of inputs, outputs or sources.\n\n\
         Labels that strangers choose are bounded: the first 100 tools and the first 50 generators \
         since the start keep their names, all others share the value `other`; characters that \
         would need escaping are written as `_`, and a value has 64 characters at most. What a \
         generator calls itself is vouched for by nobody.\n\n\
         The queue of reviews is `wasm_runner_tool_versions{state=\"review\"}`, its age \
         `time() - wasm_runner_tool_versions_oldest_timestamp_seconds{state=\"review\"}`. Requests \
         of gRPC have the names that metrics of gRPC usually have, those of the process likewise, \
         so that dashboards made for these fit.\n\n\
         | metric | type | unit | labels | meaning |\n|---|---|---|---|---|\n",
    );
    for metric in METRICS {
        let unit = metric.unit.map_or("", |unit| unit.as_str());
        let labels: Vec<_> = metric.labels.iter().map(|it| format!("`{it}`")).collect();
        let _ = writeln!(
            page,
            "| `{}` | {} | {unit} | {} | {} |",
            metric.name,
            metric.kind.as_str(),
            labels.join(", "),
            metric.help,
        );
    }
    page.push_str("\nHistograms have these buckets (at most so much):\n\n");
    for metric in METRICS {
        if let MetricKind::Histogram(buckets) = metric.kind {
            let buckets: Vec<_> = buckets.iter().map(f64::to_string).collect();
            let _ = writeln!(page, "- `{}`: {}", metric.name, buckets.join(", "));
        }
    }
    page
}
