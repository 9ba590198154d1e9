/* SPDX-License-Identifier: MIT */
/*
 * A process for each connection.
 *
 * Kept children accept by themselves, so that a connection wakes one of them and passes through
 * nobody else's hands: with one listener they wait in accept(2), with several in an epoll of their
 * own with EPOLLEXCLUSIVE. When the last idle one gets work it rings, and the parent forks another.
 * Who waits in accept(2) hears of nothing else: the parent pokes it when it is to end.
 *
 * Where the parent has a say in each connection (its hooks, a limit for sources, a number of
 * requests) or children shall not be kept, the parent accepts and forks a fresh child each time, as
 * Python does.
 *
 * What parent and child both write lies in a slot of shared memory, one for each child.
 */
#include "server/fork_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/fiber.h>
#include <plug/sys.h>
#include <plug/wait.h>
#include <string.h>

#define FORK_PAUSE PLUG_MS(100) /* after a fork that failed, or a child that failed at once */
#define KILL_AFTER PLUG_S(1)    /* from SIGTERM to SIGKILL */
#define LOOK_MIN   PLUG_S(1)    /* how often handlers that run too long are looked for */
#define LOOK_MAX   PLUG_MIN(1)
#define POKE_AGAIN PLUG_MS(10) /* a poke may come before the wait that it is to end */
#define NO_PIDFD   PLUG_MS(50) /* how often children are looked at that have none */

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* --- children ----------------------------------------------------------------------------- */

/* /proc/self/task has a link for each thread besides the usual two. */
static bool has_threads(void)
{
    struct stat st;
    return plug_sys()->lstat("/proc/self/task", &st) >= 0 && st.st_nlink > 3;
}

/* Forks with all signals blocked, so that the child never runs a handler of the parent. */
static int fork_quietly(sigset_t *ret_before)
{
    sigset_t all;
    sigfillset(&all);
    int r = plug_sys()->thread_sigmask(SIG_SETMASK, &all, ret_before);
    if (r < 0)
        return r;
    pid_t pid = plug_sys()->fork();
    if (pid != 0)
        (void)!plug_sys()->thread_sigmask(SIG_SETMASK, ret_before, NULL);
    return pid;
}

static size_t free_slot(struct plug__shared *p)
{
    size_t i = 0;
    while (atomic_load(&p->slot[i].state) != PLUG__SLOT_FREE)
        i++;
    if (i == atomic_load(&p->slots_used))
        atomic_store(&p->slots_used, i + 1);
    return i;
}

/* A new child: its pid in the parent, 0 in itself. c: the request it is for; NULL: it is kept. */
static int new_child(struct plug_server *s, struct plug_conn *c, int64_t end_at)
{
    struct plug__forks *f = s->state;
    sigset_t before;
    size_t n = free_slot(s->shared);
    struct plug__slot *slot = &s->shared->slot[n];
    atomic_store(&slot->cut, 0);
    atomic_store(&slot->deadline, c ? c->deadline : PLUG_NEVER);
    atomic_store(&slot->state, c ? PLUG__SLOT_FRESH : PLUG__SLOT_IDLE);
    pid_t parent = plug_sys()->getpid();
    int pid = fork_quietly(&before);
    if (pid == 0) {
        plug__child_begin(s, slot, parent, &before);
        return 0;
    }
    if (pid < 0) {
        atomic_store(&slot->state, PLUG__SLOT_FREE);
        return pid;
    }
    struct plug__child *child = &f->child[f->children++];
    *child = (struct plug__child){.pid = pid, .slot = n, .end_at = end_at, .fresh = c != NULL};
    child->pidfd = plug_sys()->pidfd_open(pid, 0);
    if (c)
        child->peer = c->peer;
    return pid;
}

static void tell(const struct plug__child *child, int sig)
{
    if (child->pidfd >= 0)
        (void)!plug_sys()->pidfd_send_signal(child->pidfd, sig);
    else
        (void)!plug_sys()->kill(child->pid, sig);
}

/* SIGTERM ends what the handler waits for on its connection; SIGKILL, a second later, all. */
static void cut_child(struct plug_server *s, struct plug__child *child, int why, int64_t now)
{
    if (child->kill_at && now >= child->kill_at)
        tell(child, SIGKILL);
    if (child->kill_at)
        return;
    child->kill_at = now + KILL_AFTER;
    atomic_store(&s->shared->slot[child->slot].cut, why);
    tell(child, SIGTERM);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/*
 * SIGTERM lets idle children look whether they are to end; when to look at them again. Who is busy
 * past its age, or when all are to end, will see that itself.
 */
static int64_t poke_idle(struct plug_server *s, int64_t now)
{
    struct plug__forks *f = s->state;
    int64_t again = PLUG_NEVER;
    for (size_t i = 0; f->kept && i < f->children; i++) {
        struct plug__child *child = &f->child[i];
        bool idle = atomic_load(&s->shared->slot[child->slot].state) == PLUG__SLOT_IDLE;
        if (now < child->end_at && !plug__stopping(s)) {
            again = sooner(again, child->end_at);
        } else if (idle) {
            tell(child, SIGTERM);
            again = sooner(again, now + POKE_AGAIN);
        }
    }
    return again;
}

/* Whether it has ended; reaps it then. Somebody else may have done so: -ECHILD. */
static bool reap(struct plug_server *s, struct plug__child *child)
{
    struct plug__forks *f = s->state;
    struct plug__slot *slot = &s->shared->slot[child->slot];
    siginfo_t info = {.si_pid = 0};
    int r = plug_sys()->waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG);
    if (r == -EINTR || (r >= 0 && info.si_pid == 0))
        return false;
    int state = atomic_load(&slot->state);
    if (state != PLUG__SLOT_GONE)
        plug__count(&s->shared->crashed);
    if (state == PLUG__SLOT_IDLE)
        f->fork_at = plug_now() + FORK_PAUSE; /* the next one may end at once, too */
    if (child->fresh)
        plug__limits_leave(s, &child->peer);
    if (child->pidfd >= 0)
        plug_sys()->close(child->pidfd);
    atomic_store(&slot->state, PLUG__SLOT_FREE);
    *child = f->child[--f->children];
    return true;
}

/* --- each turn ---------------------------------------------------------------------------- */

static size_t fork_fds_max(const struct plug_server *s)
{
    return s->o.max_children;
}

static size_t fork_fds(const struct plug_server *s, struct pollfd *fds)
{
    const struct plug__forks *f = s->state;
    for (size_t i = 0; i < f->children; i++)
        fds[i] = (struct pollfd){.fd = f->child[i].pidfd, .events = POLLIN};
    return f->children;
}

/* fds are as fork_fds filled them; later children are behind them. The last may take a place. */
static int64_t reap_ended(struct plug_server *s, const struct pollfd *fds, size_t count,
                          int64_t now)
{
    struct plug__forks *f = s->state;
    int64_t again = PLUG_NEVER;
    for (size_t i = f->children; i-- > 0;) {
        struct plug__child *child = &f->child[i];
        if (child->pidfd < 0 || (i < count && fds[i].revents)) {
            bool ended = reap(s, child);
            if (!ended && child->pidfd < 0)
                again = now + NO_PIDFD;
        }
    }
    return again;
}

/* Kept children begin without a word to the parent: it has to look by itself, but not often. */
static int64_t next_look(const struct plug_server *s, int64_t now)
{
    int64_t every = s->o.handler;
    if (every < 0)
        return PLUG_NEVER;
    return now + (every < LOOK_MIN ? LOOK_MIN : every > LOOK_MAX ? LOOK_MAX : every);
}

/* Ends children whose handler runs too long; when to look again. */
static int64_t sweep(struct plug_server *s, int64_t now)
{
    struct plug__forks *f = s->state;
    int64_t again = next_look(s, now);
    for (size_t i = 0; i < f->children; i++) {
        struct plug__child *child = &f->child[i];
        int64_t at = atomic_load(&s->shared->slot[child->slot].deadline);
        if (at == PLUG_NEVER)
            continue;
        if (now >= at + KILL_AFTER)
            cut_child(s, child, PLUG_ETIMEOUT, now);
        at = child->kill_at ? child->kill_at : at + KILL_AFTER;
        if (now < at && at < again)
            again = at;
    }
    return again;
}

/* One idle child at least, as long as there may be more. */
static int64_t grow(struct plug_server *s, int64_t now)
{
    struct plug__forks *f = s->state;
    if (!f->kept || plug__stopping(s) || f->children == s->o.max_children || plug__kept(s) > 0)
        return PLUG_NEVER;
    if (now < f->fork_at)
        return f->fork_at;
    int64_t end_at = plug_deadline_after(s->o.keep_age);
    int pid = new_child(s, NULL, end_at);
    if (pid == 0)
        plug__child_keep_serving(s, end_at);
    if (pid < 0) {
        plug_trace(PLUG_TRACE_SERVER, __FILE__, __LINE__, "fork: %s", plug_strerror(pid));
        f->fork_at = now + FORK_PAUSE;
        return f->fork_at;
    }
    atomic_store(&s->shared->full, f->children == s->o.max_children);
    return PLUG_NEVER;
}

static int64_t fork_turn(struct plug_server *s, int64_t now, const struct pollfd *fds, size_t count)
{
    struct plug__forks *f = s->state;
    int64_t at = reap_ended(s, fds, count, now);
    at = sooner(at, sweep(s, now));
    at = sooner(at, poke_idle(s, now));
    atomic_store(&s->shared->full, f->children == s->o.max_children);
    return sooner(at, grow(s, now));
}

static bool fork_room(struct plug_server *s)
{
    const struct plug__forks *f = s->state;
    return !f->kept && f->children < s->o.max_children;
}

static int fork_process(struct plug_server *s, struct plug_conn *c)
{
    int pid = new_child(s, c, PLUG_NEVER);
    if (pid < 0)
        return pid;
    if (pid == 0)
        plug__child_serve_one(s, c);
    s->hooks.close_request(s, c, s->arg);
    if (c->sock)
        c->transport->close(c);
    c->given = true;
    return 0;
}

static int64_t fork_cut(struct plug_server *s, int64_t now)
{
    struct plug__forks *f = s->state;
    for (size_t i = 0; i < f->children; i++)
        cut_child(s, &f->child[i], -ECANCELED, now);
    return now + KILL_AFTER;
}

/* --- begin and end ------------------------------------------------------------------------ */

/* Nothing is to be asked of the parent for each connection, and children may live on. */
static bool can_keep(const struct plug_server *s)
{
    const struct plug_server_hooks *h = &s->asked;
    return !h->get_request && !h->verify_request && !h->process_request && !s->sources &&
           !s->o.requests && s->o.keep_age != PLUG_NS(1);
}

static bool is_alone(void)
{
    return !plug_fiber_self() && !has_threads();
}

static int fork_begin(struct plug_server *s)
{
    if (!is_alone())
        return -EBUSY;
    struct plug__forks *f = plug_calloc(1, sizeof *f);
    if (!f)
        return -ENOMEM;
    f->child = plug_calloc(s->o.max_children, sizeof *f->child);
    if (!f->child) {
        plug_free(f);
        return -ENOMEM;
    }
    s->state = f;
    return 0;
}

static int fork_run(struct plug_server *s)
{
    struct plug__forks *f = s->state;
    if (!is_alone()) /* any more */
        return -EBUSY;
    f->kept = can_keep(s);
    return plug__loop_run(s);
}

static int fork_one(struct plug_server *s, int64_t deadline)
{
    struct plug__forks *f = s->state;
    f->kept = false;
    return plug__loop_one(s, deadline);
}

/* The idle ones end by themselves; who does not is killed. */
static void fork_end(struct plug_server *s)
{
    struct plug__forks *f = s->state;
    int64_t kill_at = plug_now() + KILL_AFTER;
    while (f->children) {
        struct plug__child *child = &f->child[f->children - 1];
        int64_t now = plug_now();
        if (reap(s, child))
            continue;
        if (now >= kill_at)
            tell(child, SIGKILL);
        int64_t again = sooner(poke_idle(s, now), kill_at);
        (void)!plug_wait(child->pidfd, POLLIN, child->pidfd < 0 ? now + NO_PIDFD : again);
    }
    plug_free(f->child);
    plug_free(f);
}

const struct plug__model plug__model_fork = {
    .id = PLUG_MODEL_FORK,
    .name = "fork",
    .blocking = true,
    .by_one = true,
    .budget = 64,
    .begin = fork_begin,
    .end = fork_end,
    .run = fork_run,
    .one = fork_one,
    .drain = plug__loop_drain,
    .process = fork_process,
    .closing = plug__child_closing,
    .deadline = plug__blocking_deadline,
    .room = fork_room,
    .fds_max = fork_fds_max,
    .fds = fork_fds,
    .turn = fork_turn,
    .cut = fork_cut,
};
