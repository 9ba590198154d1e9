/* SPDX-License-Identifier: MIT */
#ifndef APP_SWEEP_WINDOW_H
#define APP_SWEEP_WINDOW_H
/*
 * The pace of a sweep: how many probes may be under way that an answer is still expected to.
 * Pure: time comes in as a parameter.
 *
 * Layer: app, private.
 */
#include <plug/time.h>

#define PLUG__WINDOW_FIRST  128        /* probes let go before anything is known */
#define PLUG__WINDOW_LEAST  16         /* halving ends here */
#define PLUG__WINDOW_SILENT PLUG_MS(3) /* silence, while no round-trip time is known */
#define PLUG__WINDOW_FLOOR  PLUG_MS(2) /* silence is never sooner: a scheduler's hiccup */
#define PLUG__WINDOW_SAMPLE 512        /* fates that the share of answers is taken of */
#define PLUG__WINDOW_CLEAR  32         /* fewer expected answers tell nothing */

struct plug__window {
    uint32_t most;          /* ceiling */
    uint32_t out;           /* under way */
    double size, threshold; /* below the threshold it grows by one with each fate */
    int64_t rtt, deviation; /* 0: not known; as RFC 6298 */
    int64_t cut_at;         /* the last halving */
    uint64_t fates, answers;
    uint32_t recent_fates, recent_answers;
};

void plug__window_start(struct plug__window *w, uint32_t most);

/* How many more may go now. */
uint32_t plug__window_room(const struct plug__window *w);

/* An answer later than this after its request is not expected any more. */
int64_t plug__window_patience(const struct plug__window *w);

/* A probe is answered; out: it was still counted as under way. rtt < 0: not known. */
void plug__window_answered(struct plug__window *w, int64_t rtt, bool out);

/* A probe is not expected to be answered any more. */
void plug__window_silent(struct plug__window *w);

/*
 * The fate of probes in the order they were sent: the share of those that are answered should stay
 * what it was, for they are a fair sample. True when it fell so far that they must have got lost.
 */
bool plug__window_fate(struct plug__window *w, bool answered);

/* Something was lost for going too fast: half the window, once in the time an answer takes. */
void plug__window_cut(struct plug__window *w, int64_t now);

#endif
