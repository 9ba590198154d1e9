/* SPDX-License-Identifier: MIT */
/* plug connect -z: are these ports open? Many at once, told in the order they were asked. */
#include "connect.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define WAIT_TCP PLUG_S(5)
#define WAIT_UDP PLUG_S(1) /* for an answer or an ICMP error */

enum state { UNKNOWN, OPEN, CLOSED };
static const char *const state_name[] = {"unknown", "open", "closed"};

struct target {
    char text[ADDRESS_TEXT];
    bool datagram;
    enum state state;
    int error;
    int64_t took;
    atomic_bool done;
};

struct test {
    struct target *target;
    size_t count;
    int width; /* of the longest address */
    atomic_size_t next;
    int64_t wait;
    int family;
    int pipe_fd[2]; /* a byte for each target that is done */
    pthread_t thread[PORT_TEST_JOBS];
    size_t threads;
};

/* --- operands --------------------------------------------------------------------------------- */

static int add(struct cmd *c, struct test *t, const struct plug_endpoint *e)
{
    struct target *target;

    if (t->count == PORT_TEST_MAX)
        return cmd_usage(c, "more than %d addresses to test", PORT_TEST_MAX);
    target = &t->target[t->count++];
    plug_endpoint_text(e, target->text, sizeof target->text);
    target->datagram = e->type == SOCK_DGRAM;
    if (t->width < (int)strlen(target->text))
        t->width = (int)strlen(target->text);
    return CMD_YES;
}

static int add_port(struct cmd *c, struct test *t, const char *host, const char *port)
{
    const struct connect_opts *o = c->opts;
    struct plug_endpoint e;
    int err = plug_endpoint_host_port(host, port, o->udp ? SOCK_DGRAM : SOCK_STREAM, &e);

    if (err < 0)
        return cmd_usage(c, "'%s %s': %s", cmd_safe_str(host), cmd_safe_str(port),
                         plug_strerror(err));
    return add(c, t, &e);
}

/* "20-25" */
static bool range(const char *text, uint64_t *ret_first, uint64_t *ret_last)
{
    const char *dash = strchr(text, '-');

    return dash && plug_uint_parse(text, (size_t)(dash - text), 65535, ret_first) == 0 &&
           plug_uint_parse(dash + 1, strlen(dash + 1), 65535, ret_last) == 0;
}

static int add_ports(struct cmd *c, struct test *t, const char *host, const char *ports)
{
    uint64_t first, last;
    int code = CMD_YES;

    if (!range(ports, &first, &last))
        return add_port(c, t, host, ports);
    if (first > last)
        return cmd_usage(c, "'%s': a range of ports goes upwards", cmd_safe_str(ports));
    for (; code == CMD_YES && first <= last; first++) {
        char port[8];
        snprintf(port, sizeof port, "%u", (unsigned)first);
        code = add_port(c, t, host, port);
    }
    return code;
}

/* "HOST PORT..." when the first operand is no address by itself, else "ADDRESS...". */
static int targets(struct cmd *c, struct test *t)
{
    const struct connect_opts *o = c->opts;
    struct plug_endpoint e;
    int code = cmd_operands(c, 1, PORT_TEST_MAX);
    bool host = code == CMD_YES && c->argc > 1 && plug_endpoint_parse(c->argv[0], &e) < 0;

    for (int i = host; code == CMD_YES && i < c->argc; i++) {
        int err = host ? 0 : address_parse(c->argv[i], o->udp, &e);
        if (err < 0)
            return cmd_usage(c, "'%s': %s; write HOST:PORT, or HOST PORT...",
                             cmd_safe_str(c->argv[i]), address_reason(err, c->argv[i]));
        code = host ? add_ports(c, t, c->argv[0], c->argv[i]) : add(c, t, &e);
    }
    return code;
}

/* --- trying ----------------------------------------------------------------------------------- */

static enum state judged(int err)
{
    if (err >= 0)
        return OPEN;
    return err == -ECONNREFUSED || err == -ENOENT ? CLOSED : UNKNOWN;
}

/* A datagram socket is open when it answers, closed when ICMP says so; silence tells nothing. */
static int ask_datagram(struct plug_sock *s, int64_t wait)
{
    char byte;
    int err = plug_sock_set_timeout(s, wait < 0 ? WAIT_UDP : wait);
    ssize_t n = err < 0 ? err : plug_sock_send(s, "", 0, 0);

    if (n >= 0)
        n = plug_sock_recv(s, &byte, 1, 0);
    return n < 0 ? (int)n : 0;
}

/* Refused by some addresses, without a way to the others, as where IPv6 leads nowhere: closed. */
static int in_common(int err, const struct plug_dial_report *report)
{
    bool refused = false;

    for (size_t i = 0; err == PLUG_EALLFAILED && i < report->count; i++) {
        int each = report->attempt[i].error;
        if (each != -ECONNREFUSED && each != -ENETUNREACH && each != -EADDRNOTAVAIL)
            return err;
        refused = refused || each == -ECONNREFUSED;
    }
    return refused ? -ECONNREFUSED : err;
}

static void probe(const struct test *t, struct target *target)
{
    struct plug_dial_opts o = PLUG_DIAL_OPTS;
    struct plug_dial_report report = {0};
    int64_t start = plug_now();
    struct plug_sock *s;

    o.timeout = t->wait < 0 ? WAIT_TCP : t->wait;
    o.family = t->family;
    target->error = in_common(plug_dial(&s, target->text, &o, &report), &report);
    if (target->error == 0) {
        if (target->datagram)
            target->error = ask_datagram(s, t->wait);
        plug_sock_close(s);
    }
    target->state = judged(target->error);
    target->took = plug_now() - start;
}

static void *worker(void *arg)
{
    struct test *t = arg;
    size_t i;

    while ((i = atomic_fetch_add(&t->next, 1)) < t->count) {
        probe(t, &t->target[i]);
        atomic_store(&t->target[i].done, true);
        (void)plug_sys()->write(t->pipe_fd[1], "", 1);
    }
    return NULL;
}

/* Signals are for the main thread. */
static int start(struct test *t)
{
    sigset_t all, before;
    int err = plug_sys()->pipe2(t->pipe_fd, O_CLOEXEC);

    if (err < 0)
        return err;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (err == 0 && t->threads < PORT_TEST_JOBS && t->threads < t->count) {
        err = plug_sys()->thread_create(&t->thread[t->threads], worker, t);
        t->threads += err == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return t->threads > 0 ? 0 : err;
}

/* --- telling ---------------------------------------------------------------------------------- */

static void tell(struct cmd *c, const struct target *target, int width)
{
    static const enum cmd_style style[] = {CMD_WARN, CMD_GOOD, CMD_BAD};
    char took[32];
    struct plug_json j;

    plug_duration_text(target->took, took, sizeof took);
    if (!c->json) {
        cmd_print(c, "%-*s  %s%s%s  %s%s%s\n", width, cmd_safe_str(target->text),
                  cmd_style(c, style[target->state]), state_name[target->state],
                  cmd_style(c, CMD_PLAIN), took, target->error < 0 ? "  " : "",
                  target->error < 0 ? plug_strerror(target->error) : "");
        return;
    }
    cmd_event(c, &j, "port");
    plug_json_string(&j, "address", target->text);
    plug_json_string(&j, "state", state_name[target->state]);
    plug_json_double(&j, "took_ms", (double)target->took / 1e6);
    if (target->error < 0)
        plug_json_string(&j, "error", plug_err_name(target->error));
    cmd_event_end(c, &j);
}

static int sum_up(struct cmd *c, const struct test *t)
{
    size_t number[3] = {0, 0, 0};
    struct plug_json j;
    int code;

    for (size_t i = 0; i < t->count; i++)
        number[t->target[i].state]++;
    code = number[CLOSED] ? CMD_NO : number[UNKNOWN] ? CMD_UNKNOWN : CMD_YES;
    if (!c->json)
        return code;
    cmd_event(c, &j, "summary");
    plug_json_string(&j, "end_reason", "done");
    for (int i = 0; i < 3; i++)
        plug_json_uint(&j, state_name[i], number[i]);
    plug_json_int(&j, "exit", code);
    cmd_event_end(c, &j);
    return code;
}

static int follow(struct cmd *c, struct test *t)
{
    char bytes[256];

    for (size_t told = 0; told < t->count;) {
        for (; told < t->count && atomic_load(&t->target[told].done); told++)
            tell(c, &t->target[told], t->width);
        (void)cmd_flush(c);
        if (cmd_signal())
            return cmd_signal_exit();
        if (told < t->count && plug_wait(t->pipe_fd[0], POLLIN, PLUG_NEVER) > 0)
            (void)plug_sys()->read(t->pipe_fd[0], bytes, sizeof bytes);
    }
    return sum_up(c, t);
}

/* After a signal nobody waits for the workers: they end with the process, and use t until then. */
static int conclude(struct test *t, int code)
{
    if (cmd_signal())
        return code;
    for (size_t i = 0; i < t->threads; i++)
        pthread_join(t->thread[i], NULL);
    if (t->threads > 0) {
        (void)plug_sys()->close(t->pipe_fd[0]);
        (void)plug_sys()->close(t->pipe_fd[1]);
    }
    plug_free(t->target);
    return code;
}

int connect_test(struct cmd *c)
{
    static struct test t;
    const struct connect_opts *o = c->opts;
    int code, err;

    t.wait = o->wait;
    t.family = connect_family(o);
    t.target = plug_calloc(PORT_TEST_MAX, sizeof *t.target);
    if (!t.target)
        return cmd_fail(c, -ENOMEM, "test", NULL, NULL);
    code = targets(c, &t);
    if (code != CMD_YES)
        return conclude(&t, code);
    err = start(&t);
    return conclude(&t, err < 0 ? cmd_fail(c, err, "test", NULL, NULL) : follow(c, &t));
}
