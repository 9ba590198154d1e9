/* SPDX-License-Identifier: MIT */
/* A process for each connection, blocking calls, the buffer on its stack. */
#include "versus.h"

#include <sys/wait.h>

static void serve(int fd, size_t room)
{
    char buf[room];
    ssize_t n;
    while ((n = recv(fd, buf, room, 0)) > 0)
        if (send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n)
            break;
}

static void on_child(int sig)
{
    int before = errno;
    (void)sig;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = before;
}

int main(int argc, char **argv)
{
    int fd, listener = versus_listen(0);
    size_t room = versus_buffer(argc, argv);
    struct sigaction reap = {.sa_handler = on_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP};
    sigaction(SIGCHLD, &reap, NULL);
    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        pid_t child = need(fork(), "fork");
        if (child == 0) {
            close(listener);
            serve(fd, room);
            _exit(0);
        }
        close(fd);
    }
    die("accept");
}
