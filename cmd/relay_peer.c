/* SPDX-License-Identifier: MIT */
/* One peer of a relay: what it is ready for, what it gets, when it is over. */
#include "relay.h"
#include <plug/msg.h>
#include <stdio.h>
#include <unistd.h>

#define PART_TICK PLUG_MS(2) /* between two looks at what the peer has acknowledged */

size_t relay_peer_room(const struct relay_peer *p)
{
    if (p->dead)
        return SIZE_MAX;
    if (!p->connected && p->addr.len == 0)
        return 0;
    return p->messages ? (p->pending ? 0 : SIZE_MAX) : plug_buf_room(&p->queue);
}

static bool unsent(const struct relay_peer *p)
{
    return !p->dead && (p->pending || plug_buf_len(&p->queue) > 0);
}

short relay_peer_events(const struct relay *r, const struct relay_peer *p)
{
    bool room = plug_buf_len(&r->c->out) < RELAY_QUEUE;

    return (short)((room && !p->ended ? POLLIN : 0) | (unsent(p) ? POLLOUT : 0));
}

/* --- failures --------------------------------------------------------------------------------- */

static void told(struct relay *r, struct relay_peer *p, int err, const char *op, const char *object,
                 const char *hint)
{
    int code = cmd_fail(r->c, err, op, object, hint);

    r->errors++;
    if (!r->keep && (p->has_eof || p->connected))
        r->code = code;
}

static void tell_icmp(struct relay *r, struct relay_peer *p, const struct plug_sock_err *e)
{
    char dest[PLUG_ADDR_TEXT], from[PLUG_ADDR_TEXT], hint[PLUG_ADDR_TEXT + 96];
    bool icmp = e->origin == PLUG_ORIGIN_ICMP || e->origin == PLUG_ORIGIN_ICMP6;

    plug_addr_text(&e->dest, dest, sizeof dest);
    plug_addr_host_text(&e->offender, from, sizeof from);
    snprintf(hint, sizeof hint, "%s type %u code %u from %s%s",
             e->origin == PLUG_ORIGIN_ICMP6 ? "ICMPv6" : "ICMP", e->type, e->code, from,
             e->error == -ECONNREFUSED ? ": nobody listens there" : "");
    told(r, p, e->error, "datagram to", p->connected || !*dest ? p->name : dest,
         icmp                    ? hint
         : e->error == -EMSGSIZE ? "--size BYTES makes shorter messages"
                                 : NULL);
}

/* What became of earlier datagrams; the socket goes on. False: nothing was in the error queue. */
static bool tell_errors(struct relay *r, struct relay_peer *p)
{
    struct plug_sock_err e;
    bool any = false;

    while (p->tells_errors && plug_sock_recv_err(p->sock, NULL, 0, &e) == 0) {
        tell_icmp(r, p, &e);
        any = true;
    }
    return any;
}

static void receive_failed(struct relay *r, struct relay_peer *p, int err)
{
    if (tell_errors(r, p))
        return;
    told(r, p, err, "receive from", p->name, NULL);
    if (!p->has_eof)
        return;
    p->ended = p->dead = p->failed = true;
}

/* On a stream the reason is known when receiving tells it, and bytes may still be there to read.
 * True: it was the error of an earlier datagram, this one can be tried again. */
static bool send_failed(struct relay *r, struct relay_peer *p, int err)
{
    if (tell_errors(r, p))
        return err != -EMSGSIZE;
    if (p->messages && (!p->has_eof || err == -EMSGSIZE))
        told(r, p, err, "send to", p->name,
             err == -EMSGSIZE ? "--size BYTES makes shorter messages" : NULL);
    else
        p->dead = true;
    return false;
}

/* --- bytes ------------------------------------------------------------------------------------ */

static void moved(struct relay_peer *p)
{
    p->active = plug_now();
}

static void receive(struct relay *r, struct relay_peer *p)
{
    static uint8_t buf[RELAY_MESSAGE_MAX];
    size_t len = p->messages ? (size_t)r->o->size : RELAY_CHUNK;
    struct plug_addr from;
    ssize_t n = plug_sock_recvfrom(p->sock, buf, len, p->messages ? MSG_TRUNC : 0, &from, NULL);

    if (n == -EAGAIN || n == -EINTR)
        return;
    if (n < 0) {
        receive_failed(r, p, (int)n);
        return;
    }
    moved(p);
    if (n == 0 && p->has_eof) {
        p->ended = true;
        relay_show_tail(r, p);
        return;
    }
    if (!p->connected) {
        p->addr = from;
        if (plug_addr_text(&from, p->name, sizeof p->name) == 0)
            snprintf(p->name, sizeof p->name, "unnamed");
    }
    p->answered = p->active;
    if (!p->has_eof)
        r->code = CMD_YES; /* it answers after all */
    p->received += (uint64_t)n;
    r->received += (uint64_t)n;
    r->received_messages += p->messages;
    relay_show_in(r, p, buf, (size_t)n < len ? (size_t)n : len, (size_t)n);
}

static ssize_t send_once(struct relay_peer *p)
{
    const void *bytes = plug_buf_data(&p->queue);
    size_t len = plug_buf_len(&p->queue);

    if (p->connected)
        return plug_sock_send(p->sock, bytes, len, 0);
    return plug_sock_sendto(p->sock, bytes, len, 0, &p->addr);
}

static void sent(struct relay *r, struct relay_peer *p, size_t len)
{
    moved(p);
    p->sent_at = p->active;
    relay_show_out(r, p, plug_buf_data(&p->queue), len);
    p->sent += len;
    r->sent += len;
    r->sent_messages += p->messages;
}

static enum relay_eof on_eof(const struct relay *r)
{
    bool draining = r->drain_at != PLUG_NEVER;

    return draining || r->o->on_eof < 0 ? RELAY_HALF : (enum relay_eof)r->o->on_eof;
}

static void input_ended(struct relay *r, struct relay_peer *p)
{
    if (!r->input.done || p->shut || p->dead || !p->has_eof || on_eof(r) != RELAY_HALF)
        return;
    p->shut = plug_sock_shutdown(p->sock, SHUT_WR) == 0;
    p->dead = !p->shut;
}

/* Sends some of what is queued; once more where an earlier datagram was what failed. False: it has
 * to wait. */
static bool send_some(struct relay *r, struct relay_peer *p)
{
    ssize_t n = -EAGAIN;

    for (int attempt = 0; attempt < 2; attempt++) {
        n = send_once(p);
        if (n == -EAGAIN || n == -EINTR)
            return false;
        if (n >= 0 || !send_failed(r, p, (int)n))
            break;
    }
    if (n >= 0)
        sent(r, p, (size_t)n);
    p->pending = false;
    plug_buf_consume(&p->queue, p->messages || n < 0 ? plug_buf_len(&p->queue) : (size_t)n);
    return true;
}

void relay_peer_send(struct relay *r, struct relay_peer *p)
{
    while (unsent(p) && send_some(r, p))
        continue;
    if (!unsent(p))
        input_ended(r, p);
}

void relay_peer_ready(struct relay *r, struct relay_peer *p, short revents)
{
    bool bad = revents & (POLLERR | POLLHUP);

    if (revents & POLLERR)
        (void)tell_errors(r, p);
    if ((revents & POLLIN || bad) && relay_peer_events(r, p) & POLLIN)
        receive(r, p);
    if (revents & POLLOUT || bad)
        relay_peer_send(r, p);
}

/* --- the end ---------------------------------------------------------------------------------- */

/* How long answers are waited for once everything is sent; PLUG_FOREVER: for the peer's end. */
static int64_t answer_time(const struct relay *r, const struct relay_peer *p)
{
    if (on_eof(r) == RELAY_NEVER)
        return PLUG_FOREVER;
    if (on_eof(r) == RELAY_CLOSE)
        return 0;
    if (r->o->answer >= 0)
        return r->o->answer;
    return p->has_eof && on_eof(r) == RELAY_HALF ? PLUG_FOREVER : RELAY_ANSWER;
}

/* When the wait for answers is over. */
static int64_t answer_deadline(const struct relay *r, const struct relay_peer *p)
{
    int64_t wait = answer_time(r, p), from = r->input.at > p->answered ? r->input.at : p->answered;

    if (!r->input.done || unsent(p) || wait < 0 || (r->keep && wait > 0))
        return PLUG_NEVER;
    return from > PLUG_NEVER - wait ? PLUG_NEVER : from + wait;
}

static int64_t idle_deadline(const struct relay *r, const struct relay_peer *p)
{
    bool blocked = plug_buf_len(&r->c->out) >= RELAY_QUEUE;

    return r->o->idle <= 0 || blocked ? PLUG_NEVER : p->active + r->o->idle;
}

/*
 * The peer's end of file may mean that it is gone, or only that it has said everything: TCP does
 * not tell. So input that flows is sent on; input that pauses ends it. A pipe gets a moment for its
 * first bytes. What a person types does not flow, nor does the input of several peers at once.
 */
static int64_t flow_deadline(const struct relay *r, const struct relay_peer *p)
{
    int64_t last = r->input.at > p->sent_at ? r->input.at : p->sent_at;

    if (r->o->on_peer_eof == RELAY_SEND && !r->input.done)
        return PLUG_NEVER;
    if (r->keep || !r->input.open || isatty(STDIN_FILENO))
        return 0;
    return r->input.empty ? p->active + RELAY_FIRST : last + RELAY_PAUSE;
}

/* When the end of the one side or the other ends it. */
static int64_t end_deadline(const struct relay *r, const struct relay_peer *p)
{
    if (!p->ended)
        return answer_deadline(r, p);
    if (p->dead)
        return 0;
    return unsent(p) || (!r->keep && plug_buf_len(&r->input.buf) > 0) ? PLUG_NEVER
                                                                      : flow_deadline(r, p);
}

int64_t relay_peer_deadline(const struct relay *r, const struct relay_peer *p)
{
    int64_t end = end_deadline(r, p), idle = idle_deadline(r, p);

    return end < idle ? end : idle;
}

/* Bytes that came while we had no time to look are no pause. */
static bool input_ready(const struct relay *r)
{
    struct pollfd fd = {STDIN_FILENO, POLLIN, 0};

    if (r->keep || r->stop || isatty(STDIN_FILENO) || !relay_input_wanted(r))
        return false;
    return plug_wait_many(&fd, 1, plug_now()) > 0;
}

bool relay_peer_over(struct relay *r, struct relay_peer *p, const char **ret_reason)
{
    int64_t now = plug_now();

    if (p->failed)
        *ret_reason = "error";
    else if (now >= end_deadline(r, p) && !(p->ended && !p->dead && input_ready(r)))
        *ret_reason = p->ended ? "peer-eof" : "stdin-eof";
    else if (now >= idle_deadline(r, p))
        *ret_reason = "idle-timeout";
    else if (now >= r->drain_at || r->stop)
        *ret_reason = r->end_reason;
    else
        return false;
    return true;
}

/*
 * What a peer still sends to a closed socket is answered by a reset, and that overtakes our last
 * bytes. So these have to be acknowledged first, the end of file with them, and what comes until
 * then is dropped. A loop that goes on (part_at is 0) does not wait for it.
 */
static void part(const struct relay *r, struct relay_peer *p)
{
    char junk[4096];
    int in, out;

    if (plug_sock_shutdown(p->sock, SHUT_WR) < 0)
        return;
    do {
        while (plug_sock_recv(p->sock, junk, sizeof junk, 0) > 0 && plug_now() < r->part_at)
            continue;
        if (plug_sock_pending(p->sock, &in, &out) < 0 || out == 0)
            return;
    } while (plug_now() < r->part_at && plug_sleep(PART_TICK) == 0);
}

static void hang_up(struct relay *r, struct relay_peer *p)
{
    (void)cmd_flush_some(r->c);
    if (p->has_eof && !p->ended && !p->failed && !cmd_signal() && r->c->out_error == 0)
        part(r, p);
    plug_listen_close(p->sock); /* a bound datagram socket may have a file */
}

void relay_peer_end(struct relay *r, struct relay_peer *p, const char *reason)
{
    size_t left = plug_buf_len(&p->queue) + (r->keep ? 0 : plug_buf_len(&r->input.buf));
    struct plug_json j;

    relay_show_tail(r, p);
    if (left > 0 && !r->stop)
        cmd_warn(r->c, "%zu bytes of input were not sent to %s", left, p->name);
    if (p->has_eof && r->c->json) {
        relay_event(r, &j, "closed", p);
        plug_json_string(&j, "end_reason", reason);
        plug_json_uint(&j, "received_bytes", p->received);
        plug_json_uint(&j, "sent_bytes", p->sent);
        cmd_event_end(r->c, &j);
    }
    if (r->c->verbose && r->is_listen && p->has_eof)
        cmd_err("client %u %s: closed (%s), %llu bytes received, %llu sent\n", p->id, p->name,
                reason, (unsigned long long)p->received, (unsigned long long)p->sent);
    hang_up(r, p);
    plug_buf_clear(&p->queue);
    plug_free(p);
}
