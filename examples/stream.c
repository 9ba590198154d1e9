/* SPDX-License-Identifier: MIT */
/*
 * Shows    a buffered stream over a socket (makefile of Python): lines in, formatted text out
 * Needs    nothing
 * Run      stream
 * Try with stream
 */
#include <plug.h>
#include <stdio.h>

/* A shopkeeper who answers line by line. */
static int answer(struct plug_stream *f)
{
    char line[64];
    ssize_t n;
    int err = 0;
    while (err >= 0 && (n = plug_stream_readline(f, line, sizeof line)) > 0)
        err = plug_stream_printf(f, "you said %zd bytes: %s", n, line);
    if (err >= 0 && n < 0)
        err = (int)n; /* PLUG_ELIMIT: a line longer than we like */
    return err < 0 ? err : plug_stream_flush(f);
}

static int show(const char *line, size_t len, void *arg)
{
    (void)arg;
    return printf("%.*s", (int)len, line) < 0 ? -EIO : 0;
}

static int talk(struct plug_stream *customer, struct plug_stream *shop, struct plug_sock *s)
{
    int err = plug_stream_printf(customer, "good morning\n%s", "a pound of bytes, please\n");
    err = err < 0 ? err : plug_stream_flush(customer);
    err = err < 0 ? err : plug_sock_shutdown(s, SHUT_WR); /* the end of the customer's file */
    err = err < 0 ? err : answer(shop);
    int closed = plug_stream_close(shop); /* the end of the shop's file */
    err = err < 0 ? err : closed;
    return err < 0 ? err : plug_stream_readlines(customer, 256, 4096, show, NULL);
}

int main(void)
{
    struct plug_sock *p[2];
    struct plug_stream *customer, *shop;
    const int both = PLUG_STREAM_READ | PLUG_STREAM_WRITE;
    int err = plug_sock_pair(p, AF_UNIX, SOCK_STREAM, 0);
    if (err >= 0 && (err = plug_stream_open(&customer, p[0], both, NULL)) >= 0) {
        if ((err = plug_stream_open(&shop, p[1], both, NULL)) >= 0) {
            plug_sock_close(p[1]); /* the stream has a descriptor of its own */
            err = talk(customer, shop, p[0]);
        }
        plug_stream_close(customer);
        plug_sock_close(p[0]);
    }
    if (err < 0)
        fprintf(stderr, "stream: %s\n", plug_strerror(err));
    return err < 0;
}
