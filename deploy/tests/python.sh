# The Python that checks and tests of deploy/ run with; to be sourced. Needs ROOT, HOME_DIR and
# scripts/lib/common.sh. Sets BIN.
# shellcheck shell=bash

# check_python: one with what requirements.txt names, made anew when that changes.
check_python() {
    local venv=$HOME_DIR/deploy-check of log=$HOME_DIR/deploy-check.log
    of=$(sha256sum <"$ROOT/deploy/tests/requirements.txt")
    # Read by whoever sources this.
    # shellcheck disable=SC2034
    BIN=$venv/bin
    # One at a time: a second one waits, then finds it made.
    exec 8>"$HOME_DIR/deploy-check.lock"
    flock 8
    if [ "$(cat "$venv/made-of" 2>/dev/null)" = "$of" ]; then
        flock --unlock 8
        return 0
    fi
    say "installing kubernetes-validate, checkov and pytest (a minute, once)"
    have python3 || apt_install python3
    python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv
    rm -rf "$venv"
    run_logged "$log" python3 -m venv "$venv" ||
        die "no Python environment can be made" "apt-get install -y python3-venv"
    run_logged "$log" "$venv/bin/pip" install --disable-pip-version-check \
        --requirement "$ROOT/deploy/tests/requirements.txt" ||
        die "what the checks need can't be installed" "connect to PyPI and run it again"
    printf '%s' "$of" >"$venv/made-of"
    flock --unlock 8
}
