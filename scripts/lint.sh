#!/usr/bin/env bash
# Formatting, clippy, rustdoc, licences and sources, shell scripts. Warnings are errors.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
# shellcheck source=scripts/cargo-deny.sh
. "$ROOT/scripts/cargo-deny.sh"
cd "$ROOT"

step() {
    say "lint: $*"
}

rust() {
    step rustfmt
    cargo fmt --all --check
    local package
    for package in guest-sdk/rust-macros guest-sdk/rust; do
        cargo fmt --manifest-path "$package/Cargo.toml" --check
    done
    step clippy
    cargo clippy --locked --workspace --all-targets --quiet -- -D warnings
    for package in guest-sdk/rust-macros guest-sdk/rust; do
        cargo clippy --manifest-path "$package/Cargo.toml" --target-dir target/guest-sdk \
            --all-targets --quiet -- -D warnings
    done
    # What tools are compiled with stands behind `cfg(target_family = "wasm")`.
    if rustup target list --installed 2>/dev/null | grep -qx wasm32-wasip1; then
        cargo clippy --manifest-path guest-sdk/rust/Cargo.toml --target-dir target/guest-sdk \
            --target wasm32-wasip1 --all-features --quiet -- -D warnings
    else
        say "  skipped: the SDK for WASI (rustup has no wasm32-wasip1 here)"
    fi
    step rustdoc
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items --quiet
}

# Crates depend only on those before them in ARCHITECTURE.md: tests/src holds that test.
layers() {
    step "crates depend only downwards"
    cargo test --locked --package wasm-runner-e2e --test layers --quiet
}

deny() {
    step "cargo deny"
    if ! find_cargo_deny; then
        say "  skipped: cargo-deny can't be installed; connect to crates.io and run 'make lint' again"
        return 0
    fi
    # Advisories come from a git host, which a machine with registries only can't reach: make scan.
    "$DENY" --log-level warn check bans licenses sources
}

shell() {
    step shellcheck
    have shellcheck || apt_install shellcheck
    shellcheck -x scripts/*.sh scripts/lib/*.sh scripts/smoke deploy/*/*.sh .ci/run
    step python
    python3 - scripts/*.py deploy/*/*.py deploy/*/*/*.py <<'PY'
import ast, sys
for path in sys.argv[1:]:
    ast.parse(open(path, encoding="utf-8").read(), path)
PY
}

rust
layers
deny
shell
say "lint: all is well"
