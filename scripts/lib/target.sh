# The wasm32-wasip1 target; to be sourced. Sets CARGO, RUSTC and ROUTE.
# shellcheck shell=bash
# CARGO and ROUTE are read by allowlist.sh.
# shellcheck disable=SC2034

readonly TARGET=wasm32-wasip1
# libc for WASI and its linker's start files come with Zig's C compiler.
readonly ZIG=ziglang==0.17.1

# Each Rust has the target in its sysroot or not.
has_target() {
    local libs
    libs="$("$1" --print sysroot)/lib/rustlib/$TARGET/lib"
    compgen -G "$libs/libstd-*.rlib" >/dev/null && compgen -G "$libs/libtest-*.rlib" >/dev/null &&
        [ -e "$libs/self-contained/libc.a" ]
}

# WASM_RUNNER_TARGET_ROUTE=build-std asks for the route without rustup even where rustup has it.
use_rustup() {
    [ "${WASM_RUNNER_TARGET_ROUTE:-}" != build-std ] && have rustup
}

# find_target: a Rust on this machine that builds for WASI, if there is one.
find_target() {
    if use_rustup && RUSTC=$(rustup which rustc 2>/dev/null) && has_target "$RUSTC"; then
        CARGO=$(rustup which cargo)
        ROUTE=rustup
    elif ! have rustup && have rustc && has_target "$(command -v rustc)"; then
        RUSTC=$(command -v rustc)
        CARGO=$(command -v cargo)
        ROUTE=system
    elif [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && has_target /usr/bin/rustc; then
        RUSTC=/usr/bin/rustc
        CARGO=/usr/bin/cargo
        ROUTE=build-std
    else
        return 1
    fi
}

ensure_target() {
    find_target && return 0
    if use_rustup; then
        say "  trying: rustup target add $TARGET"
        # RUSTUP_MAX_RETRIES: a host that is out of reach shall be known in seconds.
        RUSTUP_MAX_RETRIES=0 timeout 60 rustup target add "$TARGET" >/dev/null 2>&1 || true
        find_target && return 0
        say "  rustup's host can't be reached; building the target from Debian's sources instead"
    fi
    build_target
    find_target || die "the target $TARGET was built and still can't be found in /usr" \
        "remove /usr/lib/rustlib/$TARGET and run 'make setup' again"
}

# Debian has the sources of the standard library and a compiler that may use them, PyPI has
# a libc that is new enough for the test harness. Both go into the system's own sysroot.
build_target() {
    apt_install rustc-web cargo-web rust-web-src rust-web-llvm lld-22
    is_root || die "the target $TARGET goes into /usr/lib/rustlib, which only root can write" \
        "sudo env WASM_RUNNER_HOME=$(home_dir) make setup"
    local work
    work=$(mktemp -d)
    build_std "$work"
    build_libc "$work"
    install_target "$work"
    rm -rf "$work"
}

build_std() {
    say "  compiling the standard library for $TARGET (about a minute)"
    mkdir -p "$1/std/src"
    printf '[package]\nname = "std-for-wasi"\nversion = "0.0.0"\nedition = "2024"\n' >"$1/std/Cargo.toml"
    # A library: there is nothing yet that a program could be linked with.
    printf "\n" >"$1/std/src/lib.rs"
    # Bitcode is embedded because a tool whose profile asks for LTO could not link without.
    (cd "$1/std" && env -u CARGO_HOME -u RUSTUP_TOOLCHAIN -u RUSTFLAGS -u CARGO_TARGET_DIR \
        PATH=/usr/bin:/bin RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
        RUSTFLAGS="-C embed-bitcode=yes" \
        bash -c "$(declare -f say run_logged); run_logged '$1/std.log' /usr/bin/cargo build --release \
            -Zbuild-std=std,panic_abort,test --target $TARGET") ||
        die "the standard library for $TARGET can't be compiled" \
            "look at the lines above; without a network, connect to crates.io and run 'make setup' again"
}

build_libc() {
    say "  fetching a WASI libc (from PyPI's $ZIG)"
    run_logged "$1/pip.log" python3 -m pip install --quiet --no-deps --target "$1/zig" "$ZIG" ||
        die "the Python package $ZIG can't be installed" \
            "connect to PyPI, see that 'python3 -m pip' works, and run 'make setup' again"
    printf 'int main(void) { return 0; }\n' >"$1/empty.c"
    (cd "$1" && PYTHONPATH="$1/zig" ZIG_GLOBAL_CACHE_DIR="$1/cache" ZIG_LOCAL_CACHE_DIR="$1/cache" \
        run_logged "$1/zig.log" python3 -m ziglang cc -target wasm32-wasi -O2 -o empty.wasm empty.c) ||
        die "the WASI libc can't be made" "look at the lines above and run 'make setup' again"
}

# found WORK NAME: the one file of that name that zig left in its cache.
found() {
    local file
    file=$(find "$1/cache" -name "$2" -print -quit)
    [ -n "$file" ] || die "$ZIG left no $2 in its cache" \
        "this version of the script does not fit that version of ziglang: report it"
    printf '%s\n' "$file"
}

install_target() {
    local lib=/usr/lib/rustlib/$TARGET new=/usr/lib/rustlib/.$TARGET.new merge=$1/merge archive
    rm -rf "$new"
    mkdir -p "$new/lib/self-contained" "$merge"
    cp "$1/std/target/$TARGET/release/deps/"*.rlib "$new/lib/"
    rm -f "$new/lib/"libstd_for_wasi-*
    cp "$(found "$1" crt1-command.o)" "$new/lib/self-contained/crt1-command.o"
    {
        printf 'CREATE %s\n' "$new/lib/self-contained/libc.a"
        for archive in libc.a libzigc.a libcompiler_rt.a; do
            printf 'ADDLIB %s\n' "$(found "$1" "$archive")"
        done
        printf 'SAVE\nEND\n'
    } | ar -M
    rm -rf "$lib"
    # The rename comes last: a set-up that was cut off leaves no half target behind.
    mv "$new" "$lib"
}
