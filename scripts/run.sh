#!/usr/bin/env bash
# Builds the pages and the program side by side, then becomes `backsoon demo`. A second run only checks that
# nothing has changed. The development profile is used: it builds several times faster than the release one, and
# its dependencies are optimized all the same.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh run
logs=$(logs_dir)

# Side by side only if there are no pages yet: replacing pages while the program takes them in would break it.
both() {
    local pages
    scripts/pages.sh >"$logs/pages.log" 2>&1 &
    pages=$!
    [ ! -e web/dist/index.html ] || wait "$pages" || { cat "$logs/pages.log"; return 1; }
    cargo build --locked -p backsoon --bin backsoon || return 1
    wait "$pages" || { cat "$logs/pages.log"; return 1; }
}
if [ ! -e "$(target_dir)/debug/backsoon" ]; then
    say "Building the program and its pages. The first time takes a few minutes; log: $logs/build.log"
fi
if ! follow build "$logs/build.log" both; then
    tail -n 40 "$logs/build.log" >&2
    die "The build failed; the whole log is in $logs/build.log and $logs/pages.log."
fi

# The pages may have been built after the program was: this builds again only what includes them.
exec cargo run --quiet --locked -p backsoon --bin backsoon -- demo "$@"
