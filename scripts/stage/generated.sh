#!/usr/bin/env bash
# Generated files that are committed must be what their generators write today. (openapi.json itself is compared
# by a Rust test.)
. "$(dirname "$0")/../lib.sh"

fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
npm_ci web/gen
(cd web/gen && npx --no-install openapi-typescript ../../openapi.json --output "$fresh")
if cmp "$fresh" web/src/api/schema.d.ts; then
    echo "1 passed, 0 failed"
else
    echo "web/src/api/schema.d.ts is not what openapi.json gives: run \`npm run --prefix web generate\`."
    echo "0 passed, 1 failed"
    exit 1
fi
