# SPDX-License-Identifier: MIT
# Five ticks by itself; a signal ends it earlier.
[ "$("$1" | tail -1)" = "tick 5" ]
coproc "$1"
read -r first <&"${COPROC[0]}"
[ "$first" = "tick 1" ]
kill -INT "$COPROC_PID"
grep -q "signal 2" <&"${COPROC[0]}"
