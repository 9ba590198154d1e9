/* SPDX-License-Identifier: MIT */
/* Packets of IPv4 cut into fragments: RFC 791 3.2. */
#include "wire/fragment_parts.h"
#include <plug/bytes.h>
#include <plug/err.h>
#include <plug/fragment.h>
#include <plug/option.h>
#include <string.h>

#define COPIED 0x80 /* an option's bit: it goes into every fragment */

/* The options of fragments behind the first. Returns their length. */
static int copied_options(const struct plug_ip4 *h, uint8_t options[PLUG_OPTIONS_MAX])
{
    struct plug_option o;
    size_t at = 0;
    int r, len = 0;

    while ((r = plug_option_next(h->options, h->options_len, &at, &o)) > 0) {
        if (o.kind & COPIED)
            len = plug_option_put(options, PLUG_OPTIONS_MAX, (size_t)len, o.kind, o.data, o.len);
    }
    return r < 0 ? r : plug_option_pad(options, PLUG_OPTIONS_MAX, (size_t)len);
}

/* How many of left bytes go into a fragment with room for so many. *ret_last: all of them. */
static size_t share(size_t room, size_t left, bool *ret_last)
{
    *ret_last = left <= room;
    return *ret_last ? left : room & ~(size_t)7;
}

static int ip4_header(const void *packet, size_t len, struct plug_ip4 *h)
{
    int r = plug_ip4_parse(packet, len, h);

    if (r < 0 || (r = plug_ip4_payload_len(h, len)) < 0)
        return r;
    return h->fragment + h->total_len > PLUG_IP4_MAX ? PLUG_EPACKET_BAD : r;
}

/* One fragment, with the payload from done on. */
static int ip4_piece(struct plug_ip4 h, const uint8_t *payload, size_t left, size_t mtu,
                     uint8_t *buf, size_t size)
{
    size_t header_len = PLUG_IP4_LEN + h.options_len;
    bool last;

    if (mtu < header_len + 8)
        return -EMSGSIZE;
    size_t n = share(mtu - header_len, left, &last);
    if (!last)
        h.flags |= PLUG_IP4_MF;
    if (size < header_len + n)
        return -ENOSPC;
    int r = plug_ip4_build(&h, n, buf, size);
    if (r < 0)
        return r;
    memcpy(buf + r, payload, n);
    return r + (int)n;
}

int plug_ip4_fragment(const void *packet, size_t len, size_t mtu, size_t *at, void *buf,
                      size_t size)
{
    uint8_t options[PLUG_OPTIONS_MAX];
    struct plug_ip4 h;
    int payload_len = ip4_header(packet, len, &h);

    if (payload_len < 0)
        return payload_len;
    if (*at == 0 && h.total_len <= mtu)
        return plug__fragment_whole(packet, h.total_len, at, buf, size);
    if (*at >= h.total_len)
        return 0;
    if (h.flags & PLUG_IP4_DF)
        return -EMSGSIZE;
    size_t done = *at ? *at - h.header_len : 0;
    const uint8_t *payload = (const uint8_t *)packet + h.header_len + done;
    size_t header_len = h.header_len;
    if (done > 0) {
        int r = copied_options(&h, options);
        if (r < 0)
            return r;
        h.options = options;
        h.options_len = (size_t)r;
        h.fragment = (uint16_t)(h.fragment + done);
    }
    int r = ip4_piece(h, payload, (size_t)payload_len - done, mtu, buf, size);
    if (r > 0)
        *at = header_len + done + (size_t)r - PLUG_IP4_LEN - h.options_len;
    return r;
}

int plug__fragment_whole(const void *packet, size_t len, size_t *at, void *buf, size_t size)
{
    if (size < len)
        return -ENOSPC;
    memcpy(buf, packet, len);
    *at = len;
    return (int)len;
}
