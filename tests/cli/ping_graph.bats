#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plug ping --graph and --metrics.

load frame

setup() {
    "$PLUG" ping -q -c 1 127.0.0.1 >/dev/null 2>&1 || skip "no echo requests are allowed here"
}

on_terminal() {
    run timeout 20 python3 "$BATS_TEST_DIRNAME/on_tty.py" "$1" 1 "$PLUG" "${@:2}"
}

@test "without a terminal one plot stands at the end, before ping's figures" {
    plug ping -n -c 3 -i 10ms --graph 127.0.0.1
    [ "$status" -eq 0 ]
    [ "$stderr" = "" ]
    [[ ${lines[0]} =~ ^127\.0\.0\.1\ \ 0\ %\ loss\ \ last\ [0-9.]+\ \ avg ]]
    [[ ${lines[1]} =~ ^\ *[0-9.]+\ ms┤ ]]
    [[ ${lines[15]} =~ ^\ *└─+$ ]]
    [ "${lines[16]}" = "--- 127.0.0.1 ping statistics ---" ]
    [ "$(grep -c 'ping statistics' <<<"$output")" -eq 1 ]
    [[ $output != *$'\033'* ]]
}

@test "without UTF-8 a plot has plain characters only" {
    LC_ALL=C plug ping -n -c 3 -i 10ms --graph 127.0.0.1
    [ "$status" -eq 0 ]
    [ -z "$(tr -d '\n -~' <<<"$output")" ]
    [[ ${lines[1]} =~ ^\ *[0-9.]+\ ms\| ]]
}

@test "on a terminal plots are drawn again in place, and no line is wider" {
    on_terminal 40 ping -n -c 30 -i 20ms --color never --graph 127.0.0.1 127.0.0.2
    [ "$status" -eq 0 ]
    [ "$(grep -c $'\033\[[0-9]*A' <<<"$output")" -ge 2 ]
    while IFS= read -r line; do
        line=$(sed 's/\x1b\[[0-9]*[AJK]//g; s/\r//g' <<<"$line")
        [[ $line == *─* || $line == *┤* || $line == *│* ]] || continue
        [ "${#line}" -le 40 ] || { echo "$line"; return 1; }
    done <<<"$output"
}

@test "many hosts get a line each" {
    local hosts=()
    for i in $(seq 1 30); do hosts+=("127.0.0.$i"); done
    plug ping -n -c 2 -i 10ms --graph "${hosts[@]}"
    [ "$status" -eq 0 ]
    [[ $output =~ 127\.0\.0\.9\ .*\ ms\ +0\ % ]]
    [[ $output == *"and 8 more"* ]]
}

@test "--graph and --json exclude each other" {
    plug ping --graph --json 127.0.0.1
    [[ $output == *'"code":"USAGE"'* ]]
    expect 2 "$output" "plug ping: --graph and --json: one of them
try 'plug ping --help'"
}

@test "--metrics are served while it runs" {
    timeout 20 "$PLUG" ping -i 50ms --metrics tcp://127.0.0.1:0 127.0.0.1 >/dev/null 2>"$BATS_TEST_TMPDIR/err" 3>&- &
    local pid=$!
    wait_until grep -q '^listening on tcp://127.0.0.1:' "$BATS_TEST_TMPDIR/err"
    url=http://$(sed -n 's/^listening on tcp:..//p' "$BATS_TEST_TMPDIR/err")/metrics
    run timeout 10 python3 - "$url" <<'PY'
import re, sys, time, urllib.request
for _ in range(100):
    with urllib.request.urlopen(sys.argv[1], timeout=5) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"), answer.headers
        text = answer.read().decode()
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    labels = '{host="127.0.0.1",address="127.0.0.1"}'
    if float(values["plug_ping_received_total" + labels]) >= 2:
        break
    time.sleep(0.05)
assert float(values["plug_ping_sent_total" + labels]) >= 2
assert float(values["plug_ping_lost_total" + labels]) == 0
assert float(values["plug_ping_rtt_seconds_sum" + labels]) > 0
assert 0 < float(values['plug_ping_rtt_seconds' + labels[:-1] + ',quantile="0.99"}']) < 1
for line in text.splitlines():
    assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [-+.\w]+', line), line
print("right")
PY
    kill -INT "$(pgrep -P "$pid")"
    wait "$pid" || true
    [ "$output" = right ]
}

@test "no thread keeps privileges when --metrics has been given a name" {
    grep -q 'CapEff:.*[1-9a-f]' /proc/self/status || skip "there are none to lose"
    "$PLUG" ping -i 50ms --metrics tcp://localhost:0 127.0.0.1 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    wait_until grep -q '^64 bytes' "$BATS_TEST_TMPDIR/out"
    run grep -h CapPrm /proc/"$pid"/task/*/status
    kill -INT "$pid"
    wait "$pid" || true
    [ -n "$output" ] && [ -z "${output//[CapPrm:0[:space:]]/}" ] || { echo "$output"; return 1; }
}

@test "an address for --metrics that cannot be had is told before anything is sent" {
    plug ping -c 1 --metrics tcp://192.0.2.1:9427 127.0.0.1
    [ "$status" -eq 2 ]
    [ "$output" = "" ]
    [[ $stderr == "plug ping: listen tcp://192.0.2.1:9427: "* ]]
    plug ping -c 1 --metrics udp://127.0.0.1:0 127.0.0.1
    [ "$status" -eq 2 ]
    [[ $stderr == *"hint: an address is tcp://127.0.0.1:9427"* ]]
}
