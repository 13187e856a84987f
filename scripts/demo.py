"""The demo: a service on a free port, the example tools proposed, three called.

Left out are those whose fault only fuzzing finds: how long that takes is a matter of the machine
and of chance. The tests have them, and give them time.

Ends with 0 only if each verdict is the one that tests/tools/expected.toml names.
"""

import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib

CALLS = [
    ("csv-stats", {"csv": "city,people\nOslo,700\nBergen,290\n"}, []),
    ("date-arithmetic", None, []),
    ("text-search", {"pattern": "anvil", "ignore_case": True, "limit": 3}, ["/docs"]),
]


def say(text):
    print(f"\n\x1b[1m{text}\x1b[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def sources(tools):
    """Each tool's name in expected.toml, and where it is."""
    found = {}
    for group in ("good", "bad"):
        for path in sorted((tools / group).iterdir()):
            if path.is_dir() or path.suffix == ".json":
                found[f"{group}/{path.name}"] = path
    return found


def start(program, folder):
    """Starts the service; its first line of output is where it listens."""
    service = subprocess.Popen(
        [program, "serve", "--listen", "127.0.0.1:0", "--data-dir", folder / "data"],
        stdout=subprocess.PIPE,
        stderr=open(folder / "service.log", "wb"),
        text=True,
    )
    line = service.stdout.readline()
    if "http://" not in line:
        service.wait()
        sys.exit("the service did not start:\n" + (folder / "service.log").read_text())
    return service, line[line.index("http://") :].split()[0]


def different(expected, reports, paths):
    """What is not as expected, a line each."""
    by_source = {pathlib.Path(report["source"]).resolve(): report for report in reports}
    wrong = []
    for name, want in expected.items():
        got = by_source.get(paths[name].resolve()) if name in paths else None
        report = (got or {}).get("report")
        if not report:
            wrong.append(f"{name}: no report: {(got or {}).get('error', 'not proposed')}")
            continue
        verdict = report["verdict"]
        stages = report["stages"]
        rules = {f["rule"] for s in stages for f in s["findings"]}
        if verdict != want["verdict"] or ("rule" in want and want["rule"] not in rules):
            wrong.append(f"{name}: expected {want}, got {verdict} {sorted(rules)}")
    wrong += [f"{name}: not in expected.toml" for name in paths if name not in expected]
    return wrong


def main():
    root, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    tools = root / "tests" / "tools"
    expected = tomllib.loads((tools / "expected.toml").read_text())
    by_chance = {name for name, want in expected.items() if want.get("rule", "").startswith("fuzz/")}
    expected = {name: want for name, want in expected.items() if name not in by_chance}
    paths = {name: path for name, path in sources(tools).items() if name not in by_chance}
    with tempfile.TemporaryDirectory(prefix="wasm-runner-demo-") as temporary:
        folder = pathlib.Path(temporary)
        say("Starting the service")
        service, url = start(program, folder)
        print(f"listening on {url}, its data in {folder / 'data'}", flush=True)
        try:
            say(f"Proposing {len(paths)} tools: the good shall pass, the bad shall not")
            output = folder / "reports.json"
            command = [program, "proposal", "submit", "--activate", "--server", url]
            subprocess.run([*command, "--output", output, *paths.values()], check=False)
            wrong = different(expected, json.loads(output.read_text()), paths)

            for name, given, guests in CALLS:
                say(f"Calling {name}")
                if given is None:
                    shown = subprocess.run(
                        [program, "tool", "show", name, "--json", "--server", url],
                        check=True, capture_output=True, text=True,
                    )
                    given = find_examples(json.loads(shown.stdout))[0]["input"]
                bind = []
                for guest in guests:
                    # Callers may bind what is below the data folder's `folders`, nothing else.
                    host = folder / "data" / "folders" / guest.lstrip("/")
                    shutil.copytree(tools / "good" / name / "fixtures" / guest.lstrip("/"), host)
                    bind += ["--dir", f"{host}::{guest}:ro"]
                call = [program, "tool", "call", name, json.dumps(given), "--usage", *bind]
                print(" ".join(["$ wasm-runner tool call", name, repr(json.dumps(given)), *bind]), flush=True)
                if subprocess.run([*call, "--server", url], check=False).returncode != 0:
                    wrong.append(f"{name}: the call failed")
        finally:
            say("Stopping the service")
            service.send_signal(signal.SIGTERM)
            status = service.wait()
        if status != 0:
            wrong.append(f"the service ended with {status}:\n" + (folder / "service.log").read_text())
    if wrong:
        sys.exit("NOT as expected:\n  " + "\n  ".join(wrong))
    print(f"all {len(expected)} verdicts are as expected")


def find_examples(value):
    """The first list named `examples` in some JSON."""
    if isinstance(value, dict):
        if value.get("examples"):
            return value["examples"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            found = find_examples(part)
            if found:
                return found
    return None


if __name__ == "__main__":
    main()
