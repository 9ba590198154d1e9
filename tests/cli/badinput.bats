#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Every sub-command with input that is wrong: it says so, with exit 1 or 2, and never crashes, hangs
# or puts raw control characters on a terminal.

load frame.bash

commands() {
    "$PLUG" help --json | python3 -c '
import json, sys
for line in sys.stdin:
    e = json.loads(line)
    if e["type"] == "command": print(e["name"])'
}

# What makes each command do its work, briefly, and print something.
work() {
    case $1 in
    connect) echo -z 127.0.0.1 1 ;;
    listen) echo -w 50ms tcp://127.0.0.1:0 --json ;;
    lookup) echo 127.0.0.1 ;;
    trace) echo -n 127.0.0.1 ;;
    addr) echo 127.0.0.1 ;;
    url) echo http://localhost/ ;;
    pack) echo '<H' 1 ;;
    unpack) echo '<H' 0100 ;;
    packet) echo ip/udp ;;
    completions) echo bash ;;
    echo) echo --json tcp://127.0.0.1:0 ;;
    bench) echo --json -n 1 tcp://127.0.0.1:1 ;;
    ping) echo --json -c 1 127.0.0.1 ;;
    *) ;;
    esac
}

# How long it may take; a server is ended in order.
limit() {
    case $1 in
    echo) echo timeout --preserve-status 1 ;;
    *) echo timeout 10 ;;
    esac
}

# Ran, and ended as a command may: not by a signal, not by the time limit.
orderly() {
    [ "$status" -le 2 ] || { echo "$*: status $status, $stderr"; return 1; }
    [ -z "$(tr -d '\n\t' <<<"$stderr" | LC_ALL=C grep -a '[[:cntrl:]]')" ] || { echo "$*: control characters"; return 1; }
    [[ $stderr != *Sanitizer* ]] || { echo "$stderr"; return 1; }
}

# Refused, with a message that begins with its name.
refused() {
    orderly "$@" || return 1
    [ "$status" -ge 1 ] || { echo "$*: accepted"; return 1; }
    [[ $stderr == "plug"* ]] || { echo "$*: $stderr"; return 1; }
}

@test "bad input: options that do not exist" {
    for c in $(commands); do
        for option in --no-such-option --no-such=5 $'--\xff\xfe' $'--\e[31m' --=; do
            plug "$c" "$option"
            [ "$status" -eq 2 ] || { echo "$c $option: $status"; return 1; }
            refused "$c" "$option"
        done
    done
}

@test "bad input: every option with every kind of wrong value" {
    "$PLUG" help --json | python3 -c '
import json, sys
for line in sys.stdin:
    e = json.loads(line)
    if e["type"] == "option" and e["value"]: print(e["command"], e["name"], e["value"])' >"$BATS_TEST_TMPDIR/options"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/options")" -ge 20 ]
    while read -r c name value; do
        case $value in
        N | BYTES | TIME | *\|*) values=('' -1 -99999999999999999999 99999999999999999999999 0x10 1e9 ' 1' '1 ' $'\xff' ½ '' NaN) ;;
        *) continue ;;
        esac
        for v in "${values[@]}"; do
            plug "$c" "--$name=$v"
            [ "$status" -eq 2 ] || { echo "$c --$name=$v: $status"; return 1; }
            refused "$c" "--$name=$v"
        done
        plug "$c" "--$name"
        [ "$status" -eq 2 ] || { echo "$c --$name: $status"; return 1; }
    done <"$BATS_TEST_TMPDIR/options"
}

@test "bad input: operands that are empty, huge, not UTF-8, too many" {
    huge=$(head -c 100000 /dev/zero | tr '\0' A)
    for c in $(commands); do
        for operand in '' "$huge" $'\xff\xfe\x80' $'\e]0;title\a' -- '%s%n%s%n' ../../../etc/passwd ' ' $'a\nb' tcp:// 99999999999; do
            plug "$c" "$operand" </dev/null
            case $c in echo | demo | doctor | version | help) [ "$operand" = -- ] && continue ;; esac
            orderly "$c" "${operand:0:40}"
        done
        plug "$c" $(seq 5000) </dev/null
        orderly "$c" many
    done
}

@test "bad input: addresses for connect and listen" {
    for c in connect listen; do
        for address in foo tcp:// tcp://h tcp://h:99999 tcp://h:-1 tcp://h: '[::1' '[::1]:x' ftp://h:1 \
            unix: "unix:$(head -c 200 /dev/zero | tr '\0' x)" tcp://1.2.3.4.5:1 tcp://256.1.1.1:80 'tcp://a b:1' udp://h $'tcp://\xff:1'; do
            plug "$c" -w 500ms "$address" </dev/null
            [ "$status" -eq 2 ] || { echo "$c $address: $status"; return 1; }
            refused "$c" "$address"
        done
        plug "$c" a b c
        [ "$status" -eq 2 ]
        plug "$c"
        [ "$status" -eq 2 ]
        plug "$c" 127.0.0.1 99999
        [ "$status" -eq 2 ]
    done
}

@test "bad input: all eight combinations of closed stdin, stdout, stderr" {
    for c in $(commands); do
        for closed in '' '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
            redirect="</dev/null >\"$BATS_TEST_TMPDIR/out\" 2>\"$BATS_TEST_TMPDIR/err\" $closed"
            code=0
            eval "$(limit "$c") \"\$PLUG\" \$c \$(work \$c) $redirect 3>&-" || code=$?
            [ "$code" -le 2 ] || { echo "$c $closed: $code"; return 1; }
            case $closed in *'>&-'*)
                case $closed in '2>&-' | '<&- 2>&-') ;; *) [ "$code" -eq 2 ] || { echo "$c $closed: $code"; return 1; } ;; esac ;;
            esac
        done
    done
}

@test "bad input: a full disk is told, exit 2; a closed pipe is not" {
    for c in $(commands); do
        code=0
        $(limit "$c") "$PLUG" "$c" $(work "$c") >/dev/full 2>"$BATS_TEST_TMPDIR/err" </dev/null || code=$?
        [ "$code" -eq 2 ] || { echo "$c: $code"; return 1; }
        grep -q "^plug $c: write standard output: no space left on device$" "$BATS_TEST_TMPDIR/err" || { echo "$c"; cat "$BATS_TEST_TMPDIR/err"; return 1; }
        code=0
        ERR=$BATS_TEST_TMPDIR/err bash -c '{ sleep 0.1; "$@" 2>"$ERR" </dev/null; echo $? >"$ERR.code"; } | head -c 0' - $(limit "$c") "$PLUG" "$c" $(work "$c")
        code=$(cat "$BATS_TEST_TMPDIR/err.code")
        [ "$code" -eq 2 ] || { echo "$c into a closed pipe: $code"; return 1; }
        ! grep -q 'standard output' "$BATS_TEST_TMPDIR/err"
    done
}

@test "bad input: with --json, every refusal is an event" {
    for c in $(commands); do
        plug "$c" --json --no-such-option
        [ "$status" -eq 2 ]
        echo "$output" | check_events - || { echo "$c"; return 1; }
    done
}

@test "bad input: SIGINT in the middle is 130" {
    mkfifo "$BATS_TEST_TMPDIR/in"
    exec 8<>"$BATS_TEST_TMPDIR/in"
    interrupt() {
        "$PLUG" "$@" <"$BATS_TEST_TMPDIR/in" >/dev/null 2>&1 8>&- 3>&- &
        job=$!
        wait_until grep -q '^State:.*sleeping' "/proc/$job/status"
        sleep 0.3
        kill -INT "$job"
        code=0
        wait "$job" || code=$?
        [ "$code" -eq 130 ] || { echo "$*: $code"; return 1; }
    }
    interrupt listen tcp://127.0.0.1:0
    interrupt listen udp://127.0.0.1:0
    interrupt listen -k --json "unix:$BATS_TEST_TMPDIR/s"
    python3 -c '
import socket, sys, time
s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); time.sleep(20)' >"$BATS_TEST_TMPDIR/mute" 3>&- 8>&- &
    wait_until test -s "$BATS_TEST_TMPDIR/mute"
    interrupt connect "udp://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/mute")"
    interrupt connect -z -w 10s "udp://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/mute")"
    if commands | grep -qx unpack; then interrupt unpack --repeat '<H'; fi
    exec 8>&-
}
