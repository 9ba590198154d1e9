# SPDX-License-Identifier: MIT
. "$(dirname "$0")/many_clients.bash"
for backend in poll select uring; do
    PLUG_BACKEND=$backend many_clients "$1"
done
many_clients "$1"

# One word ends them all: the clients that wait, too; and what they sent was added up.
out=$(mktemp) log=$(mktemp)
trap 'rm -f "$out" "$log"' EXIT
"$1" tcp://127.0.0.1:0 >"$out" 2>"$log" &
server=$!
for _ in $(seq 50); do
    at=$(sed -n 's|^listening on tcp://||p' "$log")
    [ -z "$at" ] || break
    sleep 0.1
done
exec {a}<>"/dev/tcp/127.0.0.1/${at##*:}" {b}<>"/dev/tcp/127.0.0.1/${at##*:}"
ask "$a" "twelve bytes"
printf quit >&"$b"
wait "$server"
[ "$(cat "$out")" = "12 bytes" ]
[ "$(cat "$log")" = "listening on tcp://$at" ]
