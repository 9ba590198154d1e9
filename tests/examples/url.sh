# SPDX-License-Identifier: MIT
# The eighteen lines of the tutorial; mistakes are told.
[ "$("$1")" = "  http : 80
 https : 443
   ftp : 21
gopher : 70
  smtp : 25
  imap : 143
 imaps : 993
  pop3 : 110
 pop3s : 995
    80 : http://example.com/
   443 : https://example.com/
    21 : ftp://example.com/
    70 : gopher://example.com/
    25 : smtp://example.com/
   143 : imap://example.com/
   993 : imaps://example.com/
   110 : pop3://example.com/
   995 : pop3s://example.com/" ]
! "$1" http://127.1/ mailto:a@b 2>/dev/null
"$1" http://127.1/ 2>&1 | grep -q 'not a valid URL (byte 8)'
