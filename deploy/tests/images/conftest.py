"""Containers as a cluster would run them: no user, no capability, no network, nothing to write to."""

import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
SECCOMP = ROOT / "deploy" / "seccomp" / "service.json"
CEILING = ROOT / "deploy" / "kubernetes" / "base" / "ceiling.toml"
EXERCISE = ROOT / "deploy" / "tests" / "images" / "exercise"
PROGRAM = os.environ["WASM_RUNNER"]
HOST, SERVICE = os.environ["HOST_IMAGE"], os.environ["SERVICE_IMAGE"]
ADDRESS = "127.0.0.1:50051"
METRICS = "127.0.0.1:9464"

# What a pod's security context says, in podman's words. A machine whose root may not raise limits
# needs them named, and runc where crun refuses its control groups.
ENGINE = ["podman", *(["--runtime", "runc"] if shutil.which("runc") else [])]
RESTRICTED = [
    "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=none", "--read-only",
    "--read-only-tmpfs=false", "--tmpfs=/tmp:rw,mode=1777,size=2g", "--pids-limit=4096",
    "--ulimit=nofile=4096:4096", "--ulimit=nproc=4096:4096",
    f"--volume={CEILING}:/etc/wasm-runner/ceiling.toml:ro",
]
UNMASKED = ["--security-opt=unmask=ALL"]
# What the second ring needs beside: see deploy/kubernetes/base/service.yaml.
RING = [f"--security-opt=seccomp={SECCOMP}", *UNMASKED]
SERVE = ["serve", f"--listen={ADDRESS}", f"--metrics-listen={METRICS}", "--data-dir=/var/lib/wasm-runner/data",
         "--ceiling=/etc/wasm-runner/ceiling.toml", "--log-format=json", "--grace=20 s"]


def podman(*arguments, check=True, **more):
    return subprocess.run([*ENGINE, *map(str, arguments)], check=check, capture_output=True, text=True, **more)


class Volume:
    """A volume that goes with the test."""

    def __init__(self):
        self.name = podman("volume", "create").stdout.strip()
        self.path = pathlib.Path(podman("volume", "inspect", "--format", "{{.Mountpoint}}", self.name).stdout.strip())

    def copy(self):
        """What a snapshot of it would be."""
        other = Volume()
        subprocess.run(["cp", "-a", f"{self.path}/.", other.path], check=True)
        return other

    def remove(self):
        podman("volume", "rm", "--force", self.name)


class Container:
    """A service that runs, until it is told not to."""

    def __init__(self, image, volume, *options, arguments=SERVE):
        self.id = podman(
            "run", "--detach", *RESTRICTED, f"--volume={volume.name}:/var/lib/wasm-runner", *options, image, *arguments
        ).stdout.strip()

    def ready(self):
        """Waits for its first line, which says that it listens."""
        with subprocess.Popen([*ENGINE, "logs", "--follow", self.id], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as logs:
            for line in logs.stdout:
                if line.startswith("listening on "):
                    logs.kill()
                    return self
        raise AssertionError(f"it did not start: {self.logs()}")

    def run(self, *command, check=True):
        """The command line inside it: there is no other way in."""
        return podman("exec", self.id, "wasm-runner", *command, check=check)

    def inside(self, *command, **more):
        """A command of this machine, in its network."""
        pid = self.state("Pid")
        return subprocess.run(["nsenter", "--target", pid, "--net", *command], text=True, capture_output=True, **more)

    def starts(self, *command):
        return subprocess.Popen(
            [*ENGINE, "exec", self.id, "wasm-runner", *command],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )

    def smoke(self, *arguments):
        done = self.inside(ROOT / "scripts" / "smoke", "--metrics", METRICS, *arguments, ADDRESS, env={**os.environ, "WASM_RUNNER": PROGRAM})
        assert done.returncode == 0, done.stdout + done.stderr + self.logs()
        return done.stdout

    def state(self, field):
        return podman("inspect", "--format", f"{{{{.State.{field}}}}}", self.id).stdout.strip()

    def logs(self):
        done = podman("logs", self.id, check=False)
        return done.stdout + done.stderr

    def tell(self, signal):
        podman("kill", "--signal", signal, self.id)

    def ended(self):
        """Its exit code, once it has ended."""
        return int(podman("wait", self.id).stdout)

    def remove(self):
        podman("rm", "--force", "--time", "0", self.id, check=False)


@pytest.fixture
def start():
    """Starts containers that go with the test."""
    things = []

    def begin(image, volume=None, *options, **more):
        if volume is None:
            volume = Volume()
            things.append(volume)
        container = Container(image, volume, *options, **more)
        things.append(container)
        container.volume = volume
        return container

    yield begin
    for thing in reversed(things):
        thing.remove()


@pytest.fixture(scope="module")
def judged():
    """A service that took a proposal, judged it and calls it; then killed, and what it left."""
    volume = Volume()
    service = Container(SERVICE, volume, *RING)
    yield service.ready()
    service.remove()
    volume.remove()
