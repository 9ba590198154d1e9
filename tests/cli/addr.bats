#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plug addr

bats_require_minimum_version 1.5.0

plug() {
    run --separate-stderr timeout 10 "$PLUG" "$@"
}

expect() { # STATUS [LINE...]
    local status_wanted=$1 wanted
    shift
    wanted=$(printf '%s\n' "$@")
    [ "$status" -eq "$status_wanted" ] || { echo "status $status: $output / $stderr"; return 1; }
    [ "$output" = "$wanted" ] || { diff <(echo "$wanted") <(echo "$output"); return 1; }
}

timeless() { # events without the fields that change
    sed -E 's/"ts":"[^"]*",//; s/"v":1,//'
}

@test "addr: text, family, packed bytes, class" {
    plug addr 192.168.1.1 127.0.0.1 8.8.8.8:53 2001:DB8:0:0::1 '[::1]:80' ::FFFF:1.2.3.4 fe80::1%77
    expect 0 \
        "192.168.1.1 AF_INET c0a80101 private" \
        "127.0.0.1 AF_INET 7f000001 loopback" \
        "8.8.8.8:53 AF_INET 08080808 global" \
        "2001:db8::1 AF_INET6 20010db8000000000000000000000001 documentation" \
        "[::1]:80 AF_INET6 00000000000000000000000000000001 loopback" \
        "::ffff:1.2.3.4 AF_INET6 00000000000000000000ffff01020304 mapped" \
        "fe80::1%77 AF_INET6 fe800000000000000000000000000001 link-local"
    [ -z "$stderr" ]
}

@test "addr: the packing of the tutorial, both ways" {
    plug addr 2002:ac10:10a:1234:21e:52ff:fe74:40e
    expect 0 "2002:ac10:10a:1234:21e:52ff:fe74:40e AF_INET6 2002ac10010a1234021e52fffe74040e tunnel"
    plug addr --unpack c0a80101 7F000001 2002ac10010a1234021e52fffe74040e
    expect 0 192.168.1.1 127.0.0.1 2002:ac10:10a:1234:21e:52ff:fe74:40e
}

@test "addr: -v tells the block of the registry" {
    plug addr -v 100.64.0.1
    expect 0 "100.64.0.1 AF_INET 64400001 shared 100.64.0.0/10 (shared address space, RFC 6598)"
}

@test "addr: invalid text is said to be so, the others are still printed" {
    plug addr 127.1 10.0.0.1 010.0.0.1 example.com
    expect 2 "10.0.0.1 AF_INET 0a000001 private"
    [ "$stderr" = "plug addr: parse 127.1: not a valid address
  hint: inet_aton(3) would read it as 127.0.0.1; --lenient does so
plug addr: parse 010.0.0.1: not a valid address
  hint: inet_aton(3) would read it as 8.0.0.1; --lenient does so
plug addr: parse example.com: not a valid address
  hint: if it is a name, 'plug lookup NAME' finds its addresses" ]
}

@test "addr: each mistake has its words" {
    check() { # TEXT WORDS
        plug addr -- "$1"
        [ "$status" -eq 2 ] && [ -z "$output" ] && [[ $stderr == *"$2"* ]] ||
            { echo "$1: $status '$output' '$stderr'"; return 1; }
    }
    check "" "the text is empty"
    check 1.2.3.256 "0 to 255"
    check 1.2.3.4:65536 "port is not a number from 0 to 65535"
    check 1.2.3.4: "port is not a number"
    check '[::1' "the bracket is not closed"
    check ::1::2 '"::" once'
    check 12345:: "1 to 4 hexadecimal digits"
    check fe80::1%nosuchif0 "no such interface"
    check 2001:db8::1%lo "link-local"
    check -1 "not a valid address"
    check $'\e[31m1.2.3.4' '\e[31m1.2.3.4'
    check $'\xff\xfe' '\xff\xfe'
    check "$(printf '%05000d' 7)" "00...: not a valid address"
}

@test "addr: --lenient is inet_aton" {
    plug addr --lenient 127.1 0x7f.1 010.0.0.1 2130706433
    expect 0 \
        "127.0.0.1 AF_INET 7f000001 loopback" \
        "127.0.0.1 AF_INET 7f000001 loopback" \
        "8.0.0.1 AF_INET 08000001 global" \
        "127.0.0.1 AF_INET 7f000001 loopback"
    plug addr --lenient ::1
    expect 2 ""
    [[ $stderr == *"not even inet_aton(3)"* ]]
}

@test "addr: --unpack takes 4 or 16 bytes" {
    for hex in "" c0 c0a801 c0a8010101 "$(printf 'f%.0s' {1..30})" "$(printf 'f%.0s' {1..34})"; do
        plug addr --unpack "$hex"
        expect 2 ""
        [[ $stderr == *"4 or 16 bytes"* ]]
    done
    plug addr --unpack c0a80
    expect 2 ""
    [[ $stderr == *"half a byte"* ]]
    plug addr --unpack c0a8zz01
    expect 2 ""
    [[ $stderr == *"digit 5 of 8"* ]]
}

@test "addr: --json" {
    plug addr --json '[fe80::1%77]:53' nonsense
    [ "$status" -eq 2 ]
    [ "$(timeless <<<"${lines[0]}")" = '{"type":"address","input":"[fe80::1%77]:53","text":"[fe80::1%77]:53","family":"AF_INET6","packed":"fe800000000000000000000000000001","class":"link-local","global":false,"block":"fe80::/10","block_name":"link-local unicast","rfc":"RFC 4291","port":53,"scope":77}' ]
    [[ "${lines[1]}" == *'"code":"PLUG_EADDR",'* ]]
    [ "$(timeless <<<"${lines[2]}")" = '{"type":"summary","end_reason":"done","addresses":1,"errors":1,"exit":2}' ]
    [ "${#lines[@]}" -eq 3 ]
}

@test "addr: usage" {
    plug addr
    expect 2 ""
    [[ $stderr == *"--help"* ]]
    plug addr --unpack --lenient 1
    expect 2 ""
    [[ $stderr == *"exclude each other"* ]]
    plug addr --nonsense 1.2.3.4
    expect 2 ""
}

@test "addr: closed and full outputs" {
    run bash -c '"$PLUG" addr 1.2.3.4 </dev/null >&- 2>/dev/null'
    [ "$status" -eq 2 ]
    run bash -c '"$PLUG" addr 1.2.3.4 <&- 2>&-'
    expect 0 "1.2.3.4 AF_INET 01020304 global"
    [ -c /dev/full ] || skip "no /dev/full"
    run bash -c '"$PLUG" addr 1.2.3.4 2>&1 >/dev/full'
    [ "$status" -eq 2 ]
    [[ $output == *"No space left"* || $output == *"no space left"* ]]
}

@test "addr: the examples of the help run" {
    while read -r line; do
        run bash -c "\"\$PLUG\" ${line#plug }"
        [ "$status" -eq 0 ] || { echo "$line: $output"; return 1; }
    done < <("$PLUG" addr --help | sed -n 's/^  \(plug addr .*\)/\1/p')
}
