#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plug bench, against an echo server that can be made to do wrong.

load frame.bash

# Starts the server; sets $ADDRESS.
server() {
    python3 "$BATS_TEST_DIRNAME/faulty_echo.py" "$@" >"$BATS_TEST_TMPDIR/port" 3>&- &
    wait_until test -s "$BATS_TEST_TMPDIR/port"
    ADDRESS=$1://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")
}

# said EXPRESSION: it is true of the summary s of the last run.
said() {
    python3 -c '
import json, sys
s = json.loads(sys.argv[2].strip().split("\n")[-1])
assert s["type"] == "summary", s
assert eval(sys.argv[1]), s' "$1" "$output"
}

@test "bench: every message is answered and counted" {
    for kind in tcp udp; do
        server $kind none
        for framing in none line len32; do
            plug bench --json -n 501 -c 10 -f $framing "$ADDRESS"
            [ "$status" -eq 0 ]
            echo "$output" | check_events summary
            said 's["right"] == 501 and s["wrong"] + s["lost"] + s["late"] + s["unsent"] == 0 and not s["errors"]'
            said 's["connections"] == 10 and s["exit"] == 0 and s["end_reason"] == "messages"'
            said '0 < s["latency_us"]["min"] <= s["latency_us"]["p50"] <= s["latency_us"]["p99"] <= s["latency_us"]["max"]'
        done
    done
}

@test "bench: what people see" {
    server tcp none
    plug bench -n 100 -c 4 "$ADDRESS"
    [ "$status" -eq 0 ]
    [ "$stderr" = "" ]
    [[ ${lines[0]} =~ ^$ADDRESS:\ 4\ connections,\ 64\ bytes,\ closed\ loop,\ [0-9.]+\ [mu]s$ ]]
    [[ ${lines[1]} =~ ^replies\ \ 100\ right\ \ [0-9]+/s\ \ [0-9.]+\ [kM]B/s\ each\ way$ ]]
    [[ ${lines[2]} =~ ^latency\ \ p50\ .*\ p90\ .*\ p99\ .*\ p99.9\ .*\ max\  ]]
    [ "${lines[3]}" = "errors   none" ]
    plug bench --color always -n 1 "$ADDRESS"
    [[ $output == *$'\033[32mnone\033[0m'* ]]
    [[ ${lines[0]} == *"1 connection, "* ]]
}

@test "bench: messages of a byte and of megabytes" {
    server tcp none
    for size in 1 65536 3000001; do
        plug bench --json -n 12 -c 3 -s $size "$ADDRESS"
        [ "$status" -eq 0 ]
        said "s['right'] == 12 and s['size_bytes'] == $size"
    done
}

@test "bench: a wrong reply is noticed" {
    for kind in tcp udp; do
        server $kind flip
        plug bench --json -n 500 -c 5 "$ADDRESS"
        [ "$status" -eq 1 ]
        said 's["wrong"] >= 4 and s["exit"] == 1'
        plug bench -n 500 -c 5 "$ADDRESS"
        [[ $output =~ errors\ \ \ [0-9]+\ wrong ]]
    done
}

@test "bench: more bytes than were sent are wrong" {
    server tcp extra
    plug bench --json -n 500 -c 5 "$ADDRESS"
    [ "$status" -eq 1 ]
    said 's["wrong"] >= 1'
    # of a datagram it is a late one
    server udp extra
    plug bench --json -n 500 -c 5 "$ADDRESS"
    [ "$status" -eq 1 ]
    said 's["late"] + s["wrong"] >= 4 and s["right"] == 500'
}

@test "bench: lost replies, with time" {
    server udp drop
    plug bench --json -n 500 -c 5 -t 200ms "$ADDRESS"
    [ "$status" -eq 1 ]
    said 's["lost"] == 10 and s["right"] == 490'
    server tcp drop
    plug bench --json -n 500 -c 5 -t 200ms "$ADDRESS"
    [ "$status" -eq 1 ]
    said '1 <= s["lost"] <= 5 and s["errors"] == [{"code": "PLUG_ETIMEOUT", "connections": s["lost"]}]'
}

@test "bench: a datagram that comes late is known" {
    server udp late
    plug bench --json -n 200 -c 1 -t 100ms -d 3s -r 400 "$ADDRESS"
    [ "$status" -eq 1 ]
    said '1 <= s["late"] <= s["lost"] == 4 and s["wrong"] == 0'
}

@test "bench: connections that break" {
    server tcp cut
    plug bench --json -d 5s -w 0 -c 10 "$ADDRESS"
    [ "$status" -eq 1 ]
    said 's["lost"] == 10 and s["right"] == 200 and s["end_reason"] == "dead" and s["elapsed_s"] < 3'
    said 'sum(e["connections"] for e in s["errors"]) == 10'
}

@test "bench: an open loop measures what a stall holds up, a closed loop does not" {
    server tcp stall
    plug bench --json -n 1000 -c 10 -r 1000 -d 10s "$ADDRESS"
    [ "$status" -eq 0 ]
    # 300 of 1000 messages were due in the 300 ms
    said 's["loop"] == "open" and s["latency_us"]["p90"] > 150000 and s["latency_us"]["max"] > 290000'
    said 's["unsent"] == 0 and 0.9 < s["elapsed_s"] < 1.6'
    server tcp stall
    plug bench --json -n 1000 -c 1 "$ADDRESS"
    said 's["loop"] == "closed" and s["latency_us"]["p90"] < 150000 and s["latency_us"]["max"] > 290000'
}

@test "bench: a rate that cannot be reached is told" {
    server tcp none
    plug bench --json -d 500ms -c 10 -r 2000000 "$ADDRESS"
    [ "$status" -eq 1 ]
    said 's["unsent"] > 1000 and s["lost"] == 0 and s["wrong"] == 0'
}

@test "bench: time, warm-up, intervals" {
    server tcp none
    plug bench --json -d 1500ms -c 2 "$ADDRESS"
    [ "$status" -eq 0 ]
    said '1.49 < s["elapsed_s"] < 2 and s["warmup_s"] == 0.15 and s["right_in_warmup"] > 0'
    [ "$(grep -c '"type":"interval"' <<<"$output")" = 1 ]
}

@test "bench: nobody there, wrong usage" {
    plug bench 127.0.0.1 9
    expect 2 "" "plug bench: connect tcp://127.0.0.1:9: connection refused
  hint: nobody listens there: 'plug listen ADDRESS' would"
    plug bench
    [ "$status" -eq 2 ]
    for wrong in '-c 0' '-s 0' '-n 0' '-r 0' '-d 0' '-t 0' '-t never' '-w never' '-d x' '-f json' '-c -5' '-s 99999999999999999999' \
        '-c 1000001'; do
        plug bench $wrong tcp://127.0.0.1:9
        [ "$status" -eq 2 ] || { echo "$wrong"; return 1; }
        [[ $stderr == "plug bench: "* ]]
    done
    plug bench -s 65508 udp://127.0.0.1:9
    [[ $stderr == *"-s 65508: a datagram has at most 65507 bytes"* ]]
    (ulimit -n 100; "$PLUG" bench -c 90 tcp://127.0.0.1:9) 2>"$BATS_TEST_TMPDIR/err" || [ $? -eq 2 ]
    grep -q -- '-c 90 needs 122 descriptors, the limit is 100' "$BATS_TEST_TMPDIR/err"
}

@test "bench: nobody at a UDP port is no answer to the question" {
    plug bench -n 1 udp://127.0.0.1:9
    [ "$status" -eq 2 ]
    [[ $output == *"errors   1 lost  1 connection: connection refused" ]]
}

@test "bench: messages that were never sent are told, so that the numbers add up" {
    server tcp flip
    plug bench --json -n 1000 -c 5 "$ADDRESS"
    [ "$status" -eq 1 ]
    said 's["right"] + s["wrong"] + s["lost"] + s["unsent"] == 1000 and s["unsent"] > 0 and s["wrong"] == 5'
    said 's["end_reason"] == "dead"'
}

@test "bench: the longest times are no short ones" {
    server tcp none
    for args in '-d never -w 0' '-d 9223372036s -w 0' '-n 1000000000 -t 9223372036s'; do
        run --separate-stderr timeout --foreground -s INT 1 "$PLUG" bench --json -c 2 $args "$ADDRESS"
        said 's["end_reason"] == "signal" and s["elapsed_s"] > 0 and s["right"] > 0' || { echo "$args"; return 1; }
    done
    plug bench -n 10 -w 9223372036s "$ADDRESS"
    expect 0 "$ADDRESS: 10 connections, 64 bytes, closed loop, 0 ns
warm-up  10 right, then it was over: nothing was measured
replies  0 right  0/s  0 B/s each way
errors   none" ""
}

@test "bench: time passes also when nobody answers" {
    server udp silent
    plug bench --json -n 3 -c 3 -t 200ms "$ADDRESS"
    [ "$status" -eq 1 ]
    said 's["lost"] == 3 and 0.2 <= s["elapsed_s"] < 1'
}

@test "bench: a signal ends it with what was measured" {
    server tcp none
    for pair in INT:130 TERM:143; do
        code=0
        timeout --foreground -s "${pair%:*}" 1 "$PLUG" bench --json -d 20s "$ADDRESS" \
            >"$BATS_TEST_TMPDIR/out" 3>&- || code=$?
        output=$(cat "$BATS_TEST_TMPDIR/out")
        said "s['end_reason'] == 'signal' and s['right_in_warmup'] > 0 and s['lost'] == 0 and s['exit'] == ${pair#*:}"
    done
}

@test "bench: output that cannot be written" {
    server tcp none
    run --separate-stderr bash -c '"$1" bench -n 10 "$2" >/dev/full' - "$PLUG" "$ADDRESS"
    [ "$status" -eq 2 ]
    [ "$stderr" = "plug bench: write standard output: no space left on device" ]
}
