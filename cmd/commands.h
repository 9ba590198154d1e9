/* SPDX-License-Identifier: MIT */
/*
 * The one table of sub-commands, in the order help shows them. X(NAME): cmd/cmd_NAME.c defines
 * const struct cmd_info cmd_NAME.
 */
X(connect)
X(listen)
X(trace)
X(lookup)
X(addr)
X(url)
X(pack)
X(unpack)
X(packet)
X(doctor)
X(ping)
X(echo)
X(bench)
X(demo)
X(completions)
X(version)
X(help)
