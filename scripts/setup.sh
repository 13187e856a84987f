#!/usr/bin/env bash
# Makes what tool builds need: a Rust with the WASI target, the crates that tools may use
# (vendored, so that builds need no network) and those crates compiled ahead.
#
# All of it goes into one folder: $WASM_RUNNER_HOME, else ~/.local/share/wasm-runner. (Only
# `rustup target add`, where it works, adds to rustup's own folder.) Nothing is done again
# while nothing changed; after a change of the SDK alone only the SDK is compiled again.
#
# WASM_RUNNER_TARGET_ROUTE=rustup or =build-std asks for one way to the target only.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
# shellcheck source=scripts/lib/target.sh
. "$ROOT/scripts/lib/target.sh"
# shellcheck source=scripts/lib/build-std.sh
. "$ROOT/scripts/lib/build-std.sh"
# shellcheck source=scripts/lib/allowlist.sh
. "$ROOT/scripts/lib/allowlist.sh"

readonly PARTS=(toolchain.toml vendor allowlist.toml allowlist.lock warm)

# digest PATH…: one digest of the files below the paths, from the repository's root.
digest() {
    (
        cd "$ROOT"
        find "$@" -type f -not -path '*/target/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    ) | sha256sum | cut -d ' ' -f 1
}

# The crates depend on where they lie and on what compiles them, not only on their sources.
crates_stamp() {
    printf '%s %s %s %s\n' "$(digest scripts/setup.sh scripts/lib scripts/allowlist)" \
        "$1" "$RUSTC" "$("$RUSTC" --version)" | sha256sum | cut -d ' ' -f 1
}

sdk_stamp() {
    digest guest-sdk/rust/Cargo.toml guest-sdk/rust/src \
        guest-sdk/rust-macros/Cargo.toml guest-sdk/rust-macros/src
}

stamp() {
    printf 'crates %s\nsdk %s\n' "$(crates_stamp "$1")" "$(sdk_stamp)"
}

all_parts() {
    local part
    for part in "${PARTS[@]}"; do
        [ -e "$1/$part" ] || return 1
    done
}

check_programs() {
    have cargo || die "there is no Rust here" \
        "install Rust 1.95 with rustup (https://rustup.rs) and run 'make setup' again"
    have cc || apt_install gcc libc6-dev
    have python3 || apt_install python3 python3-pip
    have flock || apt_install util-linux
}

# take HOME PART: what was made in .new takes its place.
take() {
    rm -rf "${1:?}/$2"
    mv "$1/.new/$2" "$1/$2"
}

# install_parts HOME ONLY_SDK: all but the target.
install_parts() {
    local home=$1 only_sdk=$2 part
    # From here until the new stamp is written, what lies here is not to be believed.
    rm -rf "$home/setup.stamp" "$home/.new"
    mkdir -p "$home/.new"
    if [ "$only_sdk" = no ]; then
        vendor_crates "$home/.new/vendor"
        # To their place first: cargo remembers where it compiled them from.
        take "$home" vendor
    fi
    vendor_sdk "$home/vendor"
    write_toolchain >"$home/.new/toolchain.toml"
    write_allowlist >"$home/.new/allowlist.toml"
    [ "$only_sdk" = no ] || warm_without_sdk "$home"
    warm "$home"
    for part in warm toolchain.toml allowlist.toml allowlist.lock; do
        take "$home" "$part"
    done
    rm -rf "$home/.new"
    stamp "$home" >"$home/setup.stamp"
}

main() {
    local home only_sdk=no old=
    home=$(home_dir)
    mkdir -p "$home" 2>/dev/null || true
    [ -w "$home" ] || die "the folder $home can't be made or written" \
        "export WASM_RUNNER_HOME=<a folder that you may write> and run 'make setup' again"
    check_programs
    # One set-up at a time: the second waits, then finds everything done.
    exec 9>"$home/setup.lock"
    flock --nonblock 9 || {
        say "waiting for another set-up in $home"
        flock 9
    }
    if find_target "$home"; then
        [ ! -e "$home/setup.stamp" ] || old=$(cat "$home/setup.stamp")
        if all_parts "$home" && [ -n "$old" ]; then
            [ "$old" != "$(stamp "$home")" ] || return 0
            [ "${old%%$'\n'*}" != "crates $(crates_stamp "$home")" ] || only_sdk=yes
        fi
    fi
    say "set-up in $home"
    ensure_target "$home"
    install_parts "$home" "$only_sdk"
    say "set-up is done"
}

main "$@"
