#!/usr/bin/env bash
# Builds the pages into web/dist, from where the binary takes them. Does nothing if no source has changed.
. "$(dirname "$0")/lib.sh"

npm_ci web
stamp=web/node_modules/.built-from
now=$(fingerprint web/src web/index.html web/vite.config.ts web/tsconfig.json web/package.json web/package-lock.json)
if [ ! -e web/dist/index.html ] || [ "$now" != "$(cat "$stamp" 2>/dev/null || true)" ]; then
    npm run --prefix web build
    printf '%s\n' "$now" >"$stamp"
fi
