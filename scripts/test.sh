#!/usr/bin/env bash
# Every test: the workspace's, those of the SDK's two packages, which stand alone, and those of deploy/
# (`make deploy-check`) where kubectl is here and PyPI can be reached.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
cd "$ROOT"
WASM_RUNNER_HOME=$(home_dir)
export WASM_RUNNER_HOME
# A snapshot that differs fails; it is never written by a test run.
export INSTA_UPDATE=no

# Built first and whole: end-to-end tests start the program that this makes.
cargo build --locked --workspace --tests --bins
cargo test --locked --workspace
for package in guest-sdk/rust-macros guest-sdk/rust; do
    cargo test --manifest-path "$package/Cargo.toml" --target-dir target/guest-sdk
done
# shellcheck source=deploy/tests/python.sh
. "$ROOT/deploy/tests/python.sh"
HOME_DIR=$WASM_RUNNER_HOME
if ! have kubectl; then
    say "skipped: make deploy-check (kubectl is not here: https://kubernetes.io/docs/tasks/tools)"
elif ! (check_python); then
    say "skipped: make deploy-check (the lines above say what could not be installed)"
else
    "$ROOT/scripts/deploy-check.sh"
fi
