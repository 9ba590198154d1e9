/* SPDX-License-Identifier: MIT */
/* plug addr: what an address is */
#include "cmd.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

struct options {
    bool unpack, lenient;
};

static const struct cmd_opt opts[] = {
    {.name = "unpack",
     .letter = 'u',
     .kind = CMD_FLAG,
     .help = "operands are packed addresses, 8 or 32 hexadecimal digits; print their text",
     .offset = offsetof(struct options, unpack)},
    {.name = "lenient",
     .letter = 'l',
     .kind = CMD_FLAG,
     .help = "read IPv4 as inet_aton(3) does: 127.1, 0x7f.1, octal 010.0.0.1",
     .offset = offsetof(struct options, lenient)},
    {0},
};

/* --- what is wrong with it -------------------------------------------------------------------- */

/* More than the error code says; the buffer is for the next message only. */
static const char *hint_of(const char *text, int err)
{
    static char hint[160];
    char reads[INET6_ADDRSTRLEN];
    uint8_t ip[4];

    if (err == PLUG_ESCOPE)
        return "behind % stands the index of an interface or, for link-local addresses, its name";
    if (err == PLUG_EPORT)
        return NULL;
    if (text[0] == '\0')
        return "the text is empty";
    if (text[0] == '[' && !strchr(text, ']'))
        return "the bracket is not closed";
    if (plug_inet_aton(text, ip) == 0 && plug_inet_ntoa(ip, reads, sizeof reads) > 0) {
        snprintf(hint, sizeof hint, "inet_aton(3) would read it as %s; --lenient does so", reads);
        return hint;
    }
    if (strchr(text, ':'))
        return "IPv6: 8 groups of 1 to 4 hexadecimal digits, \"::\" once for one or more of zeros";
    if (strspn(text, "0123456789.") == strlen(text))
        return "IPv4: four parts from 0 to 255 without leading zeros";
    if (plug_hostname_valid(text, strlen(text)))
        return "if it is a name, 'plug lookup NAME' finds its addresses";
    return NULL;
}

/* --- what it is ------------------------------------------------------------------------------- */

static void print_json(struct cmd *c, const char *input, const struct plug_addr *a,
                       const char *text, const char *family)
{
    const struct plug_addr_block *block = plug_addr_block(a);
    char hex[33];
    size_t len;
    const void *bytes = plug_addr_bytes(a, &len);
    struct plug_json j;

    plug_hex_encode(bytes, len, hex, sizeof hex);
    cmd_event(c, &j, "address");
    plug_json_string(&j, "input", input);
    plug_json_string(&j, "text", text);
    plug_json_string(&j, "family", family);
    plug_json_string(&j, "packed", hex);
    plug_json_string(&j, "class", plug_addr_class_name(block->kind));
    plug_json_bool(&j, "global", block->global);
    plug_json_string(&j, "block", block->prefix);
    plug_json_string(&j, "block_name", block->name);
    plug_json_string(&j, "rfc", block->rfc);
    plug_json_uint(&j, "port", plug_addr_port(a));
    plug_json_uint(&j, "scope", plug_addr_scope(a));
    cmd_event_end(c, &j);
}

static void print_line(struct cmd *c, const struct plug_addr *a, const char *text,
                       const char *family)
{
    const struct plug_addr_block *block = plug_addr_block(a);
    char hex[33];
    size_t len;
    const void *bytes = plug_addr_bytes(a, &len);

    plug_hex_encode(bytes, len, hex, sizeof hex);
    cmd_print(c, "%s%s%s %s %s %s", cmd_style(c, CMD_BOLD), text, cmd_style(c, CMD_PLAIN), family,
              hex, plug_addr_class_name(block->kind));
    if (c->verbose > 0)
        cmd_print(c, " %s (%s, %s)", block->prefix, block->name, block->rfc);
    cmd_print(c, "\n");
}

static void print(struct cmd *c, const char *input, const struct plug_addr *a)
{
    const struct options *o = c->opts;
    char text[PLUG_ADDR_TEXT], family[32];

    plug_addr_text(a, text, sizeof text);
    plug_constant_text("AF_", plug_addr_family(a), family, sizeof family);
    if (c->json)
        print_json(c, input, a, text, family);
    else if (o->unpack)
        cmd_print(c, "%s\n", text);
    else
        print_line(c, a, text, family);
}

/* --- reading them ----------------------------------------------------------------------------- */

static int unpack(struct cmd *c, const char *text, struct plug_addr *ret_addr)
{
    uint8_t bytes[16];
    size_t where = 0;
    ssize_t n = plug_hex_decode(text, strlen(text), 0, bytes, sizeof bytes, &where);
    char hint[96];

    if (n == 4)
        plug_addr_ip4(bytes, 0, ret_addr);
    else if (n == 16)
        return plug_addr_ip6(bytes, 0, 0, 0, ret_addr);
    else if (n >= 0 || n == -ENOSPC)
        return cmd_fail(c, PLUG_EADDR, "unpack", text,
                        "a packed address is 4 or 16 bytes: 8 or 32 hexadecimal digits");
    else {
        snprintf(hint, sizeof hint, "the mistake is at digit %zu of %zu", where + 1, strlen(text));
        return cmd_fail(c, (int)n, "unpack", text, where < strlen(text) ? hint : "half a byte");
    }
    return CMD_YES;
}

static int lenient(struct cmd *c, const char *text, struct plug_addr *ret_addr)
{
    uint8_t ip[4];
    int err = plug_inet_aton(text, ip);

    if (err < 0)
        return cmd_fail(c, err, "parse", text, "not even inet_aton(3) reads it as IPv4");
    plug_addr_ip4(ip, 0, ret_addr);
    return CMD_YES;
}

static int one(struct cmd *c, const char *text)
{
    const struct options *o = c->opts;
    struct plug_addr a;
    int code = CMD_YES;
    int err = 0;

    if (o->unpack)
        code = unpack(c, text, &a);
    else if (o->lenient)
        code = lenient(c, text, &a);
    else
        err = plug_addr_parse(text, &a);
    if (err < 0)
        code = cmd_fail(c, err, "parse", *text ? text : "''", hint_of(text, err));
    if (code == CMD_YES)
        print(c, text, &a);
    return code;
}

static int run(struct cmd *c)
{
    const struct options *o = c->opts;
    int code = cmd_operands(c, 1, INT_MAX), done = 0, failed = 0;

    if (code != CMD_YES)
        return code;
    if (o->unpack && o->lenient)
        return cmd_usage(c, "--unpack and --lenient exclude each other");
    for (; done < c->argc && !cmd_signal(); done++)
        failed += one(c, c->argv[done]) != CMD_YES;
    return cmd_sum_up(c, "addresses", done, failed);
}

const struct cmd_info cmd_addr = {
    .name = "addr",
    .summary = "canonical text, family, packed bytes and class of addresses",
    .operands = "TEXT...",
    .examples = "plug addr 192.168.1.1                 # 192.168.1.1 AF_INET c0a80101 private\n"
                "plug addr 2001:DB8:0:0::1 '[::1]:80'  # canonical IPv6 (RFC 5952), with a port\n"
                "plug addr --unpack c0a80101           # packed bytes to text\n"
                "plug addr -v 100.64.0.1               # with its block of the IANA registries\n",
    .notes =
        "One line for each address: text, family, packed hexadecimal, class. Reading is strict "
        "and never asks the DNS. The exit status is 2 when a TEXT is no address.\n",
    .opts = opts,
    .opts_size = sizeof(struct options),
    .summary_event = true,
    .run = run,
};
