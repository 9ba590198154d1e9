/* SPDX-License-Identifier: MIT */
/* links: uring */
/*
 * The limit on io_uring: multishot accept into direct descriptors, multishot receive into a ring of
 * buffers that fits the L2 cache (1024 of 4 KiB; 16 of 64 KiB where the argument says bulk).
 */
#include "versus.h"

#include <liburing.h>
#include <sys/mman.h>

#define ENTRIES 4096
#define FILES   UINT16_MAX
#define NONE    UINT16_MAX

enum { ACCEPT, RECV, SEND, CLOSE };

struct buffer {
    uint32_t len, sent;
    uint16_t next; /* of the same connection, received later; NONE: the last */
};

struct conn {
    uint16_t first, last; /* buffers to be sent, in order; NONE: nothing */
    bool armed, ended, starved;
};

static struct io_uring ring;
static struct io_uring_buf_ring *pool;
static char *memory;
static unsigned buffers, buffer_len;
static struct buffer buffer[1024];
static struct conn conn[FILES];
static unsigned starved[FILES], starving, unused; /* unused: buffers in the pool */

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
    e->user_data = (uint64_t)what << 32 | slot;
}

static void receive(unsigned slot)
{
    struct io_uring_sqe *e = entry();
    io_uring_prep_recv_multishot(e, (int)slot, NULL, 0, 0);
    e->flags |= IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
    e->buf_group = 0;
    name(e, RECV, slot);
    conn[slot].armed = true;
}

static void reply(unsigned slot)
{
    unsigned id = conn[slot].first;
    struct buffer *b = &buffer[id];
    struct io_uring_sqe *e = entry();
    io_uring_prep_send(e, (int)slot, memory + (size_t)id * buffer_len + b->sent, b->len - b->sent,
                       MSG_NOSIGNAL | MSG_WAITALL);
    e->flags |= IOSQE_FIXED_FILE;
    name(e, SEND, slot);
}

static void give_back(unsigned id)
{
    io_uring_buf_ring_add(pool, memory + (size_t)id * buffer_len, buffer_len, (unsigned short)id,
                          io_uring_buf_ring_mask(buffers), 0);
    io_uring_buf_ring_advance(pool, 1);
    unused++;
}

/* Closes when nothing of the connection is under way any more. */
static void end(unsigned slot)
{
    struct conn *c = &conn[slot];
    c->ended = true;
    if (c->armed || c->starved || c->first != NONE)
        return;
    struct io_uring_sqe *e = entry();
    io_uring_prep_close_direct(e, slot);
    e->flags |= IOSQE_CQE_SKIP_SUCCESS;
    name(e, CLOSE, slot);
}

static void accept_more(int listener)
{
    struct io_uring_sqe *e = entry();
    io_uring_prep_multishot_accept_direct(e, listener, NULL, NULL, 0);
    name(e, ACCEPT, 0);
}

static void on_accept(int listener, const struct io_uring_cqe *cqe)
{
    if (cqe->res >= 0) {
        conn[cqe->res] = (struct conn){.first = NONE, .last = NONE};
        receive((unsigned)cqe->res);
    }
    if (!(cqe->flags & IORING_CQE_F_MORE))
        accept_more(listener);
}

static void on_data(unsigned slot, unsigned id, unsigned len)
{
    struct conn *c = &conn[slot];
    buffer[id] = (struct buffer){.len = len, .next = NONE};
    unused--;
    if (c->first == NONE) {
        c->first = c->last = (uint16_t)id;
        reply(slot);
    } else {
        buffer[c->last].next = (uint16_t)id;
        c->last = (uint16_t)id;
    }
}

static void on_receive(unsigned slot, const struct io_uring_cqe *cqe)
{
    struct conn *c = &conn[slot];
    if (!(cqe->flags & IORING_CQE_F_MORE))
        c->armed = false;
    if (cqe->res > 0)
        on_data(slot, cqe->flags >> IORING_CQE_BUFFER_SHIFT, (unsigned)cqe->res);
    if (cqe->res == -ENOBUFS || (cqe->res > 0 && !c->armed)) {
        c->starved = true;
        starved[starving++] = slot;
    } else if (cqe->res <= 0) {
        end(slot);
    }
}

static void on_sent(unsigned slot, const struct io_uring_cqe *cqe)
{
    struct conn *c = &conn[slot];
    unsigned id = c->first;
    buffer[id].sent += cqe->res > 0 ? (unsigned)cqe->res : 0;
    if (cqe->res > 0 && buffer[id].sent < buffer[id].len) {
        reply(slot);
        return;
    }
    c->first = buffer[id].next;
    give_back(id);
    if (c->first != NONE)
        reply(slot);
    else if (c->ended)
        end(slot);
}

static void on_done(int listener, const struct io_uring_cqe *cqe)
{
    unsigned slot = (unsigned)cqe->user_data;
    switch (cqe->user_data >> 32) {
    case ACCEPT:
        on_accept(listener, cqe);
        break;
    case RECV:
        on_receive(slot, cqe);
        break;
    case SEND:
        on_sent(slot, cqe);
        break;
    default:
        break;
    }
}

/* Those that found no buffer try again, as many as buffers have come back. */
static void feed(void)
{
    unsigned n = starving < unused ? starving : unused;
    for (unsigned i = 0; i < n; i++) {
        conn[starved[i]].starved = false;
        receive(starved[i]);
    }
    starving -= n;
    memmove(starved, starved + n, starving * sizeof *starved);
}

static void open_ring(bool bulk)
{
    struct io_uring_params p = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                                         IORING_SETUP_CQSIZE,
                                .cq_entries = 4 * ENTRIES};
    buffers = bulk ? 16 : 1024;
    buffer_len = bulk ? 65536 : 4096;
    need(io_uring_queue_init_params(ENTRIES, &ring, &p), "io_uring_queue_init");
    need(io_uring_register_files_sparse(&ring, versus_descriptors()), "io_uring_register_files");
    need(io_uring_register_ring_fd(&ring), "io_uring_register_ring_fd");
    memory = mmap(NULL, (size_t)buffers * buffer_len, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pool = mmap(NULL, buffers * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || (void *)pool == MAP_FAILED)
        die("mmap");
    io_uring_buf_ring_init(pool);
    struct io_uring_buf_reg reg = {.ring_addr = (uintptr_t)pool, .ring_entries = buffers};
    need(io_uring_register_buf_ring(&ring, &reg, 0), "io_uring_register_buf_ring");
    for (unsigned i = 0; i < buffers; i++)
        give_back(i);
}

int main(int argc, char **argv)
{
    int listener = versus_listen(0);
    open_ring(versus_buffer(argc, argv) == VERSUS_HOT);
    accept_more(listener);
    for (;;) {
        struct io_uring_cqe *cqe;
        unsigned head, n = 0;
        io_uring_submit_and_wait(&ring, 1);
        io_uring_for_each_cqe(&ring, head, cqe)
        {
            on_done(listener, cqe);
            n++;
        }
        io_uring_cq_advance(&ring, n);
        feed();
    }
}
