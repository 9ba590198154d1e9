/* SPDX-License-Identifier: MIT */
#ifndef SERVED_H
#define SERVED_H
/*
 * A server in a process of its own, so that every model can be tested, fork included, and so that
 * a client in the test's process is a client and nothing else.
 *
 *   1. struct served s; served_start(&s, "tcp://127.0.0.1:0", handler, &opts, cell, faults)
 *   2. clients talk to s.endpoint
 *   3. served_stop(&s): SIGTERM, waits for the end, fills s.stats; the frame kills what is left
 */
#include <plug.h>
#include <sys/types.h>

struct served_cell {
    enum plug_model model;
    enum plug_backend backend;
};
/* All of them, one after the other: 4 models x 4 back-ends. */
size_t served_cells(void);
struct served_cell served_cell(size_t index);
/* "fork/poll": for messages; static until the next call. */
const char *served_name(struct served_cell cell);

struct served {
    pid_t pid;
    int report; /* the end of a pipe on which the child tells its endpoint, then its stats */
    char endpoint[128];
    struct plug_server_stats stats;
};

/*
 * faults: a plan for the sys table of the child, or NULL. False, and nothing was started: this
 * machine does not have the back-end, or the sanitizer not the model.
 */
bool served_start(struct served *s, const char *endpoint, plug_handler_fn *handler, void *arg,
                  const struct plug_server_opts *opts, struct served_cell cell, const char *faults);
void served_stop(struct served *s);

#endif
