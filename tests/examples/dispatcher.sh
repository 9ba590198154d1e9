# SPDX-License-Identifier: MIT
# Two clients at once, each gets back what it sent; one that ends does not end the other.
log=$(mktemp)
"$1" 127.0.0.1:0 2>"$log" &
trap 'kill $!; rm -f "$log"' EXIT
for _ in $(seq 50); do
    port=$(sed -n 's/^listening on .*://p' "$log")
    [ -z "$port" ] || break
    sleep 0.1
done
exec 3<>"/dev/tcp/127.0.0.1/$port" 4<>"/dev/tcp/127.0.0.1/$port"
for word in hello plug; do
    for fd in 4 3; do
        printf %s "$word" >&$fd
        read -r -t 5 -N ${#word} answer <&$fd
        [ "$answer" = "$word" ]
    done
done
exec 4>&-
printf last >&3
read -r -t 5 -N 4 answer <&3
[ "$answer" = last ]
