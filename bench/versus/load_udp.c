/* SPDX-License-Identifier: MIT */
/*
 * Loads a UDP echo server: --conns sockets with --depth datagrams under way on each. Without
 * --train each is sent by itself (many in one sendmmsg(2)); with it they leave in trains of that
 * many by UDP_SEGMENT, and answers may come in trains. Every reply is compared with what was sent.
 */
#include "load.h"

#include <netinet/udp.h>
#include <poll.h>
#include <sys/uio.h>

enum { MOST = 64, ROOM = 65535 };

struct flow {
    int fd;
    unsigned number;
    uint64_t sent, got;
    int64_t *when; /* of the last depth messages */
};

static struct load load;
static struct load_result result;
static char in[MOST][ROOM];

/* --- sending ----------------------------------------------------------------------------- */

static void pieces(const struct flow *f, struct iovec *iov, unsigned n)
{
    int64_t now = load_now();
    for (unsigned i = 0; i < n; i++) {
        iov[i] = (struct iovec){(char *)load_message(f->number, f->sent + i), load.size};
        f->when[(f->sent + i) % load.depth] = now;
    }
}

static void send_train(struct flow *f, unsigned n)
{
    struct iovec iov[MOST];
    union {
        char room[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr h;
    } control = {.h = {CMSG_LEN(sizeof(uint16_t)), SOL_UDP, UDP_SEGMENT}};
    uint16_t size = (uint16_t)load.size;
    memcpy(CMSG_DATA(&control.h), &size, sizeof size);
    pieces(f, iov, n);
    struct msghdr m = {.msg_iov = iov,
                       .msg_iovlen = n,
                       .msg_control = &control,
                       .msg_controllen = sizeof control.room};
    need((int)sendmsg(f->fd, &m, 0), "sendmsg");
    f->sent += n;
}

static void send_apart(struct flow *f, unsigned n)
{
    struct iovec iov[MOST];
    struct mmsghdr m[MOST];
    pieces(f, iov, n);
    for (unsigned i = 0; i < n; i++)
        m[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &iov[i], .msg_iovlen = 1}};
    f->sent += (unsigned)need(sendmmsg(f->fd, m, n, 0), "sendmmsg");
}

static void fill(struct flow *f)
{
    unsigned least = load.train ? load.train : 1;
    for (unsigned room; (room = load.depth - (unsigned)(f->sent - f->got)) >= least;) {
        if (load.train)
            send_train(f, load.train);
        else
            send_apart(f, room < MOST ? room : MOST);
    }
}

/* --- receiving --------------------------------------------------------------------------- */

static void check(struct flow *f, const char *reply, size_t len, int64_t now)
{
    for (uint64_t k = f->got; len == load.size && k < f->sent; k++)
        if (!memcmp(reply, load_message(f->number, k), len)) {
            load_record(&result, now - f->when[k % load.depth]);
            result.lost += k - f->got;
            result.ops++;
            f->got = k + 1;
            return;
        }
    result.bad++;
}

/* How many replies there were. */
static unsigned take(struct flow *f)
{
    static struct iovec iov[MOST];
    static struct mmsghdr m[MOST];
    unsigned most = load.train ? 4 : MOST, replies = 0;
    for (unsigned i = 0; i < most; i++) {
        iov[i] = (struct iovec){in[i], load.train ? ROOM : load.size + 1};
        m[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &iov[i], .msg_iovlen = 1}};
    }
    int n = recvmmsg(f->fd, m, most, MSG_DONTWAIT, NULL);
    int64_t now = n > 0 ? load_now() : 0;
    for (int i = 0; i < n; i++) {
        size_t step = load.train ? load.size : m[i].msg_len;
        for (size_t at = 0; at < m[i].msg_len; at += step, replies++)
            check(f, in[i] + at, m[i].msg_len - at < step ? m[i].msg_len - at : step, now);
    }
    return replies;
}

/* --- the run ----------------------------------------------------------------------------- */

static void open_flow(struct flow *f, unsigned number)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)load.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    *f = (struct flow){.fd = versus_bind(SOCK_DGRAM | SOCK_NONBLOCK), .number = number};
    need(connect(f->fd, (struct sockaddr *)&to, sizeof to), "connect");
    if (load.train)
        need(setsockopt(f->fd, SOL_UDP, UDP_GRO, &on, sizeof on), "UDP_GRO");
    f->when = calloc(load.depth, sizeof *f->when);
}

static void sleep_for_replies(struct flow *flows)
{
    struct pollfd p[1024];
    for (unsigned i = 0; i < load.conns; i++)
        p[i] = (struct pollfd){flows[i].fd, POLLIN, 0};
    if (need(poll(p, load.conns, 300), "poll") > 0)
        return;
    for (unsigned i = 0; i < load.conns; i++) { /* what has not come by now will not come */
        result.lost += flows[i].sent - flows[i].got;
        flows[i].got = flows[i].sent;
    }
}

static void run(struct flow *flows, double seconds)
{
    int64_t end = load_now() + (int64_t)(seconds * 1e9);
    while (load_now() < end) {
        unsigned replies = 0;
        for (unsigned i = 0; i < load.conns; i++) {
            replies += take(&flows[i]);
            fill(&flows[i]);
        }
        if (!replies && !load.poll)
            sleep_for_replies(flows);
    }
}

int main(int argc, char **argv)
{
    static struct flow flows[1024];
    load = load_options(argc, argv);
    if (load.conns > 1024 || load.train > MOST || load.train > load.depth)
        return 2;
    load_noise_fill();
    for (unsigned i = 0; i < load.conns; i++)
        open_flow(&flows[i], i);
    run(flows, 0.3);
    load_begin(&result, load.pid);
    run(flows, load.seconds);
    load_end(&result, load.pid);
    load_print(&result);
    return result.bad != 0;
}
