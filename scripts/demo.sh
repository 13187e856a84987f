#!/usr/bin/env bash
# Starts the service, proposes the tools of tests/tools, calls three, and stops again.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
cd "$ROOT"
have python3 || die "python3 is missing" "apt-get install -y python3"
WASM_RUNNER_HOME=$(home_dir)
export WASM_RUNNER_HOME
say "building wasm-runner (the first time takes some minutes)"
cargo build --locked --package wasm-runner
exec python3 "$ROOT/scripts/demo.py" "$ROOT" "${CARGO_TARGET_DIR:-$ROOT/target}/debug/wasm-runner"
