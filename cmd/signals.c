/* SPDX-License-Identifier: MIT */
/* A signal is remembered and told through a pipe; the command ends itself in order. */
#include "cmd.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>

static volatile sig_atomic_t arrived;
static int pipe_fd[2] = {-1, -1};
static void (*volatile told_fn)(void *arg);
static void *volatile told_arg;

static void remember(int number)
{
    int saved = errno;

    if (arrived) { /* another kind has come before: somebody is impatient */
        (void)raise(number);
        return;
    }
    arrived = number;
    if (pipe_fd[1] >= 0)
        (void)plug_sys_kernel()->write(pipe_fd[1], "", 1);
    if (told_fn)
        told_fn(told_arg);
    errno = saved;
}

/* A hang-up that was ignored at the start (nohup) stays ignored. SA_RESETHAND: a signal that
 * raises itself, or comes again, has its default effect, so an impatient Ctrl-C always works. */
static void catch (int number)
{
    struct sigaction now, old;

    if (number == SIGHUP && sigaction(number, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
        return;
    now = (struct sigaction){.sa_handler = remember, .sa_flags = SA_RESETHAND};
    sigemptyset(&now.sa_mask);
    (void)sigaction(number, &now, NULL);
}

static void unblock(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/*
 * The library's waiter ends with EINTR when a signal comes while it waits. This one also ends when
 * it came a moment before: the pipe is readable then. Once told, waits are as long as ever, for
 * what is left to be done in order.
 */
static int told;

static int wait_many(struct plug_waiter *w, struct pollfd *fds, size_t count, int64_t deadline)
{
    struct pollfd all[PLUG_WAIT_MAX + 1];
    int64_t left = plug_deadline_left(deadline);
    struct timespec time = {left / PLUG_S(1), left % PLUG_S(1)};
    int n;

    (void)w;
    memcpy(all, fds, count * sizeof *fds);
    all[count] = (struct pollfd){told ? -1 : pipe_fd[0], POLLIN, 0};
    n = plug_sys()->ppoll(all, count + 1, left == PLUG_FOREVER ? NULL : &time, NULL);
    if (n > 0 && all[count].revents) {
        told = arrived;
        return -EINTR;
    }
    if (n > 0)
        memcpy(fds, all, count * sizeof *fds);
    return n == 0 ? PLUG_ETIMEOUT : n;
}

static int wait_one(struct plug_waiter *w, int fd, short events, int64_t deadline)
{
    struct pollfd p = {fd, events, 0};
    int n = wait_many(w, &p, fd >= 0, deadline);

    if (n < 0)
        return n;
    return p.revents & POLLNVAL ? -EBADF : p.revents;
}

static struct plug_waiter waiter = {
    .size = sizeof waiter, .name = "command", .wait = wait_one, .wait_many = wait_many};

void cmd_signals_start(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGPIPE, &ignore, NULL);
    if (plug_sys()->pipe2(pipe_fd, O_CLOEXEC | O_NONBLOCK) < 0)
        pipe_fd[0] = pipe_fd[1] = -1;
    catch (SIGINT);
    catch (SIGTERM);
    catch (SIGHUP);
    unblock();
    (void)plug_waiter_set(&waiter);
    plug_eintr_set(true);
}

void cmd_signal_tell(void (*fn)(void *arg), void *arg)
{
    told_fn = NULL;
    told_arg = arg;
    told_fn = fn;
    if (fn && arrived)
        fn(arg);
}

int cmd_signal(void)
{
    return arrived;
}

int cmd_signal_exit(void)
{
    return 128 + arrived;
}

int cmd_signal_fd(void)
{
    return pipe_fd[0];
}
