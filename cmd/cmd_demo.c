/* SPDX-License-Identifier: MIT */
/* plug demo: a walk through plug on loopback; every byte is checked. */
#include "demo.h"
#include <plug/hex.h>
#include <plug/struct.h>
#include <stdio.h>
#include <string.h>

#define STEP_TIME PLUG_S(2)
#define PAYLOAD   20000 /* more than one segment, less than the smallest socket buffer */

struct demo {
    char detail[PLUG_ADDR_TEXT + 128]; /* what a step did, for the table */
    bool refused;                      /* not allowed to this user: neither right nor wrong */
};

static int mismatch(struct demo *d, const char *what)
{
    snprintf(d->detail, sizeof d->detail, "%s", what);
    return -EBADMSG;
}

/* --- bytes and names -------------------------------------------------------------------------- */

static int demo_pack(struct demo *d)
{
    struct plug_value v[3] = {plug_value_int(1), plug_value_text("abc"), plug_value_float(2.7)};
    struct plug_value back[3];
    uint8_t bytes[12];
    char hex[2 * sizeof bytes + 1];
    ssize_t n = plug_pack("<I3sxf", v, 3, bytes, sizeof bytes, NULL);

    if (n >= 0)
        n = plug_hex_encode(bytes, (size_t)n, hex, sizeof hex) == 2 * sizeof bytes ? n : -ENOSPC;
    if (n >= 0 && strcmp(hex, "0100000061626300cdcc2c40") != 0)
        return mismatch(d, hex);
    if (n >= 0)
        n = plug_unpack("<I3sxf", bytes, (size_t)n, back, 3, NULL);
    if (n < 0)
        return (int)n;
    if (back[0].u != 1 || memcmp(back[1].bytes.ptr, "abc", 3) != 0 || back[2].f != (double)2.7f)
        return mismatch(d, "unpacked values differ");
    snprintf(d->detail, sizeof d->detail, "1 abc 2.7 as I3sf is %s, and back", hex);
    return 0;
}

static int demo_addr(struct demo *d)
{
    struct plug_addr a;
    char text[PLUG_ADDR_TEXT];
    int err = plug_addr_parse("[2001:DB8:0:0:0:0:0:1]:80", &a);

    if (err < 0)
        return err;
    plug_addr_text(&a, text, sizeof text);
    snprintf(d->detail, sizeof d->detail, "2001:DB8:0:0:0:0:0:1 port 80 is %s, %s", text,
             plug_addr_class_name(plug_addr_class(&a)));
    return strcmp(text, "[2001:db8::1]:80") == 0 ? 0 : -EBADMSG;
}

static int demo_lookup(struct demo *d)
{
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    char text[PLUG_ADDR_TEXT];
    int err;

    o.type = SOCK_STREAM;
    o.timeout = STEP_TIME;
    err = plug_resolve("localhost", NULL, &o, &list);
    if (err < 0)
        return err;
    plug_addr_host_text(&list->item[0].addr, text, sizeof text);
    snprintf(d->detail, sizeof d->detail, "localhost is %s", text);
    err = plug_addr_class(&list->item[0].addr) == PLUG_ADDR_LOOPBACK ? 0 : -EBADMSG;
    plug_resolve_free(list);
    return err;
}

/* --- exchanges -------------------------------------------------------------------------------- */

static const uint8_t *payload(void)
{
    static uint8_t bytes[PAYLOAD];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 131 + i / 256);
    return bytes;
}

/* All of it from one end to the other, and compared there. */
static int carry(struct demo *d, struct plug_sock *from, struct plug_sock *to, size_t len)
{
    static uint8_t got[PAYLOAD];
    int err = plug_sock_send_all(from, payload(), len, NULL);

    if (err == 0)
        err = plug_sock_recv_exact(to, got, len, NULL);
    if (err == 0 && memcmp(got, payload(), len) != 0)
        return mismatch(d, "the bytes differ");
    return err;
}

/* Where a listener can be reached, as an endpoint. */
static int reach(struct plug_sock *s, const char *scheme, char *text, size_t len)
{
    struct plug_addr addr;
    char where[PLUG_ADDR_TEXT];
    int err = plug_sock_local(s, &addr);

    if (err < 0)
        return err;
    plug_addr_text(&addr, where, sizeof where);
    snprintf(text, len, "%s%s", scheme, where);
    return 0;
}

static int both_ways(struct demo *d, struct plug_sock *a, struct plug_sock *b, size_t len)
{
    int err = carry(d, a, b, len);

    return err < 0 ? err : carry(d, b, a, len);
}

/* listen, connect, accept, both ways */
static int stream_exchange(struct demo *d, struct plug_sock *listener, const char *scheme)
{
    struct plug_sock *client, *served;
    char text[PLUG_ADDR_TEXT + 16];
    int err = reach(listener, scheme, text, sizeof text);

    if (err == 0)
        err = plug_dial(&client, text, NULL, NULL);
    if (err < 0)
        return err;
    err = plug_sock_accept(listener, &served, NULL);
    if (err == 0) {
        err = both_ways(d, client, served, PAYLOAD);
        plug_sock_close(served);
    }
    plug_sock_close(client);
    if (err == 0)
        snprintf(d->detail, sizeof d->detail, "%d bytes both ways over %s", PAYLOAD, text);
    return err;
}

static int demo_tcp(struct demo *d)
{
    struct plug_sock *listener;
    int err = plug_listen(&listener, "tcp://127.0.0.1:0", NULL);

    if (err < 0)
        return err;
    err = stream_exchange(d, listener, "tcp://");
    plug_listen_close(listener);
    return err;
}

static int demo_unix(struct demo *d)
{
    struct plug_sock *listener;
    uint64_t chance = 0;
    char text[64];
    int err = (int)plug_sys()->getrandom(&chance, sizeof chance, 0);

    snprintf(text, sizeof text, "unix:@plug-demo-%016llx", (unsigned long long)chance);
    if (err >= 0)
        err = plug_listen(&listener, text, NULL);
    if (err < 0)
        return err;
    err = stream_exchange(d, listener, "unix:");
    plug_listen_close(listener);
    return err;
}

static int datagrams(struct demo *d, struct plug_sock *client, struct plug_sock *bound)
{
    static uint8_t got[PAYLOAD];
    struct plug_addr from;
    int flags;
    ssize_t n = plug_sock_send(client, payload(), 1200, 0);

    if (n >= 0)
        n = plug_sock_recvfrom(bound, got, sizeof got, 0, &from, &flags);
    if (n >= 0 && (n != 1200 || memcmp(got, payload(), 1200) != 0))
        return mismatch(d, "the datagram differs");
    if (n >= 0)
        n = plug_sock_sendto(bound, got, (size_t)n, 0, &from);
    if (n >= 0)
        n = plug_sock_recv(client, got, sizeof got, 0);
    if (n >= 0 && (n != 1200 || memcmp(got, payload(), 1200) != 0))
        return mismatch(d, "the answer differs");
    return n < 0 ? (int)n : 0;
}

static int demo_udp(struct demo *d)
{
    struct plug_sock *bound, *client;
    char text[PLUG_ADDR_TEXT + 16];
    int err = plug_listen(&bound, "udp://127.0.0.1:0", NULL);

    if (err < 0)
        return err;
    err = reach(bound, "udp://", text, sizeof text);
    if (err == 0)
        err = plug_dial(&client, text, NULL, NULL);
    if (err == 0) {
        err = datagrams(d, client, bound);
        plug_sock_close(client);
    }
    plug_listen_close(bound);
    if (err == 0)
        snprintf(d->detail, sizeof d->detail, "1200 bytes there and back over %s", text);
    return err;
}

static int demo_ping(struct demo *d)
{
    struct plug_addr addr;
    struct plug_ping_event reply;
    char text[PLUG_ADDR_TEXT];
    int err = plug_addr_loopback(AF_INET, 0, &addr);

    if (err >= 0)
        err = plug_ping_once(&addr, NULL, &reply);
    if (err == -EPERM || err == -EACCES) {
        d->refused = true;
        (void)mismatch(d, "echo requests are not allowed here; 'plug ping 127.0.0.1' says how");
    }
    if (err < 0)
        return err;
    plug_addr_host_text(&reply.from, text, sizeof text);
    snprintf(d->detail, sizeof d->detail, "%zu bytes from %s in %.3f ms", reply.bytes, text,
             (double)reply.rtt / 1e6);
    return plug_addr_same_host(&reply.from, &addr) ? 0 : -EBADMSG;
}

/* --- the walk --------------------------------------------------------------------------------- */

#define SYN "ip/tcp(dport=80,flags=S,seq=0x1badcafe,options=[mss=1460,sackok,nop,wscale=7])"

/* A packet from its text, both checksums right, and its text from the packet. */
static int syn(struct plug_packet *ret)
{
    static uint8_t bytes[128];
    ssize_t n = plug_packet_build(SYN, NULL, bytes, sizeof bytes, NULL);
    return n < 0 ? (int)n : plug_packet_parse(PLUG_PACKET_IP4, bytes, (size_t)n, ret);
}

static int demo_packet(struct demo *d)
{
    struct plug_packet p;
    struct plug_packet_field sum;
    char text[256];
    int err = syn(&p);
    if (err < 0)
        return err;
    plug_packet_summary(&p, d->detail, sizeof d->detail);
    if (p.error || !plug_packet_field_find(&p, 1, "checksum", &sum) ||
        sum.verdict != PLUG_PACKET_CORRECT)
        return mismatch(d, "the checksum of TCP");
    plug_packet_text(&p, text, sizeof text);
    if (strcmp(text, "ip/tcp(seq=464374526,options=[mss=1460,sackok,nop,wscale=7])") != 0)
        return mismatch(d, "the text of the packet");
    return 0;
}

static void draw_packet(struct cmd *c)
{
    char text[4096];
    struct plug_packet p;
    if (c->json || syn(&p) < 0)
        return;
    plug_packet_diagram(&p, 1, cmd_width(c), text, sizeof text);
    cmd_print(c, "\n%s\n", text);
}

struct step {
    const char *name;
    int (*fn)(struct demo *d);
};

static const struct step steps[] = {
    {"pack", demo_pack}, {"address", demo_addr}, {"look-up", demo_lookup}, {"tcp", demo_tcp},
    {"udp", demo_udp},   {"unix", demo_unix},    {"ping", demo_ping},      {"packet", demo_packet},
};
#define COLUMN 22 /* where what a step did begins */
#define STEPS  (sizeof steps / sizeof steps[0])

static enum cmd_style style_of(const struct demo *d, int err)
{
    return d->refused ? CMD_DIM : err ? CMD_BAD : CMD_GOOD;
}

static const char *mark_of(const struct demo *d, int err)
{
    if (d->refused)
        return cmd_mark("–", "-");
    return err ? cmd_mark("✗", "x") : cmd_mark("✓", "+");
}

static void tell(struct cmd *c, const struct step *step, const struct demo *d, int err,
                 int64_t took)
{
    char time[32], text[CMD_SAFE_MAX];
    struct plug_json j;

    plug_duration_text(took, time, sizeof time);
    if (!c->json) {
        cmd_print(c, "%s%s%s %-8s %9s  ", cmd_style(c, style_of(d, err)), mark_of(d, err),
                  cmd_style(c, CMD_PLAIN), step->name, time);
        snprintf(text, sizeof text, "%s%s%s", cmd_safe_str(d->detail),
                 err && !d->refused && *d->detail ? ": " : "",
                 err && !d->refused ? plug_strerror(err) : "");
        cmd_wrap(c, text, COLUMN, COLUMN);
        return;
    }
    cmd_event(c, &j, "step");
    plug_json_string(&j, "name", step->name);
    if (d->refused)
        plug_json_null(&j, "ok");
    else
        plug_json_bool(&j, "ok", err == 0);
    plug_json_double(&j, "took_ms", (double)took / 1e6);
    plug_json_string(&j, "detail", d->detail);
    plug_json_string(&j, "error", err ? plug_err_name(err) : NULL);
    cmd_event_end(c, &j);
}

static void take(struct cmd *c, const struct step *step, struct demo_score *score)
{
    struct demo d = {.refused = false};
    struct plug_deadline scope;
    int64_t start = plug_now();
    int err;

    plug_deadline_enter(&scope, STEP_TIME);
    err = step->fn(&d);
    plug_deadline_leave(&scope);
    tell(c, step, &d, err, plug_now() - start);
    score->right += err == 0;
    score->failed += err != 0 && !d.refused;
}

static void sum_up(struct cmd *c, const struct demo_score *score, int64_t took)
{
    char time[32];
    struct plug_json j;

    plug_duration_text(took, time, sizeof time);
    if (!c->json) {
        cmd_print(c, "%zu of %zu right, %s\n", score->right, score->right + score->failed, time);
        return;
    }
    cmd_event(c, &j, "summary");
    plug_json_string(&j, "end_reason", "done");
    plug_json_uint(&j, "ok", score->right);
    plug_json_uint(&j, "failed", score->failed);
    plug_json_double(&j, "elapsed_ms", (double)took / 1e6);
    plug_json_int(&j, "exit", score->failed ? CMD_NO : CMD_YES);
    cmd_event_end(c, &j);
}

static int run(struct cmd *c)
{
    int64_t start = plug_now();
    struct demo_score score = {0, 0};
    int code = cmd_operands(c, 0, 0);

    if (code != CMD_YES)
        return code;
    for (size_t i = 0; i < STEPS && !cmd_signal(); i++) {
        take(c, &steps[i], &score);
        (void)cmd_flush(c);
    }
    draw_packet(c);
    demo_models(c, &score);
    if (cmd_signal())
        return cmd_signal_exit();
    sum_up(c, &score, plug_now() - start);
    return score.failed ? CMD_NO : CMD_YES;
}

const struct cmd_info cmd_demo = {
    .name = "demo",
    .summary = "a walk through plug on this machine, every byte checked",
    .operands = "",
    .examples = "plug demo          # each step, its time, what it did\n"
                "plug demo --json   # the same as events\n"
                "plug demo -q && echo all is well\n",
    .summary_event = true,
    .run = run,
};
