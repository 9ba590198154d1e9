/* SPDX-License-Identifier: MIT */
/* The child's side of the fork model. */
#include "server/fork_impl.h"

#include <errno.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#define READY     8
#define STOP      UINT64_MAX /* in epoll_data, instead of an endpoint's index */
#define STATUS_OK 0
#define STATUS_NO 1

/* This process, when it is a child: what the parent tells it, and what it serves. */
static struct plug__slot *own_slot;
static struct plug_conn *_Atomic serving;

/* --- beginning ---------------------------------------------------------------------------- */

/*
 * SIGTERM and SIGINT may come from a service manager or a terminal to all processes at once. Then
 * the parent drains, and so nothing is lost here; only with the parent's word it is an order.
 */
static void told_to_end(int sig)
{
    struct plug_conn *c = atomic_load(&serving);
    int why = atomic_load(&own_slot->cut), before = errno;
    (void)sig;
    if (why && c && (why != PLUG_ETIMEOUT || plug_now() >= c->deadline)) /* not the one after */
        plug__conn_cut(c, why);
    errno = before;
}

/* Handlers of the parent are no business of the child; what it ignores stays ignored. */
static void own_signals(const sigset_t *mask)
{
    struct sigaction usual = {.sa_handler = SIG_DFL}, own = {.sa_handler = told_to_end}, now;
    sigset_t open = *mask;
    for (int sig = 1; sig < NSIG; sig++)
        if (plug_sys()->sigaction(sig, NULL, &now) >= 0 &&
            ((now.sa_flags & SA_SIGINFO) ||
             (now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN)))
            (void)!plug_sys()->sigaction(sig, &usual, NULL);
    sigemptyset(&own.sa_mask);
    (void)!plug_sys()->sigaction(SIGTERM, &own, NULL);
    (void)!plug_sys()->sigaction(SIGINT, &own, NULL);
    sigdelset(&open, SIGTERM);
    (void)!plug_sys()->thread_sigmask(SIG_SETMASK, &open, NULL);
}

void plug__child_begin(struct plug_server *s, struct plug__slot *slot, pid_t parent,
                       const sigset_t *mask)
{
    const struct plug__forks *f = s->state;
    s->slot = own_slot = slot;
    (void)!plug_sys()->prctl(PR_SET_PDEATHSIG, SIGKILL);
    pid_t now = plug_sys()->getppid(); /* 0: in another namespace */
    if (now && now != parent)
        plug_sys()->exit_now(STATUS_NO); /* it was quicker */
    own_signals(mask);
    for (size_t i = 0; i < f->children; i++)
        if (f->child[i].pidfd >= 0)
            plug_sys()->close(f->child[i].pidfd);
    plug_sys()->close(s->done_fd);
    plug_waiter()->own = (struct plug_wait_own){NULL, NULL, false};
}

static void end(int status)
{
    atomic_store(&own_slot->state, PLUG__SLOT_GONE);
    plug_sys()->exit_now(status);
}

/* --- serving ------------------------------------------------------------------------------ */

void plug__child_closing(struct plug_conn *c)
{
    (void)c;
    atomic_store(&serving, NULL);
}

static void serve(struct plug_conn *c)
{
    atomic_store(&own_slot->deadline, c->deadline);
    atomic_store(&serving, c);
    (void)plug__request_serve(c);
    atomic_store(&own_slot->deadline, PLUG_NEVER);
}

void plug__child_serve_one(struct plug_server *s, struct plug_conn *c)
{
    for (size_t i = 0; i < s->endpoints; i++)
        if (plug_sock_type(s->endpoint[i].sock) != SOCK_DGRAM)
            plug_sys()->close(plug_sock_fd(s->endpoint[i].sock));
    serve(c);
    end(STATUS_OK);
    __builtin_unreachable();
}

static int watch(int epfd, int fd, uint64_t what)
{
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = what};
    if (what != STOP)
        e.events |= EPOLLEXCLUSIVE;
    return plug_sys()->epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &e);
}

static int watch_all(const struct plug_server *s)
{
    int epfd = plug_sys()->epoll_create1(EPOLL_CLOEXEC);
    int r = epfd < 0 ? epfd : watch(epfd, s->stop_fd, STOP);
    for (size_t i = 0; i < s->endpoints && r >= 0; i++)
        r = watch(epfd, plug_sock_fd(s->endpoint[i].sock), i);
    return r < 0 ? r : epfd;
}

static int accept_one(struct plug__endpoint *e)
{
    struct plug_server *s = e->server;
    struct plug_conn c;
    int r = plug__accept(e, e->sock, &c);
    if (r == 0 && s->pause_until > plug_now())
        return plug_sleep(s->pause_until - plug_now());
    if (r != PLUG__TAKEN)
        return r == -EINTR ? 0 : r;
    if (plug__kept(s) == 0 && !atomic_load(&s->shared->full))
        plug__server_ring(s); /* the last idle one has gone */
    serve(&c);
    if (atomic_load(&s->shared->stopping))
        plug__server_ring(s);
    return 0;
}

/* Waits and serves once: 1; 0 when it is time to end; or an error. */
static int turn_any(struct plug_server *s, int epfd, int64_t end_at)
{
    struct epoll_event ready[READY];
    int64_t left = plug_deadline_left(end_at);
    struct timespec ts = {left / PLUG_S(1), left % PLUG_S(1)};
    int n = plug_sys()->epoll_pwait2(epfd, ready, READY, left < 0 ? NULL : &ts, NULL);
    if (n <= 0 || plug__stopping(s))
        return n == -EINTR || (n > 0 && !plug__stopping(s)) ? 1 : n < 0 ? n : 0;
    for (int i = 0; i < n; i++) {
        int r = ready[i].data.u64 == STOP ? 0 : accept_one(&s->endpoint[ready[i].data.u64]);
        if (r < 0)
            return r;
    }
    return 1;
}

static bool to_end(struct plug_server *s, int64_t end_at)
{
    return plug__stopping(s) || plug_deadline_left(end_at) == 0 || atomic_load(&own_slot->cut);
}

static int serve_any(struct plug_server *s, int64_t end_at)
{
    int epfd = watch_all(s);
    int r = epfd < 0 ? epfd : 1;
    while (r > 0 && !to_end(s, end_at))
        r = turn_any(s, epfd, end_at);
    return r;
}

/* An accept(2) that blocks is one system call a connection, and the kernel wakes one child only. */
static int serve_listener(struct plug_server *s, int64_t end_at)
{
    struct plug__endpoint *e = &s->endpoint[0];
    int r = plug_sock_set_timeout(e->sock, PLUG_FOREVER);
    s->waits_in_accept = true;
    while (r >= 0 && !to_end(s, end_at))
        r = accept_one(e);
    return r;
}

/* Whose descriptor others use, too, is left as it is. */
static bool has_one_listener(const struct plug_server *s)
{
    return s->endpoints == 1 && !s->endpoint[0].lane && !s->endpoint[0].adopted;
}

void plug__child_keep_serving(struct plug_server *s, int64_t end_at)
{
    int r = has_one_listener(s) ? serve_listener(s, end_at) : serve_any(s, end_at);
    if (r < 0)
        plug_sys()->exit_now(STATUS_NO); /* counted as crashed */
    end(STATUS_OK);
    __builtin_unreachable();
}
