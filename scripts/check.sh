#!/usr/bin/env bash
# Every check, even after one failed; the exit code says whether all of them passed.
set -u
cd "$(dirname "$0")/.."
bin=.venv/bin
failed=()

run() {
    local name=$1
    shift
    printf '\n== %s\n' "$name"
    "$@" || failed+=("$name")
}

owner_command() {
    DATABASE_ROLE=owner FI_MODE=test "$bin/python" -m common.supervisor exec --ephemeral -- "$bin/python" manage.py "$@"
}

types() {
    # The plugin of django-stubs reads the settings: addresses that nobody connects to are enough.
    FI_MODE=test DATABASE_URL=postgres://fi_app@localhost/fi REDIS_URL=redis://localhost "$bin/mypy"
}

run "ruff" "$bin/ruff" check --quiet .
run "ruff format" "$bin/ruff" format --quiet --check .
run "mypy" types
run "djlint" "$bin/djlint" --quiet --lint templates
run "import-linter" "$bin/lint-imports" --no-cache
run "bans" "$bin/python" scripts/bans.py
run "makemigrations --check" owner_command makemigrations --check --dry-run
"$bin/python" scripts/sizes.py

if [ ${#failed[@]} -gt 0 ]; then
    printf '\nFailed: %s\n' "$(IFS=,; printf '%s' "${failed[*]}")" >&2
    exit 1
fi
printf '\nAll checks pass.\n'
