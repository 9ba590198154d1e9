# SPDX-License-Identifier: MIT
# Every message comes out as it went in, the empty one too; one above the maximum is refused.
[ "$("$1" ls "" "cat x" | grep message | tr -d ' \n')" = 'message:"ls"message:""message:"catx"' ]
! "$1" "$(head -c 65537 /dev/zero | tr '\0' x)"
