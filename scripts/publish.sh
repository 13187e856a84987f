#!/usr/bin/env bash
# Brings the tools that are active at the service to the hosts: takes a snapshot of the service's
# volume and lets the hosts start anew, one after the other, each on a clone of it.
#
# Needs a storage driver with snapshots (CSI); SNAPSHOT_CLASS names one that is not the default. A
# snapshot is as a crash would leave the data, which the knowledge base survives. Snapshots of
# earlier runs are kept, for a way back: `kubectl rollout undo deployment/wasm-runner-host`.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"

readonly FROM=wasm-runner-validations TO=wasm-runner CLAIM=data-wasm-runner-service-0
readonly WAIT=${SNAPSHOT_TIMEOUT:-10m}

# field WHAT JSONPATH: of the snapshot's content.
field() {
    kubectl get "$1" --output "jsonpath={$2}"
}

main() {
    local name content handle driver class='' time
    # A snapshot of each run has a name of its own, so that hosts of before and after can be told.
    time=$(date -u +%Y%m%d-%H%M%S)
    name=wasm-runner-tools-$time
    [ -z "${SNAPSHOT_CLASS:-}" ] || class="volumeSnapshotClassName: $SNAPSHOT_CLASS"
    say "taking the snapshot $name"
    kubectl apply --filename - <<YAML
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata:
  name: $name
  namespace: $FROM
spec:
  $class
  source:
    persistentVolumeClaimName: $CLAIM
YAML
    kubectl wait "volumesnapshot/$name" --namespace "$FROM" --timeout "$WAIT" \
        --for 'jsonpath={.status.readyToUse}=true' ||
        die "the snapshot $name is not ready" "kubectl describe volumesnapshot $name -n $FROM"

    # A claim's source has to be in its own namespace: the same snapshot gets a second name there.
    content=$(kubectl get "volumesnapshot/$name" --namespace "$FROM" \
        --output 'jsonpath={.status.boundVolumeSnapshotContentName}')
    handle=$(field "volumesnapshotcontent/$content" .status.snapshotHandle)
    driver=$(field "volumesnapshotcontent/$content" .spec.driver)
    { [ -n "$handle" ] && [ -n "$driver" ]; } ||
        die "the snapshot's content $content has no handle or no driver" \
            "kubectl describe volumesnapshotcontent $content"
    kubectl apply --filename - <<YAML
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshotContent
metadata:
  name: $name
spec:
  # The first name keeps the snapshot; this one must not take it away.
  deletionPolicy: Retain
  driver: $driver
  source:
    snapshotHandle: $handle
  volumeSnapshotRef:
    name: $name
    namespace: $TO
---
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata:
  name: $name
  namespace: $TO
spec:
  source:
    volumeSnapshotContentName: $name
YAML
    kubectl wait "volumesnapshot/$name" --namespace "$TO" --timeout "$WAIT" \
        --for 'jsonpath={.status.readyToUse}=true' ||
        die "the snapshot $name is not ready for the hosts" "kubectl describe volumesnapshot $name -n $TO"

    say "hosts start anew, on clones of it"
    kubectl patch deployment/wasm-runner-host --namespace "$TO" --type json --patch \
        "[{\"op\":\"replace\",\"path\":\"/spec/template/spec/volumes/0/ephemeral/volumeClaimTemplate/spec/dataSource/name\",\"value\":\"$name\"}]"
    kubectl rollout status deployment/wasm-runner-host --namespace "$TO" --timeout "$WAIT" ||
        die "the hosts do not come up with $name" "kubectl rollout undo deployment/wasm-runner-host -n $TO"
    say "published: hosts call what was active at $time UTC"
}

main "$@"
