/* SPDX-License-Identifier: MIT */
/* plug packet decode: bytes, files and interfaces. */
#include "packet.h"
#include <stdio.h>
#include <string.h>

struct decode {
    struct cmd *c;
    const struct packet_opts *o;
    struct plug_capture *capture;
    int fd; /* of a file, until it is the capture's; else -1 */
    struct packet_output out;
    uint64_t shown, malformed;
    int64_t began; /* time of the first record */
    const char *reason;
};

/* --- bytes ------------------------------------------------------------------------------------ */

static int decode_hex(struct cmd *c, const char *text)
{
    static uint8_t bytes[PLUG_PACKET_MAX];
    const struct packet_opts *o = c->opts;
    struct plug_packet p;
    size_t where = 0;
    char hint[64];
    ssize_t n = plug_hex_decode(text, strlen(text), PLUG_HEX_SPACE | PLUG_HEX_COLON, bytes,
                                sizeof bytes, &where);
    if (n == -ENOSPC)
        return cmd_fail(c, PLUG_ELIMIT, "decode", "more than 65575 bytes", NULL);
    snprintf(hint, sizeof hint, "the mistake is at character %zu", where + 1);
    if (n <= 0)
        return cmd_fail(c, PLUG_EHEX, "decode", text, n == 0 ? "there are no bytes" : hint);
    int err = plug_packet_parse(packet_from(o), bytes, (size_t)n, &p);
    if (err < 0)
        return cmd_fail(c, err, "decode", text, NULL);
    int code = packet_output_one(c, o, &p);
    if (code != CMD_YES)
        return code;
    packet_show(c, &p);
    return p.error ? CMD_NO : CMD_YES;
}

/* --- records ---------------------------------------------------------------------------------- */

/* Cut off by whoever captured it: no mistake of the packet. */
static bool is_malformed(const struct plug_packet *p, const struct plug_capture_record *r)
{
    return p->error && !(p->error == PLUG_EPACKET_SHORT && r->len < r->wire_len);
}

static void record_json(struct decode *d, const struct plug_packet *p,
                        const struct plug_capture_record *r)
{
    char summary[512];
    struct plug_json j;
    plug_packet_summary(p, summary, sizeof summary);
    cmd_event_bare(d->c, &j, "packet");
    plug_json_uint(&j, "number", r->number);
    plug_json_int(&j, "time_ns", r->time);
    plug_json_uint(&j, "captured_bytes", r->len);
    plug_json_uint(&j, "wire_bytes", r->wire_len);
    plug_json_uint(&j, "skipped_bytes", r->skip);
    plug_json_string(&j, "summary", summary);
    plug_packet_json(p, &j);
    cmd_event_end(d->c, &j);
}

static void record_text(struct decode *d, const struct plug_packet *p,
                        const struct plug_capture_record *r)
{
    char line[512];
    struct cmd *c = d->c;
    plug_packet_summary(p, line, sizeof line);
    cmd_print(c, "%s%4llu %11.6f%s  %s\n", cmd_style(c, CMD_DIM), (unsigned long long)r->number,
              (double)(r->time - d->began) / 1e9, cmd_style(c, CMD_PLAIN), line);
    if (c->verbose > 1)
        packet_print(c, p);
    else if (c->verbose > 0)
        packet_print_fields(c, p);
    if (d->o->iface)
        cmd_flush(c);
}

static int record(struct decode *d, const struct plug_capture_record *r)
{
    struct plug_packet p;
    if (plug_packet_parse(r->first, r->bytes + r->skip, r->len - r->skip, &p) < 0)
        return cmd_fail(d->c, PLUG_ELIMIT, "decode", "a record of more than 65575 bytes", NULL);
    if (d->shown++ == 0)
        d->began = r->time;
    d->malformed += is_malformed(&p, r);
    if (d->c->json)
        record_json(d, &p, r);
    else
        record_text(d, &p, r);
    return d->o->output ? packet_output_write(d->c, &d->out, &p, r->wire_len - r->skip, r->time)
                        : CMD_YES;
}

static int failed(struct decode *d, int err)
{
    d->reason = cmd_signal() ? "signal" : "error";
    if (cmd_signal())
        return cmd_signal_exit();
    return cmd_fail(d->c, err, "read", d->o->iface ? d->o->iface : d->c->argv[1],
                    plug_capture_error(d->capture));
}

static int records(struct decode *d)
{
    struct plug_capture_record r;
    int code = CMD_YES;
    d->reason = "end";
    while (code == CMD_YES && d->c->out_error == 0) {
        if (d->o->count > 0 && d->shown == d->o->count) {
            d->reason = "count";
            break;
        }
        int n = cmd_signal() ? -EINTR : plug_capture_next(d->capture, PLUG_FOREVER, &r);
        if (n == 0)
            break;
        code = n < 0 ? failed(d, n) : record(d, &r);
    }
    return code == CMD_YES && d->malformed > 0 ? CMD_NO : code;
}

static int summary(struct decode *d, int code)
{
    uint64_t seen = 0, dropped = 0;
    struct plug_json j;
    if (plug_capture_stats(d->capture, &seen, &dropped) < 0)
        dropped = 0;
    if (!d->c->json) {
        if (dropped > 0)
            cmd_warn(d->c, "%llu packets were lost for want of room", (unsigned long long)dropped);
        return code;
    }
    cmd_event(d->c, &j, "summary");
    plug_json_string(&j, "end_reason", d->reason);
    plug_json_uint(&j, "packets", d->shown);
    plug_json_uint(&j, "malformed", d->malformed);
    plug_json_uint(&j, "dropped", dropped);
    plug_json_int(&j, "exit", code);
    cmd_event_end(d->c, &j);
    return code;
}

/* --- sources ---------------------------------------------------------------------------------- */

static int open_file(struct decode *d, const char *path)
{
    bool in = strcmp(path, "-") == 0;
    d->fd = in ? plug_fd_dup(0) : plug_sys()->openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    return d->fd < 0 ? cmd_fail(d->c, d->fd, "open", in ? "standard input" : path, NULL) : CMD_YES;
}

/* What stands at the beginning of a file; privileges are gone by then. */
static int begin_file(struct decode *d, const char *path)
{
    char what[PLUG_CAPTURE_WHAT] = "";
    int err = plug_capture_open(&d->capture, d->fd, what);
    if (err < 0)
        return cmd_fail(d->c, err, "read", strcmp(path, "-") == 0 ? "standard input" : path,
                        what[0] ? what : NULL);
    d->fd = -1;
    return CMD_YES;
}

static int open_iface(struct decode *d)
{
    char what[PLUG_CAPTURE_WHAT] = "";
    int err = plug_capture_live(&d->capture, d->o->iface, NULL, what);
    if (err == 0)
        return CMD_YES;
    return cmd_fail(d->c, err, "capture from", d->o->iface,
                    err == -EPERM ? PACKET_PERMISSION
                    : what[0]     ? what
                                  : NULL);
}

int packet_decode(struct cmd *c)
{
    struct decode d = {.c = c, .o = c->opts, .fd = -1};
    if (d.o->hex)
        return decode_hex(c, d.o->hex);
    int code = d.o->iface ? open_iface(&d) : open_file(&d, c->argv[1]);
    if (code == CMD_YES && d.o->output)
        code = packet_output_open(c, &d.out, d.o->output);
    if (code == CMD_YES)
        code = packet_drop(c);
    if (code == CMD_YES && !d.o->iface)
        code = begin_file(&d, c->argv[1]);
    if (code == CMD_YES && d.o->filter && plug_capture_filter(d.capture, d.o->filter) < 0)
        code = cmd_usage(c, "--filter '%s': %s", cmd_safe_str(d.o->filter),
                         plug_capture_error(d.capture));
    if (code == CMD_YES)
        code = summary(&d, records(&d));
    packet_output_close(&d.out);
    if (d.fd >= 0)
        (void)plug_sys()->close(d.fd);
    plug_capture_close(d.capture);
    return code;
}
