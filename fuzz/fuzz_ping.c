/* SPDX-License-Identifier: MIT */
/*
 * What an ICMP socket may give a ping: any message, any control data, any item of the error queue,
 * over a sys table that reads them from the input. Half of them begin as our own last request, so
 * that true replies come up. No probe is answered twice, none that was not sent; figures add up.
 */
#include "fuzz.h"
#include <errno.h>
#include <netinet/in.h>
#include <plug.h>
#include <unistd.h>

#define PROBES 6

static const uint8_t *input;
static size_t left;
static uint8_t request[128];
static size_t request_len;
static int64_t clock_now;
static int peers[8];
static size_t peer_count;
static unsigned answered[PROBES + 1];
static uint64_t replies;
static bool raw;

/* --- the table ------------------------------------------------------------------------------- */

static int fake_socket(int family, int type, int proto)
{
    int fds[2];

    (void)family;
    (void)type;
    (void)proto;
    int r =
        plug_sys_kernel()->socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds);
    if (r < 0)
        return r;
    peers[peer_count++] = fds[1];
    return plug_sys_kernel()->send(fds[1], "", 1, 0) < 0 ? -EIO : fds[0]; /* always readable */
}

static int fake_bind(int fd, const struct sockaddr *sa, socklen_t len)
{
    (void)fd;
    (void)sa;
    (void)len;
    return 0;
}

static int fake_getsockname(int fd, struct sockaddr *sa, socklen_t *len)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(0x1234)};

    (void)fd;
    *len = sizeof four;
    memcpy(sa, &four, sizeof four);
    return 0;
}

static int fake_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    (void)fd;
    (void)level;
    (void)name;
    (void)value;
    (void)len;
    return 0;
}

static int fake_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    (void)fd;
    (void)level;
    (void)name;
    memset(value, 0, *len);
    return 0;
}

static ssize_t fake_sendto(int fd, const void *buf, size_t len, int flags,
                           const struct sockaddr *sa, socklen_t salen)
{
    (void)fd;
    (void)flags;
    (void)sa;
    (void)salen;
    request_len = len < sizeof request ? len : sizeof request;
    memcpy(request, buf, request_len);
    return (ssize_t)len;
}

static size_t take(void *to, size_t most)
{
    size_t n = fuzz_choice(&input, &left);

    n = n < most ? n : most;
    n = n < left ? n : left;
    if (n > 0)
        memcpy(to, input, n);
    input += n;
    left -= n;
    return n;
}

/* A message: the last request as a reply, changed in places, or whatever the input has. */
static size_t message(uint8_t *b, bool queue)
{
    uint8_t change[64], how = fuzz_choice(&input, &left);
    size_t header = raw && !queue && !(how & 2) ? 20 : 0, n;

    if (!(how & 1))
        return take(b, 200);
    memset(b, 0, header);
    if (header)
        b[0] = 0x45;
    memcpy(b + header, request, request_len);
    if (!queue)
        b[header] = 0;
    n = take(change, sizeof change);
    for (size_t i = 0; i + 1 < n; i += 2)
        b[header + change[i] % (request_len + 1)] ^= change[i + 1];
    plug_put_be16(b + header + 2, 0);
    if (how & 4)
        plug_put_be16(b + header + 2, plug_checksum(b + header, request_len));
    return header + request_len;
}

static ssize_t fake_recvmsg(int fd, struct msghdr *msg, int flags)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    uint8_t b[256];

    (void)fd;
    if (left == 0 || fuzz_choice(&input, &left) % 4 == 0)
        return -EAGAIN;
    size_t n = message(b, flags & MSG_ERRQUEUE), room = msg->msg_iov[0].iov_len;
    memcpy(&from.sin_addr, fuzz_choice(&input, &left) % 4 ? "\x7f\0\0\1" : "\x7f\0\0\2", 4);
    memcpy(msg->msg_name, &from, sizeof from);
    msg->msg_namelen = sizeof from;
    msg->msg_controllen = msg->msg_control ? take(msg->msg_control, msg->msg_controllen) : 0;
    msg->msg_flags = 0;
    if (msg->msg_iov[0].iov_base)
        memcpy(msg->msg_iov[0].iov_base, b, n < room ? n : room);
    return flags & MSG_TRUNC ? (ssize_t)n : (ssize_t)(n < room ? n : room);
}

static int64_t fake_now(clockid_t clock)
{
    clock_now += PLUG_US(100);
    return clock == CLOCK_REALTIME ? clock_now + PLUG_S(1000) : clock_now;
}

static ssize_t fake_random(void *buf, size_t len, unsigned flags)
{
    (void)flags;
    memset(buf, 0x5a, len);
    return (ssize_t)len;
}

/* --- the ping -------------------------------------------------------------------------------- */

static void told(struct plug_ping *p, const struct plug_ping_event *e, void *arg)
{
    (void)p;
    (void)arg;
    if (e->type == PLUG_PING_UNMATCHED)
        return;
    FUZZ_CHECK(e->host == 0);
    FUZZ_CHECK(e->seq >= 1 && e->seq <= PROBES);
    if (e->type != PLUG_PING_REPLY)
        return;
    replies++;
    FUZZ_CHECK(++answered[e->seq] == 1);
    FUZZ_CHECK(e->rtt >= 0);
}

static void check(const struct plug_ping *p)
{
    struct plug_ping_stats s;

    plug_ping_stats(p, 0, &s);
    FUZZ_CHECK(s.received == replies);
    FUZZ_CHECK(s.received + s.lost + s.local_drops <= s.sent);
    FUZZ_CHECK(s.sent <= PROBES);
    FUZZ_CHECK(plug_ping_loss(&s) >= 0 && plug_ping_loss(&s) <= 1);
    FUZZ_CHECK(s.received == 0 || (s.min >= 0 && s.min <= s.avg && s.avg <= s.max));
}

static void run(struct plug_loop *l, struct plug_ping *p)
{
    struct plug_addr a;

    FUZZ_CHECK(plug_addr_parse("127.0.0.1", &a) == 0);
    FUZZ_CHECK(plug_ping_add(p, &a) == 0);
    FUZZ_CHECK(plug_ping_start(p) == 0);
    for (int i = 0; i < 1000 && plug_ping_running(p); i++)
        FUZZ_CHECK(plug_loop_turn(l, PLUG_NOWAIT) >= 0);
    check(p);
    plug_ping_stop(p);
    check(p);
}

static void install(void)
{
    static struct plug_sys sys;

    sys = *plug_sys_kernel();
    sys.socket = fake_socket;
    sys.bind = fake_bind;
    sys.getsockname = fake_getsockname;
    sys.setsockopt = fake_setsockopt;
    sys.getsockopt = fake_getsockopt;
    sys.sendto = fake_sendto;
    sys.recvmsg = fake_recvmsg;
    sys.now = fake_now;
    sys.getrandom = fake_random;
    FUZZ_CHECK(plug_sys_set(&sys) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ssize_t lengths[] = {0, -1, 4, 8, 16};
    struct plug_ping_opts o = PLUG_PING_OPTS;
    struct plug_loop *l;
    struct plug_ping *p;

    raw = fuzz_choice(&data, &size) % 2;
    o.socket = raw ? PLUG_PING_RAW : PLUG_PING_DGRAM;
    o.data_len = lengths[fuzz_choice(&data, &size) % 5];
    o.count = PROBES;
    o.interval = PLUG_MS(1);
    o.timeout = PLUG_MS(20);
    input = data;
    left = size;
    request_len = replies = peer_count = 0;
    memset(answered, 0, sizeof answered);
    install();
    FUZZ_CHECK(plug_loop_open(&l, PLUG_BACKEND_EPOLL) == 0);
    FUZZ_CHECK(plug_ping_open(&p, l, &o, told, NULL) == 0);
    run(l, p);
    plug_ping_close(p);
    plug_loop_close(l);
    FUZZ_CHECK(plug_sys_set(NULL) == 0);
    while (peer_count > 0)
        (void)close(peers[--peer_count]);
    return 0;
}
