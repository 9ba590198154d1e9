#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plug unpack

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

refuses() { # MESSAGE ARG...
    local wanted=$1
    shift
    plug unpack "$@"
    [ "$status" -eq 2 ] || { echo "status $status: $output / $stderr"; return 1; }
    [[ "$stderr" == *"$wanted"* ]] || { echo "$stderr"; return 1; }
}

@test "unpack: the example of the tutorial, and its one warning" {
    plug unpack I3sf 0100000061626300cdcc2c40
    expect 0 1 abc 2.700000047683716
    [ "$(grep -c . <<<"$stderr")" -eq 1 ]
    [[ "$stderr" == *"1 byte of padding"* ]]
    plug unpack --json @I3sf 0100000061626300cdcc2c40
    expect 0 '{"type":"values","values":[1,{"hex":"616263"},2.700000047683716]}'
    [ -z "$stderr" ]
}

@test "unpack: every code" {
    plug unpack '>cbB?hHiIqQ' 61ff80017fff8000fffffffeffffffff7fffffffffffffffffffffffffffffff
    expect 0 a -1 128 true 32767 32768 -2 4294967295 9223372036854775807 18446744073709551615
    plug unpack '>efd3s3p' 3c00bf8000004005999999999999616263024142
    expect 0 1 -1 2.6999999999999997 abc AB
    plug unpack --json '>QqeP' ''
    [ "$status" -eq 2 ]
    plug unpack --json '>Qq' ffffffffffffffff8000000000000000
    expect 0 '{"type":"values","values":[18446744073709551615,-9223372036854775808]}'
}

@test "unpack: floats that are not finite" {
    plug unpack '>3f' 7f800000ff8000007fc00000
    expect 0 inf -inf nan
    plug unpack --json '>3f' 7f800000ff8000007fc00000
    expect 0 '{"type":"values","values":["Infinity","-Infinity","NaN"]}'
}

@test "unpack: bytes are shown without loss, and harmless" {
    plug unpack 3s3s4s0s 1b5b6d 616200 6865783a
    [ "$status" -eq 2 ]
    plug unpack 3s3s4s0s '1b5b6d 616200 6865783a'
    expect 0 hex:1b5b6d hex:616200 hex:6865783a ""
    plug unpack 2s c3a9
    expect 0 é
}

@test "unpack: what pack printed, in every form" {
    for how in "" --raw; do
        run --separate-stderr bash -c "\"\$PLUG\" pack $how '<I3sd' 7 'a b' 2.5 | \"\$PLUG\" unpack '<I3sd'"
        expect 0 7 "a b" 2.5
    done
    run --separate-stderr bash -c '"$PLUG" pack --base64 "<I3sd" 7 abc 2.5 | "$PLUG" unpack --base64 "<I3sd"'
    expect 0 7 abc 2.5
    run --separate-stderr bash -c '"$PLUG" pack "<HH" 1 2 | "$PLUG" unpack --hex --repeat "<H"'
    expect 0 1 2
    run --separate-stderr bash -c 'printf "\001\002" | "$PLUG" unpack "<H"'
    expect 0 513
    plug unpack --base64 '<H' AQI=
    expect 0 513
    plug unpack '<4B' '00:1B:21:ff'
    expect 0 0 27 33 255
    run --separate-stderr bash -c 'head -c 3000 /dev/zero | od -An -v -tx1 | "$PLUG" unpack 3000x'
    expect 0 ""
}

@test "unpack: values go back into pack" {
    mapfile -t values < <("$PLUG" unpack '<c?hQe5s3p' 41010080ffffffffffffffff007c6100ff6263026869)
    plug pack '<c?hQe5s3p' "${values[@]}"
    expect 0 41010080ffffffffffffffff007c6100ff6263026869
}

@test "unpack: names" {
    plug unpack --names type,code,sum '!BBH' 0800f7ff
    expect 0 "type 8" "code 0" "sum 63487"
    plug unpack --json --names type,code,sum '!BBH' 0800f7ff
    expect 0 '{"type":"values","values":{"type":8,"code":0,"sum":63487}}'
    refuses "3 names for 2 items" --names a,b,c '!BB' 0102
    refuses "there twice" --names a,a '!BB' 0102
    refuses "is not a name" --names a, '!BB' 0102
    refuses "is not a name" --names 'a,$(x)' '!BB' 0102
}

@test "unpack: one record after the other" {
    plug unpack --repeat '>H' 000100020003
    expect 0 1 2 3
    plug unpack --repeat --json '>BH' 010002030004
    expect 0 '{"type":"values","values":[1,2]}' '{"type":"values","values":[3,4]}'
    plug unpack --repeat '>H' ''
    expect 0 ""
    refuses "needs a multiple of 2 bytes (got 3)" --repeat '>H' 000102
    [ -z "$output" ]
    refuses "cannot iteratively unpack with a struct of length 0" --repeat '' ''
    run --separate-stderr bash -c 'printf "\001\002\003" | "$PLUG" unpack --repeat "<H"'
    expect 2 513
    [[ "$stderr" == *"multiple of 2 bytes (got 3)"* ]]
    [ "$(head -c 100000 /dev/zero | timeout 20 "$PLUG" unpack --repeat '<I' | sort | uniq -c | tr -d ' \n')" = 250000 ]
}

@test "unpack: records of a stream are printed as they come" {
    local fifo=$BATS_TEST_TMPDIR/fifo
    mkfifo "$fifo"
    timeout 20 "$PLUG" unpack --repeat '>H' <"$fifo" >"$BATS_TEST_TMPDIR/out" 3>&- &
    local pid=$!
    exec 7>"$fifo"
    printf '\000\001\000' >&7
    for _ in {1..100}; do [ -s "$BATS_TEST_TMPDIR/out" ] && break; sleep 0.05; done
    [ "$(cat "$BATS_TEST_TMPDIR/out")" = 1 ]
    printf '\002' >&7
    exec 7>&-
    wait "$pid"
    [ "$(cat "$BATS_TEST_TMPDIR/out")" = "$(printf '1\n2')" ]
}

@test "unpack: interrupted while it waits" {
    local fifo=$BATS_TEST_TMPDIR/fifo
    mkfifo "$fifo"
    timeout --preserve-status -s INT 0.5 "$PLUG" unpack '>H' <"$fifo" 3>&- &
    local pid=$! status=0
    exec 7>"$fifo"
    wait "$pid" || status=$?
    exec 7>&-
    [ "$status" -eq 130 ]
}

@test "unpack: wrong sizes" {
    refuses "requires a buffer of 2 bytes (got 1)" '<H' 01
    refuses "requires a buffer of 1 byte (got 2)" B 0102
    refuses "requires a buffer of 2 bytes (got 0)" '<H' ''
    run bash -c '"$PLUG" unpack "<H" </dev/null'
    [ "$status" -eq 2 ]
    run bash -c '"$PLUG" unpack "<H" </dev/zero'
    [ "$status" -eq 2 ]
    [[ "$output" == *"got at least"* ]]
    run bash -c '"$PLUG" unpack "<H" <&-'
    [ "$status" -eq 2 ]
}

@test "unpack: what is no hexadecimal" {
    refuses "the mistake is at character 2" '<H' 0g01
    refuses "ends too early" '<H' 010
    refuses "not valid base64" --base64 '<H' '!'
    run bash -c 'printf xyz | "$PLUG" unpack --hex "<H"'
    [ "$status" -eq 2 ]
}

@test "unpack: bad formats and options" {
    refuses "bad char 'z'" z 00
    refuses "limit" 1000000000000s 00
    refuses "limit" 99999999B 00
    refuses "exclude" --hex --base64 H 00
    refuses "reads no bytes" --c H 0000
    refuses "--c goes with" --c --json H
    plug unpack
    [ "$status" -eq 2 ]
    plug unpack H 00 00
    [ "$status" -eq 2 ]
}

@test "unpack: --explain" {
    plug unpack --explain --names a,b,c @I3sf 0100000061626300cdcc2c40
    expect 0 "offset  size padding  type               name         value" \
        "     0     4       0  unsigned int       a            1" \
        "     4     3       0  char[3]            b            abc" \
        "     8     4       1  float              c            2.700000047683716" \
        "    12     -       0  end"
}

# The compiler says the same size, and the same offset of each member, as the comments.
compiles() { # FORMAT [NAMES]
    local dir=$BATS_TEST_TMPDIR
    "$PLUG" unpack -q --c ${2:+--names "$2"} "$1" >"$dir/record.h" || return 1
    {
        echo '#include <stddef.h>'
        echo '#include "record.h"'
        sed -nE 's/^.*[ *]([a-z_][a-z_0-9]*)(\[[0-9]+\])?; \/\* offset ([0-9]+).*$/_Static_assert(offsetof(struct record, \1) == \3, "");/p' \
            "$dir/record.h"
        echo "_Static_assert(sizeof(struct record) == $("$PLUG" pack -q --size "$1"), \"\");"
    } >"$dir/record.c"
    gcc -std=gnu11 -Wall -Werror -c "$dir/record.c" -o "$dir/record.o" || { cat "$dir/record.h"; return 1; }
}

@test "unpack: --c compiles to the same layout" {
    command -v gcc >/dev/null || skip "gcc is not installed"
    plug unpack -q --c --names a,b,c I3sf
    [[ "$output" == *"unsigned int a; /* offset 0 */"*"char b[3]; /* offset 4 */"*"float c; /* offset 8 */"* ]]
    [[ "$output" != *packed* ]]
    for format in I3sf llh0l llh cbB?hHiIlLqQnNefdP 3s5pB0q 'B3xH' 'B7xq2x' 'Ib' 'x' '4x' '' '0s4H' 'b10Hd' \
        '<BHIq' '>b?eefd3s2x' '=cbB?hHiIlLqQefd10p' '!HHIIBBHHH' '2B x3sH2x' 'Hx0q' 'xxH' 'B0qx' '!0sB'; do
        compiles "$format"
    done
    compiles '!BBHHh' type,code,sum,id,seq
    compiles 4Hd a,b,c,d,e
    refuses "cannot be the name of a member" --c --names int H
    "$PLUG" unpack --c --names a,b '!BH' >"$BATS_TEST_TMPDIR/unpack.h"
    "$PLUG" pack --c --names a,b '!BH' >"$BATS_TEST_TMPDIR/pack.h"
    cmp "$BATS_TEST_TMPDIR/unpack.h" "$BATS_TEST_TMPDIR/pack.h"
}
