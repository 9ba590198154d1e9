/* SPDX-License-Identifier: MIT */
/*
 * How fast are packing and unpacking, beside CPython's struct and beside stores by hand? The
 * interpreter is python3 of the PATH; it runs its own loop and is asked over a pipe, 20 us in 2 ms.
 */
#include "bench.h"
#include <plug/bytes.h>
#include <plug/hex.h>
#include <plug/struct.h>
#include <arpa/inet.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#define VALUES_MOST 9

extern char **environ;

/* --- CPython ------------------------------------------------------------------------------- */

static FILE *to_python, *from_python;

static const char program[] = "import struct, sys, timeit\n"
                              "case = {'!BBHHh': (8, 0, 54321, 77, 3), 'I3sf': (1, b'abc', 2.7), "
                              "'!HHIIBBHHH': (1, 2, 3, 4, 5, 6, "
                              "7, 8, 9)}\n"
                              "timers = {}\n"
                              "for f, v in case.items():\n"
                              "    s = struct.Struct(f)\n"
                              "    names = dict(pack=s.pack, unpack=s.unpack, mpack=struct.pack, "
                              "munpack=struct.unpack, f=f, b=s.pack"
                              "(*v))\n"
                              "    a = ', '.join(map(repr, v))\n"
                              "    for k, t in {'pack': f'pack({a})', 'unpack': 'unpack(b)', "
                              "'mpack': f'mpack({f!r}, {a})', 'munpack'"
                              ": f'munpack({f!r}, b)'}.items():\n"
                              "        timers[k + f] = timeit.Timer(t, globals=names)\n"
                              "print(sys.version.split()[0], flush=True)\n"
                              "for line in sys.stdin:\n"
                              "    k, n = line.split()\n"
                              "    timers[k].timeit(int(n))\n"
                              "    print(flush=True)\n";

/* false: there is no python3. */
static bool start_python(void)
{
    char *argv[] = {"python3", "-c", (char *)program, NULL}, version[64];
    posix_spawn_file_actions_t actions;
    int in[2], out[2];
    pid_t pid;
    if (pipe(in) < 0 || pipe(out) < 0)
        return false;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_addclose(&actions, in[1]);
    int err = posix_spawnp(&pid, "python3", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    to_python = fdopen(in[1], "w");
    from_python = fdopen(out[0], "r");
    if (err || !to_python || !from_python || !fgets(version, sizeof version, from_python))
        return false;
    fprintf(stderr, "CPython %s", version);
    return true;
}

static void run_python(void *arg, size_t rounds)
{
    char line[8];
    fprintf(to_python, "%s %zu\n", (const char *)arg, rounds);
    fflush(to_python);
    bench_check(fgets(line, sizeof line, from_python) != NULL, "python3");
}

/* --- plug_struct --------------------------------------------------------------------------- */

struct job {
    const char *format;
    struct plug_struct *s;
    struct plug_value values[VALUES_MOST], got[VALUES_MOST];
    size_t count, size;
    uint8_t bytes[64];
};

static volatile ssize_t sink;

static void run_pack(void *arg, size_t rounds)
{
    struct job *j = arg;
    for (size_t i = 0; i < rounds; i++) {
        bench_touch(j->values);
        sink = plug_struct_pack(j->s, j->values, j->count, j->bytes, sizeof j->bytes, NULL);
    }
}

static void run_unpack(void *arg, size_t rounds)
{
    struct job *j = arg;
    for (size_t i = 0; i < rounds; i++) {
        bench_touch(j->bytes);
        sink = plug_struct_unpack(j->s, j->bytes, j->size, j->got, VALUES_MOST, NULL);
    }
}

static void run_text_pack(void *arg, size_t rounds)
{
    struct job *j = arg;
    for (size_t i = 0; i < rounds; i++) {
        bench_touch(j->values);
        sink = plug_pack(j->format, j->values, j->count, j->bytes, sizeof j->bytes, NULL);
    }
}

static void run_text_unpack(void *arg, size_t rounds)
{
    struct job *j = arg;
    for (size_t i = 0; i < rounds; i++) {
        bench_touch(j->bytes);
        sink = plug_unpack(j->format, j->bytes, j->size, j->got, VALUES_MOST, NULL);
    }
}

/* --- by hand, by getters and putters, and by the macros, which take C variables ------------ */

struct echo {
    uint8_t type, code;
    uint16_t sum, id;
    int16_t seq;
};
struct sample {
    uint32_t number;
    char text[4];
    float x;
};
struct packet {
    uint16_t a, b;
    uint32_t c, d;
    uint8_t e, f;
    uint16_t g, h, i;
};
static struct echo echo = {8, 0, 54321, 77, 3};
static struct sample sample = {1, "abc", 2.7f};
static struct packet packet = {1, 2, 3, 4, 5, 6, 7, 8, 9};
static uint8_t raw[64];

#define CONTEST(name, from, ...)                                                                   \
    static void name(void *arg, size_t rounds)                                                     \
    {                                                                                              \
        struct job *j = arg;                                                                       \
        uint8_t *p = raw;                                                                          \
        (void)j;                                                                                   \
        for (size_t i = 0; i < rounds; i++) {                                                      \
            bench_touch(from);                                                                     \
            __VA_ARGS__;                                                                           \
            bench_touch(p);                                                                        \
        }                                                                                          \
    }
#define STORE(at, x)   memcpy(p + (at), &(x), sizeof(x))
#define STORE16(at, x) STORE(at, (uint16_t){htons(x)})
#define STORE32(at, x) STORE(at, (uint32_t){htonl(x)})
#define LOAD16(at)                                                                                 \
    ntohs(({                                                                                       \
        uint16_t x_;                                                                               \
        memcpy(&x_, p + (at), 2);                                                                  \
        x_;                                                                                        \
    }))
#define LOAD32(at)                                                                                 \
    ntohl(({                                                                                       \
        uint32_t x_;                                                                               \
        memcpy(&x_, p + (at), 4);                                                                  \
        x_;                                                                                        \
    }))

CONTEST(hand_pack_echo, &echo, p[0] = echo.type, p[1] = echo.code, STORE16(2, echo.sum),
        STORE16(4, echo.id), STORE16(6, (uint16_t)echo.seq))
CONTEST(hand_unpack_echo, &echo, echo.type = p[0], echo.code = p[1], echo.sum = LOAD16(2),
        echo.id = LOAD16(4), echo.seq = (int16_t)LOAD16(6))
CONTEST(put_echo, &echo, p[0] = echo.type, p[1] = echo.code, plug_put_be16(p + 2, echo.sum),
        plug_put_be16(p + 4, echo.id), plug_put_be16(p + 6, (uint16_t)echo.seq))
CONTEST(get_echo, &echo, echo.type = p[0], echo.code = p[1], echo.sum = plug_get_be16(p + 2),
        echo.id = plug_get_be16(p + 4), echo.seq = (int16_t)plug_get_be16(p + 6))
CONTEST(macro_pack_echo, &echo,
        sink = PLUG_STRUCT_PACK(j->s, p, sizeof raw, NULL, echo.type, echo.code, echo.sum, echo.id,
                                echo.seq))
CONTEST(macro_unpack_echo, &echo,
        sink = PLUG_STRUCT_UNPACK(j->s, p, 8, NULL, &echo.type, &echo.code, &echo.sum, &echo.id,
                                  &echo.seq))

CONTEST(hand_pack_sample, &sample, STORE(0, sample.number), memcpy(p + 4, sample.text, 3), p[7] = 0,
        STORE(8, sample.x))
CONTEST(hand_unpack_sample, &sample, memcpy(&sample.number, p, 4), memcpy(sample.text, p + 4, 3),
        memcpy(&sample.x, p + 8, 4))
CONTEST(put_sample, &sample, plug_put_le32(p, sample.number), memcpy(p + 4, sample.text, 3),
        p[7] = 0, STORE(8, sample.x))
CONTEST(get_sample, &sample, sample.number = plug_get_le32(p), memcpy(sample.text, p + 4, 3),
        memcpy(&sample.x, p + 8, 4))
CONTEST(macro_pack_sample, &sample,
        sink = PLUG_STRUCT_PACK(j->s, p, sizeof raw, NULL, sample.number,
                                plug_value_bytes(sample.text, 3), sample.x))
CONTEST(macro_unpack_sample, &sample,
        sink = PLUG_STRUCT_UNPACK(j->s, p, 12, NULL, &sample.number, plug_into(sample.text, 4),
                                  &sample.x))

CONTEST(hand_pack_packet, &packet, STORE16(0, packet.a), STORE16(2, packet.b), STORE32(4, packet.c),
        STORE32(8, packet.d), p[12] = packet.e, p[13] = packet.f, STORE16(14, packet.g),
        STORE16(16, packet.h), STORE16(18, packet.i))
CONTEST(hand_unpack_packet, &packet, packet.a = LOAD16(0), packet.b = LOAD16(2),
        packet.c = LOAD32(4), packet.d = LOAD32(8), packet.e = p[12], packet.f = p[13],
        packet.g = LOAD16(14), packet.h = LOAD16(16), packet.i = LOAD16(18))
CONTEST(put_packet, &packet, plug_put_be16(p, packet.a), plug_put_be16(p + 2, packet.b),
        plug_put_be32(p + 4, packet.c), plug_put_be32(p + 8, packet.d), p[12] = packet.e,
        p[13] = packet.f, plug_put_be16(p + 14, packet.g), plug_put_be16(p + 16, packet.h),
        plug_put_be16(p + 18, packet.i))
CONTEST(get_packet, &packet, packet.a = plug_get_be16(p), packet.b = plug_get_be16(p + 2),
        packet.c = plug_get_be32(p + 4), packet.d = plug_get_be32(p + 8), packet.e = p[12],
        packet.f = p[13], packet.g = plug_get_be16(p + 14), packet.h = plug_get_be16(p + 16),
        packet.i = plug_get_be16(p + 18))
CONTEST(macro_pack_packet, &packet,
        sink = PLUG_STRUCT_PACK(j->s, p, sizeof raw, NULL, packet.a, packet.b, packet.c, packet.d,
                                packet.e, packet.f, packet.g, packet.h, packet.i))
CONTEST(macro_unpack_packet, &packet,
        sink = PLUG_STRUCT_UNPACK(j->s, p, 20, NULL, &packet.a, &packet.b, &packet.c, &packet.d,
                                  &packet.e, &packet.f, &packet.g, &packet.h, &packet.i))

/* --- the races ----------------------------------------------------------------------------- */

/* hand, inline and macro of packing, then of unpacking */
struct contest {
    struct job job;
    bench_fn *hand[2], *inlined[2], *macro[2];
    const char *want;
};

static void check(struct contest *t)
{
    char hex[64];
    struct job *j = &t->job;
    bench_fn *const packers[] = {t->hand[0], t->inlined[0], t->macro[0]};
    bench_check(plug_struct_open(&j->s, j->format, NULL) == 0, j->format);
    j->size = plug_struct_size(j->s);
    for (size_t i = 0; i < 3; i++) {
        memset(raw, 0xaa, sizeof raw);
        packers[i](j, 1);
        plug_hex_encode(raw, j->size, hex, sizeof hex);
        bench_check(strcmp(hex, t->want) == 0, "packing by hand, inline or macro");
        t->hand[1](j, 1);
        t->inlined[1](j, 1);
        t->macro[1](j, 1);
    }
    run_pack(j, 1);
    bench_check(memcmp(j->bytes, raw, j->size) == 0, "plug_struct_pack");
    run_unpack(j, 1);
    bench_check(plug_struct_pack(j->s, j->got, j->count, raw, sizeof raw, NULL) == (ssize_t)j->size,
                "plug_struct_unpack");
    bench_check(memcmp(j->bytes, raw, j->size) == 0, "plug_struct_unpack");
}

static void race(struct contest *t, int unpacking, bool python)
{
    struct job *j = &t->job;
    char what[32], compiled[32], module[32];
    snprintf(what, sizeof what, "%s %s", unpacking ? "unpack" : "pack", j->format);
    snprintf(compiled, sizeof compiled, "%s%s", unpacking ? "unpack" : "pack", j->format);
    snprintf(module, sizeof module, "m%s", compiled);
    struct bench_row rows[BENCH_ROWS] = {
        {.name = "by hand", .run = t->hand[unpacking], .arg = j},
        {.name = "getters and putters", .run = t->inlined[unpacking], .arg = j},
        {.name = "compiled format", .run = unpacking ? run_unpack : run_pack, .arg = j},
        {.name = "the same by macro", .run = t->macro[unpacking], .arg = j},
        {.name = "format read each time",
         .run = unpacking ? run_text_unpack : run_text_pack,
         .arg = j},
        {.name = "CPython Struct", .run = run_python, .arg = compiled},
        {.name = "CPython module function", .run = run_python, .arg = module},
    };
    bench_race("struct", what, rows, python ? 7 : 5);
    bench_bar(&rows[1], &rows[0], 1.2);
    if (!python)
        return;
    bench_bar(&rows[2], &rows[5], 1 / 12.0);
    bench_bar(&rows[4], &rows[6], 1 / 5.0);
}

#define INT(x)                                                                                     \
    {                                                                                              \
        .kind = PLUG_VALUE_INT, .i = (x)                                                           \
    }

int main(void)
{
    static struct contest contests[] = {
        {.job = {.format = "!BBHHh",
                 .count = 5,
                 .values = {INT(8), INT(0), INT(54321), INT(77), INT(3)}},
         .hand = {hand_pack_echo, hand_unpack_echo},
         .inlined = {put_echo, get_echo},
         .macro = {macro_pack_echo, macro_unpack_echo},
         .want = "0800d431004d0003"},
        {.job = {.format = "I3sf",
                 .count = 3,
                 .values = {INT(1),
                            {.kind = PLUG_VALUE_BYTES, .bytes = {"abc", 3}},
                            {.kind = PLUG_VALUE_FLOAT, .f = 2.7}}},
         .hand = {hand_pack_sample, hand_unpack_sample},
         .inlined = {put_sample, get_sample},
         .macro = {macro_pack_sample, macro_unpack_sample},
         .want = "0100000061626300cdcc2c40"},
        {.job = {.format = "!HHIIBBHHH",
                 .count = 9,
                 .values = {INT(1), INT(2), INT(3), INT(4), INT(5), INT(6), INT(7), INT(8),
                            INT(9)}},
         .hand = {hand_pack_packet, hand_unpack_packet},
         .inlined = {put_packet, get_packet},
         .macro = {macro_pack_packet, macro_unpack_packet},
         .want = "0001000200000003000000040506000700080009"},
    };
    bool python = start_python();
    if (!python)
        fprintf(stderr, "no python3: its bars are left out\n");
    for (size_t i = 0; i < 3; i++)
        check(&contests[i]);
    for (size_t i = 0; i < 3; i++)
        for (int unpacking = 0; unpacking < 2; unpacking++)
            race(&contests[i], unpacking, python);
    for (size_t i = 0; i < 3; i++)
        plug_struct_close(contests[i].job.s);
    return bench_exit;
}
