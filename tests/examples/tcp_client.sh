# SPDX-License-Identifier: MIT
# Against the server beside it, then against nobody: an error that says so.
bin=$(dirname "$1")
log=$(mktemp)
"$bin/tcp_server" 127.0.0.1:0 2>"$log" >/dev/null &
trap 'kill $!; rm -f "$log"' EXIT
for _ in $(seq 50); do
    at=$(sed -n 's|^listening on tcp://||p' "$log")
    [ -z "$at" ] || break
    sleep 0.1
done
[ "$("$1" "$at" hello)" = welcome ]
[ "$("$1" 127.0.0.1:9 hello 2>&1)" = "tcp_client: 127.0.0.1:9: connection refused" ]
