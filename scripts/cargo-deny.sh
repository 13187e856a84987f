# cargo-deny in one pinned version, for lint.sh and scan.sh; to be sourced. Needs ROOT and
# scripts/lib/common.sh.
# shellcheck shell=bash

readonly CARGO_DENY=0.20.2

# find_cargo_deny: sets DENY to the program, which is installed if it is not there yet. Fails where it
# can't be.
find_cargo_deny() {
    DENY=$(home_dir)/lint/bin/cargo-deny
    [ ! -x "$DENY" ] || return 0
    say "  installing cargo-deny $CARGO_DENY (a few minutes, once)"
    local log
    log=$(mktemp)
    run_logged "$log" cargo install --locked --version "=$CARGO_DENY" \
        --root "$(home_dir)/lint" cargo-deny || return 1
    rm -f "$log"
}
