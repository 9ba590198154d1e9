# SPDX-License-Identifier: MIT
# The default SYN, a wrong checksum told as such, and a mistake in the text (1).
"$1" | grep -qx 'ip(dst=192.0.2.1)/tcp(options=\[mss=1460\])'
"$1" 'ip/udp(checksum=0xdead)/"hi"' | grep -q 'checksum: 0xdead (wrong, should be '
rc=0; err=$("$1" 'ip(tll=3)' 2>&1) || rc=$?; [ $rc = 1 ] && [[ $err == *"column 4: ip has no field 'tll'; did you mean 'ttl'?" ]]
