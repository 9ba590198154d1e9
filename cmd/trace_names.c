/* SPDX-License-Identifier: MIT */
/* Names of addresses: looked up by the pool, so that no probe waits for a name server. */
#include "trace.h"
#include <netdb.h>
#include <string.h>

#define LOOKUP_TIME PLUG_S(2)

/* In a worker. */
static int look_up(void *arg)
{
    struct trace_name *n = arg;
    struct plug_deadline scope;

    plug_deadline_enter(&scope, LOOKUP_TIME);
    int r = plug_nameinfo(&n->addr, NI_NAMEREQD, n->found, sizeof n->found, NULL, 0);
    plug_deadline_leave(&scope);
    return r;
}

static void done(struct plug_loop *l, int result, void *arg)
{
    struct trace_name *n = arg;
    struct trace *x = n->trace;

    n->state = result < 0 ? TRACE_NAMELESS : TRACE_NAMED;
    memcpy(n->text, n->found, sizeof n->text);
    x->names_asked--;
    if ((x->cell == NULL || trace_text_go(x)) && x->over && x->names_asked == 0)
        plug_loop_stop(l);
}

static struct trace_name *ask(struct trace *x, const struct plug_addr *addr)
{
    struct trace_name *n = x->name_count < TRACE_NAMES ? plug_calloc(1, sizeof *n) : NULL;

    if (n == NULL)
        return NULL;
    n->trace = x;
    n->addr = *addr;
    x->name[x->name_count++] = n;
    x->names_asked++;
    if (plug_loop_offload(x->loop, look_up, done, n) < 0) {
        n->state = TRACE_NAMELESS;
        x->names_asked--;
    }
    return n;
}

const char *trace_name(struct trace *x, const struct plug_addr *addr, bool *ret_wait)
{
    struct trace_name *n = NULL;

    *ret_wait = false;
    if (x->o->numeric)
        return NULL;
    for (size_t i = 0; i < x->name_count && n == NULL; i++)
        if (plug_addr_equal(&x->name[i]->addr, addr))
            n = x->name[i];
    if (n == NULL)
        n = ask(x, addr);
    *ret_wait = n != NULL && n->state == TRACE_ASKED;
    return n != NULL && n->state == TRACE_NAMED ? n->text : NULL;
}

void trace_names_free(struct trace *x)
{
    for (size_t i = 0; i < x->name_count; i++)
        plug_free(x->name[i]);
}
