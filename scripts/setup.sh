#!/usr/bin/env bash
# Makes what tool builds need: a Rust with the WASI target, the crates that tools may use
# (vendored, so that builds need no network) and those crates compiled ahead.
#
# Everything but the target goes into one folder: $WASM_RUNNER_HOME, else
# ~/.local/share/wasm-runner. Nothing is done again while nothing changed.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
# shellcheck source=scripts/lib/target.sh
. "$ROOT/scripts/lib/target.sh"
# shellcheck source=scripts/lib/allowlist.sh
. "$ROOT/scripts/lib/allowlist.sh"

# What the result is made of: when none of it changed, there is nothing to do.
stamp() {
    (
        cd "$ROOT"
        find scripts/setup.sh scripts/lib scripts/allowlist guest-sdk/rust/Cargo.toml \
            guest-sdk/rust/src guest-sdk/rust-macros/Cargo.toml guest-sdk/rust-macros/src \
            -type f -not -path '*/target/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
        printf '%s\n%s\n' "$1" "$RUSTC"
        "$RUSTC" --version
    ) | sha256sum | cut -d ' ' -f 1
}

check_tools() {
    have cargo || die "there is no Rust here" \
        "install Rust 1.95 with rustup (https://rustup.rs) and run 'make setup' again"
    have cc || apt_install gcc libc6-dev
    have python3 || apt_install python3 python3-pip
    have ar || apt_install binutils
    have flock || apt_install util-linux
}

main() {
    local home
    home=$(home_dir)
    mkdir -p "$home" 2>/dev/null || die "the folder $home can't be made" \
        "set WASM_RUNNER_HOME to a folder that you may write"
    check_tools
    # One set-up at a time; the second finds everything done.
    exec 9>"$home/setup.lock"
    flock 9
    if find_target && [ -e "$home/setup.stamp" ] && [ "$(cat "$home/setup.stamp")" = "$(stamp "$home")" ]; then
        return 0
    fi
    say "set-up in $home"
    ensure_target
    rm -rf "$home/setup.stamp" "$home/.new"
    mkdir -p "$home/.new"
    vendor_allowlist "$home/.new"
    write_toolchain "$home/.new"
    local part
    # The vendored crates go to their place first: cargo remembers where it compiled them from.
    rm -rf "$home/vendor"
    mv "$home/.new/vendor" "$home/vendor"
    warm "$home/.new" "$home"
    for part in warm toolchain.toml allowlist.toml allowlist.lock; do
        rm -rf "${home:?}/$part"
        mv "$home/.new/$part" "$home/$part"
    done
    rm -rf "$home/.new"
    # The stamp comes last: a set-up that was cut off is done again.
    stamp "$home" >"$home/setup.stamp"
    say "set-up is done"
}

main "$@"
