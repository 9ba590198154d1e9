/* SPDX-License-Identifier: MIT */
/*
 * The pool of threads that wait for libc's look-ups.
 *
 * A job belongs to its caller until a worker takes it, then to both. Who leaves last frees it: the
 * caller of a finished job, the worker of an abandoned one. Its state changes under the lock only.
 * A finished job is announced by a byte into a pipe and by closing it: the byte also arrives when a
 * forked child holds a copy of the writing end, the hang-up also when the write fails.
 */
#include "net/lookup.h"
#include "base/assert.h"

#include <fcntl.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/resolve.h>
#include <plug/sys.h>
#include <plug/time.h>
#include <plug/trace.h>
#include <plug/wait.h>
#include <stddef.h>
#include <string.h>

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE, JOB_ABANDONED };

struct job {
    struct job *next; /* in the queue */
    enum job_state state;
    int pipe[2]; /* the caller waits for [0]; the worker closes [1] */
    plug__lookup_fn *fn;
    void *answer;
    int result;
    max_align_t question[];
};

/* Lives on the stack of its thread. */
struct worker {
    struct worker *next; /* among the idle */
    pthread_t thread;
    bool leave;
};

static struct {
    pthread_mutex_t lock; /* never held across a look-up, nor, by pthread_atfork, across a fork */
    pthread_cond_t wake;
    struct job *first;
    size_t queued;
    struct worker *idle;
    size_t idle_count;
    size_t workers; /* idle and busy */
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static pthread_once_t pool_once = PTHREAD_ONCE_INIT;

/* --- the pool ---------------------------------------------------------------------------- */

static void pool_empty(void)
{
    pthread_condattr_t attr;
    pool.first = NULL;
    pool.idle = NULL;
    pool.queued = pool.idle_count = pool.workers = 0;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&pool.wake, &attr);
    pthread_condattr_destroy(&attr);
}

static void pool_lock(void)
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
    pthread_atfork(pool_lock, pool_unlock, pool_child);
}

static void queue_add(struct job *job)
{
    struct job **p = &pool.first;
    while (*p) {
        p = &(*p)->next;
    }
    *p = job;
    pool.queued++;
}

static void queue_remove(struct job *job)
{
    for (struct job **p = &pool.first; *p; p = &(*p)->next) {
        if (*p == job) {
            *p = job->next;
            pool.queued--;
            return;
        }
    }
}

/* --- jobs -------------------------------------------------------------------------------- */

static void job_free(struct job *job)
{
    for (int i = 0; i < 2; i++) {
        if (job->pipe[i] >= 0) {
            plug_sys()->close(job->pipe[i]);
        }
    }
    plug_free(job->answer);
    plug_free(job);
}

static int job_new(struct job **ret_job, plug__lookup_fn *fn, const void *question, size_t len)
{
    struct job *job = plug_calloc(1, sizeof *job + len);
    if (!job) {
        return -ENOMEM;
    }
    int err = plug_sys()->pipe2(job->pipe, O_CLOEXEC | O_NONBLOCK);
    if (err < 0) {
        plug_free(job);
        return err;
    }
    job->fn = fn;
    memcpy(job->question, question, len);
    *ret_job = job;
    return 0;
}

/* Under the lock: after it the caller may free the job at any time. */
static void job_announce(struct job *job)
{
    job->state = JOB_DONE;
    if (plug_sys()->write(job->pipe[1], "", 1) < 0) {
        /* the hang-up that follows tells it as well */
    }
    plug_sys()->close(job->pipe[1]);
    job->pipe[1] = -1;
}

static void job_run(struct job *job)
{
    job->state = JOB_RUNNING;
    pool_unlock();
    int result = job->fn(job->question, &job->answer);
    pool_lock();
    job->result = result;
    if (job->state == JOB_ABANDONED) {
        job_free(job);
    } else {
        job_announce(job);
    }
}

static bool job_done(const struct job *job)
{
    pool_lock();
    bool done = job->state == JOB_DONE;
    pool_unlock();
    return done;
}

/* The caller is done with the job: takes its result if there is one, else err. */
static int job_leave(struct job *job, int err, void **ret_answer)
{
    bool owner = true;
    pool_lock();
    if (job->state == JOB_DONE) {
        err = job->result;
        if (err >= 0) {
            *ret_answer = job->answer;
            job->answer = NULL;
        }
    } else if (job->state == JOB_QUEUED) {
        queue_remove(job);
    } else {
        job->state = JOB_ABANDONED;
        owner = false;
        plug_trace(PLUG_TRACE_RESOLVE, __FILE__, __LINE__, "left to its worker: %s",
                   plug_strerror(err));
    }
    pool_unlock();
    if (owner) {
        job_free(job);
    }
    return err;
}

/* --- workers ----------------------------------------------------------------------------- */

static void idle_remove(struct worker *self)
{
    for (struct worker **p = &pool.idle; *p; p = &(*p)->next) {
        if (*p == self) {
            *p = self->next;
            pool.idle_count--;
            return;
        }
    }
}

/* Waits for work. False: this worker ends. Who told it to leave has unlinked it and joins it. */
static bool worker_idle(struct worker *self)
{
    int64_t end = plug_now() + PLUG_RESOLVE_IDLE;
    struct timespec until = {.tv_sec = end / PLUG_S(1), .tv_nsec = end % PLUG_S(1)};
    int err = 0;

    self->next = pool.idle;
    pool.idle = self;
    pool.idle_count++;
    while (!pool.first && !self->leave && err == 0) {
        err = pthread_cond_timedwait(&pool.wake, &pool.lock, &until);
    }
    if (self->leave) {
        return false;
    }
    idle_remove(self);
    if (pool.first) {
        return true;
    }
    pool.workers--;
    pthread_detach(self->thread);
    return false;
}

static void *worker_main(void *arg)
{
    struct worker self = {.thread = pthread_self()};
    (void)arg;
    pool_lock();
    do {
        while (pool.first) {
            struct job *job = pool.first;
            queue_remove(job);
            job_run(job);
        }
    } while (worker_idle(&self));
    pool_unlock();
    return NULL;
}

/* Somebody will take the job that was just queued: an idle worker, a new one, or a busy one. */
static int worker_provide(void)
{
    pthread_t thread;
    if (pool.queued <= pool.idle_count) {
        pthread_cond_signal(&pool.wake);
        return 0;
    }
    if (pool.workers == PLUG_RESOLVE_WORKERS) {
        return 0;
    }
    int err = plug_sys()->thread_create(&thread, worker_main, NULL);
    if (err >= 0) {
        pool.workers++;
    }
    return pool.workers ? 0 : err;
}

static int pool_submit(struct job *job)
{
    int err = PLUG_ELIMIT;
    pthread_once(&pool_once, pool_init);
    pool_lock();
    if (pool.queued < PLUG_RESOLVE_QUEUE) {
        queue_add(job);
        err = worker_provide();
        if (err < 0) {
            queue_remove(job);
        }
    }
    pool_unlock();
    return err;
}

/* --- the callers ------------------------------------------------------------------------- */

static int lookup_in_pool(plug__lookup_fn *fn, const void *question, size_t len, int64_t deadline,
                          void **ret_answer)
{
    struct job *job;
    int err = job_new(&job, fn, question, len);
    if (err < 0) {
        return err;
    }
    err = pool_submit(job);
    if (err < 0) {
        job_free(job);
        return err;
    }
    do {
        err = plug_wait(job->pipe[0], POLLIN, deadline);
    } while (err >= 0 && !job_done(job));
    return job_leave(job, err, ret_answer);
}

int plug__lookup(plug__lookup_fn *fn, const void *question, size_t len, int64_t deadline,
                 void **ret_answer)
{
    if (plug_wait_may_block(deadline) && !plug_waiter()->call) {
        return fn(question, ret_answer);
    }
    int64_t scope = plug_deadline_current();
    if (plug_deadline_left(scope < deadline ? scope : deadline) == 0) {
        return PLUG_ETIMEOUT;
    }
    return lookup_in_pool(fn, question, len, deadline, ret_answer);
}

int plug__name_copy(char *dst, const char *name, size_t max)
{
    size_t len = strnlen(name, max + 2);
    if (len > max && !(len == max + 1 && name[max] == '.')) {
        return PLUG_ELIMIT;
    }
    memcpy(dst, name, len);
    dst[len] = 0;
    return 0;
}

/* --- tidying ----------------------------------------------------------------------------- */

static void pool_end_idle(void)
{
    pthread_t ended[PLUG_RESOLVE_WORKERS];
    size_t count = 0;

    pool_lock();
    for (struct worker *w = pool.idle; w; w = w->next) {
        w->leave = true;
        ended[count++] = w->thread;
    }
    pool.idle = NULL;
    pool.idle_count = 0;
    pool.workers -= count;
    pthread_cond_broadcast(&pool.wake);
    pool_unlock();
    while (count) {
        pthread_join(ended[--count], NULL);
    }
}

static size_t pool_workers(void)
{
    pool_lock();
    size_t count = pool.workers;
    pool_unlock();
    return count;
}

size_t plug_resolve_trim(int64_t timeout)
{
    int64_t deadline = plug_deadline_after(timeout);
    size_t left;

    pthread_once(&pool_once, pool_init);
    for (;;) {
        pool_end_idle();
        left = pool_workers();
        if (!left || plug_deadline_left(deadline) == 0 || plug_sleep(PLUG_MS(1)) < 0) {
            return left;
        }
    }
}
