/* SPDX-License-Identifier: MIT */
#ifndef SERVING_H
#define SERVING_H
/*
 * A server that runs beside the test: in a thread, or, where it forks, in a process of its own,
 * because a process with threads may not. Its counters and plug_server_stop reach it in both.
 */
#include <t.h>

/* Whether this build has the model: beside the thread of a thread sanitizer none can fork. */
bool serving_may(enum plug_model model);
/* False where a signal may come to nobody's ears while io_uring waits: under a thread sanitizer. */
bool serving_hears_signals(void);
/* Every model that this build has; for (i = 0; serving_model(i, &model); i++). */
bool serving_model(size_t i, enum plug_model *ret_model);

/* Opens a server on one endpoint (NULL: tcp://127.0.0.1:0), not yet running. The frame ends it. */
struct plug_server *serving_open(enum plug_model model, plug_handler_fn *handler, void *arg,
                                 struct plug_server_opts opts, const char *endpoint);
/* Runs it beside. */
void serving_run(struct plug_server *s);
/* Stops it and waits until it has ended: the result of plug_server_run. */
int serving_end(struct plug_server *s);
/* A client of it; the frame closes it. It waits 20 s at most. */
struct plug_sock *serving_client(const struct plug_server *s);
/* Sends text and expects want back. */
void serving_ask(struct plug_sock *client, const char *text, const char *want);
/* Waits until a counter has this value, or the test fails. */
void serving_await(const struct plug_server *s, size_t offset, uint64_t value);
#define SERVING_AWAIT(s, counter, value)                                                           \
    serving_await(s, offsetof(struct plug_server_stats, counter), value)

/* Handlers. */
int serving_echo(struct plug_conn *c, void *arg);

#endif
