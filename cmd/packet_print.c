/* SPDX-License-Identifier: MIT */
/* plug packet: one packet on the terminal. */
#include "packet.h"
#include <stdio.h>
#include <string.h>

#define DRAWING 65536 /* room for the drawing of one layer, or the fields of all */

static char text[DRAWING];

void packet_print_bytes(struct cmd *c, const uint8_t *bytes, size_t len)
{
    size_t row = cmd_width(c) >= 73 ? 16 : 8;
    for (size_t at = 0; at < len; at += row) {
        size_t n = len - at < row ? len - at : row;
        cmd_print(c, "%s%04zx%s ", cmd_style(c, CMD_DIM), at, cmd_style(c, CMD_PLAIN));
        for (size_t i = 0; i < row; i++)
            if (i < n)
                cmd_print(c, "%s %02x", i == 8 ? " " : "", bytes[at + i]);
            else
                cmd_print(c, "%s   ", i == 8 ? " " : "");
        cmd_print(c, row == 16 ? "  |" : " |"); /* 40 columns hold 8 bytes */
        for (size_t i = 0; i < n; i++)
            cmd_print(c, "%c",
                      bytes[at + i] >= 0x20 && bytes[at + i] < 0x7f ? (char)bytes[at + i] : '.');
        cmd_print(c, "|\n");
    }
}

static void print_drawings(struct cmd *c, const struct plug_packet *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        cmd_print(c, "\n%s%s%s\n", cmd_style(c, CMD_NAME),
                  plug_packet_proto_name(p->layers[i].proto), cmd_style(c, CMD_PLAIN));
        plug_packet_diagram(p, i, cmd_width(c), text, sizeof text);
        cmd_print_safe(c, PLUG_TEXT_LINES, text, strlen(text));
    }
}

void packet_print_fields(struct cmd *c, const struct plug_packet *p)
{
    plug_packet_show(p, text, sizeof text);
    cmd_print(c, "%s", text);
}

void packet_print(struct cmd *c, const struct plug_packet *p)
{
    plug_packet_summary(p, text, sizeof text);
    cmd_print(c, "%s", cmd_style(c, CMD_BOLD));
    cmd_wrap(c, text, 0, 2);
    cmd_print(c, "%s\n", cmd_style(c, CMD_PLAIN));
    packet_print_fields(c, p);
    print_drawings(c, p);
    cmd_print(c, "\n");
    packet_print_bytes(c, p->bytes, p->len);
}

void packet_show(struct cmd *c, const struct plug_packet *p)
{
    struct plug_json j;
    if (!c->json) {
        packet_print(c, p);
        return;
    }
    cmd_event_bare(c, &j, "packet");
    plug_packet_json(p, &j);
    cmd_event_end(c, &j);
}

int packet_drop(struct cmd *c)
{
    int err = plug_privilege_drop();
    return err < 0 ? cmd_fail(c, err, "drop", "privileges", NULL) : CMD_YES;
}
