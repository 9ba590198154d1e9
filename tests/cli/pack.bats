#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plug pack

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

packs() { # HEX FORMAT VALUE...
    local wanted=$1
    shift
    plug pack "$@"
    expect 0 "$wanted"
    [ -z "$stderr" ]
}

refuses() { # MESSAGE FORMAT VALUE...: exit 2, nothing on stdout, the message on stderr
    local wanted=$1
    shift
    plug pack "$@"
    [ "$status" -eq 2 ] || { echo "status $status: $output / $stderr"; return 1; }
    [ -z "$output" ]
    [[ "$stderr" == *"$wanted"* ]] || { echo "$stderr"; return 1; }
}

@test "pack: --c takes no values and stands alone" {
    refuses "--c takes no values" --c H 1
    refuses "is enough" --c --size H
}

@test "pack: the example of the tutorial, and its one warning" {
    plug pack I3sf 1 abc 2.7
    expect 0 0100000061626300cdcc2c40
    [ "$(grep -c . <<<"$stderr")" -eq 1 ]
    [[ "$stderr" == *"1 byte of padding"*"I3sf"* ]]
    packs 0100000061626300cdcc2c40 @I3sf 1 abc 2.7
    packs 01000000616263cdcc2c40 '<I3sf' 1 abc 2.7
    packs 0100000061626300 I3sx 1 abc
    packs 0100000061626300cdcc2c40 -q I3sf 1 abc 2.7
}

@test "pack: every code" {
    packs 61ff80017fff8000 '>cbB?hH' a -1 128 true 32767 0x8000
    packs fffffffeffffffff7fffffffffffffff8000000000000000 '>iIqQ' -2 4294967295 9223372036854775807 9223372036854775808
    packs ffffffff00000001 '>lL' -1 1
    packs ffffffffffffffff0100000000000000ffffffffffffffff @nNP -1 1 -1
    packs 3c003f8000003ff0000000000000 '>efd' 1 1.0 +1e0
    packs 616200024142 '>3s3p' ab AB
    packs 0000ff '>2xB' 255
    packs 00010203 '> 4B' 0 1 2 0x03
}

@test "pack: options end at the format" {
    packs fb b -5
    packs 2d2d726177 5s --raw
    packs fffffffb '>i' -5
    plug pack --help
    [ "$status" -eq 0 ]
    [ "$(grep -c '^ *plug pack ' <<<"$output")" -ge 3 ]
}

@test "pack: floats that are not finite, and halves" {
    packs 7f800000ff8000007fc00000 '>3f' inf -inf nan
    packs 7c007bff '>ee' INFINITY 65519.99
    packs 7ff0000000000000 '>d' Inf
}

@test "pack: truth" {
    packs 01000100 '????' true false 1 0
    refuses "item 1: '?' takes true, false, 1 or 0" '?' yes
    refuses "item 1: '?'" '?' ''
}

@test "pack: bytes as text and as hexadecimal" {
    packs 6162 2s hex:6162
    packs 00ff 2s hex:00FF
    packs 000000 3s hex:
    packs 6865783a 4s hex:6865783a
    packs 78 c hex:78
    packs c3a9 2s é
    refuses "hexadecimal" 2s hex:6
    refuses "hexadecimal" 2s hex:0x
    refuses "bytes object of length 1" c ab
    refuses "bytes object of length 1" c ''
}

@test "pack: raw, base64, JSON" {
    run bash -c '"$PLUG" pack --raw "<H" 0x4142'
    [ "$output" = BA ]
    plug pack --base64 '<I3s' 31 abc
    expect 0 HwAAAGFiYw==
    [ "$(timeout 10 "$PLUG" pack --base64 2000s "$(printf 'x%.0s' {1..2000})" | base64 -d | wc -c)" -eq 2000 ]
    plug pack --json '>H' 513
    [[ "$output" == '{"type":"packed",'*'"format":">H","size_bytes":2,"bytes":{"hex":"0201"}}' ]]
}

@test "pack: size" {
    for case in 'llh0l=24' '@llh0l=24' '=llh0l=10' '!BBHHh=8' '=0' '9223372036854775807s=9223372036854775807'; do
        plug pack -q --size "${case%=*}"
        expect 0 "${case##*=}"
    done
    plug pack --size H 1
    [ "$status" -eq 2 ]
    plug pack --size llh0l
    [[ "$stderr" == *"6 bytes of padding"* ]]
}

@test "pack: the value, the item and the range are named" {
    refuses "item 2: ushort format requires 0 <= number <= 65535" '!HH' 1 70000
    [[ "$stderr" == *70000* ]]
    refuses "item 1: byte format requires -128 <= number <= 127" b 128
    refuses "item 1: ubyte format requires 0 <= number <= 255" B -1
    refuses "item 1: short format requires -32768 <= number <= 32767" h -32769
    refuses "item 1: 'i' format requires -2147483648 <= number <= 2147483647" i 2147483648
    refuses "item 1: 'I' format requires 0 <= number <= 4294967295" I -1
    refuses "item 1: 'q' format requires -9223372036854775808 <= number <= 9223372036854775807" q 9223372036854775808
    refuses "item 1: 'Q' format requires 0 <= number <= 18446744073709551615" Q -1
    refuses "item 1: 'Q' format requires 0 <= number <= 18446744073709551615" Q 99999999999999999999999
    refuses "item 1: 'q' format requires" q -99999999999999999999999
    refuses "item 1: ushort format requires" H 0x10000000000000000
    refuses "item 1: float too large to pack with f format" f 1e39
    refuses "item 1: float too large to pack with f format" '!f' -1e39
    refuses "item 1: float too large to pack with e format" e 65520
    refuses "1e400" d 1e400
}

@test "pack: what is no number" {
    for bad in '' ' 1' 1.5 1e3 0x 0xg -- - + 1_000 12a 0b1 ٣; do
        refuses "item 1: 'H' takes an integer such as -5 or 0x1f" H "$bad"
    done
    for bad in '' x 1,5 0x1p3 '1 ' infin; do
        refuses "item 1: 'd' takes a number" d "$bad"
    done
}

@test "pack: number of values" {
    refuses "pack expected 2 items for packing (got 1)" HH 1
    refuses "pack expected 2 items for packing (got 3)" HH 1 2 3
    refuses "pack expected 1 item for packing (got 0)" H
    refuses "pack expected 999999999 items" 999999999B 1
    packs '' ''
}

@test "pack: bad formats say where" {
    refuses "bad char 'z' in struct format at offset 1" Hz 1
    refuses "bad char '!' in struct format at offset 1" 'H!' 1
    refuses "repeat count given without format specifier at offset 1" H5 1
    refuses "only valid in native mode" '<n' 1
    refuses "total struct size too long" 9223372036854775807H 1
    refuses "bad char '\\xc3' in struct format at offset 0" é 1
    refuses "bad char '\\x1b'" $'\e[31m' 1
    [[ "$stderr" != *$'\e'* ]]
    refuses "limit" 1000000000000s x
    plug pack
    [ "$status" -eq 2 ]
}

@test "pack: --explain" {
    plug pack --explain --names a,b,c '@I3sf' 1 abc 2.7
    expect 0 "offset  size padding  type               name         value" \
        "     0     4       0  unsigned int       a            1" \
        "     4     3       0  char[3]            b            abc" \
        "     8     4       1  float              c            2.700000047683716" \
        "    12     -       0  end"
    plug pack --explain '<I2x'
    [[ "${lines[2]}" == "     6     -       2  end" ]]
    plug pack --explain --json '<H' 5
    [ "${lines[0]}" = '{"type":"item","offset_bytes":0,"size_bytes":2,"padding_bytes":0,"code":"H","ctype":"uint16_t","name":null,"value":5}' ]
    [ "${lines[1]}" = '{"type":"record","format":"<H","size_bytes":2,"padding_bytes":0}' ]
}

@test "pack: options that exclude each other" {
    plug pack --raw --base64 H 1
    [ "$status" -eq 2 ]
    plug pack --names a H 1
    [ "$status" -eq 2 ]
    plug pack --explain --names a HH 1 2
    [ "$status" -eq 2 ]
    plug pack --explain --names a,a HH 1 2
    [[ "$stderr" == *twice* ]]
    plug pack --explain --names 'a,b c' HH 1 2
    [[ "$stderr" == *"is not a name"* ]]
}

@test "pack: closed and full output" {
    run bash -c '"$PLUG" pack H 1 >/dev/full'
    [ "$status" -eq 2 ]
    [[ "$output" == *"no space left"* ]] || [[ "$output" == *"No space left"* ]]
    run bash -c '"$PLUG" pack H 1 >&-'
    [ "$status" -eq 2 ]
    run bash -c '"$PLUG" pack H 1 <&-'
    [ "$output" = 0100 ]
    run bash -c '"$PLUG" pack I3sf 1 a 1 2>&-'
    [ "$status" -eq 0 ]
}
