#!/usr/bin/env bash
# Random modules through the real service: fuzz-host.sh COUNT [FIRST_SEED].
#
# A finding names its seed and the file of its module. PROFILE=dev takes the debug build.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
cd "$ROOT"

count=${1:-10000}
seed=${2:-1}
case $count$seed in
    *[!0-9]*) die "'$count' or '$seed' is no number" "make fuzz-host COUNT=10000 SEED=1" ;;
esac
profile=${PROFILE:-release}

# The program first: the test starts the one beside itself.
cargo build --locked --profile "$profile" --package wasm-runner
WASM_RUNNER_RANDOM_MODULES=$count WASM_RUNNER_RANDOM_SEED=$seed \
    cargo test --locked --profile "$profile" --package wasm-runner-e2e --test random -- --nocapture
