# SPDX-License-Identifier: MIT
[ "$("$1" "$0")" = "$(cat "$0")" ]
