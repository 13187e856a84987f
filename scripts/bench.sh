#!/usr/bin/env bash
# How fast calls are, beside what else could run them. Arguments go to the program:
#   scripts/bench.sh --only call --json /tmp/call.json
#   scripts/bench.sh --quick
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
cd "$ROOT"
WASM_RUNNER_HOME=$(home_dir)
export WASM_RUNNER_HOME
say "building the bench as it is released (the first time takes some minutes)"
cargo build --locked --release --package wasm-runner-bench
exec "${CARGO_TARGET_DIR:-$ROOT/target}/release/wasm-runner-bench" "$@"
