# SPDX-License-Identifier: MIT
# many_clients SERVER: several at once, none held up by the others, the same with every server.
ask() { # DESCRIPTOR TEXT
    printf %s "$2" >&"$1"
    read -r -t 5 -N ${#2} answer <&"$1"
    [ "$answer" = "${2^^}" ]
}

many_clients() {
    local log server at a b c d long got
    log=$(mktemp)
    "$1" tcp://127.0.0.1:0 2>"$log" &
    server=$!
    trap "kill $server 2>/dev/null; rm -f $log" EXIT
    for _ in $(seq 50); do
        at=$(sed -n 's|^listening on tcp://||p' "$log")
        [ -z "$at" ] || break
        sleep 0.1
    done
    exec {a}<>"/dev/tcp/127.0.0.1/${at##*:}" {b}<>"/dev/tcp/127.0.0.1/${at##*:}"
    exec {c}<>"/dev/tcp/127.0.0.1/${at##*:}" # says nothing
    ask "$b" hello
    ask "$a" "second, but first to come"
    ask "$b" again
    exec {a}>&-
    exec {d}<>"/dev/tcp/127.0.0.1/${at##*:}"
    ask "$b" "still here"
    ask "$d" "on the descriptor of the first"
    # more than one buffer, and the end of the client's words is the end of the answer
    long=$(head -c 100000 /dev/zero | tr '\0' x)
    got=$("$(dirname "$1")/tcp_client" "$at" "$long")
    [ "$got" = "${long^^}" ]
    ask "$c" "at last"
    exec {b}>&- {c}>&- {d}>&-
    kill -0 "$server"
    kill "$server"
    wait "$server" || true
    rm -f "$log"
    trap - EXIT
}
