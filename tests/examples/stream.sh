# SPDX-License-Identifier: MIT
[ "$("$1")" = "you said 13 bytes: good morning
you said 25 bytes: a pound of bytes, please" ]
