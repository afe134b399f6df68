#!/usr/bin/env bash
# The pages: types, formatting and lints, unit tests, and the build that the binary embeds.
. "$(dirname "$0")/../lib.sh"

results=$(logs_dir)/vitest.json
rm -f "$results"
npm_ci web
npm run --prefix web check
status=0
npm run --prefix web test -- --reporter=default --reporter=json --outputFile.json="$PWD/$results" || status=$?
scripts/pages.sh
node -e '
    const r = JSON.parse(require("fs").readFileSync(process.argv[1]));
    console.log(`${r.numPassedTests} passed, ${r.numFailedTests} failed`);
' "$results"
exit "$status"
