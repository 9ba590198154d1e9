# SPDX-License-Identifier: MIT
got=$("$1")
diff - <(printf '%s\n' "$got") <<END
a result:
  nap of 10 ms: slept
  joined: 0
a deadline:
  nap of 10 ms: slept
  nap of 60000 ms: timed out
  closed: timed out
an error:
  something fails
  nap of 60000 ms: operation cancelled
  closed: protocol error
END
