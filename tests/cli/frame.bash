# SPDX-License-Identifier: MIT
# What the tests of the frame, connect, listen, doctor and demo share.

bats_require_minimum_version 1.5.0

unset "${!PLUG_@}" 2>/dev/null || true
PLUG=${PLUG:-$BATS_TEST_DIRNAME/../../build/debug/plug}
export LC_ALL=C.UTF-8
unset FORCE_COLOR NO_COLOR

plug() {
    run --separate-stderr timeout 20 "$PLUG" "$@"
}

# expect STATUS STDOUT STDERR
expect() {
    [ "$status" -eq "$1" ] || { echo "status $status, not $1: $output / $stderr"; return 1; }
    [ "$output" = "$2" ] || { diff <(echo "$2") <(echo "$output"); return 1; }
    [ "$stderr" = "$3" ] || { diff <(echo "$3") <(echo "$stderr"); return 1; }
}

# Waits at most five seconds for a command to succeed.
wait_until() {
    for _ in $(seq 100); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.05
    done
    echo "never came true: $*"
    return 1
}

# Starts plug listen with these arguments; its stdin is the file $INPUT. Sets $PID, $ADDRESS; its
# output is in $DIR/out and $DIR/err.
listen() {
    DIR=$BATS_TEST_TMPDIR
    : >"$DIR/err"
    timeout 30 "$PLUG" listen "$@" <"${INPUT:-/dev/null}" >"$DIR/out" 2>"$DIR/err" 3>&- &
    PID=$!
    wait_until grep -q '^listening on ' "$DIR/err"
    ADDRESS=$(sed -n 's/^listening on //p' "$DIR/err")
}

# listener_ends CODE: it ends by itself, with this exit code.
listener_ends() {
    local code=0
    wait "$PID" || code=$?
    [ "$code" -eq "$1" ] || { echo "the listener's exit code is $code, not $1"; cat "$DIR/err"; return 1; }
}

# A signal for plug itself, not for the timeout around it.
signal_listener() {
    kill "-$1" "$(pgrep -P "$PID")"
}

# Every line of stdin is one JSON object with a type; the last one is a summary when $1 says so.
check_events() {
    python3 -c '
import json, sys
events = [json.loads(line) for line in sys.stdin]
assert events, "no events"
assert all(isinstance(e, dict) and "type" in e for e in events)
if sys.argv[1] == "summary":
    assert events[-1]["type"] == "summary", events[-1]
    assert sum(e["type"] == "summary" for e in events) == 1
' "$1"
}

teardown() {
    for job in $(jobs -p); do
        kill -KILL "$job" 2>/dev/null || true
        wait "$job" 2>/dev/null || true
    done
}
