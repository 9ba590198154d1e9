/* SPDX-License-Identifier: MIT */
/* When which connection sends, and when it is over. */
#include "load.h"
#include "address.h"
#include "connect.h"
#include "descriptors.h"
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#define EVENTS        1024
#define SIGNAL_INDEX  UINT64_MAX /* epoll_data of the signal pipe */
#define LOOK_AGAIN    PLUG_MS(50)
#define SPIN          PLUG_US(60) /* what is due sooner is not slept for */
#define CATCH_UP      PLUG_S(1)   /* after the end, for messages that were due before */
#define VARIANTS_MAX  4096
#define VARIANTS_MIN  4
#define VARIANTS_SIZE ((size_t)1 << 20) /* bytes of all variants, unless VARIANTS_MIN need more */

size_t load_whole(const struct load_opts *o)
{
    return o->size + (o->framing == TRANSFORM_LEN32 ? 4 : o->framing == TRANSFORM_LINE ? 1 : 0);
}

bool load_datagrams(const struct load *l)
{
    return l->type != SOCK_STREAM;
}

int64_t load_took(const struct load *l)
{
    return l->ended > l->measured ? l->ended - l->measured : 0;
}

void load_error(struct load *l, int err)
{
    size_t i = 0;

    while (i < l->errors && l->error[i].err != err)
        i++;
    if (i == LOAD_KINDS)
        i--;
    else if (i == l->errors)
        l->error[l->errors++] = (struct load_error){err, 0};
    l->error[i].count++;
}

/* --- messages --------------------------------------------------------------------------------- */

/* Random bytes, but for those that end a line. */
static void fill(uint8_t *bytes, size_t len, uint64_t seed)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t b;

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        b = (uint8_t)(seed >> 56);
        bytes[i] = b == '\n' || b == '\r' ? '.' : b;
    }
}

static int make_messages(struct load *l)
{
    size_t head = l->o.framing == TRANSFORM_LEN32 ? 4 : 0, most = VARIANTS_MAX;

    l->whole = load_whole(&l->o);
    while (most > VARIANTS_MIN && most * l->whole > VARIANTS_SIZE)
        most /= 2;
    l->variants = most;
    l->messages = plug_alloc(l->variants * l->whole);
    l->in = plug_alloc(LOAD_RECEIVE);
    l->conn = plug_calloc(l->o.connections, sizeof *l->conn);
    if (!l->messages || !l->in || !l->conn)
        return -ENOMEM;
    for (size_t i = 0; i < l->variants; i++) {
        uint8_t *m = l->messages + i * l->whole;

        if (head)
            plug_put_be32(m, (uint32_t)l->o.size);
        fill(m + head, l->o.size, i);
        if (l->o.framing == TRANSFORM_LINE)
            m[l->o.size] = '\n';
    }
    return 0;
}

/* --- the beginning and the end ---------------------------------------------------------------- */

static int start_epoll(struct load *l)
{
    struct epoll_event signal = {.events = EPOLLIN, .data.u64 = SIGNAL_INDEX};

    l->epfd = plug_sys()->epoll_create1(EPOLL_CLOEXEC);
    if (l->epfd < 0)
        return l->epfd;
    return plug_sys()->epoll_ctl(l->epfd, EPOLL_CTL_ADD, cmd_signal_fd(), &signal);
}

/* The first connection tells whether the server is there, and its address for the others. */
static int first_connection(struct cmd *c, struct load *l, const char *address)
{
    static struct plug_dial_report report;
    struct plug_dial_opts dial = PLUG_DIAL_OPTS;
    struct plug_addr source;
    struct plug_sock *s;
    int err;

    dial.timeout = l->o.timeout;
    if (strncmp(address, "unix-dgram:", 11) == 0 && plug_addr_unix("", 0, &source) == 0)
        dial.source = &source;
    err = plug_dial(&s, address, &dial, &report);
    if (err < 0)
        return connect_failed(c, err, address, &report);
    l->type = plug_sock_type(s);
    err = plug_sock_peer(s, &l->addr);
    if (err == 0)
        err = plug_sock_set_timeout(s, PLUG_NOWAIT);
    if (err < 0) {
        plug_sock_close(s);
        return cmd_fail(c, err, "connect", address, NULL);
    }
    load_adopt(l, plug_sock_detach(s));
    return CMD_YES;
}

int load_start(struct cmd *c, struct load *l, const char *address)
{
    uint64_t need = l->o.connections + 32, limit = descriptors_raise(need);
    int err;

    l->epfd = -1;
    if (limit < need)
        return cmd_usage(c, "-c %zu needs %llu descriptors, the limit is %llu (ulimit -Hn)",
                         l->o.connections, (unsigned long long)need, (unsigned long long)limit);
    err = make_messages(l);
    if (err == 0)
        err = plug_histogram_reserve(&l->latency);
    if (err == 0)
        err = plug_histogram_reserve(&l->recent);
    if (err == 0)
        err = start_epoll(l);
    if (err < 0)
        return cmd_fail(c, err, "start", address, NULL);
    (void)plug_sys()->prctl(PR_SET_TIMERSLACK, 1);
    return first_connection(c, l, address);
}

void load_drop(struct load *l)
{
    for (size_t i = 0; i < l->started; i++)
        if (l->conn[i].state != LOAD_OVER)
            (void)plug_sys()->close(l->conn[i].fd);
    if (l->epfd >= 0)
        (void)plug_sys()->close(l->epfd);
    plug_free(l->conn);
    plug_free(l->messages);
    plug_free(l->in);
    plug_histogram_free(&l->latency);
    plug_histogram_free(&l->recent);
}

/* --- what is next ----------------------------------------------------------------------------- */

/* How many messages the connection is to send in all. */
static uint64_t quota(const struct load *l, const struct load_conn *n)
{
    uint64_t count = l->o.connections, index = (uint64_t)(n - l->conn);

    if (l->o.messages == 0)
        return UINT64_MAX;
    return l->o.messages / count + (index < l->o.messages % count);
}

/* When the connection's next message is due, with a rate. */
static int64_t due_at(const struct load *l, uint64_t message)
{
    return l->began + (int64_t)((double)message / l->o.rate * 1e9);
}

static uint64_t next_of(const struct load *l, const struct load_conn *n)
{
    return n->seq * l->o.connections + (uint64_t)(n - l->conn);
}

void load_next(struct load *l, struct load_conn *n)
{
    int64_t since = l->now;

    n->state = LOAD_IDLE;
    if (n->seq >= quota(l, n)) {
        load_end(l, n, 0);
        return;
    }
    if (l->o.rate > 0)
        since = due_at(l, next_of(l, n));
    if (l->stopping && (l->o.rate == 0 || since >= l->stop_at || l->now > l->stop_at + CATCH_UP))
        return;
    if (since <= l->now)
        load_send(l, n, since);
}

void load_count(struct load *l, struct load_conn *n)
{
    l->now = plug_now();
    l->last_reply = l->now;
    if (l->now < l->measured) {
        l->warm++;
        return;
    }
    l->right++;
    (void)!plug_histogram_add(&l->latency, l->now - n->since); /* its memory is there */
    (void)!plug_histogram_add(&l->recent, l->now - n->since);
}

/* Connections that wait for their time, which has come. */
static void send_due(struct load *l)
{
    for (; due_at(l, l->due) <= l->now && due_at(l, l->due) < l->stop_at; l->due++) {
        struct load_conn *n = &l->conn[l->due % l->o.connections];

        if (n->state == LOAD_IDLE && n->seq == l->due / l->o.connections)
            load_send(l, n, due_at(l, l->due));
    }
}

/* --- the loop --------------------------------------------------------------------------------- */

static void scan(struct load *l)
{
    if (l->now - l->scanned < LOOK_AGAIN)
        return;
    l->scanned = l->now;
    for (size_t i = 0; i < l->started; i++) {
        struct load_conn *n = &l->conn[i];

        if ((n->state == LOAD_BUSY || n->state == LOAD_CONNECTING) &&
            l->now - n->sent_at > l->o.timeout)
            load_give_up(l, n);
    }
}

static int64_t patience(const struct load *l)
{
    int64_t until = l->now + LOOK_AGAIN;

    if (l->started < l->o.connections && l->pending < LOAD_CONNECTING_MAX)
        return PLUG_MS(1); /* a UNIX socket's queue is full */
    if (!l->began)
        return LOOK_AGAIN;
    if (l->o.rate > 0 && due_at(l, l->due) < until && due_at(l, l->due) < l->stop_at)
        until = due_at(l, l->due);
    if (l->stop_at < until && !l->stopping)
        until = l->stop_at;
    return until < l->now + SPIN ? 0 : until - l->now;
}

static int wait_for_events(struct load *l)
{
    struct epoll_event events[EVENTS];
    int64_t wait = patience(l);
    struct timespec time = {wait / PLUG_S(1), wait % PLUG_S(1)};
    int n = plug_sys()->epoll_pwait2(l->epfd, events, EVENTS, &time, NULL);

    l->now = plug_now();
    if (n < 0)
        return n == -EINTR ? 0 : n;
    for (int i = 0; i < n; i++)
        if (events[i].data.u64 != SIGNAL_INDEX)
            load_ready(l, &l->conn[events[i].data.u64], events[i].events);
    return 0;
}

static bool any_busy(const struct load *l)
{
    for (size_t i = 0; i < l->started; i++)
        if (l->conn[i].state == LOAD_BUSY)
            return true;
    return false;
}

static uint64_t sent_by_all(const struct load *l)
{
    uint64_t sent = 0;

    for (size_t i = 0; i < l->started; i++)
        sent += l->conn[i].seq + (l->conn[i].state == LOAD_BUSY);
    return sent;
}

/* True when nothing is left to be done. */
static bool over(struct load *l)
{
    if (cmd_signal()) {
        l->end_reason = "signal";
        return true;
    }
    if (l->live == 0) {
        l->end_reason = sent_by_all(l) == l->o.messages ? "messages" : "dead";
        return true;
    }
    if (l->stopping)
        return !any_busy(l);
    if (l->now >= l->stop_at) {
        l->stopping = true;
        l->end_reason = "duration";
    }
    return false;
}

static int make_connections(struct load *l)
{
    int err = 0;

    while (err == 0 && !cmd_signal() && (l->pending > 0 || l->started < l->o.connections)) {
        load_connect(l);
        err = wait_for_events(l);
        scan(l);
    }
    return err;
}

/* What was due and never sent: with a rate it was not reached, without one the connections that
 * were to send it have failed. */
static void settle(struct load *l)
{
    uint64_t sent = sent_by_all(l);

    if (l->o.messages && (l->due > l->o.messages || l->live == 0))
        l->due = l->o.messages;
    if (l->due > sent)
        l->unsent = l->due - sent;
    l->ended = l->last_reply > l->measured ? l->last_reply : l->now;
    if (l->stopping && l->stop_at > l->ended)
        l->ended = l->stop_at;
}

/* Time and duration are the user's and may be huge. */
static int64_t later(int64_t time, int64_t duration)
{
    return duration < 0 || time > PLUG_NEVER - duration ? PLUG_NEVER : time + duration;
}

int load_run(struct load *l)
{
    int err;

    l->now = plug_now();
    err = make_connections(l);
    l->now = l->began = l->scanned = l->ticked = plug_now();
    l->measured = later(l->began, l->o.warmup);
    l->stop_at = later(l->measured, l->o.duration);
    for (size_t i = 0; i < l->started; i++)
        if (l->conn[i].state == LOAD_IDLE)
            load_next(l, &l->conn[i]);
    while (err == 0 && !over(l)) {
        if (l->o.rate > 0)
            send_due(l);
        err = wait_for_events(l);
        scan(l);
        if (l->tick && l->now - l->ticked >= PLUG_S(1)) {
            l->tick(l, l->arg);
            l->ticked = l->now;
        }
    }
    settle(l);
    return err;
}
