# SPDX-License-Identifier: MIT
# hooks SERVER MODEL: a client that is answered, one whose handler fails, and one that is refused.
hooks() {
    local log out at server
    log=$(mktemp) out=$(mktemp)
    "$1" tcp://127.0.0.1:0 "$2" 2>"$log" >"$out" &
    server=$!
    trap "kill $server 2>/dev/null; rm -f $log $out" EXIT
    for _ in $(seq 50); do
        at=$(sed -n 's|^listening on tcp://||p' "$log")
        [ -z "$at" ] || break
        sleep 0.1
    done
    [ "$("$(dirname "$1")/tcp_client" "$at" hello)" = HELLO ]
    [ -z "$("$(dirname "$1")/tcp_client" "$at" fail)" ]
    [ -z "$("$(dirname "$1")/tcp_client" "$at" "never heard")" ]
    sleep 0.2
    [ "$(grep -c '^handle ' "$out")" = 2 ]
    [ "$(grep -c '^finish ' "$out")" = 2 ]
    [ "$(grep -c '^handle_error ' "$out")" = 1 ]
    [ "$(grep -c '^verify_request ' "$out")" = 3 ]
    kill "$server"
    rm -f "$log" "$out"
    trap - EXIT
}
