# The crates that tools may use, vendored and compiled ahead; to be sourced.
# Needs CARGO, RUSTC, ROOT.
# shellcheck shell=bash

# vendor_allowlist HOME: <home>/vendor, allowlist.toml and allowlist.lock.
vendor_allowlist() {
    local home=$1 list=$ROOT/scripts/allowlist name
    say "  vendoring the crates that tools may use"
    run_logged "$home/vendor.log" env -u RUSTUP_TOOLCHAIN RUSTC="$RUSTC" "$CARGO" vendor \
        --locked --versioned-dirs --manifest-path "$list/Cargo.toml" "$home/vendor" ||
        die "the crates of scripts/allowlist can't be fetched" \
            "connect this machine to crates.io and run 'make setup' again"
    rm -f "$home/vendor.log"
    for name in rust rust-macros; do
        local to
        to=$home/vendor/$(sed -n 's/^name = "\(.*\)"/\1/p' "$ROOT/guest-sdk/$name/Cargo.toml" | head -n 1)
        rm -rf "$to"
        mkdir -p "$to"
        cp -R "$ROOT/guest-sdk/$name/Cargo.toml" "$ROOT/guest-sdk/$name/src" "$to/"
        [ ! -e "$ROOT/guest-sdk/$name/README.md" ] || cp "$ROOT/guest-sdk/$name/README.md" "$to/"
        # The SDK's crates name each other by path in the repository and by version here.
        sed -i 's/, path = "[^"]*"//; /^\[workspace\]$/d' "$to/Cargo.toml"
        printf '{"files":{},"package":null}\n' >"$to/.cargo-checksum.json"
    done
    cp "$list/allowlist.toml" "$home/allowlist.toml"
}

# cargo_for_tools DIR ARGUMENT…: cargo as tool builds call it.
cargo_for_tools() {
    local home=$1
    shift
    env -i PATH=/usr/bin:/bin HOME="$home/tmp" CARGO_HOME="$home/tmp/cargo" RUSTC="$RUSTC" \
        "$CARGO" "$@"
}

# warm HOME FINAL: compiles the crates once, as tool builds do, so that those start warm.
# FINAL is where the folder will be: cargo's fingerprints hold the vendored crates' paths.
#
# Cargo compiles a crate once for each set of features that its users ask for together, and
# which those are depends on which crates a tool names. So the crates are compiled as several
# tools would name them: all at once, and each beside what nearly every tool has.
warm() {
    local home=$1 final=$2 crate usual='serde schemars wasm-runner-sdk' all
    say "  compiling them for $TARGET (about a minute)"
    mkdir -p "$home/tmp/cargo"
    sed "s|@VENDOR@|$final/vendor|" "$ROOT/scripts/allowlist/build-config.toml" >"$home/tmp/cargo/config.toml"
    all=$(sed -n '/^\[crates\]/,$s/^\([a-z0-9-]*\) = .*/\1/p' "$ROOT/scripts/allowlist/allowlist.toml")
    warm_for "$home" "$all"
    cp "$home/tmp/package/Cargo.lock" "$home/allowlist.lock"
    warm_for "$home" "serde serde_json"
    warm_for "$home" "serde serde_json schemars wasm-runner-sdk"
    for crate in $all; do
        warm_for "$home" "$usual $crate"
    done
    # Only what the allowed crates gave stays: the empty package itself does not belong there.
    find "$home/warm" -depth \( -name 'warm-*' -o -name 'warm.*' -o -name 'libwarm*' -o -name incremental \) \
        -exec rm -rf {} +
    rm -rf "$home/tmp"
}

# warm_for HOME CRATES: compiles an empty tool that names those crates.
warm_for() {
    local home=$1 package=$1/tmp/package crate
    mkdir -p "$package/src"
    {
        printf '[package]\nname = "warm"\nversion = "0.0.0"\nedition = "2024"\n\n[dependencies]\n'
        for crate in $(printf '%s\n' "$2" | tr ' ' '\n' | sort -u); do
            # Nearly every tool derives.
            if [ "$crate" = serde ]; then
                printf 'serde = { version = "1", features = ["derive"] }\n'
            else
                sed -n "/^$crate = /p" "$ROOT/scripts/allowlist/allowlist.toml"
            fi
        done
    } >"$package/Cargo.toml"
    printf 'fn main() {}\n' >"$package/src/main.rs"
    [ ! -e "$home/allowlist.lock" ] || cp "$home/allowlist.lock" "$package/Cargo.lock"
    (
        cd "$package"
        run_logged "$home/tmp/warm.log" cargo_for_tools "$home" build --release --offline \
            --target "$TARGET" --target-dir "$home/warm" &&
            run_logged "$home/tmp/warm.log" cargo_for_tools "$home" test --no-run --release --offline \
                --target "$TARGET" --target-dir "$home/warm"
    ) || die "the crates that tools may use don't compile for $TARGET ($2)" \
        "look at the lines above; run 'make setup' again"
}

# write_toolchain HOME: what the programs read.
write_toolchain() {
    {
        printf '# Written by scripts/setup.sh.\n'
        printf 'cargo = "%s"\n' "$CARGO"
        printf 'rustc = "%s"\n' "$RUSTC"
        printf 'target = "%s"\n' "$TARGET"
        printf 'route = "%s"\n' "$ROUTE"
        printf 'rustc_version = "%s"\n' "$("$RUSTC" --version)"
        printf 'cargo_version = "%s"\n' "$(env -u RUSTUP_TOOLCHAIN "$CARGO" --version)"
        printf '\n[env]\nRUSTC = "%s"\n' "$RUSTC"
    } >"$1/toolchain.toml"
}
