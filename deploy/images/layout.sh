# What goes into the images; to be sourced. Needs ROOT, HOME_DIR and TARGET_TRIPLE.
#
# Nothing is pulled: the base of the service's image is made of Debian's packages, and the host's
# has none. Everything is laid out in folders first, so that an image is those folders and no more.
# shellcheck shell=bash disable=SC2153

readonly CYCLONEDX=0.5.9
# What rustc links proc macros with, and the `cp` that a build's folder is laid out by. Extracted, not
# installed: no maintainer's script is run, and there is neither a package manager nor a shell.
readonly BASE_PACKAGES=(coreutils gcc libc6-dev)
# Where the toolchain is Debian's own (the route `build-std` of set-up).
readonly BASE_RUST_PACKAGES=(cargo-web rustc-web lld-22 dash)

# build_program: the program, static. glibc rather than musl: its allocator is made for threads.
# No path of this machine is in it. Its symbols stay here, for backtraces of what has none.
build_program() {
    say "  building the program (static; minutes, the first time)"
    local cargo_home=${CARGO_HOME:-$HOME/.cargo} between=$'\x1f' flags made
    flags=-Ctarget-feature=+crt-static
    flags+="$between--remap-path-prefix=$ROOT=/wasm-runner"
    flags+="$between--remap-path-prefix=$cargo_home=/cargo"
    (
        cd "$ROOT"
        # Build scripts that compile C would begin anew with each commit's time.
        unset SOURCE_DATE_EPOCH REVISION VERSION
        # Relocations of a static program that may lie anywhere are 2 MB unless they are packed.
        CARGO_ENCODED_RUSTFLAGS=$flags CARGO_PROFILE_RELEASE_DEBUG=0 \
            CARGO_PROFILE_RELEASE_STRIP=debuginfo \
            cargo rustc --release --locked --package wasm-runner --bin wasm-runner \
            --target "$TARGET_TRIPLE" -- -Clink-arg=-Wl,-z,pack-relative-relocs
    ) || die "the program can't be built" "look at the lines above"
    made=${CARGO_TARGET_DIR:-$ROOT/target}/$TARGET_TRIPLE/release/wasm-runner
    # A program that still needs a loader would not start in an image without one.
    if readelf --program-headers "$made" | grep -q INTERP; then
        die "$made is not static" "rm $made && make images"
    fi
    PROGRAM=$HOME_DIR/images/wasm-runner
    cp "$made" "$PROGRAM.symbols"
    strip --strip-all -o "$PROGRAM" "$made"
}

# write_sbom TO: what the program is made of, by CycloneDX.
write_sbom() {
    local bin=$HOME_DIR/images/bin/cargo-cyclonedx log=$HOME_DIR/images/cyclonedx.log
    if [ ! -x "$bin" ] || [ "$("$bin" cyclonedx --version)" != "cargo-cyclonedx-cyclonedx $CYCLONEDX" ]; then
        say "  installing cargo-cyclonedx $CYCLONEDX (a few minutes, once)"
        run_logged "$log" cargo install --locked --version "=$CYCLONEDX" --root "$HOME_DIR/images" \
            cargo-cyclonedx || die "cargo-cyclonedx can't be installed" \
            "connect to crates.io and run 'make images' again"
    fi
    say "  writing the SBOM"
    # It writes beside the manifest, whatever it is asked.
    run_logged "$log" env SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" "$bin" cyclonedx --format json \
        --spec-version 1.5 --target "$TARGET_TRIPLE" --describe binaries --no-build-deps \
        --manifest-path "$ROOT/cli/Cargo.toml" --quiet || die "the SBOM can't be made" "see $log"
    local made=$ROOT/cli/wasm-runner_bin.cdx.json
    # No path of this machine and no number that differs each time.
    python3 - "$made" "$ROOT" >"$1" <<'PYTHON' || die "the SBOM can't be read" "see $made"
import json, sys
text = open(sys.argv[1], encoding="utf-8").read().replace("file://" + sys.argv[2], "file:///wasm-runner")
bom = json.loads(text.replace(sys.argv[2], "/wasm-runner"))
bom.pop("serialNumber", None)
json.dump(bom, sys.stdout, indent=1, sort_keys=True)
PYTHON
    find "$ROOT" -path "$ROOT/target" -prune -o -name '*_bin.cdx.json' -print -exec rm -f {} + >/dev/null
}

# layout_common CONTEXT: what both images have.
layout_common() {
    local root=$1/root
    mkdir -p "$root"/{etc,tmp,usr/bin,usr/share/doc/wasm-runner,var/lib/wasm-runner} "$1/data"
    chmod 1777 "$root/tmp"
    chmod 0750 "$1/data"
    install -m 0755 "$PROGRAM" "$root/usr/bin/wasm-runner"
    install -m 0644 "$HOME_DIR/images/sbom.cdx.json" "$root/usr/share/doc/wasm-runner/sbom.cdx.json"
    printf 'root:x:0:0:root:/:/none\nwasm-runner:x:65532:65532::/var/lib/wasm-runner:/none\n' >"$root/etc/passwd"
    printf 'root:x:0:\nwasm-runner:x:65532:\n' >"$root/etc/group"
    printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
}

# make_base TO: Debian's part of the service's image.
make_base() {
    local packages=("${BASE_PACKAGES[@]}") sources=() of
    [ "$(toolchain_field route)" != build-std ] || packages+=("${BASE_RUST_PACKAGES[@]}")
    of="${packages[*]} $(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")"
    if [ -e "$1" ] && [ "$(cat "$1.of" 2>/dev/null)" = "$of" ]; then
        return 0
    fi
    have mmdebstrap || apt_install mmdebstrap
    say "  making the base of Debian's packages: ${packages[*]}"
    mapfile -t sources < <(compgen -G '/etc/apt/sources.list.d/debian.sources' || compgen -G /etc/apt/sources.list)
    # No file is younger than the epoch: the packages decide what is in it, not the day.
    # shellcheck disable=SC2046 # one word
    run_logged "$1.log" env SOURCE_DATE_EPOCH=0 mmdebstrap --variant=extract \
        --include="$(IFS=,; printf '%s' "${packages[*]}")" \
        $(for skip in doc man info locale lintian bug; do printf -- '--dpkgopt=path-exclude=/usr/share/%s/* ' "$skip"; done) \
        "$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")" "$1" "${sources[0]}" ||
        die "the base can't be made of Debian's packages" \
            "run this on Debian with its package lists reachable; $1.log says what failed"
    printf '%s' "$of" >"$1.of"
}

# make_installation: set-up's result, at the place that it has in the image (what cargo compiled
# remembers where it lay), in a view of the file system of its own.
make_installation() {
    local private=(unshare --mount --propagation private)
    is_root || private+=(--user --map-root-user)
    mkdir -p "$HOME_DIR/images/opt"
    # shellcheck disable=SC2016 # expanded inside
    "${private[@]}" bash -c 'mount --bind "$1" /opt && WASM_RUNNER_HOME=/opt/wasm-runner exec "$2"' \
        - "$HOME_DIR/images/opt" "$ROOT/scripts/setup.sh" ||
        die "set-up for the image failed" "look at the lines above"
}

# toolchain_field KEY: of the toolchain that the image's tool builds use.
toolchain_field() {
    sed -n "s/^$1 = \"\(.*\)\"$/\1/p" "$HOME_DIR/images/opt/wasm-runner/toolchain.toml" | head -n 1
}

# layout_service CONTEXT
layout_service() {
    local to=$1 rustc from home=$HOME_DIR/images/opt/wasm-runner
    mkdir -p "$to/toolchain/opt/rust" "$to/toolchain/usr/bin" "$to/installation/opt/wasm-runner"
    # Debian makes this link when a package is installed, which none is.
    ln -s gcc "$to/toolchain/usr/bin/cc"
    cp -a "$home"/{vendor,warm,allowlist.toml,allowlist.lock,toolchain.toml} "$to/installation/opt/wasm-runner/"
    rustc=$(toolchain_field rustc)
    if [ "$(toolchain_field route)" = build-std ]; then
        # Links into Debian's own, which is in the base.
        cp -a "$home/toolchain" "$to/installation/opt/wasm-runner/"
    else
        from=$("$rustc" --print sysroot)
        mkdir -p "$to/toolchain/opt/rust"/{bin,lib/rustlib}
        cp -a "$from/bin"/{cargo,rustc} "$to/toolchain/opt/rust/bin/"
        [ ! -e "$from/bin/clippy-driver" ] || cp -a "$from/bin/clippy-driver" "$to/toolchain/opt/rust/bin/"
        cp -a "$from/lib"/*.so* "$to/toolchain/opt/rust/lib/"
        cp -a "$from/lib/rustlib"/{"$TARGET_TRIPLE",wasm32-wasip1} "$to/toolchain/opt/rust/lib/rustlib/"
        sed -i -E 's#^cargo = .*#cargo = "/opt/rust/bin/cargo"#; s#^(rustc|RUSTC) = .*#\1 = "/opt/rust/bin/rustc"#; s#^route = .*#route = "system"#' \
            "$to/installation/opt/wasm-runner/toolchain.toml"
    fi
    chmod -R a+rX "$to/toolchain" "$to/installation"
    cp "$HOME_DIR/images/base.tar" "$to/base.tar"
}
