#!/usr/bin/env bash
# Signs files of a release with an SSH key, and checks such signatures (`ssh-keygen -Y`).
#
#   sign.sh KEY FILE…                        writes FILE.sig beside each
#   sign.sh --verify ALLOWED_SIGNERS FILE…   ends with 0 only if each was signed by release@wasm-runner
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT NAMESPACE=wasm-runner-release SIGNER=release@wasm-runner
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"

main() {
    local verify=no with file
    if [ "${1:-}" = --verify ]; then
        verify=yes
        shift
    fi
    [ $# -ge 2 ] || die "a key and a file are needed" "sign.sh KEY FILE…, or sign.sh --verify ALLOWED_SIGNERS FILE…"
    have ssh-keygen || apt_install openssh-client
    with=$1
    shift
    for file in "$@"; do
        if [ "$verify" = yes ]; then
            ssh-keygen -Y verify -f "$with" -I "$SIGNER" -n "$NAMESPACE" -s "$file.sig" <"$file" ||
                die "$file is not what $SIGNER signed" "use nothing of this release"
        else
            rm -f "$file.sig"
            ssh-keygen -Y sign -f "$with" -n "$NAMESPACE" "$file"
        fi
    done
}

main "$@"
