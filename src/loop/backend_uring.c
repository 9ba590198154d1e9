/* SPDX-License-Identifier: MIT */
/*
 * io_uring as a back-end: one-shot polls, armed anew by the wait after the one that told of them. A
 * completion says whom to look at; what it has now is asked where that may have changed.
 */
#include "loop/backend.h"
#include <plug/err.h>

#ifdef PLUG_HAVE_URING
#include "base/at_hand.h"
#include "base/wait_with.h"
#include "loop/registry.h"
#include "loop/uring.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/sys.h>

#define SUBMISSIONS 256
#define COMPLETIONS 1024
#define BATCH       64 /* looked at in one go */

/* Where an entry is: in a list, or in the kernel. The lists' own places come before the slots'. */
enum { TO_ARM, TO_TELL, LISTS, ARMED = LISTS };

struct place {
    unsigned where;
    unsigned next, prev;
    unsigned told;  /* what the completion said */
    unsigned round; /* the wait that armed it */
};

struct rings {
    struct plug__uring ring;
    struct plug__registry set;
    struct place *places;
    unsigned room;
    unsigned round;
};

/* --- lists ------------------------------------------------------------------------------------ */

static unsigned place_of(const struct rings *u, const struct plug__entry *e)
{
    return LISTS + (unsigned)(e - u->set.entries);
}

static struct plug__entry *entry_at(const struct rings *u, unsigned place)
{
    return &u->set.entries[place - LISTS];
}

static void take_out(struct rings *u, unsigned at)
{
    struct place *p = &u->places[at];

    if (p->where == ARMED)
        return;
    u->places[p->prev].next = p->next;
    u->places[p->next].prev = p->prev;
    p->where = ARMED;
}

static void append(struct rings *u, unsigned list, unsigned at)
{
    struct place *p = &u->places[at], *head = &u->places[list];

    p->where = list;
    p->next = list;
    p->prev = head->prev;
    u->places[head->prev].next = at;
    head->prev = at;
}

static int make_room(struct rings *u, unsigned slots)
{
    struct place *places;

    if (u->places && u->room >= slots)
        return 0;
    places = plug_realloc(u->places, ((size_t)LISTS + slots) * sizeof *places);
    if (!places)
        return -ENOMEM;
    if (!u->places)
        for (unsigned list = 0; list < LISTS; list++)
            places[list] = (struct place){list, list, list, 0, 0};
    u->places = places;
    u->room = slots;
    return 0;
}

/* --- life ------------------------------------------------------------------------------------- */

static int uring_open(void **ret)
{
    struct rings *u = plug_calloc(1, sizeof *u);
    int r = u ? make_room(u, 0) : -ENOMEM;

    if (r == 0)
        r = plug__uring_open(&u->ring, SUBMISSIONS, COMPLETIONS);
    if (r < 0) {
        plug_free(u ? u->places : NULL);
        plug_free(u);
        return r;
    }
    *ret = u;
    return 0;
}

static void uring_close(void *b)
{
    struct rings *u = b;

    plug__uring_close(&u->ring);
    plug__registry_free(&u->set);
    plug_free(u->places);
    plug_free(u);
}

/* In another thread, or a forked child: a ring of its own, in which nothing is armed yet. */
static int move(struct rings *u)
{
    struct plug__uring fresh;
    int r = plug__uring_open(&fresh, SUBMISSIONS, COMPLETIONS);

    if (r < 0)
        return r;
    plug__uring_close(&u->ring);
    u->ring = fresh;
    for (unsigned i = 0; i < u->set.used; i++)
        if (u->set.entries[i].fd >= 0 && u->places[LISTS + i].where == ARMED)
            append(u, TO_ARM, LISTS + i);
    return 0;
}

static int uring_fd(const void *b)
{
    (void)b;
    return -EOPNOTSUPP;
}

/* --- the kernel's answers --------------------------------------------------------------------- */

static void forget(struct rings *u, struct plug__entry *e)
{
    take_out(u, place_of(u, e));
    plug__registry_remove(&u->set, e);
}

/* What was closed cannot be polled; as with epoll, it is out. Any other failure passes. */
static void take(struct rings *u, const struct io_uring_cqe *cqe)
{
    struct plug__entry *e = plug__registry_by_id(&u->set, cqe->user_data);
    unsigned at;

    if (!e)
        return;
    at = place_of(u, e);
    if (cqe->res == -EBADF || cqe->res == -EPERM) {
        forget(u, e);
        return;
    }
    u->places[at].told = cqe->res < 0 ? 0 : (unsigned)cqe->res;
    append(u, cqe->res < 0 ? TO_ARM : TO_TELL, at);
}

static int enter(struct rings *u, int64_t timeout)
{
    struct io_uring_cqe cqe;
    int r = plug__uring_enter(&u->ring, timeout);

    while (plug__uring_take(&u->ring, &cqe))
        take(u, &cqe);
    return r;
}

/* --- who is in -------------------------------------------------------------------------------- */

static void enlist(struct rings *u, int fd, unsigned events)
{
    struct plug__entry *e = plug__registry_add(&u->set, fd);

    e->events = events;
    append(u, TO_ARM, place_of(u, e));
}

static int uring_add(void *b, int fd, unsigned events)
{
    struct rings *u = b;
    int r = plug__backend_check(fd);

    if (r == 0)
        r = plug__registry_reserve(&u->set);
    if (r == 0)
        r = make_room(u, u->set.room);
    if (r == 0)
        enlist(u, fd, events);
    return r;
}

/* At once: a poll keeps its file open. Under its old number nobody will know its completion. */
static void disarm(struct rings *u, struct plug__entry *e)
{
    struct io_uring_sqe *sqe;

    if (u->places[place_of(u, e)].where != ARMED || !plug__uring_is_own(&u->ring))
        return;
    if (plug__uring_sqe(&u->ring, &sqe) < 0)
        return;
    io_uring_prep_cancel64(sqe, plug__registry_id(&u->set, e), 0);
    sqe->user_data = 0;
    (void)!enter(u, PLUG_NOWAIT);
}

static void uring_del(void *b, int fd)
{
    struct rings *u = b;
    struct plug__entry *e = plug__registry_find(&u->set, fd);

    if (!e)
        return;
    disarm(u, e);
    e = plug__registry_find(&u->set, fd);
    if (e)
        forget(u, e);
}

static int uring_mod(void *b, int fd, unsigned events)
{
    struct rings *u = b;
    int r = plug__backend_check(fd);

    if (r < 0)
        return r;
    if (!plug__registry_find(&u->set, fd))
        return -ENOENT;
    uring_del(u, fd);
    enlist(u, fd, events); /* there is room: that of the one before */
    return 0;
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* The kernel wakes no poll for urgent data alone, but one for any kind of input. */
static unsigned armed(unsigned events)
{
    return plug__poll_events(events) | (events & PLUG_URGENT ? POLLRDBAND : 0u);
}

static int arm(struct rings *u)
{
    unsigned at;

    while ((at = u->places[TO_ARM].next) != TO_ARM) {
        struct plug__entry *e = entry_at(u, at);
        struct io_uring_sqe *sqe;
        int r = plug__uring_sqe(&u->ring, &sqe);
        if (r < 0)
            return r;
        io_uring_prep_poll_add(sqe, e->fd, armed(e->events));
        sqe->user_data = plug__registry_id(&u->set, e);
        take_out(u, at);
        u->places[at].round = u->round;
    }
    return 0;
}

/* Those that did not fit last time come before what is armed again now, and do not wait for it. */
static int gather(struct rings *u, int64_t deadline)
{
    int r;

    u->round++;
    r = arm(u);
    if (r == 0)
        r = enter(u,
                  u->places[TO_TELL].next == TO_TELL ? plug_deadline_left(deadline) : PLUG_NOWAIT);
    while (r == 0 && plug__uring_has_more(&u->ring))
        r = enter(u, PLUG_NOWAIT);
    return r;
}

/*
 * Armed before, or only half of what was asked for: that may have changed meanwhile. Any input
 * wakes as if it were urgent.
 */
static bool is_doubtful(const struct rings *u, const struct place *p, const struct plug__entry *e)
{
    return e->events & PLUG_URGENT || p->round != u->round ||
           (p->told & plug__poll_events(e->events)) != plug__poll_events(e->events);
}

static bool tell(const struct plug__entry *e, unsigned events, struct plug_event *ret)
{
    if (!events)
        return false;
    ret->fd = e->fd;
    ret->events = plug__events_told(events);
    return true;
}

/* Asks again for the first of those to tell; returns how many they are. */
static int ask(const struct rings *u, struct pollfd *polls, size_t max)
{
    static const struct timespec at_once;
    size_t count = 0;
    bool doubt = false;
    int r = 0;

    for (unsigned at = u->places[TO_TELL].next; at != TO_TELL && count < max && count < BATCH;
         at = u->places[at].next) {
        const struct plug__entry *e = entry_at(u, at);
        bool doubtful = is_doubtful(u, &u->places[at], e);
        polls[count++] =
            (struct pollfd){doubtful ? e->fd : -1, (short)plug__poll_events(e->events), 0};
        doubt = doubt || doubtful;
    }
    if (doubt)
        r = plug_sys()->ppoll(polls, count, &at_once, NULL);
    return r < 0 ? r : (int)count;
}

static int report(struct rings *u, struct plug_event *ret, size_t max)
{
    struct pollfd polls[BATCH];
    size_t n = 0;
    int count;

    while ((count = ask(u, polls, max - n)) > 0)
        for (int i = 0; i < count; i++) {
            unsigned at = u->places[TO_TELL].next;
            struct plug__entry *e = entry_at(u, at);
            unsigned events =
                polls[i].fd < 0 ? u->places[at].told : (unsigned short)polls[i].revents;
            take_out(u, at);
            if (events & POLLNVAL) {
                plug__registry_remove(&u->set, e);
                continue;
            }
            n += tell(e, events, &ret[n]);
            append(u, TO_ARM, at);
        }
    return n > 0 ? (int)n : count;
}

struct look {
    struct rings *u;
    struct plug_event *ret;
    size_t max;
};

static int look_until(const struct look *l, int64_t deadline)
{
    int r = plug__uring_is_own(&l->u->ring) ? gather(l->u, deadline) : -EEXIST;

    if (r == -EEXIST) {
        r = move(l->u);
        if (r == 0)
            r = gather(l->u, deadline);
    }
    return r < 0 ? r : report(l->u, l->ret, l->max);
}

/* A waiter that is not the thread's own waits for the ring. */
static int wait_once(struct plug_waiter *w, void *arg, int64_t deadline)
{
    const struct look *l = arg;
    bool park = plug__own_waiter && deadline != 0;
    int n, r = 0;

    for (;;) {
        n = look_until(l, park ? 0 : deadline);
        if (n != 0 || r < 0)
            return n != 0 ? n : r;
        if (park)
            r = w->wait(w, l->u->ring.ring.ring_fd, POLLIN, deadline);
        else if (plug_deadline_left(deadline) == 0)
            return PLUG_ETIMEOUT;
    }
}

static int uring_wait(void *b, struct plug_event *ret, size_t max, int64_t timeout)
{
    struct look l = {b, ret, max};
    int64_t deadline = plug_deadline_after(timeout);

    return plug__wait_own(plug__wait_with(wait_once, &l, deadline), deadline);
}

#else

static int uring_open(void **ret)
{
    (void)ret;
    return PLUG_EUNSUPPORTED;
}

#endif

const struct plug__backend plug__backend_uring = {
    .kind = PLUG_BACKEND_URING,
    .name = "uring",
    .open = uring_open,
#ifdef PLUG_HAVE_URING
    .close = uring_close,
    .fd = uring_fd,
    .add = uring_add,
    .mod = uring_mod,
    .del = uring_del,
    .wait = uring_wait,
#endif
};
