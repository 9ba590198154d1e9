/* SPDX-License-Identifier: MIT */
/*
 * Shows    the default timeout, a socket's own, the three modes, and a deadline for several calls
 * Needs    nothing
 * Run      timeouts
 * Try with timeouts
 */
#include <plug.h>
#include <stdio.h>

static void print(const char *what, int64_t timeout)
{
    if (timeout == PLUG_FOREVER)
        printf("%s: None\n", what);
    else
        printf("%s: %.1f\n", what, (double)timeout / (double)PLUG_S(1));
}

static void try_to_receive(struct plug_sock *s, const char *mode)
{
    char b[1];
    int64_t start = plug_now();
    ssize_t n = plug_sock_recv(s, b, sizeof b, 0);
    int64_t took = (plug_now() - start) / PLUG_MS(100);
    printf("%-12s %s after about %d ms\n", mode, plug_strerror((int)n), (int)took * 100);
}

int main(void)
{
    struct plug_sock *pair[2];
    struct plug_deadline scope;
    int err;
    print("Default socket timeout", plug_default_timeout());
    if ((err = plug_sock_pair(pair, AF_UNIX, SOCK_STREAM, 0)) < 0) {
        fprintf(stderr, "timeouts: %s\n", plug_strerror(err));
        return 1;
    }
    if ((err = plug_sock_set_timeout(pair[0], PLUG_S(100))) >= 0) {
        print("Current socket timeout", plug_sock_timeout(pair[0]));
        err = plug_sock_set_timeout(pair[0], PLUG_MS(100));
    }
    if (err >= 0) {
        try_to_receive(pair[0], "timeout:");
        err = plug_sock_set_timeout(pair[0], PLUG_NOWAIT);
    }
    if (err >= 0) {
        try_to_receive(pair[0], "no wait:");
        err = plug_sock_set_timeout(pair[0], PLUG_FOREVER);
    }
    if (err >= 0) {
        plug_deadline_enter(&scope, PLUG_MS(200)); /* bounds everything inside, even for ever */
        try_to_receive(pair[0], "in a scope:");
        try_to_receive(pair[0], "still in it:");
        plug_deadline_leave(&scope);
    }
    plug_sock_close(pair[0]);
    plug_sock_close(pair[1]);
    return err < 0;
}
