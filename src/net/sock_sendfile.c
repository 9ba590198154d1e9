/* SPDX-License-Identifier: MIT */
/* A file through a stream socket, by the kernel or by hand, never losing count. */
#include "net/sock_impl.h"
#include "base/assert.h"

#include <errno.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>
#include <unistd.h>

#define CHUNK      (1024u * 1024) /* most of one sendfile(2), so that deadlines are looked at */
#define COPY_CHUNK 16384          /* most that is read at once where the kernel will not */

struct sendfile {
    int file_fd;
    off_t *offset;
    uint64_t left; /* UINT64_MAX: to the end */
    uint64_t sent;
    int64_t deadline;
};

static size_t chunk(const struct sendfile *f, size_t max)
{
    return f->left < max ? (size_t)f->left : max;
}

static void count(struct sendfile *f, size_t n)
{
    f->sent += n;
    if (f->left != UINT64_MAX)
        f->left -= n;
}

static ssize_t sendfile_once(int fd, int dontwait, void *arg)
{
    struct sendfile *f = arg;
    (void)dontwait;
    return plug_sys()->sendfile(fd, f->file_fd, f->offset, chunk(f, CHUNK));
}

static int by_kernel(struct plug_sock *s, struct sendfile *f)
{
    while (f->left) {
        ssize_t n = plug__sock_try_nonblock(s, POLLOUT, f->deadline, sendfile_once, f);
        if (n <= 0)
            return (int)n;
        count(f, (size_t)n);
        int r = f->left ? plug__sock_expired(f->deadline) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

static ssize_t read_some(struct sendfile *f, void *buf, size_t len)
{
    ssize_t n;
    do
        n = f->offset ? plug_sys()->pread(f->file_fd, buf, len, *f->offset)
                      : plug_sys()->read(f->file_fd, buf, len);
    while (n == -EINTR && !plug_waiter()->own.return_eintr);
    return n;
}

/* Sends what was read and puts the position behind the last byte that went out. */
static int send_some(struct plug_sock *s, struct sendfile *f, const void *buf, size_t len)
{
    size_t sent = 0;
    int r = plug__sock_send_all(s, buf, len, f->deadline, &sent);
    count(f, sent);
    if (f->offset)
        *f->offset += (off_t)sent;
    else if (sent < len)
        plug_sys()->lseek(f->file_fd, (off_t)sent - (off_t)len, SEEK_CUR); /* not on a pipe */
    return r;
}

/* Something that cannot seek, a pipe or a terminal, may have nothing to read yet. */
static int await_input(const struct sendfile *f)
{
    int r = plug_wait(f->file_fd, POLLIN, f->deadline);
    return r == PLUG_ETIMEOUT && f->deadline == PLUG__TRY_ONCE ? -EAGAIN : r;
}

static int by_copy(struct plug_sock *s, struct sendfile *f)
{
    char buf[COPY_CHUNK];
    bool seeks = f->offset || plug_sys()->lseek(f->file_fd, 0, SEEK_CUR) >= 0;
    while (f->left) {
        ssize_t n = seeks ? 0 : await_input(f);
        if (n >= 0)
            n = read_some(f, buf, chunk(f, sizeof buf));
        if (n <= 0)
            return (int)n;
        int r = send_some(s, f, buf, (size_t)n);
        if (r < 0)
            return r;
    }
    return 0;
}

/* sendfile(2) cannot read this descriptor, or cannot write to this socket. */
static bool kernel_will_not(int r)
{
    return r == -EINVAL || r == -ENOSYS || r == -EOPNOTSUPP || r == -EOVERFLOW;
}

int plug_sock_sendfile(struct plug_sock *s, int file_fd, off_t *offset, uint64_t count,
                       uint64_t *ret_sent)
{
    PLUG_ASSERT(s);
    if (s->type != SOCK_STREAM)
        return -EOPNOTSUPP;
    struct sendfile f = {file_fd, offset, count ? count : UINT64_MAX, 0, plug__sock_deadline(s, 0)};
    int r = by_kernel(s, &f);
    if (kernel_will_not(r))
        r = by_copy(s, &f);
    if (r == 0 && count && f.left)
        r = PLUG_EEOF;
    if (ret_sent)
        *ret_sent = f.sent;
    return r;
}
