#!/usr/bin/env bash
# Everything below deploy/ that can be checked without a cluster: each overlay is built, checked
# strictly against Kubernetes' schemas and by checkov, and put to our own tests (deploy/tests/manifests).
#
# What it needs it installs, in pinned versions, into a folder of its own below $WASM_RUNNER_HOME.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
# shellcheck source=deploy/tests/python.sh
. "$ROOT/deploy/tests/python.sh"

# The oldest version that has all that is used here, and the newest whose schemas there are.
readonly VERSIONS=(1.34 1.37)
# Kinds that are not Kubernetes' own: no schema comes with it. They are the only ones.
readonly WITHOUT_SCHEMA='kind ((Gateway|GRPCRoute) with api version gateway.networking.k8s.io|(PodMonitor|ServiceMonitor|PrometheusRule) with api version monitoring.coreos.com)/v1'

step() {
    say "deploy-check: $*"
}

check_kubectl() {
    have kubectl || die "kubectl is not here" \
        "install kubectl (https://kubernetes.io/docs/tasks/tools) and run 'make deploy-check' again"
}

render() {
    local folder name
    rm -rf "$WORK/rendered"
    mkdir -p "$WORK/rendered"
    for folder in "$ROOT"/deploy/kubernetes/{overlays,examples}/*/; do
        name=$(basename "$folder")
        kubectl kustomize "$folder" >"$WORK/rendered/$name.yaml" ||
            die "$folder can't be built" "kubectl kustomize $folder"
    done
}

# schemas: strict means that a field which no schema knows fails.
schemas() {
    local version said
    for version in "${VERSIONS[@]}"; do
        said=$("$BIN/kubernetes-validate" --kubernetes-version "$version" --strict "$WORK"/rendered/*.yaml 2>&1) ||
            die "against Kubernetes $version: $(grep -v '^INFO' <<<"$said")" "mend what it names"
        # What it has no schema for it only warns of.
        said=$(grep '^WARN' <<<"$said" | grep -vE "$WITHOUT_SCHEMA" || true)
        [ -z "$said" ] || die "$said" "a kind without a schema is checked by nothing: use another, or name it here"
    done
}

# checkov: no failed check that is not excused where it stands.
run_checkov() {
    "$BIN/checkov" --compact --quiet --skip-download "$@" >"$WORK/checkov.log" 2>&1 ||
        die "$(tail -n 60 "$WORK/checkov.log")" "mend it, or excuse it in place (checkov.io/skip1: ID=why)"
    # Having looked at nothing is no pass.
    grep -E 'Passed checks: [1-9]' "$WORK/checkov.log" >&2 ||
        die "checkov found nothing to look at ($*)" "see that the files are where it looks"
}

main() {
    HOME_DIR=$(home_dir)
    mkdir -p "$HOME_DIR"
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
    check_kubectl
    check_python
    step "every overlay is built"
    render
    step "schemas of Kubernetes ${VERSIONS[*]}, strictly"
    schemas
    step "checkov on manifests, container files and workflows"
    run_checkov --directory "$WORK/rendered" --framework kubernetes
    # It knows them by this name only.
    local file
    for file in "$ROOT"/deploy/images/*.Containerfile; do
        mkdir -p "$WORK/containers/$(basename "$file" .Containerfile)"
        cp "$file" "$WORK/containers/$(basename "$file" .Containerfile)/Dockerfile"
    done
    run_checkov --directory "$WORK/containers" --framework dockerfile
    run_checkov --directory "$ROOT/.github" --framework github_actions
    step "our own tests"
    "$BIN/python" -m pytest --quiet -p no:cacheprovider "$ROOT/deploy/tests/manifests"
    step "all is well"
}

main "$@"
