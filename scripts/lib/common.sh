# Shared by the scripts beside this folder; to be sourced. Needs ROOT (the repository).
# shellcheck shell=bash

# Where set-up puts what tool builds need, and where the programs look for it; absolute.
home_dir() {
    local home=${WASM_RUNNER_HOME:-}
    if [ -z "$home" ]; then
        [ -n "${XDG_DATA_HOME:-${HOME:-}}" ] || die "neither HOME nor WASM_RUNNER_HOME is set" \
            "export WASM_RUNNER_HOME=<a folder that you may write>"
        home=${XDG_DATA_HOME:-$HOME/.local/share}/wasm-runner
    fi
    home=$(realpath -m -- "$home")
    # It goes into TOML files and into a shell script.
    case $home in
        *[\"\'\\\$\`]* | *$'\n'*) die "the folder $home has a quote, \$ or \\ in its name" \
            "export WASM_RUNNER_HOME=<a folder with a plain name>" ;;
    esac
    printf '%s\n' "$home"
}

say() {
    printf '%s\n' "$*" >&2
}

# die WHAT REMEDY: says what is wrong and which command mends it.
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
    "$@" >"$log" 2>&1 && return 0
    say "--- the last lines of what it said (all: $log)"
    tail -n 25 "$log" >&2
    say "---"
    return 1
}

# apt_missing PACKAGE…: those of Debian's packages that are not installed, on one line.
apt_missing() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
    printf '%s\n' "${missing[*]}"
}

# apt_install PACKAGE…: installs those of Debian's packages that are missing.
apt_install() {
    local missing log
    have apt-get || die "this needs $*, and here is no apt to install them" \
        "install them with this system's package manager and run 'make setup' again"
    missing=$(apt_missing "$@")
    [ -n "$missing" ] || return 0
    is_root || die "the packages $missing are missing, and only root can install them" \
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends $missing"
    say "  installing Debian packages: $missing"
    log=$(mktemp)
    run_logged "$log" apt-get update ||
        die "the package lists can't be fetched" \
            "connect this machine to a Debian mirror and run 'make setup' again"
    # shellcheck disable=SC2086 # one word a package
    DEBIAN_FRONTEND=noninteractive run_logged "$log" \
        apt-get install -y --no-install-recommends $missing ||
        die "the packages $missing can't be installed" \
            "apt-get install -y --no-install-recommends $missing"
    rm -f "$log"
}
