# Shared by the scripts here; sourced, never run. Leaves the caller in the repository's root.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*" >&2; }

die() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

# Where cargo puts what it builds, whatever the environment or a cargo configuration says.
target_dir() {
    cargo metadata --no-deps --format-version 1 | node -p 'JSON.parse(require("fs").readFileSync(0)).target_directory'
}

logs_dir() {
    mkdir -p target/logs
    printf '%s' target/logs
}

# `follow LABEL LOG COMMAND...` runs a command into a log file and says every ten seconds how far it has come.
# Its status is the command's status. The command stays in the foreground, so that Ctrl+C reaches it.
follow() {
    local label=$1 log=$2 teller status=0
    shift 2
    : >"$log"
    (
        waited=0
        while sleep 10 >/dev/null 2>&1; do
            waited=$((waited + 10))
            say "  $label: ${waited} s … $(last_line "$log")"
        done
    ) &
    teller=$!
    "$@" >"$log" 2>&1 || status=$?
    kill "$teller" 2>/dev/null || true
    wait "$teller" 2>/dev/null || true
    return "$status"
}

# The last line of a log that says something, without colours, cut to a screen's width.
last_line() {
    tail -n 5 "$1" | tr '\r' '\n' | sed -e 's/\x1b\[[0-9;]*m//g' -e 's/^ *//' | grep -v '^$' | tail -n 1 | cut -c 1-90 || true
}

# `npm_ci FOLDER` installs exactly what the lock file says, once per lock file.
npm_ci() {
    local folder=$1 stamp=$1/node_modules/.installed-from
    if ! cmp -s "$folder/package-lock.json" "$stamp"; then
        npm ci --prefix "$folder" --no-audit --no-fund
        cp "$folder/package-lock.json" "$stamp"
    fi
}

# One fingerprint of the files below the given paths.
fingerprint() {
    find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
}

# `python_with FILE` prints the Python of a virtual environment that has what the requirements file names.
python_with() {
    local venv=.venv/$(basename "$(dirname "$1")")
    if ! cmp -s "$1" "$venv/.installed-from"; then
        python3 -m venv --clear "$venv" >&2
        "$venv/bin/pip" install --quiet --requirement "$1" >&2
        cp "$1" "$venv/.installed-from"
    fi
    printf '%s' "$venv/bin/python"
}
