/* SPDX-License-Identifier: MIT */
/*
 * Shows    handing an open file to another process that could not open it itself
 * Needs    nothing
 * Run      fd_passing [FILE]
 * Try with fd_passing /etc/hostname
 */
#include <plug.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child: it gets a descriptor and sends back what it reads there. */
static int child(struct plug_sock *s)
{
    char name[64];
    int fd;
    size_t count = 1;
    uint64_t sent;
    struct plug_msg m = {.buf = name, .len = sizeof name};
    ssize_t n = plug_sock_recv_fds(s, &m, &fd, &count, 0);
    if (n < 0 || count != 1)
        return n < 0 ? (int)n : PLUG_EEOF;
    int err = plug_sock_sendfile(s, fd, NULL, 0, &sent);
    close(fd);
    return err;
}

static int parent(struct plug_sock *s, int fd)
{
    char b[4096];
    struct plug_msg m = {.buf = (char *)"here", .len = 4}; /* a stream carries them beside bytes */
    ssize_t n = plug_sock_send_fds(s, &m, &fd, 1, 0);
    while (n > 0 && (n = plug_sock_recv(s, b, sizeof b, 0)) > 0)
        if (fwrite(b, 1, (size_t)n, stdout) < (size_t)n)
            return -EIO;
    return n < 0 ? (int)n : fflush(stdout) == 0 ? 0 : -EIO;
}

int main(int argc, char **argv)
{
    struct plug_sock *p[2];
    const char *name = argc > 1 ? argv[1] : "/etc/hostname";
    int status = 0, fd = open(name, O_RDONLY | O_CLOEXEC);
    int err = fd < 0 ? -errno : plug_sock_pair(p, AF_UNIX, SOCK_STREAM, 0);
    if (err >= 0) {
        pid_t pid = fork();
        plug_sock_close(p[pid == 0 ? 0 : 1]);
        if (pid == 0)
            _exit(child(p[1]) < 0);
        err = pid < 0 ? -errno : parent(p[0], fd);
        plug_sock_close(p[0]);
        if (pid > 0 && waitpid(pid, &status, 0) == pid && status != 0 && err >= 0)
            err = PLUG_EEOF;
    }
    if (err < 0)
        fprintf(stderr, "fd_passing: %s: %s\n", name, plug_strerror(err));
    return err < 0;
}
