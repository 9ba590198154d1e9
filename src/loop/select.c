/* SPDX-License-Identifier: MIT */
/*
 * select over ppoll(2): each descriptor once, so that lists that overlap or repeat cost no more,
 * and no limit but that of the process.
 */
#include "base/wait_with.h"
#include "loop/fd_map.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/select.h>
#include <sys/select.h>

/* Between two looks at descriptors whose state is no answer to the lists they are in. */
#define LOOK_AGAIN PLUG_MS(10)

#define FEW 64

/* What is asked for each list, and what makes it ready (as in the kernel's select). */
enum { READERS, WRITERS, URGENT, LISTS };
static const short asked[LISTS] = {
    POLLIN | POLLRDNORM | POLLRDBAND,
    POLLOUT | POLLWRNORM | POLLWRBAND,
    POLLPRI,
};

struct selection {
    struct plug_select_list *list[LISTS];
    short answers[LISTS];
    struct pollfd *polls;
    size_t count;
    struct plug__fd_map map;
    /* memory: for few descriptors in the caller's frame */
    struct pollfd few_polls[FEW];
    struct plug__fd_cell few_cells[2 * FEW];
    struct plug__fd_cell *cells;
};

static int take_options(struct selection *s, const struct plug_select_opts *opts, bool *ret_strict)
{
    static const struct plug_select_opts none = PLUG_SELECT_OPTS;
    const struct plug_select_opts *o = opts ? opts : &none;

    if (o->size != sizeof *o)
        return PLUG_EOPTS;
    s->answers[READERS] = asked[READERS] | POLLHUP | POLLERR;
    s->answers[WRITERS] = (short)(asked[WRITERS] | POLLERR | (o->hang_up_writers ? POLLHUP : 0));
    s->answers[URGENT] = asked[URGENT];
    *ret_strict = o->strict;
    return 0;
}

/* How many entries all lists have. */
static int64_t check_lists(const struct selection *s, bool strict)
{
    size_t total = 0;

    for (int i = 0; i < LISTS; i++) {
        const struct plug_select_list *list = s->list[i];
        if (!list)
            continue;
        if (list->count > PLUG_SELECT_MAX)
            return -EINVAL;
        for (size_t j = 0; j < list->count; j++) {
            if (list->fds[j] < 0)
                return -EBADF;
            if (strict && list->fds[j] >= FD_SETSIZE)
                return PLUG_ERANGE;
        }
        total += list->count;
    }
    return (int64_t)total;
}

static int get_memory(struct selection *s, size_t total)
{
    s->cells = NULL;
    s->polls = s->few_polls;
    if (total <= FEW) {
        plug__fd_map_over(&s->map, s->few_cells, 2 * FEW);
        return 0;
    }
    s->cells = plug_calloc(plug__fd_map_room(total), sizeof *s->cells);
    s->polls = s->cells ? plug_calloc(total, sizeof *s->polls) : NULL;
    if (!s->polls) {
        plug_free(s->cells);
        return -ENOMEM;
    }
    plug__fd_map_over(&s->map, s->cells, plug__fd_map_room(total));
    return 0;
}

static void give_memory_back(struct selection *s)
{
    if (s->cells)
        plug_free(s->polls);
    plug_free(s->cells);
}

static void collect(struct selection *s)
{
    s->count = 0;
    for (int i = 0; i < LISTS; i++)
        for (size_t j = 0; s->list[i] && j < s->list[i]->count; j++) {
            int fd = s->list[i]->fds[j];
            int64_t at = plug__fd_map_find(&s->map, fd);
            if (at < 0) {
                at = (int64_t)s->count++;
                plug__fd_map_put(&s->map, fd, (unsigned)at);
                s->polls[at] = (struct pollfd){.fd = fd};
            }
            s->polls[at].events |= asked[i];
        }
}

static bool answers(const struct selection *s, int list, const struct pollfd *p)
{
    return p->events & asked[list] && p->revents & s->answers[list];
}

/*
 * What ppoll reports though no list asks for it, a hang-up say, would end every wait at once: such
 * descriptors are left out of the next wait (a negative number is not looked at).
 * Returns whether a list has an answer, or -EBADF.
 */
static int judge(struct selection *s)
{
    int any = 0;

    for (size_t i = 0; i < s->count; i++) {
        struct pollfd *p = &s->polls[i];
        bool answer = false;
        if (p->revents & POLLNVAL)
            return -EBADF;
        for (int list = 0; list < LISTS; list++)
            answer |= answers(s, list, p);
        if (p->revents && !answer)
            p->fd = ~p->fd;
        any |= answer;
    }
    return any;
}

static void look_at_all(struct selection *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->polls[i].fd < 0)
            s->polls[i].fd = ~s->polls[i].fd;
}

static int wait_for_answer(struct selection *s, int64_t deadline)
{
    int r;

    for (;;) {
        r = plug__wait_many(s->polls, s->count, deadline);
        if (r >= 0)
            r = judge(s);
        if (r != 0)
            return r;
        if (plug__passed(deadline))
            return PLUG_ETIMEOUT;
        int64_t again = plug_now() + LOOK_AGAIN;
        r = plug__wait_many(s->polls, s->count, again < deadline ? again : deadline);
        if (r < 0 && r != PLUG_ETIMEOUT)
            return r;
        look_at_all(s);
    }
}

/* In place, if the caller wants: what is written lies never behind what is read. */
static size_t give(const struct selection *s, int i)
{
    struct plug_select_list *list = s->list[i];
    size_t n = 0;

    if (!list)
        return 0;
    for (size_t j = 0; j < list->count; j++) {
        int fd = list->fds[j];
        int64_t at = plug__fd_map_find(&s->map, fd);
        if (!answers(s, i, &s->polls[at]))
            continue;
        if (list->ret_ready)
            list->ret_ready[n] = fd;
        n++;
    }
    list->ret_count = n;
    return n;
}

static void forget_answers(struct selection *s)
{
    for (size_t i = 0; i < s->count; i++)
        s->polls[i].revents = 0;
}

static int select_lists(struct selection *s, int64_t deadline)
{
    size_t ready = 0;
    int r;

    collect(s);
    r = plug__wait_own(wait_for_answer(s, deadline), deadline);
    if (r < 0)
        return r;
    if (r == 0)
        forget_answers(s);
    for (int i = 0; i < LISTS; i++)
        ready += give(s, i);
    return (int)ready;
}

int plug_select(struct plug_select_list *readers, struct plug_select_list *writers,
                struct plug_select_list *urgent, int64_t timeout,
                const struct plug_select_opts *opts)
{
    struct selection s = {.list = {readers, writers, urgent}};
    int64_t deadline = plug_deadline_after(timeout), total;
    bool strict;
    int r = take_options(&s, opts, &strict);

    if (r < 0)
        return r;
    total = check_lists(&s, strict);
    if (total < 0)
        return (int)total;
    r = get_memory(&s, (size_t)total);
    if (r < 0)
        return r;
    r = select_lists(&s, deadline);
    give_memory_back(&s);
    return r;
}
