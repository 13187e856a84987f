# The wasm32-wasip1 target: where it is, or how it comes here; to be sourced.
# Sets CARGO, RUSTC and ROUTE.
# shellcheck shell=bash

readonly TARGET=wasm32-wasip1

# has_target RUSTC: whether it has all that a tool and its tests are linked from.
has_target() {
    local libs
    libs=$("$1" --print sysroot 2>/dev/null)/lib/rustlib/$TARGET/lib || return 1
    compgen -G "$libs/libstd-*.rlib" >/dev/null && compgen -G "$libs/libtest-*.rlib" >/dev/null &&
        [ -e "$libs/self-contained/libc.a" ]
}

# route_asked NAME: whether this way to the target may be gone.
route_asked() {
    [ "${WASM_RUNNER_TARGET_ROUTE:-$1}" = "$1" ]
}

# find_target HOME: a Rust on this machine that builds for WASI, if there is one.
find_target() {
    if route_asked rustup && have rustup && RUSTC=$(rustup which rustc 2>/dev/null) &&
        has_target "$RUSTC"; then
        CARGO=$(rustup which cargo)
        ROUTE=rustup
    elif route_asked system && ! have rustup && RUSTC=$(command -v rustc) && has_target "$RUSTC"; then
        CARGO=$(command -v cargo)
        ROUTE=system
    elif route_asked build-std && built_std_fits "$1"; then
        RUSTC=$1/toolchain/bin/rustc
        CARGO=$SYSTEM_CARGO
        ROUTE=build-std
    else
        return 1
    fi
}

# Any answer will do. Asked first because rustup itself takes minutes to give up on a host
# that is out of reach, and because a slow download should be given its time.
rustup_host_answers() {
    python3 - "${RUSTUP_DIST_SERVER:-https://static.rust-lang.org}" <<'PYTHON'
import sys, urllib.error, urllib.request
try:
    urllib.request.urlopen(urllib.request.Request(sys.argv[1], method="HEAD"), timeout=8)
except urllib.error.HTTPError:
    pass
except urllib.error.URLError as error:
    sys.exit(0 if "CERTIFICATE" in str(error) else 1)
except OSError:
    sys.exit(1)
PYTHON
}

# ensure_target HOME: gets the target if it is not there.
ensure_target() {
    case ${WASM_RUNNER_TARGET_ROUTE:-} in
        '' | rustup | system | build-std) ;;
        *) die "WASM_RUNNER_TARGET_ROUTE is '$WASM_RUNNER_TARGET_ROUTE', which is no route" \
            "unset it, or set it to rustup, system or build-std" ;;
    esac
    find_target "$1" && return 0
    if route_asked rustup && have rustup; then
        say "  trying: rustup target add $TARGET"
        if rustup_host_answers &&
            RUSTUP_MAX_RETRIES=1 timeout 300 rustup target add "$TARGET" >/dev/null 2>&1 &&
            find_target "$1"; then
            return 0
        fi
        route_asked build-std || die "rustup can't get the target $TARGET" \
            "connect this machine to rustup's host and run: rustup target add $TARGET"
        say "  rustup's host can't be reached: compiling the target from Debian's sources instead"
    fi
    build_target "$1"
    find_target "$1" || die "the target $TARGET was compiled, and $1/toolchain/bin/rustc does not work" \
        "rm -rf $1/toolchain && make setup"
}

# What the programs read.
write_toolchain() {
    printf '# Written by scripts/setup.sh.\n'
    printf 'cargo = "%s"\n' "$CARGO"
    printf 'rustc = "%s"\n' "$RUSTC"
    printf 'target = "%s"\n' "$TARGET"
    printf 'route = "%s"\n' "$ROUTE"
    printf 'rustc_version = "%s"\n' "$("$RUSTC" --version)"
    printf 'cargo_version = "%s"\n' "$(env -u RUSTUP_TOOLCHAIN "$CARGO" --version)"
    # Said outright, so that neither PATH nor rustup's settings choose another one.
    printf '\n[env]\nRUSTC = "%s"\n' "$RUSTC"
}
