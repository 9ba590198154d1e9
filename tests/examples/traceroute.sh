# SPDX-License-Identifier: MIT
# This machine is one hop away from itself; a name is no address.
[ "$("$1" 127.0.0.1 | sed -E 's/[0-9.]+ ms/N ms/')" = " 1  127.0.0.1  N ms
reached" ]
! "$1" localhost >/dev/null 2>&1
