/* SPDX-License-Identifier: MIT */
#include "loop/loop_impl.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>

#define ROOM_MIN 16

static int reserve(struct plug__post_list *list)
{
    size_t room = list->room ? 2 * list->room : ROOM_MIN;
    struct plug__post *items;

    if (list->count == PLUG_LOOP_POSTS)
        return PLUG_ELIMIT;
    if (list->count < list->room)
        return 0;
    items = plug_realloc(list->items, room * sizeof *items);
    if (!items)
        return -ENOMEM;
    list->items = items;
    list->room = room;
    return 0;
}

/* Woken under the lock: who posts the last thing a loop waits for may not meet its end. */
int plug_loop_post(struct plug_loop *l, plug_loop_fn *fn, void *arg)
{
    int r;

    pthread_mutex_lock(&l->lock);
    r = reserve(&l->posts);
    if (r == 0) {
        l->posts.items[l->posts.count++] = (struct plug__post){fn, arg};
        plug__loop_wake(l);
    }
    pthread_mutex_unlock(&l->lock);
    return r;
}

/* The lists change places, so that what is posted meanwhile waits for the next turn. */
int plug__loop_posts_call(struct plug_loop *l)
{
    struct plug__post_list calling;

    pthread_mutex_lock(&l->lock);
    calling = l->posts;
    l->posts = l->calling;
    l->calling = calling;
    pthread_mutex_unlock(&l->lock);
    for (size_t i = 0; i < calling.count; i++)
        calling.items[i].fn(l, calling.items[i].arg);
    l->calling.count = 0;
    return (int)calling.count;
}
