#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plug demo

load frame.bash

@test "demo: every step is right, in under ten seconds" {
    start=$SECONDS
    plug demo
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ $((SECONDS - start)) -lt 10 ]
    for step in pack address look-up tcp udp unix packet; do
        grep -Eq "^✓ $step +[0-9.]+ [mun]?s  " <<<"$output" || { echo "$step"; return 1; }
    done
    grep -q '0100000061626300cdcc2c40' <<<"$output"
    for row in 'serial   -    ' 'thread   -    ' 'fork     -    ' 'fiber    epoll'; do
        grep -Eq "^✓ $row +200 +10000000 +[0-9.]+ m?s  none$" <<<"$output" || { echo "$row"; return 1; }
    done
    grep -Eq '^✓ ping +[0-9.]+ [mun]?s  64 bytes from 127\.0\.0\.1 in [0-9.]+ ms$' <<<"$output" ||
        grep -Eq '^– ping .*not allowed here' <<<"$output"
    [[ ${lines[-1]} =~ ^1[123]\ of\ 1[123]\ right, ]]
    grep -q '^|           mss=1460            |\|^|                           mss=1460 ' <<<"$output"
    LC_ALL=C plug demo
    grep -q '^+ tcp' <<<"$output"
}

@test "demo: --json" {
    plug demo --json
    [ "$status" -eq 0 ]
    echo "$output" | check_events summary
    echo "$output" | python3 -c '
import json, sys
e = [json.loads(l) for l in sys.stdin]
ping = [x for x in e if x.get("name") == "ping"]
assert len(ping) == 1 and (ping[0]["ok"] is True or ping[0]["error"] in ("EPERM", "EACCES")), ping
assert all(x["ok"] is True and x["error"] is None for x in e[:-1] if x not in ping), e
assert {x["model"] for x in e if x["type"] == "model"} == {"serial", "thread", "fork", "fiber"}, e
assert all(x["connections"] == 200 and x["size_bytes"] == 10000000 for x in e if x["type"] == "model"), e
assert e[-1]["ok"] == sum(x["ok"] is True for x in e[:-1]) and e[-1]["failed"] == 0, e'
}

@test "demo: exit 1 when a step fails" {
    [ "$("$PLUG" version --json | grep -c '"fault":true')" = 1 ] || skip "not a test build"
    PLUG_FAULT='listen:*=EADDRNOTAVAIL' plug demo
    [ "$status" -eq 1 ]
    grep -Eq '^✗ tcp .*address not available on this machine' <<<"$output" || { echo "$output"; false; }
    [[ ${lines[-1]} =~ ^[56]\ of\ 1[123]\ right ]]
    grep -Eq '^✗ fork .*address not available on this machine' <<<"$output"
}
