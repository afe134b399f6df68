#!/usr/bin/env bash
# The passwords that people use most, by a list that is not ours, are refused (V6.2.4).
. "$(dirname "$0")/../lib.sh"

python=$(python_with tests/passwords/requirements.txt)
list=$(mktemp)
log=$(logs_dir)/passwords.log
trap 'rm -f "$list"' EXIT
"$python" tests/passwords/list.py >"$list"
status=0
BACKSOON_PASSWORDS=$list cargo test --locked --workspace --test passwords -- --ignored --nocapture 2>&1 |
    tee "$log" || status=$?
awk '/^test result:/ { ok += $4; bad += $6 } END { printf "%d passed, %d failed\n", ok, bad }' "$log"
exit "$status"
