# SPDX-License-Identifier: MIT
"$1" | head -n 2 >"${TMPDIR:-/tmp}/timeouts.$$"
trap 'rm -f "${TMPDIR:-/tmp}/timeouts.$$"' EXIT
diff - "${TMPDIR:-/tmp}/timeouts.$$" <<END
Default socket timeout: None
Current socket timeout: 100.0
END
"$1" | grep -q '^no wait: *resource temporarily unavailable after about 0 ms$'
"$1" | grep -q '^still in it: timed out after about 0 ms$'
