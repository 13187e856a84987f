"""What kubectl makes of each overlay, and what the code says, for all tests."""

import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
KUBERNETES = ROOT / "deploy" / "kubernetes"
# All that can be built, found rather than listed, so that none is forgotten.
OVERLAYS = sorted(
    str(path.parent.relative_to(KUBERNETES))
    for folder in ("overlays", "examples")
    for path in (KUBERNETES / folder).glob("*/kustomization.yaml")
)
WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"}


class Rendered:
    """The objects of one overlay."""

    def __init__(self, name):
        self.name = name
        text = subprocess.run(
            ["kubectl", "kustomize", KUBERNETES / name], check=True, capture_output=True, text=True
        ).stdout
        self.objects = [document for document in yaml.safe_load_all(text) if document]

    def of(self, *kinds):
        return [one for one in self.objects if one["kind"] in kinds]

    def workloads(self):
        return [Workload(one) for one in self.objects if one["kind"] in WORKLOADS]

    def one(self, kind, name, namespace=None):
        found = [
            one
            for one in self.of(kind)
            if one["metadata"]["name"] == name
            and namespace in (None, one["metadata"].get("namespace"))
        ]
        assert len(found) == 1, f"{self.name}: {len(found)} times {kind} {name}"
        return found[0]


class Workload:
    """Something that makes pods."""

    def __init__(self, whole):
        self.whole = whole
        self.kind = whole["kind"]
        self.namespace = whole["metadata"]["namespace"]
        self.name = whole["metadata"]["name"]
        spec = whole["spec"]
        self.template = (spec["jobTemplate"]["spec"] if self.kind == "CronJob" else spec)["template"]
        self.pod = self.template["spec"]
        self.labels = self.template["metadata"].get("labels") or {}

    def __str__(self):
        return f"{self.namespace}/{self.name}"

    def containers(self):
        return self.pod.get("initContainers", []) + self.pod["containers"]

    def is_service(self):
        """Whether it goes on, and so is probed; a Job ends."""
        return self.kind not in ("Job", "CronJob")

    def volume(self, name):
        return next(volume for volume in self.pod["volumes"] if volume["name"] == name)


@pytest.fixture(scope="session", params=OVERLAYS)
def rendered(request):
    return Rendered(request.param)


@pytest.fixture(scope="session")
def everything():
    """All of ours with every option, beside the core services, as they would be on one cluster."""
    return Rendered("examples/full"), Rendered("examples/core-services")


def source(path):
    return (ROOT / path).read_text(encoding="utf-8")


def arguments(container):
    """The command line's options, by name; those without a value are True."""
    found = {}
    for argument in container.get("args", []):
        if argument.startswith("--"):
            name, _, value = argument[2:].partition("=")
            found[name] = value or True
    return found


UNITS = {"": 1, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def size(text):
    """Bytes, of Kubernetes' "3Gi" and of our "64 MiB"."""
    number, unit = re.fullmatch(r"([0-9.]+)\s*([A-Za-z]*)", str(text)).groups()
    return int(float(number) * UNITS[unit])


def seconds(text):
    number, unit = re.fullmatch(r"([0-9]+)\s*(s|min)", text).groups()
    return int(number) * {"s": 1, "min": 60}[unit]
