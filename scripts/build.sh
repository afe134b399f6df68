#!/usr/bin/env bash
# Builds the release program with its pages inside: one file that needs nothing beside it.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh run
scripts/pages.sh
cargo build --locked --release -p backsoon --bin backsoon
say "Built $(target_dir)/release/backsoon"
