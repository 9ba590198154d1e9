/* SPDX-License-Identifier: MIT */
/* links: uring */
/*
 * Connect, one echo, close, from one core: conns at a time, each one linked chain of io_uring.
 * They come from 200 loopback addresses, so that no port has to be used again too soon.
 */
#include "load.h"

#include <liburing.h>

#define SOURCES    200
#define SLOTS_MAX  4096
#define BUFFER_MAX 4096

enum { CONNECT, SEND, RECV, CLOSE };

struct slot {
    int fd;
    unsigned made; /* connections so far */
    int64_t begin;
    struct sockaddr_in to;
    char reply[BUFFER_MAX];
};

static struct load load;
static struct load_result result;
static struct io_uring ring;
static struct slot *slot;
static unsigned source;

static void name(struct io_uring_sqe *e, unsigned what, unsigned i, unsigned flags)
{
    e->user_data = (uint64_t)what << 32 | i;
    e->flags |= (uint8_t)flags;
}

static int bound_socket(void)
{
    static const int on = 1;
    struct sockaddr_in me = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(0x7f000001 + (1 + source++ % SOURCES) * 256)};
    int fd = need(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    need(setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on), "setsockopt");
    need(bind(fd, (struct sockaddr *)&me, sizeof me), "bind");
    return fd;
}

static void begin(unsigned i)
{
    struct slot *s = &slot[i];
    unsigned quiet = IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
    if (io_uring_sq_space_left(&ring) < 4)
        io_uring_submit(&ring);
    s->fd = bound_socket();
    s->begin = load_now();
    s->made++;
    struct io_uring_sqe *e = io_uring_get_sqe(&ring);
    io_uring_prep_connect(e, s->fd, (struct sockaddr *)&s->to, sizeof s->to);
    name(e, CONNECT, i, quiet);
    e = io_uring_get_sqe(&ring);
    io_uring_prep_send(e, s->fd, load_message(i, s->made), load.size, MSG_WAITALL | MSG_NOSIGNAL);
    name(e, SEND, i, quiet);
    e = io_uring_get_sqe(&ring);
    io_uring_prep_recv(e, s->fd, s->reply, load.size, MSG_WAITALL);
    name(e, RECV, i, IOSQE_IO_LINK);
    e = io_uring_get_sqe(&ring);
    io_uring_prep_close(e, s->fd);
    name(e, CLOSE, i, 0);
}

static void on_reply(unsigned i, int got)
{
    struct slot *s = &slot[i];
    if (got != (int)load.size) {
        result.lost++;
    } else if (memcmp(s->reply, load_message(i, s->made), load.size) != 0) {
        result.bad++;
    } else {
        result.ops++;
        load_record(&result, load_now() - s->begin);
    }
}

static void on_done(const struct io_uring_cqe *cqe)
{
    unsigned i = (unsigned)cqe->user_data;
    if (cqe->user_data >> 32 == RECV)
        on_reply(i, cqe->res);
    if (cqe->user_data >> 32 != CLOSE)
        return;
    if (cqe->res < 0)
        close(slot[i].fd); /* the chain broke before */
    begin(i);
}

static void turn(void)
{
    struct io_uring_cqe *cqe;
    unsigned head, n = 0;
    io_uring_submit_and_wait(&ring, 1);
    io_uring_for_each_cqe(&ring, head, cqe)
    {
        on_done(cqe);
        n++;
    }
    io_uring_cq_advance(&ring, n);
}

static void open_slots(void)
{
    struct io_uring_params p = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                                         IORING_SETUP_CQSIZE,
                                .cq_entries = 16 * SLOTS_MAX};
    need(io_uring_queue_init_params(4 * SLOTS_MAX, &ring, &p), "io_uring_queue_init");
    need(io_uring_register_ring_fd(&ring), "io_uring_register_ring_fd");
    slot = calloc(load.conns, sizeof *slot);
    if (!slot)
        die("calloc");
    for (unsigned i = 0; i < load.conns; i++) {
        slot[i].to = (struct sockaddr_in){.sin_family = AF_INET,
                                          .sin_port = htons((uint16_t)load.port),
                                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        begin(i);
    }
}

static void run(double seconds)
{
    for (int64_t until = load_now() + (int64_t)(seconds * 1e9); load_now() < until;)
        turn();
}

int main(int argc, char **argv)
{
    load = load_options(argc, argv);
    load.conns = load.conns < SLOTS_MAX ? load.conns : SLOTS_MAX;
    load.size = load.size < BUFFER_MAX ? load.size : BUFFER_MAX;
    load_noise_fill();
    open_slots();
    run(0.3);
    load_begin(&result, load.pid);
    run(load.seconds);
    load_end(&result, load.pid);
    load_print(&result);
    return result.bad != 0;
}
