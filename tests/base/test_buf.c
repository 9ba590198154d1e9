/* SPDX-License-Identifier: MIT */
/* The byte queue: its limits, its growth, and a model it must agree with. */
#include "t.h"
#include <stdio.h>
#include <string.h>

static void check(const struct plug_buf *b)
{
    T_TRUE(b->off + b->len <= b->cap || (!b->data && b->cap == 0 && b->len == 0 && b->off == 0));
    T_TRUE(b->cap <= b->max);
    T_EQ(plug_buf_room(b) + plug_buf_len(b), b->max);
}

T_TEST(buf_starts_empty_without_memory)
{
    struct plug_alloc_stats before, after;
    plug_alloc_stats(&before);
    struct plug_buf *b = t_buf(100);
    T_EQ(plug_buf_len(b), 0);
    T_EQ(plug_buf_room(b), 100);
    T_TRUE(plug_buf_data(b) != NULL);
    T_STR(plug_buf_str(b), "");
    plug_alloc_stats(&after);
    T_EQ(after.calls, before.calls);
}

T_TEST(buf_holds_its_maximum_and_no_more)
{
    char bytes[101];
    memset(bytes, 'x', sizeof bytes);
    for (size_t n = 99; n <= 101; n++) {
        struct plug_buf *b = t_buf(100);
        if (n <= 100)
            T_OK(plug_buf_append(b, bytes, n));
        else
            T_ERR(plug_buf_append(b, bytes, n), PLUG_ELIMIT);
        T_EQ(plug_buf_len(b), n <= 100 ? n : 0);
        check(b);
    }
    struct plug_buf *b = t_buf(100);
    uint8_t *room = NULL;
    T_OK(plug_buf_append(b, bytes, 99));
    T_OK(plug_buf_append(b, bytes, 1));
    T_ERR(plug_buf_append(b, bytes, 1), PLUG_ELIMIT);
    T_ERR(plug_buf_reserve(b, 1, &room), PLUG_ELIMIT);
    T_ERR(plug_buf_reserve(b, SIZE_MAX, &room), PLUG_ELIMIT);
    T_TRUE(room == NULL);
    T_OK(plug_buf_append(b, NULL, 0));
    T_EQ(plug_buf_len(b), 100);
    plug_buf_consume(b, 1);
    T_OK(plug_buf_append(b, bytes, 1));
}

T_TEST(buf_capacity_is_at_most_twice_what_was_asked)
{
    struct plug_buf *b = t_buf(1 << 20);
    size_t asked = 0, allocations = 0, cap = 0;
    while (asked < 100000) {
        size_t n = 1 + t_below(200);
        char bytes[200] = {0};
        T_OK(plug_buf_append(b, bytes, n));
        asked += n;
        T_TRUE(b->cap <= 2 * asked);
        allocations += b->cap != cap;
        cap = b->cap;
    }
    T_TRUE(allocations < 30);
}

/* A full queue that is drained and filled by little pieces must not move itself each time. */
T_TEST_PLAIN(buf_moves_seldom)
{
    struct plug_buf *b = t_buf(1 << 20);
    char kilo[1024] = {0};
    size_t moves = 0, off;
    for (int i = 0; i < 64; i++)
        T_OK(plug_buf_append(b, kilo, sizeof kilo));
    for (int i = 0; i < 100000; i++) {
        plug_buf_consume(b, 1);
        off = b->off;
        T_OK(plug_buf_append(b, "x", 1));
        moves += b->off < off;
    }
    T_TRUE(moves < 10);
    T_TRUE(b->cap <= 2 * 65536);
}

T_TEST(buf_formats)
{
    struct plug_buf *b = t_buf(20);
    T_OK(plug_buf_printf(b, "%d-%s", 42, "abc"));
    T_OK(plug_buf_printf(b, "%s", ""));
    T_STR(plug_buf_str(b), "42-abc");
    T_ERR(plug_buf_printf(b, "%0*d", 15, 1), PLUG_ELIMIT);
    T_STR(plug_buf_str(b), "42-abc");
    T_OK(plug_buf_printf(b, "%0*d", 14, 1));
    T_STR(plug_buf_str(b), "42-abc00000000000001");
    T_EQ(plug_buf_room(b), 0);
    plug_buf_consume(b, 2);
    T_OK(plug_buf_printf(b, "%s", "zz"));
    T_STR(plug_buf_str(b), "-abc00000000000001zz");
}

static int wrapped(struct plug_buf *b, const char *fmt, ...) PLUG_PRINTF(2, 3);
static int wrapped(struct plug_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = plug_buf_vprintf(b, fmt, ap);
    va_end(ap);
    return rc;
}

T_TEST(buf_formats_for_wrappers)
{
    struct plug_buf *b = t_buf(100);
    const char *want = "0 abc 0.5;1 abc 0.5;2 abc 0.5;3 abc 0.5;";
    /* longer than the spare room: the arguments are read twice */
    for (int i = 0; i < 4; i++)
        T_OK(wrapped(b, "%d %s %.1f;", i, "abc", 0.5));
    T_STR(plug_buf_str(b), want);
    T_ERR(wrapped(b, "%0100d", 1), PLUG_ELIMIT);
    T_STR(plug_buf_str(b), want);
}

T_TEST(buf_formats_what_does_not_fit_the_spare_room)
{
    struct plug_buf *b = t_buf(5000);
    char want[3001];
    memset(want, '0', 2999);
    memcpy(want + 2999, "7", 2);
    T_OK(plug_buf_append(b, "", 0));
    for (int i = 0; i < 3; i++) {
        plug_buf_clear(b);
        T_OK(plug_buf_append(b, "ab", (size_t)i));
        T_OK(plug_buf_printf(b, "%03000d", 7));
        T_STR(plug_buf_str(b) + i, want);
    }
}

T_TEST(buf_reserve_fill_commit)
{
    struct plug_buf *b = t_buf(10);
    uint8_t *room = NULL;
    T_OK(plug_buf_reserve(b, 10, &room));
    memcpy(room, "0123456789", 10);
    plug_buf_commit(b, 4);
    T_STR(plug_buf_str(b), "0123");
    T_OK(plug_buf_reserve(b, 0, &room));
    plug_buf_commit(b, 0);
    T_EQ(plug_buf_len(b), 4);
    plug_buf_clear(b);
    T_EQ(plug_buf_len(b), 0);
    T_EQ(plug_buf_room(b), 10);
}

T_TEST(buf_str_is_terminated_at_full_length)
{
    struct plug_buf *b = t_buf(3);
    T_OK(plug_buf_append(b, "abc", 3));
    T_STR(plug_buf_str(b), "abc");
    plug_buf_consume(b, 3);
    T_STR(plug_buf_str(b), "");
}

/* Random operations against a plain array. */
T_TEST(buf_agrees_with_a_model)
{
    static char model[1000];
    size_t len = 0, rounds = t_tortured() ? 50 : 5000;
    struct plug_buf *b = t_buf(sizeof model);
    for (size_t i = 0; i < rounds; i++) {
        char bytes[400];
        size_t n = t_below(sizeof bytes);
        if (t_below(2)) {
            for (size_t k = 0; k < n; k++)
                bytes[k] = (char)t_random();
            int r = plug_buf_append(b, bytes, n);
            if (n > sizeof model - len) {
                T_ERR(r, PLUG_ELIMIT);
            } else {
                T_OK(r);
                memcpy(model + len, bytes, n);
                len += n;
            }
        } else {
            n = n < len ? n : len;
            plug_buf_consume(b, n);
            memmove(model, model + n, len - n);
            len -= n;
        }
        T_EQ(plug_buf_len(b), len);
        T_MEM(plug_buf_data(b), model, len);
        check(b);
    }
}

T_TEST(buf_keeps_its_bytes_when_memory_ends)
{
    struct plug_buf *b = t_buf(100);
    T_OK(plug_buf_append(b, "kept", 4));
    plug_buf_consume(b, 1);
    int r = plug_buf_append(b, "0123456789", 10);
    if (r < 0)
        T_STR(plug_buf_str(b), "ept");
    T_OK(r);
    T_STR(plug_buf_str(b), "ept0123456789");
}
