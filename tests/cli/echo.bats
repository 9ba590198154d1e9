#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plug echo: what a client sees is the same under every model and back-end.

load frame.bash

CLIENT=$BATS_TEST_DIRNAME/echo_client.py

# Starts plug echo with these arguments; sets $PID, $ADDRESS (of the first) and $PORT; its output is
# in $DIR/out and $DIR/err.
echo_server() {
    DIR=$BATS_TEST_TMPDIR
    : >"$DIR/err"
    "$PLUG" echo "$@" </dev/null >"$DIR/out" 2>"$DIR/err" 3>&- &
    PID=$!
    wait_until grep -q '^listening on ' "$DIR/err"
    ADDRESS=$(sed -n 's/^listening on //p;q' "$DIR/err")
    PORT=${ADDRESS##*:}
}

# echo_ends SIGNAL CODE
echo_ends() {
    local code=0 waited=0
    kill "-$1" "$PID"
    while kill -0 "$PID" 2>/dev/null && [ $((waited += 1)) -lt 300 ]; do sleep 0.05; done
    kill -KILL "$PID" 2>/dev/null && { echo "it did not end"; return 1; }
    wait "$PID" || code=$?
    [ "$code" -eq "$2" ] || { echo "exit code $code, not $2"; cat "$DIR/err"; return 1; }
}

# counted NAME VALUE: a line of --stats
counted() {
    grep -Eq "^$1 +$2\$" "$DIR/out" || { echo "not: $1 $2"; cat "$DIR/out"; return 1; }
}

connect() {
    run --separate-stderr timeout 20 "$PLUG" connect "$@"
}

MODELS="serial thread fork fiber --backend=select --backend=poll --backend=epoll --backend=uring"

# Arguments for one of $MODELS; skips what this machine has not.
model() {
    case $1 in
    --backend=uring)
        "$PLUG" doctor | grep -Eq '^[^ ]* *io_uring.*(no|not)' && return 1
        echo "$1" ;;
    --*) echo "$1" ;;
    *) echo "--model $1" ;;
    esac
}

@test "echo: every model, framing and mode gives the same transcript" {
    for m in $MODELS; do
        args=$(model "$m") || continue
        for framing in none line len32; do
            for mode in echo upper reverse; do
                echo_server $args --framing $framing --mode $mode --stats tcp://127.0.0.1:0
                timeout 20 python3 "$CLIENT" transcript "$PORT" $framing $mode ||
                    { echo "$m $framing $mode"; return 1; }
                echo_ends TERM 0 || { echo "$m $framing $mode"; return 1; }
                counted connections 4
            done
        done
    done
}

@test "echo: random frames, whole and broken, under every model" {
    for m in $MODELS; do
        args=$(model "$m") || continue
        echo_server $args --framing len32 --limit 1000 tcp://127.0.0.1:0
        timeout 60 python3 "$CLIENT" noise "$PORT" || { echo "$m"; return 1; }
        echo_ends TERM 0 || { echo "$m"; return 1; }
    done
}

@test "echo: plug connect, socat and ncat as clients" {
    command -v socat ncat >/dev/null || skip "socat or ncat is missing"
    echo_server --mode upper --unicode tcp://127.0.0.1:0
    connect --send 'hällo' "$ADDRESS"
    expect 0 "HÄLLO" ""
    [ "$(printf 'über' | timeout 10 socat -t 5 - "TCP:127.0.0.1:$PORT")" = ÜBER ]
    [ "$(printf 'ncat' | timeout 10 ncat 127.0.0.1 "$PORT")" = NCAT ]
    echo_ends TERM 0
}

@test "echo: a megabyte both ways, slowly and at once, under every model" {
    head -c 3000000 /dev/urandom >"$BATS_TEST_TMPDIR/a"
    for m in $MODELS; do
        args=$(model "$m") || continue
        echo_server $args tcp://127.0.0.1:0
        timeout 20 "$PLUG" connect "$ADDRESS" <"$BATS_TEST_TMPDIR/a" >"$BATS_TEST_TMPDIR/got"
        cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/got" || { echo "$m"; return 1; }
        echo_ends TERM 0
    done
}

@test "echo: half-close, a reset, a client that vanishes: the next one is served" {
    for m in serial thread fork fiber; do
        echo_server --model $m --stats tcp://127.0.0.1:0
        timeout 20 python3 "$CLIENT" rude "$PORT" || { echo "$m"; return 1; }
        connect --send next "$ADDRESS"
        expect 0 next ""
        echo_ends TERM 0
        counted connections 4
    done
}

@test "echo: limits at the byte: a line of a megabyte, and one more" {
    for framing in line len32; do
        echo_server --framing $framing --stats tcp://127.0.0.1:0
        timeout 20 python3 "$CLIENT" limit "$PORT" $framing 1048576
        echo_ends TERM 0
        counted 'bad frames' 1
    done
    echo_server --mode reverse --limit 10 --stats tcp://127.0.0.1:0
    connect --send 0123456789 "$ADDRESS"
    expect 0 9876543210 ""
    connect --send 0123456789a "$ADDRESS"
    [ -z "$output" ]
    echo_ends TERM 0
    counted 'bad frames' 1
}

@test "echo: what came before a bad frame is answered" {
    echo_server --framing len32 --limit 8 --stats tcp://127.0.0.1:0
    timeout 20 python3 "$CLIENT" badframe "$PORT"
    echo_ends TERM 0
    counted 'bad frames' 2
}

@test "echo: several addresses at once, of every kind" {
    for m in thread fiber; do
        s=$BATS_TEST_TMPDIR/$m
        echo_server --model $m --json tcp://127.0.0.1:0 'tcp://[::1]:0' "unix:$s" "unix:@plug-echo-$$" \
            "seqpacket:$s.q" udp://127.0.0.1:0 "unix-dgram:$s.d"
        wait_until [ "$(grep -c listening "$DIR/err")" = 7 ]
        while read -r address; do
            connect -q 300ms --send hello "$address"
            expect 0 hello "" || { echo "$m $address"; return 1; }
        done < <(sed -n 's/^listening on //p' "$DIR/err")
        echo_ends TERM 0
        check_events summary <"$DIR/out"
        [ "$(grep -c '"type":"listening"' "$DIR/out")" = 7 ]
        grep -q '"connections":5,"datagrams":2,"messages":7,"in_bytes":35,"out_bytes":35' "$DIR/out"
        [ -z "$(ls "$BATS_TEST_TMPDIR" | grep -E "^$m")" ]
    done
}

@test "echo: datagrams: empty, long, changed, from everybody" {
    for m in serial thread fiber; do
        echo_server --model $m --mode upper --stats udp://127.0.0.1:0
        timeout 20 python3 "$CLIENT" datagrams "$PORT" || { echo "$m"; return 1; }
        echo_ends TERM 0
        counted datagrams 204
    done
}

@test "echo: datagrams from its own port or a port of the system are ignored" {
    [ "$(id -u)" = 0 ] || skip "needs a port below 1024"
    echo_server --stats udp://127.0.0.1:0 udp://127.0.0.2:0
    timeout 20 python3 "$CLIENT" loop "$PORT" "$(sed -n 's/.*127.0.0.2://p' "$DIR/err")"
    echo_ends TERM 0
    counted ignored 2
    counted datagrams 3
}

@test "echo: --once" {
    for m in serial thread fork fiber; do
        echo_server --model $m --once tcp://127.0.0.1:0
        connect --send hello "$ADDRESS"
        expect 0 hello ""
        wait "$PID"
    done
    echo_server --once udp://127.0.0.1:0
    connect -q 200ms --send hello "$ADDRESS"
    expect 0 hello ""
    wait "$PID"
    echo_server --once --framing len32 tcp://127.0.0.1:0
    connect --send hello "$ADDRESS"
    code=0
    wait "$PID" || code=$?
    [ "$code" -eq 1 ]
}

@test "echo: --delay, --drop, --cut-after" {
    echo_server --delay 300ms tcp://127.0.0.1:0
    start=$(date +%s%N)
    connect --send hello "$ADDRESS"
    expect 0 hello ""
    [ $((($(date +%s%N) - start) / 1000000)) -ge 300 ]
    echo_ends TERM 0

    for m in serial thread fork fiber; do
        echo_server --model $m --framing line --drop 50% --seed 7 --stats tcp://127.0.0.1:0
        seq 1000 | timeout 20 "$PLUG" connect "$ADDRESS" >"$BATS_TEST_TMPDIR/$m.got"
        echo_ends TERM 0
        counted messages 1000
        counted dropped $((1000 - $(wc -l <"$BATS_TEST_TMPDIR/$m.got")))
        cmp "$BATS_TEST_TMPDIR/serial.got" "$BATS_TEST_TMPDIR/$m.got" # the same chances
    done
    [ "$(wc -l <"$BATS_TEST_TMPDIR/serial.got")" -gt 400 ]
    [ "$(wc -l <"$BATS_TEST_TMPDIR/serial.got")" -lt 600 ]

    for m in serial thread fork fiber; do
        echo_server --model $m --cut-after 5 --stats tcp://127.0.0.1:0
        connect --send 'hello world' "$ADDRESS"
        [ "$output" = hello ]
        echo_ends TERM 0
        counted cut 1
    done
    echo_server --cut-after 5 udp://127.0.0.1:0
    connect -q 200ms --send 'hello world' "$ADDRESS"
    expect 0 hello ""
    echo_ends TERM 0
}

@test "echo: idle connections end; slow ones do not hurt others" {
    for m in thread fork fiber; do
        echo_server --model $m -i 400ms --stats tcp://127.0.0.1:0
        timeout 20 python3 "$CLIENT" idle "$PORT" || { echo "$m"; return 1; }
        echo_ends TERM 0
        counted time-outs 5
    done
}

@test "echo: --max refuses, and counts it" {
    echo_server --model fiber --max 3 --stats tcp://127.0.0.1:0
    timeout 20 python3 "$CLIENT" many "$PORT" 3 2
    echo_ends TERM 0
    counted refused 2
}

@test "echo: plug bench against every model" {
    for m in $MODELS; do
        args=$(model "$m") || continue
        echo_server $args --stats tcp://127.0.0.1:0
        run --separate-stderr timeout 20 "$PLUG" bench -n 2000 -c 20 "$ADDRESS"
        [ "$status" -eq 0 ] || { echo "$m: $output $stderr"; return 1; }
        echo_ends TERM 0
        counted messages 2000
        counted connections 20
    done
    echo_server --drop 2 udp://127.0.0.1:0
    run --separate-stderr timeout 20 "$PLUG" bench --json -n 500 -c 5 -t 100ms "$ADDRESS"
    [ "$status" -eq 1 ]
    grep -Eq '"lost":[1-9]' <<<"$output"
    echo_ends TERM 0
}

@test "echo: signals" {
    for m in serial thread fork fiber; do
        for pair in TERM:0 INT:130; do
            echo_server --model $m "unix:$BATS_TEST_TMPDIR/s"
            echo_ends "${pair%:*}" "${pair#*:}" || { echo "$m $pair"; return 1; }
            [ ! -e "$BATS_TEST_TMPDIR/s" ]
        done
        # a connection may finish
        echo_server --model $m tcp://127.0.0.1:0
        timeout 20 python3 "$CLIENT" drain "$PORT" "$PID" || { echo "$m"; return 1; }
        wait "$PID"
    done
}

@test "echo: a second signal ends it at once, whatever the first one was" {
    for pair in "TERM INT 2" "INT TERM 15" "INT INT 2" "TERM HUP 1"; do
        read -r first second number <<<"$pair"
        echo_server --model thread tcp://127.0.0.1:0
        exec 8<>"/dev/tcp/127.0.0.1/$PORT"
        echo hello >&8
        read -r -u 8 hello
        [ "$hello" = hello ]
        kill "-$first" "$PID"
        sleep 0.2
        kill -0 "$PID" # it drains
        echo_ends "$second" $((128 + number)) || { echo "$pair"; return 1; }
        exec 8>&-
    done
}

@test "echo: a signal that comes at any moment is obeyed" {
    python3 - "$PLUG" <<'EOF'
import random, signal, subprocess, sys, time
for n in range(40):
    number, codes = random.choice([(signal.SIGINT, (130, -2)), (signal.SIGTERM, (0, 143, -15))])
    model = random.choice(["serial", "thread", "fork", "fiber"])
    p = subprocess.Popen([sys.argv[1], "echo", "--model", model, "tcp://127.0.0.1:0"],
                         stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    if n % 2:
        p.stderr.readline()
    else:
        time.sleep(random.random() * 0.006)
    p.send_signal(number)
    assert p.wait(5) in codes, (model, number, p.returncode)
EOF
}

@test "echo: addresses that are taken or wrong" {
    echo_server "unix:$BATS_TEST_TMPDIR/s"
    plug echo "unix:$BATS_TEST_TMPDIR/s"
    expect 2 "" "plug echo: listen unix:$BATS_TEST_TMPDIR/s: address already in use
  hint: another process serves it"
    echo_ends TERM 0
    echo keep >"$BATS_TEST_TMPDIR/plain"
    plug echo "unix:$BATS_TEST_TMPDIR/plain"
    [ "$status" -eq 2 ]
    [ "$(cat "$BATS_TEST_TMPDIR/plain")" = keep ]
    plug echo 'tcp://nowhere'
    expect 2 "" "plug echo: 'tcp://nowhere': the port is missing; write tcp://HOST:PORT, udp://HOST:PORT, unix:PATH, unix-dgram:PATH, seqpacket:PATH or HOST:PORT
try 'plug echo --help'"
    plug echo $'tcp://\e[2J:1'
    [ "$status" -eq 2 ]
    [[ $stderr != *$'\e'* ]]
}

@test "echo: an address that is given twice" {
    echo_server tcp://127.0.0.1:0 # for a port that is free afterwards
    echo_ends TERM 0
    for args in "" "--workers 2" "--model thread"; do
        plug echo $args "tcp://127.0.0.1:$PORT" "tcp://127.0.0.1:$PORT"
        expect 2 "" "plug echo: listen tcp://127.0.0.1:$PORT: address already in use
  hint: it is given twice"
    done
    plug echo --workers 2 "udp://127.0.0.1:$PORT" "udp://localhost:$PORT"
    expect 2 "" "plug echo: listen udp://localhost:$PORT: address already in use
  hint: somebody has it already; port 0 takes a free one"
    plug echo "unix:$BATS_TEST_TMPDIR/s" "unix:$BATS_TEST_TMPDIR/s"
    expect 2 "" "plug echo: listen unix:$BATS_TEST_TMPDIR/s: address already in use
  hint: it is given twice"
    [ ! -e "$BATS_TEST_TMPDIR/s" ]
    echo_server --workers 2 "tcp://127.0.0.1:$PORT" "udp://127.0.0.1:$PORT" # are two
    echo_ends TERM 0
}

@test "echo: no address is announced before all can be served" {
    echo_server tcp://127.0.0.1:0
    run --separate-stderr timeout 20 "$PLUG" echo --json tcp://127.0.0.1:0 "$ADDRESS"
    [ "$status" -eq 2 ]
    [[ $stderr != *"listening on"* ]]
    [[ $output != *'"type":"listening"'* ]]
    echo_ends TERM 0
    plug echo $(seq -f 'unix:@plug-many-%g' 65)
    expect 2 "" "plug echo: more than 64 addresses
try 'plug echo --help'"
}

@test "echo: all workers listen when the address is announced" {
    command -v ss >/dev/null || skip "ss is missing"
    for i in 1 2 3 4 5; do
        echo_server --workers 8 tcp://127.0.0.1:0
        [ "$(ss -Hltn "sport = :$PORT" | wc -l)" = 8 ]
        echo_ends TERM 0
    done
}

@test "echo: wrong usage" {
    for wrong in '--mode lower' '--framing len16' '--model threads' '--backend kqueue' '--workers 0' '--max 0' \
        '--drop 101' '--drop -1' '--drop x' '--drop %' '--delay x' '--delay never' '--cut-after 0' '--limit 0' \
        '--unicode' '--workers 2 --model fork' '--backend poll --model thread' '--seed x' '-i x' '-i 0'; do
        plug echo $wrong tcp://127.0.0.1:0
        [ "$status" -eq 2 ] || { echo "$wrong: $status"; return 1; }
        [[ $stderr == "plug echo: "*"try 'plug echo --help'" ]] || { echo "$wrong: $stderr"; return 1; }
    done
    PLUG_MODEL=magic plug echo tcp://127.0.0.1:0
    [ "$status" -eq 2 ]
    PLUG_BACKEND=magic plug echo tcp://127.0.0.1:0
    expect 2 "" "plug echo: serve: invalid argument
  hint: do PLUG_MODEL and PLUG_BACKEND name such?"
    PLUG_MODEL=thread plug echo --workers 2 tcp://127.0.0.1:0
    expect 2 "" "plug echo: --workers is for --model fiber
try 'plug echo --help'"
}

@test "echo: output that cannot be written, and stdio that is closed" {
    run --separate-stderr timeout 20 bash -c '"$1" echo --json tcp://127.0.0.1:0 >/dev/full' - "$PLUG"
    [ "$status" -eq 2 ]
    [[ $stderr == *"plug echo: write standard output: no space left on device" ]]
    echo_server --stats tcp://127.0.0.1:0
    echo_ends TERM 0
    timeout 20 "$PLUG" echo --once "unix:$BATS_TEST_TMPDIR/s" <&- >&- 2>&- 3>&- &
    wait_until test -S "$BATS_TEST_TMPDIR/s"
    connect --send hello "unix:$BATS_TEST_TMPDIR/s"
    expect 0 hello ""
    wait $!
}

@test "echo: -v tells each connection" {
    echo_server -v tcp://127.0.0.1:0
    connect --send hello "$ADDRESS"
    wait_until grep -Eq '^tcp://127.0.0.1:[0-9]+: 5 in, 5 out$' "$DIR/err"
    echo_ends TERM 0
}
