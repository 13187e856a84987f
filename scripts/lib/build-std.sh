# The wasm32-wasip1 target without rustup's host; to be sourced.
#
# Debian has a compiler and the sources of its standard library, PyPI has a libc that is new
# enough for the test harness. What comes of them lies in <home>/toolchain: a sysroot whose
# host part is Debian's own, and a `rustc` that uses it. Nothing in /usr is touched.
# shellcheck shell=bash

readonly SYSTEM_CARGO=/usr/bin/cargo SYSTEM_RUSTC=/usr/bin/rustc
readonly STD_PACKAGES=(rustc-web cargo-web rust-web-src rust-web-llvm lld-22 binutils)
# libc for WASI and its linker's start files come with Zig's C compiler.
readonly ZIG=ziglang==0.17.1

# built_std_fits HOME: the target is there and of the compiler that is there now.
built_std_fits() {
    local of=$1/toolchain/made-of
    [ -x "$SYSTEM_CARGO" ] && [ -x "$SYSTEM_RUSTC" ] && [ -e "$of" ] &&
        [ "$(cat "$of")" = "$(made_of)" ] && has_target "$1/toolchain/bin/rustc"
}

made_of() {
    printf '%s, %s\n' "$("$SYSTEM_RUSTC" --version)" "$ZIG"
}

build_target() {
    local home=$1
    apt_install "${STD_PACKAGES[@]}"
    python3 -m pip --version >/dev/null 2>&1 || apt_install python3-pip
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
    build_std "$WORK"
    fetch_libc "$WORK"
    install_target "$home" "$WORK"
    rm -rf "$WORK"
}

build_std() {
    say "  compiling the standard library for $TARGET (about a minute)"
    mkdir -p "$1/std/src"
    printf '[package]\nname = "std-for-wasi"\nversion = "0.0.0"\nedition = "2024"\n' >"$1/std/Cargo.toml"
    # A library: there is nothing yet that a program could be linked with.
    : >"$1/std/src/lib.rs"
    # Bitcode is embedded because a tool whose profile asks for LTO could not link without.
    (cd "$1/std" && run_logged "$1/std.log" env -u RUSTUP_TOOLCHAIN -u CARGO_BUILD_TARGET \
        PATH=/usr/bin:/bin RUSTC="$SYSTEM_RUSTC" RUSTC_BOOTSTRAP=1 \
        RUSTFLAGS="-C embed-bitcode=yes" \
        "$SYSTEM_CARGO" build --release -Zbuild-std=std,panic_abort,test --target "$TARGET" \
        --target-dir "$1/std/target") ||
        die "the standard library for $TARGET can't be compiled" \
            "look at the lines above; without a network, connect to crates.io and run 'make setup' again"
}

fetch_libc() {
    say "  fetching a WASI libc (from PyPI's $ZIG)"
    run_logged "$1/pip.log" python3 -m pip install --quiet --no-deps --target "$1/zig" "$ZIG" ||
        die "the Python package $ZIG can't be installed" \
            "connect to PyPI, see that 'python3 -m pip' works, and run 'make setup' again"
    printf 'int main(void) { return 0; }\n' >"$1/empty.c"
    (cd "$1" && PYTHONPATH="$1/zig" ZIG_GLOBAL_CACHE_DIR="$1/cache" ZIG_LOCAL_CACHE_DIR="$1/cache" \
        run_logged "$1/zig.log" python3 -m ziglang cc -target wasm32-wasi -O2 -o empty.wasm empty.c) ||
        die "the WASI libc can't be made" "look at the lines above and run 'make setup' again"
}

# in_zig_cache WORK NAME: the one file of that name that zig left in its cache.
in_zig_cache() {
    local file
    file=$(find "$1/cache" -name "$2" -print -quit)
    [ -n "$file" ] || die "$ZIG left no $2 in its cache" \
        "choose a version of ziglang that does (ZIG in scripts/lib/build-std.sh)"
    printf '%s\n' "$file"
}

# merge_archives TO WORK NAME…: one archive of several.
merge_archives() {
    local to=$1 work=$2 name file
    shift 2
    {
        printf 'CREATE %s\n' "$to"
        for name in "$@"; do
            file=$(in_zig_cache "$work" "$name") || exit 1
            printf 'ADDLIB %s\n' "$file"
        done
        printf 'SAVE\nEND\n'
    } >"$work/merge.mri"
    run_logged "$work/ar.log" ar -M <"$work/merge.mri" ||
        die "the archives of the WASI libc can't be merged" "look at the lines above"
}

# install_target HOME WORK: lays <home>/toolchain out.
install_target() {
    local new=$1/.toolchain.new work=$2 host libs
    host=$("$SYSTEM_RUSTC" -vV | sed -n 's/^host: //p')
    libs=$new/lib/rustlib/$TARGET/lib
    rm -rf "$new"
    mkdir -p "$new/bin" "$libs/self-contained"
    ln -s "$("$SYSTEM_RUSTC" --print sysroot)/lib/rustlib/$host" "$new/lib/rustlib/$host"
    cp "$work/std/target/$TARGET/release/deps/"*.rlib "$libs/"
    rm -f "$libs/"libstd_for_wasi-*
    # Without its path in front: ar's scripts know no quotes.
    (cd "$work" && merge_archives libc-merged.a . libc.a libzigc.a libcompiler_rt.a) || exit 1
    cp "$work/libc-merged.a" "$libs/self-contained/libc.a"
    cp "$(in_zig_cache "$work" crt1-command.o)" "$libs/self-contained/crt1-command.o"
    printf '#!/bin/sh\nexec %s --sysroot "%s" "$@"\n' "$SYSTEM_RUSTC" "$1/toolchain" >"$new/bin/rustc"
    chmod +x "$new/bin/rustc"
    made_of >"$new/made-of"
    # The rename comes last: a set-up that was cut off leaves no half target behind.
    rm -rf "$1/toolchain"
    mv "$new" "$1/toolchain"
}
