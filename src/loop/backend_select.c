/* SPDX-License-Identifier: MIT */
/* Each wait makes the lists anew, as whoever uses select has to. */
#include "loop/backend.h"
#include "loop/registry.h"
#include <errno.h>
#include <fcntl.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/select.h>
#include <plug/sys.h>

/* The lists of a call. */
static const unsigned event_of[] = {PLUG_READ, PLUG_WRITE, PLUG_URGENT};
#define LISTS (sizeof event_of / sizeof *event_of)

struct lists {
    struct plug__registry set;
    int *fds; /* room for readers, as much for writers, and for urgent data */
    unsigned room;
    unsigned next; /* the slot with which the next lists begin: nobody is left out for ever */
};

static int select_open(void **ret)
{
    struct lists *l = plug_calloc(1, sizeof *l);

    if (!l)
        return -ENOMEM;
    *ret = l;
    return 0;
}

static void select_close(void *b)
{
    struct lists *l = b;

    plug__registry_free(&l->set);
    plug_free(l->fds);
    plug_free(l);
}

static int select_fd(const void *b)
{
    (void)b;
    return -EOPNOTSUPP;
}

static int make_room(struct lists *l)
{
    int *fds;

    if (l->room >= l->set.room)
        return 0;
    fds = plug_realloc(l->fds, LISTS * (size_t)l->set.room * sizeof *fds);
    if (!fds)
        return -ENOMEM;
    l->fds = fds;
    l->room = l->set.room;
    return 0;
}

static int select_add(void *b, int fd, unsigned events)
{
    struct lists *l = b;
    int r = plug__backend_check(fd);

    if (r == 0)
        r = plug__registry_reserve(&l->set);
    if (r == 0)
        r = make_room(l);
    if (r == 0)
        plug__registry_add(&l->set, fd)->events = events;
    return r;
}

static int select_mod(void *b, int fd, unsigned events)
{
    struct lists *l = b;
    struct plug__entry *e = plug__registry_find(&l->set, fd);
    int r = plug__backend_check(fd);

    if (r == 0 && !e)
        r = -ENOENT;
    if (r == 0)
        e->events = events;
    return r;
}

static void select_del(void *b, int fd)
{
    struct lists *l = b;
    struct plug__entry *e = plug__registry_find(&l->set, fd);

    if (e)
        plug__registry_remove(&l->set, e);
}

/* As epoll does it: what was closed is out, whoever gets its number. */
static void drop_closed(struct lists *l)
{
    for (unsigned i = 0; i < l->set.used; i++) {
        struct plug__entry *e = &l->set.entries[i];
        if (e->fd >= 0 && plug_sys()->fcntl(e->fd, F_GETFD, 0) == -EBADF)
            plug__registry_remove(&l->set, e);
    }
}

static void make_lists(struct lists *l, struct plug_select_list list[LISTS])
{
    unsigned slot = l->next < l->set.used ? l->next : 0;

    for (size_t i = 0; i < LISTS; i++)
        list[i] = (struct plug_select_list){l->fds + i * l->room, 0, l->fds + i * l->room, 0};
    for (unsigned i = 0; i < l->set.used; i++) {
        struct plug__entry *e = &l->set.entries[slot];
        slot = slot + 1 < l->set.used ? slot + 1 : 0;
        if (e->fd < 0)
            continue;
        e->state = 0;
        for (size_t k = 0; k < LISTS; k++)
            if (e->events & event_of[k])
                list[k].ret_ready[list[k].count++] = e->fd;
    }
}

static void mark(struct lists *l, const struct plug_select_list *list, unsigned event)
{
    for (size_t i = 0; i < list->ret_count; i++)
        plug__registry_find(&l->set, list->ret_ready[i])->state |= event;
}

static int tell(struct lists *l, struct plug_event *ret, size_t max)
{
    unsigned slot = l->next < l->set.used ? l->next : 0;
    size_t n = 0;

    for (unsigned i = 0; i < l->set.used && n < max; i++) {
        const struct plug__entry *e = &l->set.entries[slot];
        slot = slot + 1 < l->set.used ? slot + 1 : 0;
        if (e->fd >= 0 && e->state)
            ret[n++] = (struct plug_event){.fd = e->fd, .events = e->state};
    }
    l->next = slot;
    return (int)n;
}

static int select_wait_some(void *b, struct plug_event *ret, size_t max, int64_t timeout)
{
    struct lists *l = b;
    struct plug_select_opts o = PLUG_SELECT_OPTS;
    struct plug_select_list list[LISTS];
    int64_t deadline = plug_deadline_after(timeout);
    int r;

    o.hang_up_writers = true;
    for (;;) {
        make_lists(l, list);
        r = plug_select(&list[0], &list[1], &list[2], plug_deadline_left(deadline), &o);
        if (r != -EBADF)
            break;
        drop_closed(l);
    }
    if (r <= 0)
        return r;
    for (size_t i = 0; i < LISTS; i++)
        mark(l, &list[i], event_of[i]);
    return tell(l, ret, max);
}

const struct plug__backend plug__backend_select = {
    .kind = PLUG_BACKEND_SELECT,
    .name = "select",
    .open = select_open,
    .close = select_close,
    .fd = select_fd,
    .add = select_add,
    .mod = select_mod,
    .del = select_del,
    .wait = select_wait_some,
};
