#!/usr/bin/env bash
# Runs the cases of the public WASI test suite, wasip1 and wasip3, through `wasm-runner run`.
#
# Takes the path of a checkout of the suite that holds its cases compiled (its branch
# prod/testsuite-base), and after it options for the suite's own runner. WASM_RUNNER names the
# program; without it, it is built. Cases that call the guest (worlds other than a command's) are
# left out by the adapter; those that must end otherwise here are in wasi-testsuite-expected.toml.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"

[ $# -ge 1 ] || die "no checkout of the suite was named" "scripts/wasi-testsuite.sh CHECKOUT"
[ -d "$1/test-runner/wasi_test_runner" ] ||
    die "$1 holds no test-runner/wasi_test_runner" "name a checkout of the WASI test suite"
SUITE=$(cd "$1" && pwd)
shift

mapfile -t FOLDERS < <(find "$SUITE/tests" -path '*wasm32-wasip[13]/manifest.json' -printf '%h\n' | sort)
COMPILED=0
if [ ${#FOLDERS[@]} -gt 0 ]; then
    COMPILED=$(find "${FOLDERS[@]}" -name '*.wasm' | wc -l)
fi
[ "$COMPILED" -gt 0 ] ||
    die "$SUITE has no compiled cases of wasm32-wasip1 or wasm32-wasip3" "check out its branch prod/testsuite-base"
python3 -c 'import colorama' 2>/dev/null ||
    die "the suite's runner needs Python's colorama" "pip install colorama, or apt install python3-colorama"

if [ -z "${WASM_RUNNER:-}" ]; then
    cargo build --locked --quiet --manifest-path "$ROOT/Cargo.toml" --package wasm-runner
    export WASM_RUNNER=$ROOT/target/debug/wasm-runner
fi
say "$COMPILED cases"
# The suite's runner asks an Enum whether a text is one of its values, which Python before 3.12
# refuses to answer.
PYTHONPATH=$SUITE/test-runner exec python3 -c '
import enum, runpy, sys
if sys.version_info < (3, 12):
    enum.EnumMeta.__contains__ = lambda kind, value: (
        isinstance(value, kind) or value in kind._value2member_map_
    )
runpy.run_module("wasi_test_runner", run_name="__main__", alter_sys=True)
' --test-suite "${FOLDERS[@]}" --runtime-adapter "$ROOT/scripts/wasi-testsuite-adapter.py" \
    --expectations "$ROOT/scripts/wasi-testsuite-expected.toml" "$@"
