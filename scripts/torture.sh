#!/usr/bin/env bash
# Tortures the program and checks what became of its promises; see crates/torture and docs/torture.md. Four runs side
# by side: PostgreSQL with two nodes and SQLite with one, each at random and through every fail point. Options:
# --seconds N, --seed N, and what else backsoon-torture takes. Ends with the sum of the promises kept and broken.
. "$(dirname "$0")/lib.sh"

seconds=600
seed=$((RANDOM * 32768 + RANDOM))
more=()
while [ $# -gt 0 ]; do
    case $1 in
        --seconds) seconds=$2; shift 2 ;;
        --seed) seed=$2; shift 2 ;;
        *) more+=("$1"); shift ;;
    esac
done

scripts/setup.sh run
logs=$(logs_dir)
target=$(target_dir)
# The program with fail points is built first and put aside, so that what is left in its place is the shipped one.
cargo build --locked -p backsoon --bin backsoon --features fail-points
mkdir -p "$target/torture"
cp "$target/debug/backsoon" "$target/torture/backsoon-fail-points"
cargo build --locked -p backsoon --bin backsoon
cargo build --locked -p backsoon-torture --bin backsoon-torture
cp "$target/debug/backsoon" "$target/torture/backsoon"

say "The seed is $seed."
names=()
runs=()
run() {
    local name=$1
    shift
    names+=("$name")
    "$target/debug/backsoon-torture" --seed "$seed" "$@" ${more[@]+"${more[@]}"} >"$logs/torture-$name.log" 2>&1 &
    runs+=($!)
}
trap 'kill "${runs[@]}" 2>/dev/null || true' EXIT
run postgres --binary "$target/torture/backsoon" --engine postgres --nodes 2 --seconds "$seconds"
run sqlite --binary "$target/torture/backsoon" --engine sqlite --seconds "$seconds"
run postgres-fail-points --binary "$target/torture/backsoon-fail-points" --engine postgres --fail-points
run sqlite-fail-points --binary "$target/torture/backsoon-fail-points" --engine sqlite --fail-points
status=0
for index in "${!runs[@]}"; do
    wait "${runs[$index]}" || status=1
    cat "$logs/torture-${names[$index]}.log"
done
for name in "${names[@]}"; do tail -n 1 "$logs/torture-$name.log"; done |
    awk '/^[0-9]+ passed, [0-9]+ failed$/ { ok += $1; bad += $3; next } { bad += 1 }
         END { printf "%d passed, %d failed\n", ok, bad }'
exit "$status"
