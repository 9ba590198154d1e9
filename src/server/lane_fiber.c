/* SPDX-License-Identifier: MIT */
/*
 * Datagrams on fibers: handlers are called where the batch lies, and wait without holding it up.
 *
 * The clerks of a lane are fibers. One of them has the lane: it receives, and calls the handler for
 * one datagram after the other. Another one stands by, made ready before the first handler is
 * called: it gets to run exactly when the first one waits. Is that in a handler, then it takes
 * over: that handler's conn gets what it still needs of the batch, the answers so far leave, and
 * the new one goes on with the next datagram. The first one, when its handler has returned, stands
 * by in turn. So a handler that does not wait costs no switch, and one that does costs two.
 */
#include "server/lane.h"
#include "fiber/sched.h"

#include <errno.h>
#include <plug/err.h>

#define KEPT 16 /* clerks that stand by */

/* What a clerk is while it stands by. */
struct plug__standby {
    struct plug__standby *next;
    struct plug_fiber *fiber;
};

static int clerk_fiber(void *arg);

/* --- standing by -------------------------------------------------------------------------- */

static void leave_standby(struct plug__lane *l, const struct plug__standby *me)
{
    struct plug__standby **at = &l->standby;
    while (*at != me)
        at = &(*at)->next;
    *at = me->next;
    l->standing_by--;
}

/* Wakes one that stands by; it runs when the calling fiber waits. Without memory nobody does. */
void plug__lane_rouse(struct plug__lane *l)
{
    if (l->roused)
        return;
    if (l->standby)
        plug__unpark(l->standby->fiber, 0);
    l->roused = l->standby ||
                plug_fiber_spawn(plug__fiber_requests(), clerk_fiber, l, "datagram", NULL) >= 0;
}

/* The clerk that has the lane waits in its handler: from now on it is by itself, next goes on. */
static void part(struct plug__lane *l, struct plug__clerk *next)
{
    plug__clerk_part(l->clerk);
    plug__fiber_began();
    l->apart++;
    l->clerk = next;
    l->serving = false;
    (void)plug__lane_flush(l);
}

/* As many handlers wait as may at once: what comes now stays in the socket. */
static int wait_for_room(struct plug__lane *l)
{
    int r = 0;
    l->waits_for_room = plug_fiber_self();
    while (l->apart >= l->e->server->o.max && !l->ending && r >= 0)
        r = plug__park("room", PLUG__PARK_INSIDE, PLUG_NEVER);
    l->waits_for_room = NULL;
    return l->ending ? -ECANCELED : r;
}

/* Until it is this clerk's turn: 0 when it has the lane, else it is to end. */
static int stand_by(struct plug__lane *l, struct plug__clerk *k)
{
    struct plug__standby me = {l->standby, plug_fiber_self()};
    int r = 0;
    l->standby = &me;
    l->standing_by++;
    while (r >= 0 && !l->ending && l->clerk && !l->serving) {
        l->roused = false;
        r = plug__park("standby", PLUG__PARK_INSIDE, PLUG_NEVER);
    }
    leave_standby(l, &me);
    l->roused = false;
    if (l->ending || r < 0)
        return -ECANCELED;
    if (l->clerk)
        part(l, k);
    l->clerk = k;
    return wait_for_room(l);
}

/* --- having the lane ---------------------------------------------------------------------- */

static int fill(struct plug__lane *l)
{
    const struct plug__sched *s = plug__sched_here;
    bool dry = l->d->emptied && l->switches == atomic_load(&s->switches);
    l->receiver = plug_fiber_self();
    int r = plug__lane_fill(l, PLUG_NEVER, dry);
    l->receiver = NULL;
    l->switches = atomic_load(&s->switches);
    return r;
}

static void turned(struct plug__lane *l)
{
    struct plug_server *s = l->e->server;
    if (s->asked.service_actions && l->tells)
        s->asked.service_actions(s, s->arg);
    if (!l->d->emptied)
        plug__yield(plug__sched_here); /* it could go on for ever without a wait */
}

/* Serves a batch. False: another clerk has the lane now. */
static bool serve(struct plug__lane *l, struct plug__clerk *k)
{
    struct plug_deadline whole;
    plug__lane_rouse(l);
    plug__clerk_begin(k);
    plug_deadline_enter(&whole, l->e->server->o.handler);
    l->serving = true;
    (void)plug__lane_serve(l, k, UINT32_MAX);
    plug_deadline_leave(&whole);
    plug__clerk_end(k);
    if (l->clerk != k)
        return false;
    l->serving = false;
    (void)plug__lane_flush(l);
    turned(l);
    return true;
}

/* Receives and serves until another clerk takes over (true), or there is no more to do. */
static bool have(struct plug__lane *l, struct plug__clerk *k)
{
    int r = 0;
    while (r >= 0 && !l->ending && !plug__stopping(l->e->server)) {
        if (!l->pending)
            r = fill(l);
        if (r > 0 || l->pending)
            if (!serve(l, k))
                return true;
    }
    l->clerk = NULL;
    if (r < 0 && !l->ending) {
        l->error = r;
        plug__unpark(l->runner, 0);
    }
    return false;
}

static int clerk_fiber(void *arg)
{
    struct plug__lane *l = arg;
    struct plug__clerk k;
    plug__clerk_init(&k, l);
    while (l->standing_by < KEPT && stand_by(l, &k) >= 0 && have(l, &k)) {
        l->apart--;
        plug__fiber_ended();
        if (l->waits_for_room)
            plug__unpark(l->waits_for_room, 0);
    }
    if (l->clerk == &k)
        l->clerk = NULL;
    if (l->standing_by == KEPT && !l->ending) { /* it may be the one that was roused: another is */
        l->roused = false;
        plug__lane_rouse(l);
    }
    return 0;
}

/* --- beginning and ending ------------------------------------------------------------------ */

static void end_all(struct plug__lane *l)
{
    l->ending = true;
    if (l->clerk && l->serving)
        part(l, NULL);
    for (struct plug__standby *b = l->standby; b; b = b->next)
        plug__unpark(b->fiber, 0);
    if (l->waits_for_room)
        plug__unpark(l->waits_for_room, 0);
    if (l->receiver)
        plug_fiber_cancel(l->receiver);
}

int plug__lane_run(struct plug__lane *l)
{
    l->ending = false;
    l->error = 0;
    l->runner = plug_fiber_self();
    int r = plug_sock_set_timeout(l->sock, PLUG_NOWAIT); /* who waits says until when */
    if (r >= 0)
        r = plug_fiber_spawn(plug__fiber_requests(), clerk_fiber, l, "datagram", NULL);
    while (r >= 0 && !l->error)
        r = plug__park("datagrams", PLUG__PARK_INSIDE, PLUG_NEVER);
    end_all(l);
    return l->error ? l->error : r;
}
