# SPDX-License-Identifier: MIT
# The server answers two clients, one after the other.
log=$(mktemp)
"$1" tcp://127.0.0.1:0 2>"$log" &
trap 'kill $!; rm -f "$log"' EXIT
for _ in $(seq 50); do
    port=$(sed -n 's/^listening on .*://p' "$log")
    [ -z "$port" ] || break
    sleep 0.1
done
for word in hello plug; do
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf %s "$word" >&3
    read -r -t 5 -N ${#word} answer <&3
    exec 3>&-
    [ "$answer" = "${word^^}" ]
done
