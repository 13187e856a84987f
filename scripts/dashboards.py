#!/usr/bin/env python3
"""Writes the Grafana dashboards of deploy/observability/grafana.

One panel is one line here; what Grafana needs around it is the same for all. With --check nothing
is written, and what differs is named. Python's standard library is enough.
"""

import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).parent.parent / "deploy/observability/grafana"

# title, unit, (query, legend)...
DASHBOARDS = {
    "overview": ("Overview", [], [
        ("Requests a second, by code", "reqps",
         ('sum by (grpc_code) (rate(grpc_server_handled_total{job="$job"}[$__rate_interval])) > 0', "{{grpc_code}}")),
        ("Errors of the service", "percentunit",
         ('wasm_runner:grpc_errors:ratio_rate5m{job="$job"}', "5 minutes"),
         ('wasm_runner:grpc_errors:ratio_rate1h{job="$job"}', "1 hour")),
        ("Calls by outcome", "reqps",
         ('sum by (outcome) (rate(wasm_runner_calls_total{job="$job"}[$__rate_interval])) > 0', "{{outcome}}")),
        ("Tool versions", "short", ('sum by (state) (wasm_runner_tool_versions{job="$job"})', "{{state}}")),
        ("Processors used", "short",
         ('rate(process_cpu_seconds_total{job="$job"}[$__rate_interval])', "service {{instance}}"),
         ('rate(wasm_runner_child_processes_cpu_seconds_total{job="$job"}[$__rate_interval])', "validations {{instance}}")),
        ("Memory", "bytes", ('process_resident_memory_bytes{job="$job"}', "{{instance}}"),
         ('wasm_runner_pool_idle_resident_bytes{job="$job"}', "kept for runs {{instance}}")),
        ("Threads, files, processes", "short", ('process_threads{job="$job"}', "threads {{instance}}"),
         ('process_open_fds{job="$job"}', "files {{instance}}"),
         ('wasm_runner_child_processes{job="$job"}', "confined processes {{instance}}")),
        ("Disk", "bytes", ('wasm_runner_data_filesystem_available_bytes{job="$job"}', "left {{instance}}"),
         ('wasm_runner_data_used_bytes{job="$job"}', "{{part}} {{instance}}")),
        ("Memory of the control group", "bytes", ('wasm_runner_memory_used_bytes{job="$job"}', "{{instance}}"),
         ('wasm_runner_memory_limit_bytes{job="$job"} < Inf', "limit {{instance}}")),
        ("Age of the last backup", "s",
         ('time() - (wasm_runner_last_backup_timestamp_seconds{job="$job"} > 0)', "{{instance}}")),
        ("What runs where", "short", ('wasm_runner_build_info{job="$job"}', "{{version}} ({{profile}}) {{instance}}"),
         ('time() - process_start_time_seconds{job="$job"}', "seconds since the start {{instance}}")),
        ("Log lines a second", "short",
         ('sum by (level) (rate(wasm_runner_log_lines_total{job="$job"}[$__rate_interval]))', "{{level}}")),
    ]),
    "execution": ("Execution", [], [
        ("Time of ExecuteTool", "s",
         *[(f'histogram_quantile({q}, sum by (le) (rate(grpc_server_handling_seconds_bucket{{job="$job",grpc_method="ExecuteTool"}}[$__rate_interval])))', f"{q}") for q in (0.5, 0.9, 0.99)]),
        ("Time of guests", "s",
         *[(f'histogram_quantile({q}, sum by (le) (rate(wasm_runner_call_seconds_bucket{{job="$job"}}[$__rate_interval])))', f"{q}") for q in (0.5, 0.9, 0.99)]),
        ("Calls by tool", "reqps", ('topk(10, wasm_runner:calls:rate5m{job="$job"})', "{{tool}}")),
        ("Faults by tool", "percentunit", ('topk(10, wasm_runner:tool_faults:ratio_rate30m{job="$job"})', "{{tool}}")),
        ("Fuel a second, by tool", "short",
         ('topk(10, sum by (tool) (rate(wasm_runner_call_fuel_sum{job="$job"}[$__rate_interval])))', "{{tool}}")),
        ("Processors used, by tool", "short",
         ('topk(10, sum by (tool) (rate(wasm_runner_call_cpu_seconds_total{job="$job"}[$__rate_interval])))', "{{tool}}")),
        ("Calls that run and wait", "short", ('wasm_runner_sandbox_slots_used{job="$job"}', "run {{instance}}"),
         ('wasm_runner_calls_waiting{job="$job"}', "wait {{instance}}"), ('wasm_runner_sandbox_slots{job="$job"}', "slots {{instance}}"),
         ('wasm_runner_calls_admitted{job="$job"}', "admitted {{instance}}"), ('wasm_runner_calls_admitted_limit{job="$job"}', "limit {{instance}}")),
        ("Refused a second", "reqps", ('sum by (reason) (rate(wasm_runner_calls_refused_total{job="$job"}[$__rate_interval]))', "{{reason}}")),
        ("Open circuits, and what was done about alerts in an hour", "short",
         ('wasm_runner_circuits_open{job="$job"}', "open {{instance}}"),
         ('sum by (action) (increase(wasm_runner_remediations_total{job="$job"}[1h]))', "{{action}}")),
        ("Pools", "short", ('wasm_runner_pool_used{job="$job"}', "{{resource}} {{instance}}"),
         ('wasm_runner_pool_warm_memories{job="$job"}', "warm memories {{instance}}")),
        ("Where tools come from", "reqps", ('sum by (source) (rate(wasm_runner_tool_lookups_total{job="$job"}[$__rate_interval]))', "{{source}}")),
        ("Tools in memory", "short", ('wasm_runner_tools_loaded{job="$job"}', "{{instance}}")),
        ("Their modules", "bytes", ('wasm_runner_tools_loaded_module_bytes{job="$job"}', "{{instance}}")),
        ("Denied attempts a second", "short", ('topk(10, sum by (tool) (rate(wasm_runner_call_denied_attempts_total{job="$job"}[$__rate_interval])))', "{{tool}}")),
    ]),
    "validation": ("Validation", [], [
        ("Proposals an hour", "short", ('sum by (answer) (increase(wasm_runner_proposals_total{job="$job"}[1h]))', "{{answer}}")),
        ("Verdicts an hour", "short", ('sum by (verdict) (increase(wasm_runner_validations_total{job="$job"}[1h]))', "{{verdict}}")),
        ("Queue", "short", ('wasm_runner_validation_queue_length{job="$job"}', "wait {{instance}}"),
         ('wasm_runner_validations_in_progress{job="$job"}', "go on {{instance}}"),
         ('wasm_runner_validation_workers{job="$job"}', "can go on {{instance}}"),
         ('wasm_runner_validation_queue_limit{job="$job"}', "limit {{instance}}"),
         ('wasm_runner_validations_paused{job="$job"}', "paused {{instance}}")),
        ("Time of a validation", "s",
         *[(f'histogram_quantile({q}, sum by (le) (rate(wasm_runner_validation_seconds_bucket{{job="$job"}}[1h])))', f"{q}") for q in (0.5, 0.9)]),
        ("Time of stages (90th percentile)", "s",
         ('histogram_quantile(0.9, sum by (le, stage) (rate(wasm_runner_validation_stage_seconds_bucket{job="$job"}[1h])))', "{{stage}}")),
        ("Stages that failed, a day", "short",
         ('sum by (stage) (increase(wasm_runner_validation_stage_seconds_count{job="$job",status="failed"}[1d]))', "{{stage}}")),
        ("Pass rate by generator", "percentunit", ('wasm_runner:generator_pass:ratio1d{job="$job"}', "{{generator}}")),
        ("Sources that compile, by generator", "percentunit",
         ('sum by (generator) (increase(wasm_runner_generator_builds_total{job="$job",result="succeeded"}[1d])) / (sum by (generator) (increase(wasm_runner_generator_builds_total{job="$job"}[1d])) > 0)', "{{generator}}")),
        ("Interruptions", "short", ('increase(wasm_runner_validation_interruptions_total{job="$job"}[1h])', "{{instance}}")),
        ("Longest under validation", "s", ('time() - wasm_runner_tool_versions_oldest_timestamp_seconds{job="$job",state="validating"}', "{{instance}}")),
    ]),
    "review": ("Review", [], [
        ("Waiting", "short", ('wasm_runner:review_queue:length{job="$job"}', "reviews")),
        ("Age of the oldest", "s", ('wasm_runner:review_queue:age_seconds{job="$job"}', "waits for")),
        ("Decisions a day", "short", ('sum by (decision) (increase(wasm_runner_decisions_total{job="$job"}[1d]))', "{{decision}}")),
        ("Left to people", "percentunit",
         ('sum(increase(wasm_runner_validations_total{job="$job",verdict="human_review_required"}[1d])) / (sum(increase(wasm_runner_validations_total{job="$job"}[1d])) > 0)', "of validations")),
    ]),
    "tool": ("One tool", [("tool", 'label_values(wasm_runner_calls_total{job="$job"}, tool)')], [
        ("Calls by outcome", "reqps", ('sum by (outcome) (rate(wasm_runner_calls_total{job="$job",tool="$tool"}[$__rate_interval])) > 0', "{{outcome}}")),
        ("Faults", "percentunit", ('wasm_runner:tool_faults:ratio_rate30m{job="$job",tool="$tool"}', "of its calls")),
        ("Time", "s",
         *[(f'histogram_quantile({q}, sum by (le) (rate(wasm_runner_call_seconds_bucket{{job="$job",tool="$tool"}}[$__rate_interval])))', f"{q}") for q in (0.5, 0.9, 0.99)]),
        ("Fuel of a call", "short",
         *[(f'histogram_quantile({q}, sum by (le) (rate(wasm_runner_call_fuel_bucket{{job="$job",tool="$tool"}}[$__rate_interval])))', f"{q}") for q in (0.5, 0.99)]),
        ("Memory of a call", "bytes",
         *[(f'histogram_quantile({q}, sum by (le) (rate(wasm_runner_call_memory_bytes_bucket{{job="$job",tool="$tool"}}[$__rate_interval])))', f"{q}") for q in (0.5, 0.99)]),
        ("Processors used", "short", ('sum(rate(wasm_runner_call_cpu_seconds_total{job="$job",tool="$tool"}[$__rate_interval]))', "processors")),
        ("Denied attempts a second", "short", ('sum(rate(wasm_runner_call_denied_attempts_total{job="$job",tool="$tool"}[$__rate_interval]))', "denied")),
    ]),
}

SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def variable(name, query):
    return {"name": name, "type": "query", "datasource": SOURCE, "query": query, "refresh": 2, "sort": 1}


def dashboard(key, title, variables, panels):
    made = []
    for number, (name, unit, *queries) in enumerate(panels):
        made.append({
            "id": number + 1,
            "title": name,
            "type": "timeseries",
            "datasource": SOURCE,
            "gridPos": {"h": 8, "w": 12, "x": number % 2 * 12, "y": number // 2 * 8},
            "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
            "targets": [
                {"refId": chr(ord("A") + at), "datasource": SOURCE, "expr": query, "legendFormat": legend}
                for at, (query, legend) in enumerate(queries)
            ],
        })
    return {
        "uid": f"wasm-runner-{key}",
        "title": f"wasm-runner: {title}",
        "tags": ["wasm-runner"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [
            {"name": "datasource", "type": "datasource", "query": "prometheus"},
            variable("job", "label_values(wasm_runner_build_info, job)"),
            *[variable(name, query) for name, query in variables],
        ]},
        "panels": made,
    }


def main():
    check = sys.argv[1:] == ["--check"]
    different = []
    for key, (title, variables, panels) in DASHBOARDS.items():
        path = FOLDER / f"{key}.json"
        text = json.dumps(dashboard(key, title, variables, panels), indent=2) + "\n"
        if check:
            if not path.exists() or path.read_text() != text:
                different.append(path.name)
        else:
            path.write_text(text)
    if different:
        sys.exit(f"{', '.join(different)}: not what scripts/dashboards.py writes; run it")


main()
