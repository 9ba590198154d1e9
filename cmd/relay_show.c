/* SPDX-License-Identifier: MIT */
/* What a relay shows: payload, dumps, events, progress. */
#include "relay.h"
#include <stdio.h>
#include <string.h>

void relay_event(struct relay *r, struct plug_json *j, const char *type, const struct relay_peer *p)
{
    cmd_event(r->c, j, type);
    if (r->is_listen && p->has_eof)
        plug_json_uint(j, "client", p->id);
    plug_json_string(j, "peer", p->name);
}

/* --- dump ------------------------------------------------------------------------------------- */

/* "< 00000000  68 65 6c 6c 6f 0a  |hello.|", 16 bytes a line, at most 79 columns. */
static void dump_line(char mark, uint64_t offset, const uint8_t *bytes, size_t len)
{
    char hex[56], text[17] = "";
    size_t at = 0;

    for (size_t i = 0; i < 16; i++) {
        const char *gap = i == 8 ? " " : "";
        if (i < len)
            at += (size_t)snprintf(hex + at, sizeof hex - at, "%s%02x ", gap, bytes[i]);
        else
            at += (size_t)snprintf(hex + at, sizeof hex - at, "%s   ", gap);
    }
    for (size_t i = 0; i < len; i++)
        text[i] = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.';
    cmd_err("%c %08llx  %s |%s|\n", mark, (unsigned long long)offset, hex, text);
}

static void dump(struct relay *r, const struct relay_peer *p, char mark, uint64_t offset,
                 const uint8_t *bytes, size_t len)
{
    if (r->max > 1 || p->messages)
        cmd_err("%c %s, %zu bytes\n", mark, p->name, len);
    for (size_t i = 0; i < len; i += 16)
        dump_line(mark, offset + i, bytes + i, len - i < 16 ? len - i : 16);
}

/* --- payload ---------------------------------------------------------------------------------- */

static void data_event(struct relay *r, const struct relay_peer *p, const char *direction,
                       const void *bytes, size_t len, size_t whole)
{
    struct plug_json j;
    bool text = !r->o->hex;

    for (size_t i = 0; text && i < len;) {
        int n = plug_utf8_next((const char *)bytes + i, len - i, NULL);
        text = n > 0;
        i += text ? (size_t)n : 0;
    }
    relay_event(r, &j, "data", p);
    plug_json_string(&j, "direction", direction);
    plug_json_uint(&j, "size_bytes", whole);
    if (whole > len)
        plug_json_uint(&j, "kept_bytes", len);
    if (text)
        plug_json_bytes(&j, "data", bytes, len);
    else
        plug_json_hex(&j, "data", bytes, len);
    cmd_event_end(r->c, &j);
}

/* How many of the last bytes begin a character, or a CR LF, whose rest has not come. */
static size_t unfinished(const char *text, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        unsigned char c = (unsigned char)text[len - back];
        if (back == 1 && c == '\r')
            return 1;
        if (c >= 0xc0)
            return plug_utf8_next(text + len - back, back, NULL) == -2 ? back : 0;
        if (c < 0x80)
            return 0;
    }
    return 0;
}

/* On a terminal CR LF is an end of line like any other; everything else is escaped. */
static void print_lines(struct relay *r, const char *text, size_t len)
{
    const char *cr;

    while (len > 0 && (cr = memmem(text, len, "\r\n", 2))) {
        cmd_print_safe(r->c, PLUG_TEXT_LINES, text, (size_t)(cr - text));
        len -= (size_t)(cr + 1 - text);
        text = cr + 1;
    }
    cmd_print_safe(r->c, PLUG_TEXT_LINES, text, len);
}

static void show_text(struct relay *r, struct relay_peer *p, const char *bytes, size_t len)
{
    struct plug_buf text;
    size_t keep;

    plug_buf_init(&text, RELAY_MESSAGE_MAX + sizeof p->tail);
    if (plug_buf_append(&text, p->tail, p->tail_len) == 0 &&
        plug_buf_append(&text, bytes, len) == 0) {
        const char *all = (const char *)plug_buf_data(&text);
        keep = p->messages ? 0 : unfinished(all, plug_buf_len(&text));
        print_lines(r, all, plug_buf_len(&text) - keep);
        memcpy(p->tail, all + plug_buf_len(&text) - keep, keep);
        p->tail_len = keep;
    }
    plug_buf_clear(&text);
}

void relay_show_tail(struct relay *r, struct relay_peer *p)
{
    cmd_print_safe(r->c, PLUG_TEXT_LINES, p->tail, p->tail_len);
    p->tail_len = 0;
}

static void payload(struct relay *r, struct relay_peer *p, const char *bytes, size_t len)
{
    bool escape = r->c->tty_out && !r->o->raw;

    if (r->o->hex && r->c->tty_out)
        return;
    if (escape)
        show_text(r, p, bytes, len);
    else
        (void)cmd_write(r->c, bytes, len);
    if (p->messages && (r->o->lines || (escape && (len == 0 || bytes[len - 1] != '\n'))))
        (void)cmd_write(r->c, "\n", 1);
}

/* --count on a stream: the length up to and with the last line wanted. */
static size_t counted(struct relay *r, const struct relay_peer *p, const char *bytes, size_t len)
{
    const char *at = bytes, *lf;

    if (r->o->count == 0)
        return len;
    if (p->messages) {
        if (++r->lines == r->o->count)
            relay_stop(r, "count", CMD_YES);
        return len;
    }
    while ((lf = memchr(at, '\n', len - (size_t)(at - bytes)))) {
        at = lf + 1;
        if (++r->lines == r->o->count) {
            relay_stop(r, "count", CMD_YES);
            return (size_t)(at - bytes);
        }
    }
    return len;
}

static void tee(struct relay *r, const char *bytes, size_t len)
{
    while (r->tee_fd >= 0 && len > 0) {
        ssize_t n = plug_sys()->write(r->tee_fd, bytes, len);
        if (n == -EINTR && !cmd_signal())
            continue;
        if (n < 0) {
            relay_stop(r, "error", cmd_fail(r->c, (int)n, "write", r->o->tee, NULL));
            return;
        }
        bytes += n;
        len -= (size_t)n;
    }
}

static void source(struct relay *r, const struct relay_peer *p, size_t len, size_t whole)
{
    if (whole > len)
        cmd_warn(r->c, "message from %s cut off: %zu of %zu bytes kept (--size)", p->name, len,
                 whole);
    if (!p->connected && !r->c->quiet && !r->c->json)
        cmd_err("from %s: %zu bytes\n", p->name, whole);
}

void relay_show_in(struct relay *r, struct relay_peer *p, const void *bytes, size_t len,
                   size_t whole)
{
    if (r->stop)
        return;
    len = counted(r, p, bytes, len);
    if (p->messages)
        source(r, p, len, whole);
    else
        whole = len;
    tee(r, bytes, len);
    if (r->c->json)
        data_event(r, p, "in", bytes, len, whole);
    else
        payload(r, p, bytes, len);
    if (r->o->hex && !r->c->json)
        dump(r, p, '<', p->received - whole, bytes, len);
}

void relay_show_out(struct relay *r, struct relay_peer *p, const void *bytes, size_t len)
{
    if (!r->o->hex)
        return;
    if (r->c->json)
        data_event(r, p, "out", bytes, len, len);
    else
        dump(r, p, '>', p->sent, bytes, len);
}

/* --- progress and summary --------------------------------------------------------------------- */

static const char *amount(double bytes, char text[32])
{
    static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t i = 0;

    for (; bytes >= 1024 && i < 4; i++)
        bytes /= 1024;
    snprintf(text, 32, i ? "%.1f %s" : "%.0f %s", bytes, unit[i]);
    return text;
}

void relay_show_progress(struct relay *r, bool last)
{
    int64_t now = plug_now(), since = last ? r->started : r->ticked;
    uint64_t all = r->received + r->sent, bytes = last ? all : all - r->ticked_bytes;
    char in[32], out[32], rate[32], time[32];

    if (!r->o->progress)
        return;
    plug_duration_text(now - r->started, time, sizeof time);
    cmd_err("%s%s in, %s out, %s/s, %s%s", r->c->tty_err ? "\r\033[K" : "",
            amount((double)r->received, in), amount((double)r->sent, out),
            amount((double)bytes * 1e9 / (double)(now > since ? now - since : 1), rate), time,
            r->c->tty_err && !last ? "" : "\n");
    r->ticked = now;
    r->ticked_bytes = all;
}

void relay_show_summary(struct relay *r)
{
    struct plug_json j;

    if (!r->c->json)
        return;
    cmd_event(r->c, &j, "summary");
    plug_json_string(&j, "end_reason", r->end_reason);
    if (r->is_listen)
        plug_json_uint(&j, "clients", r->clients);
    plug_json_uint(&j, "received_bytes", r->received);
    plug_json_uint(&j, "sent_bytes", r->sent);
    plug_json_uint(&j, "received_messages", r->received_messages);
    plug_json_uint(&j, "sent_messages", r->sent_messages);
    plug_json_uint(&j, "errors", r->errors);
    plug_json_double(&j, "elapsed_ms", (double)(plug_now() - r->started) / 1e6);
    plug_json_int(&j, "exit", r->code);
    cmd_event_end(r->c, &j);
}
