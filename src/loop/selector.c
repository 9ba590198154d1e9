/* SPDX-License-Identifier: MIT */
#include "loop/backend.h"
#include "loop/registry.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/epoll.h>
#include <plug/sys.h>
#include <plug/trace.h>
#include <plug/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>

struct plug_selector {
    const struct plug__backend *backend;
    void *b;
    int fallback;
    struct plug__registry set;
};

/* --- back-ends -------------------------------------------------------------------------------- */

/* In the order in which one is tried after the other. */
static const struct plug__backend *const backends[] = {
    &plug__backend_epoll, &plug__backend_poll, &plug__backend_select,
    &plug__backend_uring, /* only where it is asked for */
};
#define BACKENDS (sizeof backends / sizeof *backends)

const char *plug_backend_name(enum plug_backend backend)
{
    for (size_t i = 0; i < BACKENDS; i++)
        if (backends[i]->kind == backend)
            return backends[i]->name;
    return "auto";
}

int plug_backend_find(const char *name)
{
    for (size_t i = 0; i < BACKENDS; i++)
        if (strcmp(backends[i]->name, name) == 0)
            return (int)backends[i]->kind;
    return strcmp(name, "auto") == 0 ? PLUG_BACKEND_AUTO : -EINVAL;
}

/* Of files that are neither sockets nor pipes nor on a disk, only the kernel knows. */
static int probe(int fd)
{
    struct epoll_event none = {.events = 0};
    int set = plug_sys()->epoll_create1(EPOLL_CLOEXEC), r;

    if (set < 0)
        return set;
    r = plug_sys()->epoll_ctl(set, EPOLL_CTL_ADD, fd, &none);
    plug_sys()->close(set);
    return r;
}

int plug__backend_check(int fd)
{
    struct stat st;
    int r = plug_sys()->fstat(fd, &st);

    if (r < 0)
        return r;
    if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode))
        return -EPERM;
    return S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode) ? 0 : probe(fd);
}

/* What is only short at the moment is no reason for another back-end. */
bool plug__backend_is_shortage(int r)
{
    return r == -EMFILE || r == -ENFILE || r == -ENOMEM;
}

int plug__backend_wanted(void)
{
    const char *name = getenv("PLUG_BACKEND");
    int wanted = name && *name ? plug_backend_find(name) : PLUG_BACKEND_AUTO;

    return wanted == PLUG_BACKEND_AUTO ? PLUG_BACKEND_EPOLL : wanted;
}

static int open_one(struct plug_selector *s, const struct plug__backend *backend)
{
    int r = backend->open(&s->b);

    if (r == 0)
        s->backend = backend;
    return r;
}

static int open_wanted(struct plug_selector *s, enum plug_backend wanted)
{
    for (size_t i = 0; i < BACKENDS; i++)
        if (backends[i]->kind == wanted)
            return open_one(s, backends[i]);
    return -EINVAL;
}

static int open_any(struct plug_selector *s, enum plug_backend wanted)
{
    int r = open_wanted(s, wanted);

    if (r == 0 || r == -EINVAL || plug__backend_is_shortage(r))
        return r;
    s->fallback = r;
    for (size_t i = 0; i < BACKENDS && r < 0 && !plug__backend_is_shortage(r); i++)
        r = open_one(s, backends[i]);
    if (r == 0)
        plug_trace(PLUG_TRACE_LOOP, __FILE__, __LINE__, "%s instead of %s: %s", s->backend->name,
                   plug_backend_name(wanted), plug_strerror(s->fallback));
    return r;
}

static int open_backend(struct plug_selector *s, enum plug_backend backend)
{
    int wanted = backend == PLUG_BACKEND_AUTO ? plug__backend_wanted() : 0;

    if (backend != PLUG_BACKEND_AUTO)
        return open_wanted(s, backend);
    return wanted < 0 ? wanted : open_any(s, (enum plug_backend)wanted);
}

int plug_selector_open(struct plug_selector **ret, enum plug_backend backend)
{
    struct plug_selector *s = plug_calloc(1, sizeof *s);
    int r = s ? open_backend(s, backend) : -ENOMEM;

    if (r < 0) {
        plug_free(s);
        return r;
    }
    *ret = s;
    return 0;
}

void plug_selector_close(struct plug_selector *s)
{
    if (!s)
        return;
    s->backend->close(s->b);
    plug__registry_free(&s->set);
    plug_free(s);
}

enum plug_backend plug_selector_backend(const struct plug_selector *s)
{
    return s->backend->kind;
}

int plug_selector_fallback(const struct plug_selector *s)
{
    return s->fallback;
}

int plug_selector_fd(const struct plug_selector *s)
{
    return s->backend->fd(s->b);
}

/* --- who is in -------------------------------------------------------------------------------- */

int plug_selector_add(struct plug_selector *s, int fd, unsigned events, void *data)
{
    struct plug__entry *e;
    int r;

    if (!plug__events_valid(events))
        return -EINVAL;
    if (plug__registry_find(&s->set, fd))
        return -EEXIST;
    r = plug__registry_reserve(&s->set);
    if (r == 0)
        r = s->backend->add(s->b, fd, events);
    if (r < 0)
        return r;
    e = plug__registry_add(&s->set, fd);
    e->events = events;
    e->data = data;
    return 0;
}

int plug_selector_mod(struct plug_selector *s, int fd, unsigned events, void *data)
{
    struct plug__entry *e = plug__registry_find(&s->set, fd);
    int r = 0;

    if (!plug__events_valid(events))
        return -EINVAL;
    if (!e)
        return -ENOENT;
    if (e->events != events)
        r = s->backend->mod(s->b, fd, events);
    if (r < 0) {
        (void)!plug_selector_del(s, fd);
        return r;
    }
    e->events = events;
    e->data = data;
    return 0;
}

int plug_selector_del(struct plug_selector *s, int fd)
{
    struct plug__entry *e = plug__registry_find(&s->set, fd);

    if (!e)
        return -ENOENT;
    s->backend->del(s->b, fd);
    plug__registry_remove(&s->set, e);
    return 0;
}

static struct plug_event key_of(const struct plug_selector *s, const struct plug__entry *e)
{
    return (struct plug_event){e->fd, e->events, e->data, plug__registry_id(&s->set, e)};
}

int plug_selector_get(const struct plug_selector *s, int fd, struct plug_event *ret_key)
{
    const struct plug__entry *e = plug__registry_find(&s->set, fd);

    if (!e)
        return -ENOENT;
    *ret_key = key_of(s, e);
    return 0;
}

size_t plug_selector_count(const struct plug_selector *s)
{
    return s->set.count;
}

int plug_selector_each(struct plug_selector *s, plug_selector_each_fn *fn, void *arg)
{
    int r = 0;

    for (unsigned i = 0; i < s->set.used && r == 0; i++)
        if (s->set.entries[i].fd >= 0) {
            struct plug_event key = key_of(s, &s->set.entries[i]);
            r = fn(&key, arg);
        }
    return r;
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* From what the back-end says to what the owner asked for. */
static int own_events(const struct plug_selector *s, struct plug_event *ready, int count)
{
    int n = 0;

    for (int i = 0; i < count; i++) {
        const struct plug__entry *e = plug__registry_find(&s->set, ready[i].fd);
        unsigned events = e ? ready[i].events & e->events : 0;
        if (!events)
            continue;
        ready[n] = key_of(s, e);
        ready[n++].events = events;
    }
    return n;
}

int plug_selector_wait(struct plug_selector *s, struct plug_event *ret_ready, size_t max,
                       int64_t timeout)
{
    int64_t deadline = plug_deadline_after(timeout);
    int n, count;

    if (max == 0)
        return -EINVAL;
    do {
        count = s->backend->wait(s->b, ret_ready, max, plug_deadline_left(deadline));
        n = count > 0 ? own_events(s, ret_ready, count) : count;
    } while (count > 0 && n == 0);
    return n;
}

bool plug_selector_fresh(const struct plug_selector *s, const struct plug_event *ready)
{
    return plug__registry_by_id(&s->set, ready->id) != NULL;
}
