"""Figures for docs/operations.md, from the images as `make images-test` runs them.

    HOME_DIR=${WASM_RUNNER_HOME:-~/.local/share/wasm-runner}
    WASM_RUNNER=$HOME_DIR/images/wasm-runner HOST_IMAGE=wasm-runner-host:0.1.0 \
        SERVICE_IMAGE=wasm-runner-service:0.1.0 $HOME_DIR/deploy-check/bin/python deploy/tests/images/measure.py
"""

import re
import time

from conftest import HOST, RING, SERVE, SERVICE, Container, Volume, podman


def resident(container):
    """Mebibytes of the service's own process, its jobs left out."""
    with open(f"/proc/{container.state('Pid')}/status", encoding="utf-8") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024


def most(container):
    """The most mebibytes of the whole container, jobs and page cache included; by its control group."""
    with open(f"/proc/{container.state('Pid')}/cgroup", encoding="utf-8") as groups:
        for line in groups:
            _, names, path = line.strip().split(":", 2)
            if "memory" in names.split(","):
                return mebibytes(f"/sys/fs/cgroup/memory{path}/memory.max_usage_in_bytes")
            if names == "":
                unified = f"/sys/fs/cgroup{path}/memory.peak"
    return mebibytes(unified)


def mebibytes(path):
    with open(path, encoding="utf-8") as file:
        return int(file.read()) / (1 << 20)


def timed(what, work):
    began = time.monotonic()
    result = work()
    print(f"{what}: {time.monotonic() - began:.1f} s")
    return result


def main():
    for image in (HOST, SERVICE):
        size = int(podman("image", "inspect", "--format", "{{.Size}}", image).stdout)
        print(f"{image}: {size / 1e6:.1f} MB")
    volume = Volume()
    containers = []
    try:
        service = timed("service, from podman run to listening", lambda: Container(SERVICE, volume, *RING).ready())
        containers.append(service)
        print(f"  resident at rest: {resident(service):.0f} MiB")
        for _ in range(2):
            timed("a proposal to its verdict, and two calls (scripts/smoke)", service.smoke)
        print(f"  resident after it: {resident(service):.0f} MiB; the container's most: {most(service):.0f} MiB")
        service.tell("TERM")
        timed("service, from SIGTERM to its end", service.ended)
        host = timed(
            "host, from podman run to listening",
            lambda: Container(HOST, volume, arguments=[*SERVE, "--calls-only"]).ready(),
        )
        containers.append(host)
        host.smoke("--calls-only")
        print(f"  resident after a call: {resident(host):.0f} MiB")
    finally:
        for container in containers:
            container.remove()
        volume.remove()


if __name__ == "__main__":
    main()
