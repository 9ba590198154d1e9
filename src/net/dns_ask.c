/* SPDX-License-Identifier: MIT */
/*
 * c-ares as a state machine: it never blocks here. Its system calls go through the sys table by
 * its socket hooks, which also connect to exactly the server we were told (with its scope), bound
 * how many packets one turn may read, and remember the last error for the caller.
 */
#include "net/dns_ask.h"

#include <ares.h>
#include <errno.h>
#include <netinet/in.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>
#include <string.h>

#define PORT_DNS      53
#define TRIES_DEFAULT 2
#define TRIES_MAX     16
#define TRY_DEFAULT   PLUG_S(1)
#define TRY_MAX       PLUG_MIN(1)
#define PACKETS_MAX   64 /* read in one turn: a flood of wrong replies must not hold us */
#define SOCKETS_MAX   4  /* of one channel: UDP and TCP to one server */
#define CLASS_IN      1

struct turn {
    struct plug__dns_ask *ask;
    const struct plug_addr *server;
    ares_channel channel;
    int stream_fd; /* the last TCP socket */
    unsigned packets;
    int sys_error; /* the last failure of a hook */
    int status;    /* of c-ares */
    bool done;
};

static bool time_is_up(int64_t deadline)
{
    int64_t scope = plug_deadline_current();

    return plug_deadline_left(scope < deadline ? scope : deadline) == 0;
}

/* --- c-ares's system calls ------------------------------------------------------------------ */

/* c-ares wants -1 and errno. Not an error of the peer: "not now". */
static ssize_t hook_result(struct turn *t, ssize_t r)
{
    if (r >= 0)
        return r;
    if (r == -EINTR)
        r = -EAGAIN;
    if (r != -EAGAIN && r != -EINPROGRESS)
        t->sys_error = (int)r;
    errno = r > -4096 ? (int)-r : EIO; /* an error of ours is no errno */
    return -1;
}

static ares_socket_t hook_socket(int family, int type, int proto, void *arg)
{
    struct turn *t = arg;
    int fd = plug_sys()->socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, proto);

    if (type == SOCK_STREAM)
        t->stream_fd = fd;
    return (ares_socket_t)hook_result(t, fd);
}

static int hook_close(ares_socket_t fd, void *arg)
{
    struct turn *t = arg;

    if (fd == t->stream_fd)
        t->stream_fd = -1;
    plug_sys()->close(fd);
    return 0;
}

static int hook_connect(ares_socket_t fd, const struct sockaddr *sa, ares_socklen_t len, void *arg)
{
    struct turn *t = arg;

    (void)sa;
    (void)len;
    return (int)hook_result(t, plug_sys()->connect(fd, &t->server->sa, t->server->len));
}

static ares_ssize_t hook_recvfrom(ares_socket_t fd, void *buf, size_t len, int flags,
                                  struct sockaddr *sa, ares_socklen_t *salen, void *arg)
{
    struct turn *t = arg;

    if (t->packets == 0)
        return hook_result(t, -EAGAIN);
    t->packets--;
    t->ask->tcp = fd == t->stream_fd;
    return hook_result(t, plug_sys()->recvfrom(fd, buf, len, flags, sa, salen));
}

/* c-ares gives a server up when a datagram cannot leave at once; for TCP it waits itself. */
static ares_ssize_t hook_sendv(ares_socket_t fd, const struct iovec *iov, int count, void *arg)
{
    struct turn *t = arg;
    struct msghdr msg = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count};

    for (;;) {
        ssize_t r = plug_sys()->sendmsg(fd, &msg, MSG_NOSIGNAL);
        if ((r != -EAGAIN && r != -EINTR) || fd == t->stream_fd)
            return hook_result(t, r);
        int w =
            time_is_up(t->ask->deadline) ? PLUG_ETIMEOUT : plug_wait(fd, POLLOUT, t->ask->deadline);
        if (w < 0)
            return hook_result(t, w);
    }
}

static const struct ares_socket_functions hooks = {hook_socket, hook_close, hook_connect,
                                                   hook_recvfrom, hook_sendv};

/* --- setting c-ares up ---------------------------------------------------------------------- */

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static int library_status;

/*
 * Its memory stays its own: its allocator is one for the process, and the program may use it, too.
 */
static void library_init(void)
{
    library_status = ares_library_init(ARES_LIB_INIT_ALL);
}

static int error_of(int status, int sys_error)
{
    switch (status) {
    case ARES_SUCCESS:
        return 0;
    case ARES_ENOMEM:
        return -ENOMEM;
    case ARES_ETIMEOUT:
        return PLUG_ETIMEOUT;
    case ARES_EBADNAME:
        return PLUG_EDNS_BADNAME;
    case ARES_EBADRESP:
        return PLUG_EDNS_BADREPLY;
    default:
        return sys_error ? sys_error : PLUG_EDNS_NOSERVER;
    }
}

static int channel_open(ares_channel *ret_channel, const struct plug_dns_opts *o)
{
    int64_t wait = o->try_timeout > 0 ? o->try_timeout : TRY_DEFAULT;
    unsigned tries = o->tries ? o->tries : TRIES_DEFAULT;
    struct ares_options a = {.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH |
                                      ARES_FLAG_NOALIASES | (o->tcp ? ARES_FLAG_USEVC : 0) |
                                      (o->no_recurse ? ARES_FLAG_NORECURSE : 0),
                             .timeout = (int)((wait < TRY_MAX ? wait : TRY_MAX) / PLUG_MS(1)),
                             .tries = (int)(tries < TRIES_MAX ? tries : TRIES_MAX)};

    pthread_once(&library_once, library_init);
    if (library_status != ARES_SUCCESS)
        return error_of(library_status, 0);
    if (a.timeout == 0)
        a.timeout = 1;
    return error_of(
        ares_init_options(ret_channel, &a, ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES),
        0);
}

/* c-ares compares the source of replies with this; the port and scope are ours (hook_connect). */
static int channel_server(struct turn *t)
{
    struct ares_addr_port_node node = {.family = t->server->sa.sa_family};
    size_t len;
    const void *bytes = plug_addr_bytes(t->server, &len);

    memcpy(&node.addr, bytes, len);
    return error_of(ares_set_servers_ports(t->channel, &node), 0);
}

/* --- one question ----------------------------------------------------------------------------- */

static void answered(void *arg, int status, int timeouts, unsigned char *bytes, int len)
{
    struct turn *t = arg;

    (void)timeouts;
    t->done = true;
    t->status = status;
    if (!bytes)
        return;
    t->status = ARES_SUCCESS; /* its rcode is read by our own parser */
    t->ask->reply = plug_memdup(bytes, (size_t)len);
    t->ask->reply_len = (size_t)len;
    if (!t->ask->reply)
        t->status = ARES_ENOMEM;
}

/* c-ares's next time-out, rounded up: it counts in milliseconds and would be asked too early. */
static int64_t next_look(struct turn *t)
{
    struct timeval tv;

    if (!ares_timeout(t->channel, NULL, &tv))
        return t->ask->deadline;
    int64_t at = plug_now() + PLUG_S(tv.tv_sec) + PLUG_US(tv.tv_usec) + PLUG_MS(1);
    return at < t->ask->deadline ? at : t->ask->deadline;
}

static size_t watched(ares_channel channel, struct pollfd fds[SOCKETS_MAX])
{
    ares_socket_t socks[SOCKETS_MAX];
    int bits = ares_getsock(channel, socks, SOCKETS_MAX);
    size_t count = 0;

    for (int i = 0; i < SOCKETS_MAX; i++) {
        short events = (short)((ARES_GETSOCK_READABLE(bits, i) ? POLLIN : 0) |
                               (ARES_GETSOCK_WRITABLE(bits, i) ? POLLOUT : 0));
        if (events)
            fds[count++] = (struct pollfd){.fd = socks[i], .events = events};
    }
    return count;
}

/* Waits once and lets c-ares go on. 0 or why we stop waiting. */
static int step(struct turn *t)
{
    struct pollfd fds[SOCKETS_MAX];
    size_t count = watched(t->channel, fds);
    int r = plug_wait_many(fds, count, next_look(t));

    if (r < 0 && (r != PLUG_ETIMEOUT || time_is_up(t->ask->deadline)))
        return r;
    t->packets = PACKETS_MAX;
    for (size_t i = 0; i < count && r > 0; i++) {
        short in = fds[i].revents & (short)~POLLOUT, out = fds[i].revents & (short)~POLLIN;
        ares_process_fd(t->channel, in ? fds[i].fd : ARES_SOCKET_BAD,
                        out ? fds[i].fd : ARES_SOCKET_BAD);
    }
    if (r < 0)
        ares_process_fd(t->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    return 0;
}

static int run(struct turn *t)
{
    int err = channel_server(t);

    if (err < 0)
        return err;
    ares_set_socket_functions(t->channel, &hooks, t);
    t->packets = PACKETS_MAX;
    ares_query(t->channel, t->ask->name, CLASS_IN, (int)t->ask->type, answered, t);
    while (!t->done && err == 0)
        err = step(t);
    return t->done ? error_of(t->status, t->sys_error) : err;
}

int plug__dns_ask(struct plug__dns_ask *ask, const struct plug_addr *server)
{
    struct plug_addr at = *server;
    struct turn t = {.ask = ask, .server = &at, .stream_fd = -1};
    int err = channel_open(&t.channel, ask->opts);

    if (err < 0)
        return err;
    if (plug_addr_port(&at) == 0)
        err = plug_addr_set_port(&at, PORT_DNS);
    if (err == 0)
        err = run(&t);
    ares_destroy(t.channel);
    return err;
}

/* --- the system's servers ------------------------------------------------------------------- */

static bool server_addr(const struct ares_addr_port_node *node, struct plug_addr *ret_addr)
{
    uint16_t port = (uint16_t)(node->udp_port ? node->udp_port : PORT_DNS);

    if (node->family == AF_INET6)
        return plug_addr_ip6((const uint8_t *)&node->addr, port, 0, 0, ret_addr) == 0;
    plug_addr_ip4((const uint8_t *)&node->addr, port, ret_addr);
    return true;
}

int plug__dns_servers(struct plug_addr *ret_servers, size_t max)
{
    static const struct plug_dns_opts defaults = PLUG_DNS_OPTS;
    struct ares_addr_port_node *list = NULL;
    ares_channel channel;
    int count = 0, err = channel_open(&channel, &defaults);

    if (err < 0)
        return err;
    err = error_of(ares_get_servers_ports(channel, &list), 0);
    for (struct ares_addr_port_node *n = list; n && (size_t)count < max; n = n->next)
        count += server_addr(n, &ret_servers[count]);
    ares_free_data(list);
    ares_destroy(channel);
    return err < 0 ? err : count;
}
