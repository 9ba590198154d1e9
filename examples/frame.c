/* SPDX-License-Identifier: MIT */
/*
 * Shows    messages over a stream: a length in front of each ends the "sticky packets" of the
 *          tutorials, without an answer to wait for between length and data
 * Needs    nothing: both ends are in this program
 * Run      frame [MESSAGE...]
 * Try with frame ls "" "cat /etc/hostname"
 */
#include <plug.h>
#include <stdio.h>

enum { MESSAGE_MAX = 65536, PIECE = 7 };

static int send_message(struct plug_sock *s, const struct plug_frame *f, char *text)
{
    struct plug_frame_ends e = {.head_len = 0};
    int rc = plug_frame_ends(f, text, strlen(text), &e);
    struct iovec parts[] = {{e.head, e.head_len}, {text, strlen(text)}};
    return rc < 0 ? rc : plug_sock_sendv_all(s, parts, 2, NULL);
}

/* Receives a few bytes at a time, as a network might cut them, until the other end closes. */
static int receive_messages(struct plug_sock *s, const struct plug_frame *f, struct plug_buf *b)
{
    struct plug_frame_view v;
    char piece[PIECE], shown[200];
    size_t scanned = 0;
    ssize_t n = 0;
    while (n >= 0 && (n = plug_sock_recv(s, piece, sizeof piece, 0)) > 0 &&
           (n = plug_buf_append(b, piece, (size_t)n)) >= 0) {
        printf("%zu bytes\n", plug_buf_len(b));
        while ((n = plug_frame_decode(f, plug_buf_data(b), plug_buf_len(b), &scanned, &v)) > 0) {
            plug_text_escape(PLUG_TEXT_TTY, v.payload, v.len, shown, sizeof shown);
            printf("    message: \"%s\"\n", shown);
            plug_buf_consume(b, v.used);
        }
    }
    return n == 0 && plug_buf_len(b) > 0 ? PLUG_EEOF : (int)n;
}

int main(int argc, char **argv)
{
    char *some[] = {"frame", "uname -a", "", "ls -l /tmp", NULL}, **next = argc > 1 ? argv : some;
    struct plug_frame f = plug_frame_len32be(MESSAGE_MAX);
    struct plug_sock *ends[2] = {NULL, NULL};
    struct plug_buf b;
    plug_buf_init(&b, MESSAGE_MAX + PLUG_FRAME_HEAD_MAX + PIECE);
    plug_default_timeout_set(PLUG_S(5));
    int rc = plug_sock_pair(ends, AF_UNIX, SOCK_STREAM, 0);
    while (rc >= 0 && *++next)
        rc = send_message(ends[0], &f, *next);
    plug_sock_close(ends[0]);
    if (rc >= 0)
        rc = receive_messages(ends[1], &f, &b);
    plug_sock_close(ends[1]);
    plug_buf_clear(&b);
    if (rc < 0)
        fprintf(stderr, "frame: %s\n", plug_strerror(rc));
    return rc < 0;
}
