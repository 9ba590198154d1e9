#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plug ping: options, texts, JSON, exit codes, signals, privileges. Loopback only.

load frame.bash

setup() {
    "$PLUG" ping -c 1 -q 127.0.0.1 >/dev/null 2>&1 || skip "no ICMP socket is allowed here"
}

# Runs in a network namespace of its own with lo up.
alone() {
    unshare -n true 2>/dev/null || skip "no network namespace"
    run --separate-stderr timeout 20 unshare -n sh -c 'ip link set lo up && exec "$@"' - "$@"
}

# Starts plug ping in the background; sets $PID; output in $DIR/out, $DIR/err.
start_ping() {
    DIR=$BATS_TEST_TMPDIR
    "$PLUG" ping "$@" >"$DIR/out" 2>"$DIR/err" 3>&- &
    PID=$!
}

ping_ends() { # SIGNAL CODE
    local code=0
    kill "-$1" "$PID"
    wait "$PID" || code=$?
    [ "$code" -eq "$2" ] || { echo "exit code $code, not $2"; cat "$DIR/out" "$DIR/err"; return 1; }
}

@test "ping: the text of one host" {
    plug ping -c 2 -i 10ms 127.0.0.1
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data." ]
    [[ ${lines[1]} =~ ^"64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time="[0-9.]+" ms"$ ]]
    [[ ${lines[2]} =~ ^"64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time="[0-9.]+" ms"$ ]]
    [ "${lines[3]}" = "--- 127.0.0.1 ping statistics ---" ]
    [[ ${lines[4]} =~ ^"2 packets transmitted, 2 received, 0% packet loss, time "[0-9]+ms$ ]]
    [[ ${lines[5]} =~ ^"rtt min/avg/max/mdev = "([0-9.]+/){3}[0-9.]+" ms"$ ]]
}

@test "ping: several hosts, lines with the host and a table" {
    plug ping -c 2 -i 10ms 127.0.0.1 127.0.0.2
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "PING 2 hosts, 56 data bytes" ]
    [ "$(grep -c '^127.0.0.[12]  64 bytes from 127.0.0.[12]: icmp_seq=[12] ttl=64 time=' <<<"$output")" -eq 4 ]
    [[ $output == *"--- ping statistics: 2 of 2 hosts answered ---"* ]]
    [ "$(grep -c '^127.0.0.[12] *2 *2 *0% ' <<<"$output")" -eq 2 ]
}

@test "ping: on a narrow terminal the table has fewer columns" {
    run timeout 20 python3 "$BATS_TEST_DIRNAME/on_tty.py" 40 12 "$PLUG" ping -q -n -c 1 --color never 127.0.0.1 127.0.0.2
    [ "$status" -eq 0 ]
    [ "$(sed 's/\r//; /^host/!d' <<<"$output")" = "host        loss   avg ms      max" ]
    [ "$(grep -Ec $'^127\.0\.0\.[12] +0% +[0-9.]+ +[0-9.]+\r?$' <<<"$output")" -eq 2 ]
}

@test "ping: a name from elsewhere is shown escaped" {
    unshare -r -n -m true 2>/dev/null || skip "no namespaces here"
    printf '127.0.0.9 evil\033[31m nice.test\n' >"$BATS_TEST_TMPDIR/hosts"
    run unshare -r -n -m bash -c 'ip link set lo up; mount --bind "$2" /etc/hosts
        "$1" ping -c 1 nice.test' - "$PLUG" "$BATS_TEST_TMPDIR/hosts"
    [ "$status" -eq 0 ]
    [[ $output != *$'\033'* ]]
    [[ $output == *'64 bytes from evil\e[31m (127.0.0.9): icmp_seq=1 '* ]]
}

@test "ping: JSON: a reply each, a summary a host, all keys" {
    plug ping -c 2 -i 10ms --json 127.0.0.1 127.0.0.2
    [ "$status" -eq 0 ]
    echo "$output" | python3 -c '
import json, sys
events = [json.loads(line) for line in sys.stdin]
replies = [e for e in events if e["type"] == "reply"]
summaries = [e for e in events if e["type"] == "summary"]
assert len(replies) == 4 and len(summaries) == 2, events
for e in replies:
    assert {"host", "address", "seq", "ttl", "bytes", "rtt_ms"} <= set(e), e
    assert e["bytes"] == 64 and e["ttl"] == 64 and 0 < e["rtt_ms"] < 5000
for e in summaries:
    keys = "sent received lost duplicates loss_pct min_ms avg_ms max_ms mdev_ms p50_ms p95_ms p99_ms jitter_ms"
    assert all(isinstance(e[k], (int, float)) for k in keys.split()), e
    assert e["sent"] == e["received"] == 2 and e["lost"] == 0 and e["end_reason"] == "count"
    assert e["min_ms"] <= e["p50_ms"] <= e["p99_ms"] <= e["max_ms"]'
}

@test "ping: quiet, timestamps, windows" {
    plug ping -q -c 1 127.0.0.1
    [ "$status" -eq 0 ]
    [ "${lines[1]}" = "--- 127.0.0.1 ping statistics ---" ]
    plug ping -D -c 1 127.0.0.1
    [[ ${lines[1]} =~ ^\[[0-9]{10}\.[0-9]{6}\]" 64 bytes from" ]]
    plug ping -c 10 -i 20ms --window 50ms --json 127.0.0.1
    [ "$status" -eq 0 ]
    [[ $output == *'"type":"window"'* ]]
    echo "$output" | check_events summary
    plug ping -c 10 -i 20ms --window 50ms 127.0.0.1
    [[ $output == *"--- window: "*" sent, "*" received, 0% packet loss, rtt min/avg/max = "* ]]
}

@test "ping: --expect ends at the first answer" {
    plug ping --expect 1 -w 10s --json 127.0.0.1
    [ "$status" -eq 0 ]
    [[ $output == *'"end_reason":"expect"'* ]]
    plug ping --expect 2 -w 200ms 127.0.0.1
    [ "$status" -eq 1 ]
}

@test "ping: nobody there is 1, no way there is 2" {
    alone "$PLUG" ping -c 1 192.0.2.1
    [ "$status" -eq 2 ]
    [ "$stderr" = "plug ping: connect 192.0.2.1: network is unreachable" ]
    alone sh -c 'ip link add d0 type veth peer name d1 && ip link set d1 up && ip addr add 192.0.2.2/24 dev d0 && ip link set d0 up && exec "$@"' - \
        "$PLUG" ping -c 1 -W 100ms 192.0.2.1
    [ "$status" -eq 1 ] || { echo "$output $stderr"; false; }
    [[ $output == *"1 packets transmitted, 0 received, 100% packet loss"* ]]
    alone sh -c 'ip link add d0 type veth peer name d1 && ip link set d1 up && ip addr add 192.0.2.2/24 dev d0 && ip link set d0 up && exec "$@"' - \
        "$PLUG" ping -c 1 -W 100ms --json 192.0.2.1 127.0.0.1
    [ "$status" -eq 1 ]
    [[ $output == *'"type":"lost"'* ]]
    [[ $output == *'"loss_pct":100'* ]]
    plug ping -c 1 nosuch.invalid
    [ "$status" -eq 2 ]
    [[ $stderr == "plug ping: look up nosuch.invalid: "* ]]
}

@test "ping: a number is no address, groups need -b" {
    plug ping -c 1 42
    [ "$status" -eq 2 ]
    [[ $stderr == "plug ping: ping 42: not a valid address"* ]]
    for group in 224.0.0.1 255.255.255.255 ff02::1; do
        alone sh -c 'ip link add d0 type veth peer name d1 && ip link set d1 up && ip addr add 192.0.2.2/24 dev d0 && ip link set d0 up &&
            ip route add default dev d0 && exec "$@"' - "$PLUG" ping -c 1 $group
        [ "$status" -eq 2 ]
        [[ $stderr == *"-b if that is wanted"* ]] || { echo "$group: $stderr"; false; }
    done
}

@test "ping: connections are timed" {
    listen --keep tcp://127.0.0.1:0
    plug ping -c 3 -i 10ms --tcp "${ADDRESS#tcp://}"
    [ "$status" -eq 0 ]
    [[ $output == *"3 packets transmitted, 3 received, 0% packet loss"* ]] || { echo "$output"; false; }
    signal_listener TERM
    plug ping -c 2 -i 10ms --tcp 127.0.0.1:1
    [ "$status" -eq 1 ]
    [[ $output == *"connection refused"* ]] || { echo "$output"; false; }
    plug ping -c 1 --tcp 127.0.0.1
    [ "$status" -eq 2 ]
}

@test "ping: limits of the numbers" {
    for bad in "-i 0" "-i 999us" "-i never" "-s 65508" "-c 0" "-c 18446744073709551616" "-t 0" "-t 256" "-W 0" \
        "-w 0" "--rate 0" "--rate 1000001" "--expect 0" "--window 1ms" "-4 -6" "-I nosuch0" "--tcp -b"; do
        plug ping $bad -c 1 127.0.0.1
        [ "$status" -eq 2 ] || { echo "$bad: $status $output"; false; }
        [[ $stderr == "plug ping: "* ]]
    done
    for good in "-i 1ms" "-s 65507" "-s 0" "-s 1" "-W 1000000h" "-W never" "-w 1000000h" "-t 255" "--rate 1000000" \
        "-4" "-I 127.0.0.1" "-I lo" "--socket auto"; do
        plug ping $good -c 1 127.0.0.1
        [ "$status" -eq 0 ] || { echo "$good: $status $stderr"; false; }
    done
    plug ping -c 18446744073709551615 -i 10ms -w 100ms 127.0.0.1
    [ "$status" -eq 1 ] # fewer than were asked for
}

@test "ping: signals" {
    start_ping -i 50ms 127.0.0.1
    wait_until grep -q icmp_seq=2 "$DIR/out"
    kill -QUIT "$PID"
    wait_until grep -q 'packets, 0% loss, min/avg/ewma/max = ' "$DIR/err"
    ping_ends INT 130
    [ "$(grep -c 'ping statistics' "$DIR/out")" -eq 1 ]
    start_ping -i 50ms --json 127.0.0.1
    wait_until grep -q '"seq":2' "$DIR/out"
    ping_ends TERM 143
    check_events summary <"$DIR/out"
    grep -q '"end_reason":"signal"' "$DIR/out"
}

@test "ping: no capability is left while it runs" {
    start_ping -i 50ms 127.0.0.1
    wait_until grep -q icmp_seq=1 "$DIR/out"
    for set in CapInh CapPrm CapEff CapAmb; do
        grep -qE "^$set:\s*0+$" "/proc/$PID/status"
    done
    grep -qE '^NoNewPrivs:\s*1$' "/proc/$PID/status"
    ping_ends INT 130
}

@test "ping: without any permission it tells the ways out" {
    [ "$(id -u)" -eq 0 ] || skip "not root"
    command -v setpriv >/dev/null || skip "no setpriv"
    alone sh -c 'echo 1 0 >/proc/sys/net/ipv4/ping_group_range; exec "$@"' - \
        setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all "$PLUG" ping -c 1 127.0.0.1
    [ "$status" -eq 2 ] || { echo "$status $stderr"; false; }
    for fix in "setcap cap_net_raw+ep" "net.ipv4.ping_group_range" "root"; do
        [[ $stderr == *"$fix"* ]] || { echo "$stderr"; false; }
    done
}

@test "ping: with a ping socket and with a raw one it says the same" {
    [ "$(id -u)" -eq 0 ] || skip "not root"
    for kind in dgram raw; do
        alone sh -c 'echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range; exec "$@"' - \
            "$PLUG" ping -c 2 -i 10ms --socket $kind 127.0.0.1
        [ "$status" -eq 0 ]
        sed -E 's/(time=|time |mdev = )[0-9.\/]+/\1T/' <<<"$output" >"$BATS_TEST_TMPDIR/$kind"
    done
    diff "$BATS_TEST_TMPDIR/dgram" "$BATS_TEST_TMPDIR/raw"
}
