/* SPDX-License-Identifier: MIT */
/* The serving loop of the models in which one thread accepts: serial, thread, fork. */
#include "server/server_impl.h"
#include "base/wait_with.h"

#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>

#define OWN 2 /* stop_fd and bell_fd */

/* One look at everything the loop waits for. */
struct look {
    struct pollfd *fds;
    bool listening; /* listeners are among them, behind the first OWN */
};

static int look_open(const struct plug_server *s, struct look *k)
{
    size_t more = s->model->fds_max ? s->model->fds_max(s) : 0;
    k->fds = plug_calloc(OWN + s->endpoints + more, sizeof *k->fds);
    return k->fds ? 0 : -ENOMEM;
}

static void look_close(struct look *k)
{
    plug_free(k->fds);
}

static bool may_accept(struct plug_server *s, int64_t now)
{
    return now >= s->pause_until && (!s->model->room || s->model->room(s));
}

/* What to wait for now; how many. */
static size_t look_at(struct plug_server *s, struct look *k, bool accepting, int64_t now)
{
    size_t n = OWN;
    k->fds[0] = (struct pollfd){.fd = accepting ? s->stop_fd : -1, .events = POLLIN};
    k->fds[1] = (struct pollfd){.fd = s->bell_fd, .events = POLLIN};
    k->listening = accepting && may_accept(s, now);
    for (size_t i = 0; k->listening && i < s->endpoints; i++)
        k->fds[n++] = (struct pollfd){.fd = plug_sock_fd(s->endpoint[i].sock), .events = POLLIN};
    return s->model->fds ? n + s->model->fds(s, k->fds + n) : n;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When the loop has to look round although nothing has happened. */
static int64_t next_turn(struct plug_server *s, bool accepting, int64_t now)
{
    int64_t at = s->model->turn ? s->model->turn(s, now) : PLUG_NEVER;
    if (accepting && s->pause_until > now)
        at = sooner(at, s->pause_until);
    if (accepting && s->asked.service_actions && s->o.service_every > 0)
        at = sooner(at, now + s->o.service_every);
    return at;
}

/* Waits once: 0, or what ended it. PLUG_ETIMEOUT: a deadline scope did. */
static int wait_turn(struct plug_server *s, struct look *k, bool accepting, int64_t deadline)
{
    int64_t now = plug_now();
    int64_t at = sooner(next_turn(s, accepting, now), deadline);
    size_t n = look_at(s, k, accepting, now);
    int r = plug__wait_own(plug__wait_many(k->fds, n, at), at);
    if (r > 0 && k->fds[1].revents)
        plug__server_rung(s);
    return r < 0 ? r : 0;
}

/* Serves what one listener has, at most budget requests; how many those were. */
static int accept_some(struct plug__endpoint *e, int budget)
{
    struct plug_server *s = e->server;
    struct plug_conn c;
    int taken = 0;
    while (taken < budget && !plug__stopping(s) && (!s->model->room || s->model->room(s))) {
        int r = plug__accept(e, e->sock, &c);
        if (r <= 0)
            return r < 0 ? r : taken;
        if (r == PLUG__TAKEN)
            plug__request_process(&c);
        taken++;
    }
    return taken;
}

static int accept_ready(struct plug_server *s, struct look *k, int budget)
{
    int taken = 0;
    for (size_t i = 0; k->listening && i < s->endpoints && taken < budget; i++) {
        int r = k->fds[OWN + i].revents ? accept_some(&s->endpoint[i], budget) : 0;
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
    struct look k;
    int r = look_open(s, &k);
    if (r < 0)
        return r;
    r = unblock(s);
    while (r >= 0 && !plug__stopping(s)) {
        r = wait_turn(s, &k, true, PLUG_NEVER);
        if (r >= 0)
            r = accept_ready(s, &k, s->model->budget);
        if (r >= 0 && s->asked.service_actions)
            s->asked.service_actions(s, s->arg);
    }
    look_close(&k);
    return r;
}

int plug__loop_one(struct plug_server *s, int64_t deadline)
{
    struct look k;
    int r = look_open(s, &k);
    if (r < 0)
        return r;
    r = unblock(s);
    while (r == 0) {
        r = wait_turn(s, &k, true, deadline);
        if (r == 0)
            r = accept_ready(s, &k, 1);
        if (plug__stopping(s) || plug_deadline_left(deadline) == 0)
            break;
    }
    look_close(&k);
    return r;
}

/* --- draining ----------------------------------------------------------------------------- */

#define VAIN PLUG_MS(1)

/* Without memory for a look, or cancelled: time passes all the same. */
static void wait_drained(struct plug_server *s, struct look *k, int64_t deadline)
{
    if (!k->fds || wait_turn(s, k, false, deadline) < 0)
        (void)!plug_sys()->nanosleep_until(plug_now() + VAIN);
}

void plug__loop_drain(struct plug_server *s)
{
    struct plug_waiter *w = plug_waiter();
    struct plug_deadline *scope = w->own.scope;
    struct look k = {NULL, false};
    int64_t at = plug_deadline_after(s->o.drain);
    w->own.scope = NULL; /* what is being served ends, however late it is for the caller */
    atomic_store(&s->shared->stopping, true);
    if (atomic_load(&s->shared->live) && look_open(s, &k) < 0)
        k.fds = NULL;
    while (atomic_load(&s->shared->live)) {
        int64_t now = plug_now();
        if (now >= at) {
            atomic_store(&s->shared->cut, true);
            at = s->model->cut ? s->model->cut(s, now) : PLUG_NEVER;
        }
        wait_drained(s, &k, at);
    }
    look_close(&k);
    w->own.scope = scope;
}
