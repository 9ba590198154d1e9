/* SPDX-License-Identifier: MIT */
/* plug packet decode: bytes, files and interfaces. */
#include "packet.h"
#include <stdio.h>
#include <string.h>

static int decode_hex(struct cmd *c, const char *text)
{
    const struct packet_opts *o = c->opts;
    static uint8_t bytes[PLUG_PACKET_MAX];
    struct plug_packet p;
    struct plug_json j;
    size_t where = 0;
    char hint[64];
    ssize_t n = plug_hex_decode(text, strlen(text), PLUG_HEX_SPACE | PLUG_HEX_COLON, bytes,
                                sizeof bytes, &where);
    if (n == -ENOSPC)
        return cmd_fail(c, PLUG_ELIMIT, "decode", "more than 65575 bytes", NULL);
    snprintf(hint, sizeof hint, "the mistake is at character %zu", where + 1);
    if (n < 0)
        return cmd_fail(c, (int)n, "decode", text, hint);
    if (n == 0)
        return cmd_fail(c, PLUG_EHEX, "decode", "''", "there are no bytes");
    if (plug_packet_parse(packet_from(o), bytes, (size_t)n, &p) < 0)
        return CMD_UNKNOWN;
    if (!c->json) {
        packet_print(c, &p);
        return p.error ? CMD_NO : CMD_YES;
    }
    cmd_event_bare(c, &j, "packet");
    plug_packet_json(&p, &j);
    cmd_event_end(c, &j);
    return p.error ? CMD_NO : CMD_YES;
}

int packet_decode(struct cmd *c)
{
    const struct packet_opts *o = c->opts;
    return decode_hex(c, o->hex);
}
