/* SPDX-License-Identifier: MIT */
#include "net/unix_file.h"
#include "base/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <string.h>
#include <sys/file.h>
#include <sys/un.h>

#define LOCK_TRIES 100
#define LOCK_PAUSE PLUG_MS(10)

struct plug__unix_file {
    dev_t dev;
    ino_t ino;
    pid_t pid; /* a forked child must not remove its parent's file */
    char path[sizeof(struct sockaddr_un)];
};

bool plug__unix_file_named(const struct plug_addr *addr)
{
    const struct sockaddr_un *un = (const struct sockaddr_un *)&addr->ss;
    return plug_addr_family(addr) == AF_UNIX &&
           addr->len > offsetof(struct sockaddr_un, sun_path) && un->sun_path[0] != '\0';
}

/* The path with its NUL, which a sockaddr of full length lacks. */
static void path_of(const struct plug_addr *addr, char path[sizeof(struct sockaddr_un)])
{
    const struct sockaddr_un *un = (const struct sockaddr_un *)&addr->ss;
    size_t len = strnlen(un->sun_path, sizeof un->sun_path);
    memcpy(path, un->sun_path, len);
    path[len] = '\0';
}

/* --- one at a time --------------------------------------------------------------------- */

static int open_directory(const char *path)
{
    char dir[sizeof(struct sockaddr_un)];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) + 1 : 0;
    memcpy(dir, path, len);
    dir[len] = '\0';
    return plug_sys()->openat(AT_FDCWD, len ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

/*
 * Between bind and listen a socket file looks abandoned. Holding the directory's lock from before
 * bind until after listen keeps processes that start together from removing each other's file.
 * A directory that cannot be opened for reading has no lock: -1, and we go on without.
 */
static int lock_directory(const char *path, int *ret_fd)
{
    int fd = open_directory(path);
    if (fd == -EACCES || fd == -EPERM) {
        *ret_fd = -1;
        return 0;
    }
    if (fd < 0)
        return fd;
    int r = plug_sys()->flock(fd, LOCK_EX | LOCK_NB);
    for (int i = 0; i < LOCK_TRIES && r == -EWOULDBLOCK; i++)
        if ((r = plug_sleep(LOCK_PAUSE)) >= 0)
            r = plug_sys()->flock(fd, LOCK_EX | LOCK_NB);
    if (r < 0) {
        plug_sys()->close(fd);
        return r == -EWOULDBLOCK ? -EADDRINUSE : r;
    }
    *ret_fd = fd;
    return 0;
}

/* --- taking over ----------------------------------------------------------------------- */

/* 1: nobody answers there; 0: somebody does; or the path is gone (-ENOENT). */
static int is_stale(const struct plug_sock *s, const struct plug_addr *addr)
{
    int fd = plug_sys()->socket(AF_UNIX, s->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fd;
    int r = plug_sys()->connect(fd, &addr->sa, addr->len);
    plug_sys()->close(fd);
    return r == -ECONNREFUSED ? 1 : r == -ENOENT ? r : 0;
}

/* The path is taken: 0 when it is free now, or was all the time. */
static int take_over(const struct plug_sock *s, const struct plug_addr *addr, const char *path)
{
    struct stat before, after;
    int r = plug_sys()->lstat(path, &before);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    if (!S_ISSOCK(before.st_mode))
        return -EEXIST;
    r = is_stale(s, addr);
    if (r <= 0)
        return r == 0 ? -EADDRINUSE : r == -ENOENT ? 0 : r;
    r = plug_sys()->lstat(path, &after);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    if (after.st_ino != before.st_ino || after.st_dev != before.st_dev)
        return -EADDRINUSE; /* somebody without the lock was quicker */
    return plug_sys()->unlink(path);
}

/*
 * The kernel gives the file the mode of the socket's inode less the umask, so fchmod before bind
 * means that it is never open wider than asked for, not even for a moment.
 */
static int bind_file(struct plug_sock *s, const struct plug_addr *addr, const char *path,
                     const struct plug_listen_opts *opts)
{
    int r = plug_sys()->fchmod(s->fd, opts->mode ? opts->mode : 0600);
    if (r < 0)
        return r;
    r = plug_sock_bind(s, addr);
    if (r != -EADDRINUSE || opts->keep_path)
        return r;
    r = take_over(s, addr, path);
    return r < 0 ? r : plug_sock_bind(s, addr);
}

/* What the umask took away is put back before anybody can connect. */
static int widen(const char *path, const struct stat *st, unsigned mode)
{
    return (st->st_mode & 07777) == mode ? 0 : plug_sys()->chmod(path, mode);
}

static int finish(struct plug_sock *s, struct plug__unix_file *file, int backlog, unsigned mode)
{
    struct stat st;
    int r = plug_sys()->lstat(file->path, &st);
    if (r < 0)
        return r;
    file->dev = st.st_dev;
    file->ino = st.st_ino;
    file->pid = plug_sys()->getpid();
    r = widen(file->path, &st, mode ? mode : 0600);
    return r < 0 || s->type == SOCK_DGRAM ? r : plug_sock_listen(s, backlog);
}

static int listen_locked(struct plug_sock *s, const struct plug_addr *addr, int backlog,
                         const struct plug_listen_opts *opts)
{
    struct plug__unix_file *file = plug_calloc(1, sizeof *file);
    if (!file)
        return -ENOMEM;
    path_of(addr, file->path);
    int r = bind_file(s, addr, file->path, opts);
    if (r >= 0 && (r = finish(s, file, backlog, opts->mode)) < 0)
        plug_sys()->unlink(file->path); /* ours: the lock is held, and nobody has connected yet */
    if (r < 0)
        plug_free(file);
    else
        s->file = file;
    return r;
}

int plug__unix_file_listen(struct plug_sock *s, const struct plug_addr *addr, int backlog,
                           const struct plug_listen_opts *opts)
{
    char path[sizeof(struct sockaddr_un)];
    int lock;
    path_of(addr, path);
    int r = lock_directory(path, &lock);
    if (r < 0)
        return r;
    r = listen_locked(s, addr, backlog, opts);
    if (lock >= 0)
        plug_sys()->close(lock); /* and unlocks */
    return r;
}

/* --- the end --------------------------------------------------------------------------- */

void plug__unix_file_remove(const struct plug__unix_file *file)
{
    struct stat st;
    if (!file || file->pid != plug_sys()->getpid() || plug_sys()->lstat(file->path, &st) < 0)
        return;
    if (st.st_ino == file->ino && st.st_dev == file->dev)
        plug_sys()->unlink(file->path);
}

void plug__unix_file_free(struct plug__unix_file *file)
{
    plug_free(file);
}
