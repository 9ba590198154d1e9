# SPDX-License-Identifier: MIT
# What scapy builds from the same fields; other addresses; and what is none (2).
[ "$("$1")" = 450000301c4600004006724bc0000201c63364029c40005001020304000000007002faf0fb600000020405b401010402 ]
"$1" 127.0.0.1 127.0.0.2 | grep -q "^450000301c460000.*7f0000017f000002"
rc=0; "$1" ::1 || rc=$?; [ $rc = 2 ]
