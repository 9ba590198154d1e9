/* SPDX-License-Identifier: MIT */
/*
 * Names of addresses come from the pool while the probes go on. An event whose address is asked for
 * is held back until the answer is there or a second has passed, and with it all that come after:
 * lines stay in order, and round trips are measured by the kernel meanwhile.
 */
#include "ping.h"
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#define NAMES    64   /* addresses whose names are remembered */
#define HELD     1024 /* events held back at most */
#define PATIENCE PLUG_S(1)

enum state { UNUSED, ASKED, KNOWN };

struct name {
    struct plug_addr addr;
    enum state state;
    int64_t asked;
    char text[PING_NAME];   /* escaped; "": it has none */
    char found[NI_MAXHOST]; /* the pool's, until it is done */
    struct ping_names *of;
};

struct ping_names {
    struct name name[NAMES];
    size_t next;
    struct plug_ping_event held[HELD];
    size_t first, count;
    size_t asking;
    struct plug_timer timer;
    struct ping *g;
};

/* Static: a look-up that hangs in libc when the command ends still writes here. */
static struct ping_names names;

void ping_names_open(struct ping *g)
{
    names.g = g;
    g->names = &names;
}

bool ping_names_asking(const struct ping *g)
{
    return g->names->asking > 0;
}

bool ping_names_held(const struct ping *g)
{
    return g->names->count > 0;
}

static struct name *find(struct ping_names *n, const struct plug_addr *a)
{
    for (size_t i = 0; i < NAMES; i++)
        if (n->name[i].state != UNUSED && plug_addr_same_host(&n->name[i].addr, a))
            return &n->name[i];
    return NULL;
}

/* --- looking up ------------------------------------------------------------------------------ */

static int look_up(void *arg)
{
    struct name *name = arg;

    return plug_sys()->getnameinfo(&name->addr.sa, name->addr.len, name->found, sizeof name->found,
                                   NULL, 0, NI_NAMEREQD);
}

static void flush_held(struct ping_names *n);

static void looked_up(struct plug_loop *l, int result, void *arg)
{
    struct name *name = arg;

    (void)l;
    name->state = KNOWN;
    if (result >= 0)
        snprintf(name->text, sizeof name->text, "%s", cmd_safe_str(name->found));
    name->of->asking--;
    flush_held(name->of);
}

/* A free place, or that of the oldest answer; NULL: all of them are being asked for. */
static struct name *place(struct ping_names *n)
{
    for (size_t i = 0; i < NAMES; i++) {
        struct name *name = &n->name[(n->next + i) % NAMES];
        if (name->state != ASKED) {
            n->next = (n->next + i + 1) % NAMES;
            return name;
        }
    }
    return NULL;
}

static void ask(struct ping_names *n, const struct plug_addr *a)
{
    struct name *name = place(n);

    if (!name)
        return;
    *name = (struct name){.addr = *a, .state = ASKED, .asked = plug_now(), .of = n};
    if (plug_loop_offload(n->g->loop, look_up, looked_up, name) < 0) {
        name->state = KNOWN;
        return;
    }
    n->asking++;
}

/* --- holding back ---------------------------------------------------------------------------- */

static bool wants_name(const struct ping *g, const struct plug_ping_event *e)
{
    if (g->o->numeric || g->view == &ping_json || g->c->quiet)
        return false;
    if (e->type > PLUG_PING_LATE && e->type != PLUG_PING_ERROR)
        return false;
    return g->host[e->host].named;
}

/* Must it wait for its name? */
static bool waits(struct ping_names *n, const struct plug_ping_event *e)
{
    struct name *name;

    if (!wants_name(n->g, e))
        return false;
    name = find(n, &e->from);
    if (!name) {
        ask(n, &e->from);
        name = find(n, &e->from);
    }
    return name && name->state == ASKED && plug_now() - name->asked < PATIENCE;
}

static void time_up(struct plug_loop *l, struct plug_timer *t, void *arg)
{
    (void)l;
    (void)t;
    flush_held(arg);
}

static void flush_held(struct ping_names *n)
{
    while (n->count > 0 && !waits(n, &n->held[n->first])) {
        struct plug_ping_event e = n->held[n->first];
        n->first = (n->first + 1) % HELD;
        n->count--;
        n->g->view->event(n->g, &e);
    }
    if (n->count == 0)
        (void)plug_loop_timer_stop(n->g->loop, &n->timer);
    else if (plug_loop_timer(n->g->loop, &n->timer, PATIENCE, time_up, n) < 0)
        ping_show_rest(n->g);
}

void ping_show(struct ping *g, const struct plug_ping_event *e)
{
    struct ping_names *n = g->names;

    if (n->count == HELD)
        ping_show_rest(g);
    n->held[(n->first + n->count++) % HELD] = *e;
    flush_held(n);
}

void ping_show_rest(struct ping *g)
{
    struct ping_names *n = g->names;

    for (; n->count > 0; n->count--) {
        g->view->event(g, &n->held[n->first]);
        n->first = (n->first + 1) % HELD;
    }
}

const char *ping_called(struct ping *g, uint32_t host, const struct plug_addr *a)
{
    static char ring[2][PING_NAME + PLUG_ADDR_TEXT + 4];
    static unsigned turn;
    char *text = ring[turn++ % 2], address[PLUG_ADDR_TEXT];
    const struct name *name = g->o->numeric || !g->host[host].named ? NULL : find(g->names, a);

    plug_addr_host_text(a, address, sizeof address);
    if (name && name->state == KNOWN && name->text[0] && strcmp(name->text, address) != 0)
        snprintf(text, sizeof ring[0], "%s (%s)", name->text, address);
    else
        snprintf(text, sizeof ring[0], "%s", address);
    return text;
}
