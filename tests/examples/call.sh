# SPDX-License-Identifier: MIT
file=$(mktemp)
trap 'rm -f "$file"' EXIT
printf 'one\ntwo\nthree\n' >"$file"
got=$("$1" "$file")
[ "$got" = "the other fiber: went on meanwhile
$file: 3 lines: success" ]
got=$("$1" /nonexistent/file) && exit 1
[ "$got" = "the other fiber: went on meanwhile
/nonexistent/file: 0 lines: no such file or directory" ]
