/* SPDX-License-Identifier: MIT */
#ifndef METRICS_H
#define METRICS_H
/*
 * What a command counts, for Prometheus: GET /metrics over HTTP/1.1, in its text format 0.0.4.
 *
 * The command:
 *   1. metrics_open(&m, loop, "tcp://127.0.0.1:9427", write, arg)
 *   2. runs its loop; write(text, arg) is called for each scrape, and says
 *      metrics_family(text, "plug_ping_sent_total", "counter", "Echo requests sent.")
 *      metrics_value(text, "plug_ping_sent_total", labels, 1, 7)
 *   3. metrics_close(m)
 *
 * One request a connection; whoever is slow is cut off, so that the command is never held up.
 */
#include <plug/buf.h>
#include <plug/loop.h>
#include <plug/sock.h>

#define METRICS_CLIENTS 16           /* most scrapes at once */
#define METRICS_REQUEST 4096         /* longest request, in bytes */
#define METRICS_TEXT    (64UL << 20) /* longest answer */
#define METRICS_TIME    PLUG_S(3)    /* for one scrape */
#define METRICS_REST    PLUG_MS(100) /* before accepting goes on without a descriptor to spare */

struct metrics;

/* Puts what is known into text: 0, or an error, which answers 500. */
typedef int metrics_fn(struct plug_buf *text, void *arg);

/*
 * Listens, in loop, which must live longer. gives *ret; borrows arg. Errors as plug_listen and
 * plug_loop_watch; -EINVAL (not a stream's endpoint).
 */
PLUG_MUST int metrics_open(struct metrics **ret, struct plug_loop *loop, const char *endpoint,
                           metrics_fn *fn, void *arg);
void metrics_close(struct metrics *m);
/* Where it listens (borrowed). */
struct plug_sock *metrics_sock(const struct metrics *m);

/* # HELP and # TYPE: once, before the values of that name. Errors as plug_buf_append. */
PLUG_MUST int metrics_family(struct plug_buf *text, const char *name, const char *type,
                             const char *help);

struct metrics_label {
    const char *name, *value; /* value: any text; what is no UTF-8 is replaced */
};
PLUG_MUST int metrics_value(struct plug_buf *text, const char *name,
                            const struct metrics_label *labels, size_t count, double value);

#endif
