"""Writes docs/tools.md: every tool of tests/tools, and what validation says of it.

Ends with 0 only if each verdict and rule is the one that tests/tools/expected.toml names.
"""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tomllib

# How long inputs are looked for: the usual time, and where that was not enough the time within
# which a planted fault has to be found.
TRIES = ["2 s", "30 s"]
# Times differ from machine to machine, so they are given as classes.
CLASSES = [1, 2, 5, 10, 20, 30, 60]

HEAD = """\
# The example tools, and what validation says of each

`make tools-table` validates every tool of `tests/tools` and writes this page. A bad tool is well
made but for one fault, which its README names in its first line. `stage` is the one that found it
and `rule` the finding's; `time` is what that stage took with all that it found, as a class (it
depends on the machine and on what else it does); `reproducer` is the size of the smallest input
that was found, where an input shows the fault. Inputs are looked for for 2 s, and for 30 s where
that was not enough, which the column `time` then shows.

"""


def sources(tools):
    """Each tool's name in expected.toml, and where it is."""
    found = {}
    for group in ("good", "bad"):
        for path in sorted((tools / group).iterdir()):
            if path.is_dir() or path.suffix == ".json":
                found[f"{group}/{path.name}"] = path
    return found


def classed(millis):
    for limit in CLASSES:
        if millis <= limit * 1000:
            return f"≤ {limit} s"
    return f"> {CLASSES[-1]} s"


def size(count):
    return f"{count} byte" if count == 1 else f"{count} bytes"


def found(report, rule):
    """The stage and the finding of a rule; of several findings the one of the smallest input."""
    best = None
    for stage in report["stages"]:
        for finding in stage["findings"]:
            if finding["rule"] != rule:
                continue
            again = finding.get("reproducer")
            length = len(again["input"].encode()) if again and again.get("input") else None
            if best is None or (length is not None and (best[1] is None or length < best[1])):
                best = (stage, length)
    return best


def validate(program, path, time):
    command = [program, "validate", "--json", "--fuzz-time", time, path]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(ended.stdout)
    except json.JSONDecodeError:
        raise SystemExit(f"{path}: no report: {ended.stderr}") from None
    return report.get("report", report)


def row(program, name, path, want):
    """A tool's row, and what is not as expected."""
    rule = want.get("rule")
    for time in TRIES:
        report = validate(program, path, time)
        place = found(report, rule) if rule else None
        if not rule or place or not name.startswith("bad/"):
            break
    wrong = None
    if report["verdict"] != want["verdict"] or (rule and not place):
        heavy = [
            finding["rule"]
            for stage in report["stages"]
            for finding in stage["findings"]
            if finding["severity"] != "note"
        ]
        wrong = f"{name}: expected {want}, got {report['verdict']} {heavy}"
    if place:
        stage, length = place
        shown = size(length) if length is not None else "–"
        cells = [stage["stage"], f"`{rule}`", classed(stage["duration_millis"]), shown]
    else:
        whole = sum(stage["duration_millis"] for stage in report["stages"])
        cells = ["–", "–", classed(whole), "–"]
    return [f"`{name}`", report["verdict"].replace("_", " ")] + cells, wrong


def known(page):
    """The rows that the page has, by name."""
    rows = {}
    if page.exists():
        for line in page.read_text().splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if len(cells) == 6 and cells[0].startswith("`"):
                rows[cells[0].strip("`")] = cells
    return rows


def write(page, rows):
    lines = [HEAD + "| tool | verdict | stage | rule | time | reproducer |", "|---|---|---|---|---|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    page.write_text("\n".join(lines) + "\n")


def main():
    root, program, only = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    tools, page = root / "tests" / "tools", root / "docs" / "tools.md"
    expected = tomllib.loads((tools / "expected.toml").read_text())
    paths = sources(tools)
    if set(paths) != set(expected):
        sys.exit(f"expected.toml and the folders differ: {sorted(set(paths) ^ set(expected))}")
    rows = known(page)
    wanted = [name for name in paths if not only or name in only or name.split("/")[1] in only]
    wrong = []
    workers = int(os.environ.get("JOBS", 0)) or max(1, (os.cpu_count() or 2) // 2)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        jobs = {
            name: pool.submit(row, program, name, paths[name], expected[name]) for name in wanted
        }
        for name, job in jobs.items():
            rows[name], problem = job.result()
            print("  ".join(rows[name]), flush=True)
            if problem:
                wrong.append(problem)
            # At once, so that what was found is not lost if it is called off.
            write(page, [rows[name] for name in paths if name in rows])
    if wrong:
        sys.exit("NOT as expected:\n  " + "\n  ".join(wrong))


if __name__ == "__main__":
    main()
