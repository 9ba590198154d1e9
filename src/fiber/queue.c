/* SPDX-License-Identifier: MIT */
/*
 * A ring, and two lines. Who puts waits only while the ring is full, who gets only while it is
 * empty and nobody waits to put; so at most one of the lines has somebody to serve.
 */
#include "base/assert.h"
#include "fiber/line.h"
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/queue.h>
#include <string.h>

struct plug_queue {
    struct plug__door door;
    struct plug__line puts, gets;
    size_t item, max;
    size_t first, count; /* of the ring */
    bool ended;
    uint8_t ring[];
};

int plug_queue_open(struct plug_queue **ret, size_t item, size_t max)
{
    struct plug_queue *q;

    if (item == 0 || item > PLUG_QUEUE_ITEM_MAX || max > PLUG_QUEUE_MAX)
        return -EINVAL;
    q = plug_alloc(sizeof *q + item * max);
    if (!q)
        return -ENOMEM;
    memset(q, 0, sizeof *q);
    plug__door_open(&q->door);
    q->item = item;
    q->max = max;
    *ret = q;
    return 0;
}

void plug_queue_close(struct plug_queue *q)
{
    if (!q)
        return;
    PLUG_ASSERT(!q->puts.first && !q->gets.first, "somebody waits for the queue that is closed");
    plug__door_close(&q->door);
    plug_free(q);
}

static void ring_add(struct plug_queue *q, const void *item)
{
    size_t at = q->first + q->count;

    memcpy(q->ring + (at < q->max ? at : at - q->max) * q->item, item, q->item);
    q->count++;
}

static void ring_take(struct plug_queue *q, void *ret_item)
{
    memcpy(ret_item, q->ring + q->first * q->item, q->item);
    q->first = q->first + 1 < q->max ? q->first + 1 : 0;
    q->count--;
}

/* And tells whoever was served meanwhile. */
static int leave(struct plug_queue *q, struct plug__turn *served)
{
    plug__leave(&q->door);
    if (served)
        plug__turn_tell(served, 0);
    return 0;
}

/* Puts if that needs no wait, and leaves; else -EAGAIN, still inside. */
static int put_at_once(struct plug_queue *q, const void *item)
{
    struct plug__turn *getter;

    if (q->ended) {
        leave(q, NULL);
        return PLUG_EEOF;
    }
    getter = plug__line_next(&q->gets);
    if (!getter && q->count == q->max)
        return -EAGAIN;
    if (getter)
        memcpy(getter->item, item, q->item);
    else
        ring_add(q, item);
    return leave(q, getter);
}

/* The same for a get. Its place in the ring goes to the first who waits to put. */
static int get_at_once(struct plug_queue *q, void *ret_item)
{
    struct plug__turn *putter = plug__line_next(&q->puts);

    if (q->count == 0 && !putter) {
        if (!q->ended)
            return -EAGAIN;
        leave(q, NULL);
        return PLUG_EEOF;
    }
    if (q->count == 0) {
        memcpy(ret_item, putter->item, q->item);
    } else {
        ring_take(q, ret_item);
        if (putter)
            ring_add(q, putter->item);
    }
    return leave(q, putter);
}

int plug_queue_put(struct plug_queue *q, const void *item)
{
    int r;

    plug__enter(&q->door);
    r = put_at_once(q, item);
    /* Nobody writes to what a putter brings. */
    return r == -EAGAIN ? plug__line_wait(&q->puts, (void *)(uintptr_t)item, &q->door, "queue put")
                        : r;
}

int plug_queue_get(struct plug_queue *q, void *ret_item)
{
    int r;

    plug__enter(&q->door);
    r = get_at_once(q, ret_item);
    return r == -EAGAIN ? plug__line_wait(&q->gets, ret_item, &q->door, "queue get") : r;
}

int plug_queue_try_put(struct plug_queue *q, const void *item)
{
    int r;

    plug__enter(&q->door);
    r = put_at_once(q, item);
    if (r == -EAGAIN)
        leave(q, NULL);
    return r;
}

int plug_queue_try_get(struct plug_queue *q, void *ret_item)
{
    int r;

    plug__enter(&q->door);
    r = get_at_once(q, ret_item);
    if (r == -EAGAIN)
        leave(q, NULL);
    return r;
}

void plug_queue_end(struct plug_queue *q)
{
    struct plug__turn *t = NULL;

    do {
        plug__enter(&q->door);
        q->ended = true;
        t = plug__line_next(&q->puts);
        if (!t)
            t = plug__line_next(&q->gets);
        plug__leave(&q->door);
        if (t)
            plug__turn_tell(t, PLUG_EEOF);
    } while (t);
}

size_t plug_queue_count(struct plug_queue *q)
{
    size_t count;

    plug__enter(&q->door);
    count = q->count;
    plug__leave(&q->door);
    return count;
}
