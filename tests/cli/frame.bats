#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The frame of every sub-command: help, options, environment, output, colour.

load frame.bash

commands() {
    "$PLUG" help --json | python3 -c '
import json, sys
for line in sys.stdin:
    e = json.loads(line)
    if e["type"] == "command": print(e["name"])'
}

@test "frame: the version" {
    plug --version
    expect 0 "plug $("$PLUG" version | cut -d' ' -f2)" ""
    [[ $output =~ ^plug\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    plug version --json
    [ "$status" -eq 0 ]
    echo "$output" | check_events -
}

@test "frame: every command begins its help with three examples, at most 80 columns" {
    for c in $(commands); do
        plug "$c" --help
        [ "$status" -eq 0 ] || { echo "$c: $status"; return 1; }
        help=$output
        [ -z "$stderr" ]
        # they stand before the first empty line; a long one has its remark above it
        [ "$(sed '/^$/,$d' <<<"$help" | grep -Ec '^  [^#]*plug')" -ge 3 ] || { echo "$c"; return 1; }
        [ -z "$(awk 'length($0) > 80' <<<"$help")" ] || { echo "$c is wide"; return 1; }
        plug help "$c"
        [ "$output" = "$help" ]
    done
    [ "$(commands | wc -l)" -ge 8 ]
}

# A line that does not end a sentence has no room for the word that follows.
@test "frame: paragraphs of help are filled" {
    for c in $(commands); do
        plug "$c" --help
        ragged=$(awk 'last != "" && /^[^ ]/ && $1 != "usage:" && last !~ /[.]$/ && length(last " " $1) <= 80 { print last }
                      { last = /^[^ ]/ ? $0 : "" }' <<<"$output")
        [ -z "$ragged" ] || { echo "$c: $ragged"; return 1; }
    done
}

@test "frame: the overview names every command" {
    plug --help
    [ "$status" -eq 0 ]
    for c in $(commands); do
        grep -q "^  $c " <<<"$output" || { echo "$c"; return 1; }
    done
    [ "$(head -n 3 <<<"$output" | grep -c '^  plug ')" -eq 3 ]
}

@test "frame: help on a terminal of 40 columns stays inside it" {
    for c in connect doctor; do
        python3 "$BATS_TEST_DIRNAME/on_tty.py" 40 12 "$PLUG" "$c" --help --color=never >"$BATS_TEST_TMPDIR/help"
        # the laid out rules at the end and unbreakable words may stick out
        wide=$(sed '/^End of\|^Exit status/,$d' "$BATS_TEST_TMPDIR/help" | grep -v '^  plug\|^  echo\|^  #\|^  -\|^      --' |
            awk 'length($0) > 40')
        [ -z "$wide" ] || { echo "$wide"; return 1; }
    done
}

@test "frame: unknown commands and options name the nearest" {
    plug
    expect 2 "" $'plug: missing command\ntry \'plug --help\''
    plug hlp
    expect 2 "" $'plug: unknown command \'hlp\': did you mean \'help\'?\ntry \'plug --help\''
    plug conect
    expect 2 "" $'plug: unknown command \'conect\': did you mean \'connect\'?\ntry \'plug --help\''
    plug xyzzy
    expect 2 "" $'plug: unknown command \'xyzzy\'\ntry \'plug --help\''
    plug --quiet version
    expect 2 "" $'plug: unknown option \'--quiet\': options follow the command\ntry \'plug --help\''
    plug connect --nope
    expect 2 "" $'plug connect: unknown option \'--nope\'\ntry \'plug connect --help\''
    plug connect --idel-timeout 5
    expect 2 "" $'plug connect: unknown option \'--idel-timeout\': did you mean \'--idle-timeout\'?\ntry \'plug connect --help\''
    plug connect -Q
    expect 2 "" $'plug connect: unknown option \'-Q\'\ntry \'plug connect --help\''
    plug version --json=1
    expect 2 "" $'plug version: option \'--json\' takes no value\ntry \'plug version --help\''
    plug connect --tee
    expect 2 "" $'plug connect: option \'--tee\' needs FILE\ntry \'plug connect --help\''
    plug connect --i x
    expect 2 "" $'plug connect: option \'--i\' is ambiguous\ntry \'plug connect --help\''
}

@test "frame: values are read strictly" {
    plug connect --size 0 x
    expect 2 "" $'plug connect: --size: \'0\' is not between 1 and 1048576\ntry \'plug connect --help\''
    plug connect --size -1 x
    expect 2 "" $'plug connect: --size: \'-1\' is not a number\ntry \'plug connect --help\''
    plug connect --size 99999999999999999999 x
    expect 2 "" $'plug connect: --size: \'99999999999999999999\' is not between 1 and 1048576\ntry \'plug connect --help\''
    plug connect --idle-timeout 5x x
    expect 2 "" $'plug connect: --idle-timeout: \'5x\': not a duration such as 500ms, 2s or 1m\ntry \'plug connect --help\''
    plug connect --idle-timeout '' x
    expect 2 "" $'plug connect: --idle-timeout: \'\': not a duration such as 500ms, 2s or 1m\ntry \'plug connect --help\''
    plug connect --on-eof maybe x
    expect 2 "" $'plug connect: --on-eof: \'maybe\' is not one of half|close|wait|never\ntry \'plug connect --help\''
    plug version $'\xff\x1b[31m'
    expect 2 "" $'plug version: unexpected operand \'\\xff\\e[31m\'\ntry \'plug version --help\''
}

@test "frame: options from the environment, overridden by the command line" {
    PLUG_VERSION_JSON=1 plug version
    [ "${output:0:9}" = '{"type":"' ]
    PLUG_CONNECT_SIZE=0 plug connect x
    expect 2 "" $'plug connect: PLUG_CONNECT_SIZE: \'0\' is not between 1 and 1048576\ntry \'plug connect --help\''
    PLUG_VERSION_JSON=maybe plug version
    expect 2 "" $'plug version: PLUG_VERSION_JSON: \'maybe\' is not one of 1|yes|true|0|no|false\ntry \'plug version --help\''
    PLUG_VERSION_HELP=1 plug version
    expect 0 "plug $("$PLUG" --version | cut -d' ' -f2)"
    PLUG_VERSION_JSON='' plug version
    [ "${output:0:5}" = "plug " ]
    # the last one wins, and over the environment
    PLUG_CONNECT_ON_EOF=bogus plug connect --on-eof half x
    [ "$status" -eq 2 ]
    PLUG_CONNECT_SEND=environment plug connect --send one --send two --size 7 --size 8 tcp://127.0.0.1:1
    [ "$status" -eq 2 ]
    [[ $stderr == *"connection refused"* ]]
}

@test "frame: with --json a mistake is an event, too" {
    plug version --json x
    [ "$status" -eq 2 ]
    [ -n "$stderr" ]
    echo "$output" | check_events -
    plug connect --bogus --json
    [ "$status" -eq 2 ]
    echo "$output" | check_events summary
    plug connect --json tcp://127.0.0.1:1
    [ "$status" -eq 2 ]
    echo "$output" | check_events summary
    [[ $output == *'"code":"ECONNREFUSED"'* ]]
}

@test "frame: with --json everything on stdout is events, the last a summary" {
    for words in version "--version" help "help connect" "connect --help" "completions bash" \
        "addr 127.0.0.1 x" "url http://a/ x" "lookup --constants AF_INET" doctor "demo --help" \
        "" "nosuch" "--nosuch" "lookup --help"; do
        plug $words --json
        echo "$output" | check_events summary || { echo "$words"; return 1; }
    done
    plug completions --json bash
    [ "$(python3 -c 'import json, sys; print(json.loads(sys.stdin.readline())["text"], end="")' <<<"$output")" = \
        "$("$PLUG" completions bash)" ]
    plug addr --json 127.0.0.1 x
    [[ ${lines[2]} == *'"end_reason":"done","addresses":1,"errors":1,"exit":2}' ]]
}

@test "frame: nothing is lost silently" {
    run --separate-stderr bash -c '"$1" version >/dev/full' - "$PLUG"
    expect 2 "" "plug version: write standard output: no space left on device"
    run --separate-stderr bash -c '"$1" version >&-' - "$PLUG"
    expect 2 "" "plug version: write standard output: bad file descriptor"
    # a reader that went away knows it
    run --separate-stderr bash -c '{ sleep 0.2; "$1" help connect; echo $? >"$2"; } | head -n 0' - "$PLUG" "$BATS_TEST_TMPDIR/code"
    expect 0 "" ""
    [ "$(cat "$BATS_TEST_TMPDIR/code")" = 2 ]
}

@test "frame: a full stderr that does not block loses nothing" {
    python3 - "$PLUG" <<'EOF'
import fcntl, os, subprocess, sys, time
r, w = os.pipe()
fcntl.fcntl(w, fcntl.F_SETFL, os.O_NONBLOCK)
p = subprocess.Popen([sys.argv[1], "addr"] + ["x"] * 2000, stderr=w)
os.close(w)
time.sleep(0.3)
text = b"".join(iter(lambda: os.read(r, 65536), b""))
assert p.wait(10) == 2
assert text.count(b"not a valid address") == 2000, len(text)
EOF
}

@test "frame: colour is --color, then FORCE_COLOR, then NO_COLOR, then the terminal" {
    tty() { python3 "$BATS_TEST_DIRNAME/on_tty.py" 80 12 "$@" | grep -c $'\e' || true; }
    piped() { "$@" | grep -c $'\e' || true; }
    export TERM=xterm
    [ "$(tty "$PLUG" help)" -gt 0 ]
    [ "$(tty env TERM=dumb "$PLUG" help)" -eq 0 ]
    [ "$(tty env -u TERM "$PLUG" help)" -eq 0 ]
    [ "$(tty env NO_COLOR=1 "$PLUG" help)" -eq 0 ]
    [ "$(tty env NO_COLOR= "$PLUG" help)" -gt 0 ]
    [ "$(tty env NO_COLOR=1 FORCE_COLOR=1 "$PLUG" help)" -gt 0 ]
    [ "$(tty "$PLUG" help --color=never)" -eq 0 ]
    [ "$(tty env FORCE_COLOR=1 "$PLUG" help --color=never)" -eq 0 ]
    [ "$(piped "$PLUG" help)" -eq 0 ]
    [ "$(piped env FORCE_COLOR=1 "$PLUG" help)" -gt 0 ]
    [ "$(piped "$PLUG" help --color=always)" -gt 0 ]
    [ "$(piped env NO_COLOR=1 "$PLUG" help --color=always)" -gt 0 ]
    # JSON is never coloured
    [ "$(piped "$PLUG" demo --json --color=always)" -eq 0 ]
}

@test "frame: completions of three shells from the tables" {
    plug completions bash
    [ "$status" -eq 0 ]
    bash -n <<<"$output"
    complete_words() {
        bash -c 'source <("$1" completions bash); COMP_WORDS=(plug "${@:3}"); COMP_CWORD=$2; _plug; echo "${COMPREPLY[*]}"' - "$PLUG" "$@"
    }
    [ "$(complete_words 1 conn)" = connect ]
    [ "$(complete_words 2 connect --on-p)" = --on-peer-eof ]
    [ "$(complete_words 3 connect --on-eof w)" = wait ]
    [ "$(complete_words 2 help dem)" = demo ]
    [ "$(complete_words 4 lookup --via = sy)" = system ]
    [ "$(complete_words 2 completions f)" = fish ]
    plug completions zsh
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "#compdef plug" ]
    if command -v zsh >/dev/null; then zsh -n <<<"$output"; fi
    plug completions fish
    [ "$status" -eq 0 ]
    [ "$(grep -c 'complete -c plug' <<<"$output")" -gt 40 ]
    if command -v fish >/dev/null; then fish -n <<<"$output"; fi
    plug completions tcsh
    expect 2 "" $'plug completions: \'tcsh\' is not one of bash|zsh|fish\ntry \'plug completions --help\''
}

@test "frame: the manual has a page for every command, and on it every option" {
    man=$BATS_TEST_DIRNAME/../../man
    "$PLUG" help --json | python3 -c '
import json, pathlib, re, sys
man, common, missing = pathlib.Path(sys.argv[1]), {"json", "color", "quiet", "verbose", "help"}, []
for e in filter(lambda e: "name" in e, map(json.loads, sys.stdin)):
    command, name = e.get("command", e["name"]), e["name"]
    page = man / ("plug-" + command + ".1.scd")
    if e["type"] == "command" and not page.exists() and "*" + name + "*" not in (man / "plug.1.scd").read_text():
        missing.append(name)
    if e["type"] == "option" and page.exists() and name not in common and not re.search(r"\*--" + name + r"[* ]", page.read_text()):
        missing.append(command + " --" + name)
assert not missing, missing' "$man"
}
