/* SPDX-License-Identifier: MIT */
/*
 * A kept thread for each connection.
 *
 * A worker serves the conn that lies in it. When it is done it waits among the idle ones, last in
 * first out, so that few threads stay warm and the others grow old; past keep_age it ends and waits
 * to be joined by the serving loop. Everything in struct pool is changed under its lock.
 */
#include "server/server_impl.h"

#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>
#include <pthread.h>
#include <semaphore.h>

struct worker {
    struct worker *next;                 /* idle, or ended */
    struct worker *busy_next, **busy_at; /* among the busy */
    pthread_t thread;
    sem_t wake; /* it has work, or is to leave; waited for without the lock */
    int64_t born;
    bool leave;
    atomic_bool
        woken; /* what was written for it is there; tools that know no semaphore see it, too */
    struct plug_conn conn;
};

struct pool {
    pthread_mutex_t lock;
    struct worker *idle, *busy, *ended;
    size_t workers;
    bool leave;
};

static void lock(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
}

static void unlock(struct pool *p)
{
    pthread_mutex_unlock(&p->lock);
}

/* --- workers ------------------------------------------------------------------------------ */

static struct worker *worker_new(void)
{
    struct worker *w = plug_calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->born = plug_now();
    sem_init(&w->wake, 0, 0);
    return w;
}

static void worker_free(struct worker *w)
{
    sem_destroy(&w->wake);
    plug_free(w);
}

static void wake(struct worker *w)
{
    atomic_store(&w->woken, true);
    sem_post(&w->wake);
}

static void busy_add(struct pool *p, struct worker *w)
{
    w->busy_next = p->busy;
    w->busy_at = &p->busy;
    if (p->busy)
        p->busy->busy_at = &w->busy_next;
    p->busy = w;
}

static void busy_remove(struct worker *w)
{
    *w->busy_at = w->busy_next;
    if (w->busy_next)
        w->busy_next->busy_at = w->busy_at;
}

/* False: it is not there any more. */
static bool idle_remove(struct pool *p, const struct worker *w)
{
    struct worker **at = &p->idle;
    while (*at && *at != w)
        at = &(*at)->next;
    if (!*at)
        return false;
    *at = w->next;
    return true;
}

static struct worker *worker_of(struct plug_conn *c)
{
    return (struct worker *)(void *)((char *)c - offsetof(struct worker, conn));
}

/* Waits until it is woken, at most until its time is over: false. */
static bool await_wake(struct worker *w, int64_t until)
{
    struct timespec ts = {until / PLUG_S(1), until % PLUG_S(1)};
    int r;
    do
        r = until == PLUG_NEVER ? sem_wait(&w->wake)
                                : sem_clockwait(&w->wake, CLOCK_MONOTONIC, &ts);
    while (r < 0 && errno == EINTR);
    return r == 0 && atomic_exchange(&w->woken, false);
}

/* Waits for the next conn. False: it is time to end. */
static bool wait_for_work(struct plug_server *s, struct worker *w)
{
    struct pool *p = s->state;
    int64_t until = s->o.keep_age < 0 ? PLUG_NEVER : w->born + s->o.keep_age;
    lock(p);
    bool leave = p->leave || (until != PLUG_NEVER && plug_now() >= until);
    if (!leave) {
        w->next = p->idle;
        p->idle = w;
    }
    unlock(p);
    if (leave)
        return false;
    atomic_fetch_add(&s->shared->kept, 1);
    if (!await_wake(w, until)) {
        lock(p);
        leave = idle_remove(p, w);
        unlock(p);
        if (!leave)
            (void)await_wake(w, PLUG_NEVER); /* work was on its way */
    }
    atomic_fetch_sub(&s->shared->kept, 1);
    return !leave && !w->leave;
}

static void serve(struct worker *w)
{
    struct plug_server *s = w->conn.server;
    (void)plug__request_serve(&w->conn);
    if (plug__stopping(s))
        plug__server_ring(s);
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct plug_server *s = w->conn.server;
    struct pool *p = s->state;
    do
        serve(w);
    while (wait_for_work(s, w));
    lock(p);
    w->next = p->ended;
    p->ended = w;
    unlock(p);
    plug__server_ring(s); /* to be joined */
    return NULL;
}

/* --- the serving loop's side -------------------------------------------------------------- */

static void take_over(struct worker *w, struct plug_conn *c)
{
    w->conn = *c;
    c->given = true;
}

static int start_worker(struct plug_server *s, struct plug_conn *c)
{
    struct pool *p = s->state;
    struct worker *w = worker_new();
    if (!w)
        return -ENOMEM;
    take_over(w, c);
    lock(p);
    busy_add(p, w);
    int r = plug_sys()->thread_create_stack(&w->thread, s->o.stack, worker_main, w);
    if (r < 0) {
        busy_remove(w);
        c->given = false;
    }
    p->workers += r >= 0;
    unlock(p);
    if (r < 0)
        worker_free(w);
    return r;
}

static int thread_process(struct plug_server *s, struct plug_conn *c)
{
    struct pool *p = s->state;
    lock(p);
    struct worker *w = p->idle;
    if (w) {
        p->idle = w->next;
        take_over(w, c);
        busy_add(p, w);
    }
    unlock(p);
    if (!w)
        return start_worker(s, c);
    wake(w); /* without the lock, or it would wake up only to wait for that */
    return 0;
}

static void thread_closing(struct plug_conn *c)
{
    struct pool *p = c->server->state;
    struct worker *w = worker_of(c);
    lock(p);
    busy_remove(w);
    unlock(p);
}

/*
 * Ends what is past its time; when to look again. Operations of a conn end then by themselves: this
 * is for handlers that use its socket.
 */
static int64_t sweep(struct plug_server *s, int64_t now)
{
    struct pool *p = s->state;
    int64_t every = PLUG_S(1);
    if (s->o.handler < 0)
        return PLUG_NEVER;
    lock(p);
    for (struct worker *w = p->busy; w; w = w->busy_next)
        if (now >= w->conn.deadline)
            plug__conn_cut(&w->conn, PLUG_ETIMEOUT);
    bool any = p->busy != NULL;
    unlock(p);
    if (s->o.handler < every)
        every = s->o.handler;
    return any ? now + every : PLUG_NEVER;
}

static void join_ended(struct plug_server *s)
{
    struct pool *p = s->state;
    lock(p);
    struct worker *w = p->ended;
    p->ended = NULL;
    unlock(p);
    while (w) {
        struct worker *next = w->next;
        pthread_join(w->thread, NULL);
        worker_free(w);
        p->workers--;
        w = next;
    }
}

static int64_t thread_turn(struct plug_server *s, int64_t now, const struct pollfd *fds,
                           size_t count)
{
    (void)fds, (void)count;
    join_ended(s);
    return sweep(s, now);
}

/* Threads cannot be ended, but whatever they wait for on their connections ends. */
static int64_t thread_cut(struct plug_server *s, int64_t now)
{
    struct pool *p = s->state;
    lock(p);
    for (struct worker *w = p->busy; w; w = w->busy_next)
        plug__conn_cut(&w->conn, -ECANCELED);
    unlock(p);
    return now + PLUG_S(1); /* a handler may have begun a wait of its own meanwhile */
}

static int thread_begin(struct plug_server *s)
{
    struct pool *p = plug_calloc(1, sizeof *p);
    if (!p)
        return -ENOMEM;
    pthread_mutex_init(&p->lock, NULL);
    s->state = p;
    return 0;
}

static void thread_end(struct plug_server *s)
{
    struct pool *p = s->state;
    lock(p);
    p->leave = true;
    for (struct worker *w = p->idle; w; w = w->next) {
        w->leave = true;
        wake(w);
    }
    p->idle = NULL;
    unlock(p);
    while (p->workers) {
        join_ended(s);
        if (p->workers)
            (void)!plug_wait(s->bell_fd, POLLIN, PLUG_NEVER);
        plug__server_rung(s);
    }
    pthread_mutex_destroy(&p->lock);
    plug_free(p);
}

const struct plug__model plug__model_thread = {
    .id = PLUG_MODEL_THREAD,
    .name = "thread",
    .blocking = true,
    .budget = 64,
    .begin = thread_begin,
    .end = thread_end,
    .run = plug__loop_run,
    .one = plug__loop_one,
    .drain = plug__loop_drain,
    .process = thread_process,
    .closing = thread_closing,
    .deadline = plug__blocking_deadline,
    .turn = thread_turn,
    .cut = thread_cut,
};
