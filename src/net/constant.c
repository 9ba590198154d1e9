/* SPDX-License-Identifier: MIT */
#include "net/out.h"
#include <plug/constant.h>
#include <plug/err.h>
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/can.h>
#include <linux/can/bcm.h>
#include <linux/can/isotp.h>
#include <linux/can/j1939.h>
#include <linux/can/raw.h>
#include <linux/errqueue.h>
#include <linux/if_alg.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/tipc.h>
#include <linux/udp.h>
#include <linux/vm_sockets.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static const struct plug_constant table[] = {
#define X(name, value) {#name, (int64_t)(value)},
#include "constant_table.h"
#undef X
    {NULL, 0},
};

const struct plug_constant *plug_constant_next(const char *prefix, const struct plug_constant *prev)
{
    const struct plug_constant *c = prev ? prev + 1 : table;
    size_t len = prefix ? strlen(prefix) : 0;

    for (; c->name; c++)
        if (len == 0 || strncmp(c->name, prefix, len) == 0)
            return c;
    return NULL;
}

int plug_constant_value(const char *name, int64_t *ret_value)
{
    for (const struct plug_constant *c = table; c->name; c++)
        if (strcmp(c->name, name) == 0) {
            *ret_value = c->value;
            return 0;
        }
    return PLUG_ECONSTANT;
}

const char *plug_constant_name(const char *prefix, int64_t value)
{
    const struct plug_constant *c = NULL;

    while ((c = plug_constant_next(prefix, c)))
        if (c->value == value)
            return c->name;
    return NULL;
}

size_t plug_constant_text(const char *prefix, int64_t value, char *buf, size_t len)
{
    const char *name = plug_constant_name(prefix, value);
    struct plug__out o = {buf, len, 0};

    if (name) {
        plug__out_text(&o, name);
        return plug__out_end(&o);
    }
    if (value < 0)
        plug__out_text(&o, "-");
    plug__out_uint(&o, value < 0 ? -(uint64_t)value : (uint64_t)value);
    return plug__out_end(&o);
}

static bool constant_is_bit(int64_t value)
{
    return value > 0 && (value & (value - 1)) == 0;
}

size_t plug_constant_flags(const char *prefix, uint64_t flags, char *buf, size_t len)
{
    struct plug__out o = {buf, len, 0};
    const struct plug_constant *c = NULL;

    if (flags == 0)
        plug__out_text(&o, "0");
    while (flags != 0 && (c = plug_constant_next(prefix, c))) {
        if (!constant_is_bit(c->value) || !(flags & (uint64_t)c->value))
            continue;
        plug__out_text(&o, o.len > 0 ? "|" : "");
        plug__out_text(&o, c->name);
        flags &= ~(uint64_t)c->value;
    }
    if (flags != 0) {
        plug__out_text(&o, o.len > 0 ? "|0x" : "0x");
        plug__out_hex(&o, flags, 1);
    }
    return plug__out_end(&o);
}
