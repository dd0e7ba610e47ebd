#!/bin/sh
# Make .venv with the locked dependencies: `bootstrap.sh run` for what runs, `bootstrap.sh dev` for tests and checks too.
# Needs Python 3.11 or 3.12 with venv and pip; says in one sentence what is missing.
set -eu
cd "$(dirname "$0")/.."
group=${1:-run}
python=.venv/bin/python

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

right_version() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' >/dev/null 2>&1
}

find_python() {
    for candidate in python3.12 python3.11 python3; do
        if right_version "$candidate" && "$candidate" -c 'import venv, ensurepip' >/dev/null 2>&1; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    for candidate in python3.12 python3.11 python3; do
        if right_version "$candidate"; then
            version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
            fail "Python $version is here without its venv module: run \`apt install python$version-venv\`, then this command again."
        fi
    done
    fail "Python 3.11 or 3.12 is needed: run \`apt install python3 python3-venv\` on Debian 12 or Ubuntu 24.04, then this command again."
}

lock_hash=$(cksum <uv.lock)
stamp() { printf '%s %s' "$lock_hash" "$1"; }
is_stamped() { [ "$(cat ".venv/.synced-$1" 2>/dev/null)" = "$(stamp "$1")" ]; }

if [ -e .venv ] && ! right_version "$python"; then
    fail ".venv was made with another Python or is broken: run \`rm -rf .venv\`, then this command again."
fi
if is_stamped dev || { [ "$group" = run ] && is_stamped run; }; then
    exit 0
fi
if [ ! -x "$python" ]; then
    found=$(find_python)
    printf 'Making .venv with %s…\n' "$("$found" -V)"
    "$found" -m venv .venv
fi
if [ ! -x .venv/bin/uv ]; then
    "$python" -m pip install --quiet --disable-pip-version-check 'uv>=0.8' ||
        fail "uv could not be installed: check that this machine reaches its package index (pip's words are above)."
fi

export UV_PYTHON="$PWD/$python" UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT="$PWD/.venv"
# Compiled once here: where PYTHONDONTWRITEBYTECODE is set, every process would otherwise compile Django again.
export UV_COMPILE_BYTECODE=1
# The authorities this machine trusts, where it has a list (behind a proxy that inspects TLS, uv's own list is not enough).
[ ! -r /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1
printf 'Installing the locked dependencies…\n'
# --inexact keeps uv itself, and keeps the tools of `make test` when `make demo` follows with a newer lock.
if [ "$group" = dev ]; then
    .venv/bin/uv sync --locked --inexact --quiet
    stamp dev >.venv/.synced-dev
else
    .venv/bin/uv sync --locked --inexact --no-dev --quiet
fi
stamp run >.venv/.synced-run
