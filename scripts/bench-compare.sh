#!/usr/bin/env bash
# Is this slower than what it was made from? Builds the bench of both, runs them in turns, and compares.
#
#   bench-compare.sh BASE [ARGUMENTS]      such as: bench-compare.sh origin/main --threshold 1.25
#
# BASE is a commit. Arguments go to bench-compare.py, which says what they are. Ends with 1 where a
# figure is worse by more than the threshold. The base is built in a work tree and a target folder of its
# own below target/, so that the next time it is built quickly.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
cd "$ROOT"

main() {
    [ $# -ge 1 ] || die "no commit was named" "bench-compare.sh BASE, such as origin/main"
    local base commit tree=$ROOT/target/bench-base/tree program=release/wasm-runner-bench
    base=$1
    shift
    commit=$(git rev-parse --verify --quiet "$base^{commit}") ||
        die "'$base' is no commit here" "git fetch, and name a commit or a branch"
    WASM_RUNNER_HOME=$(home_dir)
    export WASM_RUNNER_HOME
    # One that was left by a run that was cut off is taken away first.
    git worktree remove --force "$tree" 2>/dev/null || rm -rf "$tree"
    git worktree prune
    git worktree add --quiet --detach "$tree" "$commit"
    # shellcheck disable=SC2064 # where it is now
    trap "git worktree remove --force '$tree' 2>/dev/null || true" EXIT
    say "building the bench of $base ($commit)"
    CARGO_TARGET_DIR=$ROOT/target/bench-base cargo build --locked --release --manifest-path "$tree/Cargo.toml" \
        --package wasm-runner-bench
    say "building the bench of what is here"
    cargo build --locked --release --package wasm-runner-bench
    python3 "$ROOT/scripts/bench-compare.py" "$ROOT/target/bench-base/$program" \
        "${CARGO_TARGET_DIR:-$ROOT/target}/$program" "$@"
}

main "$@"
