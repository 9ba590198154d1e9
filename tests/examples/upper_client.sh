# SPDX-License-Identifier: MIT
# The client against the server beside it.
bin=$(dirname "$1")
log=$(mktemp)
"$bin/upper_server" tcp://127.0.0.1:0 2>"$log" &
trap 'kill $!; rm -f "$log"' EXIT
for _ in $(seq 50); do
    endpoint=$(sed -n 's/^listening on //p' "$log")
    [ -z "$endpoint" ] || break
    sleep 0.1
done
[ "$("$1" "$endpoint" "hello, plug")" = "HELLO, PLUG" ]
# Nobody listens on the discard port: an error that says so.
! "$1" tcp://127.0.0.1:9 x
