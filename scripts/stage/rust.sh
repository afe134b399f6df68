#!/usr/bin/env bash
# Every Rust test of the workspace: domain, store, channels, app, HTTP, sandbox.
. "$(dirname "$0")/../lib.sh"

log=$(logs_dir)/cargo-test.log
status=0
cargo test --locked --workspace --no-fail-fast 2>&1 | tee "$log" || status=$?
awk '/^test result:/ { ok += $4; bad += $6 } END { printf "%d passed, %d failed\n", ok, bad }' "$log"
exit "$status"
