/* SPDX-License-Identifier: MIT */
/* A signal is remembered and told through a pipe; the command ends itself in order. */
#include "cmd.h"
#include <fcntl.h>
#include <signal.h>

static volatile sig_atomic_t arrived;
static int pipe_fd[2] = {-1, -1};

static void remember(int number)
{
    int saved = errno;

    arrived = number;
    if (pipe_fd[1] >= 0)
        (void)plug_sys_kernel()->write(pipe_fd[1], "", 1);
    errno = saved;
}

/* A hang-up that was ignored at the start (nohup) stays ignored. SA_RESETHAND: the second signal of
 * a kind has its default effect, so an impatient Ctrl-C always works. */
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
    plug_eintr_set(true);
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
