/* SPDX-License-Identifier: MIT */
/* How fast is the checksum, beside memcpy of the same bytes and beside plain loops? */
#include "bench.h"
#include <plug/checksum.h>
#include <string.h>

#define SIZE_MOST 65536

static _Alignas(64) uint8_t bytes[SIZE_MOST], copy[SIZE_MOST];

struct job {
    const char *variant;
    size_t len;
};

static volatile uint16_t sink;

static void run_memcpy(void *arg, size_t rounds)
{
    struct job *j = arg;
    for (size_t i = 0; i < rounds; i++) {
        bench_touch(bytes);
        memcpy(copy, bytes, j->len);
        bench_touch(copy);
    }
}

static uint16_t finish(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum >> 16) + (sum & 0xffff);
    uint16_t s = (uint16_t)~sum;
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap16(s) : s;
}

/* The loop of the textbooks: 16-bit words, one after the other. */
static __attribute__((noinline)) uint16_t textbook(const uint8_t *b, size_t len)
{
    uint64_t sum = 0;
    uint8_t last[2] = {0};
    uint16_t word;

    for (; len >= 2; b += 2, len -= 2) {
        memcpy(&word, b, 2);
        sum += word;
    }
    memcpy(last, b, len);
    memcpy(&word, last, 2);
    return finish(sum + word);
}

/* As good a scalar loop as any: 32-bit words into 64 bits, which need no carry. */
static __attribute__((noinline)) uint16_t scalar(const uint8_t *b, size_t len)
{
    uint64_t sum = 0;
    uint8_t last[4] = {0};
    uint32_t word;

    for (; len >= 4; b += 4, len -= 4) {
        memcpy(&word, b, 4);
        sum += word;
    }
    if (len > 0) {
        for (size_t i = 0; i < len; i++)
            last[i] = b[i];
        memcpy(&word, last, 4);
        sum += word;
    }
    sum = (sum >> 32) + (uint32_t)sum;
    return finish(sum);
}

static void run_textbook(void *arg, size_t rounds)
{
    struct job *j = arg;
    for (size_t i = 0; i < rounds; i++) {
        bench_touch(bytes);
        sink = textbook(bytes, j->len);
    }
}

static void run_scalar(void *arg, size_t rounds)
{
    struct job *j = arg;
    for (size_t i = 0; i < rounds; i++) {
        bench_touch(bytes);
        sink = scalar(bytes, j->len);
    }
}

static void run_plug(void *arg, size_t rounds)
{
    struct job *j = arg;
    for (size_t i = 0; i < rounds; i++) {
        bench_touch(bytes);
        sink = plug_checksum(bytes, j->len);
    }
}

/* Includes the look-up of the name, some 10 ns. */
static void run_variant(void *arg, size_t rounds)
{
    struct job *j = arg;
    uint16_t sum;
    for (size_t i = 0; i < rounds; i++) {
        bench_touch(bytes);
        if (plug_checksum_with(j->variant, bytes, j->len, &sum) == 0)
            sink = sum;
    }
}

/* Every contestant against the plain variant, before any is timed. */
static void verify(void)
{
    uint16_t want, got;

    for (size_t len = 0; len <= SIZE_MOST; len = len < 600 ? len + 1 : len * 2 - len / 3) {
        const uint8_t *b = bytes + (len < SIZE_MOST / 2 ? len % 64 : 0);
        bench_check(plug_checksum_with("plain", b, len, &want) == 0, "plain");
        for (size_t i = 0; plug_checksum_variant(i); i++) {
            const char *name = plug_checksum_variant(i);
            bench_check(plug_checksum_with(name, b, len, &got) == 0 && got == want, name);
        }
        bench_check(textbook(b, len) == want, "textbook loop");
        bench_check(scalar(b, len) == want, "scalar loop");
        bench_check(plug_checksum(b, len) == want, "plug_checksum");
    }
}

static void race(size_t len)
{
    struct job jobs[BENCH_ROWS];
    struct bench_row rows[BENCH_ROWS] = {{.name = "memcpy", .run = run_memcpy},
                                         {.name = "textbook loop", .run = run_textbook},
                                         {.name = "scalar loop", .run = run_scalar},
                                         {.name = "plug_checksum", .run = run_plug}};
    const struct bench_row *copying = &rows[0], *plug = &rows[3];
    size_t n = 4;
    char what[32];

    for (size_t i = 0; plug_checksum_variant(i); i++)
        rows[n++] = (struct bench_row){.name = plug_checksum_variant(i), .run = run_variant};
    for (size_t i = 0; i < n; i++) {
        jobs[i] = (struct job){rows[i].name, len};
        rows[i].arg = &jobs[i];
    }
    snprintf(what, sizeof what, "%zu B", len);
    bench_race("checksum", what, rows, n);
    if (len == 20)
        bench_bar(plug, rows[1].ns < rows[2].ns ? &rows[1] : &rows[2], 1.3);
    if (len == 1500)
        bench_bar(plug, copying, 2.5);
    if (len == SIZE_MOST)
        bench_bar(plug, copying, 1.0);
}

int main(void)
{
    static const size_t lengths[] = {20, 40, 64, 100, 200, 576, 1500, 9000, SIZE_MOST};

    srandom(1);
    for (size_t i = 0; i < SIZE_MOST; i++)
        bytes[i] = (uint8_t)random();
    verify();
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        race(lengths[i]);
    return bench_exit;
}
