/* SPDX-License-Identifier: MIT */
/*
 * A job belongs to the pool from plug_offload until its done is called, or until it is revoked. The
 * queues and counts change under the lock only; no function of a caller runs under it.
 */
#include "base/offload.h"
#include "base/assert.h"
#include <errno.h>
#include <plug/err.h>
#include <plug/sys.h>

/* Lives on the stack of its thread. */
struct worker {
    struct worker *next; /* among the idle */
    pthread_t thread;
    bool leave;
};

static struct {
    pthread_mutex_t lock; /* held by pthread_atfork across a fork */
    pthread_cond_t wake;
    struct plug__lane *lanes;
    struct worker *idle;
    size_t idle_count;
    size_t starting;
    size_t workers; /* starting, idle and busy */
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static pthread_once_t pool_once = PTHREAD_ONCE_INIT;
static struct plug__lane work = {.limit = PLUG_OFFLOAD_THREADS, .room = PLUG_OFFLOAD_QUEUE};

/* --- the pool ---------------------------------------------------------------------------- */

static void pool_empty(void)
{
    pthread_condattr_t attr;

    for (struct plug__lane *l = pool.lanes; l; l = l->next) {
        l->first = l->last = NULL;
        l->waiting = l->running = 0;
    }
    pool.idle = NULL;
    pool.idle_count = pool.starting = pool.workers = 0;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&pool.wake, &attr);
    pthread_condattr_destroy(&attr);
}

static void lock_pool(void)
{
    int err = pthread_mutex_lock(&pool.lock);
    PLUG_ASSERT(err == 0);
}

static void pool_unlock(void)
{
    int err = pthread_mutex_unlock(&pool.lock);
    PLUG_ASSERT(err == 0);
}

/* A child of fork(2) has none of the threads: what they worked on stays with the parent. */
static void pool_child(void)
{
    pool_empty();
    pool_unlock();
}

static void pool_init(void)
{
    pool_empty();
    pthread_atfork(lock_pool, pool_unlock, pool_child);
}

static void pool_lock(void)
{
    pthread_once(&pool_once, pool_init);
    lock_pool();
}

/* --- lanes ------------------------------------------------------------------------------- */

static void lane_add(struct plug__lane *lane, struct plug_offload *job)
{
    if (!lane->used) {
        lane->used = true;
        lane->next = pool.lanes;
        pool.lanes = lane;
    }
    job->lane = lane;
    job->waits = true;
    job->next = NULL;
    job->before = lane->last;
    *(lane->last ? &lane->last->next : &lane->first) = job;
    lane->last = job;
    lane->waiting++;
}

static void lane_remove(struct plug_offload *job)
{
    struct plug__lane *lane = job->lane;

    *(job->before ? &job->before->next : &lane->first) = job->next;
    *(job->next ? &job->next->before : &lane->last) = job->before;
    job->waits = false;
    lane->waiting--;
}

/* How many waiting jobs of a lane may begin now. */
static size_t lane_may_begin(const struct plug__lane *l)
{
    size_t slots = l->limit > l->running ? l->limit - l->running : 0;

    return l->waiting < slots ? l->waiting : slots;
}

/* The next job that may begin; NULL: none. */
static struct plug_offload *next_job(void)
{
    for (struct plug__lane *l = pool.lanes; l; l = l->next)
        if (lane_may_begin(l))
            return l->first;
    return NULL;
}

/* After done the job is no longer the pool's. */
static void job_run(struct plug_offload *job)
{
    struct plug__lane *lane = job->lane;

    lane_remove(job);
    lane->running++;
    pool_unlock();
    job->done(job->fn(job->arg), job->done_arg);
    lock_pool();
    lane->running--;
}

/* --- workers ----------------------------------------------------------------------------- */

static void idle_remove(struct worker *self)
{
    for (struct worker **p = &pool.idle; *p; p = &(*p)->next)
        if (*p == self) {
            *p = self->next;
            pool.idle_count--;
            return;
        }
}

/* Waits for work. False: this worker ends. Who told it to leave has unlinked it and joins it. */
static bool worker_idle(struct worker *self)
{
    int64_t end = plug_now() + PLUG_OFFLOAD_IDLE;
    struct timespec until = {.tv_sec = end / PLUG_S(1), .tv_nsec = end % PLUG_S(1)};
    int err = 0;

    self->next = pool.idle;
    pool.idle = self;
    pool.idle_count++;
    while (!next_job() && !self->leave && err == 0)
        err = pthread_cond_timedwait(&pool.wake, &pool.lock, &until);
    if (self->leave)
        return false;
    idle_remove(self);
    if (next_job())
        return true;
    pool.workers--;
    pthread_detach(self->thread);
    return false;
}

static void *worker_main(void *arg)
{
    struct worker self = {.thread = pthread_self()};
    struct plug_offload *job;

    (void)arg;
    lock_pool();
    pool.starting--;
    do
        while ((job = next_job()))
            job_run(job);
    while (worker_idle(&self));
    pool_unlock();
    return NULL;
}

/*
 * Somebody will take each job that may begin: an idle worker, a new one, or a busy one when it is
 * done. Fails when there is nobody at all. So there are never more busy workers than the limits of
 * all lanes together.
 */
static int workers_provide(void)
{
    size_t wanted = 0;
    int err = 0;

    for (struct plug__lane *l = pool.lanes; l; l = l->next)
        wanted += lane_may_begin(l);
    for (size_t i = 0; i < wanted && i < pool.idle_count; i++)
        pthread_cond_signal(&pool.wake);
    while (wanted > pool.idle_count + pool.starting && err >= 0) {
        pthread_t thread;
        err = plug_sys()->thread_create(&thread, worker_main, NULL);
        if (err >= 0) {
            pool.starting++;
            pool.workers++;
        }
    }
    return pool.workers ? 0 : err;
}

/* --- the callers ------------------------------------------------------------------------- */

int plug__offload_in(struct plug__lane *lane, struct plug_offload *job)
{
    int err = PLUG_ELIMIT;

    pool_lock();
    if (lane->waiting < lane->room) {
        lane_add(lane, job);
        err = workers_provide();
        if (err < 0)
            lane_remove(job);
    }
    pool_unlock();
    return err;
}

int plug_offload(struct plug_offload *job, int (*fn)(void *arg), void *arg,
                 void (*done)(int result, void *arg), void *done_arg)
{
    *job = (struct plug_offload){.fn = fn, .arg = arg, .done = done, .done_arg = done_arg};
    return plug__offload_in(&work, job);
}

bool plug_offload_revoke(struct plug_offload *job)
{
    bool waits;

    pool_lock();
    waits = job->waits;
    if (waits)
        lane_remove(job);
    pool_unlock();
    return waits;
}

int plug_offload_limit(unsigned threads)
{
    if (threads < 1 || threads > PLUG_OFFLOAD_THREADS_MAX)
        return -EINVAL;
    pool_lock();
    work.limit = threads;
    (void)workers_provide(); /* without a new thread the others take what waits */
    pool_unlock();
    return 0;
}

size_t plug__offload_idle(void)
{
    size_t count;

    pool_lock();
    count = pool.idle_count;
    pool_unlock();
    return count;
}

/* Unlinks idle workers and tells them to leave, unless a job may begin: they will take that. */
static size_t idle_take(pthread_t *ret, size_t max)
{
    size_t count = 0;

    while (pool.idle && count < max && !next_job()) {
        struct worker *w = pool.idle;
        pool.idle = w->next;
        pool.idle_count--;
        pool.workers--;
        w->leave = true;
        ret[count++] = w->thread;
    }
    return count;
}

static void end_idle(void)
{
    pthread_t ended[PLUG_OFFLOAD_THREADS_MAX];
    size_t count;

    pool_lock();
    count = idle_take(ended, PLUG_OFFLOAD_THREADS_MAX);
    pthread_cond_broadcast(&pool.wake);
    pool_unlock();
    while (count)
        pthread_join(ended[--count], NULL);
}

static size_t workers_left(void)
{
    size_t count;

    pool_lock();
    count = pool.workers;
    pool_unlock();
    return count;
}

size_t plug_offload_trim(int64_t timeout)
{
    int64_t deadline = plug_deadline_after(timeout);
    size_t left;

    for (;;) {
        end_idle();
        left = workers_left();
        if (!left || plug_deadline_left(deadline) == 0 || plug_sleep(PLUG_MS(1)) < 0)
            return left;
    }
}
