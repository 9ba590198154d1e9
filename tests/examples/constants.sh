# SPDX-License-Identifier: MIT
# Protocols with the names of their constants, also the one that has none in old tables.
out=$("$1")
grep -qx ' tcp ->   6 (IPPROTO_TCP)' <<<"$out"
grep -qx 'sctp -> 132 (IPPROTO_SCTP)' <<<"$out"
grep -q '^[0-9]* lo mtu [0-9]* .*IFF_LOOPBACK' <<<"$out"
[ "$("$1" SHUT_)" = "SHUT_RD                  0
SHUT_WR                  1
SHUT_RDWR                2" ]
