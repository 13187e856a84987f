# Shared by the scripts beside this folder; to be sourced. Needs ROOT (the repository).
# shellcheck shell=bash

# Where set-up puts what tool builds need, and where the programs look for it.
home_dir() {
    if [ -n "${WASM_RUNNER_HOME:-}" ]; then
        printf '%s\n' "$WASM_RUNNER_HOME"
    else
        printf '%s\n' "${XDG_DATA_HOME:-$HOME/.local/share}/wasm-runner"
    fi
}

say() {
    printf '%s\n' "$*" >&2
}

# die WHAT REMEDY: says what is missing and which command mends it.
die() {
    say "error: $1"
    say "  remedy: $2"
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

is_root() {
    [ "$(id -u)" = 0 ]
}

# run_logged LOG COMMAND…: shows the end of the log when the command fails.
run_logged() {
    local log=$1
    shift
    if ! "$@" >"$log" 2>&1; then
        say "--- the end of what '$1' said:"
        tail -n 25 "$log" >&2
        say "---"
        return 1
    fi
}

# apt_install PACKAGE…: installs what is missing of Debian's packages.
apt_install() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local list="${missing[*]}"
    have apt-get || die "the packages $list are missing, and this is no Debian" \
        "install them with this system's package manager and run 'make setup' again"
    is_root || die "the packages $list are missing, and only root can install them" \
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends $list"
    say "  installing Debian packages: $list"
    local log
    log=$(mktemp)
    run_logged "$log" apt-get update ||
        die "the package lists can't be fetched" \
            "connect this machine to a Debian mirror and run 'make setup' again"
    DEBIAN_FRONTEND=noninteractive run_logged "$log" \
        apt-get install -y --no-install-recommends "${missing[@]}" ||
        die "the packages $list can't be installed" \
            "apt-get install -y --no-install-recommends $list"
    rm -f "$log"
}
