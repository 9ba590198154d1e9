#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plug trace, on loopback and in networks of its own. Chains of routers: tests/app/test_traceroute*.c.

load frame.bash

# The lines with their times taken out.
timeless() {
    sed -E 's/[0-9]+\.[0-9]{3} ms/N ms/g' <<<"$output"
}

# Fields of the events of a type, as python sees them.
events() { # TYPE EXPRESSION of e
    echo "$output" | python3 -c '
import json, sys
for line in sys.stdin:
    e = json.loads(line)
    if e["type"] == sys.argv[1]: print(eval(sys.argv[2]))' "$1" "$2"
}

# Behind this nobody is: probes go out, nothing comes back.
HOLE='ip link add name near0 type veth peer name far0; ip addr add 10.98.0.1/24 dev near0
    ip link set near0 up; ip link set far0 up
    ip neigh add 10.98.0.2 lladdr 02:00:00:00:00:01 dev near0'

# A namespace of its own, where a process may make one.
alone() {
    unshare -rn true 2>/dev/null || skip "no network namespace may be made"
    run --separate-stderr timeout 30 unshare -rn bash -c "ip link set lo up; $1" - "$PLUG"
}

@test "trace: the lines of traceroute" {
    plug trace -n 127.0.0.1
    [ "$status" -eq 0 ]
    [ "$(timeless)" = "traceroute to 127.0.0.1 (127.0.0.1), 30 hops max, 60 byte packets
 1  127.0.0.1  N ms  N ms  N ms" ]
    [ -z "$stderr" ]
    plug trace -n -q 1 -m 5 -6 ::1
    [ "$status" -eq 0 ]
    [ "$(timeless)" = "traceroute to ::1 (::1), 5 hops max, 80 byte packets
 1  ::1  N ms" ]
}

@test "trace: names, beside the address" {
    plug trace -q 1 127.0.0.1
    [ "$status" -eq 0 ]
    [[ "$(timeless)" == *" 1  "*" (127.0.0.1)  N ms" ]]
    plug trace -q 1 localhost
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "traceroute to localhost (127.0.0.1), "* ]]
}

@test "trace: methods, lengths, flows" {
    for words in --udp "--tcp -p 1" "-U -p 9" "-F" "--back" "-e" "--flows 2" "-N 1" "-w 2s" "-w 2,3,10" "-t 16" \
        "-s 127.0.0.1" "--socket plain" "--source-port 40123" "--mtu"; do
        plug trace -n $words 127.0.0.1
        [ "$status" -eq 0 ] || { echo "$words: $output $stderr"; return 1; }
        [[ $output == *" 1  127.0.0.1  "*" ms"* ]] || { echo "$words: $output"; return 1; }
    done
    plug trace --flows 3 127.0.0.1 # names come later: a flow has one heading all the same
    [ "$(grep '^flow' <<<"$output")" = $'flow 1\nflow 2\nflow 3' ] || { echo "$output"; return 1; }
    plug trace -n 127.0.0.1 1000
    [[ ${lines[0]} == *" 1000 byte packets" ]]
    plug trace -n --mtu 127.0.0.1
    [[ $output == *" F=6553"[0-9]* ]]
}

@test "trace: a name from elsewhere is shown escaped, and no program is given it" {
    unshare -r -n -m true 2>/dev/null || skip "no namespaces here"
    printf '127.0.0.9 evil\033[31m\n' >"$BATS_TEST_TMPDIR/hosts"
    for words in "" --json --csv; do
        run unshare -r -n -m bash -c 'ip link set lo up; mount --bind "$2" /etc/hosts
            "$1" trace $3 127.0.0.9' - "$PLUG" "$BATS_TEST_TMPDIR/hosts" "$words"
        [ "$status" -eq 0 ]
        [[ $output != *$'\033'* ]]
        if [ -z "$words" ]; then [[ $output == *' 1  evil\e[31m (127.0.0.9)  '* ]]; else [[ $output != *evil* ]]; fi
    done
}

@test "trace: wrong options and operands are refused" {
    while IFS='|' read -r words message; do
        plug trace $words
        [ "$status" -eq 2 ] || { echo "$words: $status"; return 1; }
        [[ $stderr == "plug trace: $message"* ]] || { echo "$words: $stderr"; return 1; }
        [ -z "$output" ]
    done <<'END'
|missing operand: HOST [LENGTH]
-4 -6 ::1|--ipv4 and --ipv6 do not go together
-I -T 127.0.0.1|--icmp, --tcp and --udp do not go together
--mtu -T 127.0.0.1|--mtu and --tcp do not go together
--live --csv 127.0.0.1|--live, --json, --csv and --dot do not go together
-f 3 -m 2 127.0.0.1|--first 3 is behind --max 2
-m 0 127.0.0.1|-m: '0' is not between 1 and 255
-m 256 127.0.0.1|-m: '256' is not between 1 and 255
-q 11 127.0.0.1|-q: '11' is not between 1 and 10
-N 257 127.0.0.1|-N: '257' is not between 1 and 256
--flows 17 127.0.0.1|--flows: '17' is not between 1 and 16
-w x 127.0.0.1|--wait: 'x' is not MAX or MAX,HERE,NEAR
-w 1,2 127.0.0.1|--wait: '1,2' is not MAX or MAX,HERE,NEAR
-w 1,2,3,4 127.0.0.1|--wait: '1,2,3,4' is not MAX or MAX,HERE,NEAR
-w 1,-2,3 127.0.0.1|--wait: '1,-2,3' is not MAX or MAX,HERE,NEAR
-w 0 127.0.0.1|--wait: '0' is not MAX or MAX,HERE,NEAR
127.0.0.1 65536|'65536' is not a length of packets up to 65535
127.0.0.1 x|'x' is not a length of packets up to 65535
127.0.0.1 37|trace 127.0.0.1: number out of range
127.0.0.1 60 60|unexpected operand '60'
-s ::1 127.0.0.1|source ::1: not a valid address
-s 192.0.2.77 127.0.0.1|trace 127.0.0.1: address not available on this machine
-i no0 127.0.0.1|interface no0: no such device or address
-6 127.0.0.1|look up 127.0.0.1:
END
}

@test "trace: events for each probe and hop" {
    plug trace --json -q 2 127.0.0.1
    [ "$status" -eq 0 ]
    echo "$output" | check_events summary
    [ "$(events probe 'e["result"], e["ttl"], e["probe"], e["address"], e["rtt_ms"] > 0')" = \
        "('answer', 1, 0, '127.0.0.1', True)
('answer', 1, 1, '127.0.0.1', True)" ]
    [ "$(events hop 'e["ttl"], e["sent"], e["recv"], e["loss_pct"], e["loss"], e["hosts"][0]["address"]')" = \
        "(1, 2, 2, 0, 'none', '127.0.0.1')" ]
    [ "$(events hop 'all(e[k] >= 0 for k in
        ("last_ms", "avg_ms", "best_ms", "worst_ms", "stddev_ms", "jitter_ms"))')" = True ]
    [ "$(events summary 'e["end_reason"], e["reached"], e["hops"], e["exit"]')" = "('reached', True, 1, 0)" ]
}

@test "trace: a table of commas, a graph" {
    plug trace --csv -n 127.0.0.1
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "flow,ttl,address,hostname,sent,recv,loss_pct,loss,last_ms,avg_ms,best_ms,worst_ms,stddev_ms,jitter_ms,mark" ]
    [[ ${lines[1]} == "0,1,127.0.0.1,,3,3,0.0,none,"* ]]
    plug trace --csv 127.0.0.1
    [[ ${lines[1]} == "0,1,127.0.0.1,localhost,3,3,"* ]]
    plug trace --dot -n 127.0.0.1
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "digraph trace {" ]
    [[ $output == *'"source" -> "127.0.0.1" [label="1"];'* ]]
    if command -v dot >/dev/null; then echo "$output" | dot -Tplain >/dev/null; fi
}

@test "trace: live, without a terminal, is a table a round" {
    plug trace --live -c 2 --interval 10ms -n 127.0.0.1
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "plug trace 127.0.0.1 (127.0.0.1)  round 1" ]
    [[ ${lines[2]} == " 1 127.0.0.1 "*"0.0%    1 "* ]]
    [ "${lines[3]}" = "plug trace 127.0.0.1 (127.0.0.1)  round 2" ]
    [[ $output != *$'\e'* ]]
}

@test "trace: silence is no, a refusal is no, no route cannot be told" {
    alone "$HOLE"'; "$1" trace -n -m 3 -q 2 -w 200ms 10.98.0.2'
    [ "$status" -eq 1 ]
    [ "$output" = "traceroute to 10.98.0.2 (10.98.0.2), 3 hops max, 60 byte packets
 1  * *
 2  * *
 3  * *" ]
    alone '"$1" trace -n 192.0.2.1'
    expect 2 "" "plug trace: trace 192.0.2.1: network is unreachable"
    alone '"$1" trace --json -n 192.0.2.1'
    [ "$status" -eq 2 ]
    echo "$output" | check_events summary
}

@test "trace: without permission it says what helps" {
    alone 'setpriv --bounding-set -all --inh-caps -all "$1" trace -I 127.0.0.1'
    [[ $stderr != *setpriv:* ]] || skip "no setpriv"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ $stderr == "plug trace: trace 127.0.0.1: "*"
  hint: leave --icmp out: UDP needs no privilege; or, as root,
    sysctl -w net.ipv4.ping_group_range='0 2147483647'
    setcap cap_net_raw+ep \"\$(command -v plug)\"" ]]
}

@test "trace: privileges are gone before the first answer" {
    alone "$HOLE"'
        timeout 20 "$1" trace --tcp --socket raw -n -w 20 10.98.0.2 >/dev/null & pid=
        for _ in $(seq 100); do
            pid=$(pgrep -P $! -x plug) && grep -q "^CapEff:.0*$" /proc/$pid/status && break
            sleep 0.05
        done
        grep -E "^(CapPrm|CapEff|NoNewPrivs)" /proc/$pid/status; kill $pid'
    [ "$output" = $'CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nNoNewPrivs:\t1' ]
}

@test "trace: a signal ends it, with what is known" {
    alone "$HOLE"'
        timeout --preserve-status -s INT 0.5 "$1" trace --json -n -w 20 10.98.0.2'
    [ "$status" -eq 130 ]
    echo "$output" | check_events summary
    [ "$(events summary 'e["end_reason"], e["exit"]')" = "('signal', 130)" ]
}

@test "trace: output that cannot be written is no answer" {
    run --separate-stderr bash -c '"$1" trace -n 127.0.0.1 >/dev/full' - "$PLUG"
    expect 2 "" "plug trace: write standard output: no space left on device"
}

# A chain of eight routers for "$@" to look through, in namespaces that end with the shell.
CHAIN='add() { unshare -n sleep 60 3>&- >/dev/null & ns+=($!); }
    in_ns() { nsenter -t "$1" -n "${@:2}"; }
    ns=($$); for i in 1 2 3 4 5 6 7 8; do add; done; sleep 0.3
    for i in 1 2 3 4 5 6 7 8; do
        a=${ns[i-1]} b=${ns[i]}
        ip link add "n$i" type veth peer name "f$i" && ip link set "n$i" netns "$a" && ip link set "f$i" netns "$b" || exit 77
        in_ns "$a" ip addr add "10.99.$i.1/24" dev "n$i"; in_ns "$b" ip addr add "10.99.$i.2/24" dev "f$i"
        in_ns "$a" ip link set "n$i" up; in_ns "$b" ip link set "f$i" up; in_ns "$b" ip link set lo up
        in_ns "$b" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0
        in_ns "$b" ip route add 10.99.0.0/16 via "10.99.$i.1"
    done
    for i in 0 1 2 3 4 5 6; do in_ns "${ns[i]}" ip route add 10.99.8.0/24 via "10.99.$((i + 1)).2"; done
    trap "kill ${ns[*]:1}" EXIT;'

@test "trace: the same lines as those of Debian's traceroute" {
    command -v traceroute >/dev/null && traceroute --version 2>&1 | grep -q 'Modern traceroute' || skip "no traceroute"
    command -v nsenter sysctl >/dev/null || skip "no nsenter, no sysctl"
    alone "$CHAIN"'
        lines() { sed -E "s/[0-9.]+ ms/N ms/g; s/ +$//"; }
        failed=0
        same() {
            diff <(traceroute -n -w 5 "$@" 10.99.8.2 2>&1 | lines) <(timeout 20 "$plug" trace -n -w 5 "$@" 10.99.8.2 2>&1 | lines) ||
                { echo "differs: $*"; failed=1; }
        }
        plug=$1; set --
        same; same -I; same -T; same -q 1 -f 3; same -m 4; same -N 1 -q 2; same -U
        in_ns "${ns[5]}" ip route replace prohibit 10.99.8.0/24
        same -q 1 -N 1
        in_ns "${ns[5]}" ip route replace blackhole 10.99.8.0/24
        same -q 1 -m 7 -w 1
        exit $failed'
    [ "$status" -ne 77 ] || skip "no chain can be built"
    [ "$status" -eq 0 ] || { echo "$output $stderr"; return 1; }
}
