#!/usr/bin/env bash
# Formats what `make check` looks at.
. "$(dirname "$0")/lib.sh"

cargo fmt --all
npm_ci web
npm run --prefix web format
