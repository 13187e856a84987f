#!/usr/bin/env python3
"""Runs the bench of a base and of what was made from it in turns, and compares.

    bench-compare.py BASE_PROGRAM PROGRAM [--rounds 5] [--threshold 1.25] [-- OPTIONS OF THE BENCH]

A figure's own first side is compared: its median of each round against that of the same round's other
program, which ran right before or after it. What is told is the median over the rounds, so that one round
in which the machine did something else decides nothing. Above 1 is worse, whichever way the figure
counts. Ends with 1 where one is worse than the threshold, with 2 where they can't be compared. Figures
that only one of the two has are named. Python's standard library is enough.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile


def run(program, options, folder):
    """The figures of one run: (median of our side, whether more is better), by name."""
    report = pathlib.Path(folder) / "figures.json"
    report.unlink(missing_ok=True)
    done = subprocess.run([program, *options, "--json", report], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    # It ends with 1 where a figure is out of its own reach, which is not what is asked here.
    if not report.exists():
        sys.stderr.write(done.stderr[-2000:])
        print(f"{program} wrote no figures", file=sys.stderr)
        sys.exit(2)
    figures = json.loads(report.read_text())["figures"]
    return {one["name"]: (one["sides"][0]["median"] or 0, "at_least" in one["reach"]) for one in figures}


def worse(base, here, more_is_better):
    """By what factor; 1 where nothing can be said."""
    if base <= 0 or here <= 0:
        return 1.0
    return base / here if more_is_better else here / base


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base")
    parser.add_argument("here")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threshold", type=float, default=1.25)
    parser.add_argument("options", nargs="*")
    asked = parser.parse_args()
    if asked.rounds < 1 or asked.threshold <= 1:
        parser.error("at least one round, and a threshold above 1")
    options = asked.options or ["--quick"]
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(asked.rounds):
            order = ["base", "here"] if number % 2 == 0 else ["here", "base"]
            rounds.append({side: run(getattr(asked, side), options, folder) for side in order})
    names = list(rounds[0]["here"])
    both = [name for name in names if all(name in one["base"] and name in one["here"] for one in rounds)]
    if not both:
        print("the two have no figure in common", file=sys.stderr)
        sys.exit(2)
    slower = []
    print(f"{'figure':<28} {'base':>12} {'here':>12} {'worse by':>9}   rounds")
    for name in both:
        factors = [worse(one["base"][name][0], one["here"][name][0], one["here"][name][1]) for one in rounds]
        factor = statistics.median(factors)
        base, here = (statistics.median(one[side][name][0] for one in rounds) for side in ("base", "here"))
        mark = ""
        if factor > asked.threshold:
            slower.append(name)
            mark = "  <-- too much"
        print(f"{name:<28} {base:>12.4g} {here:>12.4g} {factor:>9.2f}   {min(factors):.2f} to {max(factors):.2f}{mark}")
    for name in sorted(set(names) - set(both)):
        print(f"{name:<28} only here")
    for name in sorted(set(rounds[0]["base"]) - set(names)):
        print(f"{name:<28} only in the base")
    if slower:
        print(f"worse than {asked.threshold:.2f}: {', '.join(slower)}", file=sys.stderr)
        sys.exit(1)


main()
