#!/usr/bin/env bash
# The stories of web/e2e, told in a real browser against `backsoon demo`.
. "$(dirname "$0")/../lib.sh"

scripts/pages.sh
cargo build --locked -p backsoon --bin backsoon
npm_ci web/e2e
log=$(logs_dir)/e2e.log
status=0
BACKSOON_BIN=$(target_dir)/debug/backsoon npm test --prefix web/e2e 2>&1 | tee "$log" || status=$?
# Node prints its sums behind "#" or "ℹ", as the terminal allows; a cancelled test is a failed one.
sed -nE 's/^[#ℹ] (pass|fail|cancelled) ([0-9]+)$/\1 \2/p' "$log" |
    awk '{ n[$1] = $2 } END { printf "%d passed, %d failed\n", n["pass"], n["fail"] + n["cancelled"] }'
exit "$status"
