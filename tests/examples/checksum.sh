# SPDX-License-Identifier: MIT
# A right header, a wrong one (1), and what is no header (2).
"$1" | grep -q "computed  0xb861"
"$1" 450000543f7440004001fd327f0000017f000001 | grep -q "still right"
rc=0; "$1" 450000543f7440004001f93b7f0000017f000001 || rc=$?; [ $rc = 1 ]
rc=0; "$1" 4500 || rc=$?; [ $rc = 2 ]
