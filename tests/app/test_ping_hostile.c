/* SPDX-License-Identifier: MIT */
/*
 * A host behind a TUN device that answers each request with something wrong, and then honestly. The
 * wrong thing must never be taken for the reply: then the honest one would be a duplicate. Request
 * number n is case n, so one run has all of them.
 */
#include "netns.h"
#include <errno.h>
#include <netinet/in.h>
#include <plug/bytes.h>
#include <plug/checksum.h>
#include <string.h>
#include <t.h>
#include <unistd.h>

#define CASES 1024
#define MTU   1500

/* --- packets ----------------------------------------------------------------------------- */

/* What is to be sent, before lengths and checksums. */
struct packet {
    int family;
    uint8_t src[16], dst[16], ttl;
    uint8_t options[40], options_len;
    uint8_t icmp[MTU];
    size_t icmp_len;
    uint16_t icmp_xor, ip_xor; /* what the checksums are wrong by */
    size_t cut;                /* bytes that are missing at the end */
    int first_byte;            /* of the IP header, instead of the right one; -1 */
    int length;                /* in the IP header, instead of the right one; -1 */
    uint16_t fragment;         /* flags and offset; IPv4 */
};

static int tun;
static uint8_t request[65536]; /* the one that is being answered */
static size_t request_len, request_header;

static size_t put4(const struct packet *p, uint8_t *b)
{
    size_t header = 20 + p->options_len, len = header + p->icmp_len;

    memset(b, 0, header);
    b[0] = (uint8_t)(p->first_byte >= 0 ? p->first_byte : 0x40 + (int)(header / 4));
    plug_put_be16(b + 2, (uint16_t)(p->length >= 0 ? p->length : (int)len));
    plug_put_be16(b + 6, p->fragment);
    b[8] = p->ttl;
    b[9] = 1;
    memcpy(b + 12, p->src, 4);
    memcpy(b + 16, p->dst, 4);
    memcpy(b + 20, p->options, p->options_len);
    plug_put_be16(b + 10, plug_checksum(b, header) ^ p->ip_xor);
    memcpy(b + header, p->icmp, p->icmp_len);
    plug_put_be16(b + header + 2, 0);
    plug_put_be16(b + header + 2, plug_checksum(b + header, p->icmp_len) ^ p->icmp_xor);
    return len;
}

static size_t put6(const struct packet *p, uint8_t *b)
{
    struct plug_checksum c = {0};

    memset(b, 0, 40);
    b[0] = (uint8_t)(p->first_byte >= 0 ? p->first_byte : 0x60);
    plug_put_be16(b + 4, (uint16_t)(p->length >= 0 ? p->length : (int)p->icmp_len));
    b[6] = 58;
    b[7] = p->ttl;
    memcpy(b + 8, p->src, 16);
    memcpy(b + 24, p->dst, 16);
    memcpy(b + 40, p->icmp, p->icmp_len);
    plug_put_be16(b + 42, 0);
    plug_checksum_add(&c, b + 8, 32);
    plug_checksum_add32(&c, (uint32_t)p->icmp_len);
    plug_checksum_add32(&c, 58);
    plug_checksum_add(&c, b + 40, p->icmp_len);
    plug_put_be16(b + 42, plug_checksum_finish(&c) ^ p->icmp_xor);
    return 40 + p->icmp_len;
}

static void emit(const struct packet *p)
{
    uint8_t b[MTU + 128];
    size_t len = p->family == AF_INET ? put4(p, b) : put6(p, b);

    len = p->cut < len ? len - p->cut : 0;
    (void)!write(tun, b, len); /* what the device itself refuses has come to nothing, too */
}

/* The honest reply to the request. */
static struct packet honest(void)
{
    struct packet p = {.ttl = 64, .first_byte = -1, .length = -1};

    p.family = request[0] >> 4 == 4 ? AF_INET : AF_INET6;
    memcpy(p.src, request + (p.family == AF_INET ? 16 : 24), p.family == AF_INET ? 4 : 16);
    memcpy(p.dst, request + (p.family == AF_INET ? 12 : 8), p.family == AF_INET ? 4 : 16);
    p.icmp_len = request_len - request_header;
    memcpy(p.icmp, request + request_header, p.icmp_len);
    p.icmp[0] = p.family == AF_INET ? 0 : 129;
    return p;
}

/* An ICMP error with the first bytes of the request. */
static struct packet error_of(uint8_t type, uint8_t code, size_t quoted)
{
    struct packet p = honest();

    p.src[p.family == AF_INET ? 3 : 15] = 77; /* a router */
    memset(p.icmp, 0, 8);
    p.icmp[0] = type;
    p.icmp[1] = code;
    if (type == 2)
        plug_put_be32(p.icmp + 4, 1280);
    quoted = quoted < request_len ? quoted : request_len;
    memcpy(p.icmp + 8, request, quoted);
    p.icmp_len = 8 + quoted;
    return p;
}

/* --- cases ------------------------------------------------------------------------------- */

enum want {
    IGNORED,  /* the honest one is the reply */
    ANSWERS,  /* it is a reply, and the honest one a duplicate */
    ENDS,     /* a true error: the honest one is late */
    NO_REPLY, /* whatever the kernel makes of it, but no reply */
    EITHER    /* a true reply in a wrapping that a kernel may take or not */
};

struct test_case {
    const char *name;
    void (*send)(int n);
    int n;
    enum want want;
};

static struct test_case table[CASES];
static size_t cases;

static void add(const char *name, void (*send)(int n), int n, enum want want)
{
    if (cases < CASES)
        table[cases++] = (struct test_case){name, send, n, want};
}

static void any_type(int type)
{
    struct packet p = honest();

    p.icmp[0] = (uint8_t)type;
    emit(&p);
}

static void any_code(int code)
{
    struct packet p = honest();

    p.icmp[1] = (uint8_t)code;
    emit(&p);
}

static void flip_bit_of_icmp(int bit)
{
    struct packet p = honest();

    p.icmp[4 + bit / 8] ^= (uint8_t)(1 << bit % 8);
    emit(&p);
}

static void other_source(int n)
{
    struct packet p = honest();

    p.src[p.family == AF_INET ? 3 : 15] ^= (uint8_t)n;
    emit(&p);
}

static void bad_sum(int wrong)
{
    struct packet p = honest();

    p.icmp_xor = (uint16_t)wrong;
    emit(&p);
}

static void bad_header_sum(int wrong)
{
    struct packet p = honest();

    p.ip_xor = (uint16_t)wrong;
    emit(&p);
}

static void shorter(int len)
{
    struct packet p = honest();

    p.icmp_len = (size_t)len;
    emit(&p);
}

static void longer(int by)
{
    struct packet p = honest();

    memset(p.icmp + p.icmp_len, 'x', (size_t)by);
    p.icmp_len += (size_t)by;
    emit(&p);
}

static void cut_off(int by)
{
    struct packet p = honest();

    p.cut = (size_t)by;
    emit(&p);
}

static void first_byte(int byte)
{
    struct packet p = honest();

    p.first_byte = byte;
    emit(&p);
}

static void length_lies(int length)
{
    struct packet p = honest();

    p.length = length;
    emit(&p);
}

static void fragment(int field)
{
    struct packet p = honest();

    p.fragment = (uint16_t)field;
    emit(&p);
}

static void ttl(int n)
{
    struct packet p = honest();

    p.ttl = (uint8_t)n;
    emit(&p);
}

/* No-operations, and a record of the route where there is room. */
static void options(int len)
{
    struct packet p = honest();

    p.options_len = (uint8_t)len;
    memset(p.options, 1, sizeof p.options);
    if (len >= 8) {
        p.options[0] = 7;
        p.options[1] = (uint8_t)len;
        p.options[2] = 4;
        memset(p.options + 3, 0, (size_t)len - 3);
    }
    emit(&p);
}

static void wild_options(int seed)
{
    struct packet p = honest();

    p.options_len = 40;
    for (size_t i = 0; i < 40; i++)
        p.options[i] = (uint8_t)(seed * 31 + (int)i * 17);
    emit(&p);
}

static void own_request(int n)
{
    struct packet p = honest();

    (void)n;
    p.icmp[0] = p.family == AF_INET ? 8 : 128;
    emit(&p);
}

static void earlier_number(int back)
{
    struct packet p = honest();

    plug_put_be16(p.icmp + 6, (uint16_t)(plug_get_be16(p.icmp + 6) - back));
    emit(&p);
}

static void random_data(int n)
{
    struct packet p = honest();

    for (size_t i = 8; i < p.icmp_len; i++)
        p.icmp[i] = (uint8_t)t_random();
    (void)n;
    emit(&p);
}

static void true_error(int type_code)
{
    struct packet p = error_of((uint8_t)(type_code >> 8), (uint8_t)type_code, 576);

    emit(&p);
}

static void short_quote(int len)
{
    struct packet p = honest();

    p = error_of(p.family == AF_INET ? 3 : 1, p.family == AF_INET ? 1 : 3, (size_t)len);
    emit(&p);
}

/* A byte of the quoted ICMP header or code is not ours; the checksums are right. */
static void wrong_quote(int at)
{
    struct packet p = honest();

    p = error_of(p.family == AF_INET ? 3 : 1, p.family == AF_INET ? 1 : 3, 576);
    p.icmp[8 + request_header + (size_t)at] ^= 0x55;
    emit(&p);
}

/* The quoted IP header is not of our request: version, length, protocol, addresses. */
static void wrong_quoted_header(int at)
{
    struct packet p = honest();

    p = error_of(p.family == AF_INET ? 3 : 1, p.family == AF_INET ? 1 : 3, 576);
    p.icmp[8 + at] ^= 0x0f;
    emit(&p);
}

static void error_with_bad_sum(int type)
{
    struct packet p = error_of((uint8_t)type, 1, 576);

    p.icmp_xor = 0x0101;
    emit(&p);
}

static void nothing(int n)
{
    (void)n;
    (void)!write(tun, "", 0);
}

static void garbage(int len)
{
    uint8_t b[MTU];

    for (int i = 0; i < len; i++)
        b[i] = (uint8_t)t_random();
    (void)!write(tun, b, (size_t)len);
}

/* What both families have. header: of the request's IP. */
static void common_cases(bool four)
{
    for (int i = 0; i < 256; i++)
        if (i != (four ? 0 : 129))
            add("type", any_type, i, NO_REPLY);
    for (int i = 1; i < 256; i += 7)
        add("code", any_code, i, IGNORED);
    for (int bit = 0; bit < 96; bit++) /* identifier, number, code */
        add("bit", flip_bit_of_icmp, bit, IGNORED);
    for (int i = 1; i < 8; i++)
        add("source", other_source, i * 3, IGNORED);
    for (int i = 0; i < 16; i++)
        add("sum", bad_sum, 1 << i, IGNORED);
    for (int i = 0; i < 16; i++)
        add("shorter", shorter, i, IGNORED);
    add("only the code", shorter, 16, ANSWERS);
    add("one byte is missing", shorter, 63, ANSWERS);
    for (int i = 1; i <= 64; i *= 2)
        add("longer", longer, i, IGNORED);
    for (int i = 1; i < 90; i += 5)
        add("cut", cut_off, i, IGNORED);
    add("ttl 255", ttl, 255, ANSWERS);
    add("ttl 1", ttl, 1, ANSWERS);
    add("request", own_request, 0, IGNORED);
    for (int i = 1; i < 5; i++)
        add("earlier", earlier_number, i, IGNORED);
    add("future", earlier_number, -1, IGNORED);
    add("half way", earlier_number, 32768, IGNORED);
    for (int i = 0; i < 8; i++)
        add("random data", random_data, i, IGNORED);
    for (int i = 0; i < 12; i++)
        add("wrong quote", wrong_quote, i == 0 ? 0 : i + (i > 1 ? 2 : 0), IGNORED);
    for (int i = 1; i < 200; i += 13)
        add("garbage", garbage, i, IGNORED);
    add("nothing", nothing, 0, IGNORED);
}

static void cases4(void)
{
    static const int errors[] = {0x0300, 0x0301, 0x0302, 0x0303, 0x0305, 0x0306,
                                 0x0307, 0x0309, 0x030a, 0x030d, 0x0b00, 0x0c00};

    cases = 0;
    common_cases(true);
    for (int i = 4; i <= 40; i += 4)
        add("options", options, i, ANSWERS);
    for (int i = 0; i < 8; i++)
        add("wild options", wild_options, i, EITHER);
    for (int i = 0; i < 16; i++)
        add("header sum", bad_header_sum, 1 << i, IGNORED);
    for (int i = 0; i < 16; i++)
        add("header length", first_byte, 0x40 + i, i == 5 ? ANSWERS : IGNORED);
    for (int i = 0; i < 16; i++)
        add("version", first_byte, i * 16 + 5, i == 4 ? ANSWERS : IGNORED);
    for (int i = 0; i < 84; i += 5)
        add("length", length_lies, i, i < 36 ? IGNORED : NO_REPLY);
    add("length", length_lies, 65535, IGNORED);
    add("fragment", fragment, 0x2000, IGNORED);
    add("fragment", fragment, 0x0001, IGNORED);
    add("fragment", fragment, 0x3fff, IGNORED);
    add("don't fragment", fragment, 0x4000, ANSWERS);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        add("error", true_error, errors[i], ENDS);
    add("reassembly", true_error, 0x0b01, IGNORED); /* Linux keeps it to itself */
    for (int i = 0; i < 28; i++)
        add("short quote", short_quote, i, IGNORED);
    add("least quote", short_quote, 28, ENDS);
    add("half of the code", short_quote, 32, ENDS);
    add("quoted version", wrong_quoted_header, 0, IGNORED);
    add("quoted protocol", wrong_quoted_header, 9, IGNORED);
    add("quoted target", wrong_quoted_header, 19, IGNORED);
    add("error", error_with_bad_sum, 3, IGNORED);
}

static void cases6(void)
{
    static const int errors[] = {0x0100, 0x0101, 0x0102, 0x0103, 0x0104, 0x0300, 0x0301, 0x0400};

    cases = 0;
    common_cases(false);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        add("error", true_error, errors[i], ENDS);
    for (int i = 0; i < 48; i++)
        add("short quote", short_quote, i, IGNORED);
    add("least quote", short_quote, 48, ENDS);
    for (int i = 0; i < 16; i++)
        add("version", first_byte, i * 16, i == 6 ? ANSWERS : IGNORED);
    for (int i = 0; i < 64; i += 5)
        add("length", length_lies, i, i < 16 ? IGNORED : NO_REPLY);
    add("quoted protocol", wrong_quoted_header, 6, IGNORED);
    add("quoted target", wrong_quoted_header, 39, IGNORED);
    add("error", error_with_bad_sum, 1, IGNORED);
}

/* --- the run ----------------------------------------------------------------------------- */

static struct plug_loop *loop;
static struct plug_ping *ping;
static unsigned replies[CASES + 1], duplicates[CASES + 1], late[CASES + 1], errors[CASES + 1];

static void note(struct plug_ping *p, const struct plug_ping_event *e, void *arg)
{
    (void)p;
    (void)arg;
    if (e->seq > CASES || e->type == PLUG_PING_UNMATCHED)
        return;
    replies[e->seq] += e->type == PLUG_PING_REPLY;
    duplicates[e->seq] += e->type == PLUG_PING_DUPLICATE;
    late[e->seq] += e->type == PLUG_PING_LATE;
    errors[e->seq] += e->type == PLUG_PING_ERROR;
}

static bool is_request(void)
{
    bool four = request[0] >> 4 == 4;

    request_header = four ? (size_t)(request[0] & 15) * 4 : 40;
    if (request_len < request_header + 8)
        return false;
    return four ? request[9] == 1 && request[request_header] == 8
                : request[6] == 58 && request[40] == 128;
}

static void on_tun(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    ssize_t n = read(fd, request, sizeof request);
    struct packet p;

    (void)l;
    (void)events;
    (void)arg;
    request_len = n < 0 ? 0 : (size_t)n;
    if (!is_request())
        return;
    size_t number = plug_get_be16(request + request_header + 6);
    if (number >= 1 && number <= cases)
        table[number - 1].send(table[number - 1].n);
    p = honest();
    emit(&p);
}

static void judge(size_t i)
{
    const struct test_case *t = &table[i];
    unsigned r = replies[i + 1], d = duplicates[i + 1], l = late[i + 1], e = errors[i + 1];
    bool right = t->want == IGNORED   ? r == 1 && d + l + e == 0
                 : t->want == ANSWERS ? r == 1 && d == 1 && l + e == 0
                 : t->want == EITHER  ? r == 1 && l + e == 0
                 : t->want == ENDS    ? r == 0 && d == 0 && l == 1 && e == 1
                                      : r + l == 1 && d == 0;

    if (!right)
        T_FAIL("case %zu, %s %d: %u replies, %u duplicates, %u late, %u errors", i + 1, t->name,
               t->n, r, d, l, e);
}

/* Every case, one request each; the honest host answers all. */
static void all_cases(const char *target, enum plug_ping_socket kind)
{
    struct plug_ping_opts o = PLUG_PING_OPTS;
    struct plug_addr a;
    struct plug_ping_stats s;

    memset(replies, 0, sizeof replies);
    memset(duplicates, 0, sizeof duplicates);
    memset(late, 0, sizeof late);
    memset(errors, 0, sizeof errors);
    o.socket = kind;
    o.count = cases + 1; /* the last one waits for what the one before has caused */
    o.interval = PLUG_US(300);
    o.timeout = PLUG_S(20);
    T_OK(plug_loop_open(&loop, PLUG_BACKEND_AUTO));
    T_OWN(plug_loop_close, loop);
    T_OK(plug_ping_open(&ping, loop, &o, note, NULL));
    T_OWN(plug_ping_close, ping);
    T_OK(plug_addr_parse(target, &a));
    T_OK(plug_ping_add(ping, &a));
    T_OK(plug_loop_watch(loop, tun, PLUG_READ, on_tun, NULL));
    T_OK(plug_ping_start(ping));
    while (plug_ping_running(ping))
        T_OK(plug_loop_turn(loop, PLUG_S(20)));
    plug_ping_stats(ping, 0, &s);
    T_EQ(s.sent, cases + 1);
    for (size_t i = 0; i < cases; i++)
        judge(i);
    T_EQ(s.received + s.lost, cases + 1);
}

/* A datagram to target: does it come out of the device? */
static bool comes_through(const struct plug_addr *target)
{
    uint8_t b[MTU + 128];
    struct plug_sock *s;
    bool came = false;

    T_OK(plug_sock_open(&s, plug_addr_family(target), SOCK_DGRAM, 0));
    (void)!plug_sock_sendto(s, "x", 1, MSG_DONTWAIT, target);
    plug_sock_close(s);
    while (plug_wait(tun, POLLIN, plug_deadline_after(PLUG_MS(10))) > 0) {
        ssize_t n = read(tun, b, sizeof b);
        came = came || (n > 0 && b[0] >> 4 == (plug_addr_family(target) == AF_INET ? 4 : 6) &&
                        b[b[0] >> 4 == 4 ? 9 : 6] == IPPROTO_UDP);
    }
    return came;
}

/* The kernel takes a while before a new interface has its routes and its queue. */
static void reachable(const char *target)
{
    struct plug_addr a;

    T_OK(plug_addr_parse_ip(target, AF_UNSPEC, 9, &a));
    for (int i = 0; !comes_through(&a); i++)
        T_TRUE(i < 1000);
}

static void network(void)
{
    netns_own();
    tun = netns_tun("tun0", "10.77.0.1/24", "fd77::1/64");
    reachable("10.77.0.9");
    reachable("fd77::9");
    netns_sysctl(NETNS_OWN, "ipv4/conf/all/accept_redirects", "0");
    netns_sysctl(NETNS_OWN, "ipv6/conf/all/accept_redirects", "0");
}

T_TEST_PLAIN(hostile_answers_over_ipv4_to_a_datagram_socket)
{
    network();
    cases4();
    T_TRUE(cases >= 300);
    all_cases("10.77.0.9", PLUG_PING_DGRAM);
}

T_TEST_PLAIN(hostile_answers_over_ipv4_to_a_raw_socket)
{
    network();
    cases4();
    all_cases("10.77.0.9", PLUG_PING_RAW);
}

T_TEST_PLAIN(hostile_answers_over_ipv6_to_a_datagram_socket)
{
    network();
    cases6();
    T_TRUE(cases >= 300);
    all_cases("fd77::9", PLUG_PING_DGRAM);
}

T_TEST_PLAIN(hostile_answers_over_ipv6_to_a_raw_socket)
{
    network();
    cases6();
    all_cases("fd77::9", PLUG_PING_RAW);
}
