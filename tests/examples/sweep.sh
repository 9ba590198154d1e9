# SPDX-License-Identifier: MIT
said=$("$1" 127.0.0.1-5 2>&1) || { [[ $said == *"not permitted"* || $said == *"ermission denied"* ]] && exit 0; echo "$said"; exit 1; }
[ "$(grep -c '^127\.0\.0\.[1-5] answers in ' <<<"$said")" -eq 5 ]
[ "$(tail -n 1 <<<"$said")" = "5 of 5" ]
