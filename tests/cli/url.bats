#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plug url

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

@test "url: every part" {
    plug url 'https://user@[::1]:8443/a%20b?q=1#f' http://www.python.org mailto:John.Doe@example.com
    expect 0 \
        "scheme    https" "userinfo  user" "host      ::1" "port      8443" "path      /a%20b" \
        "query     q=1" "fragment  f" "" \
        "scheme    http" "host      www.python.org" "port      80 (default of http)" "path" "" \
        "scheme    mailto" "path      John.Doe@example.com"
    [ -z "$stderr" ]
}

@test "url: the nine default ports of the tutorial" {
    plug url --field port http://www.python.org https://www.mybank.com ftp://prep.ai.mit.edu \
        gopher://gopher.micro.umn.edu smtp://mail.example.com imap://mail.example.com \
        imaps://mail.example.com pop3://pop.example.com pop3s://pop.example.com
    expect 0 80 443 21 70 25 143 993 110 995
}

@test "url: --field" {
    url='x://u:p@h.example:99/p/q?a=b#c'
    for part in scheme=x userinfo=u:p host=h.example port=99 path=/p/q query=a=b fragment=c; do
        plug url --field "${part%%=*}" "$url"
        expect 0 "${part#*=}"
    done
    plug url -f query http://h/ http://h/?x
    [ "$output" = $'\nx' ]
    plug url --field nonsense http://h/
    expect 2 ""
}

@test "url: --base resolves references" {
    plug url --base 'http://a/b/c/d;p?q' g ../g '?y' '#s' //g g:h '' ../../../g
    expect 0 http://a/b/c/g http://a/b/g 'http://a/b/c/d;p?y' 'http://a/b/c/d;p?q#s' http://g g:h \
        'http://a/b/c/d;p?q' http://a/g
    plug url --base http://h/a --field path b
    expect 0 /b
    plug url --base nonsense b
    expect 2 ""
    plug url --base http://h/ 'a b'
    expect 2 ""
}

@test "url: what is refused, and which byte" {
    check() { # URL WORDS
        plug url -- "$1"
        [ "$status" -eq 2 ] && [ -z "$output" ] && [[ $stderr == *"$2"* ]] ||
            { echo "$1: $status '$output' '$stderr'"; return 1; }
    }
    check '' "begins with a scheme"
    check example.com "begins with a scheme"
    check //example.com "begins with a scheme"
    check -x: "begins with a scheme"
    check http:// "ends too early"
    check http://:80/ "not a valid URL"
    check 'http://h h/' "byte 9, ' ', has to be written as %"
    check 'http://h\@evil/' "byte 9, '\\\\', has to be written as %"
    check http://a@b@c/ "byte 11, '@', cannot stand there"
    check http://h/%zz "byte 10, '%', needs two hexadecimal digits"
    check http://127.1/ "byte 8, '1', begins a host"
    check http://%31%32%37.1/ "begins a host"
    check http://u@0x7f.1/ "byte 10, '0', begins a host"
    check http://h:65536/ "port is not a number from 0 to 65535"
    check http://h:80x/ "port is not a number"
    check 'http://[::1/' "not a valid URL"
    check $'http://h/\n' "byte 10, '\\n', has to be written as %"
    check $'http://h/\e[2J' 'http://h/\e[2J'
    check http://h/é "has to be written as %"
}

@test "url: good ones are printed beside bad ones" {
    plug url --field host http://a/ nonsense http://b/
    expect 2 a b
}

@test "url: long ones" {
    long=$(printf '%050000d' 7)
    plug url --field path "http://h/$long"
    [ "$status" -eq 0 ]
    [ "$output" = "/$long" ]
    plug url "http://$long/"
    [ "$status" -eq 2 ]
}

@test "url: --json" {
    plug url --json 'ws://h/?#' 'x:' 'h h'
    [ "$status" -eq 2 ]
    [ "$(timeless <<<"${lines[0]}")" = '{"type":"url","text":"ws://h/?#","scheme":"ws","userinfo":null,"host":"h","port":80,"port_is_default":true,"path":"/","query":"","fragment":""}' ]
    [ "$(timeless <<<"${lines[1]}")" = '{"type":"url","text":"x:","scheme":"x","userinfo":null,"host":null,"port":null,"port_is_default":false,"path":"","query":null,"fragment":null}' ]
    [[ "${lines[2]}" == *'"code":"PLUG_EURL",'* ]]
    [ "$(timeless <<<"${lines[3]}")" = '{"type":"summary","end_reason":"done","urls":2,"errors":1,"exit":2}' ]
    [ "${#lines[@]}" -eq 4 ]
}

@test "url: usage, closed and full outputs" {
    plug url
    expect 2 ""
    run bash -c '"$PLUG" url http://h/ >&- 2>/dev/null'
    [ "$status" -eq 2 ]
    [ -c /dev/full ] || skip "no /dev/full"
    run bash -c '"$PLUG" url http://h/ 2>&1 >/dev/full'
    [ "$status" -eq 2 ]
}

@test "url: the examples of the help run" {
    while read -r line; do
        run bash -c "\"\$PLUG\" ${line#plug }"
        [ "$status" -eq 0 ] || { echo "$line: $output"; return 1; }
    done < <("$PLUG" url --help | sed -n 's/^  \(plug url .*\)/\1/p')
}
