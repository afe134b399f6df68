#!/usr/bin/env bash
# Formatting, lints and types. Stops at the first complaint.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh run
cargo fmt --all --check
cargo clippy --locked --workspace --all-targets -- -D warnings
if command -v cargo-deny >/dev/null; then
    cargo deny --locked check licenses bans sources
else
    say "The licences of the dependencies were not checked: cargo install --locked cargo-deny"
fi
npm_ci web
npm run --prefix web check
say "Nothing to complain about."
