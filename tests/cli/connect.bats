#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plug connect against servers in Python and against plug listen.

load frame.bash

# server CODE: a Python server; CODE has the connection c, or for datagrams the socket s. Sets $PORT,
# $PID.
server() {
    python3 - "$BATS_TEST_TMPDIR/port" "${KIND:-tcp}" 3>&- <<EOP &
import os, socket, struct, sys, time
kind = sys.argv[2]
if kind == "udp":
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
else:
    s = socket.create_server(("127.0.0.1", 0))
s.settimeout(20)
with open(sys.argv[1] + "~", "w") as f: f.write(str(s.getsockname()[1]))
os.rename(sys.argv[1] + "~", sys.argv[1])
if kind != "udp": c, peer = s.accept(); c.settimeout(20)
$1
EOP
    PID=$!
    wait_until test -f "$BATS_TEST_TMPDIR/port"
    PORT=$(cat "$BATS_TEST_TMPDIR/port")
}

# A port that nobody listens on.
closed_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

@test "connect: end of stdin is told to the peer, its answer is read" {
    server 'd = b""
while (b := c.recv(99)): d += b
c.sendall(d.upper()); c.close()'
    run --separate-stderr bash -c 'printf "hello\n" | timeout 10 "$1" connect "tcp://127.0.0.1:$2"' - "$PLUG" "$PORT"
    expect 0 "HELLO" ""
}

@test "connect: host and port as two operands; --send; --crlf; --escapes" {
    server 'print(c.recv(99), flush=True); c.sendall(b"ok\n"); c.close()' >"$BATS_TEST_TMPDIR/got"
    plug connect --send 'a\x41\n' -e --crlf 127.0.0.1 "$PORT"
    expect 0 "ok" ""
    wait "$PID"
    [ "$(cat "$BATS_TEST_TMPDIR/got")" = "b'aA\\r\\n'" ]
    plug connect --send 'a\q' -e 127.0.0.1 1
    expect 2 "" $'plug connect: --send: bad escape at character 2 of \'a\\\\q\'\ntry \'plug connect --help\''
}

@test "connect: the peer's end ends it, though stdin stays open" {
    server 'c.sendall(b"bye\n"); c.close()'
    start=$SECONDS
    run --separate-stderr bash -c 'sleep 15 | { timeout 10 "$1" connect "tcp://127.0.0.1:$2"; echo "code $?"; kill $(pgrep -P $$ sleep); }' - "$PLUG" "$PORT"
    [ "$output" = $'bye\ncode 0' ]
    [ $((SECONDS - start)) -lt 8 ]
}

@test "connect: input that flows is not cut by an early end of the peer" {
    server 'n = len(c.recv(1)) # from now on it flows
c.shutdown(1)
while (b := c.recv(65536)): n += len(b)
print(n, flush=True)' >"$BATS_TEST_TMPDIR/got"
    { for _ in 1 2 3 4; do head -c 1000000 /dev/zero; sleep 0.1; done; } | timeout 20 "$PLUG" connect "tcp://127.0.0.1:$PORT"
    wait "$PID"
    [ "$(cat "$BATS_TEST_TMPDIR/got")" = 4000000 ]
}

@test "connect: a peer that ends at once does not cut input that is about to come" {
    server 'c.shutdown(1); print(c.recv(9), flush=True)' >"$BATS_TEST_TMPDIR/got"
    { sleep 0.05; echo late; } | timeout 20 "$PLUG" connect "tcp://127.0.0.1:$PORT"
    wait "$PID"
    [ "$(cat "$BATS_TEST_TMPDIR/got")" = "b'late\\n'" ]
    rm "$BATS_TEST_TMPDIR/port"
    server 'c.close()'
    plug connect "tcp://127.0.0.1:$PORT" < <(sleep 5) # nothing is about to come: no wait for it
    expect 0 "" ""
}

@test "connect: --on-peer-eof=send goes on until the input ends" {
    server 'c.shutdown(1)
n = 0
while (b := c.recv(65536)): n += len(b)
print(n, flush=True)' >"$BATS_TEST_TMPDIR/got"
    { echo one; sleep 2; echo two; } | timeout 20 "$PLUG" connect --on-peer-eof=send "tcp://127.0.0.1:$PORT"
    wait "$PID"
    [ "$(cat "$BATS_TEST_TMPDIR/got")" = 8 ]
}

@test "connect: --on-eof close, wait, never" {
    server 'print(c.recv(9), c.recv(9), flush=True)' >"$BATS_TEST_TMPDIR/got"
    plug connect --on-eof=close --send x "tcp://127.0.0.1:$PORT"
    expect 0 "" ""
    wait "$PID"
    [ "$(cat "$BATS_TEST_TMPDIR/got")" = "b'x' b''" ]
    rm "$BATS_TEST_TMPDIR/port"
    # nothing is told: the server still waits when the time for answers is over
    server 'c.recv(9); c.settimeout(0.2)
try: print(c.recv(9), flush=True)
except TimeoutError: print("no end", flush=True)
c.sendall(b"late\n"); time.sleep(5)' >"$BATS_TEST_TMPDIR/got"
    plug connect --on-eof=wait -q 1s --send x "tcp://127.0.0.1:$PORT"
    expect 0 "late" ""
    [ "$(cat "$BATS_TEST_TMPDIR/got")" = "no end" ]
    kill "$PID"
    rm "$BATS_TEST_TMPDIR/port"
    server 'c.recv(9); time.sleep(1.5); c.sendall(b"later\n"); c.close()'
    plug connect --on-eof=never --send x "tcp://127.0.0.1:$PORT"
    expect 0 "later" ""
}

@test "connect: closing does not overtake what was sent, though the peer still talks" {
    server 'got = 0
while True:
    c.send(b"noise")
    n = len(c.recv(65536))
    got += n
    if not n: break
    if got < 2000000: time.sleep(0.01)
print(got, flush=True)' >"$BATS_TEST_TMPDIR/got"
    run --separate-stderr bash -c 'head -c 3000000 /dev/zero | timeout 10 "$1" connect --on-eof close "$2" >/dev/null' - \
        "$PLUG" "tcp://127.0.0.1:$PORT"
    expect 0 "" ""
    wait "$PID"
    [ "$(cat "$BATS_TEST_TMPDIR/got")" = 3000000 ]
}

@test "connect: a reset is told after what came before it; exit 2" {
    server 'c.sendall(b"half\n"); time.sleep(0.3)
c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); c.close()'
    run --separate-stderr bash -c 'sleep 3 | timeout 10 "$1" connect "tcp://127.0.0.1:$2"' - "$PLUG" "$PORT"
    expect 2 "half" "plug connect: receive from 127.0.0.1:$PORT: connection reset by peer"
}

@test "connect: time-outs of connecting and of silence are two" {
    server 'time.sleep(5)'
    run --separate-stderr bash -c 'sleep 3 | timeout 10 "$1" connect -i 300ms "tcp://127.0.0.1:$2"' - "$PLUG" "$PORT"
    expect 2 "" "plug connect: idle 127.0.0.1:$PORT: timed out
  hint: --idle-timeout ended it"
}

@test "connect: an address without its port" {
    for address in 127.0.0.1 '[::1]' tcp://localhost; do
        plug connect "$address"
        expect 2 "" "plug connect: '$address': the port is missing; write tcp://HOST:PORT, udp://HOST:PORT, unix:PATH, unix-dgram:PATH, seqpacket:PATH or HOST PORT
try 'plug connect --help'"
    done
}

@test "connect: why it failed, and what to try" {
    port=$(closed_port)
    plug connect "tcp://127.0.0.1:$port"
    expect 2 "" "plug connect: connect tcp://127.0.0.1:$port: connection refused
  hint: nobody listens there: 'plug listen ADDRESS' would"
    plug connect unix:/nonexistent/socket
    expect 2 "" "plug connect: connect unix:/nonexistent/socket: no such file or directory
  hint: there is no file or directory of that name"
    plug connect 'tcp://bad_host..:80'
    [ "$status" -eq 2 ]
    plug connect --source 'nowhere' tcp://127.0.0.1:1
    expect 2 "" $'plug connect: --source: \'nowhere\': not a valid address\ntry \'plug connect --help\''
}

@test "connect: udp messages, answers, the wait for them" {
    KIND=udp server 'for _ in range(3):
    b, a = s.recvfrom(9999); s.sendto(b"<" + b + b">", a)'
    run --separate-stderr bash -c 'printf "one\n\ntwo" | timeout 10 "$1" connect --lines -q 500ms "udp://127.0.0.1:$2"' - "$PLUG" "$PORT"
    expect 0 $'<one>\n<>\n<two>' ""
}

@test "connect: a datagram that is cut off is told" {
    KIND=udp server 'b, a = s.recvfrom(9); s.sendto(b"x" * 2000, a)'
    plug connect --size 1000 -q 500ms --send hi "udp://127.0.0.1:$PORT"
    [ "$status" -eq 0 ]
    [ "${#output}" -eq 1000 ]
    [ "$stderr" = "plug connect: message from 127.0.0.1:$PORT cut off: 1000 of 2000 bytes kept (--size)" ]
}

@test "connect: an ICMP error of udp is told and survived" {
    port=$(python3 -c 'import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    plug connect -q 300ms --send hi "udp://127.0.0.1:$port"
    [ "$status" -eq 2 ]
    [ "$stderr" = "plug connect: datagram to 127.0.0.1:$port: connection refused
  hint: ICMP type 3 code 3 from 127.0.0.1: nobody listens there" ]
    # it keeps running: somebody comes to listen, and gets the next message
    (sleep 1; timeout 5 python3 -c '
import socket, sys
s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.1", int(sys.argv[1]))); s.settimeout(4)
b, a = s.recvfrom(99); s.sendto(b.upper(), a)' "$port") 3>&- &
    run --separate-stderr bash -c '{ echo early; sleep 2; echo again; } | timeout 10 "$1" connect "udp://127.0.0.1:$2"' - "$PLUG" "$port"
    [ "$status" -eq 0 ]
    [ "$output" = AGAIN ]
    [[ $stderr == *refused* ]]
}

@test "connect: -n ends after so many lines" {
    server 'c.sendall(b"1\n2\n3\n4\n"); time.sleep(3)'
    run --separate-stderr bash -c 'sleep 5 | { timeout 10 "$1" connect -n 3 "tcp://127.0.0.1:$2"; echo "code $?"; }' - "$PLUG" "$PORT"
    [ "$output" = $'1\n2\n3\ncode 0' ]
}

@test "connect: --hex dumps both directions, --tee copies" {
    server 'c.recv(9); c.sendall(bytes(range(18))); c.close()'
    plug connect --hex --tee "$BATS_TEST_TMPDIR/copy" --send ping "tcp://127.0.0.1:$PORT"
    [ "$status" -eq 0 ]
    [ "$stderr" = "> 00000000  70 69 6e 67                                       |ping|
< 00000000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  |................|
< 00000010  10 11                                             |..|" ]
    python3 -c 'import sys; assert open(sys.argv[1], "rb").read() == bytes(range(18))' "$BATS_TEST_TMPDIR/copy"
    plug connect --tee /nonexistent/x tcp://127.0.0.1:1
    expect 2 "" "plug connect: open /nonexistent/x: no such file or directory"
}

@test "connect: a terminal gets escapes, a pipe the bytes" {
    reply='c.sendall("h\u00e9\x1b[31m\u202e\r\n\x07".encode()[:2]); time.sleep(0.3); c.sendall("h\u00e9\x1b[31m\u202e\r\n\x07".encode()[2:]); c.close()'
    server "$reply"
    python3 "$BATS_TEST_DIRNAME/on_tty.py" 80 1 "$PLUG" connect "tcp://127.0.0.1:$PORT" >"$BATS_TEST_TMPDIR/seen"
    [ "$(cat "$BATS_TEST_TMPDIR/seen")" = $'h\u00e9\\e[31m\\u{202e}\n\\x07' ] || { cat -A "$BATS_TEST_TMPDIR/seen"; false; }
    rm "$BATS_TEST_TMPDIR/port"
    server "$reply"
    python3 "$BATS_TEST_DIRNAME/on_tty.py" 80 1 "$PLUG" connect --raw "tcp://127.0.0.1:$PORT" >"$BATS_TEST_TMPDIR/seen"
    [ "$(cat "$BATS_TEST_TMPDIR/seen")" = $'h\u00e9\e[31m\u202e\r\n\a' ]
    rm "$BATS_TEST_TMPDIR/port"
    server "$reply"
    plug connect "tcp://127.0.0.1:$PORT"
    [ "$output" = $'h\u00e9\e[31m\u202e\r\n\a' ]
}

@test "connect: what is typed on a terminal goes out, Ctrl-D ends it" {
    server 'd = b""
while (b := c.recv(99)): d += b
c.sendall(b"got " + d); c.close()'
    run bash -c 'echo typed | python3 "$1" 80 012 "$2" connect "tcp://127.0.0.1:$3"' - "$BATS_TEST_DIRNAME/on_tty.py" "$PLUG" "$PORT"
    [ "$status" -eq 0 ]
    [[ $output == *"got typed"* ]]
}

@test "connect: -z tells open, closed and not to be told" {
    server 'time.sleep(5)'
    closed=$(closed_port)
    plug connect -z "127.0.0.1:$PORT"
    [ "$status" -eq 0 ]
    [[ $output =~ ^tcp://127.0.0.1:$PORT\ \ open\ \ [0-9] ]]
    plug connect -z 127.0.0.1 "$PORT" "$closed"
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == "tcp://127.0.0.1:$PORT  open "* ]]
    [[ ${lines[1]} == "tcp://127.0.0.1:$closed  closed "*"connection refused" ]]
    plug connect -z --json "127.0.0.1:$PORT" "tcp://127.0.0.1:$closed"
    [ "$status" -eq 1 ]
    echo "$output" | check_events summary
    [[ $output == *'"state":"open"'*'"state":"closed"'*'"error":"ECONNREFUSED"'* ]]
    plug connect -z "udp://127.0.0.1:$closed"
    [ "$status" -eq 1 ]
    plug connect -z -u "127.0.0.1:$closed"
    [ "$status" -eq 1 ]
    [[ $output == "udp://127.0.0.1:$closed  closed "* ]]
    # a datagram that nobody answers tells nothing
    python3 -c '
import socket, sys, time
s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); time.sleep(5)' >"$BATS_TEST_TMPDIR/mute" 3>&- &
    wait_until test -s "$BATS_TEST_TMPDIR/mute"
    plug connect -z -w 200ms "udp://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/mute")"
    [ "$status" -eq 2 ]
    [[ $output == *unknown*"timed out" ]]
    # a name with two addresses: one refuses, to the other there is no way
    if unshare -r -n -m true 2>/dev/null; then
        printf '127.0.0.1 both.test\n2001:db8::1 both.test\n' >"$BATS_TEST_TMPDIR/hosts"
        run unshare -r -n -m bash -c 'ip link set lo up; mount --bind "$2" /etc/hosts
            "$1" connect -z both.test 9' - "$PLUG" "$BATS_TEST_TMPDIR/hosts"
        [ "$status" -eq 1 ]
        [[ $output == "tcp://both.test:9  closed "*"connection refused" ]]
    fi
    plug connect -z 127.0.0.1 9-5
    expect 2 "" $'plug connect: \'9-5\': a range of ports goes upwards\ntry \'plug connect --help\''
    plug connect -z 127.0.0.1 1-5000
    expect 2 "" $'plug connect: more than 4096 addresses to test\ntry \'plug connect --help\''
    plug connect -z
    [ "$status" -eq 2 ]
}

@test "connect: --info times each step and describes the connection" {
    server 'time.sleep(5)'
    plug connect --info 127.0.0.1 "$PORT"
    [ "$status" -eq 0 ]
    [[ ${lines[0]} =~ ^Looking\ up\ host\ and\ port\ number\.\.\.\ done\ \(.*s\)\.$ ]]
    [ "${lines[1]}" = "Creating socket... done." ]
    [[ ${lines[2]} =~ ^Connecting\ to\ remote\ host\ on\ port\ $PORT\.\.\.\ done\ \(.*s\)\.$ ]]
    [[ $output == *"Connected from 127.0.0.1:"*"Connected to 127.0.0.1:$PORT"*"nodelay"*"round trip"* ]]
    rm "$BATS_TEST_TMPDIR/port"
    server 'time.sleep(5)'
    plug connect --info --json 127.0.0.1 "$PORT"
    [ "$status" -eq 0 ]
    echo "$output" | check_events summary
    echo "${lines[0]}" | python3 -c '
import json, sys
e = json.load(sys.stdin)
assert e["type"] == "info" and e["connected"] is True, e
assert e["attempts"][0]["error"] is None and e["tcp_info"]["state"] == "established", e
assert e["options"]["nodelay"] is True and e["connect_ms"] >= 0, e'
    plug connect --info 127.0.0.1 "$(closed_port)"
    [ "$status" -eq 2 ]
    [[ $output == *"failed"*"connection refused"* ]]
}

@test "connect: --json is events only" {
    server 'c.recv(9); c.sendall(b"\xff\x00text"); c.close()'
    plug connect --json --send ping "tcp://127.0.0.1:$PORT"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    echo "$output" | check_events summary
    echo "$output" | python3 -c '
import json, sys
e = {x["type"]: x for x in map(json.loads, sys.stdin)}
assert e["connected"]["peer"].startswith("127.0.0.1:"), e
assert e["data"]["data"] == {"hex": "ff0074657874"} and e["data"]["size_bytes"] == 6, e
assert e["summary"]["sent_bytes"] == 4 and e["summary"]["received_bytes"] == 6, e
assert e["summary"]["end_reason"] == "peer-eof" and e["summary"]["exit"] == 0, e'
}

@test "connect: signals" {
    server 'time.sleep(20)'
    mkfifo "$BATS_TEST_TMPDIR/in"
    exec 8<>"$BATS_TEST_TMPDIR/in"
    for pair in INT:130 TERM:143 HUP:129; do
        err=$BATS_TEST_TMPDIR/${pair%:*}
        "$PLUG" connect -v "tcp://127.0.0.1:$PORT" <"$BATS_TEST_TMPDIR/in" 2>"$err" 8>&- 3>&- &
        job=$!
        wait_until grep -q connected "$err"
        kill "-${pair%:*}" "$job"
        code=0
        wait "$job" || code=$?
        [ "$code" -eq "${pair#*:}" ] || { echo "$pair: $code"; return 1; }
    done
    exec 8>&-
}
