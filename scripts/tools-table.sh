#!/usr/bin/env bash
# Validates every tool of tests/tools and writes docs/tools.md: what became of each, by which
# stage and rule, in what time, and how large the input is that shows it.
#   scripts/tools-table.sh             every tool
#   scripts/tools-table.sh NAME...     these anew, the rest as the table has them
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
cd "$ROOT"
have python3 || die "python3 is missing" "apt-get install -y python3"
WASM_RUNNER_HOME=$(home_dir)
export WASM_RUNNER_HOME
program=${CARGO_TARGET_DIR:-$ROOT/target}/debug/wasm-runner
if [ -z "${TOOLS_TABLE_NO_BUILD:-}" ]; then
    say "building wasm-runner (the first time takes some minutes)"
    cargo build --locked --package wasm-runner
fi
exec python3 "$ROOT/scripts/tools-table.py" "$ROOT" "$program" "$@"
