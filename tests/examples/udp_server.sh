# SPDX-License-Identifier: MIT
# Two datagrams and their answers; then it has served as many as it was asked to, and ends.
out=$(mktemp)
err=$(mktemp)
"$1" udp://127.0.0.1:0 2 >"$out" 2>"$err" &
pid=$!
trap 'kill $pid 2>/dev/null || true; rm -f "$out" "$err"' EXIT
for _ in $(seq 50); do
    port=$(sed -n 's|^listening on udp://127.0.0.1:||p' "$err")
    [ -z "$port" ] || break
    sleep 0.1
done
answers=$(python3 - "$port" <<'PY'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
for message, room in ((b"exit", 4), (b"x" * 9000, 8192)):
    s.sendto(message, ("127.0.0.1", int(sys.argv[1])))
    assert s.recv(65535) == message[:room]
print("answered")
PY
)
[ "$answers" = answered ]
wait $pid
grep -q '^4 bytes from 127.0.0.1:[0-9]*: exit$' "$out"
grep -q '^8192 bytes, the rest is lost, from 127.0.0.1:[0-9]*: x*$' "$out"
