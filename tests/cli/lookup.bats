#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plug lookup. DNS is a server of our own on loopback (tests/support/fake_dns.h tells what it answers).

bats_require_minimum_version 1.5.0

setup_file() {
    export DNS_DIR="$BATS_FILE_TMPDIR"
    mkfifo "$DNS_DIR/hold"
    "$(dirname "$PLUG")/programs/fake_dns" 127.0.0.1 <"$DNS_DIR/hold" >"$DNS_DIR/port" 3>&- &
    exec 7>"$DNS_DIR/hold" # the server ends when this does
    for _ in $(seq 50); do
        [ ! -s "$DNS_DIR/port" ] || break
        sleep 0.1
    done
    AT="@127.0.0.1:$(cat "$DNS_DIR/port")"
    export AT
}

teardown_file() {
    exec 7>&-
    wait
}

plug() {
    run --separate-stderr timeout 20 "$PLUG" lookup "$@"
}

expect() { # STATUS [LINE...]
    local status_wanted=$1 wanted
    shift
    wanted=$(printf '%s\n' "$@")
    [ "$status" -eq "$status_wanted" ] || { echo "status $status: $output / $stderr"; return 1; }
    [ "$output" = "$wanted" ] || { diff <(echo "$wanted") <(echo "$output"); return 1; }
}

complains() { # LINE...
    local wanted
    wanted=$(printf '%s\n' "$@")
    [ "$stderr" = "$wanted" ] || { diff <(echo "$wanted") <(echo "$stderr"); return 1; }
}

# The value of a key in the first event of a type.
field() { # TYPE KEY
    echo "$output" | python3 -c '
import json, sys
events = [json.loads(line) for line in sys.stdin]
assert events[-1]["type"] == "summary", events[-1]
event = [e for e in events if e["type"] == sys.argv[1]][0]
print(json.dumps(event[sys.argv[2]]))' "$1" "$2"
}

# --- names and addresses -------------------------------------------------------------------------

@test "lookup: localhost is what Python says it is" {
    plug localhost
    [ "$status" -eq 0 ]
    [ "$output" = "$(python3 -c '
import socket
for t in socket.getaddrinfo("localhost", None, type=socket.SOCK_STREAM):
    print("localhost", t[4][0])')" ]
    [ -z "$stderr" ]
}

@test "lookup: literals are themselves, and old forms what libc takes them for" {
    plug --tuples --socktype dgram 2001:DB8::1 53
    expect 0 "AF_INET6 SOCK_DGRAM IPPROTO_UDP - [2001:db8::1]:53"
    plug 127.1
    expect 0 "127.1 127.0.0.1"
}

@test "lookup: by DNS, names to addresses" {
    plug "$AT" a.test www.test
    expect 0 "a.test 192.0.2.1" "a.test 2001:db8::1" "www.test 192.0.2.1" "www.test 2001:db8::1"
    plug "$AT" -4 a.test
    expect 0 "a.test 192.0.2.1"
    plug -6 "$AT" a.test
    expect 0 "a.test 2001:db8::1"
    plug "$AT" --tcp a.test -4
    expect 0 "a.test 192.0.2.1"
}

@test "lookup: by DNS, addresses to names that lead back or not" {
    plug "$AT" 192.0.2.1 2001:db8::1
    expect 0 "192.0.2.1 a.test confirmed" "2001:db8::1 a.test confirmed"
    plug -x "$AT" 192.0.2.2 192.0.2.3
    expect 1 "192.0.2.2 a.test not confirmed: leads to other addresses" \
        "192.0.2.3 nx.test not confirmed: no such domain (NXDOMAIN)"
    plug "$AT" 192.0.2.4
    expect 1 ""
    complains "plug lookup: look up 192.0.2.4: host not found"
}

@test "lookup: what DNS says no to" {
    plug "$AT" nx.test
    expect 1 ""
    complains "plug lookup: look up nx.test: no such domain (NXDOMAIN)"
    plug "$AT" nodata.test
    expect 1 ""
    complains "plug lookup: look up nodata.test: name exists but has no record of this type"
    plug "$AT" a.test nx.test
    expect 1 "a.test 192.0.2.1" "a.test 2001:db8::1"
}

@test "lookup: what DNS could not tell" {
    plug "$AT" servfail.test
    expect 2 ""
    complains "plug lookup: look up servfail.test at ${AT#@}: name server failed (SERVFAIL)"
    plug "$AT" refused.test
    expect 2 ""
    plug "$AT" --timeout 100ms silent.test
    expect 2 ""
    complains "plug lookup: look up silent.test at ${AT#@}: timed out" \
        "  hint: --timeout TIME waits longer"
    plug @127.0.0.1:1 a.test
    expect 2 ""
    complains "plug lookup: look up a.test at 127.0.0.1:1: connection refused"
    plug "$AT" nx.test servfail.test a.test
    [ "$status" -eq 2 ]
}

@test "lookup: a silent server costs the time that was given" {
    local start=$EPOCHREALTIME
    plug "$AT" -w 300ms silent.test flood.test wrongid.test
    [ "$status" -eq 2 ]
    local took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
    [ "$took" -ge 900 ]
    [ "$took" -lt 2400 ]
}

@test "lookup: hostile names never reach the terminal" {
    plug "$AT" 192.0.3.{0..7}
    expect 1 \
        '192.0.3.0 ? not confirmed: not a valid domain name (\027[31mred.test)' \
        '192.0.3.1 ? not confirmed: not a valid domain name (a\010b.test)' \
        '192.0.3.2 ? not confirmed: not a valid domain name (<script>alert\(1\).test)' \
        '192.0.3.3 ? not confirmed: not a valid domain name (two\032words.test)' \
        '192.0.3.4 ? not confirmed: not a valid domain name (-rf.test)' \
        '192.0.3.5 ? not confirmed: not a valid domain name (dot\.inside.test)' \
        '192.0.3.6 ? not confirmed: not a valid domain name (\255\254\226\128\174.test)' \
        '192.0.3.7 ? not confirmed: not a valid domain name (\$\(reboot\)\"\\\;.test)'
    plug "$AT" --json 192.0.3.0
    [ "$(field reverse name)" = null ]
    [ "$(field reverse confirmed)" = false ]
}

@test "lookup: a thousand addresses are cut" {
    plug "$AT" -4 many.test
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 256 ]
    complains "plug lookup: many.test: only the first 256 records are shown"
}

@test "lookup: records" {
    plug "$AT" -t MX mx.test
    expect 0 "mx.test 300 MX 10 mail.test"
    plug "$AT" -t TXT -t TYPE16 txt.test
    expect 0 'txt.test 300 TXT "a\"b" "\027c"' 'txt.test 300 TXT "a\"b" "\027c"'
    plug "$AT" -t ptr 192.0.2.1
    expect 0 "1.2.0.192.in-addr.arpa 300 PTR a.test"
    plug "$AT" -t MX a.test
    expect 1 ""
    plug "$AT" -t A garbage.test
    expect 2 ""
    complains "plug lookup: look up garbage.test at ${AT#@}: malformed reply from the name server"
}

# --- forward confirmation ------------------------------------------------------------------------

@test "lookup --confirm: the four outcomes" {
    plug --confirm "$AT" 192.0.2.1
    expect 0 "Validated hostname: a.test"
    plug --confirm "$AT" 192.0.2.2
    expect 1 "Got hostname a.test, but on forward lookup, original IP 192.0.2.2 did not appear in IP address list."
    plug --confirm "$AT" 192.0.2.3
    expect 1 "Got hostname nx.test, but it could not be forward-resolved: no such domain (NXDOMAIN)"
    plug --confirm "$AT" 192.0.2.4
    expect 0 "No host names available for 192.0.2.4; this may be normal."
    plug --confirm --strict "$AT" 192.0.2.4
    expect 1 "No host names available for 192.0.2.4; this may be normal."
    [ -z "$stderr" ]
}

@test "lookup --confirm: addresses are compared as bytes" {
    plug --confirm "$AT" 2001:0DB8:0:0:0:0:0:1 ::ffff:192.0.2.1
    expect 0 "Validated hostname: a.test" "Validated hostname: a.test"
}

@test "lookup --confirm: what could not be asked is no outcome" {
    plug --confirm "$AT" 192.0.2.6
    expect 2 ""
    plug --confirm -w 100ms "$AT" 192.0.2.5
    expect 2 ""
    plug --confirm a.test
    expect 2 ""
    complains "plug lookup: confirm a.test: not a valid address" \
        "  hint: --confirm wants addresses, not names"
}

@test "lookup --confirm 127.0.0.1 by the system" {
    python3 -c 'import socket; socket.gethostbyaddr("127.0.0.1")' || skip "127.0.0.1 has no name here"
    plug --confirm 127.0.0.1
    expect 0 "Validated hostname: $(python3 -c 'import socket; print(socket.gethostbyaddr("127.0.0.1")[0])')"
}

# --- services, protocols, constants --------------------------------------------------------------

@test "lookup --service" {
    plug --service http 80 53/udp https/tcp
    expect 0 "http 80/tcp" "http 80/tcp" "domain 53/udp" "https 443/tcp"
    plug --service nosuch
    expect 1 ""
    complains "plug lookup: look up nosuch: service not known"
    plug --service 65536
    expect 2 ""
    plug --service /tcp http/nosuch
    expect 1 ""
}

@test "lookup --protocol" {
    plug --protocol icmp 1 tcp 17
    expect 0 "icmp 1" "icmp 1" "tcp 6" "udp 17"
    plug --protocol nosuch 99999
    [ "$status" -eq 1 ]
    plug --protocol 99999999999999999999
    [ "$status" -eq 2 ]
}

@test "lookup --constants" {
    plug --constants SHUT_
    expect 0 "SHUT_RD 0" "SHUT_WR 1" "SHUT_RDWR 2"
    plug --constants IPPROTO_
    [ "$status" -eq 0 ]
    [[ "$output" = *"IPPROTO_SCTP 132"* ]]
    plug --constants NOSUCH_
    expect 1 ""
}

# --- what libc says --------------------------------------------------------------------------------

@test "lookup --tuples is Python's getaddrinfo" {
    plug --tuples localhost 80
    [ "$status" -eq 0 ]
    [ "$output" = "$(python3 -c '
import socket
for f, t, p, c, a in socket.getaddrinfo("localhost", 80):
    host = "[%s]" % a[0] if ":" in a[0] else a[0]
    proto = {0: "IPPROTO_IP", 6: "IPPROTO_TCP", 17: "IPPROTO_UDP"}.get(p, p)
    print(f.name, t.name, proto, c or "-", "%s:%d" % (host, a[1]))')" ]
    plug --tuples -4 --socktype stream --flags AI_CANONNAME 127.0.0.1 22
    expect 0 "AF_INET SOCK_STREAM IPPROTO_TCP 127.0.0.1 127.0.0.1:22"
    plug --tuples --socktype stream --flags AI_PASSIVE -4 "" 22
    expect 0 "AF_INET SOCK_STREAM IPPROTO_TCP - 0.0.0.0:22"
    plug --tuples 127.0.0.1 65536
    [ "$status" -eq 2 ]
    plug --tuples 127.0.0.1 80 90
    [ "$status" -eq 2 ]
}

@test "lookup --fqdn is Python's getfqdn" {
    plug --fqdn
    expect 0 "$(python3 -c 'import socket; print(socket.getfqdn())')"
    plug --fqdn localhost
    expect 0 "localhost $(python3 -c 'import socket; print(socket.getfqdn("localhost"))')"
}

@test "lookup --aliases" {
    plug --aliases localhost
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = " Hostname: localhost" ]
    [[ "${lines[2]}" = "Addresses: 127."* ]]
    plug --aliases --json localhost
    [ "$(field host name)" = '"localhost"' ]
}

# --- events -----------------------------------------------------------------------------------------

@test "lookup --json" {
    plug --json "$AT" a.test 192.0.2.2 nx.test
    [ "$status" -eq 1 ]
    [ "$(field address name)" = '"a.test"' ]
    [ "$(field address address)" = '"192.0.2.1"' ]
    [ "$(field address family)" = '"AF_INET"' ]
    [ "$(field address ttl_s)" = 300 ]
    [ "$(field reverse address)" = '"192.0.2.2"' ]
    [ "$(field reverse confirmed)" = false ]
    [ "$(field reverse outcome)" = '"mismatch"' ]
    [ "$(field error code)" = '"PLUG_EDNS_NXDOMAIN"' ]
    [ "$(field summary yes)" = 1 ]
    [ "$(field summary no)" = 2 ]
    [ "$(field summary exit)" = 1 ]
    plug --json "$AT" -t SRV srv.test
    [ "$(field record data)" = '"1 2 80 host.test"' ]
    plug --json --service http
    [ "$(field service port)" = 80 ]
}

# --- bad input --------------------------------------------------------------------------------------

@test "lookup: usage mistakes" {
    for bad in "" "--fqdn --tuples x" "-x localhost" "-t nosuch x" "--via dns --fqdn" "--via nosuch x" \
        "--timeout -1 x" "--flags AF_INET --tuples x" "@127.0.0.1:99999 x" "@ x" "--nosuch x" "@127.0.0.1"; do
        # shellcheck disable=SC2086
        plug $bad
        [ "$status" -eq 2 ] && [ -z "$output" ] && [ -n "$stderr" ] || { echo "$bad: $status"; return 1; }
    done
    plug ""
    [ "$status" -eq 2 ]
    plug $'\xff\x1b[31m'
    [ "$status" -ne 0 ]
    [[ "$stderr" != *$'\x1b'* ]]
    plug "$(printf 'a%.0s' {1..300})"
    [ "$status" -eq 2 ]
}

@test "lookup: a full or closed standard output is told" {
    run --separate-stderr bash -c '"$PLUG" lookup 127.1 >/dev/full'
    [ "$status" -eq 2 ]
    [[ "$stderr" = *"no space left"* ]]
    run --separate-stderr bash -c '"$PLUG" lookup 127.1 >&-'
    [ "$status" -eq 2 ]
    run --separate-stderr bash -c '"$PLUG" lookup 127.1 <&- 2>&-'
    [ "$status" -eq 0 ]
}

@test "lookup: SIGINT ends it with 130" {
    # an interactive shell's child: a background job of this one would ignore the signal
    run python3 - "$PLUG" "$AT" <<'PY'
import signal, subprocess, sys, time
p = subprocess.Popen([sys.argv[1], "lookup", sys.argv[2], "-w", "20", "silent.test"],
                     preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
time.sleep(0.5)
p.send_signal(signal.SIGINT)
sys.exit(p.wait(10))
PY
    [ "$status" -eq 130 ]
}

# --- the system's resolver against a server of our own ---------------------------------------------

# Runs plug lookup where resolv.conf leads to the fake server on 127.0.0.53, in namespaces of its own.
isolated() {
    run --separate-stderr timeout 30 unshare $AS_ROOT -n -m bash -c '
        set -e
        rm -f "$DNS_DIR/port53"
        python3 -c "
import fcntl, socket, struct
s = socket.socket()
fcntl.ioctl(s, 0x8914, struct.pack(\"16sh22x\", b\"lo\", 0x1 | 0x40))"
        printf "nameserver 127.0.0.53\noptions timeout:1 attempts:1\n" >"$DNS_DIR/resolv.conf"
        printf "127.0.0.1 localhost\n" >"$DNS_DIR/hosts"
        mount --bind "$DNS_DIR/resolv.conf" /etc/resolv.conf
        mount --bind "$DNS_DIR/hosts" /etc/hosts
        exec 8> >(exec "$(dirname "$PLUG")/programs/fake_dns" 127.0.0.53 53 >"$DNS_DIR/port53")
        for _ in $(seq 50); do [ -s "$DNS_DIR/port53" ] && break; sleep 0.1; done
        "$PLUG" lookup "$@"' plug "$@"
}

AS_ROOT=-r # a user namespace, where this is not root already
[ "$(id -u)" != 0 ] || AS_ROOT=

needs_namespaces() {
    unshare $AS_ROOT -n -m true 2>/dev/null || skip "no namespaces here"
}

@test "lookup: the system's resolver, answers" {
    needs_namespaces
    isolated a.test 192.0.2.1 192.0.2.2
    expect 1 "a.test 192.0.2.1" "a.test 2001:db8::1" "192.0.2.1 a.test confirmed" \
        "192.0.2.2 a.test not confirmed: leads to other addresses" ||
        expect 1 "a.test 2001:db8::1" "a.test 192.0.2.1" "192.0.2.1 a.test confirmed" \
            "192.0.2.2 a.test not confirmed: leads to other addresses"
    isolated --confirm 192.0.2.1 192.0.2.3 192.0.2.4
    expect 1 "Validated hostname: a.test" \
        "Got hostname nx.test, but it could not be forward-resolved: name or service not known" \
        "No host names available for 192.0.2.4; this may be normal."
}

@test "lookup: the system's resolver, hostile names" {
    needs_namespaces
    isolated 192.0.3.0 192.0.3.1 192.0.3.3 192.0.3.6
    [[ "$output$stderr" != *$'\x1b'* ]]
    [ "$status" -ne 0 ]
}

@test "lookup: the system's resolver, a server that fails or is silent" {
    needs_namespaces
    isolated -w 300ms silent.test
    expect 2 ""
    [[ "$stderr" = *"timed out"* ]]
    isolated nx.test
    expect 1 ""
    isolated servfail.test
    expect 2 ""
}

@test "lookup --via dns asks the server of resolv.conf" {
    needs_namespaces
    isolated --via dns a.test -4
    expect 0 "a.test 192.0.2.1"
}
