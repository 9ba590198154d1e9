# SPDX-License-Identifier: MIT
# The server greets two clients, one after the other, whatever they leave unread.
bin=$(dirname "$1")
log=$(mktemp)
"$1" 127.0.0.1:0 2>"$log" >/dev/null &
trap 'kill $!; rm -f "$log"' EXIT
for _ in $(seq 50); do
    at=$(sed -n 's|^listening on tcp://||p' "$log")
    [ -z "$at" ] || break
    sleep 0.1
done
[ "$("$bin/tcp_client" "$at" 'anybody there?')" = welcome ]
[ "$("$bin/tcp_client" "$at" "$(head -c 100000 /dev/zero | tr '\0' x)")" = welcome ]
