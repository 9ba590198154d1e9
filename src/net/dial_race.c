/* SPDX-License-Identifier: MIT */
#include "net/dial_race.h"
#include "net/trace_addr.h"

#include <netinet/in.h>
#include <plug/err.h>
#include <plug/sockopt.h>
#include <plug/wait.h>

#define DELAY_DEFAULT PLUG_MS(250) /* RFC 8305 8: Connection Attempt Delay */

/* --- the order ------------------------------------------------------------------------------- */

static void target_add(struct plug__race *r, const struct plug_addrinfo *item)
{
    for (size_t i = 0; i < r->count; i++) {
        if (plug_addr_equal(&r->target[i].addr, &item->addr))
            return;
    }
    if (r->count < PLUG_DIAL_ATTEMPTS)
        r->target[r->count++] = *item;
}

/* The first item from *at on that is, or is not, of a family; NULL: none is left. */
static const struct plug_addrinfo *item_next(const struct plug_resolve_list *list, size_t *at,
                                             int family, bool same)
{
    while (*at < list->count) {
        const struct plug_addrinfo *item = &list->item[(*at)++];
        if ((item->family == family) == same)
            return item;
    }
    return NULL;
}

void plug__race_targets(struct plug__race *r, const struct plug_resolve_list *list)
{
    size_t first_at = 0, other_at = 0;

    for (;;) {
        const struct plug_addrinfo *first = item_next(list, &first_at, list->item->family, true);
        const struct plug_addrinfo *other = item_next(list, &other_at, list->item->family, false);
        if (!first && !other)
            return;
        if (first)
            target_add(r, first);
        if (other)
            target_add(r, other);
    }
}

/* --- one attempt ----------------------------------------------------------------------------- */

static int prepare(const struct plug__race *r, struct plug_sock *s, const char **phase)
{
    const struct plug_dial_opts *o = r->opts;
    int err = 0;

    if (o->device)
        err = plug_sockopt_set_text(s, PLUG_SO_BIND_DEVICE, o->device);
    if (err >= 0 && o->keepalive)
        err = plug_sockopt_set(s, PLUG_SO_KEEPALIVE, 1);
    if (err >= 0 && plug_sock_proto(s) == IPPROTO_TCP && !o->nodelay_off)
        err = plug_sockopt_set(s, PLUG_SO_NODELAY, 1);
    if (err >= 0 && o->source) {
        *phase = "bind";
        err = plug_sock_bind(s, o->source);
    }
    return err;
}

/* *ret_sock is set whenever a socket was made. 0: connected; -EINPROGRESS: under way. */
static int begin(const struct plug__race *r, const struct plug_addrinfo *target,
                 struct plug_sock **ret_sock, const char **phase)
{
    *phase = "socket";
    int err = plug_sock_open(ret_sock, target->family, target->type | SOCK_NONBLOCK, target->proto);
    if (err < 0)
        return err;
    err = prepare(r, *ret_sock, phase);
    if (err < 0)
        return err;
    *phase = "connect";
    return plug_sock_connect(*ret_sock, &target->addr);
}

/* An attempt is over: notes it; its socket is closed unless it won. */
static void settle(struct plug__race *r, size_t i, int err)
{
    struct plug_dial_attempt *a = &r->report->attempt[i];

    a->error = err;
    a->took = plug_now() - r->began - a->started;
    r->report->phase = a->phase;
    PLUG__TRACE_NET("dial", &a->addr, err, a->took);
    if (err == 0)
        return;
    plug_sock_close(r->sock[i]);
    r->sock[i] = NULL;
}

static int64_t joins_at(const struct plug__race *r)
{
    int64_t delay = r->opts->delay ? r->opts->delay : DELAY_DEFAULT;

    return plug_deadline_after(delay);
}

static bool under_way(int err)
{
    return err == -EINPROGRESS || err == -EALREADY;
}

/* Starts the next target. Its index when it is connected at once, else -EAGAIN. */
static int start_next(struct plug__race *r)
{
    size_t i = r->next++;
    struct plug_dial_attempt *a = &r->report->attempt[i];

    r->report->count = r->next;
    a->addr = r->target[i].addr;
    a->started = plug_now() - r->began;
    int err = begin(r, &r->target[i], &r->sock[i], &a->phase);
    if (under_way(err)) {
        r->active++;
        r->next_at = joins_at(r);
        return -EAGAIN;
    }
    settle(r, i, err);
    return err == 0 ? (int)i : -EAGAIN;
}

/* --- the race -------------------------------------------------------------------------------- */

/* connect(2) again says how it went. The winner's index or -EAGAIN. */
static int look(struct plug__race *r, size_t i)
{
    int err = plug_sock_connect(r->sock[i], &r->target[i].addr);

    if (under_way(err))
        return -EAGAIN;
    r->active--;
    settle(r, i, err);
    if (err == 0)
        return (int)i;
    r->next_at = 0; /* RFC 8305 5: a failure lets the next one in */
    return -EAGAIN;
}

/* Waits for the attempts under way, or until the next one joins. Winner's index, -EAGAIN, error. */
static int wait_and_look(struct plug__race *r)
{
    struct pollfd fds[PLUG_DIAL_ATTEMPTS];
    size_t index[PLUG_DIAL_ATTEMPTS], count = 0;

    for (size_t i = 0; i < r->next; i++) {
        if (!r->sock[i])
            continue;
        index[count] = i;
        fds[count++] = (struct pollfd){.fd = plug_sock_fd(r->sock[i]), .events = POLLOUT};
    }
    int n = plug_wait_many(fds, count, r->next < r->count ? r->next_at : PLUG_NEVER);
    if (n == PLUG_ETIMEOUT && plug_deadline_left(plug_deadline_current()) != 0)
        return -EAGAIN;
    for (size_t i = 0; i < count && n > 0; i++) {
        int won = fds[i].revents ? look(r, index[i]) : -EAGAIN;
        if (won >= 0)
            return won;
    }
    if (n < 0)
        return n;
    return r->active && plug_deadline_left(plug_deadline_current()) == 0 ? PLUG_ETIMEOUT : -EAGAIN;
}

static bool may_start(const struct plug__race *r)
{
    return r->next < r->count && (!r->active || plug_deadline_left(r->next_at) == 0);
}

/* The winner's index; -EAGAIN: all have failed; or why the waiting ended. */
static int run(struct plug__race *r)
{
    while (r->active || r->next < r->count) {
        int won = may_start(r) ? start_next(r) : wait_and_look(r);
        if (won != -EAGAIN)
            return won;
    }
    return -EAGAIN;
}

static void close_rest(struct plug__race *r, int winner, int err)
{
    for (size_t i = 0; i < r->next; i++) {
        if (r->sock[i] && (int)i != winner)
            settle(r, i, err);
    }
}

/* What all attempts have in common, else PLUG_EALLFAILED. */
static int common_error(const struct plug_dial_report *report)
{
    int err = report->attempt[0].error;

    for (size_t i = 1; i < report->count; i++) {
        if (report->attempt[i].error != err)
            return PLUG_EALLFAILED;
    }
    return err;
}

int plug__race_run(struct plug__race *r, struct plug_sock **ret)
{
    int winner = run(r);

    if (winner == -EAGAIN)
        return common_error(r->report);
    close_rest(r, winner, winner < 0 ? winner : -ECANCELED);
    if (winner < 0)
        return winner;
    r->report->phase = "connect";
    *ret = r->sock[winner];
    return 0;
}
