/* SPDX-License-Identifier: MIT */
#include "net/addr_parts.h"
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/text.h>
#include <net/if.h>
#include <string.h>

/* --- IP --------------------------------------------------------------------------------- */

void plug__ip4_text(struct plug__out *o, const uint8_t bytes[4])
{
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            plug__out_text(o, ".");
        plug__out_uint(o, bytes[i]);
    }
}

/* RFC 5952 4.2: the longest run of two or more zero groups, the first of equals. Its length. */
static int ip6_zeros(const uint8_t bytes[16], int *ret_start)
{
    int best = 1, run = 0;

    *ret_start = -1;
    for (int i = 0; i < 8; i++) {
        run = bytes[2 * i] == 0 && bytes[2 * i + 1] == 0 ? run + 1 : 0;
        if (run > best) {
            best = run;
            *ret_start = i - run + 1;
        }
    }
    return best;
}

void plug__ip6_text(struct plug__out *o, const uint8_t bytes[16])
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    int start, zeros = ip6_zeros(bytes, &start);

    if (memcmp(bytes, mapped, sizeof mapped) == 0) { /* RFC 5952 5 */
        plug__out_text(o, "::ffff:");
        plug__ip4_text(o, bytes + 12);
        return;
    }
    for (int i = 0; i < 8; i++) {
        if (i == start) {
            plug__out_text(o, "::");
            i += zeros - 1;
            continue;
        }
        if (i > 0 && i != start + zeros)
            plug__out_text(o, ":");
        plug__out_hex(o, (uint64_t)bytes[2 * i] << 8 | bytes[2 * i + 1], 1);
    }
}

/* A name that would be read as a number, or has to be escaped, is no use: then its number. */
static bool addr_scope_name(uint32_t scope, char name[IF_NAMESIZE])
{
    uint64_t number;

    return plug_sys()->if_indextoname(scope, name) >= 0 && plug_text_safe(name, strlen(name)) &&
           !strpbrk(name, "%]") &&
           plug_uint_parse(name, strlen(name), UINT32_MAX, &number) == PLUG_ENUMBER;
}

static void addr_out_ip6(struct plug__out *o, const struct plug_addr *a)
{
    const uint8_t *bytes = plug_addr_bytes(a, NULL);
    uint32_t scope = plug_addr_scope(a);
    char name[IF_NAMESIZE];

    plug__ip6_text(o, bytes);
    if (scope == 0)
        return;
    plug__out_text(o, "%");
    if (plug__ip6_scoped(bytes) && addr_scope_name(scope, name))
        plug__out_text(o, name);
    else
        plug__out_uint(o, scope);
}

/* --- other families --------------------------------------------------------------------- */

static void addr_out_unix(struct plug__out *o, const struct plug_addr *a)
{
    size_t len;
    const char *name = plug_addr_bytes(a, &len);

    if (len > 0 && name[0] == '\0') {
        plug__out_text(o, "@");
        plug__out_escaped(o, name + 1, len - 1);
        return;
    }
    if (len > 0 && name[0] == '@')
        plug__out_text(o, "./"); /* the same file, and no abstract name */
    plug__out_escaped(o, name, len);
}

static void addr_out_packet(struct plug__out *o, const struct plug_addr *a)
{
    int64_t n[PLUG_ADDR_NUMBERS];
    char name[IF_NAMESIZE];
    size_t len;
    const uint8_t *hw = plug_addr_bytes(a, &len);

    (void)plug_addr_numbers(a, n);
    plug__out_text(o, "packet:");
    if (n[0] > 0 && addr_scope_name((uint32_t)n[0], name))
        plug__out_text(o, name);
    else
        plug__out_uint(o, (uint64_t)n[0]);
    plug__out_text(o, ":0x");
    plug__out_hex(o, (uint64_t)n[1], 4);
    if (len > 0)
        plug__out_text(o, ":");
    for (size_t i = 0; i < len; i++)
        plug__out_hex(o, hw[i], 2);
}

static void addr_out_numbers(struct plug__out *o, const char *name, const int64_t *n, size_t count)
{
    plug__out_text(o, name);
    for (size_t i = 0; i < count; i++) {
        plug__out_text(o, ":");
        plug__out_uint(o, (uint64_t)n[i]);
    }
}

static void addr_out_tipc(struct plug__out *o, const struct plug_addr *a)
{
    int64_t n[PLUG_ADDR_NUMBERS];
    size_t count = plug_addr_numbers(a, n);
    const char *kind = n[0] == TIPC_ADDR_NAMESEQ ? "tipc:nameseq"
                       : n[0] == TIPC_ADDR_NAME  ? "tipc:name"
                       : n[0] == TIPC_ADDR_ID    ? "tipc:id"
                                                 : "tipc:?";

    addr_out_numbers(o, kind, n + 2, count - 2);
}

static void addr_out_unknown(struct plug__out *o, const struct plug_addr *a)
{
    const uint8_t *bytes = (const uint8_t *)&a->ss;
    size_t len = a->len <= sizeof a->ss ? a->len : sizeof a->ss;

    plug__out_text(o, "family-");
    plug__out_uint(o, a->sa.sa_family);
    plug__out_text(o, ":");
    for (size_t i = sizeof(sa_family_t); i < len; i++)
        plug__out_hex(o, bytes[i], 2);
}

static void addr_out_host(struct plug__out *o, const struct plug_addr *a)
{
    int64_t n[PLUG_ADDR_NUMBERS];
    size_t count = plug_addr_numbers(a, n);

    switch (a->sa.sa_family) {
    case AF_UNSPEC:
        break;
    case AF_INET:
        plug__ip4_text(o, plug_addr_bytes(a, NULL));
        break;
    case AF_INET6:
        addr_out_ip6(o, a);
        break;
    case AF_UNIX:
        addr_out_unix(o, a);
        break;
    case AF_NETLINK:
        addr_out_numbers(o, "netlink", n, count);
        break;
    case AF_PACKET:
        addr_out_packet(o, a);
        break;
    case AF_VSOCK:
        addr_out_numbers(o, "vsock", n, count);
        break;
    case AF_TIPC:
        addr_out_tipc(o, a);
        break;
    default:
        addr_out_unknown(o, a);
        break;
    }
}

/* --- public ----------------------------------------------------------------------------- */

size_t plug_addr_host_text(const struct plug_addr *a, char *buf, size_t len)
{
    struct plug__out o = {buf, len, 0};

    addr_out_host(&o, a);
    return plug__out_end(&o);
}

size_t plug_addr_text(const struct plug_addr *a, char *buf, size_t len)
{
    struct plug__out o = {buf, len, 0};
    uint16_t port = plug_addr_port(a);
    bool brackets = port != 0 && a->sa.sa_family == AF_INET6;

    if (brackets)
        plug__out_text(&o, "[");
    addr_out_host(&o, a);
    if (brackets)
        plug__out_text(&o, "]");
    if (port != 0) {
        plug__out_text(&o, ":");
        plug__out_uint(&o, port);
    }
    return plug__out_end(&o);
}

int plug_inet_ntop(int family, const void *bytes, size_t byteslen, char *buf, size_t len)
{
    char text[INET6_ADDRSTRLEN];
    struct plug__out o = {text, sizeof text, 0};

    if (family != AF_INET && family != AF_INET6)
        return -EAFNOSUPPORT;
    if (byteslen != (family == AF_INET ? 4 : 16))
        return -EINVAL;
    if (family == AF_INET)
        plug__ip4_text(&o, bytes);
    else
        plug__ip6_text(&o, bytes);
    if (plug__out_end(&o) >= len)
        return -ENOSPC;
    memcpy(buf, text, o.len + 1);
    return (int)o.len;
}

int plug_inet_ntoa(const uint8_t bytes[4], char *buf, size_t len)
{
    return plug_inet_ntop(AF_INET, bytes, 4, buf, len);
}
