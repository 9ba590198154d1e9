# SPDX-License-Identifier: MIT
# The tutorial's addresses packed; a mistake is told, and the rest still shown.
[ "$("$1" 192.168.1.1 2002:ac10:10a:1234:21e:52ff:fe74:40e | grep Packed)" = "Packed  : c0a80101
Packed  : 2002ac10010a1234021e52fffe74040e" ]
"$1" ::ffff:127.0.0.1 | grep -qx 'Class   : mapped, inside it loopback'
! "$1" 127.1 ::1 >/dev/null 2>&1
"$1" 127.1 ::1 2>/dev/null | grep -q loopback
