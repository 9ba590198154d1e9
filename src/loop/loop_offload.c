/* SPDX-License-Identifier: MIT */
#include "loop/loop_impl.h"
#include <errno.h>
#include <plug/alloc.h>

/* In the list of works while the pool has it, then in that of those to be called back. */
struct plug__work {
    struct plug_offload job;
    struct plug_loop *loop;
    plug_loop_done_fn *done;
    void *arg;
    int result;
    struct plug__work *next, *before;
};

static void list_add(struct plug__work_list *list, struct plug__work *w)
{
    w->next = NULL;
    w->before = list->last;
    *(list->last ? &list->last->next : &list->first) = w;
    list->last = w;
}

static void list_remove(struct plug__work_list *list, struct plug__work *w)
{
    *(w->before ? &w->before->next : &list->first) = w->next;
    *(w->next ? &w->next->before : &list->last) = w->before;
}

/* In the pool's thread. All of it under the lock: afterwards the loop may be gone. */
static void ended(int result, void *arg)
{
    struct plug__work *w = arg;
    struct plug_loop *l = w->loop;

    pthread_mutex_lock(&l->lock);
    w->result = result;
    list_remove(&l->works, w);
    list_add(&l->done, w);
    plug__loop_wake(l);
    pthread_cond_signal(&l->ended);
    pthread_mutex_unlock(&l->lock);
}

int plug_loop_offload(struct plug_loop *l, int (*work)(void *arg), plug_loop_done_fn *done,
                      void *arg)
{
    struct plug__work *w = plug_alloc(sizeof *w);
    int r;

    if (!w)
        return -ENOMEM;
    *w = (struct plug__work){.loop = l, .done = done, .arg = arg};
    pthread_mutex_lock(&l->lock);
    r = plug_offload(&w->job, work, arg, ended, w);
    if (r == 0)
        list_add(&l->works, w);
    pthread_mutex_unlock(&l->lock);
    if (r < 0) {
        plug_free(w);
        return r;
    }
    l->working++;
    return 0;
}

int plug__loop_works_call(struct plug_loop *l)
{
    struct plug__work *w;
    int calls = 0;

    pthread_mutex_lock(&l->lock);
    w = l->done.first;
    l->done = (struct plug__work_list){0};
    pthread_mutex_unlock(&l->lock);
    while (w) {
        struct plug__work gone = *w;
        plug_free(w);
        l->working--;
        gone.done(l, gone.result, gone.arg);
        w = gone.next;
        calls++;
    }
    return calls;
}

/* Those that had not begun are taken back, the others are waited for. */
static void revoke_waiting(struct plug_loop *l)
{
    struct plug__work *next;

    for (struct plug__work *w = l->works.first; w; w = next) {
        next = w->next;
        if (plug_offload_revoke(&w->job)) {
            list_remove(&l->works, w);
            plug_free(w);
        }
    }
}

void plug__loop_works_end(struct plug_loop *l)
{
    pthread_mutex_lock(&l->lock);
    revoke_waiting(l);
    while (l->works.first)
        pthread_cond_wait(&l->ended, &l->lock);
    pthread_mutex_unlock(&l->lock);
    for (struct plug__work *w = l->done.first, *next; w; w = next) {
        next = w->next;
        plug_free(w);
    }
}
