# SPDX-License-Identifier: MIT
# Lines in pieces and several at once; bye ends it after all answers; a line of 81 bytes ends it.
log=$(mktemp)
"$1" 127.0.0.1:0 2>"$log" &
trap 'kill $!; rm -f "$log"' EXIT
for _ in $(seq 50); do
    port=$(sed -n 's/^listening on .*://p' "$log")
    [ -z "$port" ] || break
    sleep 0.1
done
exec 3<>"/dev/tcp/127.0.0.1/$port" 4<>"/dev/tcp/127.0.0.1/$port"
printf hel >&3
printf 'abc\n\n%080d\n' 1 >&4
printf 'lo\nplug\nbye\n' >&3
[ "$(timeout 5 cat <&3)" = "olleh
gulp" ]
for want in cba '' "$(printf '1%079d' 0)"; do
    read -r -t 5 answer <&4
    [ "$answer" = "$want" ]
done
printf %081d 1 >&4
[ -z "$(timeout 5 cat <&4)" ]
