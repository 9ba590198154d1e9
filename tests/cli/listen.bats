#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plug listen, mostly against plug connect.

load frame.bash

connect() {
    run --separate-stderr timeout 20 "$PLUG" connect "$@"
}

@test "listen: announces itself, takes one client, ends with it" {
    listen tcp://127.0.0.1:0
    [[ $ADDRESS =~ ^tcp://127\.0\.0\.1:[1-9][0-9]*$ ]]
    connect --send hello "$ADDRESS"
    expect 0 "" ""
    listener_ends 0
    [ "$(cat "$DIR/out")" = hello ]
    [ "$(cat "$DIR/err")" = "listening on $ADDRESS" ]
}

@test "listen: its input goes to the client, and the end of it" {
    printf 'served\n' >"$BATS_TEST_TMPDIR/in"
    INPUT=$BATS_TEST_TMPDIR/in listen tcp://127.0.0.1:0
    connect "$ADDRESS" </dev/null
    expect 0 "served" ""
    listener_ends 0
}

@test "listen: every kind of address" {
    for address in 'tcp://[::1]:0' "unix:$BATS_TEST_TMPDIR/s" "unix:@plug-test-$$-$RANDOM" \
        "seqpacket:$BATS_TEST_TMPDIR/q" "unix-dgram:$BATS_TEST_TMPDIR/d" udp://127.0.0.1:0 :0; do
        listen -n 1 "$address"
        connect -q 100ms --send $'hello\n' "$ADDRESS"
        [ "$status" -eq 0 ] || { echo "$address: $stderr"; return 1; }
        listener_ends 0 || { echo "$address"; return 1; }
        [ "$(cat "$DIR/out")" = hello ] || { echo "$address"; return 1; }
    done
    # socket files are gone
    [ -z "$(ls "$BATS_TEST_TMPDIR" | grep -E '^[sqd]$')" ]
}

@test "listen: bytes in both directions at once, none lost" {
    head -c 20000000 /dev/urandom >"$BATS_TEST_TMPDIR/a"
    head -c 20000000 /dev/urandom >"$BATS_TEST_TMPDIR/b"
    for address in tcp://127.0.0.1:0 "unix:$BATS_TEST_TMPDIR/s" "seqpacket:$BATS_TEST_TMPDIR/q"; do
        INPUT=$BATS_TEST_TMPDIR/a listen "$address"
        cat "$BATS_TEST_TMPDIR/b" | timeout 30 "$PLUG" connect "$ADDRESS" | cat >"$BATS_TEST_TMPDIR/got"
        listener_ends 0
        cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/got"
        cmp "$BATS_TEST_TMPDIR/b" "$DIR/out"
    done
}

@test "listen: a slow reader on both sides, saturated, no deadlock" {
    head -c 8000000 /dev/urandom >"$BATS_TEST_TMPDIR/a"
    INPUT=$BATS_TEST_TMPDIR/a listen tcp://127.0.0.1:0
    timeout 30 "$PLUG" connect "$ADDRESS" <"$BATS_TEST_TMPDIR/a" | { sleep 1; cat; } >"$BATS_TEST_TMPDIR/got"
    listener_ends 0
    cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/got"
    cmp "$BATS_TEST_TMPDIR/a" "$DIR/out"
}

@test "listen: -k serves many, one after the other and at once" {
    listen -k tcp://127.0.0.1:0
    for i in 1 2 3; do
        connect --send "$i " "$ADDRESS"
        expect 0 "" ""
    done
    for i in 4 5 6 7; do
        timeout 10 "$PLUG" connect --send "$i " "$ADDRESS" 3>&- &
        pids="${pids-} $!"
    done
    wait $pids
    signal_listener TERM
    listener_ends 0
    [ "$(tr ' ' '\n' <"$DIR/out" | sort -n | xargs)" = "1 2 3 4 5 6 7" ]
}

@test "listen: -k sends its input to all clients; --max holds the next one back" {
    mkfifo "$BATS_TEST_TMPDIR/in"
    exec 8<>"$BATS_TEST_TMPDIR/in"
    INPUT=$BATS_TEST_TMPDIR/in listen -k -v --max 2 tcp://127.0.0.1:0
    for i in 1 2 3; do
        timeout 20 "$PLUG" connect -n 1 "$ADDRESS" </dev/null >"$BATS_TEST_TMPDIR/c$i" --on-eof=never 8>&- 3>&- &
        clients="${clients-} $!"
        wait_until grep -q "client $([ $i = 3 ] && echo 2 || echo $i) .*connected" "$DIR/err"
    done
    [ "$(grep -c ' connected$' "$DIR/err")" = 2 ]
    echo news >&8
    wait_until grep -q 'client 3 .*connected' "$DIR/err"
    echo more >&8
    wait $clients
    cat "$BATS_TEST_TMPDIR"/c? | sort | uniq -c | awk '{print $1 $2}' | xargs >"$BATS_TEST_TMPDIR/all"
    [ "$(cat "$BATS_TEST_TMPDIR/all")" = "1more 2news" ]
    exec 8>&-
    signal_listener TERM
    listener_ends 0
}

@test "listen: datagrams, where they come from, and an answer" {
    printf 'answer' >"$BATS_TEST_TMPDIR/in"
    INPUT=$BATS_TEST_TMPDIR/in listen udp://127.0.0.1:0
    python3 - "${ADDRESS##*:}" <<'EOP'
import socket, sys
s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); s.settimeout(5)
s.connect(("127.0.0.1", int(sys.argv[1])))
s.send(b"question"); assert s.recv(99) == b"answer"
open("/proc/self/fd/2", "w").write("")
print(s.getsockname()[1])
EOP
    # its input has ended, the last answer is a second old
    listener_ends 0
    [ "$(cat "$DIR/out")" = question ]
    [[ $(tail -n 1 "$DIR/err") =~ ^from\ 127\.0\.0\.1:[0-9]+:\ 8\ bytes$ ]]
}

@test "listen: a truncated and an empty datagram" {
    listen --size 10 -n 2 udp://127.0.0.1:0
    connect -q 0 --send 0123456789abcdef "$ADDRESS"
    connect -q 0 --send '' "$ADDRESS"
    listener_ends 0
    [ "$(cat "$DIR/out")" = 0123456789 ]
    grep -Eq 'message from 127.0.0.1:[0-9]+ cut off: 10 of 16 bytes kept' "$DIR/err"
    grep -Eq '^from 127.0.0.1:[0-9]+: 0 bytes$' "$DIR/err"
}

@test "listen: --json announces first and sums up last" {
    listen --json -k tcp://127.0.0.1:0
    connect --send hello "$ADDRESS"
    signal_listener TERM
    listener_ends 0
    check_events summary <"$DIR/out"
    python3 - "$DIR/out" "$ADDRESS" <<'EOP'
import json, sys
e = [json.loads(l) for l in open(sys.argv[1])]
assert e[0]["type"] == "listening" and e[0]["address"] == sys.argv[2], e
assert [x["type"] for x in e] == ["listening", "accepted", "data", "closed", "summary"], e
assert e[2]["data"] == "hello" and e[2]["client"] == 1, e
assert e[4]["end_reason"] == "signal" and e[4]["clients"] == 1 and e[4]["exit"] == 0, e
EOP
}

@test "listen: SIGTERM drains, SIGINT does not, both leave no socket file" {
    for pair in TERM:0 INT:130; do
        listen -k "unix:$BATS_TEST_TMPDIR/s"
        [ -S "$BATS_TEST_TMPDIR/s" ]
        signal_listener "${pair%:*}"
        listener_ends "${pair#*:}" || { echo "$pair"; return 1; }
        [ ! -e "$BATS_TEST_TMPDIR/s" ]
    done
    # what a client has under way still arrives
    listen -k tcp://127.0.0.1:0
    python3 - "${ADDRESS##*:}" "$(pgrep -P "$PID")" <<'EOP'
import os, signal, socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
s.send(b"first "); time.sleep(0.3)
os.kill(int(sys.argv[2]), signal.SIGTERM)
assert s.recv(9) == b""
s.send(b"last"); s.close()
EOP
    listener_ends 0
    [ "$(cat "$DIR/out")" = "first last" ]
}

@test "listen: killed, its socket file is taken over; a live one and a plain file are not" {
    listen -k "unix:$BATS_TEST_TMPDIR/s"
    signal_listener KILL
    listener_ends 137
    [ -S "$BATS_TEST_TMPDIR/s" ]
    listen -k "unix:$BATS_TEST_TMPDIR/s"
    plug listen "unix:$BATS_TEST_TMPDIR/s"
    expect 2 "" "plug listen: listen unix:$BATS_TEST_TMPDIR/s: address already in use
  hint: somebody has it already; port 0 takes a free one"
    signal_listener TERM
    listener_ends 0
    echo keep >"$BATS_TEST_TMPDIR/plain"
    plug listen "unix:$BATS_TEST_TMPDIR/plain"
    [ "$status" -eq 2 ]
    [ "$(cat "$BATS_TEST_TMPDIR/plain")" = keep ]
}

@test "listen: --mode of the socket file" {
    listen --mode 666 "unix:$BATS_TEST_TMPDIR/s"
    [ "$(stat -c %a "$BATS_TEST_TMPDIR/s")" = 666 ]
    signal_listener TERM
    listener_ends 0
    plug listen --mode 8 unix:/tmp/x
    expect 2 "" $'plug listen: --mode: \'8\' is not an octal mode from 1 to 777\ntry \'plug listen --help\''
}

@test "listen: time-outs: nobody comes, nobody speaks" {
    plug listen -w 200ms tcp://127.0.0.1:0
    [ "$status" -eq 2 ]
    [[ $stderr == *"wait for a client 200 ms: timed out" ]]
    plug listen -w 200ms udp://127.0.0.1:0
    [ "$status" -eq 2 ]
    listen -i 300ms tcp://127.0.0.1:0
    run timeout 10 bash -c 'sleep 3 | "$1" connect "$2"' - "$PLUG" "$ADDRESS"
    listener_ends 2
    grep -q '^plug listen: idle 127.0.0.1:[0-9]*: timed out' "$DIR/err"
}

@test "listen: a reader that goes away ends it" {
    run timeout 10 bash -c '"$1" listen -k tcp://127.0.0.1:0 2>"$2/err" </dev/null | head -n 1 &
        for _ in $(seq 100); do grep -q listening "$2/err" && break; sleep 0.05; done
        address=$(sed "s/listening on //" "$2/err")
        printf "1\n2\n" | "$1" connect "$address"
        printf "3\n" | "$1" connect "$address"
        wait' - "$PLUG" "$BATS_TEST_TMPDIR"
    [ "${lines[0]}" = 1 ]
    [ "$status" -ne 124 ]
}

@test "listen: out of descriptors it waits, then serves" {
    DIR=$BATS_TEST_TMPDIR
    (ulimit -n 12; exec timeout 20 "$PLUG" listen -k tcp://127.0.0.1:0 </dev/null >"$DIR/out" 2>"$DIR/err" 3>&-) &
    PID=$!
    wait_until grep -q '^listening on ' "$DIR/err"
    python3 - "$(sed -n 's/.*://p' "$DIR/err" | head -n 1)" <<'EOP'
import socket, sys, time
all = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5) for _ in range(12)]
time.sleep(0.5)
for i, s in enumerate(all): s.send(b"%x" % i); s.close()
time.sleep(1)
EOP
    kill -TERM "$(pgrep -P "$PID" || echo "$PID")"
    listener_ends 0
    [ "$(fold -w 1 "$DIR/out" | sort | tr -d '\n')" = 0123456789ab ]
    grep -q 'too many open files; trying again' "$DIR/err"
}

@test "listen: clients that stay hold up neither the others nor the end" {
    listen -k -i 200ms tcp://127.0.0.1:0
    python3 - "${ADDRESS##*:}" "$DIR/out" <<'EOF'
import socket, sys, time
def connect():
    return socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
silent = [connect() for _ in range(5)]
time.sleep(0.4)
assert all(s.recv(1) == b"" for s in silent), "no end of file"
start = time.monotonic()
talker = connect()
talker.sendall(b"x")
while not open(sys.argv[2]).read():
    assert time.monotonic() < start + 1, "held up by clients that have been closed"
    time.sleep(0.01)
EOF
    signal_listener TERM
    listener_ends 0

    listen -k -v -n 1 tcp://127.0.0.1:0
    python3 - "${ADDRESS##*:}" "$DIR/err" <<'EOF'
import socket, sys, time
peers = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5) for _ in range(5)]
while open(sys.argv[2]).read().count(": connected") < 5: time.sleep(0.01)
start = time.monotonic()
peers[0].sendall(b"line\n")
assert all(s.recv(1) == b"" for s in peers), "no end of file"
assert time.monotonic() < start + 1, "they were waited for one after the other"
EOF
    listener_ends 0
}

@test "listen: a signal that comes at any moment is obeyed" {
    python3 - "$PLUG" <<'EOF'
import random, signal, subprocess, sys, time
for n in range(60):
    number, codes = random.choice([(signal.SIGINT, (130, -2)), (signal.SIGTERM, (0, 143, -15))])
    p = subprocess.Popen([sys.argv[1], "listen", "-k", "tcp://127.0.0.1:0"], stderr=subprocess.PIPE,
                         stdin=subprocess.DEVNULL)
    if n % 2:
        p.stderr.readline()
    else:
        time.sleep(random.random() * 0.004)
    p.send_signal(number)
    assert p.wait(5) in codes, p.returncode
EOF
}
