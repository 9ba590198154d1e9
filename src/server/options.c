/* SPDX-License-Identifier: MIT */
/* Options and hooks: checked once, and without anything left to choose afterwards. */
#include "loop/backend.h"
#include "server/server_impl.h"

#include <errno.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define WORKERS_MAX  256
#define CHILDREN_MAX 65536
#define STACK        ((size_t)256 * 1024)
#define STACK_MIN    ((size_t)64 * 1024) /* a thread's */
#define RESERVE      32                  /* descriptors that connections leave to handlers */
#define RESERVE_PART 8                   /* but at most this part of all */

static int model_of(enum plug_model asked, const struct plug__model **ret)
{
    const char *name = asked == PLUG_MODEL_AUTO ? getenv("PLUG_MODEL") : NULL;
    int id = name && *name ? plug_model_find(name) : (int)asked;
    if (id == PLUG_MODEL_AUTO)
        id = PLUG_MODEL_FIBER;
    *ret = id < 0 ? NULL : plug__model_get((enum plug_model)id);
    return *ret ? 0 : -EINVAL;
}

static void number(size_t *value, size_t usual)
{
    if (*value == 0)
        *value = usual;
}

static void duration(int64_t *value, int64_t usual)
{
    if (*value == 0)
        *value = usual;
}

static void fill_options(struct plug_server_opts *o, enum plug_model model)
{
    number(&o->workers, 1);
    number(&o->max, PLUG_SERVER_MAX);
    number(&o->max_children, PLUG_SERVER_MAX_CHILDREN);
    if (model == PLUG_MODEL_FORK)
        o->max = o->max_children;
    number(&o->max_per_source, o->max);
    number(&o->datagram, PLUG_SERVER_DATAGRAM);
    duration(&o->idle, PLUG_SERVER_IDLE);
    duration(&o->handler, PLUG_SERVER_HANDLER);
    duration(&o->drain, PLUG_SERVER_DRAIN);
    duration(&o->keep_age, PLUG_SERVER_KEEP_AGE);
    duration(&o->service_every, PLUG_S(1));
    if (model != PLUG_MODEL_FIBER)
        o->workers = 1;
    if (model == PLUG_MODEL_THREAD)
        number(&o->stack, STACK);
    if (model == PLUG_MODEL_THREAD && o->stack < STACK_MIN)
        o->stack = STACK_MIN;
}

static bool verify_all(struct plug_server *s, struct plug_conn *c, void *arg)
{
    (void)s, (void)c, (void)arg;
    return true;
}

static void fill_hooks(struct plug_server_hooks *h)
{
#define DEFAULT(name)                                                                              \
    if (!h->name)                                                                                  \
    h->name = plug_server_default_##name
    DEFAULT(get_request);
    DEFAULT(process_request);
    DEFAULT(finish_request);
    DEFAULT(handle_error);
    DEFAULT(shutdown_request);
    DEFAULT(close_request);
#undef DEFAULT
    if (!h->verify_request)
        h->verify_request = verify_all;
}

/* The number from which on descriptors are kept in reserve: the lowest free one is always taken. */
static int reserve_from(void)
{
    struct rlimit limit;
    if (plug_sys()->getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > INT32_MAX)
        return INT32_MAX;
    int all = (int)limit.rlim_cur;
    return all / RESERVE_PART < RESERVE ? all - all / RESERVE_PART : all - RESERVE;
}

int plug__server_options(struct plug_server *s, const struct plug_server_opts *opts)
{
    static const struct plug_server_opts usual = PLUG_SERVER_OPTS;
    static const struct plug_server_hooks none = PLUG_SERVER_HOOKS;
    s->o = opts ? *opts : usual;
    if (s->o.size != sizeof s->o || (s->o.hooks && s->o.hooks->size != sizeof none))
        return PLUG_EOPTS;
    if (s->o.workers > WORKERS_MAX || s->o.max_children > CHILDREN_MAX ||
        s->o.datagram > PLUG_SERVER_DATAGRAM)
        return PLUG_EOPTS;
    int r = model_of(s->o.model, &s->model);
    if (r >= 0 && s->model->id == PLUG_MODEL_FIBER && s->o.backend == PLUG_BACKEND_AUTO)
        r = plug__backend_wanted();
    if (r < 0)
        return r;
    s->asked = s->o.hooks ? *s->o.hooks : none;
    s->hooks = s->asked;
    fill_hooks(&s->hooks);
    fill_options(&s->o, s->model->id);
    s->fd_max = reserve_from();
    return 0;
}
