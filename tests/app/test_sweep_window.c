/* SPDX-License-Identifier: MIT */
/* The pace of a sweep, without a network: what makes it grow, and what halves it. */
#include "app/sweep_window.h"
#include "t.h"

static struct plug__window window_of(uint32_t most)
{
    struct plug__window w;

    plug__window_start(&w, most);
    return w;
}

/* Sends what there is room for. */
static uint32_t send_all(struct plug__window *w)
{
    uint32_t n = plug__window_room(w);

    w->out += n;
    return n;
}

static void answer_all(struct plug__window *w, int64_t rtt)
{
    for (uint32_t n = w->out; n > 0; n--)
        plug__window_answered(w, rtt, true);
}

T_TEST_PLAIN(it_doubles_with_each_round_of_answers)
{
    struct plug__window w = window_of(65536);

    for (uint32_t size = PLUG__WINDOW_FIRST; size <= 65536; size *= 2) {
        T_EQ(send_all(&w), size);
        T_EQ(plug__window_room(&w), 0);
        answer_all(&w, PLUG_MS(1));
    }
    T_EQ(send_all(&w), 65536);
}

T_TEST_PLAIN(silence_lets_it_grow_as_well)
{
    struct plug__window w = window_of(65536);

    for (uint32_t size = PLUG__WINDOW_FIRST; size < 65536; size *= 2) {
        T_EQ(plug__window_patience(&w), PLUG__WINDOW_SILENT);
        T_EQ(send_all(&w), size);
        while (w.out > 0)
            plug__window_silent(&w);
    }
}

T_TEST_PLAIN(a_small_ceiling_is_kept)
{
    struct plug__window w = window_of(3);

    T_EQ(send_all(&w), 3);
    answer_all(&w, PLUG_MS(1));
    T_EQ(plug__window_room(&w), 3);
    plug__window_cut(&w, PLUG_S(1));
    T_EQ(plug__window_room(&w), 3); /* it was below the least already */
    w = window_of(1);
    plug__window_cut(&w, PLUG_S(1));
    T_EQ(plug__window_room(&w), 1);
}

T_TEST_PLAIN(a_cut_halves_and_growth_is_slow_then)
{
    struct plug__window w = window_of(65536);
    int64_t now = PLUG_S(100);

    for (int i = 0; i < 4; i++) {
        send_all(&w);
        answer_all(&w, PLUG_MS(10));
    }
    T_EQ(plug__window_room(&w), 16 * PLUG__WINDOW_FIRST);
    plug__window_cut(&w, now);
    plug__window_cut(&w, now + PLUG_MS(5)); /* the same loss, told twice */
    T_EQ(plug__window_room(&w), 8 * PLUG__WINDOW_FIRST);
    send_all(&w);
    answer_all(&w, PLUG_MS(10));
    T_TRUE(plug__window_room(&w) <= 8 * PLUG__WINDOW_FIRST + 1);
    plug__window_cut(&w, now + PLUG_S(1));
    T_EQ(plug__window_room(&w), 4 * PLUG__WINDOW_FIRST);
    for (int i = 2; i < 40; i++)
        plug__window_cut(&w, now + PLUG_S(i));
    T_EQ(plug__window_room(&w), PLUG__WINDOW_LEAST);
}

T_TEST_PLAIN(patience_follows_the_round_trip)
{
    struct plug__window w = window_of(65536);

    plug__window_answered(&w, PLUG_MS(100), false);
    T_EQ(plug__window_patience(&w), PLUG_MS(300)); /* RFC 6298 2.2 */
    for (int i = 0; i < 200; i++)
        plug__window_answered(&w, PLUG_MS(100), false);
    T_TRUE(plug__window_patience(&w) >= PLUG_MS(100));
    T_TRUE(plug__window_patience(&w) <= PLUG_MS(101));
    for (int i = 0; i < 200; i++)
        plug__window_answered(&w, 0, false);
    T_EQ(plug__window_patience(&w), PLUG__WINDOW_FLOOR);
    plug__window_answered(&w, -1, false); /* not known: changes nothing */
    T_EQ(plug__window_patience(&w), PLUG__WINDOW_FLOOR);
}

/* count fates in a row, of which every n-th is an answer (n 0: none); how often it fell. */
static unsigned fates(struct plug__window *w, unsigned count, unsigned n)
{
    unsigned fell = 0;

    for (unsigned i = 0; i < count; i++)
        fell += plug__window_fate(w, n && i % n == 0);
    return fell;
}

T_TEST_PLAIN(a_falling_share_of_answers_is_noticed)
{
    struct plug__window w = window_of(65536);

    T_EQ(fates(&w, 4 * PLUG__WINDOW_SAMPLE, 2), 0); /* half of them */
    T_EQ(fates(&w, 4 * PLUG__WINDOW_SAMPLE, 3), 0); /* a third: might be chance */
    T_EQ(fates(&w, PLUG__WINDOW_SAMPLE, 6), 1);
    T_EQ(fates(&w, PLUG__WINDOW_SAMPLE, 0), 1);
    w = window_of(65536);
    T_EQ(fates(&w, 64 * PLUG__WINDOW_SAMPLE, 0), 0); /* a silent network is no loss */
    T_EQ(fates(&w, 4 * PLUG__WINDOW_SAMPLE, 1), 0);
    w = window_of(65536);
    T_EQ(fates(&w, 4 * PLUG__WINDOW_SAMPLE, 40), 0); /* too few to tell */
    T_EQ(fates(&w, 4 * PLUG__WINDOW_SAMPLE, 0), 0);
}
