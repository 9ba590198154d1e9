# SPDX-License-Identifier: MIT
# The server, asked by the client beside it.
bin=$(dirname "$1")
log=$(mktemp)
"$1" tcp://127.0.0.1:0 2>"$log" &
trap 'kill $!; rm -f "$log"' EXIT
for _ in $(seq 50); do
    endpoint=$(sed -n 's/^listening on //p' "$log")
    [ -z "$endpoint" ] || break
    sleep 0.1
done
[ "$("$bin/upper_client" "$endpoint" "hello, plug")" = "HELLO, PLUG" ]
