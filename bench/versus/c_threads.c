/* SPDX-License-Identifier: MIT */
/* links: pthread */
/* A thread for each connection, blocking calls, the buffer on its stack. */
#include "versus.h"

#include <pthread.h>

static size_t room;

static void *serve(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char buf[room];
    ssize_t n;
    while ((n = recv(fd, buf, room, 0)) > 0)
        if (send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n)
            break;
    close(fd);
    return NULL;
}

int main(int argc, char **argv)
{
    int fd, listener = versus_listen(0);
    pthread_attr_t detached;
    room = versus_buffer(argc, argv);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        pthread_t t;
        errno = pthread_create(&t, &detached, serve, (void *)(intptr_t)fd);
        if (errno)
            die("pthread_create");
    }
    die("accept");
}
