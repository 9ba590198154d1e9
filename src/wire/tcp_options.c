/* SPDX-License-Identifier: MIT */
/* Options of TCP by name: RFC 9293 3.2, 7323, 2018. */
#include <plug/bytes.h>
#include <plug/err.h>
#include <plug/tcp.h>

static int read_sack(const struct plug_option *o, struct plug_tcp_options *r)
{
    if (o->len % 8 || o->len == 0 || o->len / 8 > PLUG_TCP_SACK_MAX)
        return PLUG_EPACKET_BAD;
    r->sack_count = (unsigned)(o->len / 8);
    for (unsigned i = 0; i < r->sack_count; i++)
        r->sack[i] = (struct plug_tcp_sack){plug_get_be32(o->data + 8 * i),
                                            plug_get_be32(o->data + 8 * i + 4)};
    return 0;
}

/* The one length that an option has; 0: any. */
static size_t length_of(uint8_t kind)
{
    static const uint8_t lengths[] = {
        [PLUG_TCP_MSS] = 2, [PLUG_TCP_WINDOW_SCALE] = 1, [PLUG_TCP_TIMESTAMPS] = 8};
    return kind < sizeof lengths ? lengths[kind] : 0;
}

static int read_option(const struct plug_option *o, struct plug_tcp_options *r)
{
    size_t must = length_of(o->kind);

    if ((must && o->len != must) || (o->kind == PLUG_TCP_SACK_PERMITTED && o->len != 0))
        return PLUG_EPACKET_BAD;
    switch (o->kind) {
    case PLUG_OPTION_NOP:
        return 0;
    case PLUG_TCP_MSS:
        r->has_mss = true;
        r->mss = plug_get_be16(o->data);
        return 0;
    case PLUG_TCP_WINDOW_SCALE:
        r->has_window_scale = true;
        r->window_scale = o->data[0];
        return 0;
    case PLUG_TCP_SACK_PERMITTED:
        r->sack_permitted = true;
        return 0;
    case PLUG_TCP_SACK:
        return read_sack(o, r);
    case PLUG_TCP_TIMESTAMPS:
        r->has_timestamps = true;
        r->timestamp = plug_get_be32(o->data);
        r->timestamp_echo = plug_get_be32(o->data + 4);
        return 0;
    default:
        r->unknown++;
        return 0;
    }
}

int plug_tcp_options_parse(const void *options, size_t len, struct plug_tcp_options *ret_options)
{
    struct plug_tcp_options all = {0};
    struct plug_option o;
    size_t at = 0;
    int r;

    while ((r = plug_option_next(options, len, &at, &o)) > 0)
        if ((r = read_option(&o, &all)) < 0)
            break;
    if (r == 0)
        *ret_options = all;
    return r;
}

/* Options as they are written: NOPs before, so that what follows is aligned. */
struct writer {
    uint8_t bytes[PLUG_OPTIONS_MAX];
    int len; /* or an error, which stays */
};

static void write_option(struct writer *w, unsigned nops, uint8_t kind, const void *data,
                         size_t len)
{
    for (; nops > 0 && w->len >= 0; nops--)
        w->len =
            plug_option_put(w->bytes, sizeof w->bytes, (size_t)w->len, PLUG_OPTION_NOP, NULL, 0);
    if (w->len >= 0)
        w->len = plug_option_put(w->bytes, sizeof w->bytes, (size_t)w->len, kind, data, len);
}

static void write_mss(struct writer *w, uint16_t mss)
{
    uint8_t data[2];
    plug_put_be16(data, mss);
    write_option(w, 0, PLUG_TCP_MSS, data, sizeof data);
}

static void write_timestamps(struct writer *w, const struct plug_tcp_options *o)
{
    uint8_t data[8];
    plug_put_be32(data, o->timestamp);
    plug_put_be32(data + 4, o->timestamp_echo);
    write_option(w, o->sack_permitted ? 0 : 2, PLUG_TCP_TIMESTAMPS, data, sizeof data);
}

static void write_sack(struct writer *w, const struct plug_tcp_options *o)
{
    uint8_t data[8 * PLUG_TCP_SACK_MAX];
    for (unsigned i = 0; i < o->sack_count; i++) {
        plug_put_be32(data + 8 * i, o->sack[i].left);
        plug_put_be32(data + 8 * i + 4, o->sack[i].right);
    }
    write_option(w, 2, PLUG_TCP_SACK, data, 8 * (size_t)o->sack_count);
}

int plug_tcp_options_build(const struct plug_tcp_options *o, void *buf, size_t size)
{
    struct writer w = {.len = 0};

    if (o->sack_count > PLUG_TCP_SACK_MAX)
        return PLUG_ERANGE;
    if (o->has_mss)
        write_mss(&w, o->mss);
    if (o->sack_permitted)
        write_option(&w, o->has_timestamps ? 0 : 2, PLUG_TCP_SACK_PERMITTED, NULL, 0);
    if (o->has_timestamps)
        write_timestamps(&w, o);
    if (o->has_window_scale)
        write_option(&w, 1, PLUG_TCP_WINDOW_SCALE, &o->window_scale, 1);
    if (o->sack_count > 0)
        write_sack(&w, o);
    if (w.len < 0)
        return w.len;
    if (size < (size_t)w.len)
        return -ENOSPC;
    memcpy(buf, w.bytes, (size_t)w.len);
    return w.len;
}
