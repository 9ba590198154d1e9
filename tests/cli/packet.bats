#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plug packet: shown, sent, decoded.

load frame

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# Runs plug in a network namespace of its own, where it may send; skips where there is none.
alone() {
    unshare -rn true 2>/dev/null || skip "no network namespaces"
    run --separate-stderr timeout 20 unshare -rn bash -c 'ip link set lo up && exec "$@"' - "$PLUG" packet "$@"
}

# Addresses of random values, so that a text can be compared.
without_chance() {
    sed -E 's/(id|seq|ack) [0-9]+/\1 N/g; s/127\.0\.0\.1\.(3[2-9]|[4-6][0-9])[0-9]{3}/127.0.0.1.P/g; s/in [0-9.]+ ms/in T ms/'
}

@test "packet: fields, drawing, bytes" {
    plug packet 'udp(len=7,checksum=0xdead)/"hi"'
    expect 0 'udp/data, length 10 [malformed: UDP length 7 is less than 8]

udp: UDP (RFC 768), offset 0, 8 bytes
  0       sport        54321
  2       dport        53
  4       len          7 (wrong, should be 10)
  6       checksum     0xdead (cannot be checked)
data: offset 8, 2 bytes
  8       data         "hi"
malformed at byte 4: UDP length 7 is less than 8

udp
 0                   1                   2                   3
 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|      Source Port: 54321       |     Destination Port: 53      |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|           Length: 7           |       Checksum: 0xdead        |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

data
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|         2 bytes: "hi"         |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

0000  d4 31 00 35 00 07 de ad  68 69                    |.1.5....hi|' ""
}

@test "packet: --json is exactly one object" {
    plug packet --json 'ip(dst=192.0.2.1,ttl=3)/tcp(dport=80,flags=S,options=[mss=1460])/"hi"'
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    python3 -c '
import json, sys
p = json.loads(sys.argv[1])
assert list(p) == ["type", "hex", "layers"], list(p)
assert [l["name"] for l in p["layers"]] == ["ip", "tcp", "data"]
assert [(l["offset"], l["length"]) for l in p["layers"]] == [(0, 20), (20, 24), (44, 2)]
f = {f["name"]: f for f in p["layers"][1]["fields"]}
assert f["dport"]["value"] == 80 and f["dport"]["offset"] == 22
assert f["checksum"]["verdict"] == "correct" and f["mss"]["text"] == "mss=1460"
assert len(p["hex"]) == 2 * 46
' "$output"
}

@test "packet: mistakes are shown where they are" {
    plug packet 'ip(dst=192.0.2.1,tll=3)/tcp'
    expect 2 "" "plug packet: build ip(dst=192.0.2.1,tll=3)/tcp: not a valid description of a packet
  hint: column 18: ip has no field 'tll'; did you mean 'ttl'?
  ip(dst=192.0.2.1,tll=3)/tcp
                   ^"
    plug packet ''
    expect 2 "" "plug packet: build '': not a valid description of a packet
  hint: column 1: a protocol such as ip, or payload, is wanted"
    plug packet $'ip(\e[31m)'
    [ "$status" -eq 2 ]
    [[ $stderr != *$'\e'* ]]
    plug packet "$(printf 'ip/%.0s' $(seq 33))ip"
    [ "$status" -eq 2 ]
    [[ $stderr == *'more than 32 layers'* ]]
}

@test "packet: options that do not go together" {
    for words in "ip --wait" "ip --count 2" "ip --iface lo" "ip --yes" "ip --filter tcp" "ip --hex 00" "ip tcp" "" \
        "decode" "decode a --hex 00" "decode a --send" "decode --hex 00 --iface lo" "ip --rate 0" "ip --rate 1001" \
        "ip --count 0" "ip --send --wait=-1" "decode --hex 00 --from ipx"; do
        plug packet $words
        [ "$status" -eq 2 ] && [ -z "$output" ] && [[ $stderr == *"try 'plug packet --help'" ]] ||
            { echo "$words: $status $stderr"; return 1; }
    done
}

@test "packet: destinations beyond private networks need --yes" {
    for spec in 'ip(dst=192.0.2.1)/udp' 'ip(dst=8.8.8.8)/udp' 'ip6(dst=2001:db8::1)/udp' 'ip(dst=224.0.0.1)/udp' \
        'ip(dst=255.255.255.255)/udp' 'ip6(dst=::ffff:8.8.8.8)/udp'; do
        plug packet --send "$spec"
        [ "$status" -eq 2 ] && [[ $stderr == *'neither loopback nor a private network'*'say --yes'* ]] ||
            { echo "$spec: $status $stderr"; return 1; }
    done
    plug packet --send 'ip(options=[lsrr=4:8.8.8.8])/udp'
    [ "$status" -eq 2 ]
    [[ $stderr == *'a source route can lead beyond'* ]]
    plug packet --send 'eth/vlan/ip(dst=10.0.0.1,options=[lsrr=4:8.8.8.8])/udp' --iface lo
    [ "$status" -eq 2 ]
    [[ $stderr == *'a source route can lead beyond'* ]]
    plug packet --send 'eth/ip(dst=8.8.8.8)/udp' --iface lo
    [ "$status" -eq 2 ]
    [[ $stderr == *'say --yes'* ]]
    plug packet --send 'eth/arp'
    [ "$status" -eq 2 ]
    [[ $stderr == *'needs --iface'* ]]
    plug packet --send 'tcp'
    [ "$status" -eq 2 ]
    [[ $stderr == *'begins with ip, ip6 or eth'* ]]
}

@test "packet: without permission it says what to do" {
    [ "$(id -u)" -ne 0 ] || command -v setpriv >/dev/null || skip "no setpriv"
    local as=()
    [ "$(id -u)" -ne 0 ] || as=(setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --regid=65534 --clear-groups)
    run --separate-stderr "${as[@]}" "$PLUG" packet --send ip/icmp
    [ "$status" -ne 127 ] && [ "$status" -ne 126 ] || skip "the binary is out of reach"
    expect 2 "" 'plug packet: open a raw socket: operation not permitted
  hint: run it as root, or once: sudo setcap cap_net_raw+ep $(command -v plug)'
}

@test "packet: an echo is answered and timed" {
    alone 'ip/icmp(seq=3)/"ping"' --send --wait=10s --count 2 --rate 1000
    [ "$status" -eq 0 ] && [ -z "$stderr" ] || { echo "$stderr"; return 1; }
    [ "$(without_chance <<<"$output")" = 'sent 1: IP 127.0.0.1 > 127.0.0.1: ICMP echo-request, id N, seq N, length 12
reply 1 in T ms: IP 127.0.0.1 > 127.0.0.1: ICMP echo-reply, id N, seq N, length 12
sent 2: IP 127.0.0.1 > 127.0.0.1: ICMP echo-request, id N, seq N, length 12
reply 2 in T ms: IP 127.0.0.1 > 127.0.0.1: ICMP echo-reply, id N, seq N, length 12' ]
    alone 'ip6/icmp6' --send --wait=10s --json
    [ "$status" -eq 0 ]
    check_events summary <<<"$output"
    [[ ${lines[0]} == '{"type":"sent",'* && ${lines[1]} == '{"type":"reply",'*'"rtt_ms":'* ]]
}

@test "packet: a refusal is told from a reply, and both are kept" {
    alone 'ip/udp(dport=9)/"x"' --send --wait=10s --output both.pcap
    [ "$status" -eq 0 ]
    [[ ${lines[1]} == 'refusal 1 in '*' ICMP destination-unreachable port-unreachable for 127.0.0.1.'*'.9 udp, length 37' ]]
    plug packet decode both.pcap
    [ "${#lines[@]}" -eq 2 ]
    [ "$status" -eq 0 ]
    alone 'ip(dst=127.0.0.1,proto=253)' --send --wait=50ms
    [ "$status" -eq 1 ] && [ "${lines[1]}" = "no answer to 1 within 50 ms" ] || { echo "$output"; return 1; }
}

@test "packet: it explains the RST that follows a SYN-ACK" {
    unshare -rn true 2>/dev/null || skip "no network namespaces"
    run --separate-stderr timeout 20 unshare -rn bash -c '
        ip link set lo up
        timeout 20 "$1" listen tcp://127.0.0.1:8080 --keep 2>err </dev/null &
        until grep -q listening err; do sleep 0.05; done
        "$1" packet "ip/tcp(sport=4000,dport=8080)" --send --wait=10s
        kill %1' - "$PLUG"
    [[ ${lines[1]} == 'reply 1 in '*'Flags [S.]'* ]] || { echo "$output"; return 1; }
    [[ $stderr == *'answers this SYN-ACK with a RST'*'tcp sport 4000 tcp dport 8080 tcp flags rst drop'* ]]
}

@test "packet: a frame leaves as it was built" {
    alone 'eth/ip(len=99,checksum=0xdead)/udp' --send --iface lo --output frame.pcap
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    plug packet decode frame.pcap -v
    [[ $output == *'0xdead (wrong, should be '* ]]
    alone 'ip(checksum=0xdead)/udp' --send
    [[ $stderr == *'the kernel writes checksum and total length of IPv4 itself'* ]]
}

@test "packet: files there and back, filtered, counted" {
    plug packet 'eth/ip(dst=10.0.0.1)/tcp' -o syn.pcap
    [ "$status" -eq 0 ]
    plug packet decode syn.pcap
    expect 0 '   1    0.000000  IP 127.0.0.1.54321 > 10.0.0.1.80: Flags [S], seq 0, win 8192, length 0' ""
    run --separate-stderr timeout 20 "$PLUG" packet decode - --json <syn.pcap
    check_events summary <<<"$output"
    [[ ${lines[1]} == *'"end_reason":"end","packets":1,"malformed":0,"dropped":0,"exit":0}' ]]
    plug packet decode syn.pcap --filter udp
    expect 0 "" ""
    plug packet decode syn.pcap --count 1 --json
    [[ ${lines[1]} == *'"end_reason":"count"'* ]]
    plug packet decode syn.pcap --filter 'prot tcp'
    expect 2 "" "plug packet: --filter 'prot tcp': can't parse filter expression: syntax error
try 'plug packet --help'"
}

@test "packet: privileges are gone before the first byte of a file is read" {
    grep -q 'CapEff:.*[1-9a-f]' /proc/self/status || skip "there are none to lose"
    mkfifo capture
    "$PLUG" packet decode capture >out 2>err &
    local pid=$!
    exec 7>capture # opened by both: nothing has been written yet
    wait_until grep -q 'CapEff:.0000000000000000$' "/proc/$pid/status"
    exec 7>&-
    wait "$pid" && return 1
    [[ $(<err) == *'not a capture that can be read'* ]]
}

@test "packet: pcapng is read, from a pipe as well" {
    packet=4500001c0001000040117cce7f0000017f000001d431003500082d75
    printf '%b' "$(printf %s 0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000 010000001400000065000000ffff000014000000 \
        060000003c000000000000000000000060e316001c0000001c000000${packet}3c000000 \
        060000003c0000000000000000000000f0b31a001c0000001c000000${packet}3c000000 | sed 's/../\\x&/g')" >two.pcapng
    plug packet decode two.pcapng
    line="IP 127.0.0.1.54321 > 127.0.0.1.53: UDP, length 0"
    expect 0 "   1    0.000000  $line"$'\n'"   2    0.250000  $line" ""
    run --separate-stderr timeout 20 "$PLUG" packet decode - --json <two.pcapng
    [[ ${lines[1]} == *'"time_ns":1750000000,'*"\"hex\":\"$packet\""* ]]
}

@test "packet: malformed files name the record" {
    plug packet 'ip/udp' -o udp.pcap
    head -c 60 udp.pcap >cut.pcap
    plug packet decode cut.pcap
    expect 2 "" "plug packet: read cut.pcap: not a capture that can be read
  hint: record 1: truncated dump file; tried to read 28 captured bytes, only got 20"
    plug packet decode /dev/null
    [ "$status" -eq 2 ]
    [[ $stderr == 'plug packet: read /dev/null: not a capture that can be read'* ]]
    plug packet decode none-such
    expect 2 "" "plug packet: open none-such: no such file or directory"
    plug packet decode .
    [ "$status" -eq 2 ]
}

@test "packet: bytes of strangers" {
    plug packet decode --hex '45 00 00 1d 00 01 00 00 40 11 7c cd 7f 00 00 01 7f 00 00 01 d4 31 00 35 00 09 b4 74 78'
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == 'IP 127.0.0.1.54321 > 127.0.0.1.53: UDP, length 1' ]]
    plug packet decode --hex 4500001400010000400600007f0000017f000001 --json
    [[ $output == *'"verdict":"wrong",'*'"expected":'* ]] || { echo "$output"; return 1; }
    plug packet decode --hex 4000 --from ip
    [ "$status" -eq 1 ]
    plug packet decode --hex 4g
    expect 2 "" "plug packet: decode 4g: not valid hexadecimal
  hint: the mistake is at character 2"
    plug packet decode --hex ''
    [ "$status" -eq 2 ]
}

@test "packet: full disks and closed doors" {
    run --separate-stderr bash -c '"$1" packet ip/udp >/dev/full' - "$PLUG"
    expect 2 "" "plug packet: write standard output: no space left on device"
    plug packet ip/udp -o /dev/full
    expect 2 "" "plug packet: write /dev/full: no space left on device"
    plug packet ip/udp -o /none-such/x
    expect 2 "" "plug packet: open /none-such/x: no such file or directory"
    plug packet '"only payload"' -o x.pcap
    [ "$status" -eq 2 ]
    [[ $stderr == *'begin with eth, ip or ip6'* ]]
}

@test "packet: a signal ends a capture with a summary" {
    unshare -rn true 2>/dev/null || skip "no network namespaces"
    run --separate-stderr timeout 20 unshare -rn bash -c '
        ip link set lo up
        "$1" packet decode --iface lo --json >out &
        sent=0
        until grep -q packet out || [ $sent = 200 ]; do
            "$1" packet ip/udp --send >/dev/null
            sleep 0.05
            sent=$((sent + 1))
        done
        kill -INT $!
        wait $!
        echo $?' - "$PLUG"
    [ "${lines[0]}" = 130 ] || { echo "$output $stderr"; return 1; }
    check_events summary <out
}
