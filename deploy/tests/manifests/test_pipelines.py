"""What the pipelines call: the scan for advisories and the comparison of benches, against doubles of the
programs that they start. Whether the scripts make the right thing of what those say is what is tested."""

import json
import os
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from conftest import ROOT

COMPARE = ROOT / "scripts/bench-compare.py"
SCAN = ROOT / "scripts/scan.sh"

# Writes the figures of its next round, and how it was called.
BENCH = """#!{python}
import json, pathlib, sys
folder = pathlib.Path({folder!r})
with (folder / "order").open("a") as order:
    order.write("{name} " + " ".join(sys.argv[1:-2]) + "\\n")
rounds = json.loads((folder / "{name}.json").read_text())
figures = rounds.pop(0)
(folder / "{name}.json").write_text(json.dumps(rounds))
if figures is not None:
    pathlib.Path(sys.argv[-1]).write_text(json.dumps({{"figures": figures}}))
sys.exit(1)
"""


def figure(name, median, reach="at_most"):
    return {"name": name, "sides": [{"median": median}, {"median": 1}], "reach": {reach: 1.0}}


@pytest.fixture
def compare(tmp_path):
    def run(base, here, *arguments):
        (tmp_path / "order").unlink(missing_ok=True)
        for name, rounds in (("base", base), ("here", here)):
            (tmp_path / f"{name}.json").write_text(json.dumps(rounds))
            program = tmp_path / name
            program.write_text(BENCH.format(python=sys.executable, folder=str(tmp_path), name=name))
            program.chmod(0o755)
        done = subprocess.run(
            [sys.executable, COMPARE, tmp_path / "base", tmp_path / "here", "--rounds", str(len(base)), *arguments],
            capture_output=True, text=True,
        )
        done.order = (tmp_path / "order").read_text().splitlines() if (tmp_path / "order").exists() else []
        return done

    return run


def test_both_run_in_turns_and_what_is_at_the_threshold_passes_and_what_is_above_does_not(compare):
    at = compare([[figure("call", 4.0)]] * 2, [[figure("call", 5.0)]] * 2, "--threshold", "1.25")
    assert at.returncode == 0, at.stderr
    assert at.order == ["base --quick", "here --quick", "here --quick", "base --quick"]
    above = compare([[figure("call", 4.0)]] * 2, [[figure("call", 5.01)]] * 2, "--threshold", "1.25")
    assert above.returncode == 1 and "worse than 1.25: call" in above.stderr
    assert re.search(r"call .*1\.25 .*too much", above.stdout)


def test_a_figure_of_which_more_is_better_is_worse_when_there_is_less(compare):
    more = compare([[figure("grpc", 100, "at_least")]], [[figure("grpc", 200, "at_least")]])
    assert more.returncode == 0
    less = compare([[figure("grpc", 100, "at_least")]], [[figure("grpc", 70, "at_least")]])
    assert less.returncode == 1 and "grpc" in less.stderr


def test_one_round_in_which_the_machine_did_something_else_decides_nothing(compare):
    here = [[figure("call", 5.0)], [figure("call", 50.0)], [figure("call", 5.0)]]
    assert compare([[figure("call", 5.0)]] * 3, here).returncode == 0


def test_figures_that_only_one_has_are_named_and_do_not_count(compare):
    done = compare([[figure("call", 1), figure("old", 1)]], [[figure("call", 1), figure("new", 99)]])
    assert done.returncode == 0
    assert re.search(r"^new +only here$", done.stdout, re.M) and re.search(r"^old +only in the base$", done.stdout, re.M)


@pytest.mark.parametrize(("base", "here"), [([[figure("a", 1)]], [[figure("b", 1)]]), ([None], [[figure("a", 1)]])])
def test_what_can_not_be_compared_is_no_pass(compare, base, here):
    assert compare(base, here).returncode == 2


def test_a_figure_that_is_no_number_decides_nothing(compare):
    assert compare([[figure("call", None)]], [[figure("call", 3.0)]]).returncode == 0


DENY = """#!/usr/bin/env bash
printf '%s\\n' "$*" >>"$NOTES/calls"
git config --get-regexp 'url.*insteadof' >"$NOTES/instead"
for argument in "$@"; do case $argument in *.toml) [ "${argument##*/}" != deny.toml ] || cp "$argument" "$NOTES/config.toml" ;; esac; done
case "$*" in *"${FAILING:-nothing}"*) exit 1 ;; esac
"""


@pytest.fixture
def scan(tmp_path):
    program = tmp_path / "home/lint/bin/cargo-deny"
    program.parent.mkdir(parents=True)
    program.write_text(DENY)
    program.chmod(0o755)
    notes = tmp_path / "notes"
    notes.mkdir()

    def run(*arguments, **environment):
        return subprocess.run(
            [SCAN, *arguments], capture_output=True, text=True,
            env={**os.environ, "WASM_RUNNER_HOME": str(tmp_path / "home"), "NOTES": str(notes), **environment},
        )

    run.notes = notes
    return run


def test_every_lock_file_is_looked_through(scan):
    done = scan()
    assert done.returncode == 0, done.stderr
    calls = (scan.notes / "calls").read_text()
    locks = subprocess.run(["git", "ls-files", "Cargo.lock", "*/Cargo.lock"], cwd=ROOT, capture_output=True, text=True, check=True)
    for lock in locks.stdout.split():
        assert f"{ROOT}/{lock.removesuffix('lock')}toml check" in calls, lock
    config = tomllib.loads((scan.notes / "config.toml").read_text())
    assert config["advisories"]["db-urls"] == ["https://github.com/RustSec/advisory-db"]
    # Beside where the database is, it is the one that everybody sees.
    for place in ("db-path", "db-urls"):
        del config["advisories"][place]
    assert config == tomllib.loads((ROOT / "deny.toml").read_text())


def test_a_database_of_ones_own_is_asked(scan, tmp_path):
    done = scan(ADVISORIES="https://git.example.com/advisories")
    assert done.returncode == 0 and "git.example.com" in done.stderr
    config = tomllib.loads((scan.notes / "config.toml").read_text())
    assert config["advisories"]["db-urls"] == ["https://git.example.com/advisories"]
    # cargo-deny takes no folder: git is told to go there instead.
    assert scan(ADVISORIES=str(tmp_path)).returncode == 0
    (url,) = tomllib.loads((scan.notes / "config.toml").read_text())["advisories"]["db-urls"]
    assert (scan.notes / "instead").read_text().split() == [f"url.{tmp_path}.insteadof", url]
    assert scan(ADVISORIES='x"]\n').returncode == 1


def test_an_advisory_in_any_of_them_fails_and_the_others_are_looked_at_yet(scan):
    done = scan(FAILING=f"{ROOT}/Cargo.toml")
    assert done.returncode == 1 and "remedy:" in done.stderr
    assert len((scan.notes / "calls").read_text().splitlines()) == 5


def bom(*crates):
    components = [{"name": name, "version": version, "purl": f"pkg:cargo/{name}@{version}"} for name, version in crates]
    return json.dumps({"components": components})


def test_a_bill_of_materials_has_to_be_of_what_was_looked_through(scan, tmp_path):
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    known = next((one["name"], one["version"]) for one in lock if one["name"] == "wasmtime")
    file = tmp_path / "sbom.json"
    for text, status in [(bom(known), 0), (bom(known, ("wasmtime", "1.0.0")), 1), (bom(), 1)]:
        file.write_text(text)
        done = scan(str(file))
        assert done.returncode == status, done.stderr


def test_ci_runs_each_check():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    assert set(jobs["check"]["strategy"]["matrix"]["make"]) >= {"lint", "test", "deploy-check", "images-test", "scan"}
    assert any("bench-compare.sh" in step.get("run", "") for step in jobs["bench"]["steps"])
