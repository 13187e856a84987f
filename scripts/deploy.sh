#!/usr/bin/env bash
# Brings a release to a cluster, looks whether it works, and takes it back if it does not.
#
#   deploy.sh OVERLAY HOST_IMAGE SERVICE_IMAGE
#   deploy.sh staging registry.example.com/host@sha256:… registry.example.com/service@sha256:…
#
# The cluster is kubectl's current one. Images are named by digest, so that what was tested is what
# runs. Ends with 0 only if the new version answers; with 1 the version before it is back.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"

readonly HOSTS=deployment/wasm-runner-host HOSTS_IN=wasm-runner
readonly SERVICE=statefulset/wasm-runner-service SERVICE_IN=wasm-runner-validations
# A first start pulls an image of 1.2 GB.
readonly TIME=${ROLLOUT_TIMEOUT:-10m}

usage() {
    die "$1" "deploy.sh OVERLAY HOST_IMAGE@sha256:… SERVICE_IMAGE@sha256:… (overlays: $(cd "$ROOT/deploy/kubernetes/overlays" && echo *))"
}

# image NAME REFERENCE: kustomize's words for it.
image() {
    printf '  - name: wasm-runner-%s\n    newName: %s\n    digest: %s\n' "$1" "${2%@*}" "${2#*@}"
}

# write_release: the overlay with these images, and with the tools that hosts work on now.
write_release() {
    cat >"$WORK/kustomization.yaml" <<YAML
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - $(realpath --relative-to="$(realpath "$WORK")" "$ROOT/deploy/kubernetes/overlays/$OVERLAY")
images:
$(image host "$HOST_IMAGE")
$(image service "$SERVICE_IMAGE")
patches:
  - target: {kind: Deployment, name: wasm-runner-host}
    patch: |
      - op: replace
        path: /spec/template/spec/volumes/0/ephemeral/volumeClaimTemplate/spec/dataSource/name
        value: $TOOLS
YAML
    kubectl kustomize "$WORK" >"$WORK/release.yaml"
}

# present_tools: the snapshot that the hosts' data comes from.
present_tools() {
    kubectl get "$HOSTS" --namespace "$HOSTS_IN" --ignore-not-found --output \
        'jsonpath={.spec.template.spec.volumes[0].ephemeral.volumeClaimTemplate.spec.dataSource.name}'
}

wait_for() {
    kubectl rollout status "$1" --namespace "$2" --timeout "$TIME"
}

# smoke OBJECT NAMESPACE [--calls-only]: the smoke test, by a way of its own.
smoke() {
    local object=$1 namespace=$2 address='' forward status=0
    shift 2
    kubectl port-forward "$object" :50051 --namespace "$namespace" >"$WORK/forward" 2>&1 &
    forward=$!
    # It says which port it took once it listens, or ends.
    while [ -z "$address" ] && kill -0 "$forward" 2>/dev/null; do
        address=$(sed -n 's/^Forwarding from \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$WORK/forward")
        [ -n "$address" ] || sleep 0.1
    done
    if [ -n "$address" ]; then
        "$ROOT/scripts/smoke" "$@" "$address" || status=$?
    else
        say "no way to $object: $(cat "$WORK/forward")"
        status=1
    fi
    kill "$forward" 2>/dev/null || true
    wait "$forward" 2>/dev/null || true
    return "$status"
}

works() {
    wait_for "$SERVICE" "$SERVICE_IN" && smoke "$SERVICE" "$SERVICE_IN" || return 1
    if [ -z "$(kubectl get volumesnapshot "$TOOLS" --namespace "$HOSTS_IN" --ignore-not-found --output name)" ]; then
        say "hosts wait for their first tools: scripts/publish.sh brings them"
        return 0
    fi
    wait_for "$HOSTS" "$HOSTS_IN" && smoke "$HOSTS" "$HOSTS_IN" --calls-only
}

take_back() {
    say "the new version does not work: the one before it comes back"
    local failed=no
    for pair in "$SERVICE $SERVICE_IN" "$HOSTS $HOSTS_IN"; do
        # shellcheck disable=SC2086 # two words
        set -- $pair
        if ! { kubectl rollout undo "$1" --namespace "$2" && wait_for "$1" "$2"; }; then
            failed=yes
        fi
    done
    [ "$failed" = no ] || die "what was there before could not be brought back whole" \
        "kubectl rollout history $SERVICE -n $SERVICE_IN; docs/operations.md, roll back"
    die "the release was taken back" "the lines above say what did not work"
}

main() {
    [ $# = 3 ] || usage "three things are needed"
    OVERLAY=$1 HOST_IMAGE=$2 SERVICE_IMAGE=$3
    [ -e "$ROOT/deploy/kubernetes/overlays/$OVERLAY/kustomization.yaml" ] || usage "there is no overlay '$OVERLAY'"
    for image in "$HOST_IMAGE" "$SERVICE_IMAGE"; do
        [[ $image =~ ^[a-z0-9./:_-]+@sha256:[0-9a-f]{64}$ ]] || usage "'$image' is no image with a digest"
    done
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
    TOOLS=$(present_tools)
    TOOLS=${TOOLS:-wasm-runner-tools}
    write_release
    # What the cluster would refuse it refuses before anything is changed.
    kubectl apply --server-side --force-conflicts --dry-run=server --filename "$WORK/release.yaml" >/dev/null ||
        die "the cluster refuses this release; nothing was changed" "the lines above say why"
    # What an earlier way back changed is ours again.
    kubectl apply --server-side --force-conflicts --filename "$WORK/release.yaml"
    works || take_back
    say "deployed: $OVERLAY runs ${SERVICE_IMAGE#*@} and ${HOST_IMAGE#*@}"
}

main "$@"
