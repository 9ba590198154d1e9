# SPDX-License-Identifier: MIT
[ "$("$1")" = "5 bytes from this machine: short
8 bytes, the rest is lost, from this machine: longer t
and from nobody: connection refused" ]
