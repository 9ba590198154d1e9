/* SPDX-License-Identifier: MIT */
/* plug_serve: all in one, with the signals that end a program. */
#include "server/server_impl.h"

#include <errno.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <pthread.h>
#include <signal.h>

#define SERVED_MAX 64 /* servers of plug_serve at once */

static const int ending[] = {SIGINT, SIGTERM};
#define ENDING (sizeof ending / sizeof *ending)

static struct plug_server *_Atomic served[SERVED_MAX];
static pthread_mutex_t served_lock = PTHREAD_MUTEX_INITIALIZER; /* of the two below */
static size_t served_count;
static struct sigaction before[ENDING];

static void stop_all(int sig)
{
    (void)sig;
    for (size_t i = 0; i < SERVED_MAX; i++) {
        struct plug_server *s = atomic_load(&served[i]);
        if (s)
            plug_server_stop(s);
    }
}

static void give_back(size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)!plug_sys()->sigaction(ending[i], &before[i], NULL);
}

static int take_signals(void)
{
    struct sigaction action = {.sa_handler = stop_all, .sa_flags = SA_RESTART | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ENDING; i++) {
        int r = plug_sys()->sigaction(ending[i], &action, &before[i]);
        if (r < 0) {
            give_back(i);
            return r;
        }
    }
    return 0;
}

static int hear_signals(struct plug_server *s, size_t *ret_index)
{
    size_t i = 0;
    pthread_mutex_lock(&served_lock);
    while (i < SERVED_MAX && atomic_load(&served[i]))
        i++;
    int r = i == SERVED_MAX ? PLUG_ELIMIT : served_count ? 0 : take_signals();
    if (r >= 0) {
        served_count++;
        atomic_store(&served[i], s);
        *ret_index = i;
    }
    pthread_mutex_unlock(&served_lock);
    return r;
}

static void hear_no_more(size_t index)
{
    pthread_mutex_lock(&served_lock);
    if (--served_count == 0)
        give_back(ENDING);
    atomic_store(&served[index], NULL);
    pthread_mutex_unlock(&served_lock);
}

static int run(struct plug_server *s, bool signals)
{
    size_t index;
    if (!signals)
        return plug_server_run(s);
    int r = hear_signals(s, &index);
    if (r < 0)
        return r;
    r = plug_server_run(s);
    hear_no_more(index);
    return r;
}

int plug_serve(const char *endpoint, plug_handler_fn *handler, void *arg,
               const struct plug_server_opts *opts)
{
    struct plug_server *s;
    int r = plug_server_open(&s, handler, arg, opts);
    if (r < 0)
        return r;
    r = plug_server_listen(s, endpoint, NULL);
    if (r >= 0)
        r = run(s, !(opts && opts->signals_off));
    plug_server_close(s);
    return r;
}
