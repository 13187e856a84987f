"""What is in the images, and what is not."""

import io
import json
import subprocess
import tarfile

import pytest

from conftest import ENGINE, HOST, ROOT, SERVICE, podman

BOTH = pytest.mark.parametrize("image", [HOST, SERVICE])


def config(image):
    return json.loads(podman("image", "inspect", image).stdout)[0]


def entries(image):
    """Everything in an image, by name."""
    made = podman("create", image).stdout.strip()
    try:
        whole = subprocess.run([*ENGINE, "export", made], check=True, capture_output=True).stdout
    finally:
        podman("rm", made)
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        return {"/" + member.name.strip("./"): member for member in tar.getmembers()}, whole


@BOTH
def test_it_says_what_it_is(image):
    labels = config(image)["Config"]["Labels"]
    for name in ("title", "description", "licenses", "version", "revision", "created"):
        assert labels[f"org.opencontainers.image.{name}"]


@BOTH
def test_it_runs_as_nobody_in_particular(image):
    assert config(image)["Config"]["User"] == "65532:65532"
    assert config(image)["Config"]["Entrypoint"] == ["/usr/bin/wasm-runner"]


@BOTH
def test_no_file_gives_privileges(image):
    found, _ = entries(image)
    assert [name for name, entry in found.items() if entry.isfile() and entry.mode & 0o6000] == []


@BOTH
def test_only_its_data_and_temporary_files_are_for_its_user_to_write(image):
    found, _ = entries(image)
    writable = {
        name for name, entry in found.items()
        if not entry.issym() and (entry.mode & 0o002 or (entry.uid == 65532 and entry.mode & 0o200))
    }
    # The engine mounts over these.
    own = {name for name in writable if not name.startswith(("/dev", "/proc", "/sys", "/run"))}
    assert own == {"/tmp", "/var/lib/wasm-runner"}


def test_the_host_is_one_program_and_six_files():
    found, _ = entries(HOST)
    files = {name for name, entry in found.items() if entry.isfile() and not name.startswith(("/dev", "/run"))}
    engines = {"/etc/hostname", "/etc/hosts", "/etc/resolv.conf"}
    assert files - engines == {
        "/usr/bin/wasm-runner",
        "/usr/share/doc/wasm-runner/sbom.cdx.json",
        "/etc/passwd",
        "/etc/group",
        "/etc/nsswitch.conf",
    }


def test_the_host_is_under_60_mb():
    assert config(HOST)["Size"] < 60_000_000


@BOTH
def test_there_is_no_shell_and_no_package_manager(image):
    found, _ = entries(image)
    names = {name.rpartition("/")[2] for name in found if "/bin/" in name or "/sbin/" in name}
    assert not names & {"bash", "dpkg", "apt", "apt-get", "su", "sudo", "mount", "perl", "python3"}
    # Where the toolchain is a distribution's, its compiler is called through a script.
    if "rustc" not in names or "dash" not in names:
        assert not names & {"sh", "dash"}


@BOTH
def test_it_carries_its_bill_of_materials(image):
    found, whole = entries(image)
    assert "/usr/share/doc/wasm-runner/sbom.cdx.json" in found
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        bom = json.load(tar.extractfile("usr/share/doc/wasm-runner/sbom.cdx.json"))
    assert bom["bomFormat"] == "CycloneDX" and bom["specVersion"] == "1.5"
    names = {component["name"] for component in bom["components"]}
    assert {"wasmtime", "tonic", "rusqlite", "wasm-runner-validation"} <= names


@BOTH
def test_no_path_of_the_machine_that_built_it_is_in_it(image):
    found, whole = entries(image)
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        for name in ("usr/bin/wasm-runner", "usr/share/doc/wasm-runner/sbom.cdx.json"):
            assert str(ROOT).encode() not in tar.extractfile(name).read(), name
