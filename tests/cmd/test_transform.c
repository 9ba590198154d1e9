/* SPDX-License-Identifier: MIT */
#include "transform.h"
#include "t.h"
#include <locale.h>
#include <string.h>
#include <wctype.h>

static const char *const modes[] = {"echo", "upper", "reverse"};

struct machine {
    struct transform_opts o;
    struct transform t;
    struct plug_buf *out;
};

static void end(struct machine *m)
{
    transform_clear(&m->t);
}

static struct machine *machine(enum transform_mode mode, enum transform_framing framing, size_t max)
{
    static struct machine m;

    t_end_owned();
    m = (struct machine){.o = {mode, framing, false, max}};
    transform_init(&m.t, &m.o);
    m.out = t_buf(1 << 24);
    T_OWN(end, &m);
    return &m;
}

static void put(struct machine *m, const void *bytes, size_t len)
{
    uint8_t *room;

    T_OK(transform_room(&m->t, len, &room));
    memcpy(room, bytes, len);
    transform_commit(&m->t, len);
}

/* All replies that can be had: how many, or the error. */
static int answer(struct machine *m, bool ended)
{
    int r, count = 0;

    while ((r = transform_next(&m->t, ended, m->out)) > 0)
        count++;
    return r < 0 ? r : count;
}

static void is(struct machine *m, const char *text, size_t len)
{
    T_EQ(plug_buf_len(m->out), len);
    T_MEM(plug_buf_data(m->out), text, len);
    plug_buf_consume(m->out, len);
}
#define IS(m, text) is(m, text, sizeof(text) - 1)

static int give(struct machine *m, const char *text)
{
    put(m, text, strlen(text));
    return answer(m, false);
}

T_TEST(bytes_pass_at_once)
{
    struct machine *m = machine(TRANSFORM_ECHO, TRANSFORM_NONE, 10);

    T_EQ(T_OK(give(m, "abc")), 1);
    IS(m, "abc");
    put(m, "\0\xff\x80", 3);
    T_EQ(T_OK(answer(m, false)), 1);
    IS(m, "\0\xff\x80");
    T_EQ(T_OK(answer(m, true)), 0);
}

T_TEST(a_character_waits_for_its_rest)
{
    struct machine *m = machine(TRANSFORM_UPPER, TRANSFORM_NONE, 10);

    T_EQ(T_OK(give(m, "1\xe2")), 1);
    IS(m, "1");
    T_EQ(T_OK(give(m, "\x82")), 0);
    T_EQ(T_OK(give(m, "\xac")), 1);
    IS(m, "\xe2\x82\xac");
    T_EQ(T_OK(give(m, "\xf0\x9f\x98")), 0);
    T_EQ(T_OK(give(m, "2")), 1); /* no character after all */
    IS(m, "\xf0\x9f\x98"
          "2");
    T_EQ(T_OK(give(m, "\xc3")), 0);
    T_EQ(T_OK(answer(m, true)), 1); /* nor now */
    IS(m, "\xc3");
    /* what is not changed is not held up */
    m = machine(TRANSFORM_ECHO, TRANSFORM_NONE, 10);
    T_EQ(T_OK(give(m, "1\xe2")), 1);
    IS(m, "1\xe2");
}

T_TEST(upper_case_is_ascii_unless_asked)
{
    struct machine *m = machine(TRANSFORM_UPPER, TRANSFORM_NONE, 10);

    T_OK(give(m, "az{`AZ \xc3\xa9 \xc3\x9f"));
    IS(m, "AZ{`AZ \xc3\xa9 \xc3\x9f");
    m->o.unicode = true;
    T_OK(give(m, "az\xc3\xa9 \xc3\x9f \xd1\x8f \xc9\x90 \xf0\x90\x90\xa8 \x80"));
    IS(m, "AZ\xc3\x89 \xc3\x9f \xd0\xaf \xe2\xb1\xaf \xf0\x90\x90\x80 \x80");
}

/* libc's mapping is the referee. */
T_TEST_PLAIN(upper_case_is_that_of_unicode)
{
    locale_t c = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    size_t letters = 0;

    if (!c)
        T_SKIP("no locale C.UTF-8 on this machine");
    for (uint32_t i = 0; i < 0x110000; i++) {
        T_EQ(transform_upper(i), towupper_l((wint_t)i, c));
        letters += transform_upper(i) != i;
    }
    freelocale(c);
    T_TRUE(letters >= 1450);
    T_EQ(transform_upper(UINT32_MAX), UINT32_MAX);
}

T_TEST(reverse_waits_for_the_end)
{
    struct machine *m = machine(TRANSFORM_REVERSE, TRANSFORM_NONE, 8);

    T_EQ(T_OK(give(m, "a\xc3")), 0);
    T_EQ(T_OK(give(m, "\xa9\xff\n")), 0);
    T_EQ(T_OK(answer(m, true)), 1);
    IS(m, "\n\xff\xc3\xa9"
          "a");
    T_EQ(T_OK(answer(m, true)), 0);
}

T_TEST(lines_are_answered_one_by_one)
{
    struct machine *m = machine(TRANSFORM_REVERSE, TRANSFORM_LINE, 100);

    T_EQ(T_OK(give(m, "abc\nd\xc3\xa9\xff\r\n\nxy")), 3);
    IS(m, "cba\n\xff\xc3\xa9"
          "d\r\n\n");
    T_EQ(T_OK(give(m, "z")), 0);
    T_EQ(T_OK(answer(m, true)), 1); /* the last one needs no end */
    IS(m, "zyx");
    T_EQ(T_OK(answer(m, true)), 0);
}

T_TEST(frames_are_answered_one_by_one)
{
    struct machine *m = machine(TRANSFORM_UPPER, TRANSFORM_LEN32, 100);

    put(m, "\0\0\0\2ab\0\0\0\0\0\0\0\1", 14);
    T_EQ(T_OK(answer(m, false)), 2);
    is(m, "\0\0\0\2AB\0\0\0\0", 10);
    T_EQ(T_OK(give(m, "c")), 1);
    is(m, "\0\0\0\1C", 5);
    /* a letter that grows makes its frame longer */
    m->o.unicode = true;
    put(m, "\0\0\0\2\xc9\x90", 6);
    T_EQ(T_OK(answer(m, false)), 1);
    is(m, "\0\0\0\3\xe2\xb1\xaf", 7);
    put(m, "\0\0", 2);
    T_EQ(T_OK(answer(m, false)), 0);
    T_ERR(answer(m, true), PLUG_EEOF);
}

T_TEST(limits_hold_at_the_byte)
{
    static const enum transform_framing framings[] = {TRANSFORM_NONE, TRANSFORM_LINE,
                                                      TRANSFORM_LEN32};

    for (size_t f = 0; f < 3; f++)
        for (uint8_t len = 7; len <= 9; len++) {
            struct machine *m = machine(TRANSFORM_REVERSE, framings[f], 8);
            uint8_t head[4] = {0, 0, 0, len};

            if (framings[f] == TRANSFORM_LEN32)
                put(m, head, 4);
            put(m, "abcdefghi", len);
            if (framings[f] == TRANSFORM_LINE)
                put(m, "\n", 1);
            if (len > 8)
                T_ERR(answer(m, true), PLUG_EFRAME_TOOLONG);
            else
                T_EQ(T_OK(answer(m, true)), 1);
        }
    /* also of a last line without its end */
    struct machine *m = machine(TRANSFORM_ECHO, TRANSFORM_LINE, 8);
    T_EQ(T_OK(give(m, "12345678\r")), 0);
    T_ERR(answer(m, true), PLUG_EFRAME_TOOLONG);
}

T_TEST(a_reply_can_be_skipped_and_waits_for_room)
{
    struct machine *m = machine(TRANSFORM_ECHO, TRANSFORM_LINE, 100);
    struct plug_buf *small = t_buf(4);

    put(m, "ab\ncde\nfg\n", 10);
    T_EQ(T_OK(transform_next(&m->t, false, small)), 1);
    T_ERR(transform_next(&m->t, false, small), PLUG_ELIMIT);
    plug_buf_consume(small, 3);
    T_EQ(T_OK(transform_next(&m->t, false, small)), 1);
    T_EQ(T_OK(transform_next(&m->t, false, NULL)), 1);
    T_EQ(T_OK(transform_next(&m->t, false, small)), 0);
    T_MEM(plug_buf_data(small), "cde\n", 4);
}

/* The most that any input can become fits the maximum that is told. */
T_TEST(the_longest_reply_is_as_told)
{
    for (int framing = 0; framing < 3; framing++) {
        struct machine *m = machine(TRANSFORM_UPPER, (enum transform_framing)framing, 64);
        char text[65] = "", head[4] = {0, 0, 0, 64};

        m->o.unicode = true;
        for (size_t i = 0; i < 64; i += 2)
            memcpy(text + i, "\xc9\x90", 2);
        if (framing == TRANSFORM_LEN32)
            put(m, head, 4);
        put(m, text, 64);
        T_EQ(T_OK(answer(m, true)), 1);
        T_TRUE(plug_buf_len(m->out) >= 96);
        T_TRUE(plug_buf_len(m->out) <= transform_reply_max(&m->o));
    }
}

/* One byte at a time comes out as all at once does. */
T_TEST(cuts_change_nothing)
{
    static const char text[] = "line \xc3\xa9\n\xe2\x82\xac\r\n\n\xf0\x9f\x98\x80 last\xe2\x82";
    char whole[128];

    for (int mode = 0; mode < 3; mode++)
        for (int framing = TRANSFORM_NONE; framing <= TRANSFORM_LINE; framing++) {
            struct machine *m =
                machine((enum transform_mode)mode, (enum transform_framing)framing, 100);
            size_t len;

            put(m, text, sizeof text - 1);
            T_OK(answer(m, true));
            len = plug_buf_len(m->out);
            memcpy(whole, plug_buf_data(m->out), len);
            T_EQ(len, sizeof text - 1);
            plug_buf_consume(m->out, len);
            for (size_t i = 0; i < sizeof text - 1; i++) {
                put(m, text + i, 1);
                T_OK(answer(m, false));
            }
            T_OK(answer(m, true));
            T_EQ(plug_buf_len(m->out), len);
            if (memcmp(plug_buf_data(m->out), whole, len) != 0)
                T_FAIL("%s, framing %d", modes[mode], framing);
        }
}
