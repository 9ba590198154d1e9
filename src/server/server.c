/* SPDX-License-Identifier: MIT */
/* A server's life: open, listen, run, stop, join, close; and its counters. */
#include "server/lane.h"
#include "base/assert.h"
#include "net/sock_impl.h"

#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/url.h>
#include <plug/wait.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

__thread struct plug__serving plug__server_here;

/* --- eventfds: readable or not ------------------------------------------------------------ */

static int event_open(int *ret_fd)
{
    int fd = plug_sys()->eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd >= 0)
        *ret_fd = fd;
    return fd;
}

static void event_close(int fd)
{
    if (fd >= 0)
        plug_sys()->close(fd);
}

static void event_set(int fd)
{
    static const uint64_t one = 1;
    (void)!plug_sys()->write(fd, &one, sizeof one); /* full is set, too */
}

static void event_clear(int fd)
{
    uint64_t count;
    (void)!plug_sys()->read(fd, &count, sizeof count);
}

void plug__server_ring(const struct plug_server *s)
{
    event_set(s->bell_fd);
}

void plug__server_rung(const struct plug_server *s)
{
    event_clear(s->bell_fd);
}

/* --- opening and closing ------------------------------------------------------------------ */

static size_t shared_size(const struct plug_server *s)
{
    size_t slots = s->model->id == PLUG_MODEL_FORK ? s->o.max_children : 0;
    return sizeof *s->shared + slots * sizeof *s->shared->slot;
}

static void server_free(struct plug_server *s)
{
    for (size_t i = 0; i < s->endpoints; i++) {
        plug__lane_close(s->endpoint[i].lane);
        s->endpoint[i].adopted ? plug_sock_close(s->endpoint[i].sock)
                               : plug_listen_close(s->endpoint[i].sock);
    }
    event_close(s->stop_fd);
    event_close(s->bell_fd);
    event_close(s->done_fd);
    plug__sources_close(s->sources);
    if (s->shared)
        plug_sys()->munmap(s->shared, shared_size(s));
    plug_free(s);
}

static int make_parts(struct plug_server *s)
{
    void *shared;
    int r = plug_sys()->mmap(shared_size(s), PROT_READ | PROT_WRITE, MAP_SHARED, &shared);
    if (r < 0)
        return r;
    s->shared = shared;
    if ((r = event_open(&s->stop_fd)) < 0 || (r = event_open(&s->bell_fd)) < 0 ||
        (r = event_open(&s->done_fd)) < 0)
        return r;
    event_set(s->done_fd);
    return s->o.max_per_source < s->o.max ? plug__sources_open(&s->sources, s->o.max_per_source)
                                          : 0;
}

int plug_server_open(struct plug_server **ret, plug_handler_fn *handler, void *arg,
                     const struct plug_server_opts *opts)
{
    PLUG_ASSERT(handler, "a server needs a handler");
    struct plug_server *s = plug_calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    s->handler = handler;
    s->arg = arg;
    s->stop_fd = s->bell_fd = s->done_fd = -1;
    int r = plug__server_options(s, opts);
    if (r >= 0)
        r = make_parts(s);
    if (r < 0)
        server_free(s);
    else
        *ret = s;
    return r < 0 ? r : 0;
}

/* --- endpoints ---------------------------------------------------------------------------- */

/* Where a port is shared by workers the kernel would allow it to be taken twice. */
static bool has_endpoint(const struct plug_server *s, int type, const struct plug_addr *addr)
{
    for (size_t i = 0; i < s->endpoints; i++)
        if (plug_sock_type(s->endpoint[i].sock) == type &&
            plug_addr_equal(&s->endpoint[i].local, addr))
            return true;
    return false;
}

static int add_endpoint(struct plug_server *s, struct plug_sock *sock, bool adopted)
{
    const struct plug__transport *transport = plug__transport_of(plug_sock_type(sock));
    if (!transport)
        return -EOPNOTSUPP;
    struct plug__endpoint *e = &s->endpoint[s->endpoints];
    e->server = s;
    e->sock = sock;
    e->transport = transport;
    e->adopted = adopted;
    int r = plug_sock_local(sock, &e->local);
    if (r >= 0 && !adopted && has_endpoint(s, plug_sock_type(sock), &e->local))
        r = -EADDRINUSE;
    if (r >= 0)
        r = transport->prepare(e);
    s->endpoints += r >= 0;
    return r;
}

/* May another endpoint be added? */
static int room_for_endpoint(const struct plug_server *s)
{
    if (atomic_load(&s->running) || s->state)
        return -EBUSY;
    return s->endpoints == PLUG_SERVER_ENDPOINTS ? PLUG_ELIMIT : 0;
}

/* Several workers have a listener each at the same port. */
static int share_port(const struct plug_server *s, const char *endpoint, struct plug_listen_opts *o)
{
    struct plug_endpoint e;
    int r = s->o.workers > 1 ? plug_endpoint_parse(endpoint, &e) : 0;
    if (r >= 0 && s->o.workers > 1 && e.family != AF_UNIX)
        o->reuse_port = true;
    return r;
}

int plug_server_listen(struct plug_server *s, const char *endpoint,
                       const struct plug_listen_opts *opts)
{
    static const struct plug_listen_opts usual = PLUG_LISTEN_OPTS;
    PLUG_ASSERT(s);
    struct plug_listen_opts o = opts ? *opts : usual;
    struct plug_sock *sock;
    int r = room_for_endpoint(s);
    if (r < 0)
        return r;
    if (o.backlog == 0)
        o.backlog =
            SOMAXCONN; /* it is full when a thousand come at once, and 128 is no protection */
    r = share_port(s, endpoint, &o);
    if (r >= 0)
        r = plug_listen(&sock, endpoint, &o);
    if (r < 0)
        return r;
    r = add_endpoint(s, sock, false);
    if (r < 0)
        plug_listen_close(sock);
    return r;
}

int plug_server_adopt(struct plug_server *s, struct plug_sock *sock)
{
    PLUG_ASSERT(s && sock);
    int r = room_for_endpoint(s);
    return r < 0 ? r : add_endpoint(s, sock, true);
}

size_t plug_server_endpoints(const struct plug_server *s)
{
    PLUG_ASSERT(s);
    return s->endpoints;
}

struct plug_sock *plug_server_sock(const struct plug_server *s, size_t index)
{
    PLUG_ASSERT(s);
    return index < s->endpoints ? s->endpoint[index].sock : NULL;
}

int plug_server_addr(const struct plug_server *s, size_t index, struct plug_addr *ret_addr)
{
    PLUG_ASSERT(s);
    if (index >= s->endpoints)
        return -ENOENT;
    *ret_addr = s->endpoint[index].local;
    return 0;
}

/* --- running ------------------------------------------------------------------------------ */

static int begin(struct plug_server *s)
{
    if (s->state)
        return 0;
    int r = plug__loop_begin(s);
    if (r < 0)
        return r;
    r = s->model->begin(s);
    if (r < 0)
        plug__loop_end(s);
    return r;
}

/* However late it is for the caller: what is being served ends within the drain time. */
static void end(struct plug_server *s)
{
    struct plug_waiter *w = plug_waiter();
    struct plug_deadline *scope = w->own.scope;
    if (!s->state)
        return;
    plug_server_stop(s); /* for kept children, too, when something else made it end */
    w->own.scope = NULL;
    s->model->drain(s);
    s->model->end(s);
    w->own.scope = scope;
    s->state = NULL;
    plug__loop_end(s);
}

/* For one caller at a time. */
static int enter(struct plug_server *s)
{
    if (atomic_exchange(&s->running, true))
        return -EBUSY;
    event_clear(s->done_fd);
    return 0;
}

/* With the store s is no longer the caller's: who waits to close it may be quick. */
static void leave(struct plug_server *s)
{
    event_set(s->done_fd);
    atomic_store(&s->running, false);
}

/* A stop that came when the last run was just ending has said it to one of the two only. */
static void settle_stop(struct plug_server *s)
{
    event_clear(s->stop_fd);
    if (atomic_load(&s->shared->stopping))
        event_set(s->stop_fd);
}

int plug_server_begin(struct plug_server *s)
{
    PLUG_ASSERT(s);
    int r = enter(s);
    if (r < 0)
        return r;
    r = begin(s);
    leave(s);
    return r;
}

int plug_server_run(struct plug_server *s)
{
    PLUG_ASSERT(s);
    int r = enter(s);
    if (r < 0)
        return r;
    settle_stop(s);
    r = begin(s);
    if (r >= 0)
        r = s->model->run(s);
    end(s);
    atomic_store(&s->shared->cut, false);
    atomic_store(&s->shared->stopping, false);
    event_clear(s->stop_fd);
    leave(s);
    return r < 0 ? r : 0;
}

int plug_server_handle_request(struct plug_server *s, int64_t timeout)
{
    PLUG_ASSERT(s);
    int64_t deadline = plug_deadline_after(timeout);
    int r = enter(s);
    if (r < 0)
        return r;
    r = begin(s);
    if (r >= 0)
        r = s->model->one(s, deadline);
    if (r == 0 && s->hooks.handle_timeout)
        s->hooks.handle_timeout(s, s->arg);
    leave(s);
    return r;
}

void plug_server_stop(struct plug_server *s)
{
    PLUG_ASSERT(s);
    int before = errno; /* of whom a signal interrupted */
    atomic_store(&s->shared->stopping, true);
    event_set(s->stop_fd);
    errno = before;
}

int plug_server_join(struct plug_server *s, int64_t timeout)
{
    PLUG_ASSERT(s);
    if (plug__server_here.server == s)
        return -EDEADLK;
    int64_t deadline = plug_deadline_after(timeout);
    int r = 0;
    while (atomic_load(&s->running) && r >= 0)
        r = plug_wait(s->done_fd, POLLIN, deadline);
    return r < 0 ? r : 0;
}

void plug_server_close(struct plug_server *s)
{
    if (!s)
        return;
    PLUG_ASSERT(plug__server_here.server != s, "a handler may stop its server, not close it");
    if (atomic_load(&s->running)) {
        plug_server_stop(s);
        while (atomic_load(&s->running))
            (void)!plug_server_join(s, PLUG_FOREVER);
    }
    end(s);
    server_free(s);
}

/* --- facts -------------------------------------------------------------------------------- */

enum plug_model plug_server_model(const struct plug_server *s)
{
    PLUG_ASSERT(s);
    return s->model->id;
}

void *plug_server_arg(const struct plug_server *s)
{
    PLUG_ASSERT(s);
    return s->arg;
}

void plug_server_stats(const struct plug_server *s, struct plug_server_stats *ret_stats)
{
    PLUG_ASSERT(s);
    struct plug__shared *p = s->shared;
    *ret_stats = (struct plug_server_stats){
        .accepted = p->accepted,
        .refused_max = p->refused_max,
        .refused_source = p->refused_source,
        .refused_verify = p->refused_verify,
        .handled = p->handled,
        .failed = p->failed,
        .timed_out = p->timed_out,
        .cut = p->cut_off,
        .crashed = p->crashed,
        .bytes_in = p->bytes_in,
        .bytes_out = p->bytes_out,
        .accept_pauses = p->accept_pauses,
        .truncated = p->truncated,
        .live = plug__live(s),
        .live_max = p->live_max,
        .kept = plug__kept(s),
        .longest = p->longest,
        .total = p->total,
        .unsent = p->unsent,
    };
}
