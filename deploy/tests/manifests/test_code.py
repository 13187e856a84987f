"""What manifests, images and documents say of the program is what the program is."""

import importlib.util
import json
import re
import subprocess
import tomllib

import pytest
import yaml

from conftest import ROOT, WORKLOADS, arguments, source

SERVE = source("cli/src/commands/serve.rs")


def options_of(path, struct="Args"):
    """The long options of a clap struct, as clap names them."""
    body = re.search(rf"struct {struct} \{{(.*?)\n\}}", source(path), re.DOTALL).group(1)
    # An attribute, perhaps over several lines, then the field.
    fields = re.findall(r"#\[arg\(\s*(.*?)\)\]\s*(?:pub\(crate\) )?(\w+):", body, re.DOTALL)
    return {name.replace("_", "-") for attribute, name in fields if re.search(r"\blong\b", attribute)}


SERVE_OPTIONS = options_of("cli/src/commands/serve.rs") | options_of("cli/src/commands/serve/remediation.rs") | options_of("cli/src/confine.rs") | options_of("cli/src/args.rs", "Cli")
VALIDATE_OPTIONS = options_of("cli/src/commands/validate.rs") | options_of("cli/src/confine.rs") | options_of("cli/src/args.rs", "Cli")
BACKUP_OPTIONS = options_of("cli/src/commands/backup.rs", "BackupArgs") | options_of("cli/src/args.rs", "Cli")
PORT = int(re.search(r'default_value = "127\.0\.0\.1:(\d+)"', SERVE).group(1))
METRICS_PORT = int(re.search(r"serve --metrics-listen 127\.0\.0\.1:(\d+)", SERVE).group(1))
HEALTH = re.findall(r'^    "([a-zA-Z0-9_.]*)",$', source("host-api/src/server/serve.rs").partition("const HEALTH")[2].partition("];")[0], re.MULTILINE)
VERSION = tomllib.loads(source("Cargo.toml"))["workspace"]["package"]["version"]


def test_the_sources_are_read_as_they_are_meant():
    assert {"listen", "data-dir", "calls-only", "grace", "isolation", "log-format"} <= SERVE_OPTIONS
    assert PORT == 50051 and "wasm_runner.v1.ExecutionService" in HEALTH and "" in HEALTH


def ours(rendered):
    for workload in rendered.workloads():
        for container in workload.containers():
            if container["image"].startswith("wasm-runner-"):
                yield workload, container


def test_every_option_is_one_of_the_programs(rendered):
    for workload, container in ours(rendered):
        command, *_ = container["args"]
        known = {"serve": SERVE_OPTIONS, "validate": VALIDATE_OPTIONS, "backup": BACKUP_OPTIONS}[command]
        assert set(arguments(container)) <= known, f"{workload}: {set(arguments(container)) - known}"


def test_ports_are_the_programs(rendered):
    for workload, container in ours(rendered):
        if container["args"][0] != "serve":
            continue
        listen = arguments(container)["listen"]
        assert listen == f"0.0.0.0:{PORT}", str(workload)
        assert arguments(container)["metrics-listen"] == f"0.0.0.0:{METRICS_PORT}", str(workload)
        assert {port["name"]: port["containerPort"] for port in container["ports"]} == {"grpc": PORT, "metrics": METRICS_PORT}


def test_ports_have_one_name_everywhere(rendered):
    for workload in rendered.workloads():
        for container in workload.containers():
            for port in container.get("ports", []):
                assert port["name"] in ("grpc", "metrics"), str(workload)
    protocols = {"grpc": "kubernetes.io/h2c", "metrics": "http"}
    for service in rendered.of("Service"):
        for port in service["spec"]["ports"]:
            assert port["name"] == port["targetPort"] and port["appProtocol"] == protocols[port["name"]]
            if port["name"] == "metrics":
                assert port["port"] == METRICS_PORT


def test_probes_ask_for_names_that_the_health_service_has(rendered):
    for workload, container in ours(rendered):
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if probe in container:
                assert container[probe]["grpc"].get("service", "") in HEALTH, f"{workload}: {probe}"


def test_what_prometheus_is_told_to_read_is_there(rendered):
    for monitor in rendered.of("PodMonitor"):
        wanted = monitor["spec"]["selector"]["matchLabels"]
        (workload,) = [
            one for one in rendered.workloads()
            if one.namespace == monitor["metadata"]["namespace"] and wanted.items() <= one.labels.items()
        ]
        ports = {port["name"] for container in workload.containers() for port in container["ports"]}
        for endpoint in monitor["spec"]["podMetricsEndpoints"]:
            assert endpoint["port"] in ports and endpoint["path"] == "/metrics"


def test_what_service_monitors_read_is_there(rendered):
    for monitor in rendered.of("ServiceMonitor"):
        wanted = monitor["spec"]["selector"]["matchLabels"]
        (service,) = [
            one for one in rendered.of("Service")
            if one["metadata"]["namespace"] == monitor["metadata"]["namespace"]
            and wanted.items() <= one["metadata"].get("labels", {}).items()
        ]
        ports = {port["name"] for port in service["spec"]["ports"]}
        for endpoint in monitor["spec"]["endpoints"]:
            assert endpoint["port"] in ports and endpoint["path"] == "/metrics"


def test_metrics_are_read_once(rendered):
    """Two ways to the same pods would count every sample twice."""
    monitors = rendered.of("PodMonitor", "ServiceMonitor")
    assert len({(one["metadata"]["namespace"], one["metadata"]["name"]) for one in monitors}) == len(monitors)


def test_the_rules_of_the_operator_are_those_that_promtool_tries(rendered):
    for rule in rendered.of("PrometheusRule"):
        wanted = [
            group
            for name in ("recording.yml", "alerts.yml")
            for group in yaml.safe_load(source(f"deploy/observability/prometheus/{name}"))["groups"]
        ]
        assert rule["spec"]["groups"] == wanted


def test_the_file_of_rules_is_what_its_script_writes():
    done = subprocess.run([ROOT / "scripts/prometheus-rule.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_routes_name_services_that_there_are(rendered):
    for route in rendered.of("GRPCRoute"):
        for rule in route["spec"]["rules"]:
            for match in rule["matches"]:
                assert match["method"]["service"] in HEALTH
            for backend in rule["backendRefs"]:
                service = rendered.one("Service", backend["name"], route["metadata"]["namespace"])
                assert backend["port"] in [port["port"] for port in service["spec"]["ports"]]


def test_every_service_of_the_program_has_its_route(rendered):
    routed = {
        match["method"]["service"]
        for route in rendered.of("GRPCRoute")
        for rule in route["spec"]["rules"]
        for match in rule["matches"]
    }
    assert not routed or routed == {name for name in HEALTH if name}


def test_images_are_those_that_are_built_in_this_version(rendered):
    for _, container in ours(rendered):
        name, tag = container["image"].split(":")
        assert (ROOT / "deploy/images" / f"{name.removeprefix('wasm-runner-')}.Containerfile").exists()
        assert tag == VERSION


@pytest.mark.parametrize("path", sorted((ROOT / "deploy/images").glob("*.Containerfile")), ids=lambda path: path.stem)
def test_what_images_start_is_what_the_program_takes(path):
    text = path.read_text()
    command = json.loads(re.search(r"^CMD (\[.*\])$", text, re.MULTILINE).group(1))
    assert {one[2:] for one in command if one.startswith("--")} <= SERVE_OPTIONS
    assert f"EXPOSE {PORT}" in text
    # As pods say it.
    assert "USER 65532:65532" in text and "STOPSIGNAL SIGTERM" in text


def test_images_run_as_the_user_that_pods_name(rendered):
    for workload, _ in ours(rendered):
        context = workload.pod["securityContext"]
        assert {context["runAsUser"], context["runAsGroup"], context["fsGroup"]} == {65532}, str(workload)


def test_the_seccomp_profile_is_what_its_script_makes():
    folder = ROOT / "deploy" / "seccomp"
    spec = importlib.util.spec_from_file_location("generate", folder / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    there = json.loads((folder / "service.json").read_text())
    assert there == generate.profile(), "python3 deploy/seccomp/generate.py > deploy/seccomp/service.json"


def test_the_seccomp_profile_has_what_jobs_may_call_and_nothing_dangerous():
    names = set(json.loads(source("deploy/seccomp/service.json"))["syscalls"][0]["names"])
    allowed = json.loads(source("isolation/src/filters/allowed.json"))
    assert {name for group in allowed["everywhere"].values() for name in group} <= names
    assert not names & {
        "bpf", "ptrace", "process_vm_readv", "process_vm_writev", "kexec_load", "init_module",
        "finit_module", "delete_module", "perf_event_open", "userfaultfd", "keyctl", "add_key",
        "request_key", "open_by_handle_at", "setns", "reboot", "swapon", "io_uring_setup", "iopl",
    }


def test_pods_name_that_profile(rendered):
    for workload, container in ours(rendered):
        if container["securityContext"].get("procMount") == "Unmasked":
            profile = workload.pod["securityContext"]["seccompProfile"]
            assert profile == {"type": "Localhost", "localhostProfile": "wasm-runner/service.json"}


def test_who_does_not_build_needs_no_hole(rendered):
    for workload, container in ours(rendered):
        if "calls-only" in arguments(container):
            assert workload.pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
            assert "procMount" not in container["securityContext"]


def test_every_kind_that_makes_pods_is_looked_at(rendered):
    """A kind that the tests do not know would not be tested."""
    for one in rendered.objects:
        if "template" in (one.get("spec") or {}):
            assert one["kind"] in WORKLOADS
