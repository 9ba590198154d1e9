/* SPDX-License-Identifier: MIT */
/* The serving loop of the models in which one thread accepts: serial, thread, fork. */
#include "server/lane.h"
#include "base/wait_with.h"

#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>

#define OWN        2 /* stop_fd and bell_fd */
#define FULL_PAUSE PLUG_MS(1)
#define DATAGRAMS  1024 /* of one socket in one turn, where they are served where they lie */

/* One look at everything the loop waits for. */
struct plug__look {
    bool listening;     /* listeners are among them, behind the first OWN */
    bool one;           /* a single request is wanted, from whichever listener has one */
    size_t more, mores; /* where those of the model begin, and how many they are */
    struct pollfd fds[];
};

int plug__loop_begin(struct plug_server *s)
{
    size_t more = s->model->fds_max ? s->model->fds_max(s) : 0;
    size_t fds = OWN + s->endpoints + more;
    s->look = plug_calloc(1, sizeof *s->look + fds * sizeof *s->look->fds);
    return s->look ? 0 : -ENOMEM;
}

void plug__loop_end(struct plug_server *s)
{
    plug_free(s->look);
    s->look = NULL;
}

static bool may_accept(struct plug_server *s, int64_t now)
{
    return now >= s->pause_until && (!s->model->room || s->model->room(s));
}

/* Datagrams that came with others and were not served yet. */
static bool has_more(const struct plug__endpoint *e)
{
    return e->lane && e->lane->pending;
}

static bool any_more(const struct plug_server *s)
{
    for (size_t i = 0; i < s->endpoints; i++)
        if (has_more(&s->endpoint[i]))
            return true;
    return false;
}

/* What to wait for now; how many. */
static size_t look_at(struct plug_server *s, bool accepting, int64_t now)
{
    struct plug__look *k = s->look;
    size_t n = OWN;
    k->fds[0] = (struct pollfd){.fd = accepting ? s->stop_fd : -1, .events = POLLIN};
    k->fds[1] = (struct pollfd){.fd = s->bell_fd, .events = POLLIN};
    k->listening = accepting && may_accept(s, now);
    for (size_t i = 0; k->listening && i < s->endpoints; i++)
        k->fds[n++] = (struct pollfd){.fd = plug_sock_fd(s->endpoint[i].sock), .events = POLLIN};
    k->more = n;
    k->mores = s->model->fds ? s->model->fds(s, k->fds + n) : 0;
    return n + k->mores;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When the loop has to look round although nothing has happened. */
static int64_t next_turn(struct plug_server *s, bool accepting, int64_t now)
{
    const struct plug__look *k = s->look;
    int64_t at = PLUG_NEVER;
    if (s->model->turn)
        at = s->model->turn(s, now, k->fds + k->more, k->mores);
    if (accepting && may_accept(s, now) && any_more(s))
        at = now;
    if (accepting && s->pause_until > now)
        at = sooner(at, s->pause_until);
    if (accepting && s->asked.service_actions && s->o.service_every > 0)
        at = sooner(at, now + s->o.service_every);
    return at;
}

/*
 * Waits once: 0, or what ended it. PLUG_ETIMEOUT: a deadline scope did. Who only drains does not
 * wait after the last one, whom the turn itself may have taken leave of.
 */
static int wait_turn(struct plug_server *s, bool accepting, int64_t deadline)
{
    int64_t now = plug_now();
    int64_t at = sooner(next_turn(s, accepting, now), deadline);
    if (!accepting && !plug__live(s))
        return 0;
    size_t n = look_at(s, accepting, now);
    int r = plug__wait_own(plug__wait_many(s->look->fds, n, at), at);
    if (r > 0 && s->look->fds[1].revents)
        plug__server_rung(s);
    return r < 0 ? r : 0;
}

/*
 * At the limit a connection is refused, so that its peer knows. A datagram stays where it is, and
 * the kernel drops what comes when its buffer is full: nobody would hear of a refusal anyway.
 */
static bool is_full(struct plug__endpoint *e)
{
    struct plug_server *s = e->server;
    if (!e->lane || plug__live(s) < s->o.max)
        return false;
    s->pause_until = plug_now() + FULL_PAUSE;
    return true;
}

/* Serves what one listener has, at most budget requests; how many those were. */
static int accept_some(struct plug__endpoint *e, int budget)
{
    struct plug_server *s = e->server;
    struct plug_conn c;
    int taken = 0;
    if (e->lane && e->lane->in_place && s->model->blocking)
        return plug__lane_turn(e->lane, s->look->one ? 1 : DATAGRAMS);
    while (taken < budget && !plug__stopping(s) && !is_full(e) &&
           (!s->model->room || s->model->room(s))) {
        int r = plug__accept(e, e->sock, &c);
        if (r <= 0)
            return r < 0 ? r : taken;
        if (r == PLUG__TAKEN)
            plug__request_process(&c);
        taken++;
    }
    return taken;
}

static int accept_ready(struct plug_server *s, int budget)
{
    const struct plug__look *k = s->look;
    int taken = 0;
    for (size_t i = 0; k->listening && i < s->endpoints && !(k->one && taken); i++) {
        struct plug__endpoint *e = &s->endpoint[i];
        int r = k->fds[OWN + i].revents || has_more(e) ? accept_some(e, budget) : 0;
        if (r < 0)
            return r;
        taken += r;
    }
    return taken;
}

/* Listeners never block: somebody else may be quicker to accept. */
static int unblock(struct plug_server *s)
{
    int r = 0;
    for (size_t i = 0; i < s->endpoints && r >= 0; i++)
        r = plug_sock_set_timeout(s->endpoint[i].sock, PLUG_NOWAIT);
    return r;
}

int plug__loop_run(struct plug_server *s)
{
    int r = unblock(s);
    s->look->one = false;
    while (r >= 0 && !plug__stopping(s)) {
        r = wait_turn(s, true, PLUG_NEVER);
        if (r >= 0)
            r = accept_ready(s, s->model->budget);
        if (r >= 0 && s->asked.service_actions)
            s->asked.service_actions(s, s->arg);
    }
    return r;
}

int plug__loop_one(struct plug_server *s, int64_t deadline)
{
    int r = unblock(s);
    s->look->one = true;
    while (r == 0) {
        r = wait_turn(s, true, deadline);
        if (r == 0)
            r = accept_ready(s, 1);
        if (plug__stopping(s) || plug_deadline_left(deadline) == 0)
            break;
    }
    return r;
}

/* --- draining ----------------------------------------------------------------------------- */

#define VAIN PLUG_MS(1)

/* Cancelled, or whatever else keeps it from waiting: time passes all the same. */
static void wait_drained(struct plug_server *s, int64_t deadline)
{
    if (wait_turn(s, false, deadline) < 0)
        (void)!plug_sys()->nanosleep_until(plug_now() + VAIN);
}

void plug__loop_drain(struct plug_server *s)
{
    int64_t at = plug_deadline_after(s->o.drain);
    while (plug__live(s)) {
        int64_t now = plug_now();
        if (now >= at) {
            atomic_store(&s->shared->cut, true);
            at = s->model->cut ? s->model->cut(s, now) : PLUG_NEVER;
        }
        wait_drained(s, at);
    }
}
