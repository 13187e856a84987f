#!/usr/bin/env bash
# Builds the container images from scratch: nothing is pulled from any registry of images.
#
#   images.sh [host] [service]      both, unless named
#
# ENGINE=podman or =docker asks for one of them; VERSION is the tag (the workspace's, unless set).
# Prints a line for each: name, tag and digest. The same sources and toolchain give the same digest.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
# shellcheck source=deploy/images/layout.sh
. "$ROOT/deploy/images/layout.sh"

find_engine() {
    ENGINE=${ENGINE:-}
    if [ -z "$ENGINE" ]; then
        if have podman; then
            ENGINE=podman
        elif docker info >/dev/null 2>&1; then
            ENGINE=docker
        else
            apt_install podman runc
            ENGINE=podman
        fi
    fi
    case $ENGINE in
        podman | docker) have "$ENGINE" || die "$ENGINE is not here" "apt-get install -y $ENGINE" ;;
        *) die "ENGINE is '$ENGINE', which is no engine" "unset it, or set it to podman or docker" ;;
    esac
}

# build IMAGE CONTEXT
build() {
    local name=wasm-runner-$1 arguments
    arguments=(
        --file "$ROOT/deploy/images/$1.Containerfile" --tag "$name:$TAG"
        --build-arg "VERSION=$TAG" --build-arg "REVISION=$REVISION" --build-arg "CREATED=$CREATED"
    )
    say "  building $name:$TAG with $ENGINE"
    case $ENGINE in
        # Every time in it is the commit's.
        podman) arguments+=(--timestamp "$SOURCE_DATE_EPOCH" --format oci --no-cache) ;;
        docker) arguments+=(--build-arg "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH" --no-cache) ;;
    esac
    run_logged "$HOME_DIR/images/$1.log" "$ENGINE" build "${arguments[@]}" "$2" ||
        die "the image $name can't be built" "$HOME_DIR/images/$1.log says what failed"
    printf '%s:%s %s\n' "$name" "$TAG" "$("$ENGINE" image inspect --format '{{.Id}}' "$name:$TAG")"
}

main() {
    local wanted=("$@") image work
    [ "$#" -gt 0 ] || wanted=(host service)
    HOME_DIR=$(home_dir)
    TARGET_TRIPLE=$(rustc -vV | sed -n 's/^host: //p')
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$ROOT" log -1 --format=%ct)}
    if [ -z "${REVISION:-}" ]; then
        REVISION=$(git -C "$ROOT" rev-parse HEAD)
        [ -z "$(git -C "$ROOT" status --porcelain --untracked-files=no)" ] || REVISION+=-modified
    fi
    CREATED=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
    # shellcheck disable=SC2031 # it is read here, not changed
    TAG=${VERSION:-$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml")}
    mkdir -p "$HOME_DIR/images"
    find_engine
    build_program
    write_sbom "$HOME_DIR/images/sbom.cdx.json"
    for image in "${wanted[@]}"; do
        work=$HOME_DIR/images/context-$image
        rm -rf "$work"
        mkdir -p "$work"
        layout_common "$work"
        case $image in
            host) ;;
            service)
                make_installation
                make_base "$HOME_DIR/images/base.tar"
                layout_service "$work"
                ;;
            *) die "there is no image '$image'" "images.sh [host] [service]" ;;
        esac
        build "$image" "$work"
        rm -rf "$work"
    done
}

main "$@"
