/* SPDX-License-Identifier: MIT */
/*
 * Answers from hell: a TUN interface behind which a liar sits. Each case sends one forged message
 * from LIAR, then the right one from ROUTER; whose the answer is tells whether the forged one was
 * believed. Every method, both families, with and without raw sockets.
 */
#include <netns.h>
#include <t.h>
#include <traced.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROUTER   5
#define LIAR     66
#define HOST     9
#define PACKET   2048
#define TURN     PLUG_S(20) /* longer than any machine takes */
#define TIME_OUT PLUG_S(30)

struct scene {
    int family, tun;
    enum plug_traceroute_method method;
    struct traced *r;
    uint8_t probe[PACKET]; /* what was sent last */
    size_t probe_len;
};

/* A message about to be sent; what a case changes. */
struct forge {
    unsigned from;
    uint8_t type, code, ttl, options;
    uint32_t word;
    uint8_t quote[PACKET]; /* or the body */
    size_t len;
    uint8_t objects[1024];
    size_t objects_len;
    unsigned given;
    bool bad_checksum;
};

static bool four(const struct scene *s)
{
    return s->family == AF_INET;
}

static size_t header(const struct scene *s)
{
    return four(s) ? PLUG_IP4_LEN : PLUG_IP6_LEN;
}

/* --- the wire ------------------------------------------------------------------------------ */

static void addresses(const struct scene *s, unsigned from, uint8_t src[16], uint8_t dst[16])
{
    size_t n = four(s) ? 4 : 16;

    memcpy(src, s->probe + (four(s) ? 16 : 24), n); /* the host, then another of its network */
    src[n - 1] = (uint8_t)from;
    memcpy(dst, s->probe + (four(s) ? 12 : 8), n);
}

static void put_packet(struct scene *s, unsigned from, uint8_t protocol, const uint8_t *payload,
                       size_t len, const struct forge *f)
{
    static const uint8_t nops[40] = {[0 ... 39] = 1};
    uint8_t packet[2 * PACKET], src[16], dst[16];
    uint8_t ttl = f != NULL ? f->ttl : 61;
    int n;

    addresses(s, from, src, dst);
    if (four(s)) {
        struct plug_ip4 ip = {.ttl = ttl, .protocol = protocol, .options = nops};
        ip.options_len = f != NULL ? f->options : 0;
        memcpy(ip.src, src, 4);
        memcpy(ip.dst, dst, 4);
        n = plug_ip4_build(&ip, len, packet, sizeof packet);
    } else {
        struct plug_ip6 ip = {.hop_limit = ttl, .next_header = protocol};
        memcpy(ip.src, src, 16);
        memcpy(ip.dst, dst, 16);
        n = plug_ip6_build(&ip, len, packet, sizeof packet);
    }
    T_OK(n);
    memcpy(packet + n, payload, len);
    T_EQ(write(s->tun, packet, (size_t)n + len), n + (ssize_t)len);
}

static void put_icmp(struct scene *s, const struct forge *f)
{
    uint8_t bytes[2 * PACKET], src[16], dst[16];
    struct plug_pseudo ps = {s->family, src, dst};
    struct plug_icmp m = {.family = s->family,
                          .type = f->type,
                          .code = f->code,
                          .word = f->word,
                          .id = (uint16_t)(f->word >> 16),
                          .seq = (uint16_t)f->word,
                          .body = f->quote,
                          .body_len = f->len,
                          .objects = f->objects,
                          .objects_len = f->objects_len,
                          .given = f->given};

    addresses(s, f->from, src, dst);
    int len = plug_icmp_build(&m, four(s) ? NULL : &ps, bytes, sizeof bytes);
    T_OK(len);
    if (f->bad_checksum)
        bytes[2] ^= 0x55;
    put_packet(s, f->from, four(s) ? 1 : 58, bytes, (size_t)len, f);
}

/* The next probe: other packets (router solicitations) are passed over. */
static void take_probe(struct scene *s)
{
    static const uint8_t protocol[][2] = {{17, 17}, {1, 58}, {6, 6}};

    for (int64_t end = plug_now() + TURN; plug_now() < end;) {
        struct pollfd p = {s->tun, POLLIN, 0};
        T_OK(plug_loop_turn(s->r->loop, 0));
        if (poll(&p, 1, 5) < 1)
            continue;
        ssize_t n = read(s->tun, s->probe, sizeof s->probe);
        if (n > 28 && s->probe[0] >> 4 == (four(s) ? 4 : 6) &&
            s->probe[four(s) ? 9 : 6] == protocol[s->method][!four(s)] &&
            s->probe[four(s) ? 19 : 39] == HOST) {
            s->probe_len = (size_t)n;
            return;
        }
    }
    T_FAIL("no probe was sent");
}

/* Turns the loop until this many events of a type have come. */
static void until(struct scene *s, enum plug_traceroute_event_type type, size_t count)
{
    for (int64_t end = plug_now() + TURN; s->r->kinds[type] < count && plug_now() < end;)
        T_OK(plug_loop_turn(s->r->loop, PLUG_MS(50)));
    if (s->r->kinds[type] < count)
        T_FAIL("family %d method %d %s: no event %d, %zu events", s->family, s->method,
               s->r->sum.raw ? "raw" : "plain", type, s->r->count);
}

/* --- scenes -------------------------------------------------------------------------------- */

/* Time exceeded, with all of the probe. */
static struct forge right(const struct scene *s, unsigned from)
{
    struct forge f = {.from = from, .ttl = 61, .type = four(s) ? 11 : 3, .len = s->probe_len};

    memcpy(f.quote, s->probe, s->probe_len);
    return f;
}

static struct traced *open_trace(struct scene *s, enum plug_traceroute_socket socket,
                                 struct plug_traceroute_opts *o)
{
    *o = traced_opts(s->method, socket);
    o->max_ttl = 1;
    o->probes = 1;
    o->wait = TIME_OUT;
    return traced_open(four(s) ? "10.98.0.9" : "fd98::9", o);
}

typedef void mangle_fn(struct forge *f, const struct scene *s, unsigned n);

/* What becomes of one case: sent by LIAR, then the right one by ROUTER. */
static void play(struct scene *s, enum plug_traceroute_socket socket, mangle_fn *mangle, unsigned n,
                 bool believed)
{
    struct plug_traceroute_opts o;
    char text[64];

    s->r = open_trace(s, socket, &o);
    plug_traceroute_summary(s->r->t, &s->r->sum);
    T_OK(plug_traceroute_start(s->r->t));
    take_probe(s);
    struct forge f = right(s, LIAR);
    mangle(&f, s, n);
    put_icmp(s, &f);
    f = right(s, ROUTER);
    put_icmp(s, &f);
    until(s, PLUG_TRACEROUTE_END, 1);
    const struct plug_traceroute_event *e = traced_event(s->r, PLUG_TRACEROUTE_ANSWER, 0);
    if (e == NULL && s->method == PLUG_TRACEROUTE_TCP && socket == PLUG_TRACEROUTE_PLAIN) {
        traced_close(s->r); /* the kernel gave the attempt up: an honest loss */
        return;
    }
    T_TRUE(e != NULL);
    plug_addr_host_text(&e->from, text, sizeof text);
    size_t len = strlen(text);
    const char *who = four(s) ? (believed ? ".66" : ".5") : (believed ? ":42" : ":5");
    if (len < strlen(who) || strcmp(text + len - strlen(who), who) != 0)
        T_FAIL("family %d method %d socket %d case %u: answer of %s", s->family, s->method, socket,
               n, text);
    T_EQ(s->r->kinds[PLUG_TRACEROUTE_ANSWER], 1);
    T_EQ(s->r->kinds[PLUG_TRACEROUTE_LOST], 0);
    traced_close(s->r);
}

/* Every method and family over the sockets given. */
static void play_all(mangle_fn *mangle, unsigned cases, bool believed, bool plain_too)
{
    int tun = netns_tun("tun0", "10.98.0.1/24", "fd98::1/64");

    for (unsigned i = 0; i < 2 * 3 * 2; i++) {
        struct scene s = {.family = i % 2 ? AF_INET6 : AF_INET,
                          .method = (enum plug_traceroute_method)(i / 2 % 3),
                          .tun = tun};
        enum plug_traceroute_socket socket = i / 6 ? PLUG_TRACEROUTE_PLAIN : PLUG_TRACEROUTE_RAW;
        for (unsigned n = 0; n < cases && (plain_too || socket == PLUG_TRACEROUTE_RAW); n++)
            play(&s, socket, mangle, n, believed);
    }
}

/* --- cases that nobody may believe --------------------------------------------------------- */

/* Shorter than what tells one probe from another: 8 bytes of the transport's header. */
static void short_quote(struct forge *f, const struct scene *s, unsigned n)
{
    const size_t len[] = {
        0, 1, header(s) - 1, header(s), header(s) + 1, header(s) + 3, header(s) + 6};

    f->len = len[n];
}

T_TEST_PLAIN(quotes_that_are_too_short)
{
    play_all(short_quote, 7, false, true);
}

static void wrong_header(struct forge *f, const struct scene *s, unsigned n)
{
    uint8_t *q = f->quote;

    switch (n) {
    case 0:
        q[four(s) ? 9 : 6] ^= 0x80; /* protocol */
        break;
    case 1:
        q[four(s) ? 19 : 39] ^= 1; /* destination */
        break;
    default:
        memset(q, 0xFF, f->len);
        break;
    }
}

T_TEST_PLAIN(quotes_of_other_datagrams)
{
    play_all(wrong_header, 3, false, true);
}

/* The kernel does not mind, where it is the judge. */
static void wrong_version(struct forge *f, const struct scene *s, unsigned n)
{
    static const uint8_t first4[] = {0x65, 0x00, 0x44, 0x4F}, first6[] = {0x40, 0x00, 0xF0, 0x50};

    if (n < 4)
        f->quote[0] = four(s) ? first4[n] : first6[n];
    else /* a later fragment: there are no ports in it */
        f->quote[four(s) ? 7 : 6] = four(s) ? 1 : 44;
}

T_TEST_PLAIN(quotes_of_another_version)
{
    play_all(wrong_version, 5, false, false);
}

/* Each of the bytes that tell: ports or type, identifier, sequence number; and the random ones. */
static void wrong_transport(struct forge *f, const struct scene *s, unsigned n)
{
    static const uint8_t udp[] = {0, 1, 2, 3, 8, 11, 15}, icmp[] = {0, 4, 5, 6, 7, 8, 15},
                         tcp[] = {0, 1, 2, 3, 4, 5, 7};
    const uint8_t *at = s->method == PLUG_TRACEROUTE_UDP    ? udp
                        : s->method == PLUG_TRACEROUTE_ICMP ? icmp
                                                            : tcp;

    f->quote[header(s) + at[n]] ^= 0x40;
}

T_TEST_PLAIN(quotes_with_a_wrong_bit)
{
    play_all(wrong_transport, 7, false, true);
}

/* Messages that say nothing about the probe. */
static void wrong_message(struct forge *f, const struct scene *s, unsigned n)
{
    static const uint8_t type4[] = {4, 5, 8, 9, 10, 13, 14, 40, 99, 255},
                         type6[] = {0, 5, 99, 127, 128, 130, 137, 138, 200, 255};

    if (n < 10)
        f->type = four(s) ? type4[n] : type6[n];
    else
        f->bad_checksum = true;
}

T_TEST_PLAIN(messages_of_other_types)
{
    play_all(wrong_message, 11, false, true);
}

/* Echo replies: to nobody, to another, without the random bytes, from another host. */
static void wrong_reply(struct forge *f, const struct scene *s, unsigned n)
{
    const uint8_t *sent = s->probe + header(s);

    f->type = four(s) ? 0 : 129;
    f->word = plug_get_be32(sent + 4);
    memcpy(f->quote, sent + 8, s->probe_len - header(s) - 8);
    f->len = s->probe_len - header(s) - 8;
    if (n > 0)
        f->from = HOST;
    if (n == 1)
        f->word ^= 1;
    if (n == 2)
        f->word ^= 1 << 16;
    if (n == 3)
        f->len = 0;
    if (n == 4)
        f->len = 7;
    if (n == 5)
        f->quote[7] ^= 1;
    if (n == 6)
        f->code = 1;
}

T_TEST_PLAIN(echo_replies_that_are_none)
{
    play_all(wrong_reply, 7, false, true);
}

/* --- cases that are odd, but right --------------------------------------------------------- */

static void odd(struct forge *f, const struct scene *s, unsigned n)
{
    size_t enough = header(s) + 8;

    if (n == 0)
        f->len = enough; /* as routers before RFC 1812 quote it */
    if (n == 1)
        f->quote[four(s) ? 8 : 7] = 0;
    if (n == 2)
        f->quote[four(s) ? 8 : 7] = 255;
    if (n == 3 && four(s))
        memset(f->quote + 2, 0, 2); /* a total length that somebody has changed */
    if (n == 4)
        f->ttl = 255;
    if (n == 5 && four(s))
        f->options = 40;
    if (n == 6)
        f->len += 1000; /* more than was sent */
    if (n == 7)
        f->type = four(s) ? 3 : 1; /* and the code 0: no route */
}

T_TEST_PLAIN(answers_that_are_odd_but_right)
{
    play_all(odd, 8, true, false);
}

T_TEST_PLAIN(the_shortest_quote_is_enough_for_one)
{
    play_all(odd, 1, true, true);
}

/* IP options and extension headers in the quote, of every length. */
static void options(struct forge *f, const struct scene *s, unsigned n)
{
    size_t more = four(s) ? 4 * ((size_t)n + 1) : 8;

    memmove(f->quote + header(s) + more, f->quote + header(s), f->len - header(s));
    memset(f->quote + header(s), four(s) ? 1 : 0, more);
    f->len += more;
    if (four(s)) {
        f->quote[0] = (uint8_t)(0x40 | (5 + n + 1));
    } else {
        f->quote[header(s)] = f->quote[6];
        f->quote[header(s) + 2] = 1; /* PadN of 4 bytes */
        f->quote[header(s) + 3] = 4;
        f->quote[6] = 60;
    }
}

T_TEST_PLAIN(quotes_with_options)
{
    play_all(options, 10, true, false);
}

/* --- extensions ---------------------------------------------------------------------------- */

static size_t labels_wanted, objects_wanted;

/* Label stacks of any length, and objects that lie about theirs. */
static void extensions(struct forge *f, const struct scene *s, unsigned n)
{
    static const size_t stack[] = {0, 1, 2, 7, 8, 9, 100};
    size_t count = n < 7 ? stack[n] : 1;

    (void)s;
    f->objects_len = 4 + 4 * count;
    plug_put_be16(f->objects, (uint16_t)f->objects_len);
    f->objects[2] = f->objects[3] = 1;
    for (size_t i = 0; i < count; i++)
        plug_put_be32(f->objects + 4 + 4 * i,
                      (uint32_t)(16000 + i) << 12 | (i + 1 == count ? 0x100u : 0) | 7);
    labels_wanted = count < PLUG_TRACEROUTE_LABELS ? count : PLUG_TRACEROUTE_LABELS;
    objects_wanted = count == 0;
    if (n == 7) /* another class */
        f->objects[2] = 9;
    if (n == 8)
        plug_put_be16(f->objects, 3);
    if (n == 9)
        plug_put_be16(f->objects, 0);
    if (n == 10)
        plug_put_be16(f->objects, 65535);
    if (n >= 7) {
        labels_wanted = 0;
        objects_wanted = n == 7;
    }
}

static void extended(int family, enum plug_traceroute_method method,
                     enum plug_traceroute_socket socket, int tun, unsigned n)
{
    struct scene s = {.family = family, .method = method, .tun = tun};
    struct plug_traceroute_opts o;

    s.r = open_trace(&s, socket, &o);
    T_OK(plug_traceroute_start(s.r->t));
    take_probe(&s);
    struct forge f = right(&s, ROUTER);
    extensions(&f, &s, n);
    put_icmp(&s, &f);
    until(&s, PLUG_TRACEROUTE_END, 1);
    const struct plug_traceroute_event *e = traced_event(s.r, PLUG_TRACEROUTE_ANSWER, 0);
    T_TRUE(e != NULL);
    T_EQ(e->label_count, labels_wanted);
    T_EQ(e->objects, objects_wanted);
    for (size_t i = 0; i < e->label_count; i++) {
        T_EQ(e->label[i].label, 16000 + i);
        T_EQ(e->label[i].ttl, 7);
    }
    traced_close(s.r);
}

T_TEST_PLAIN(extensions_of_any_length)
{
    int tun = netns_tun("tun0", "10.98.0.1/24", "fd98::1/64");

    for (unsigned n = 0; n < 11; n++)
        for (unsigned i = 0; i < 8; i++)
            extended(i % 2 ? AF_INET6 : AF_INET,
                     i / 2 % 2 ? PLUG_TRACEROUTE_ICMP : PLUG_TRACEROUTE_UDP,
                     i / 4 ? PLUG_TRACEROUTE_PLAIN : PLUG_TRACEROUTE_RAW, tun, n);
}

/* --- quotes without payload ---------------------------------------------------------------- */

/* Of several UDP probes without a privilege it cannot be told which one: they go one at a time. */
T_TEST_PLAIN(quotes_that_tell_nothing_slow_it_down)
{
    struct scene s = {.family = AF_INET, .method = PLUG_TRACEROUTE_UDP};
    struct plug_traceroute_opts o = traced_opts(s.method, PLUG_TRACEROUTE_PLAIN);
    o.max_ttl = 1;
    o.wait = PLUG_S(1);

    s.tun = netns_tun("tun0", "10.98.0.1/24", NULL);
    s.r = traced_open("10.98.0.9", &o);
    T_OK(plug_traceroute_start(s.r->t));
    for (int i = 0; i < 6; i++) { /* three side by side, the same again one by one */
        take_probe(&s);
        struct forge f = right(&s, ROUTER);
        f.len = PLUG_IP4_LEN + 8;
        put_icmp(&s, &f);
    }
    until(&s, PLUG_TRACEROUTE_END, 1);
    plug_traceroute_summary(s.r->t, &s.r->sum);
    T_TRUE(s.r->sum.one_by_one);
    T_EQ(s.r->sum.received, 3);
    T_EQ(s.r->kinds[PLUG_TRACEROUTE_UNMATCHED], 3);
}
