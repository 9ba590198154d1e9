/* SPDX-License-Identifier: MIT */
/* The table of models, and what the blocking ones share. */
#include "server/model.h"
#include "base/at_hand.h"
#include "server/server_impl.h"

#include <errno.h>
#include <plug/err.h>
#include <string.h>

static const struct plug__model *const models[] = {
    &plug__model_serial,
    &plug__model_thread,
    &plug__model_fork,
    &plug__model_fiber,
};
#define MODELS (sizeof models / sizeof *models)

#define BLIND_MAX 1000

const struct plug__model *plug__model_get(enum plug_model id)
{
    for (size_t i = 0; i < MODELS; i++)
        if (models[i]->id == id)
            return models[i];
    return NULL;
}

const char *plug_model_name(enum plug_model model)
{
    const struct plug__model *m = plug__model_get(model);
    return m ? m->name : "auto";
}

int plug_model_find(const char *name)
{
    for (size_t i = 0; i < MODELS; i++)
        if (strcmp(models[i]->name, name) == 0)
            return (int)models[i]->id;
    return strcmp(name, "auto") == 0 ? PLUG_MODEL_AUTO : -EINVAL;
}

/* How many operations in a row may wait for the whole idle time with one to spare. */
static int blind_operations(int64_t left, int64_t idle)
{
    if (idle <= 0 || left < 2 * idle)
        return 0;
    return left / idle - 1 < BLIND_MAX ? (int)(left / idle - 1) : BLIND_MAX;
}

/*
 * The socket itself ends an idle wait, so that an operation is one system call. Only when the time
 * of the handler is nearly over, or something else of the thread has to be heeded, the waiter does.
 * The coarse clock is good enough for limits of seconds; but its pages have left the caches when a
 * process gets its turn again, so it is asked no more often than it has to be.
 */
int64_t plug__blocking_deadline(struct plug_conn *c)
{
    int64_t idle = c->server->o.idle;
    if (!plug__may_block(PLUG_NEVER)) {
        int64_t deadline = plug_deadline_after(idle);
        return deadline < c->deadline ? deadline : c->deadline;
    }
    if (c->deadline == PLUG_NEVER)
        return PLUG_NEVER;
    if (c->blind > 0) {
        c->blind--;
        return PLUG_NEVER;
    }
    int64_t left = c->deadline - plug_sys()->now(CLOCK_MONOTONIC_COARSE);
    if (left <= 0)
        atomic_store(&c->ended, PLUG_ETIMEOUT);
    c->blind = blind_operations(left, idle);
    return idle >= 0 && left > idle ? PLUG_NEVER : c->deadline;
}
