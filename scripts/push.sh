#!/usr/bin/env bash
# Sends the images that `make images` made to a registry.
#
#   push.sh REGISTRY/PREFIX        such as ghcr.io/somebody/wasm-runner
#
# Prints, for each, the reference with its digest: what deploy.sh takes, and what is signed. Who may
# push is podman's business (`podman login`). PUSH_FLAGS are further flags of `podman push`.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"

main() {
    local image name tag digests
    [ $# = 1 ] || die "where to is missing" "push.sh REGISTRY/PREFIX"
    tag=${VERSION:-$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml")}
    digests=$(mktemp)
    for image in host service; do
        name=$1/$image
        # shellcheck disable=SC2086 # several flags
        podman push ${PUSH_FLAGS:-} --digestfile "$digests" "wasm-runner-$image:$tag" "$name:$tag" >&2 ||
            die "$name can't be pushed" "make images; podman login ${1%%/*}"
        printf '%s@%s\n' "$name" "$(cat "$digests")"
    done
    rm -f "$digests"
}

main "$@"
