#!/usr/bin/env bash
# Python's zoneinfo still writes the table of office hours that the Rust test holds the product to (R12).
. "$(dirname "$0")/../lib.sh"

python=$(python_with tests/hours/requirements.txt)
"$python" tests/hours/oracle.py --check
