/* SPDX-License-Identifier: MIT */
#include "child.h"
#include "t.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

void child_needs_plain_build(void)
{
#ifdef SANITIZED
    T_SKIP("the sanitizer has mappings and locks of its own");
#endif
}

void child_needs_segv(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before, now;

    sigaction(SIGSEGV, &ignore, &before);
    sigaction(SIGSEGV, &before, &now);
    if (now.sa_handler != SIG_IGN)
        T_SKIP("the sanitizer keeps SIGSEGV to itself");
}

static void in_child(void (*fn)(void), int stderr_fd)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};

    sigaction(SIGABRT, &usual, NULL);
    sigaction(SIGSEGV, &usual, NULL);
    dup2(stderr_fd, STDERR_FILENO);
    alarm(20);
    fn();
    _exit(0);
}

int child_run(void (*fn)(void), char *ret_stderr, size_t len)
{
    int fd[2], status = -1;
    size_t got = 0;
    ssize_t n = 1;
    char rest[64];

    T_EQ(pipe2(fd, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0)
        in_child(fn, fd[1]);
    close(fd[1]);
    while (n > 0) {
        bool room = got < len - 1;
        n = read(fd[0], room ? ret_stderr + got : rest, room ? len - 1 - got : sizeof rest);
        got += room && n > 0 ? (size_t)n : 0;
    }
    ret_stderr[got] = '\0';
    close(fd[0]);
    T_EQ(waitpid(pid, &status, 0), pid);
    return status;
}
