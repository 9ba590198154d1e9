/* SPDX-License-Identifier: MIT */
/*
 * Look-ups in the pool, with the caller's deadline.
 *
 * A job has two holders, its caller and the pool; who lets go last frees it, so that a caller may
 * leave while libc still looks. A finished job is announced by a byte into a pipe and by closing
 * it: the byte also arrives when a forked child holds a copy of the writing end, the hang-up also
 * when the write fails.
 */
#include "net/lookup.h"
#include "base/offload.h"

#include <fcntl.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/resolve.h>
#include <plug/sys.h>
#include <plug/time.h>
#include <plug/trace.h>
#include <plug/wait.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

struct job {
    struct plug_offload offload;
    atomic_int holders;
    atomic_bool done; /* result and answer are there */
    int pipe[2];      /* the caller waits for [0]; the pool closes [1] */
    plug__lookup_fn *fn;
    void *answer;
    int result;
    max_align_t question[];
};

static struct plug__lane lane = {.limit = PLUG_RESOLVE_WORKERS, .room = PLUG_RESOLVE_QUEUE};

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

static void job_let_go(struct job *job)
{
    if (atomic_fetch_sub(&job->holders, 1) == 1) {
        job_free(job);
    }
}

static int job_run(void *arg)
{
    struct job *job = arg;
    return job->fn(job->question, &job->answer);
}

static void job_done(int result, void *arg)
{
    struct job *job = arg;
    job->result = result;
    atomic_store(&job->done, true);
    if (plug_sys()->write(job->pipe[1], "", 1) < 0) {
        /* the hang-up that follows tells it as well */
    }
    plug_sys()->close(job->pipe[1]);
    job->pipe[1] = -1;
    job_let_go(job);
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
    job->offload =
        (struct plug_offload){.fn = job_run, .arg = job, .done = job_done, .done_arg = job};
    job->fn = fn;
    memcpy(job->question, question, len);
    atomic_init(&job->holders, 2);
    *ret_job = job;
    return 0;
}

/* The caller is done with the job: takes its result if there is one, else err. */
static int job_leave(struct job *job, int err, void **ret_answer)
{
    bool revoked = plug_offload_revoke(&job->offload);
    if (atomic_load(&job->done)) {
        err = job->result;
        if (err >= 0) {
            *ret_answer = job->answer;
            job->answer = NULL;
        }
    } else if (!revoked) {
        plug_trace(PLUG_TRACE_RESOLVE, __FILE__, __LINE__, "left to its worker: %s",
                   plug_strerror(err));
    }
    if (revoked) {
        job_let_go(job);
    }
    job_let_go(job);
    return err;
}

static int lookup_in_pool(plug__lookup_fn *fn, const void *question, size_t len, int64_t deadline,
                          void **ret_answer)
{
    struct job *job;
    int err = job_new(&job, fn, question, len);
    if (err < 0) {
        return err;
    }
    err = plug__offload_in(&lane, &job->offload);
    if (err < 0) {
        job_free(job);
        return err;
    }
    do {
        err = plug_wait(job->pipe[0], POLLIN, deadline);
    } while (err >= 0 && !atomic_load(&job->done));
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

size_t plug_resolve_trim(int64_t timeout)
{
    return plug_offload_trim(timeout);
}
