"""deploy.sh and publish.sh, against a double of kubectl that notes what it was asked, and of the
smoke test. What a cluster would do is in the scenario; whether the scripts do the right thing then is
what is tested."""

import os
import re
import subprocess

import pytest
import yaml

from conftest import ROOT

HOST = "registry.example.com/host@sha256:" + "a" * 64
SERVICE = "registry.example.com/service@sha256:" + "b" * 64

# Answers by the first pattern that fits; what is not answered is well and says nothing. `kustomize`
# is the real one. What comes by standard input or by file is kept.
DOUBLE = r"""#!/usr/bin/env bash
printf '%s\n' "$*" >>"$NOTES/calls"
if [ "$1" = kustomize ]; then exec "$KUBECTL" "$@"; fi
for argument in "$@"; do
    case $argument in
        */release.yaml) cp "$argument" "$NOTES/release.yaml" ;;
        -) cat >>"$NOTES/applied.yaml"; echo --- >>"$NOTES/applied.yaml" ;;
    esac
done
if [ "$1" = port-forward ]; then
    echo "Forwarding from 127.0.0.1:40000 -> 50051"
    exec sleep 60
fi
while IFS=$'\t' read -r pattern status answer; do
    if [[ "$*" =~ $pattern ]]; then
        printf '%s' "$answer"
        exit "$status"
    fi
done <"$NOTES/answers"
exit 0
"""
SMOKE = r"""#!/usr/bin/env bash
printf 'smoke %s\n' "$*" >>"$NOTES/calls"
read -r status <"$NOTES/smoke" && exit "$status"
"""


class Cluster:
    def __init__(self, folder, monkeypatch):
        self.folder = folder
        for name in ("bin", "notes", "repository/scripts", "repository/deploy"):
            (folder / name).mkdir(parents=True)
        self.write("bin/kubectl", DOUBLE)
        real = subprocess.run(["which", "kubectl"], capture_output=True, text=True, check=True).stdout.strip()
        monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
        monkeypatch.setenv("KUBECTL", real)
        monkeypatch.setenv("NOTES", str(folder / "notes"))
        # The scripts as they are, beside a smoke test that is told how to end.
        for name in ("deploy.sh", "publish.sh", "lib"):
            (folder / "repository/scripts" / name).symlink_to(ROOT / "scripts" / name)
        (folder / "repository/deploy/kubernetes").symlink_to(ROOT / "deploy/kubernetes")
        self.write("repository/scripts/smoke", SMOKE)
        self.smoke(0)
        self.answers([])

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)

    def answers(self, answers):
        lines = [f"{pattern}\t{status}\t{answer}\n" for pattern, status, answer in answers]
        (self.folder / "notes/answers").write_text("".join(lines))

    def smoke(self, status):
        (self.folder / "notes/smoke").write_text(f"{status}\n")

    def run(self, name, *arguments):
        return subprocess.run(
            ["bash", self.folder / "repository/scripts" / name, *arguments],
            capture_output=True, text=True, timeout=60,
        )

    def calls(self):
        path = self.folder / "notes/calls"
        return path.read_text().splitlines() if path.exists() else []

    def yaml(self, name):
        return [one for one in yaml.safe_load_all((self.folder / "notes" / name).read_text()) if one]


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    return Cluster(tmp_path, monkeypatch)


PUBLISHED = [
    (r"^get deployment/wasm-runner-host", 0, "wasm-runner-tools-20260101-000000"),
    (r"^get volumesnapshot ", 0, "volumesnapshot/wasm-runner-tools-20260101-000000"),
]


def index(calls, pattern):
    found = [number for number, call in enumerate(calls) if re.search(pattern, call)]
    assert found, f"nothing like {pattern} in {calls}"
    return found[0]


def test_a_release_is_tried_applied_waited_for_and_smoked(cluster):
    cluster.answers(PUBLISHED)
    done = cluster.run("deploy.sh", "staging", HOST, SERVICE)
    assert done.returncode == 0, done.stderr
    calls = cluster.calls()
    order = [
        index(calls, r"apply .*--dry-run=server"),
        index(calls, r"apply --server-side --force-conflicts --filename"),
        index(calls, r"rollout status statefulset/wasm-runner-service"),
        index(calls, r"^smoke 127\.0\.0\.1:40000"),
        index(calls, r"rollout status deployment/wasm-runner-host"),
        index(calls, r"^smoke --calls-only 127\.0\.0\.1:40000"),
    ]
    assert order == sorted(order)
    assert not any("undo" in call for call in calls)


def test_a_release_runs_the_digests_and_keeps_the_hosts_tools(cluster):
    cluster.answers(PUBLISHED)
    assert cluster.run("deploy.sh", "production", HOST, SERVICE).returncode == 0
    release = cluster.yaml("release.yaml")
    images = {
        container["image"]
        for one in release
        if one["kind"] in ("Deployment", "StatefulSet")
        for container in one["spec"]["template"]["spec"]["containers"]
    }
    assert images == {HOST, SERVICE}
    (hosts,) = [one for one in release if one["kind"] == "Deployment"]
    source = hosts["spec"]["template"]["spec"]["volumes"][0]["ephemeral"]["volumeClaimTemplate"]["spec"]["dataSource"]
    assert source["name"] == "wasm-runner-tools-20260101-000000"


def test_a_first_release_does_not_wait_for_hosts_without_tools(cluster):
    done = cluster.run("deploy.sh", "staging", HOST, SERVICE)
    assert done.returncode == 0 and "scripts/publish.sh" in done.stderr
    assert not any("rollout status deployment" in call for call in cluster.calls())


def test_what_the_cluster_refuses_changes_nothing(cluster):
    cluster.answers([*PUBLISHED, (r"--dry-run=server", 1, "")])
    done = cluster.run("deploy.sh", "staging", HOST, SERVICE)
    assert done.returncode == 1 and "nothing was changed" in done.stderr
    assert not any(re.search(r"apply --server-side --force-conflicts --filename", call) for call in cluster.calls())


@pytest.mark.parametrize("failing", [r"^rollout status statefulset", "smoke"])
def test_a_release_that_does_not_work_is_taken_back(cluster, failing):
    if failing == "smoke":
        cluster.answers(PUBLISHED)
        cluster.smoke(1)
    else:
        cluster.answers([*PUBLISHED, (failing, 1, "")])
    done = cluster.run("deploy.sh", "production", HOST, SERVICE)
    assert done.returncode == 1
    calls = cluster.calls()
    for what in ("statefulset/wasm-runner-service", "deployment/wasm-runner-host"):
        index(calls, f"rollout undo {what}")
    said = "was taken back" if failing == "smoke" else "could not be brought back whole"
    assert said in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("staging", HOST),
        ("nowhere", HOST, SERVICE),
        ("staging", "registry.example.com/host:latest", SERVICE),
        ("staging", HOST, SERVICE[:-1]),
        ("staging", HOST, SERVICE + "; rm"),
    ],
)
def test_what_is_no_release_is_refused_before_anything(cluster, arguments):
    done = cluster.run("deploy.sh", *arguments)
    assert done.returncode == 1 and "remedy: deploy.sh OVERLAY" in done.stderr
    assert cluster.calls() == []


CONTENT = [
    (r"boundVolumeSnapshotContentName", 0, "snapcontent-1"),
    (r"snapshotHandle", 0, "handle-1"),
    (r"spec\.driver", 0, "csi.example.com"),
]


def test_tools_are_published_by_one_snapshot_under_two_names(cluster):
    cluster.answers(CONTENT)
    done = cluster.run("publish.sh")
    assert done.returncode == 0, done.stderr
    taken, content, second = cluster.yaml("applied.yaml")
    name = taken["metadata"]["name"]
    assert taken["metadata"]["namespace"] == "wasm-runner-validations"
    # The claim is the one that the set makes.
    assert taken["spec"]["source"] == {"persistentVolumeClaimName": "data-wasm-runner-service-0"}
    assert content["spec"]["source"] == {"snapshotHandle": "handle-1"}
    assert content["spec"]["driver"] == "csi.example.com" and content["spec"]["deletionPolicy"] == "Retain"
    assert content["spec"]["volumeSnapshotRef"] == {"name": name, "namespace": "wasm-runner"}
    assert second["metadata"] == {"name": name, "namespace": "wasm-runner"}
    calls = cluster.calls()
    patch = next(call for call in calls if call.startswith("patch deployment/wasm-runner-host"))
    assert f'"value":"{name}"' in patch
    assert index(calls, "^patch") < index(calls, "rollout status deployment/wasm-runner-host")


def test_the_path_that_is_patched_is_where_the_snapshot_is_named(rendered):
    for workload in rendered.workloads():
        if workload.name == "wasm-runner-host":
            claim = workload.pod["volumes"][0]["ephemeral"]["volumeClaimTemplate"]["spec"]
            assert claim["dataSource"]["kind"] == "VolumeSnapshot"


def test_the_claim_that_is_published_is_the_services(everything):
    for workload in everything[0].workloads():
        if workload.name == "wasm-runner-service":
            (template,) = workload.whole["spec"]["volumeClaimTemplates"]
            assert f"{template['metadata']['name']}-{workload.name}-0" == "data-wasm-runner-service-0"


@pytest.mark.parametrize("failing", [r"^wait .*wasm-runner-validations", r"snapshotHandle"])
def test_hosts_are_left_alone_when_there_is_no_snapshot(cluster, failing):
    cluster.answers([(failing, 1 if failing.startswith("^wait") else 0, ""), *CONTENT])
    done = cluster.run("publish.sh")
    assert done.returncode == 1
    assert not any(call.startswith("patch") for call in cluster.calls())


SIGN = ROOT / "scripts" / "sign.sh"


@pytest.fixture
def signed(tmp_path):
    """A release that was signed, its key, and whom to believe."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    (tmp_path / "signers").write_text("release@wasm-runner " + (tmp_path / "key.pub").read_text())
    (tmp_path / "images.txt").write_text(f"{HOST}\n{SERVICE}\n")
    subprocess.run([SIGN, tmp_path / "key", tmp_path / "images.txt"], check=True, capture_output=True)
    return tmp_path


def verify(folder):
    return subprocess.run([SIGN, "--verify", folder / "signers", folder / "images.txt"], capture_output=True, text=True)


def test_what_was_signed_is_believed(signed):
    assert verify(signed).returncode == 0


def test_what_was_changed_after_it_was_signed_is_not(signed):
    with (signed / "images.txt").open("a") as file:
        file.write("one more\n")
    done = verify(signed)
    assert done.returncode == 1 and "use nothing of this release" in done.stderr


def test_another_key_is_not_believed(signed):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", signed / "other"], check=True)
    (signed / "signers").write_text("release@wasm-runner " + (signed / "other.pub").read_text())
    assert verify(signed).returncode == 1


def test_a_signature_that_is_missing_is_not_believed(signed):
    (signed / "images.txt.sig").unlink()
    assert verify(signed).returncode == 1


def test_workflows_call_scripts_that_there_are():
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        text = path.read_text()
        yaml.safe_load(text)
        for script in re.findall(r"scripts/[a-z.-]+", text):
            assert os.access(ROOT / script, os.X_OK), f"{path.name}: {script}"
        makefile = (ROOT / "Makefile").read_text()
        for target in re.findall(r"make ([a-z-]+)", text):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{path.name}: make {target}"
    matrix = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]["check"]["strategy"]["matrix"]
    for entry in matrix["make"]:
        assert re.search(rf"^{entry.split()[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), entry


def test_every_action_is_pinned_to_a_commit():
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        for used in re.findall(r"uses: (\S+)", path.read_text()):
            assert used.startswith("./") or re.search(r"@[0-9a-f]{40}$", used), f"{path.name}: {used}"
