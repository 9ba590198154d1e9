/* SPDX-License-Identifier: MIT */
/* Standard input, or --send: read when there is room, cut into messages, handed to every peer. */
#include "relay.h"
#include <string.h>
#include <unistd.h>

#define UDP_MESSAGE_MAX 65507

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of the escape at *text, which is moved past it; -1: no such escape. */
static int escape(const char **text)
{
    static const char letter[] = "ntr0abfve\\\"'";
    static const char byte[] = "\n\t\r\0\a\b\f\v\033\\\"'";
    const char *p = *text, *known;

    if (p[0] == 'x') {
        int high = hex_digit(p[1]), low = high < 0 ? -1 : hex_digit(p[2]);
        *text = p + 3;
        return low < 0 ? -1 : high * 16 + low;
    }
    known = *p ? strchr(letter, *p) : NULL;
    *text = p + 1;
    return known ? (unsigned char)byte[known - letter] : -1;
}

static int take_escaped(struct relay *r, const char *text)
{
    int err = 0;

    for (const char *p = text; err == 0 && *p;) {
        const char *start = p++;
        int value = *start == '\\' ? escape(&p) : (unsigned char)*start;

        if (value < 0)
            return cmd_usage(r->c, "--send: bad escape at character %zu of '%s'",
                             (size_t)(start - text) + 1, cmd_safe_str(text));
        err = plug_buf_append(&r->input.buf, &(char){(char)value}, 1);
    }
    return err < 0 ? cmd_fail(r->c, err, "--send", NULL, NULL) : CMD_YES;
}

int relay_input_start(struct relay *r)
{
    struct relay_input *in = &r->input;
    const char *text = r->o->send;
    size_t len = text ? strlen(text) : 0;
    int err;

    plug_buf_init(&in->buf, len + RELAY_MESSAGE_MAX + RELAY_CHUNK);
    in->open = in->empty = !text;
    in->blank = text && len == 0;
    if (text && r->o->escapes)
        return take_escaped(r, text);
    err = plug_buf_append(&in->buf, text ? text : "", len);
    return err < 0 ? cmd_fail(r->c, err, "--send", NULL, NULL) : CMD_YES;
}

static size_t room(const struct relay *r)
{
    size_t least = r->count > 0 ? SIZE_MAX : 0;

    for (size_t i = 0; i < r->count; i++)
        if (relay_peer_room(r->peer[i]) < least)
            least = relay_peer_room(r->peer[i]);
    return least;
}

static bool messages(const struct relay *r)
{
    return r->count > 0 && r->peer[0]->messages;
}

/* The longest message of the way it goes: UDP has its own limit. */
static size_t message_max(const struct relay *r)
{
    const struct relay_peer *p = r->peer[0];
    bool udp = !p->has_eof && plug_sock_family(p->sock) != AF_UNIX;

    return udp && r->o->size > UDP_MESSAGE_MAX ? UDP_MESSAGE_MAX : (size_t)r->o->size;
}

bool relay_input_wanted(const struct relay *r)
{
    const struct relay_input *in = &r->input;
    bool whole = messages(r) && !r->o->lines; /* one read is one message */

    return in->open && !r->stop && room(r) > 0 &&
           plug_buf_len(&in->buf) < (whole         ? 1
                                     : messages(r) ? r->o->size + 1
                                                   : RELAY_CHUNK);
}

static void closed(struct relay *r)
{
    r->input.open = false;
    relay_input_pass(r);
}

void relay_input_read(struct relay *r)
{
    bool whole = messages(r) && !r->o->lines;
    size_t want = whole ? message_max(r) : RELAY_CHUNK;
    uint8_t *bytes;
    ssize_t n = plug_buf_reserve(&r->input.buf, want, &bytes);

    if (n == 0)
        n = plug_sys()->read(STDIN_FILENO, bytes, want);
    if (n == -EINTR || n == -EAGAIN)
        return;
    if (n > 0) {
        r->input.empty = false;
        r->input.at = plug_now();
        plug_buf_commit(&r->input.buf, (size_t)n);
        relay_input_pass(r);
        return;
    }
    if (n < 0)
        relay_stop(r, "error", cmd_fail(r->c, (int)n, "read", "standard input", NULL));
    closed(r);
}

/* --- handing on ------------------------------------------------------------------------------- */

static void give(struct relay *r, const void *bytes, size_t len)
{
    for (size_t i = 0; i < r->count; i++) {
        struct relay_peer *p = r->peer[i];
        int err = p->dead ? 0 : plug_buf_append(&p->queue, bytes, len);

        if (err < 0)
            relay_stop(r, "error", cmd_fail(r->c, err, "queue for", p->name, NULL));
        p->pending = p->messages && !p->dead;
    }
}

/* Line feeds without a CR before them get one. */
static void give_crlf(struct relay *r, const uint8_t *bytes, size_t len)
{
    static uint8_t wide[2 * RELAY_CHUNK];
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\n' && !r->input.cr)
            wide[n++] = '\r';
        wide[n++] = bytes[i];
        r->input.cr = bytes[i] == '\r';
    }
    give(r, wide, n);
}

static void pass_stream(struct relay *r)
{
    struct plug_buf *buf = &r->input.buf;
    size_t free_room, len;

    while ((len = plug_buf_len(buf)) > 0 && (free_room = room(r)) > 1) {
        size_t most = r->o->crlf ? free_room / 2 : free_room;

        if (r->o->crlf && most > RELAY_CHUNK)
            most = RELAY_CHUNK;
        len = len < most ? len : most;
        if (r->o->crlf)
            give_crlf(r, plug_buf_data(buf), len);
        else
            give(r, plug_buf_data(buf), len);
        plug_buf_consume(buf, len);
    }
}

/* The next message in the buffer: its length, and what follows it that is dropped; false: not all
 * of it is there. */
static bool next_message(const struct relay *r, size_t *ret_len, size_t *ret_skip)
{
    const struct plug_buf *buf = &r->input.buf;
    size_t len = plug_buf_len(buf), max = message_max(r);
    const uint8_t *data = plug_buf_data(buf), *end = NULL;

    if (r->o->lines && len > 0)
        end = memchr(data, '\n', len <= max ? len : max + 1);
    *ret_skip = end != NULL;
    *ret_len = end ? (size_t)(end - data) : len < max ? len : max;
    return end || (len > 0 && (!r->o->lines || len > max || !r->input.open));
}

static void pass_messages(struct relay *r)
{
    struct plug_buf *buf = &r->input.buf;
    size_t len, skip;

    if (r->input.blank && room(r) > 0) {
        give(r, "", 0);
        r->input.blank = false;
    }
    while (room(r) > 0 && next_message(r, &len, &skip)) {
        if (r->o->lines && !skip && len == message_max(r))
            cmd_warn(r->c, "a line longer than %zu bytes is sent in pieces", len);
        give(r, plug_buf_data(buf), len);
        plug_buf_consume(buf, len + skip);
        for (size_t i = 0; i < r->count; i++)
            relay_peer_send(r, r->peer[i]);
    }
}

void relay_input_pass(struct relay *r)
{
    struct relay_input *in = &r->input;

    if (r->count == 0)
        return;
    if (messages(r))
        pass_messages(r);
    else
        pass_stream(r);
    if (in->done || in->open || plug_buf_len(&in->buf) > 0 || (in->blank && messages(r)))
        return;
    /* The empty stdin of a background job is no end of anything, unless --on-eof says so. */
    if (r->is_listen && r->o->on_eof < 0 && in->empty)
        return;
    in->done = true;
    in->at = plug_now();
}

void relay_input_stop(struct relay *r)
{
    r->input.open = r->input.blank = false;
    plug_buf_clear(&r->input.buf);
    r->input.at = plug_now();
    r->input.done = true;
}
