#!/usr/bin/env bash
# Nodes, databases and connections die under the real program for a short while, and nothing is lost: about a minute.
# `make torture` does it for longer. The seed of a failed run is in its first line.
. "$(dirname "$0")/../lib.sh"

exec scripts/torture.sh --seconds 20
