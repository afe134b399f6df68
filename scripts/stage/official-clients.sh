#!/usr/bin/env bash
# Twilio's official Python and Node.js libraries against the sandbox carrier and against a desk's webhook: they create,
# fetch and list, and what their signers sign the desk must take. Carrier and desk are the program's own commands, on
# loopback.
. "$(dirname "$0")/../lib.sh"

checks=tests/official-clients
python=$(python_with "$checks/requirements.txt")
logs=$(logs_dir)
cargo build --locked -p backsoon --bin backsoon
backsoon=$(target_dir)/debug/backsoon
npm_ci "$checks/npm"

# Everything from here on talks to this machine only, also where a proxy is set.
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1

# A desk of its own: nothing of the caller's settings reaches it, and it is gone afterwards.
for name in $(compgen -e BACKSOON_ || true); do unset "$name"; done
home=$(mktemp -d)
servers=()
clean_up() {
    [ ${#servers[@]} -eq 0 ] || kill "${servers[@]}" 2>/dev/null || true
    wait
    rm -rf "$home"
}
trap clean_up EXIT

read -r desk_port carrier_port < <(node -e '
    const net = require("net");
    const open = () => new Promise((done) => { const s = net.createServer().listen(0, "127.0.0.1", () => done(s)); });
    Promise.all([open(), open()]).then((all) => {
        console.log(all.map((s) => s.address().port).join(" "));
        all.forEach((s) => s.close());
    });')
desk=http://127.0.0.1:$desk_port
carrier=http://127.0.0.1:$carrier_port
account=AC$(printf 'c0de%.0s' 1 2 3 4 5 6 7 8)
token=made-up-token-of-the-sandbox-1234
number=+15005550006
export BACKSOON_DATABASE_URL=sqlite:$home/backsoon.db BACKSOON_TWILIO_API_URL=$carrier BACKSOON_LISTEN=127.0.0.1:$desk_port
export BACKSOON_CONFIG=$home/backsoon.toml
: >"$BACKSOON_CONFIG"

id_of() { node -p 'JSON.parse(require("fs").readFileSync(0)).id'; }
organization=$("$backsoon" --json organization create --name "Official" --time-zone Etc/UTC | id_of)
printf '%s\n' "$token" | "$backsoon" --json channel add twilio \
    --organization "$organization" --account-sid "$account" --number "$number" | id_of

"$backsoon" carrier --listen "127.0.0.1:$carrier_port" --webhook-url "$desk/webhooks/twilio/messages" \
    --account-sid "$account" --auth-token "$token" --number "$number" 2>"$logs/carrier.log" &
servers+=($!)
"$backsoon" serve 2>"$logs/desk.log" &
servers+=($!)
for address in "$desk/readyz" "$carrier/"; do
    curl --silent --show-error --fail --output /dev/null --retry 100 --retry-delay 1 --retry-connrefused "$address"
done

options=(--sandbox "$carrier" --desk "$desk" --account-sid "$account" --auth-token "$token" --number "$number")
status=0
say "Python:"
"$python" "$checks/check.py" "${options[@]}" | tee "$home/python.log" || status=1
say "Node.js:"
node "$checks/npm/check.mjs" "${options[@]}" | tee "$home/node.log" || status=1
# The last such line counts: the sum.
grep -h -E '^[0-9]+ passed, [0-9]+ failed$' "$home"/*.log |
    awk '{ passed += $1; failed += $3 } END { printf "%d passed, %d failed\n", passed, failed }'
exit "$status"
