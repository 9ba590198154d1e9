/* SPDX-License-Identifier: MIT */
/* One request after the other, in the thread of plug_server_run. */
#include "server/server_impl.h"

static int serial_begin(struct plug_server *s)
{
    s->state = s;
    return 0;
}

static void serial_end(struct plug_server *s)
{
    (void)s;
}

static int serial_process(struct plug_server *s, struct plug_conn *c)
{
    (void)s;
    c->given = true;
    (void)plug__request_serve(c);
    return 0;
}

const struct plug__model plug__model_serial = {
    .id = PLUG_MODEL_SERIAL,
    .name = "serial",
    .blocking = true,
    .in_place = true,
    .budget = 1, /* service_actions after each, as in Python */
    .begin = serial_begin,
    .end = serial_end,
    .run = plug__loop_run,
    .one = plug__loop_one,
    .drain = plug__loop_drain,
    .process = serial_process,
    .deadline = plug__blocking_deadline,
};
