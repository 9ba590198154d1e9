/* SPDX-License-Identifier: MIT */
/* One handler, four models: each serves many clients at once, and every byte is compared. */
#include "demo.h"
#include "load.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define CLIENTS  200
#define MESSAGES 50 /* of each client */
#define SIZE     1000
#define BACKLOG  (2 * CLIENTS)

static const struct row {
    enum plug_model model;
    enum plug_backend backend;
} rows[] = {
    {PLUG_MODEL_SERIAL, PLUG_BACKEND_AUTO}, {PLUG_MODEL_THREAD, PLUG_BACKEND_AUTO},
    {PLUG_MODEL_FORK, PLUG_BACKEND_AUTO},   {PLUG_MODEL_FIBER, PLUG_BACKEND_EPOLL},
    {PLUG_MODEL_FIBER, PLUG_BACKEND_URING},
};
#define ROWS (sizeof rows / sizeof rows[0])

/* The handler. It knows nothing of models. */
static int echo(struct plug_conn *conn, void *arg)
{
    char b[4096];
    ssize_t n;

    (void)arg;
    while ((n = plug_conn_recv(conn, b, sizeof b)) > 0)
        if ((n = plug_conn_send_all(conn, b, (size_t)n)) < 0)
            break;
    return (int)n;
}

/* --- the server, in a process of its own ------------------------------------------------------ */

static void stop(void *arg)
{
    plug_server_stop(arg);
}

static int serve(const struct row *row, int tell_fd)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    struct plug_listen_opts lo = PLUG_LISTEN_OPTS;
    struct plug_server *s;
    struct plug_addr addr;
    int err;

    o.model = row->model;
    o.backend = row->backend;
    o.max_children = CLIENTS;
    lo.backlog = BACKLOG;
    err = plug_server_open(&s, echo, NULL, &o);
    if (err < 0)
        return err;
    err = plug_server_listen(s, "tcp://127.0.0.1:0", &lo);
    if (err == 0)
        err = plug_server_addr(s, 0, &addr);
    if (err == 0) {
        cmd_signal_tell(stop, s);
        err = (int)plug_sys()->write(tell_fd, &addr, sizeof addr);
    }
    if (err >= 0)
        err = plug_server_run(s);
    cmd_signal_tell(NULL, NULL);
    plug_server_close(s);
    return err;
}

static void child(const struct row *row, int tell_fd)
{
    int err;

    (void)plug_sys()->prctl(PR_SET_PDEATHSIG, SIGKILL);
    cmd_signals_start(); /* its signals are not the parent's */
    (void)plug_waiter_set(NULL);
    err = serve(row, tell_fd);
    if (err < 0)
        (void)plug_sys()->write(tell_fd, &err, sizeof err);
    plug_sys()->exit_now(err < 0);
}

/* Its process and address. */
static int start(const struct row *row, pid_t *ret_pid, struct plug_addr *ret_addr)
{
    struct plug_addr addr;
    ssize_t n;
    int fd[2], err = plug_sys()->pipe2(fd, O_CLOEXEC);

    if (err < 0)
        return err;
    *ret_pid = plug_sys()->fork();
    if (*ret_pid == 0)
        child(row, fd[1]);
    (void)plug_sys()->close(fd[1]);
    n = *ret_pid < 0 ? *ret_pid : plug_sys()->read(fd[0], &addr, sizeof addr);
    (void)plug_sys()->close(fd[0]);
    if (n == (ssize_t)sizeof addr)
        *ret_addr = addr;
    else if (n == (ssize_t)sizeof err)
        memcpy(&err, &addr, sizeof err);
    else
        err = n < 0 ? (int)n : PLUG_EEOF;
    return n == (ssize_t)sizeof addr ? 0 : err;
}

static void finish(pid_t pid)
{
    siginfo_t info;

    if (pid <= 0)
        return;
    (void)plug_sys()->kill(pid, SIGTERM);
    while (plug_sys()->waitid(P_PID, (id_t)pid, &info, WEXITED) == -EINTR)
        (void)plug_sys()->kill(pid, SIGKILL);
}

/* --- the clients ------------------------------------------------------------------------------ */

static int load(struct cmd *c, struct load *l, const struct plug_addr *addr)
{
    char where[PLUG_ADDR_TEXT], text[PLUG_ADDR_TEXT + 16];
    int code, err;

    *l = (struct load){.o = {.connections = CLIENTS,
                             .size = SIZE,
                             .messages = CLIENTS * MESSAGES,
                             .duration = PLUG_FOREVER,
                             .timeout = PLUG_S(5)}};
    plug_addr_text(addr, where, sizeof where);
    snprintf(text, sizeof text, "tcp://%s", where);
    code = load_start(c, l, text);
    err = code == CMD_YES ? load_run(l) : PLUG_EALLFAILED;
    load_drop(l);
    return err;
}

/* 0 when every message came back right; else what was wrong. */
static int judge(const struct load *l)
{
    if (l->errors)
        return l->error[0].err;
    return l->wrong ? -EBADMSG : l->right == CLIENTS * MESSAGES ? 0 : PLUG_EEOF;
}

static int try_row(struct cmd *c, const struct row *row, struct load *l)
{
    struct plug_addr addr;
    pid_t pid = -1;
    int err;

    *l = (struct load){0};
    err = start(row, &pid, &addr);
    if (err == 0)
        err = load(c, l, &addr);
    finish(pid);
    return err < 0 ? err : judge(l);
}

/* --- the table -------------------------------------------------------------------------------- */

static const char *backend_name(const struct row *row)
{
    return row->backend == PLUG_BACKEND_AUTO ? "-" : plug_backend_name(row->backend);
}

static void tell(struct cmd *c, const struct row *row, const struct load *l, int err)
{
    unsigned long long bytes = (unsigned long long)(l->right * SIZE);
    char time[32];
    struct plug_json j;

    plug_duration_text(load_took(l), time, sizeof time);
    if (!c->json) {
        cmd_print(c, "%s%s%s %-8s %-8s %7llu %10llu %9s  %s%s%s\n",
                  cmd_style(c, err ? CMD_BAD : CMD_GOOD),
                  err ? cmd_mark("✗", "x") : cmd_mark("✓", "+"), cmd_style(c, CMD_PLAIN),
                  plug_model_name(row->model), backend_name(row), (unsigned long long)l->connected,
                  bytes, time, cmd_style(c, err ? CMD_BAD : CMD_PLAIN),
                  err ? plug_strerror(err) : "none", cmd_style(c, CMD_PLAIN));
        return;
    }
    cmd_event(c, &j, "model");
    plug_json_string(&j, "model", plug_model_name(row->model));
    plug_json_string(&j, "backend",
                     row->backend == PLUG_BACKEND_AUTO ? NULL : plug_backend_name(row->backend));
    plug_json_bool(&j, "ok", err == 0);
    plug_json_uint(&j, "connections", l->connected);
    plug_json_uint(&j, "size_bytes", bytes);
    plug_json_double(&j, "took_ms", (double)load_took(l) / 1e6);
    plug_json_uint(&j, "wrong", l->wrong);
    plug_json_uint(&j, "lost", l->lost);
    plug_json_string(&j, "error", err ? plug_err_name(err) : NULL);
    cmd_event_end(c, &j);
}

/* Can this machine do it? */
static bool possible(const struct row *row)
{
    struct plug_selector *s;

    if (row->backend != PLUG_BACKEND_URING)
        return true;
    if (plug_selector_open(&s, row->backend) < 0)
        return false;
    plug_selector_close(s);
    return true;
}

void demo_models(struct cmd *c, struct demo_score *score)
{
    static struct load l;

    if (!c->json)
        cmd_print(c,
                  "\none handler, four models, %d clients at once, every byte compared:\n"
                  "%s  model    back-end clients bytes back      time  errors%s\n",
                  CLIENTS, cmd_style(c, CMD_DIM), cmd_style(c, CMD_PLAIN));
    for (size_t i = 0; i < ROWS && !cmd_signal(); i++) {
        int err;

        if (!possible(&rows[i]))
            continue;
        (void)cmd_flush(c);
        err = try_row(c, &rows[i], &l);
        if (cmd_signal())
            return;
        score->right += err == 0;
        score->failed += err != 0;
        tell(c, &rows[i], &l, err);
    }
    if (!c->json)
        cmd_print(c, "\n");
}
