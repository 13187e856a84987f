#!/usr/bin/env bash
# Feeds one of the readers of strangers' input with libFuzzer: fuzz.sh TARGET [SECONDS].
#
# Starts from seeds of tests/ and policies/, keeps what it learns in fuzz/corpus, and puts an
# input that fails into fuzz/artifacts. SANITIZER=address looks for misuse of memory too; it is
# slower, and there is no unsafe code of ours in these readers.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
cd "$ROOT"

readonly CARGO_FUZZ=0.13.2
target=${1:-policy}
seconds=${2:-60}
[ -f "fuzz/fuzz_targets/$target.rs" ] ||
    die "there is no target $target" "one of: $(basename -s .rs -a fuzz/fuzz_targets/*.rs | tr '\n' ' ')"
case $seconds in
    *[!0-9]* | "") die "'$seconds' is no number of seconds" "make fuzz TARGET=$target SECONDS=60" ;;
esac

bin=$(home_dir)/fuzz/bin/cargo-fuzz
if [ ! -x "$bin" ]; then
    say "installing cargo-fuzz $CARGO_FUZZ (a few minutes, once)"
    log=$(mktemp)
    run_logged "$log" cargo install --locked --version "=$CARGO_FUZZ" --root "$(home_dir)/fuzz" cargo-fuzz ||
        die "cargo-fuzz can't be installed" "connect to crates.io and run this again"
    rm -f "$log"
fi

corpus=fuzz/corpus/$target
mkdir -p "$corpus"
case $target in
    policy) find policies/presets -name '*.toml' -size -64k -exec cp -t "$corpus" {} + ;;
    manifest | proposal_json | report | worker_line)
        find fuzz/seeds tests validation host-api -name '*.json' -size -64k -exec cp -t "$corpus" {} + ;;
    module)
        find tests bench target/wasm-seeds -name '*.wasm' -size -64k -exec cp -t "$corpus" {} + 2>/dev/null || true ;;
esac

# libFuzzer's instrumentation is a matter of flags that a stable compiler takes only so.
RUSTC_BOOTSTRAP=1 "$bin" run --fuzz-dir fuzz --sanitizer "${SANITIZER:-none}" "$target" "$corpus" -- \
    -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=65536
