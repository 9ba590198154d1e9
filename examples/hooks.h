/* SPDX-License-Identifier: MIT */
/* What threading_server and forking_server share: hooks that say when they run, and where. */
#ifndef HOOKS_H
#define HOOKS_H
#include <errno.h>
#include <plug.h>
#include <stdio.h>
#include <unistd.h>

#define SAY(hook) dprintf(STDOUT_FILENO, "%s %d\n", hook, (int)gettid())
#define HOOK(type, name, then)                                                                     \
    static type name(struct plug_server *s, struct plug_conn *c, void *arg)                        \
    {                                                                                              \
        SAY(#name);                                                                                \
        return then;                                                                               \
    }
HOOK(bool, verify_request, s &&c &&plug_conn_id(c) != 3 && !arg)
HOOK(int, process_request, plug_server_default_process_request(s, c, arg))
HOOK(int, finish_request, plug_server_default_finish_request(s, c, arg))
HOOK(void, shutdown_request, plug_server_default_shutdown_request(s, c, arg))
HOOK(void, close_request, plug_server_default_close_request(s, c, arg))

static int setup(struct plug_conn *c, void *arg)
{
    return SAY("setup") > 0 && c && !arg ? 0 : -EIO;
}

static void finish(struct plug_conn *c, void *arg)
{
    SAY("finish");
    plug_conn_data_set(c, arg);
}

static void handle_error(struct plug_server *s, struct plug_conn *c, int error, void *arg)
{
    SAY("handle_error");
    plug_server_default_handle_error(s, c, error, arg);
}

static int get_request(struct plug_server *s, struct plug_sock *l, struct plug_sock **ret_sock,
                       struct plug_addr *ret_peer, void *arg)
{
    int r = plug_server_default_get_request(s, l, ret_sock, ret_peer, arg);
    return r >= 0 && SAY("get_request") < 0 ? -EIO : r;
}

static void hooks_fill(struct plug_server_hooks *h)
{
    h->get_request = get_request;
    h->verify_request = verify_request;
    h->process_request = process_request;
    h->finish_request = finish_request;
    h->setup = setup;
    h->finish = finish;
    h->handle_error = handle_error;
    h->shutdown_request = shutdown_request;
    h->close_request = close_request;
}
#endif
