/* SPDX-License-Identifier: MIT */
/*
 * Shows    a line service with asynchat: each line comes back reversed, "bye" ends it
 * Needs    nothing
 * Run      chat_service [127.0.0.1:8888]
 * Try with nc 127.0.0.1 8888
 */
#include "dispatch.h"
#include <string.h>

struct line {
    size_t len;
    char text[80];
};

static int collect(struct plug_chat *c, const void *bytes, size_t len)
{
    struct line *l = plug_chat_arg(c); /* it fits: opts.max_message */
    memcpy(l->text + l->len, bytes, len);
    l->len += len;
    return 0;
}

static int found(struct plug_chat *c)
{
    struct line *l = plug_chat_arg(c);
    char answer[sizeof l->text + 1];
    size_t n = l->len;
    if (n == 3 && memcmp(l->text, "bye", 3) == 0)
        return plug_chat_close_when_done(c);
    for (size_t i = 0; i < n; i++)
        answer[i] = l->text[n - 1 - i];
    answer[n] = '\n';
    l->len = 0;
    return plug_chat_push(c, answer, n + 1);
}

static int welcome(struct plug_dispatcher *d, struct plug_sock *conn, const struct plug_addr *peer)
{
    static const struct plug_chat_ops ops = {
        .size = sizeof ops, .collect = collect, .found = found, .freed = plug_free};
    const struct plug_chat_opts o = {.size = sizeof o, .max_message = 80};
    struct line *l = plug_calloc(1, sizeof *l);
    struct plug_chat *c = NULL;
    (void)peer;
    if (l && plug_chat_open(&c, plug_dispatcher_map(d), &ops, l, &o) == 0 &&
        plug_chat_set_terminator(c, "\n", 1) == 0 && plug_chat_set_sock(c, conn) == 0)
        return 0;
    c ? plug_chat_close(c) : plug_free(l);
    plug_sock_close(conn);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct plug_dispatcher_ops ops = {.size = sizeof ops, .handle_accepted = welcome};
    return dispatch_main(argc, argv, &ops);
}
