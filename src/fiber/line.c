/* SPDX-License-Identifier: MIT */
#include "fiber/line.h"
#include "base/wait_with.h"
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/time.h>
#include <sched.h>

static void line_add(struct plug__line *line, struct plug__turn *t)
{
    t->before = line->last;
    if (line->last)
        line->last->next = t;
    else
        line->first = t;
    line->last = t;
    t->waiting = true;
}

static void line_remove(struct plug__line *line, struct plug__turn *t)
{
    if (t->before)
        t->before->next = t->next;
    else
        line->first = t->next;
    if (t->next)
        t->next->before = t->before;
    else
        line->last = t->before;
    t->waiting = false;
}

struct plug__turn *plug__line_next(struct plug__line *line)
{
    struct plug__turn *t = line->first;

    if (t)
        line_remove(line, t);
    return t;
}

static bool told(const struct plug__turn *t)
{
    return __atomic_load_n(&t->told, __ATOMIC_ACQUIRE);
}

/* t may be gone as soon as told is 1; waking a word that is not there any more harms nobody. */
void plug__turn_tell(struct plug__turn *t, int result)
{
    t->result = result;
    __atomic_store_n(&t->told, 1, __ATOMIC_RELEASE);
    plug_sys()->futex_wake(&t->told);
}

static int sleep_until_told(struct plug_waiter *w, void *arg, int64_t deadline)
{
    struct plug__turn *t = arg;
    int r = 0;

    (void)w;
    while (r >= 0 && !told(t))
        r = plug_sys()->futex_wait(&t->told, 0, deadline);
    return r == -ETIMEDOUT ? PLUG_ETIMEOUT : r;
}

/* Who takes t out of the line tells it at once: a moment, and nothing may cut it short. */
static void await_telling(struct plug__turn *t)
{
    while (!told(t))
        if (plug_sys()->futex_wait(&t->told, 0, PLUG_NEVER) < 0)
            sched_yield();
}

int plug__line_wait(struct plug__line *line, void *item, pthread_mutex_t *lock)
{
    struct plug__turn t = {.item = item};
    bool served;
    int r;

    line_add(line, &t);
    pthread_mutex_unlock(lock);
    r = plug__wait_with(sleep_until_told, &t, PLUG_NEVER);
    if (r >= 0)
        return t.result;
    pthread_mutex_lock(lock);
    served = !t.waiting;
    if (!served)
        line_remove(line, &t);
    pthread_mutex_unlock(lock);
    if (!served)
        return r;
    await_telling(&t);
    return t.result;
}
