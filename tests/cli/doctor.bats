#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plug doctor

load frame.bash

@test "doctor: sections, marks, a sum; exit 0 on a machine that plug can use" {
    plug doctor
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    for section in System Limits Addresses Names Privileges Waiting Sockets Isolation; do
        grep -qx "$section" <<<"$output" || { echo "no $section"; return 1; }
    done
    grep -Eq '^  ✓ kernel +Linux ' <<<"$output"
    grep -Eq '^  ✓ epoll +available$' <<<"$output"
    [[ ${lines[-1]} =~ ^[0-9]+\ fine,\ [0-9]+\ not\ there,\ 0\ missing\ that\ plug\ needs$ ]]
}

@test "doctor: plain marks where the locale is not UTF-8" {
    LC_ALL=C plug doctor
    [ "$status" -eq 0 ]
    [ -z "$(LC_ALL=C grep -P '[^\x00-\x7f]' <<<"$output")" ]
    grep -Eq '^  \+ kernel +Linux ' <<<"$output"
}

@test "doctor: --json" {
    plug doctor --json
    [ "$status" -eq 0 ]
    echo "$output" | check_events summary
    echo "$output" | python3 -c '
import json, sys
e = [json.loads(l) for l in sys.stdin]
checks = [x for x in e if x["type"] == "check"]
assert len(checks) >= 35, len(checks)
for c in checks:
    assert {"section", "name", "ok", "value", "reason", "fix"} <= set(c), c
    assert c["ok"] or c["reason"], c
s = e[-1]
assert s["ok"] + s["lacking"] + s["bad"] == len(checks) and s["bad"] == 0 and s["exit"] == 0, s
ping = next(c for c in checks if c["name"] == "ping sockets")
assert ping["ok"] or "ping_group_range" in ping["fix"], ping'
}

@test "doctor: says what is missing, and how to get it" {
    [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null || skip "needs root and setpriv"
    cp "$PLUG" "$BATS_TEST_TMPDIR/plug"
    chmod 755 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/plug"
    PLUG=$BATS_TEST_TMPDIR/plug
    run --separate-stderr timeout 20 setpriv --reuid=65534 --regid=65534 --clear-groups \
        --bounding-set=-all --inh-caps=-all "$PLUG" doctor
    [ "$status" -eq 0 ] || skip "nobody cannot run it here: $stderr"
    grep -A 1 -E '^  – raw sockets +operation not permitted$' <<<"$output" | grep -q setcap
}

@test "doctor: exit 1 when something is missing that plug needs" {
    [ "$("$PLUG" version --json | grep -c '"fault":true')" = 1 ] || skip "not a test build"
    PLUG_FAULT='getaddrinfo:*' plug doctor
    [ "$status" -eq 1 ]
    grep -q '✗ localhost' <<<"$output"
    [[ ${lines[-1]} == *", 1 missing that plug needs" ]]
}

@test "doctor: the way to wait that PLUG_BACKEND chooses, and a word that chooses none" {
    PLUG_BACKEND=select plug doctor
    [ "$status" -eq 0 ]
    grep -Eq '^  ✓ selector +select$' <<<"$output"
    PLUG_BACKEND=kqueue plug doctor
    [ "$status" -eq 1 ]
    grep -Eq '^  ✗ selector +PLUG_BACKEND is none of ' <<<"$output"
}
