# SPDX-License-Identifier: MIT
# plug ping over prefixes, ranges and files, in a network namespace of the test's own.

load frame

# Runs plug ping in a fresh namespace where 10.1.0.0/16 and fd77::/112 are this machine, 10.2.0.0/16
# is silence, and ping sockets are allowed; BEFORE is done first.
sweep() {
    run --separate-stderr timeout 60 unshare $USERNS --net -- bash -c '
        ip link set lo up && ip route add local 10.1.0.0/16 dev lo && ip -6 route add local fd77::/112 dev lo &&
        ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up &&
        ip addr add 10.200.0.1/24 dev v0 && ip neigh add 10.200.0.2 lladdr 02:00:00:00:00:01 dev v0 &&
        ip route add 10.2.0.0/16 via 10.200.0.2 || exit 99
        echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range 2>/dev/null ||
            echo "0 0" >/proc/sys/net/ipv4/ping_group_range
        eval "$BEFORE"
        exec "$@"' sweep "$PLUG" ping "$@"
    [ "$status" -ne 99 ]
}

setup() {
    USERNS=
    unshare --net true 2>/dev/null || USERNS=--map-root-user
    unshare $USERNS --net true 2>/dev/null || skip "no network namespace may be made"
    command -v ip >/dev/null || skip "ip(8) is not installed"
    export BEFORE=
}

# The lines of stdout with times made alike.
plain() {
    sed -E 's/ +[0-9]+\.[0-9]{3} ms/ TIME ms/; s/in [0-9.]+ [a-z]+;/in TIME;/; s/ = .* ms$/ = TIMES ms/' <<<"$1"
}

@test "a range: a line for each host that answers, the sum on stderr" {
    sweep 10.1.0.9-11
    [ "$status" -eq 0 ]
    [ "$(plain "$output")" = "10.1.0.9 TIME ms  ttl=64
10.1.0.10 TIME ms  ttl=64
10.1.0.11 TIME ms  ttl=64" ]
    [ "$(sed 's/ms.*//' <<<"$output" | awk '{ print length }' | sort -u | wc -l)" -eq 1 ]
    [[ "$stderr" =~ ^"3 of 3 hosts answered in "[0-9.]+" "(us|ms|s)"; min/avg/max = "[0-9.]+/[0-9.]+/[0-9.]+" ms"$ ]]
}

@test "a prefix: every address of it, network and broadcast included" {
    sweep 10.1.3.0/24
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 256 ]
    [ "$(sort -u <<<"$output" | cut -d' ' -f1 | sort -V | head -1)" = 10.1.3.0 ]
    [ "$(cut -d' ' -f1 <<<"$output" | sort -V | tail -1)" = 10.1.3.255 ]
    [[ "$stderr" == "256 of 256 hosts answered in "* ]]
}

@test "a /16 is found whole, over ping sockets and raw ones" {
    for kind in dgram raw; do
        sweep -q --socket $kind 10.1.0.0/16
        [ "$status" -eq 0 ]
        [[ "$output" == "65536 of 65536 hosts answered in "* ]]
        [ "$stderr" = "" ]
    done
}

@test "IPv6, ranges and prefixes of both families in one sweep" {
    sweep fd77::/126 10.1.0.1-2 ::1
    [ "$status" -eq 0 ]
    [ "$(cut -d' ' -f1 <<<"$output" | sort)" = "10.1.0.1
10.1.0.2
::1
fd77::
fd77::1
fd77::2
fd77::3" ]
}

@test "silent hosts: no line, exit 1; with -v a line each" {
    sweep -W 50ms 10.2.0.0/30
    expect 1 "" "$stderr"
    [[ "$stderr" == "0 of 4 hosts answered in "* ]]
    sweep -v -c 1 -W 50ms 10.2.0.1-2
    expect 1 "10.2.0.1  no answer
10.2.0.2  no answer" "$stderr"
}

@test "some answer: exit 0; --expect decides otherwise" {
    sweep -c 1 -W 50ms 10.1.0.1/32 10.2.0.1/32
    [ "$status" -eq 0 ]
    sweep --expect 2 -c 1 -W 50ms 10.1.0.1/32 10.2.0.1/32
    [ "$status" -eq 1 ]
}

@test "--expect N ends as soon as N have answered" {
    sweep --expect 5 -W 60s 10.1.0.0/24 10.2.0.0/24
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 5 ]
}

@test "--file: comments, blank lines, ranges; - is standard input" {
    printf '# ours\n\n10.1.0.1   # first\n10.1.0.4-5\nfd77::1\r\n' >"$BATS_TEST_TMPDIR/hosts"
    sweep --file "$BATS_TEST_TMPDIR/hosts"
    [ "$status" -eq 0 ]
    [ "$(cut -d' ' -f1 <<<"$output" | sort)" = "10.1.0.1
10.1.0.4
10.1.0.5
fd77::1" ]
    BEFORE="exec <'$BATS_TEST_TMPDIR/hosts'" sweep --file - 10.1.0.1
    [ "${#lines[@]}" -eq 4 ]
}

@test "a mistake in a file is told with its line" {
    printf '10.1.0.1\n\n10.1.0.300\n' >"$BATS_TEST_TMPDIR/hosts"
    sweep --file "$BATS_TEST_TMPDIR/hosts"
    [ "$status" -eq 2 ]
    [ "$output" = "" ]
    [[ "$stderr" == "plug ping: read $BATS_TEST_TMPDIR/hosts:3: not an address, prefix or range"* ]]
    sweep --file "$BATS_TEST_TMPDIR/none"
    [ "$status" -eq 2 ]
    [[ "$stderr" == "plug ping: open $BATS_TEST_TMPDIR/none: no such file"* ]]
}

@test "an empty file has nobody to ask" {
    sweep --file /dev/null
    [ "$status" -eq 2 ]
    [[ "$stderr" == "plug ping: there is no address to ask"* ]]
}

@test "what is no range, with what would be one" {
    for wrong in 10.1.0.0/33 10.1.0.9-1 10.1.0.1-2-3 fd77::/129 10.1.0.0/24/24; do
        sweep "$wrong"
        [ "$status" -eq 2 ]
        [[ "$stderr" == "plug ping: ping $wrong: not an address, prefix or range"* ]]
    done
}

@test "too many addresses are refused, with how many and what allows them" {
    sweep 10.0.0.0/8
    [ "$status" -eq 2 ]
    [[ "$stderr" == "plug ping: ping 10.0.0.0/8 (16777216 addresses): a configured limit was reached"*"--max 16777216 allows it"* ]]
    sweep 2001:db8::/64
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"18446744073709551616 addresses"*"name a part of it"* ]]
    sweep 10.1.0.0/16 10.2.0.0/16
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"all of them together"*"--max"* ]]
    sweep --max 4 10.1.0.0/29
    [ "$status" -eq 2 ]
    sweep --max 4 10.1.0.0/30
    [ "$status" -eq 0 ]
}

@test "shards: every host on exactly one machine" {
    for i in 1 2 3; do
        sweep --shard $i/3 --seed 7 10.1.0.0/24
        [ "$status" -eq 0 ]
        cut -d' ' -f1 <<<"$output" >>"$BATS_TEST_TMPDIR/all"
    done
    [ "$(sort -u "$BATS_TEST_TMPDIR/all" | wc -l)" -eq 256 ]
    [ "$(wc -l <"$BATS_TEST_TMPDIR/all")" -eq 256 ]
}

@test "shards that are none" {
    sweep --shard 1/3 10.1.0.0/24
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"--shard needs --seed"* ]]
    for wrong in 0/3 4/3 3 1/ /3 x/y ""; do
        sweep --shard "$wrong" --seed 1 10.1.0.0/24
        [ "$status" -eq 2 ]
        [[ "$stderr" == *"is not I/N"* ]]
    done
}

@test "-I: an address or an interface to send from" {
    for from in lo 10.1.0.9; do
        sweep -I $from 10.1.0.1-2
        [ "$status" -eq 0 ]
        [ "${#lines[@]}" -eq 2 ]
    done
    sweep -I nosuch0 10.1.0.1-2
    [ "$status" -eq 2 ]
    sweep -I 192.0.2.1 10.1.0.1-2
    [ "$status" -eq 2 ]
}

@test "options that do not go with a sweep" {
    for wrong in "--tcp" "-b" "--window 1s" "--graph" "--metrics tcp://127.0.0.1:0" "-c 31" "-s 15" "-W 6m"; do
        sweep $wrong 10.1.0.0/30
        [ "$status" -eq 2 ]
        [ "$output" = "" ]
    done
}

@test "--json: an object for each host, a summary at the end" {
    command -v python3 >/dev/null || skip "python3 is not installed"
    sweep --json -c 1 -W 100ms 10.1.0.1-2 10.2.0.1
    [ "$status" -eq 0 ]
    python3 - "$output" <<'PY'
import json, sys
events = [json.loads(line) for line in sys.argv[1].split("\n")]
kinds = [e["type"] for e in events]
assert kinds == ["reply", "reply", "lost", "summary"], kinds
for e in events[:2]:
    assert e["host"] == e["address"] and e["address"].startswith("10.1.0."), e
    assert e["seq"] == 1 and e["ttl"] == 64 and e["bytes"] == 64 and 0 <= e["rtt_ms"] < 1000, e
assert events[2]["address"] == "10.2.0.1" and "rtt_ms" not in events[2]
s = events[3]
assert (s["hosts"], s["asked"], s["answered"], s["lost"], s["sent"]) == (3, 3, 2, 1, 3), s
assert s["end_reason"] == "done" and s["min_ms"] <= s["p50_ms"] <= s["max_ms"], s
PY
}

@test "--json of nobody: times are null" {
    sweep --json -c 1 -W 20ms 10.2.0.1-2
    [ "$status" -eq 1 ]
    [[ "${lines[2]}" == *'"answered":0'*'"min_ms":null'* ]]
}

@test "-w ends it, whatever came" {
    sweep -w 200ms --rate 1 10.1.0.0/24
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ "$stderr" == *"1 of 256 hosts answered, 255 not asked in "* ]]
}

@test "a signal ends it with what was found" {
    BEFORE='trap "" EXIT; (sleep 1; kill -INT $$) &' sweep --json --rate 5 10.1.0.0/24
    [ "$status" -eq 130 ]
    [[ "${lines[-1]}" == *'"type":"summary"'*'"end_reason":"signal"'* ]]
}

@test "names are shown as they were given" {
    sweep -4 localhost 127.0.0.0/31
    [ "$status" -eq 0 ]
    [ "$(plain "$output")" = "127.0.0.0 TIME ms  ttl=64
127.0.0.1 TIME ms  ttl=64  localhost" ]
}

@test "a name that does not exist does not keep the others waiting" {
    sweep 10.1.0.1/32 no..such..name.invalid
    [ "$status" -eq 2 ]
    sweep 10.1.0.1/32 nosuch.invalid
    [ "$status" -eq 2 ]
    [[ "$output" == "10.1.0.1 "* ]]
    [[ "$stderr" == *"look up nosuch.invalid"* ]]
}

@test "a full disk is told" {
    BEFORE='exec >/dev/full' sweep 10.1.0.0/28
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"no space left"* ]]
}

@test "without permission: the fixes, exit 2" {
    [ "$(id -u)" -eq 0 ] || skip "only root can lose it"
    BEFORE='echo "1 0" >/proc/sys/net/ipv4/ping_group_range; set -- setpriv --bounding-set=-net_raw --inh-caps=-all "$@"' \
        sweep 10.1.0.0/30
    [ "$status" -eq 2 ]
    [[ "$stderr" == *setcap*ping_group_range* ]]
}
