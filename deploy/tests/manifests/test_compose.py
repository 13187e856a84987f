"""The compose file says of the program what the program is, and opens nothing that it need not."""

import os
import re
import subprocess
import sys

import pytest
import yaml

from conftest import ROOT, arguments, seconds, size, source
from test_code import BACKUP_OPTIONS, METRICS_PORT, PORT, SERVE_OPTIONS, VERSION, options_of
from test_pods import build

FILE = ROOT / "deploy/compose/compose.yaml"
COMPOSE = yaml.safe_load(FILE.read_text())
SERVICES = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"].startswith("wasm-runner-")}
RESTORE_OPTIONS = options_of("cli/src/commands/backup.rs", "RestoreArgs") | options_of("cli/src/args.rs", "Cli")
each = pytest.mark.parametrize("name", SERVICES)
ours = pytest.mark.parametrize("name", OURS)


def options(one):
    return arguments({"args": one["command"]})


def memory(text):
    return size(re.sub("([gm])$", lambda unit: {"g": "Gi", "m": "Mi"}[unit[1]], text))


def test_every_role_that_exists_is_there():
    roles = {one["image"].split(":")[0].removeprefix("wasm-runner-") for one in OURS.values()}
    assert roles == {path.stem for path in (ROOT / "deploy/images").glob("*.Containerfile")}
    assert all(one["image"].endswith(f":{VERSION}") for one in OURS.values())


@ours
def test_every_option_is_one_of_the_programs(name):
    command, *rest = OURS[name]["command"]
    known = {"serve": SERVE_OPTIONS, "backup": BACKUP_OPTIONS, "restore": RESTORE_OPTIONS}[command]
    assert set(options(OURS[name])) <= known
    # The service's own options need a value each, in one piece.
    assert all(one.startswith(("--", "/")) for one in rest)


@ours
def test_ports_are_the_programs_and_on_loopback(name):
    one = OURS[name]
    if one["command"][0] != "serve":
        assert one["network_mode"] == "none" and "ports" not in one
        return
    assert options(one)["listen"] == f"0.0.0.0:{PORT}" and options(one)["metrics-listen"] == f"0.0.0.0:{METRICS_PORT}"
    inside = {int(port.rpartition(":")[2]) for port in one["ports"]}
    assert {PORT, METRICS_PORT} <= inside


def test_nothing_is_published_but_on_loopback_and_nothing_twice():
    published = [port for one in SERVICES.values() for port in one.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in published)
    outside = [port.split(":")[1] for port in published]
    assert len(set(outside)) == len(outside)


@each
def test_it_is_as_restricted_as_a_pod(name):
    one = SERVICES[name]
    assert one["cap_drop"] == ["ALL"] and "no-new-privileges:true" in one["security_opt"]
    assert memory(one["mem_limit"])
    assert not {"privileged", "cap_add", "pid", "ipc", "devices"} & set(one)
    if name in OURS:
        assert one["user"] == "65532:65532" and one["read_only"] is True


def test_only_who_builds_has_the_rings_hole():
    for name, one in OURS.items():
        hole = [opt for opt in one["security_opt"] if opt != "no-new-privileges:true"]
        judges = one["command"][0] == "serve" and "calls-only" not in options(one)
        assert bool(hole) == judges, name
        for opt in hole:
            if opt.startswith("seccomp="):
                assert (FILE.parent / opt.partition("=")[2]).resolve() == ROOT / "deploy/seccomp/service.json"
            else:
                assert opt == "${UNMASK:-unmask=ALL}"


@each
def test_what_is_mounted_is_there(name):
    for volume in SERVICES[name].get("volumes", []):
        what, where, *mode = volume.split(":")
        if what.startswith("."):
            assert (FILE.parent / what).exists(), what
            assert mode == ["ro"], f"{what} may be written"
        else:
            assert what in COMPOSE["volumes"], what
        assert where.startswith("/")


def test_every_volume_is_somebodys():
    used = {volume.split(":")[0] for one in SERVICES.values() for volume in one.get("volumes", [])}
    assert set(COMPOSE["volumes"]) <= used


@ours
def test_what_calls_may_hold_together_fits(name):
    import tomllib
    one = OURS[name]
    if one["command"][0] != "serve":
        return
    ceiling = tomllib.loads(source("deploy/kubernetes/base/ceiling.toml"))["limits"]["memory"]
    needed = int(options(one)["max-running-calls"]) * size(ceiling) + (512 << 20)
    if "calls-only" not in options(one):
        needed += int(options(one)["validation-workers"]) * (build("memory") + build("disk"))
    assert needed <= memory(one["mem_limit"])
    assert seconds(one["stop_grace_period"]) >= 3 * seconds(options(one)["grace"]) + 1


def test_hosts_get_what_the_service_knows():
    take, bring, host = (options(OURS[name]) | {"command": OURS[name]["command"]} for name in ("take", "bring", "host"))
    assert take["into"] == bring["command"][1]
    assert take["data-dir"] == options(OURS["service"])["data-dir"]
    assert bring["data-dir"] == host["data-dir"]
    mounts = {name: set(OURS[name]["volumes"]) for name in ("service", "take", "bring", "host")}
    assert "data:/var/lib/wasm-runner" in mounts["take"] & mounts["service"]
    assert "host-data:/var/lib/wasm-runner" in mounts["bring"] & mounts["host"]
    assert "data:/var/lib/wasm-runner" not in mounts["host"], "one process has a data folder"


def test_what_shares_the_services_network_asks_where_things_listen():
    prometheus = yaml.safe_load(source("deploy/observability/prometheus/prometheus.yml"))
    assert prometheus["scrape_configs"][0]["static_configs"][0]["targets"] == [f"127.0.0.1:{METRICS_PORT}"]
    grafana = yaml.safe_load((FILE.parent / "grafana/datasources/prometheus.yaml").read_text())
    assert grafana["datasources"][0]["url"] == "http://127.0.0.1:9090"
    for name in ("prometheus", "alertmanager", "grafana"):
        assert SERVICES[name]["network_mode"] == "service:service"


@pytest.mark.parametrize("profiles", [[], ["hosts"], ["observability"], ["hosts", "observability", "backup"]])
def test_a_program_that_reads_compose_files_takes_it(profiles):
    """podman-compose reads it whole, resolves what it names, and prints what it would start."""
    asked = [word for profile in profiles for word in ("--profile", profile)]
    program = os.path.join(os.path.dirname(sys.executable), "podman-compose")
    done = subprocess.run(
        [program, "--file", FILE, *asked, "config"], capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
    )
    assert done.returncode == 0, done.stderr
    assert "unmask=ALL" in done.stdout, "what is not set is podman's word"
    understood = yaml.safe_load(done.stdout)
    wanted = {name for name, one in SERVICES.items() if not one.get("profiles") or set(one["profiles"]) & set(profiles)}
    assert wanted <= set(understood["services"])
