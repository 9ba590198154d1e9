/* SPDX-License-Identifier: MIT */
/*
 * A fiber for each connection.
 *
 * A worker is a scheduler in a thread of its own; the first one is the caller's. It has a listener
 * for every endpoint (SO_REUSEPORT, where the address can be bound again) and a fiber that accepts
 * there. That fiber starts another one for each request and lets it run at once, so that the conn
 * moves from stack to stack and nothing is allocated.
 */
#include "server/lane.h"
#include "base/assert.h"
#include "base/wait_with.h"
#include "fiber/sched.h"

#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/listen.h>
#include <plug/sockopt.h>
#include <plug/sys.h>
#include <pthread.h>
#include <string.h>

#define HOME_STACK ((size_t)256 * 1024) /* of a worker's thread itself */

struct worker {
    struct plug_server *server;
    size_t index;
    pthread_t thread;
    bool started;
    int result;
    int64_t until;              /* the caller's deadline scope, for the first worker */
    struct plug_scope requests; /* of every request */
    size_t live;                /* how many those are */
    struct plug_fiber *drainer; /* waits for the last of them */
    struct plug__endpoint endpoint[PLUG_SERVER_ENDPOINTS]; /* its own listeners */
    size_t endpoints;
};

struct fibers {
    struct worker *worker;
    size_t workers;
    bool inline_request; /* plug_server_handle_request: served by the fiber that accepts */
};

/* --- requests ----------------------------------------------------------------------------- */

static __thread struct worker *here;

/* The scheduler's idea of the time is good enough, and costs nothing. */
static int64_t fiber_deadline(struct plug_conn *c)
{
    const struct plug__sched *s = plug__sched_here;
    int64_t idle = c->server->o.idle;
    if (s->now >= c->deadline)
        atomic_store_explicit(&c->ended, PLUG_ETIMEOUT, memory_order_relaxed);
    else if (plug__cancelled(s->running))
        atomic_store_explicit(&c->ended, -ECANCELED, memory_order_relaxed);
    return idle < 0 ? PLUG_NEVER : s->now + idle;
}

struct plug_scope *plug__fiber_requests(void)
{
    return &here->requests;
}

void plug__fiber_began(void)
{
    here->live++;
}

void plug__fiber_ended(void)
{
    if (--here->live == 0 && here->drainer)
        plug__unpark(here->drainer, 0);
}

static int serve_fiber(void *arg)
{
    struct plug_conn c __attribute__((aligned(PLUG__LINE))) = *(struct plug_conn *)arg;
    struct plug_fiber *f = plug__sched_here->running;
    f->warm[PLUG__WARM_CONN] = &c;
    f->warm[PLUG__WARM_SOCK] = c.sock;
    plug__deadline_enter_at(&c.whole, c.deadline);
    (void)plug__request_serve(&c);
    plug_deadline_leave(&c.whole);
    plug__fiber_ended();
    return 0;
}

static int fiber_process(struct plug_server *s, struct plug_conn *c)
{
    struct fibers *f = s->state;
    if (f->inline_request) {
        c->given = true;
        (void)plug__request_serve(c);
        return 0;
    }
    int r = plug_fiber_spawn(&here->requests, serve_fiber, c, "request", NULL);
    if (r < 0)
        return r;
    plug__fiber_began();
    c->given = true;
    plug__yield(plug__sched_here); /* it is ahead in the line, and has its copy of *c then */
    return 0;
}

static int accept_fiber(void *arg)
{
    struct plug__endpoint *e = arg;
    struct plug_server *s = e->server;
    struct plug_conn c;
    while (!plug__stopping(s)) {
        int r = plug__accept(e, e->sock, &c);
        if (r == PLUG__TAKEN)
            plug__request_process(&c);
        else if (r == 0)
            r = plug_sleep(atomic_load(&s->pause_until) - plug_now());
        if (r < 0)
            return r;
        if (s->asked.service_actions && here->index == 0)
            s->asked.service_actions(s, s->arg);
    }
    return 0;
}

static int lane_fiber(void *arg)
{
    const struct plug__endpoint *e = arg;
    e->lane->tells = here->index == 0;
    return plug__lane_run(e->lane);
}

static int service_fiber(void *arg)
{
    struct plug_server *s = arg;
    while (plug_sleep(s->o.service_every) >= 0)
        s->asked.service_actions(s, s->arg);
    return 0;
}

/* --- a worker ----------------------------------------------------------------------------- */

/* The fibers that accept; they end when the scope does. */
static int start(struct worker *w, struct plug_scope *scope)
{
    struct plug_server *s = w->server;
    int r = 0;
    for (size_t i = 0; i < w->endpoints && r >= 0; i++) {
        struct plug__endpoint *e = &w->endpoint[i];
        bool in_place = e->lane && e->lane->in_place;
        r = plug_fiber_spawn(scope, in_place ? lane_fiber : accept_fiber, e, "accept", NULL);
    }
    if (r >= 0 && s->asked.service_actions && w->index == 0)
        r = plug_fiber_spawn(scope, service_fiber, s, "service", NULL);
    return r;
}

/* Waits for all requests; what lasts longer than the drain time is cancelled. */
static void drain(struct worker *w)
{
    struct plug_server *s = w->server;
    int64_t deadline = plug_deadline_after(s->o.drain);
    w->drainer = plug_fiber_self();
    while (w->live && plug__park("drain", PLUG__PARK_INSIDE, deadline) >= 0) {
    }
    w->drainer = NULL;
    if (w->live) {
        atomic_store(&s->shared->cut, true);
        plug_scope_cancel(&w->requests);
    }
}

/* An acceptor that gave up has said why; being told to stop is no reason. */
static int reason(int waited, int accepting)
{
    if (accepting < 0 && accepting != -ECANCELED)
        return accepting;
    return waited < 0 ? waited : 0;
}

static int worker_fiber(void *arg)
{
    struct worker *w = arg;
    struct plug_server *s = w->server;
    struct plug_scope accepting;
    here = w;
    plug_scope_open(&w->requests, PLUG_FOREVER);
    plug_scope_open(&accepting, PLUG_FOREVER);
    int r = start(w, &accepting);
    if (r >= 0)
        r = plug_wait(s->stop_fd, POLLIN, w->until);
    plug_server_stop(s); /* the other workers, too, when this one fails */
    plug_scope_cancel(&accepting);
    r = reason(r, plug_scope_close(&accepting));
    drain(w);
    (void)plug_scope_close(&w->requests);
    here = NULL;
    return r;
}

static int run_worker(struct worker *w)
{
    struct plug_fiber_opts o = PLUG_FIBER_OPTS;
    o.backend = w->server->o.backend;
    o.stack = w->server->o.stack;
    int r = plug_fiber_run(worker_fiber, w, &o);
    if (r < 0)
        plug_server_stop(w->server);
    return r;
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    w->result = run_worker(w);
    return NULL;
}

/* --- listeners ---------------------------------------------------------------------------- */

/* Another listener at the same address, or, where that cannot be, a duplicate. */
static int listen_again(const struct plug__endpoint *e, struct plug_sock **ret)
{
    struct plug_listen_opts o = PLUG_LISTEN_OPTS;
    struct plug_addr addr;
    int64_t v6only = 1;
    int r = plug_sock_local(e->sock, &addr);
    if (r < 0 || e->adopted || plug_addr_family(&addr) == AF_UNIX)
        return r < 0 ? r : plug_sock_dup(e->sock, ret);
    if (plug_addr_family(&addr) == AF_INET6)
        r = plug_sockopt_get(e->sock, PLUG_SO_V6ONLY, &v6only);
    o.dual_stack = !v6only;
    o.reuse_port = true;
    o.backlog = SOMAXCONN;
    return r < 0 ? r : plug_listen_addr(ret, &addr, plug_sock_type(e->sock), &o);
}

static int worker_listen(struct worker *w)
{
    struct plug_server *s = w->server;
    int r = 0;
    for (size_t i = 0; i < s->endpoints && r >= 0; i++) {
        struct plug__endpoint *e = &w->endpoint[i];
        *e = s->endpoint[i];
        if (w->index > 0) {
            e->lane = NULL;
            r = listen_again(&s->endpoint[i], &e->sock);
        }
        if (r < 0)
            return r;
        w->endpoints++;
        if (w->index > 0)
            r = e->transport->prepare(e);
        if (r >= 0)
            r = plug_sock_set_timeout(e->sock, PLUG_FOREVER);
    }
    return r;
}

static void worker_close(struct worker *w)
{
    for (size_t i = 0; w->index > 0 && i < w->endpoints; i++) {
        plug__lane_close(w->endpoint[i].lane);
        plug_sock_close(w->endpoint[i].sock);
    }
}

/* --- the model ---------------------------------------------------------------------------- */

static void fiber_end(struct plug_server *s)
{
    struct fibers *f = s->state;
    for (size_t i = 0; i < f->workers; i++)
        worker_close(&f->worker[i]);
    plug_free(f->worker);
    plug_free(f);
}

static int fiber_begin(struct plug_server *s)
{
    struct fibers *f = plug_calloc(1, sizeof *f);
    struct worker *w = plug_calloc(s->o.workers, sizeof *w);
    int r = f && w ? 0 : -ENOMEM;
    if (r < 0) {
        plug_free(f);
        plug_free(w);
        return r;
    }
    f->worker = w;
    s->state = f;
    for (; f->workers < s->o.workers && r >= 0; f->workers++, w++) {
        w->server = s;
        w->index = f->workers;
        w->until = PLUG_NEVER;
        r = worker_listen(w);
    }
    if (r < 0) {
        fiber_end(s);
        s->state = NULL;
    }
    return r;
}

static int start_worker(struct worker *w)
{
    int r = plug_sys()->thread_create_stack(&w->thread, HOME_STACK, worker_main, w);
    w->started = r >= 0;
    return r;
}

static int fiber_run(struct plug_server *s)
{
    struct fibers *f = s->state;
    int r = 0;
    f->inline_request = false;
    f->worker[0].until = plug_deadline_current();
    for (size_t i = 1; i < f->workers && r >= 0; i++)
        r = start_worker(&f->worker[i]);
    if (r >= 0)
        r = run_worker(&f->worker[0]);
    plug_server_stop(s);
    for (size_t i = 1; i < f->workers; i++) {
        if (!f->worker[i].started)
            continue;
        pthread_join(f->worker[i].thread, NULL);
        f->worker[i].started = false;
        r = r < 0 ? r : f->worker[i].result;
    }
    return r;
}

struct one {
    struct plug_server *server;
    int64_t deadline;
};

static int one_fiber(void *arg)
{
    struct one *o = arg;
    return plug__loop_one(o->server, o->deadline);
}

static int fiber_one(struct plug_server *s, int64_t deadline)
{
    struct fibers *f = s->state;
    struct one o = {s, deadline};
    struct plug_fiber_opts fo = PLUG_FIBER_OPTS;
    fo.backend = s->o.backend;
    fo.stack = s->o.stack;
    f->inline_request = true;
    return plug_fiber_run(one_fiber, &o, &fo);
}

static void fiber_drain(struct plug_server *s)
{
    (void)s; /* each worker has done it before it ended */
}

const struct plug__model plug__model_fiber = {
    .id = PLUG_MODEL_FIBER,
    .name = "fiber",
    .in_place = true,
    .budget = 1,
    .begin = fiber_begin,
    .end = fiber_end,
    .run = fiber_run,
    .one = fiber_one,
    .drain = fiber_drain,
    .process = fiber_process,
    .deadline = fiber_deadline,
};
