/* SPDX-License-Identifier: MIT */
/* Do the getters and putters cost more than stores written by hand? An ICMP and a TCP header. */
#include "bench.h"
#include <arpa/inet.h>
#include <plug/bytes.h>
#include <string.h>

/* Field by field, in the order of the wire; h.u64 is for the race of 64-bit numbers. */
struct fields {
    uint8_t type, code, offset, flags;
    uint16_t sum, id, sequence, source, target, window, urgent;
    uint32_t seq, ack;
    uint64_t u64;
};

static struct fields in, out;
static uint8_t wire[32];

typedef void once_fn(void);

/* --- by hand: what one writes with <arpa/inet.h>
 * -------------------------------------------------- */

static inline void store16(uint8_t *p, uint16_t v)
{
    v = htons(v);
    memcpy(p, &v, 2);
}

static inline void store32(uint8_t *p, uint32_t v)
{
    v = htonl(v);
    memcpy(p, &v, 4);
}

static inline uint16_t load16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, 2);
    return ntohs(v);
}

static inline uint32_t load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return ntohl(v);
}

static void hand_pack_icmp(void)
{
    wire[0] = in.type;
    wire[1] = in.code;
    store16(wire + 2, in.sum);
    store16(wire + 4, in.id);
    store16(wire + 6, in.sequence);
}

static void hand_unpack_icmp(void)
{
    out.type = wire[0];
    out.code = wire[1];
    out.sum = load16(wire + 2);
    out.id = load16(wire + 4);
    out.sequence = load16(wire + 6);
}

static void hand_pack_tcp(void)
{
    store16(wire, in.source);
    store16(wire + 2, in.target);
    store32(wire + 4, in.seq);
    store32(wire + 8, in.ack);
    wire[12] = in.offset;
    wire[13] = in.flags;
    store16(wire + 14, in.window);
    store16(wire + 16, in.sum);
    store16(wire + 18, in.urgent);
}

static void hand_unpack_tcp(void)
{
    out.source = load16(wire);
    out.target = load16(wire + 2);
    out.seq = load32(wire + 4);
    out.ack = load32(wire + 8);
    out.offset = wire[12];
    out.flags = wire[13];
    out.window = load16(wire + 14);
    out.sum = load16(wire + 16);
    out.urgent = load16(wire + 18);
}

/* 64 bits, which <arpa/inet.h> lacks: byte by byte, as many do */
static void hand_pack_u64(void)
{
    for (unsigned i = 0; i < 8; i++)
        wire[i] = (uint8_t)(in.u64 >> (56 - 8 * i));
}

static void hand_unpack_u64(void)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++)
        v = v << 8 | wire[i];
    out.u64 = v;
}

/* --- with plug
 * -------------------------------------------------------------------------------------- */

static void plug_pack_icmp(void)
{
    wire[0] = in.type;
    wire[1] = in.code;
    plug_put_be16(wire + 2, in.sum);
    plug_put_be16(wire + 4, in.id);
    plug_put_be16(wire + 6, in.sequence);
}

static void plug_unpack_icmp(void)
{
    out.type = wire[0];
    out.code = wire[1];
    out.sum = plug_get_be16(wire + 2);
    out.id = plug_get_be16(wire + 4);
    out.sequence = plug_get_be16(wire + 6);
}

static void plug_pack_tcp(void)
{
    plug_put_be16(wire, in.source);
    plug_put_be16(wire + 2, in.target);
    plug_put_be32(wire + 4, in.seq);
    plug_put_be32(wire + 8, in.ack);
    wire[12] = in.offset;
    wire[13] = in.flags;
    plug_put_be16(wire + 14, in.window);
    plug_put_be16(wire + 16, in.sum);
    plug_put_be16(wire + 18, in.urgent);
}

static void plug_unpack_tcp(void)
{
    out.source = plug_get_be16(wire);
    out.target = plug_get_be16(wire + 2);
    out.seq = plug_get_be32(wire + 4);
    out.ack = plug_get_be32(wire + 8);
    out.offset = wire[12];
    out.flags = wire[13];
    out.window = plug_get_be16(wire + 14);
    out.sum = plug_get_be16(wire + 16);
    out.urgent = plug_get_be16(wire + 18);
}

static void plug_pack_u64(void)
{
    plug_put_be64(wire, in.u64);
}

static void plug_unpack_u64(void)
{
    out.u64 = plug_get_be64(wire);
}

/* --- the race
 * ----------------------------------------------------------------------------------------- */

/* A loop of its own for each way, so that it is inlined as it is in real code. */
#define LOOP(name)                                                                                 \
    static void run_##name(void *arg, size_t rounds)                                               \
    {                                                                                              \
        (void)arg;                                                                                 \
        for (size_t i = 0; i < rounds; i++) {                                                      \
            bench_touch(&in);                                                                      \
            name();                                                                                \
            bench_touch(wire);                                                                     \
        }                                                                                          \
    }
LOOP(hand_pack_icmp)
LOOP(plug_pack_icmp)
LOOP(hand_unpack_icmp)
LOOP(plug_unpack_icmp)
LOOP(hand_pack_tcp)
LOOP(plug_pack_tcp)
LOOP(hand_unpack_tcp)
LOOP(plug_unpack_tcp)
LOOP(hand_pack_u64)
LOOP(plug_pack_u64)
LOOP(hand_unpack_u64)
LOOP(plug_unpack_u64)

struct question {
    const char *what;
    bench_fn *hand, *plug;
    once_fn *hand_once, *plug_once;
};

#define QUESTION(what, name)                                                                       \
    {                                                                                              \
        what, run_hand_##name, run_plug_##name, hand_##name, plug_##name                           \
    }
static const struct question questions[] = {
    QUESTION("pack an ICMP header (!BBHHH)", pack_icmp),
    QUESTION("unpack an ICMP header", unpack_icmp),
    QUESTION("pack a TCP header (!HHIIBBHHH)", pack_tcp),
    QUESTION("unpack a TCP header", unpack_tcp),
    QUESTION("pack a 64-bit number (!Q)", pack_u64),
    QUESTION("unpack a 64-bit number", unpack_u64),
};

/* Both ways write the same bytes and read the same fields. */
static void verify(const struct question *q)
{
    struct fields hand_out;
    uint8_t hand_wire[sizeof wire];

    memset(&out, 0, sizeof out);
    q->hand_once();
    hand_out = out;
    memcpy(hand_wire, wire, sizeof wire);
    memset(&out, 0, sizeof out);
    q->plug_once();
    bench_check(memcmp(&out, &hand_out, sizeof out) == 0, q->what);
    bench_check(memcmp(wire, hand_wire, sizeof wire) == 0, q->what);
}

int main(void)
{
    srandom(1);
    for (size_t i = 0; i < sizeof in; i++)
        ((uint8_t *)&in)[i] = (uint8_t)random();
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        const struct question *q = &questions[i];
        struct bench_row rows[] = {{.name = "by hand", .run = q->hand},
                                   {.name = "plug", .run = q->plug}};
        verify(q);
        bench_race("bytes", q->what, rows, 2);
        bench_bar(&rows[1], &rows[0], 1.2);
    }
    return bench_exit;
}
