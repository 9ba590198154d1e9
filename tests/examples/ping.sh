# SPDX-License-Identifier: MIT
said=$("$1" 127.0.0.1 127.0.0.2 2>&1) || { [[ $said == *"not permitted"* ]] && exit 0; echo "$said"; exit 1; }
[ "$(grep -c 'answers [123] in' <<<"$said")" -eq 6 ]
[ "$(grep -c '^3 of 3$' <<<"$said")" -eq 2 ]
