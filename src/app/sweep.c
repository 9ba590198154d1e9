/* SPDX-License-Identifier: MIT */
/* A sweep: its life, and the rounds it goes over its places. */
#include "app/sweep_impl.h"
#include "base/assert.h"
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>
#include <poll.h>
#include <string.h>

#define LOOK_UP 16 /* after so many batches in a row, signals and other fibers have their turn */

/* --- life ------------------------------------------------------------------------------------- */

static bool options_are_right(const struct plug_sweep_opts *o)
{
    return o->size == sizeof *o && o->socket >= PLUG_SWEEP_AUTO && o->socket <= PLUG_SWEEP_RAW &&
           (o->family == AF_UNSPEC || o->family == AF_INET || o->family == AF_INET6) &&
           o->tries <= PLUG_SWEEP_TRIES_MAX && o->timeout >= 0 &&
           o->timeout <= PLUG_SWEEP_TIMEOUT_MAX && o->rate <= PLUG_SWEEP_RATE_MAX &&
           (o->data_len == 0 || o->data_len >= PLUG_SWEEP_DATA_MIN) &&
           o->data_len <= PLUG_SWEEP_DATA_MAX && o->shard.shard <= o->shard.shards &&
           (o->shard.shards == 0) == (o->shard.shard == 0) && (o->shard.shards <= 1 || o->seed) &&
           o->ttl >= 0 && o->ttl <= 255 && o->tos >= 0 && o->tos <= 255;
}

static void fill_in_defaults(struct plug_sweep_opts *o)
{
    o->tries = o->tries ? o->tries : PLUG_SWEEP_TRIES;
    o->timeout = o->timeout ? o->timeout : PLUG_SWEEP_TIMEOUT;
    o->window = o->window ? o->window : PLUG_SWEEP_WINDOW;
    o->data_len = o->data_len ? o->data_len : PLUG_SWEEP_DATA;
    if (o->shard.shards == 0)
        o->shard = (struct plug_shard){1, 1};
}

static int prepare(struct plug_sweep *s)
{
    int r = plug__sweep_sockets(s);

    if (r >= 0)
        r = plug__sweep_prepare(s);
    if (r >= 0)
        r = plug__sweep_room(s);
    return r < 0 ? r : plug_histogram_reserve(&s->rtts);
}

int plug_sweep_open(struct plug_sweep **ret, const struct plug_sweep_opts *opts)
{
    static const struct plug_sweep_opts defaults = PLUG_SWEEP_OPTS;
    struct plug_sweep *s;
    int r;

    opts = opts ? opts : &defaults;
    if (!options_are_right(opts))
        return PLUG_EOPTS;
    s = plug_calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    s->opts = *opts;
    fill_in_defaults(&s->opts);
    for (size_t i = 0; i < 2; i++) {
        s->lane[i].fd = -1;
        s->lane[i].family = i == 0 ? AF_INET : AF_INET6;
    }
    r = prepare(s);
    s->opts.source = NULL; /* the caller's */
    if (r < 0)
        plug_sweep_close(s);
    else
        *ret = s;
    return r;
}

void plug_sweep_close(struct plug_sweep *s)
{
    if (!s)
        return;
    plug__sweep_sockets_close(s);
    plug_histogram_free(&s->rtts);
    plug_free(s->in_from);
    plug_free(s->in_iov);
    plug_free(s->in_hdr);
    plug_free(s->control);
    plug_free(s->in);
    plug_free(s->rest);
    plug_free(s->state);
    plug_free(s->sent);
    plug_free(s);
}

int plug_sweep_kind(const struct plug_sweep *s, int family)
{
    for (size_t i = 0; i < 2; i++)
        if (s->lane[i].family == family && s->lane[i].fd >= 0)
            return s->lane[i].raw ? PLUG_SWEEP_RAW : PLUG_SWEEP_DGRAM;
    return -EAFNOSUPPORT;
}

/* --- places and targets ----------------------------------------------------------------------- */

uint32_t plug__sweep_target(const struct plug_sweep *s, uint32_t place)
{
    uint64_t i = plug_shard_at(s->opts.shard, place);

    return (uint32_t)(s->permuted ? plug_permutation_at(&s->order, i) : i);
}

/* The place of the i-th target. False: another shard's. */
static bool place_of(const struct plug_sweep *s, uint32_t i, uint32_t *ret_place)
{
    uint64_t at = s->permuted ? plug_permutation_find(&s->order, i) : i;

    *ret_place = (uint32_t)(at / s->opts.shard.shards);
    return at % s->opts.shard.shards == s->opts.shard.shard - 1;
}

static void tell(struct plug_sweep *s, struct plug_sweep_event *e, uint32_t place, uint32_t target)
{
    e->target = target;
    e->tries = s->state[place] / (PLUG__SWEEP_STATE + 1u);
    plug_targets_at(s->targets, e->target, &e->addr);
    s->told = true;
    s->end = s->fn(e, s->arg);
}

void plug__sweep_tell(struct plug_sweep *s, struct plug_sweep_event *e, uint32_t place)
{
    tell(s, e, place, plug__sweep_target(s, place));
}

static void tell_idle(struct plug_sweep *s)
{
    struct plug_sweep_event e = {.type = PLUG_SWEEP_IDLE};

    if (s->told)
        s->end = s->fn(&e, s->arg);
    s->told = false;
}

/* --- a round ---------------------------------------------------------------------------------- */

/* How long ago the last request to a place was sent. */
static int64_t age(const struct plug_sweep *s, uint32_t place)
{
    return plug__sweep_between(plug__sweep_tick(s, s->now), s->sent[place]);
}

/* In the order they were sent: who has answered, and of whom it is not expected any more. */
static void judge(struct plug_sweep *s)
{
    for (; s->quiet < s->next; s->quiet++) {
        enum plug__sweep_state state = plug__sweep_state(s, s->quiet);

        if (state == PLUG__SWEEP_OUT) {
            if (age(s, s->quiet) < plug__window_patience(&s->window))
                return;
            plug__sweep_set(s, s->quiet, PLUG__SWEEP_SILENT);
            plug__window_silent(&s->window);
        }
        if (s->first && state != PLUG__SWEEP_FAILED &&
            plug__window_fate(&s->window, state == PLUG__SWEEP_ANSWERED))
            plug__window_cut(&s->window, s->now);
    }
}

static void expire(struct plug_sweep *s)
{
    for (; s->over < s->next; s->over++) {
        enum plug__sweep_state state = plug__sweep_state(s, s->over);

        if (state != PLUG__SWEEP_OUT && state != PLUG__SWEEP_SILENT)
            continue;
        if (age(s, s->over) < s->opts.timeout)
            return;
        if (state == PLUG__SWEEP_OUT)
            plug__window_silent(&s->window);
        plug__sweep_set(s, s->over, PLUG__SWEEP_OVER);
        s->waiting--;
    }
}

static void settle(struct plug_sweep *s)
{
    judge(s);
    expire(s);
}

static bool round_is_over(const struct plug_sweep *s)
{
    return s->next == s->count && s->over == s->count;
}

/* When something is to be done, even if nothing comes. */
static int64_t next_event(const struct plug_sweep *s)
{
    int64_t at = PLUG_NEVER, then;

    if (s->over < s->next)
        at = s->now + s->opts.timeout - age(s, s->over);
    if (s->next == s->count)
        return at;
    then = s->resume > s->due ? s->resume : s->due;
    if (then <= s->now && s->quiet < s->next && plug__sweep_state(s, s->quiet) == PLUG__SWEEP_OUT)
        then = s->now + plug__window_patience(&s->window) - age(s, s->quiet);
    return then > s->now && then < at ? then : at;
}

/* Waits for answers until then; the scope's end is an error, a pause that is over is none. */
static int wait_until(struct plug_sweep *s, int64_t then)
{
    struct pollfd fds[2];
    size_t count = 0;
    int r;

    for (size_t i = 0; i < 2; i++)
        if (s->lane[i].used)
            fds[count++] = (struct pollfd){s->lane[i].fd, POLLIN, 0};
    r = plug_wait_many(fds, count, then);
    s->now = plug_now();
    if (r == PLUG_ETIMEOUT)
        return plug_deadline_current() <= s->now ? PLUG_ETIMEOUT : 0;
    for (size_t i = 0; i < count && r > 0; i++)
        if (fds[i].revents & POLLERR)
            plug__sweep_receive_errors(s, fds[i].fd == s->lane[0].fd ? &s->lane[0] : &s->lane[1]);
    return r < 0 ? r : 0;
}

/* Lets time pass until something comes or is to be done; after a batch, only looks up. */
static void pause_round(struct plug_sweep *s, bool sent)
{
    int r;

    if (!sent)
        tell_idle(s);
    if (s->end != 0)
        return;
    r = wait_until(s, sent ? 0 : next_event(s));
    s->end = s->end ? s->end : r;
}

static void receive_all(struct plug_sweep *s)
{
    for (size_t i = 0; i < 2 && s->end == 0; i++)
        if (s->lane[i].used)
            plug__sweep_receive(s, &s->lane[i]);
}

static void round_of_requests(struct plug_sweep *s)
{
    unsigned batches = 0;

    s->next = s->quiet = s->over = 0;
    s->round_drops = 0;
    while (s->end == 0 && !round_is_over(s)) {
        bool sent = plug__sweep_send(s);

        settle(s);
        if (sent ? ++batches % LOOK_UP == 0 : !round_is_over(s))
            pause_round(s, sent);
        receive_all(s);
        settle(s);
    }
    for (size_t i = 0; i < 2; i++) { /* what was dropped behind the last answer */
        uint32_t drops = plug__sweep_queue_drops(&s->lane[i]);

        s->stats.local_drops += drops;
        s->round_drops += drops;
    }
    s->first = false;
}

/* --- the whole -------------------------------------------------------------------------------- */

static bool all_known(const struct plug_sweep *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (plug__sweep_state(s, i) < PLUG__SWEEP_ANSWERED)
            return false;
    return true;
}

/* Rounds in which this machine lost packets are repeated: they are no try. */
static void go(struct plug_sweep *s)
{
    s->first = true;
    for (unsigned tries = 0; tries < s->opts.tries; tries++) {
        unsigned again = 0;

        do {
            round_of_requests(s);
            if (s->end != 0 || all_known(s))
                return;
        } while (s->round_drops > 0 && again++ < PLUG_SWEEP_AGAIN);
    }
}

/* Tells who did not answer, in the order of the set. */
static void sum_up(struct plug_sweep *s)
{
    bool unknown = s->round_drops > 0;

    if (s->stats.answered == s->count)
        return;
    for (uint32_t i = 0; i < plug_targets_count(s->targets) && s->end == 0; i++) {
        struct plug_sweep_event e = {.type = unknown ? PLUG_SWEEP_UNKNOWN : PLUG_SWEEP_LOST};
        uint32_t place;

        if (!place_of(s, i, &place))
            continue;
        enum plug__sweep_state state = plug__sweep_state(s, place);
        s->stats.send_failed += state == PLUG__SWEEP_FAILED;
        if (state >= PLUG__SWEEP_ANSWERED)
            continue;
        *(unknown ? &s->stats.unknown : &s->stats.lost) += 1;
        tell(s, &e, place, i);
    }
}

static int choose_order(struct plug_sweep *s)
{
    uint32_t count = plug_targets_count(s->targets);
    uint64_t seed = s->opts.seed ? s->opts.seed : s->key.k1;

    s->permuted = s->opts.seed || count > PLUG_SWEEP_ASCENDING;
    s->count = (uint32_t)plug_shard_count(s->opts.shard, count);
    s->stats.targets = s->count;
    return plug_permutation_init(&s->order, count, seed);
}

/* Before the first request: is there a socket for each family of the set? */
static int choose_lanes(struct plug_sweep *s, const struct plug_targets *t)
{
    for (size_t i = 0; i < 2; i++) {
        s->lane[i].used = plug__targets_have(t, s->lane[i].family);
        if (s->lane[i].used && s->lane[i].fd < 0)
            return -EAFNOSUPPORT;
    }
    return 0;
}

int plug_sweep_run(struct plug_sweep *s, const struct plug_targets *t, plug_sweep_fn *fn, void *arg)
{
    int r;

    if (s->started)
        return -EBUSY;
    if (plug_targets_count(t) == 0)
        return -EINVAL;
    r = choose_lanes(s, t);
    if (r < 0)
        return r;
    s->targets = t;
    s->fn = fn;
    s->arg = arg;
    (void)!choose_order(s); /* the set is not empty */
    s->sent = plug_calloc(s->count + 1, sizeof *s->sent);
    s->state = plug_calloc(s->count + 1, 1);
    if (!s->sent || !s->state)
        return -ENOMEM;
    s->started = true;
    s->start = s->now = plug_now();
    plug__window_start(&s->window, s->opts.window);
    go(s);
    if (s->end == 0)
        sum_up(s);
    s->stats.elapsed = plug_now() - s->start;
    s->ended = true;
    return s->end;
}

void plug_sweep_stats(const struct plug_sweep *s, struct plug_sweep_stats *ret_stats)
{
    *ret_stats = s->stats;
    ret_stats->window = (uint32_t)s->window.size;
    if (s->started && !s->ended)
        ret_stats->elapsed = plug_now() - s->start;
    ret_stats->min = s->rtts.min;
    ret_stats->max = s->rtts.max;
    ret_stats->avg = (int64_t)plug_histogram_mean(&s->rtts);
    ret_stats->p50 = plug_histogram_at(&s->rtts, 0.50);
    ret_stats->p95 = plug_histogram_at(&s->rtts, 0.95);
    ret_stats->p99 = plug_histogram_at(&s->rtts, 0.99);
}
