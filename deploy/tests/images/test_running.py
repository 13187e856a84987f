"""The images at work, as restricted as on a cluster."""

import concurrent.futures
import json
import subprocess

from conftest import ADDRESS, ENGINE, EXERCISE, HOST, PROGRAM, RING, SECCOMP, SERVE, SERVICE, podman

HOST_SERVE = [*SERVE, "--calls-only"]
# What a caller is told when as many calls run and wait as may.
FULL = "8 calls run or wait already"


def accept_exercise(service):
    """Proposes the tool of these tests, and decides for it: it asks for the real clock."""
    url = f"http://{ADDRESS}"
    submitted = service.inside(PROGRAM, "proposal", "submit", str(EXERCISE), "--watch", "--json", "--server", url)
    # 11: a person has to decide.
    assert submitted.returncode == 11, submitted.stdout + submitted.stderr
    service.run("proposal", "decide", "exercise@0.1.0", "--approve", "--reason", "for the tests")


def test_a_tool_is_proposed_judged_and_called(judged):
    """Health, a validation with the whole second ring, a call, a refusal."""
    said = judged.smoke()
    assert "passed and is active" in said and "a call gives" in said and "count the calls" in said


def test_doctor_finds_every_part_of_the_ring(judged):
    report = json.loads(judged.run("doctor", "--json", check=False).stdout)
    states = {check["name"]: check["state"] for check in report["checks"]}
    ring = [
        "mount namespace", "network namespace", "process namespace", "process limit", "disk limit",
        "Landlock", "seccomp", "no new privileges",
    ]
    assert {name: states[name] for name in ring} == dict.fromkeys(ring, "ok")
    assert states["toolchain"] == states["crates compiled ahead"] == "ok"


def test_its_root_can_not_be_written(judged):
    done = podman("exec", judged.id, "cp", "/etc/passwd", "/etc/written", check=False)
    assert done.returncode != 0 and "Read-only file system" in done.stderr


def test_without_its_profile_it_does_not_start_and_says_what_lacks(start):
    """The engine's own profile may or may not have room for the ring; /proc that is masked has none."""
    container = start(SERVICE, None, f"--security-opt=seccomp={SECCOMP}")
    assert container.ended() != 0
    assert "does not confine what is not yet accepted" in container.logs()
    assert "mount namespace" in container.logs()


def test_a_call_ends_well_when_the_service_is_told_to_stop(start):
    service = start(SERVICE, None, *RING).ready()
    accept_exercise(service)
    call = service.starts("tool", "call", "exercise", '{"milliseconds": 1500}', "--stream")
    # It is running once the guest says so.
    assert "begun" in call.stderr.readline()
    service.tell("TERM")
    output, errors = call.communicate()
    assert call.returncode == 0 and json.loads(output) == {"bytes": 0}, output + errors
    assert service.ended() == 0
    assert "stopped" in service.logs()


def test_hosts_call_what_was_active_when_a_snapshot_was_taken(start):
    """As publish.sh does it: the service goes on or dies, and the copy is as a crash would leave it."""
    service = start(SERVICE, None, *RING).ready()
    service.smoke()
    service.tell("KILL")
    service.ended()
    copies = [service.volume.copy(), service.volume.copy()]
    try:
        hosts = [start(HOST, copy, arguments=HOST_SERVE).ready() for copy in copies]
        for host in hosts:
            assert "a call gives" in host.smoke("--calls-only")
        # One after the other, as a rolling update goes.
        for host in hosts:
            host.tell("TERM")
            assert host.ended() == 0
    finally:
        for container in hosts:
            container.remove()
        for copy in copies:
            copy.remove()


def test_a_backup_is_made_while_it_serves_and_restored_elsewhere(start):
    """As docs/operations.md says it: written below the data volume, read out by `cat`."""
    service = start(SERVICE, None, *RING).ready()
    service.smoke()
    service.run("backup", "/var/lib/wasm-runner/backup.sqlite", "--data-dir", "/var/lib/wasm-runner/data")
    copy = subprocess.run([*ENGINE, "exec", service.id, "cat", "/var/lib/wasm-runner/backup.sqlite"], check=True, capture_output=True).stdout
    restored = start(HOST, None, arguments=["--version"])
    (restored.volume.path / "backup.sqlite").write_bytes(copy)
    (restored.volume.path / "backup.sqlite").chmod(0o644)
    restoring = ["restore", "/var/lib/wasm-runner/backup.sqlite", "--data-dir", "/var/lib/wasm-runner/data"]
    done = start(HOST, restored.volume, arguments=restoring)
    assert done.ended() == 0, done.logs()
    host = start(HOST, restored.volume, arguments=HOST_SERVE).ready()
    assert "a call gives" in host.smoke("--calls-only")


def test_memory_ends_in_refused_calls_and_not_in_a_killed_host(start):
    """Four calls of 64 MiB at most, in 768 MiB; forty ask at once."""
    service = start(SERVICE, None, *RING).ready()
    accept_exercise(service)
    service.tell("TERM")
    assert service.ended() == 0
    few = ["--max-running-calls=4", "--max-waiting-calls=4"]
    host = start(HOST, service.volume, "--memory=768m", "--memory-swap=768m", arguments=[*HOST_SERVE, *few]).ready()

    def call(_):
        return host.inside(
            PROGRAM, "tool", "call", "exercise", '{"mebibytes": 48, "milliseconds": 1500}', "--server", f"http://{ADDRESS}"
        )

    well, refused = [], []
    # A busy machine may start them too slowly for any to be refused: then once more.
    for _ in range(10):
        with concurrent.futures.ThreadPoolExecutor(40) as pool:
            for done in pool.map(call, range(40)):
                (refused if done.returncode else well).append(done)
        if refused:
            break
    assert well and all(json.loads(one.stdout) == {"bytes": 48 << 20} for one in well)
    assert refused and all(FULL in one.stderr for one in refused), {one.stderr for one in refused}
    assert host.state("Running") == "true" and host.state("OOMKilled") == "false"
    # And it goes on.
    assert host.run("tool", "call", "exercise", '{"mebibytes": 1}').returncode == 0


def test_the_key_is_refused_when_a_group_may_read_it(start):
    """What setting the group of every file at every start would do (fsGroup without OnRootMismatch)."""
    host = start(HOST, None, arguments=HOST_SERVE).ready()
    host.tell("TERM")
    assert host.ended() == 0
    (host.volume.path / "data" / "installation.key").chmod(0o660)
    again = start(HOST, host.volume, arguments=HOST_SERVE)
    assert again.ended() != 0
    assert "others may use the installation's key" in again.logs()
