/* SPDX-License-Identifier: MIT */
/*
 * Shows: an event loop with a timer that ticks and a signal that ends it.
 * Needs: nothing.
 * Run:   loop_timer_signal
 * Try:   kill -INT its process, or press Ctrl-C; without it, five ticks
 */
#include <plug.h>
#include <signal.h>
#include <stdio.h>

static void tick(struct plug_loop *l, struct plug_timer *t, void *arg)
{
    int *ticks = arg;

    printf("tick %d\n", ++*ticks);
    fflush(stdout);
    if (*ticks == 5) {
        plug_loop_timer_stop(l, t);
        plug_loop_stop(l);
    }
}

static void interrupted(struct plug_loop *l, int sig, void *arg)
{
    (void)arg;
    printf("signal %d\n", sig);
    plug_loop_stop(l);
}

int main(void)
{
    struct plug_loop *l;
    struct plug_timer timer = {0};
    int ticks = 0;
    int r = plug_loop_open(&l, PLUG_BACKEND_AUTO);

    if (r < 0) {
        fprintf(stderr, "loop: %s\n", plug_strerror(r));
        return 1;
    }
    r = plug_loop_every(l, &timer, PLUG_MS(200), tick, &ticks);
    if (r == 0)
        r = plug_loop_signal(l, SIGINT, interrupted, NULL);
    if (r == 0)
        r = plug_loop_run(l);
    plug_loop_close(l);
    if (r < 0)
        fprintf(stderr, "loop: %s\n", plug_strerror(r));
    return r < 0;
}
