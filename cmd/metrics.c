/* SPDX-License-Identifier: MIT */
#include "metrics.h"
#include <plug.h>
#include <string.h>
#include <sys/uio.h>

struct client {
    struct metrics *m;
    struct plug_sock *s;
    struct plug_timer timer;
    struct plug_buf in, out;
};

struct metrics {
    struct plug_loop *loop;
    struct plug_sock *listener;
    struct plug_timer rest;
    metrics_fn *fn;
    void *arg;
    struct client client[METRICS_CLIENTS];
};

static void end(struct client *c)
{
    if (c->s == NULL)
        return;
    (void)!plug_loop_unwatch(c->m->loop, plug_sock_fd(c->s));
    plug_loop_timer_stop(c->m->loop, &c->timer);
    plug_sock_close(c->s);
    plug_buf_clear(&c->in);
    plug_buf_clear(&c->out);
    c->s = NULL;
}

/* --- the answer ------------------------------------------------------------------------------ */

static int put_answer(struct client *c, const char *status, const char *type,
                      const struct iovec *body, bool with_body)
{
    int err = plug_buf_printf(&c->out,
                              "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                              "Connection: close\r\n\r\n",
                              status, type, body->iov_len);

    return err < 0 || !with_body ? err : plug_buf_append(&c->out, body->iov_base, body->iov_len);
}

static int put_plain(struct client *c, const char *status)
{
    return put_answer(c, status, "text/plain",
                      &(struct iovec){(char *)(uintptr_t)status, strlen(status)}, true);
}

static int put_metrics(struct client *c, bool with_body)
{
    struct plug_buf text;

    plug_buf_init(&text, METRICS_TEXT);
    int err = c->m->fn(&text, c->m->arg);
    if (err < 0)
        err = put_plain(c, "500 Internal Server Error");
    else
        err = put_answer(
            c, "200 OK", "text/plain; version=0.0.4; charset=utf-8",
            &(struct iovec){(void *)(uintptr_t)plug_buf_data(&text), plug_buf_len(&text)},
            with_body);
    plug_buf_clear(&text);
    return err;
}

static bool begins(const char *text, size_t len, const char *with)
{
    return len >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

/* The request line decides (RFC 9112 3); a query is no matter. */
static int answer(struct client *c)
{
    const char *line = (const char *)plug_buf_data(&c->in);
    size_t len = (size_t)((const char *)memchr(line, '\r', plug_buf_len(&c->in)) - line);
    bool get = begins(line, len, "GET "), head = begins(line, len, "HEAD ");
    const char *path = line + (head ? 5 : 4), *version = line + len - strlen(" HTTP/1.1");

    if (len < strlen("GET / HTTP/1.1") ||
        (memcmp(version, " HTTP/1.1", 9) != 0 && memcmp(version, " HTTP/1.0", 9) != 0))
        return put_plain(c, "400 Bad Request");
    if (!get && !head)
        return put_plain(c, "405 Method Not Allowed");
    size_t left = (size_t)(version - path);
    if (begins(path, left, "/metrics") && (left == 8 || path[8] == '?'))
        return put_metrics(c, get);
    return put_plain(c, "404 Not Found");
}

/* --- the way of a request -------------------------------------------------------------------- */

static void send_some(struct client *c)
{
    ssize_t n = plug_sock_send(c->s, plug_buf_data(&c->out), plug_buf_len(&c->out), 0);

    if (n > 0)
        plug_buf_consume(&c->out, (size_t)n);
    if ((n < 0 && n != -EAGAIN) || plug_buf_len(&c->out) == 0)
        end(c);
}

static void receive_some(struct client *c)
{
    uint8_t *room;
    size_t space = METRICS_REQUEST - plug_buf_len(&c->in);

    if (space == 0 || plug_buf_reserve(&c->in, space, &room) < 0) {
        end(c);
        return;
    }
    ssize_t n = plug_sock_recv(c->s, room, space, 0);
    if (n == -EAGAIN)
        return;
    if (n > 0)
        plug_buf_commit(&c->in, (size_t)n);
    if (n <= 0)
        end(c);
}

static bool is_whole(const struct client *c)
{
    const uint8_t *bytes = plug_buf_data(&c->in);
    size_t len = plug_buf_len(&c->in);

    return c->s != NULL && len >= 4 && memmem(bytes, len, "\r\n\r\n", 4) != NULL;
}

static void ready(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    struct client *c = arg;

    (void)events;
    if (plug_buf_len(&c->out) == 0) {
        receive_some(c);
        if (!is_whole(c))
            return;
        if (answer(c) < 0 || plug_loop_watch(l, fd, PLUG_WRITE, ready, c) < 0) {
            end(c);
            return;
        }
    }
    send_some(c);
}

static void late(struct plug_loop *l, struct plug_timer *t, void *arg)
{
    (void)l;
    (void)t;
    end(arg);
}

static struct client *free_client(struct metrics *m)
{
    for (size_t i = 0; i < METRICS_CLIENTS; i++)
        if (m->client[i].s == NULL)
            return &m->client[i];
    return NULL;
}

static void arrive(struct plug_loop *l, int fd, unsigned events, void *arg);

static void go_on(struct plug_loop *l, struct plug_timer *t, void *arg)
{
    struct metrics *m = arg;

    if (plug_loop_watch(l, plug_sock_fd(m->listener), PLUG_READ, arrive, m) < 0)
        (void)!plug_loop_timer(l, t, METRICS_REST, go_on, m);
}

/* Who waits for a descriptor that is not there would be told of again and again. */
static void rest(struct metrics *m, int fd)
{
    if (plug_loop_watch(m->loop, fd, 0, arrive, m) >= 0)
        (void)!plug_loop_timer(m->loop, &m->rest, METRICS_REST, go_on, m);
}

static void arrive(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    struct metrics *m = arg;
    struct plug_sock *s;
    struct client *c = free_client(m);

    (void)events;
    int err = plug_sock_accept(m->listener, &s, NULL);
    if (err < 0) {
        if (err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -ENOBUFS)
            rest(m, fd);
        return;
    }
    if (c == NULL || plug_sock_set_blocking(s, false) < 0) {
        plug_sock_close(s);
        return;
    }
    *c = (struct client){.m = m, .s = s};
    plug_buf_init(&c->in, METRICS_REQUEST);
    plug_buf_init(&c->out, METRICS_TEXT);
    if (plug_loop_timer(l, &c->timer, METRICS_TIME, late, c) < 0 ||
        plug_loop_watch(l, plug_sock_fd(s), PLUG_READ, ready, c) < 0)
        end(c);
}

int metrics_open(struct metrics **ret, struct plug_loop *loop, const char *endpoint, metrics_fn *fn,
                 void *arg)
{
    struct plug_endpoint e;
    struct metrics *m;
    int err = plug_endpoint_parse(endpoint, &e);

    if (err < 0)
        return err;
    if (e.type != SOCK_STREAM)
        return -EINVAL;
    if ((m = plug_calloc(1, sizeof *m)) == NULL)
        return -ENOMEM;
    *m = (struct metrics){.loop = loop, .fn = fn, .arg = arg};
    err = plug_listen(&m->listener, endpoint, NULL);
    if (err >= 0)
        err = plug_sock_set_blocking(m->listener, false);
    if (err >= 0)
        err = plug_loop_watch(loop, plug_sock_fd(m->listener), PLUG_READ, arrive, m);
    if (err >= 0)
        *ret = m;
    else
        metrics_close(m);
    return err;
}

void metrics_close(struct metrics *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < METRICS_CLIENTS; i++)
        end(&m->client[i]);
    plug_loop_timer_stop(m->loop, &m->rest);
    if (m->listener != NULL)
        (void)!plug_loop_unwatch(m->loop, plug_sock_fd(m->listener));
    plug_listen_close(m->listener);
    plug_free(m);
}

struct plug_sock *metrics_sock(const struct metrics *m)
{
    return m->listener;
}

/* --- the text format ------------------------------------------------------------------------- */

int metrics_family(struct plug_buf *text, const char *name, const char *type, const char *help)
{
    return plug_buf_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Backslash, quote and line feed have escapes; other control characters stand as they are. */
static int put_label(struct plug_buf *text, const struct metrics_label *l, const char *before)
{
    int err = plug_buf_printf(text, "%s%s=\"", before, l->name);

    for (const char *p = l->value; err >= 0 && *p != '\0';) {
        uint32_t character;
        int n = plug_utf8_next(p, strlen(p), &character);
        if (n <= 0)
            err = plug_buf_append(text, "\xef\xbf\xbd", 3);
        else if (*p == '\n')
            err = plug_buf_append(text, "\\n", 2);
        else if (*p == '\\' || *p == '"')
            err = plug_buf_printf(text, "\\%c", *p);
        else
            err = plug_buf_append(text, p, (size_t)n);
        p += n > 0 ? n : 1;
    }
    return err < 0 ? err : plug_buf_append(text, "\"", 1);
}

int metrics_value(struct plug_buf *text, const char *name, const struct metrics_label *labels,
                  size_t count, double value)
{
    char number[64];
    int err = plug_buf_append(text, name, strlen(name));

    for (size_t i = 0; err >= 0 && i < count; i++)
        err = put_label(text, &labels[i], i == 0 ? "{" : ",");
    plug_double_text(value, number, sizeof number);
    return err < 0 ? err : plug_buf_printf(text, "%s %s\n", count > 0 ? "}" : "", number);
}
