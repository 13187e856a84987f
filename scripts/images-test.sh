#!/usr/bin/env bash
# Builds the images twice, which has to give the same, and runs them here with podman as restricted
# as on a cluster: no user, no capability, no network, a read-only root.
#
# Needs podman, and root or a machine whose users may have namespaces of their own.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
# shellcheck source=deploy/tests/python.sh
. "$ROOT/deploy/tests/python.sh"

main() {
    local first second
    HOME_DIR=$(home_dir)
    mkdir -p "$HOME_DIR"
    have podman || apt_install podman runc
    have nsenter || apt_install util-linux
    have curl || apt_install curl
    check_python
    export ENGINE=podman
    # Of both builds, whatever happens to the repository between them.
    SOURCE_DATE_EPOCH=$(git -C "$ROOT" log -1 --format=%ct)
    REVISION=$(git -C "$ROOT" rev-parse HEAD)
    export SOURCE_DATE_EPOCH REVISION
    first=$("$ROOT/scripts/images.sh")
    printf '%s\n' "$first"
    second=$("$ROOT/scripts/images.sh")
    [ "$first" = "$second" ] ||
        die "two builds of the same differ: $second" "podman image diff the two, and find what differs"
    say "images-test: two builds gave the same"
    WASM_RUNNER=$HOME_DIR/images/wasm-runner
    HOST_IMAGE=$(sed -n 's/^\(wasm-runner-host:[^ ]*\) .*/\1/p' <<<"$first")
    SERVICE_IMAGE=$(sed -n 's/^\(wasm-runner-service:[^ ]*\) .*/\1/p' <<<"$first")
    export WASM_RUNNER HOST_IMAGE SERVICE_IMAGE
    "$BIN/python" -m pytest --quiet -p no:cacheprovider "$ROOT/deploy/tests/images"
    say "images-test: all is well"
}

main "$@"
