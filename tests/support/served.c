/* SPDX-License-Identifier: MIT */
#include "served.h"
#include "serving.h"
#include "t.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE PLUG_S(20) /* for a server to begin and to end */

static const enum plug_model models[] = {PLUG_MODEL_SERIAL, PLUG_MODEL_THREAD, PLUG_MODEL_FORK,
                                         PLUG_MODEL_FIBER};
static const enum plug_backend backends[] = {PLUG_BACKEND_SELECT, PLUG_BACKEND_POLL,
                                             PLUG_BACKEND_EPOLL, PLUG_BACKEND_URING};
#define MODELS   (sizeof models / sizeof *models)
#define BACKENDS (sizeof backends / sizeof *backends)

size_t served_cells(void)
{
    return MODELS * BACKENDS;
}

struct served_cell served_cell(size_t index)
{
    return (struct served_cell){models[index / BACKENDS], backends[index % BACKENDS]};
}

const char *served_name(struct served_cell cell)
{
    static char name[32];
    snprintf(name, sizeof name, "%s/%s", plug_model_name(cell.model),
             plug_backend_name(cell.backend));
    return name;
}

/* --- the child ---------------------------------------------------------------------------- */

static struct plug_server *serving;

static void on_term(int sig)
{
    (void)sig;
    plug_server_stop(serving);
}

static void tell(int fd, const void *bytes, size_t len)
{
    if (write(fd, bytes, len) != (ssize_t)len)
        _exit(3);
}

static void tell_endpoint(int fd)
{
    char text[sizeof((struct served *)0)->endpoint] = "";
    struct plug_endpoint e;
    struct plug_addr a;
    if (plug_server_addr(serving, 0, &a) < 0 ||
        plug_endpoint_from_addr(&a, plug_sock_type(plug_server_sock(serving, 0)), &e) < 0)
        _exit(4);
    plug_endpoint_text(&e, text, sizeof text);
    tell(fd, text, sizeof text);
}

static void serve(int report, const char *endpoint, plug_handler_fn *handler, void *arg,
                  const struct plug_server_opts *opts, const char *faults)
{
    struct sigaction term = {.sa_handler = on_term};
    struct plug_server_stats stats;
    int r = plug_server_open(&serving, handler, arg, opts);
    if (r >= 0)
        r = plug_server_listen(serving, endpoint, NULL);
    if (r < 0) {
        fprintf(stderr, "serve %s: %s\n", endpoint, plug_strerror(r));
        _exit(5);
    }
    sigaction(SIGTERM, &term, NULL);
    tell_endpoint(report);
    if (faults && plug_sys_fault(faults, NULL) < 0)
        _exit(6);
    r = plug_server_run(serving);
    (void)!plug_sys_fault(NULL, NULL);
    if (r < 0)
        fprintf(stderr, "run: %s\n", plug_strerror(r));
    plug_server_stats(serving, &stats);
    tell(report, &stats, sizeof stats);
    plug_server_close(serving);
    _exit(r < 0 ? 7 : 0);
}

/* --- the parent --------------------------------------------------------------------------- */

static void kill_left(void *object)
{
    struct served *s = object;
    if (s->pid > 0) {
        kill(s->pid, SIGKILL);
        waitpid(s->pid, NULL, 0);
    }
    if (s->report >= 0)
        close(s->report);
    free(s);
}

static void hear(struct served *s, void *bytes, size_t len)
{
    for (size_t got = 0; got < len;) {
        int r = plug_wait(s->report, POLLIN, plug_now() + PATIENCE);
        if (r < 0)
            T_FAIL("no word from the server: %s", plug_strerror(r));
        ssize_t n = read(s->report, (char *)bytes + got, len - got);
        if (n <= 0)
            T_FAIL("the server ended too early");
        got += (size_t)n;
    }
}

static bool has_backend(enum plug_backend backend)
{
    struct plug_selector *probe;
    int r = plug_selector_open(&probe, backend);
    if (r >= 0)
        plug_selector_close(probe);
    return r >= 0;
}

/* What is owned must outlive the test function: a copy that the real one is told of. */
static struct served *shadow;

bool served_start(struct served *s, const char *endpoint, plug_handler_fn *handler, void *arg,
                  const struct plug_server_opts *opts, struct served_cell cell, const char *faults)
{
    struct plug_server_opts o = *opts;
    int p[2];
    if (!has_backend(cell.backend) || !serving_may(cell.model))
        return false;
    o.model = cell.model;
    o.backend = cell.backend;
    memset(s, 0, sizeof *s);
    T_EQ(pipe(p), 0);
    fflush(NULL);
    s->pid = fork();
    if (s->pid == 0) {
        close(p[0]);
        setenv("PLUG_BACKEND", plug_backend_name(cell.backend), 1);
        serve(p[1], endpoint, handler, arg, &o, faults);
    }
    close(p[1]);
    s->report = p[0];
    shadow = malloc(sizeof *shadow);
    *shadow = *s;
    T_OWN(kill_left, shadow);
    T_TRUE(s->pid > 0);
    hear(s, s->endpoint, sizeof s->endpoint);
    return true;
}

static int end_of(pid_t pid)
{
    int status = -1;
    for (int64_t until = plug_now() + PATIENCE; plug_now() < until; usleep(1000))
        if (waitpid(pid, &status, WNOHANG) == pid)
            return status;
    T_FAIL("the server does not end");
}

/*
 * The thread sanitizer keeps a signal for the next call that it knows, and io_uring's wait, a bare
 * system call, is none: a signal that comes just before is heard of with the next one only.
 */
static void tell_to_stop(const struct served *s)
{
    for (int64_t until = plug_now() + PATIENCE; plug_now() < until;) {
        kill(s->pid, SIGTERM);
        if (serving_hears_signals() || plug_wait(s->report, POLLIN, plug_now() + PLUG_S(2)) >= 0)
            return;
    }
}

void served_stop(struct served *s)
{
    tell_to_stop(s);
    hear(s, &s->stats, sizeof s->stats);
    int status = end_of(s->pid);
    shadow->pid = 0;
    T_TRUE(WIFEXITED(status));
    T_EQ(WEXITSTATUS(status), 0);
    t_disown(shadow);
    kill_left(shadow);
}
