#!/usr/bin/env bash
# Runs the stages of scripts/stage/, all of them in the order below or those that are named. A stage prints what it
# likes and ends with the line "N passed, N failed". This script shows each stage's closing lines and ends with the
# sum of all stages on a line of its own. A stage that fails without naming a failed test counts as one failure,
# and so does one that passes without having run a test.
. "$(dirname "$0")/lib.sh"

stages=("$@")
[ ${#stages[@]} -gt 0 ] || stages=(web rust generated hours passwords official-clients torture browser)

scripts/setup.sh test
logs=$(logs_dir)
passed=0
failed=0
summary=()

for stage in "${stages[@]}"; do
    [ -x "scripts/stage/$stage.sh" ] || die "There is no stage \"$stage\": see scripts/stage/."
    say ""
    say "== $stage =="
    log=$logs/$stage.log
    started=$SECONDS
    status=0
    follow "$stage" "$log" "scripts/stage/$stage.sh" || status=$?

    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1 || true)
    ok=$(printf '%s' "${counts:-0}" | cut -d ' ' -f 1)
    bad=$(printf '%s' "${counts:-0 x 0}" | cut -d ' ' -f 3)
    if { [ "$status" -ne 0 ] || [ "$ok" -eq 0 ]; } && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ "$bad" -gt 0 ]; then tail -n 120 "$log"; else tail -n 12 "$log"; fi

    passed=$((passed + ok))
    failed=$((failed + bad))
    summary+=("$(printf '%-18s %6d passed %4d failed %5d s' "$stage" "$ok" "$bad" $((SECONDS - started)))")
done

printf '\n'
printf '%s\n' "${summary[@]}"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
