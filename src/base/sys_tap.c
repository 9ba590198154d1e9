/* SPDX-License-Identifier: MIT */
#include "base/sys_tap.h"
#include <net/if.h>
#include <plug/sys.h>
#include <string.h>
#include <sys/uio.h>

atomic_uint plug__taps;

static const struct plug_sys *behind;
static atomic_uint_fast64_t counts[PLUG__SYS_COUNT];

void plug__tap_behind(const struct plug_sys *sys)
{
    behind = sys;
}

void plug__record_reset(void)
{
    for (int i = 0; i < PLUG__SYS_COUNT; i++)
        atomic_store(&counts[i], 0);
}

uint64_t plug__recorded(enum plug__sys_entry entry)
{
    return atomic_load(&counts[entry]);
}

struct plug__verdict plug__tap(enum plug__sys_entry entry)
{
    unsigned taps = atomic_load_explicit(&plug__taps, memory_order_relaxed);

    if (taps & PLUG__TAP_RECORD)
        atomic_fetch_add_explicit(&counts[entry], 1, memory_order_relaxed);
    if (taps & PLUG__TAP_FAULT)
        return plug__fault_decide(entry);
    return (struct plug__verdict){0, false, SIZE_MAX};
}

/* --- what is known of each entry -------------------------------------------------------------- */

#define CAN_CALL      0
#define CAN_READ      (PLUG__SYS_SHORTENS | PLUG__SYS_ENDS)
#define CAN_WRITE     PLUG__SYS_SHORTENS
#define CAN_SURE      0
#define CAN_VOID      0
#define CAN_OWN       0
#define CAN_OWN_READ  CAN_READ
#define CAN_OWN_WRITE CAN_WRITE

#define ERRORS(kernel, tap, result, name, params, args, ...)                                       \
    static const int errors_##name[] = {__VA_ARGS__, 0};
PLUG__SYS_ENTRIES(ERRORS)
static const int errors_malloc[] = {-ENOMEM, 0};

/* clang-format off */
const struct plug__sys_info plug__sys_info[PLUG__SYS_COUNT] = {
#define INFO(kernel, tap, result, name, ...) [PLUG__SYS_##name] = {#name, errors_##name, CAN_##tap},
    PLUG__SYS_ENTRIES(INFO)
#undef INFO
    [PLUG__SYS_MALLOC] = {"malloc", errors_malloc, 0},
};
/* clang-format on */

int plug__sys_find(const char *name, size_t len)
{
    for (int i = 0; i < PLUG__SYS_COUNT; i++)
        if (strlen(plug__sys_info[i].name) == len && memcmp(plug__sys_info[i].name, name, len) == 0)
            return i;
    return -1;
}

/* --- the entries ------------------------------------------------------------------------------ */

/* The kernel cuts streams, never messages: a datagram is left whole. */
static bool is_stream(int fd)
{
    int type = SOCK_STREAM;
    socklen_t len = sizeof type;

    return behind->getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type == SOCK_STREAM;
}

static size_t shorten(int fd, size_t len, size_t limit)
{
    return limit < len && is_stream(fd) ? limit : len;
}

/* What has too many pieces is for the kernel to refuse. */
static bool cuts_pieces(int fd, const struct msghdr *msg, struct plug__verdict v)
{
    return v.limit < SIZE_MAX && msg->msg_iovlen > 0 && msg->msg_iovlen <= UIO_MAXIOV &&
           is_stream(fd);
}

/* The first piece that is not empty, and at most limit bytes of it. */
static struct msghdr cut_to(const struct msghdr *msg, size_t limit, struct iovec *first)
{
    struct msghdr cut = *msg;

    while (cut.msg_iovlen > 1 && cut.msg_iov->iov_len == 0) {
        cut.msg_iov++;
        cut.msg_iovlen--;
    }
    *first = *cut.msg_iov;
    first->iov_len = first->iov_len < limit ? first->iov_len : limit;
    cut.msg_iov = first;
    cut.msg_iovlen = 1;
    return cut;
}

static ssize_t tap_recvmsg(int fd, struct msghdr *msg, int flags)
{
    struct plug__verdict v = plug__tap(PLUG__SYS_recvmsg);
    struct msghdr cut;
    struct iovec first;
    ssize_t n;

    if (v.error || v.eof)
        return v.error;
    if (!cuts_pieces(fd, msg, v))
        return behind->recvmsg(fd, msg, flags);
    cut = cut_to(msg, v.limit, &first);
    n = behind->recvmsg(fd, &cut, flags);
    cut.msg_iov = msg->msg_iov;
    cut.msg_iovlen = msg->msg_iovlen;
    *msg = cut;
    return n;
}

static ssize_t tap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
    struct plug__verdict v = plug__tap(PLUG__SYS_sendmsg);
    struct msghdr cut;
    struct iovec first;

    if (v.error)
        return v.error;
    if (!cuts_pieces(fd, msg, v))
        return behind->sendmsg(fd, msg, flags);
    cut = cut_to(msg, v.limit, &first);
    return behind->sendmsg(fd, &cut, flags);
}

/* A close that fails has closed all the same, as on Linux. */
static int tap_close(int fd)
{
    struct plug__verdict v = plug__tap(PLUG__SYS_close);
    int r = behind->close(fd);

    return r < 0 ? r : v.error;
}

static ssize_t tap_getrandom(void *buf, size_t len, unsigned flags)
{
    struct plug__verdict v = plug__tap(PLUG__SYS_getrandom);

    return v.error ? v.error : behind->getrandom(buf, len < v.limit ? len : v.limit, flags);
}

static unsigned tap_if_nametoindex(const char *name)
{
    return plug__tap(PLUG__SYS_if_nametoindex).error ? 0 : behind->if_nametoindex(name);
}

#define TAP_CALL(result, name, params, args)                                                       \
    static result tap_##name params                                                                \
    {                                                                                              \
        struct plug__verdict v = plug__tap(PLUG__SYS_##name);                                      \
        return v.error ? v.error : behind->name args;                                              \
    }
#define TAP_READ(result, name, params, args)                                                       \
    static result tap_##name params                                                                \
    {                                                                                              \
        struct plug__verdict v = plug__tap(PLUG__SYS_##name);                                      \
        if (v.error || v.eof)                                                                      \
            return v.error;                                                                        \
        len = shorten(fd, len, v.limit);                                                           \
        return behind->name args;                                                                  \
    }
#define TAP_WRITE TAP_READ
#define TAP_SURE(result, name, params, args)                                                       \
    static result tap_##name params                                                                \
    {                                                                                              \
        plug__tap(PLUG__SYS_##name);                                                               \
        return behind->name args;                                                                  \
    }
#define TAP_VOID(result, name, params, args)                                                       \
    static result tap_##name params                                                                \
    {                                                                                              \
        plug__tap(PLUG__SYS_##name);                                                               \
        behind->name args;                                                                         \
    }
#define TAP_OWN(result, name, params, args)
#define TAP_OWN_READ(result, name, params, args)
#define TAP_OWN_WRITE(result, name, params, args)
#define TAP(kernel, tap, result, name, params, args, ...) TAP_##tap(result, name, params, args)
PLUG__SYS_ENTRIES(TAP)

/* clang-format off */
const struct plug_sys plug__tap_table = {
    .size = sizeof(struct plug_sys),
    .name = "tap",
#define ENTRY(kernel, tap, result, name, ...) .name = tap_##name,
    PLUG__SYS_ENTRIES(ENTRY)
#undef ENTRY
};
