# The crates that tools may use, vendored and compiled ahead; to be sourced.
# Needs ROOT, TARGET, CARGO and RUSTC.
# shellcheck shell=bash

# vendor_crates TO: the crates of scripts/allowlist and all that they need.
vendor_crates() {
    say "  vendoring the crates that tools may use"
    run_logged "$1.log" env -u RUSTUP_TOOLCHAIN RUSTC="$RUSTC" "$CARGO" vendor \
        --locked --versioned-dirs --manifest-path "$ROOT/scripts/allowlist/Cargo.toml" "$1" ||
        die "the crates of scripts/allowlist can't be fetched" \
            "connect this machine to crates.io and run 'make setup' again"
}

# sdk_field FOLDER KEY: a field of the manifest of one of the SDK's crates.
sdk_field() {
    sed -n "s/^$2 = \"\(.*\)\"/\1/p" "$ROOT/guest-sdk/$1/Cargo.toml" | head -n 1
}

# vendor_sdk VENDOR: our SDK beside those crates, as if it came from the registry too.
vendor_sdk() {
    local folder to
    for folder in rust rust-macros; do
        to=$1/$(sdk_field "$folder" name)
        rm -rf "$to"
        mkdir -p "$to"
        cp -R "$ROOT/guest-sdk/$folder/Cargo.toml" "$ROOT/guest-sdk/$folder/src" "$to/"
        [ ! -e "$ROOT/guest-sdk/$folder/README.md" ] || cp "$ROOT/guest-sdk/$folder/README.md" "$to/"
        # The SDK's crates name each other by path in the repository and by version here.
        sed -i 's/, path = "[^"]*"//; /^\[workspace\]$/d' "$to/Cargo.toml"
        printf '{"files":{},"package":null}\n' >"$to/.cargo-checksum.json"
    done
    # csv asks serde_core for this feature and nobody else does. Asked for here, serde is the
    # same crate whatever a tool uses beside the SDK, and is compiled ahead once.
    sed -i 's/^\[dependencies\]$/&\nserde_core = "1"/' "$1/$(sdk_field rust name)/Cargo.toml"
}

# The crates that a proposal may name, with their versions.
write_allowlist() {
    printf '# Written by scripts/setup.sh from scripts/allowlist/Cargo.toml.\n\n[crates]\n'
    sed -n '/^\[dependencies\]$/,/^\[/s/^\([a-z0-9_-]*\) = .*"=\([0-9.]*\)".*/\1 = "\2"/p' \
        "$ROOT/scripts/allowlist/Cargo.toml"
    printf '%s = "%s"\n' "$(sdk_field rust name)" "$(sdk_field rust version)"
}

# cargo_for_tools SCRATCH ARGUMENT…: cargo as tool builds call it.
cargo_for_tools() {
    local scratch=$1
    shift
    env -i PATH=/usr/bin:/bin HOME="$scratch/home" CARGO_HOME="$scratch/home" RUSTC="$RUSTC" \
        "$CARGO" "$@"
}

# warm HOME: compiles the crates as tool builds do, so that those start warm: into
# <home>/.new/warm, with the lock file that they are pinned by in <home>/.new/allowlist.lock.
#
# Cargo compiles a crate once for each set of features that its users ask for together, and
# which those are depends on which crates a tool names. With the SDK there is one set for all
# (scripts/allowlist/README.md); what differs from it and is frequent is compiled beside.
warm() {
    local new=$1/.new scratch=$1/.new/scratch sdk
    say "  compiling them for $TARGET (about a minute)"
    mkdir -p "$scratch/home" "$scratch/package/src"
    sed "s|@VENDOR@|$1/vendor|" "$ROOT/scripts/allowlist/build-config.toml" >"$scratch/home/config.toml"
    printf 'fn main() {}\n' >"$scratch/package/src/main.rs"
    sdk="$(sdk_field rust name) = \"$(sdk_field rust version)\""
    cp "$ROOT/scripts/allowlist/Cargo.lock" "$new/allowlist.lock"
    # All of them, as most tools ask for them.
    warm_for "$new" "$sdk
$(sed -n '/^\[dependencies\]$/,/^\[/{/^[a-z0-9_-]* = /p}' "$ROOT/scripts/allowlist/Cargo.toml")"
    cp "$scratch/package/Cargo.lock" "$new/allowlist.lock"
    # Dates in inputs and outputs.
    warm_for "$new" "$sdk
chrono = { version = \"0.4\", features = [\"serde\"] }"
    # Tools without the SDK.
    warm_for "$new" 'serde = { version = "1", features = ["derive"] }
serde_json = "1"'
    # The empty package itself does not belong to what tools start from.
    find "$new/warm" -depth \( -name 'warm-*' -o -name 'warm.*' -o -name incremental \) -exec rm -rf {} +
    rm -rf "$scratch"
}

# warm_for NEW DEPENDENCIES: compiles an empty tool with these lines in [dependencies].
warm_for() {
    local new=$1 package=$1/scratch/package
    printf '[package]\nname = "warm"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n\n[dependencies]\n%s\n' "$2" \
        >"$package/Cargo.toml"
    cp "$new/allowlist.lock" "$package/Cargo.lock"
    local call
    for call in build "test --no-run"; do
        # shellcheck disable=SC2086 # the call is one or two words
        (cd "$package" && run_logged "$new/warm.log" cargo_for_tools "$new/scratch" $call --release \
            --offline --target "$TARGET" --target-dir "$new/warm") ||
            die "the crates that tools may use don't compile for $TARGET" \
                "look at the lines above; if the SDK needs a further crate, add it to scripts/allowlist/Cargo.toml"
    done
}

# warm_without_sdk HOME: starts from what was compiled last time, all but the SDK. Cargo itself
# would not look at the SDK's sources again: those of a registry do not change.
warm_without_sdk() {
    cp -a "$1/warm" "$1/.new/warm"
    find "$1/.new/warm" -depth \( -name '*wasm-runner-sdk*' -o -name '*wasm_runner_sdk*' \) -exec rm -rf {} +
}
