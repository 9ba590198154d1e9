/* SPDX-License-Identifier: MIT */
/* links: uring */
/*
 * Echo load from one core: each connection has depth messages under way, and every reply is
 * compared (of messages over 4 KiB the first 4 KiB; the rest is counted and dropped uncopied).
 */
#include "load.h"

#include <liburing.h>
#include <sys/mman.h>

#define ENTRIES   4096
#define COMPARED  4096 /* bytes of a message */
#define DEPTH_MAX 64

enum { RECV, SEND };

struct conn {
    uint64_t sent, got; /* messages */
    size_t offset;      /* in the message that is being received */
    unsigned due;       /* bulk: messages to be sent, one after the other; the first is under way */
    char *own;          /* receives bulk; else the pool does */
    int64_t begin[DEPTH_MAX];
};

static struct load load;
static struct load_result result;
static struct io_uring ring;
static struct io_uring_buf_ring *pool;
static char *memory, *dropped;
static unsigned buffers, buffer_len;
static struct conn *conn;
static unsigned silent; /* connections without a first reply */
static int64_t now;

static void fail(const char *what, int error)
{
    fprintf(stderr, "load_echo: %s: %s\n", what, error ? strerror(-error) : "the server ended it");
    exit(2);
}

static struct io_uring_sqe *entry(void)
{
    struct io_uring_sqe *e = io_uring_get_sqe(&ring);
    if (e)
        return e;
    io_uring_submit(&ring);
    return io_uring_get_sqe(&ring);
}

static void name(struct io_uring_sqe *e, unsigned what, unsigned slot)
{
    e->flags |= IOSQE_FIXED_FILE;
    e->user_data = (uint64_t)what << 32 | slot;
}

static bool bulk(void)
{
    return load.size > COMPARED;
}

/*
 * The next piece of a bulk message: its head to be compared, or its tail to be dropped. Not with
 * MSG_WAITALL: the kernel would forget how much it has dropped already.
 */
static void receive_piece(struct io_uring_sqe *e, unsigned slot)
{
    struct conn *c = &conn[slot];
    if (c->offset < COMPARED)
        io_uring_prep_recv(e, (int)slot, c->own, COMPARED - c->offset, MSG_WAITALL);
    else
        io_uring_prep_recv(e, (int)slot, dropped, load.size - c->offset, MSG_TRUNC);
}

static void receive(unsigned slot)
{
    struct io_uring_sqe *e = entry();
    if (bulk()) {
        receive_piece(e, slot);
    } else {
        io_uring_prep_recv_multishot(e, (int)slot, NULL, 0, 0);
        e->flags |= IOSQE_BUFFER_SELECT;
        e->buf_group = 0;
    }
    name(e, RECV, slot);
}

static void send_one(unsigned slot)
{
    struct conn *c = &conn[slot];
    struct io_uring_sqe *e = entry();
    io_uring_prep_send(e, (int)slot, load_message(slot, c->sent), load.size,
                       MSG_WAITALL | MSG_NOSIGNAL);
    name(e, SEND, slot);
    if (!bulk())
        e->flags |= IOSQE_CQE_SKIP_SUCCESS;
    c->begin[c->sent++ % load.depth] = now;
}

/* Two sends of one connection that have to wait may mix: bulk goes one by one. */
static void send_next(unsigned slot)
{
    if (!bulk() || conn[slot].due++ == 0)
        send_one(slot);
}

static void on_sent(unsigned slot, const struct io_uring_cqe *cqe)
{
    if (cqe->res < (int)load.size)
        fail("send", cqe->res < 0 ? cqe->res : -EPIPE);
    if (--conn[slot].due)
        send_one(slot);
}

static void give_back(unsigned id)
{
    io_uring_buf_ring_add(pool, memory + (size_t)id * buffer_len, buffer_len, (unsigned short)id,
                          io_uring_buf_ring_mask(buffers), 0);
    io_uring_buf_ring_advance(pool, 1);
}

static void on_message(unsigned slot)
{
    struct conn *c = &conn[slot];
    silent -= c->got == 0;
    load_record(&result, now - c->begin[c->got++ % load.depth]);
    result.ops++;
    c->offset = 0;
    send_next(slot);
}

static void on_bytes(unsigned slot, const char *bytes, size_t len)
{
    struct conn *c = &conn[slot];
    while (len) {
        size_t n = len < load.size - c->offset ? len : load.size - c->offset;
        if (c->offset < COMPARED && memcmp(bytes, load_message(slot, c->got) + c->offset, n) != 0)
            fail("a reply is wrong", -EBADMSG);
        c->offset += n;
        bytes += n;
        len -= n;
        if (c->offset == load.size)
            on_message(slot);
    }
}

static void on_receive(unsigned slot, const struct io_uring_cqe *cqe)
{
    if (cqe->res <= 0 && cqe->res != -ENOBUFS)
        fail("receive", cqe->res);
    if (bulk()) {
        on_bytes(slot, conn[slot].own, (size_t)cqe->res);
        receive(slot);
        return;
    }
    if (cqe->res > 0) {
        unsigned id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
        on_bytes(slot, memory + (size_t)id * buffer_len, (size_t)cqe->res);
        give_back(id);
    }
    if (!(cqe->flags & IORING_CQE_F_MORE))
        receive(slot);
}

static void turn(void)
{
    struct io_uring_cqe *cqe;
    unsigned head, n = 0;
    if (load.poll)
        io_uring_submit_and_get_events(&ring);
    else
        io_uring_submit_and_wait(&ring, 1);
    now = load_now();
    io_uring_for_each_cqe(&ring, head, cqe)
    {
        if (cqe->user_data >> 32 == RECV)
            on_receive((unsigned)cqe->user_data, cqe);
        else
            on_sent((unsigned)cqe->user_data, cqe);
        n++;
    }
    io_uring_cq_advance(&ring, n);
}

static void *pages(size_t len)
{
    void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        die("mmap");
    return p;
}

static void open_pool(void)
{
    buffer_len = load.size <= 256 ? 256 : COMPARED;
    buffers = (1 << 20) / buffer_len;
    memory = pages((size_t)buffers * buffer_len);
    pool = pages(buffers * sizeof(struct io_uring_buf));
    io_uring_buf_ring_init(pool);
    struct io_uring_buf_reg reg = {.ring_addr = (uintptr_t)pool, .ring_entries = buffers};
    need(io_uring_register_buf_ring(&ring, &reg, 0), "io_uring_register_buf_ring");
    for (unsigned i = 0; i < buffers; i++)
        give_back(i);
}

static void open_ring(void)
{
    struct io_uring_params p = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                                         IORING_SETUP_CQSIZE,
                                .cq_entries = 8 * ENTRIES};
    need(io_uring_queue_init_params(ENTRIES, &ring, &p), "io_uring_queue_init");
    need(io_uring_register_files_sparse(&ring, load.conns), "io_uring_register_files");
    need(io_uring_register_ring_fd(&ring), "io_uring_register_ring_fd");
}

static void open_conns(void)
{
    conn = calloc(load.conns, sizeof *conn);
    dropped = pages(VERSUS_HOT);
    if (!conn)
        die("calloc");
    for (unsigned i = 0; i < load.conns; i++) {
        int fd = load_connect_next(&load, i);
        need(io_uring_register_files_update(&ring, i, &fd, 1), "io_uring_register_files_update");
        close(fd);
        conn[i].own = bulk() ? pages(COMPARED) : NULL;
    }
    silent = load.conns;
    now = load_now();
    for (unsigned i = 0; i < load.conns; i++) {
        receive(i);
        for (unsigned d = 0; d < load.depth; d++)
            send_next(i);
    }
}

int main(int argc, char **argv)
{
    load = load_options(argc, argv);
    load.depth = load.depth < DEPTH_MAX ? load.depth : DEPTH_MAX;
    load_noise_fill();
    open_ring();
    if (!bulk())
        open_pool();
    open_conns();
    while (silent)
        turn();
    for (int64_t until = load_now() + 300000000; now < until;)
        turn();
    load_begin(&result, load.pid);
    for (int64_t until = now + (int64_t)(load.seconds * 1e9); now < until;)
        turn();
    load_end(&result, load.pid);
    load_print(&result);
    return 0;
}
