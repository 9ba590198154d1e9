/* SPDX-License-Identifier: MIT */
#include "app/sweep_window.h"

void plug__window_start(struct plug__window *w, uint32_t most)
{
    *w = (struct plug__window){
        .most = most, .size = PLUG__WINDOW_FIRST, .threshold = most, .cut_at = INT64_MIN};
    if (w->size > most)
        w->size = most;
}

uint32_t plug__window_room(const struct plug__window *w)
{
    uint32_t size = (uint32_t)w->size;

    return size > w->out ? size - w->out : 0;
}

int64_t plug__window_patience(const struct plug__window *w)
{
    int64_t patience = w->rtt + 4 * w->deviation;

    if (w->rtt == 0)
        return PLUG__WINDOW_SILENT;
    return patience < PLUG__WINDOW_FLOOR ? PLUG__WINDOW_FLOOR : patience;
}

/* RFC 6298 2.2, 2.3 */
static void measure(struct plug__window *w, int64_t rtt)
{
    int64_t off = rtt > w->rtt ? rtt - w->rtt : w->rtt - rtt;

    if (w->rtt == 0) {
        w->rtt = rtt > 0 ? rtt : 1;
        w->deviation = rtt / 2;
        return;
    }
    w->deviation += (off - w->deviation) / 4;
    w->rtt += (rtt - w->rtt) / 8;
    if (w->rtt <= 0)
        w->rtt = 1;
}

static void grow(struct plug__window *w)
{
    w->size += w->size < w->threshold ? 1 : 1 / w->size;
    if (w->size > w->most)
        w->size = w->most;
}

void plug__window_answered(struct plug__window *w, int64_t rtt, bool out)
{
    w->out -= out;
    if (rtt >= 0)
        measure(w, rtt);
    if (out)
        grow(w);
}

void plug__window_silent(struct plug__window *w)
{
    w->out--;
    grow(w);
}

bool plug__window_fate(struct plug__window *w, bool answered)
{
    double expected;
    bool fell;

    w->recent_fates++;
    w->recent_answers += answered;
    if (w->recent_fates < PLUG__WINDOW_SAMPLE)
        return false;
    expected = w->fates ? (double)w->answers / (double)w->fates * w->recent_fates : 0;
    fell = expected >= PLUG__WINDOW_CLEAR && w->recent_answers < expected / 2;
    w->fates += w->recent_fates;
    w->answers += w->recent_answers;
    w->recent_fates = w->recent_answers = 0;
    return fell;
}

void plug__window_cut(struct plug__window *w, int64_t now)
{
    if (w->cut_at != INT64_MIN && now - w->cut_at < plug__window_patience(w))
        return;
    w->cut_at = now;
    w->size /= 2;
    if (w->size < PLUG__WINDOW_LEAST)
        w->size = w->most < PLUG__WINDOW_LEAST ? w->most : PLUG__WINDOW_LEAST;
    w->threshold = w->size;
}
