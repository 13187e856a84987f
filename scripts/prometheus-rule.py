#!/usr/bin/env python3
"""Writes deploy/kubernetes/components/alerts/prometheus-rule.yaml: the rules of
deploy/observability/prometheus, as the Prometheus operator takes them. The groups are taken over line
by line. With --check nothing is written, and what differs is said. Python's standard library is enough.
"""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RULES = ROOT / "deploy/observability/prometheus"
WRITTEN = ROOT / "deploy/kubernetes/components/alerts/prometheus-rule.yaml"
HEAD = """\
# Made by scripts/prometheus-rule.py from deploy/observability/prometheus: change the rules there.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: wasm-runner
  namespace: wasm-runner
spec:
  groups:
"""


def groups(name):
    """What stands below `groups:`, one level deeper."""
    head, found, rest = (RULES / name).read_text(encoding="utf-8").partition("\ngroups:\n")
    if not found or any(line and not line.startswith("#") for line in head.splitlines()):
        sys.exit(f"{name}: only comments may stand before its groups")
    return "".join(f"  {line}".rstrip() + "\n" for line in rest.splitlines())


def main():
    text = HEAD + groups("recording.yml") + groups("alerts.yml")
    if sys.argv[1:] != ["--check"]:
        WRITTEN.write_text(text, encoding="utf-8")
    elif not WRITTEN.exists() or WRITTEN.read_text(encoding="utf-8") != text:
        sys.exit(f"{WRITTEN.relative_to(ROOT)}: not what scripts/prometheus-rule.py writes; run it")


main()
