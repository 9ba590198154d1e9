# SPDX-License-Identifier: MIT
# Twice, because the path is gone in between.
dir=$(mktemp -d)
trap 'rmdir "$dir"' EXIT
for _ in 1 2; do
    [ "$("$1" "$dir/s")" = "a message of 3 bytes: one
a message of 3 bytes: two
sent by a process this machine vouches for" ]
done
