/* SPDX-License-Identifier: MIT */
/* The loop of plug connect and plug listen. */
#include "relay.h"
#include <plug/sockopt.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define TICK         PLUG_S(1)
#define ACCEPT_PAUSE PLUG_MS(100)

enum { OUT, IN, LISTENER, PEERS };

#define ROW(field) offsetof(struct relay_opts, field), 0, 0
const struct cmd_opt relay_options[] = {
    {"idle-timeout", 'i', CMD_DURATION, "TIME", "end when nothing moves for TIME (default: never)",
     ROW(idle)},
    {"on-eof", 0, CMD_CHOICE, "half|close|wait|never", "what the end of input does, see below",
     ROW(on_eof)},
    {"on-peer-eof", 0, CMD_CHOICE, "exit|send", "what the peer's end does, see below",
     ROW(on_peer_eof)},
    {"quit-after", 'q', CMD_DURATION, "TIME", "after the end of input wait TIME for answers",
     ROW(answer)},
    {"send", 0, CMD_STRING, "TEXT", "send TEXT instead of standard input", ROW(send)},
    {"escapes", 'e', CMD_FLAG, NULL, "in --send, \\n \\r \\t \\0 \\e \\xHH \\\\ are what they mean",
     ROW(escapes)},
    {"crlf", 'c', CMD_FLAG, NULL, "send each line feed as CR LF", ROW(crlf)},
    {"lines", 'l', CMD_FLAG, NULL, "datagrams: a line is a message, without its line feed",
     ROW(lines)},
    {"size", 0, CMD_UINT, "BYTES", "datagrams: the longest message (default 65536)",
     offsetof(struct relay_opts, size), 1, RELAY_MESSAGE_MAX},
    {"count", 'n', CMD_UINT, "N", "end after N received messages, or lines of a stream",
     offsetof(struct relay_opts, count), 1, UINT64_MAX},
    {"hex", 'x', CMD_FLAG, NULL, "dump both directions on standard error", ROW(hex)},
    {"tee", 't', CMD_STRING, "FILE", "write what is received to FILE, too", ROW(tee)},
    {"raw", 'r', CMD_FLAG, NULL, "do not escape control characters on a terminal", ROW(raw)},
    {"progress", 0, CMD_FLAG, NULL, "bytes, rate and time on standard error, every second",
     ROW(progress)},
    {NULL, 0, CMD_FLAG, NULL, NULL, 0, 0, 0},
};

const char relay_notes[] =
    "End of standard input, when everything is sent (--on-eof):\n"
    "  half    end of file to the peer, read on until its own (streams; default)\n"
    "  close   the connection is closed at once\n"
    "  wait    nothing is told; answers are waited for (--quit-after, default 1s)\n"
    "  never   nothing; only the peer, a time-out or a signal ends it\n"
    "Datagram sockets have no end of file: there half means wait.\n"
    "End of file from the peer (--on-peer-eof):\n"
    "  exit    input that still flows is sent, then exit 0 (default)\n"
    "  send    goes on until the input has ended, too\n"
    "A reset or an idle time-out ends with a message and exit 2. ICMP errors of datagrams are told "
    "and survived. On a terminal control characters are shown as escapes; into a pipe or file "
    "everything goes as it is.\n";

void relay_stop(struct relay *r, const char *reason, int code)
{
    if (r->stop)
        return;
    r->stop = true;
    r->end_reason = reason;
    if (code != CMD_YES)
        r->code = code;
}

static int open_tee(struct relay *r)
{
    r->tee_fd = -1;
    if (!r->o->tee)
        return CMD_YES;
    r->tee_fd =
        plug_sys()->openat(AT_FDCWD, r->o->tee, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (r->tee_fd < 0)
        return cmd_fail(r->c, r->tee_fd, "open", r->o->tee, NULL);
    return CMD_YES;
}

int relay_start(struct relay *r)
{
    int code = relay_input_start(r);

    r->tee_fd = -1;
    r->started = r->ticked = plug_now();
    r->drain_at = PLUG_NEVER;
    r->end_reason = "done";
    if (code == CMD_YES)
        code = open_tee(r);
    if (code != CMD_YES)
        return code;
    r->peer = plug_calloc(r->max, sizeof *r->peer);
    r->fds = plug_calloc(r->max + PEERS, sizeof *r->fds);
    if (!r->peer || !r->fds)
        return cmd_fail(r->c, -ENOMEM, "start", NULL, NULL);
    r->c->hold = true;
    return CMD_YES;
}

int relay_add(struct relay *r, struct plug_sock *sock, const char *name, bool connected)
{
    struct relay_peer *p = plug_calloc(1, sizeof *p);
    int err = p ? plug_sock_set_timeout(sock, PLUG_NOWAIT) : -ENOMEM;

    if (err < 0) {
        plug_free(p);
        plug_sock_close(sock);
        return cmd_fail(r->c, err, "start", name, NULL);
    }
    p->sock = sock;
    p->connected = connected;
    p->messages = plug_sock_type(sock) != SOCK_STREAM;
    p->has_eof = plug_sock_type(sock) != SOCK_DGRAM;
    p->tells_errors = !p->has_eof && plug_sockopt_set(sock, PLUG_SO_RECVERR, 1) == 0;
    p->id = connected ? ++r->clients : 0;
    p->active = p->answered = plug_now();
    plug_buf_init(&p->queue, p->messages ? RELAY_MESSAGE_MAX : RELAY_QUEUE);
    memcpy(p->name, name, strnlen(name, sizeof p->name - 1));
    r->peer[r->count++] = p;
    return CMD_YES;
}

static void remove_peer(struct relay *r, size_t i, const char *reason)
{
    struct relay_peer *p = r->peer[i];

    if (!r->keep && r->part_at == 0 && strcmp(reason, "idle-timeout") != 0)
        r->part_at = plug_now() + RELAY_DRAIN;
    if (!r->keep && strcmp(reason, "idle-timeout") == 0)
        r->code = cmd_fail(r->c, PLUG_ETIMEOUT, "idle", p->name, "--idle-timeout ended it");
    relay_peer_end(r, p, reason);
    r->peer[i] = r->peer[--r->count];
    if (!r->stop && r->drain_at == PLUG_NEVER)
        r->end_reason = reason;
}

static void drop_listener(struct relay *r)
{
    plug_listen_close(r->listener);
    r->listener = NULL;
}

/* --- events ----------------------------------------------------------------------------------- */

static void client_came(struct relay *r, struct plug_sock *sock, const struct plug_addr *addr)
{
    char name[PLUG_ADDR_TEXT];
    struct plug_json j;

    if (plug_addr_text(addr, name, sizeof name) == 0)
        memcpy(name, "unnamed", sizeof "unnamed");
    if (relay_add(r, sock, name, true) != CMD_YES)
        return;
    if (r->c->json) {
        relay_event(r, &j, "accepted", r->peer[r->count - 1]);
        cmd_event_end(r->c, &j);
    }
    if (r->c->verbose)
        cmd_err("client %u %s: connected\n", r->clients, name);
    if (!r->keep)
        drop_listener(r);
}

static void accept_client(struct relay *r)
{
    struct plug_sock *sock;
    struct plug_addr addr;
    int err = plug_sock_accept(r->listener, &sock, &addr);

    if (err == 0) {
        client_came(r, sock, &addr);
    } else if (err != -EAGAIN && err != -EINTR) {
        cmd_warn(r->c, "accept: %s; trying again", plug_strerror(err));
        r->accept_at = plug_now() + ACCEPT_PAUSE;
    }
}

/* SIGTERM lets plug listen finish: no new client, no more input, what is queued is sent, the
 * clients get our end of file and RELAY_DRAIN to send theirs. Every other signal ends at once. */
static void signalled(struct relay *r)
{
    bool drain = r->is_listen && cmd_signal() == SIGTERM;

    if (r->stop || (drain && r->drain_at != PLUG_NEVER))
        return;
    r->end_reason = "signal";
    if (!drain) {
        relay_stop(r, "signal", cmd_signal_exit());
        return;
    }
    drop_listener(r);
    relay_input_stop(r);
    r->keep = false;
    r->drain_at = plug_now() + (r->count > 0 && r->peer[0]->has_eof ? RELAY_DRAIN : 0);
}

static void stdout_ready(struct relay *r, short revents)
{
    if (revents & (POLLERR | POLLHUP | POLLNVAL) && !(revents & POLLOUT) && r->c->out_error == 0)
        r->c->out_error = -EPIPE;
    else
        (void)cmd_flush_some(r->c);
    if (r->c->out_error < 0)
        relay_stop(r, "output", CMD_UNKNOWN);
}

/* When the first client, or datagram, must have come. */
static int64_t first_deadline(const struct relay *r)
{
    bool nobody = r->clients == 0 && r->received_messages == 0;

    return nobody && r->first_wait > 0 ? r->started + r->first_wait : PLUG_NEVER;
}

static void nobody_came(struct relay *r)
{
    char time[32];

    plug_duration_text(r->first_wait, time, sizeof time);
    relay_stop(r, "wait-timeout", cmd_fail(r->c, PLUG_ETIMEOUT, "wait for a client", time, NULL));
}

/* --- the loop --------------------------------------------------------------------------------- */

static void prepare(struct relay *r)
{
    struct pollfd *f = r->fds;
    bool accepting = r->listener && r->count < r->max && plug_now() >= r->accept_at;

    f[OUT] = (struct pollfd){STDOUT_FILENO, plug_buf_len(&r->c->out) > 0 ? POLLOUT : 0, 0};
    f[IN] = (struct pollfd){relay_input_wanted(r) ? STDIN_FILENO : -1, POLLIN, 0};
    f[LISTENER] = (struct pollfd){accepting ? plug_sock_fd(r->listener) : -1, POLLIN, 0};
    for (size_t i = 0; i < r->count; i++) {
        short events = relay_peer_events(r, r->peer[i]);
        f[PEERS + i] = (struct pollfd){events ? plug_sock_fd(r->peer[i]->sock) : -1, events, 0};
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_deadline(const struct relay *r)
{
    int64_t at = r->count > 0 ? r->drain_at : PLUG_NEVER;

    at = earlier(at, first_deadline(r));
    for (size_t i = 0; i < r->count; i++)
        at = earlier(at, relay_peer_deadline(r, r->peer[i]));
    if (r->accept_at > plug_now())
        at = earlier(at, r->accept_at);
    return r->o->progress ? earlier(at, r->ticked + TICK) : at;
}

static void happened(struct relay *r)
{
    size_t polled = r->count;

    if (r->fds[OUT].revents)
        stdout_ready(r, r->fds[OUT].revents);
    if (r->fds[IN].revents)
        relay_input_read(r);
    for (size_t i = 0; i < polled; i++)
        if (r->fds[PEERS + i].revents)
            relay_peer_ready(r, r->peer[i], r->fds[PEERS + i].revents);
    if (r->fds[LISTENER].revents && r->listener)
        accept_client(r);
}

/* Bytes that were read find room, ends that became due are made. */
static void settle(struct relay *r)
{
    const char *reason;

    relay_input_pass(r);
    for (size_t i = r->count; i-- > 0;) {
        relay_peer_send(r, r->peer[i]);
        if (relay_peer_over(r, r->peer[i], &reason))
            remove_peer(r, i, reason);
    }
    if (plug_now() >= first_deadline(r))
        nobody_came(r);
    if (r->o->progress && plug_now() >= r->ticked + TICK)
        relay_show_progress(r, false);
}

static void finish(struct relay *r)
{
    if (!cmd_signal())
        (void)cmd_flush(r->c);
    if (r->part_at == 0)
        r->part_at = plug_now() + RELAY_DRAIN;
    while (r->count > 0)
        remove_peer(r, r->count - 1, r->end_reason);
    drop_listener(r);
    relay_show_progress(r, true);
    relay_show_summary(r);
}

void relay_drop(struct relay *r)
{
    drop_listener(r);
    if (r->tee_fd >= 0)
        (void)plug_sys()->close(r->tee_fd);
    plug_buf_clear(&r->input.buf);
    plug_free(r->peer);
    plug_free(r->fds);
    r->c->hold = false;
}

static void turn(struct relay *r)
{
    int n;

    prepare(r);
    n = plug_wait_many(r->fds, PEERS + r->count, next_deadline(r));
    if (n > 0)
        happened(r);
    else if (n != PLUG_ETIMEOUT && n != -EINTR)
        relay_stop(r, "error", cmd_fail(r->c, n, "wait", NULL, NULL));
    if (cmd_signal())
        signalled(r);
}

int relay_run(struct relay *r)
{
    if (cmd_signal())
        signalled(r);
    settle(r);
    while (!r->stop && (r->count > 0 || r->listener)) {
        turn(r);
        settle(r);
    }
    finish(r);
    return r->code;
}
