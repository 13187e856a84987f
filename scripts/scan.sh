#!/usr/bin/env bash
# Are there known holes in what we are made of? Asks the RustSec database about every crate of every
# lock file here, by cargo-deny.
#
#   scan.sh                       the database as it is now (from its git host)
#   ADVISORIES=PLACE scan.sh      a git repository of that form: a folder, or a URL
#   scan.sh SBOM…                 also: each crate of these bills of materials (CycloneDX) is one of the
#                                 lock file that was looked through, in the same version
#
# Without names of files, the bill of materials of the images is looked at if `make images` made one. It
# names crates; Debian's packages in the service's image are as old as its base (deploy/images/layout.sh).
# Ends with 0 only if nothing was found and everything was looked at.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT DATABASE=https://github.com/RustSec/advisory-db
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
# shellcheck source=scripts/cargo-deny.sh
. "$ROOT/scripts/cargo-deny.sh"

# What is built into the program, what tools may use and are made with, and what fuzzes it.
readonly MANIFESTS=(Cargo.toml scripts/allowlist/Cargo.toml guest-sdk/rust/Cargo.toml
    guest-sdk/rust-macros/Cargo.toml fuzz/Cargo.toml)

# write_config: deny.toml, with where the database is.
write_config() {
    local place=${ADVISORIES:-$DATABASE}
    if [ -d "$place" ]; then
        say "scan: advisories of the folder $place"
        # cargo-deny takes addresses with a host only; git goes to the folder instead.
        export GIT_CONFIG_COUNT=1 GIT_CONFIG_VALUE_0=$DATABASE
        GIT_CONFIG_KEY_0=url.$(cd "$place" && pwd).insteadOf
        export GIT_CONFIG_KEY_0
        place=$DATABASE
    else
        say "scan: advisories of $place"
    fi
    case $place in
        *[\"\\]* | *$'\n'*) die "'$place' is no place of a database" "ADVISORIES=<a folder or a URL> scan.sh" ;;
    esac
    mkdir -p "$WORK/databases"
    awk -v path="$WORK/databases" -v url="$place" '
        { print }
        /^\[advisories\]$/ { printf "db-path = \"%s\"\ndb-urls = [\"%s\"]\n", path, url }
    ' "$ROOT/deny.toml" >"$WORK/deny.toml"
}

locks() {
    local manifest failed=no
    for manifest in "${MANIFESTS[@]}"; do
        say "scan: $manifest"
        "$DENY" --log-level warn --locked --config "$WORK/deny.toml" --manifest-path "$ROOT/$manifest" \
            check advisories || failed=yes
    done
    [ "$failed" = no ] || die "there are advisories, or the database can't be had" \
        "take a version that mends what is named above; where it does no harm here, say why in deny.toml"
}

# boms FILE…
boms() {
    python3 - "$ROOT/Cargo.lock" "$@" <<'PY' || die "a bill of materials is not covered" "make images, and scan again"
import json, sys, tomllib
lock, *files = sys.argv[1:]
with open(lock, "rb") as file:
    known = {(one["name"], one["version"]) for one in tomllib.load(file)["package"]}
for name in files:
    with open(name, encoding="utf-8") as file:
        components = json.load(file)["components"]
    crates = [(one["name"], one["version"]) for one in components if one.get("purl", "").startswith("pkg:cargo/")]
    strange = sorted(set(crates) - known)
    if strange or not crates:
        sys.exit(f"{name}: of {len(crates)} crates these are not in the lock file: {strange}")
    print(f"scan: {name}: all {len(crates)} crates are in the lock file", file=sys.stderr)
PY
}

main() {
    local sboms=("$@")
    have git || apt_install git
    find_cargo_deny || die "cargo-deny can't be installed" "connect to crates.io and scan again"
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
    if [ $# = 0 ] && [ -e "$(home_dir)/images/sbom.cdx.json" ]; then
        sboms=("$(home_dir)/images/sbom.cdx.json")
    fi
    write_config
    locks
    [ ${#sboms[@]} = 0 ] || boms "${sboms[@]}"
    say "scan: nothing was found"
}

main "$@"
