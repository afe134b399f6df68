#!/usr/bin/env bash
# Builds the release binary and measures it; see crates/bench. Leave the machine alone meanwhile.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh run
logs=$(logs_dir)
scripts/pages.sh >"$logs/pages.log" 2>&1 || die "The pages could not be built: see $logs/pages.log."
follow build "$logs/bench-build.log" cargo build --locked --release -p backsoon -p backsoon-bench ||
    { tail -n 40 "$logs/bench-build.log" >&2; die "The build failed."; }
target=$(target_dir)
folder=$(mktemp -d "$target/bench.XXXXXX")
for part in run postgres "growth --postgres --check"; do
    # shellcheck disable=SC2086 # a part is a word and its options
    "$target/release/backsoon-bench" $part --binary "$target/release/backsoon" --folder "$folder" "$@"
done
rm -rf "$folder"
