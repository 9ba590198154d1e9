/* SPDX-License-Identifier: MIT */
/* The test frame: registration, checks, owned objects, invariants. See t.h. */
#include "t_internal.h"
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CASES_MAX 1024
#define OWNED_MAX 1024

static struct t_case cases[CASES_MAX];
static size_t case_count;

struct t_run t_run;
static uint64_t random_state;

void t_register(const char *name, t_fn *fn, bool torture)
{
    if (case_count == CASES_MAX) {
        fprintf(stderr, "more than %d tests in one program\n", CASES_MAX);
        abort();
    }
    cases[case_count++] = (struct t_case){.name = name, .fn = fn, .torture = torture};
}

/* --- checks ---------------------------------------------------------------------------- */

static pthread_t main_thread;
static __thread bool fibers_left;
static pthread_mutex_t judge_lock = PTHREAD_MUTEX_INITIALIZER;

bool t_in_main(void)
{
    return pthread_equal(pthread_self(), main_thread);
}

void t_judge(enum t_verdict verdict, const char *message)
{
    static const int weight[] = {[T_PASSED] = 0, [T_CLEAN] = 1, [T_SKIPPED] = 2, [T_FAILED] = 3};

    pthread_mutex_lock(&judge_lock);
    /* Once a check has ended one fiber, others fail only because of that. */
    if (!fibers_left && weight[verdict] > weight[t_run.verdict]) {
        t_run.verdict = verdict;
        snprintf(t_run.message, sizeof t_run.message, "%s", message);
    }
    pthread_mutex_unlock(&judge_lock);
}

/* What is owned is ended before the jump, while the frames it may point into still stand. */
void t_stop(void)
{
    if (plug_fiber_self()) {
        fibers_left = true;
        t_leave_fiber();
    }
    t_end_owned();
    if (!t_in_main())
        pthread_exit(NULL);
    longjmp(t_run.out, 1);
}

void t_fail(const char *file, int line, const char *fmt, ...)
{
    char message[sizeof t_run.message];
    int n = snprintf(message, sizeof message, "%s:%d: ", file, line);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message + n, sizeof message - (size_t)n, fmt, ap);
    va_end(ap);
    t_judge(T_FAILED, message);
    t_stop();
}

void t_skip(const char *fmt, ...)
{
    char message[sizeof t_run.message];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    t_judge(T_SKIPPED, message);
    t_stop();
}

/* Leaves the test when got is what an injected fault makes of it. */
static void leave_if_injected(int64_t got)
{
    if (!t_injected(got))
        return;
    t_judge(T_CLEAN, "");
    t_stop();
}

int64_t t_ok(int64_t got, const char *what, const char *file, int line)
{
    if (got >= 0)
        return got;
    leave_if_injected(got);
    t_fail(file, line, "%s: %s (%s)", what, plug_err_name((int)got), plug_strerror((int)got));
}

void t_err(int64_t got, int64_t want, const char *what, const char *file, int line)
{
    /* Also when it is the expected one: who can tell which of the two it was? */
    leave_if_injected(got);
    if (got == want)
        return;
    if (got < 0)
        t_fail(file, line, "%s: %s, expected %s", what, plug_err_name((int)got),
               plug_err_name((int)want));
    t_fail(file, line, "%s: %lld, expected %s", what, (long long)got, plug_err_name((int)want));
}

void t_eq(int64_t got, int64_t want, const char *what, const char *file, int line)
{
    if (got == want)
        return;
    leave_if_injected(got);
    t_fail(file, line, "%s: %lld, expected %lld", what, (long long)got, (long long)want);
}

void t_true(bool cond, const char *what, const char *file, int line)
{
    if (!cond)
        t_fail(file, line, "not true: %s", what);
}

void *t_ptr(void *got, const char *what, const char *file, int line)
{
    if (got)
        return got;
    leave_if_injected(-ENOMEM);
    t_fail(file, line, "%s is NULL", what);
}

void t_str(const char *got, const char *want, const char *what, const char *file, int line)
{
    if (!got || strcmp(got, want) != 0)
        t_fail(file, line, "%s: \"%s\", expected \"%s\"", what, got ? got : "(null)", want);
}

void t_mem(const void *got, const void *want, size_t n, const char *what, const char *file,
           int line)
{
    const uint8_t *g = got, *w = want;
    for (size_t i = 0; i < n; i++)
        if (g[i] != w[i])
            t_fail(file, line, "%s: byte %zu of %zu is 0x%02x, expected 0x%02x", what, i, n, g[i],
                   w[i]);
}

/* --- owned objects --------------------------------------------------------------------- */

/* Each thread has its own; all of them end with the thread that registered them. */
static __thread struct owned {
    void (*fn)(void *);
    void *object;
} owned[OWNED_MAX];
static __thread size_t owned_count;

void t_own(void (*fn)(void *), void *object)
{
    if (owned_count == OWNED_MAX)
        t_fail(__FILE__, __LINE__, "more than %d owned objects in one test", OWNED_MAX);
    owned[owned_count++] = (struct owned){fn, object};
}

void t_disown(void *object)
{
    for (size_t i = owned_count; i-- > 0;)
        if (owned[i].object == object) {
            owned[i].fn = NULL;
            return;
        }
}

static void close_fd(void *fd)
{
    close((int)(intptr_t)fd);
}

void t_own_fd(int fd)
{
    t_own(close_fd, (void *)(intptr_t)fd);
}

static void end_buf(void *arg)
{
    plug_buf_clear(arg);
    free(arg);
}

struct plug_buf *t_buf(size_t max)
{
    struct plug_buf *b = malloc(sizeof *b);
    if (!b)
        abort();
    plug_buf_init(b, max);
    t_own(end_buf, b);
    return b;
}

void t_end_owned(void)
{
    while (owned_count > 0) {
        struct owned o = owned[--owned_count];
        if (o.fn)
            o.fn(o.object);
    }
}

/* --- guarded memory -------------------------------------------------------------------- */

struct guarded {
    void *base;
    size_t size;
};

static void unmap_guarded(void *arg)
{
    struct guarded *g = arg;
    munmap(g->base, g->size);
    free(g);
}

void *t_guarded_room(size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (len + page - 1) / page * page;
    struct guarded *g = malloc(sizeof *g);
    g->size = room + page;
    g->base = mmap(NULL, g->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (g->base == MAP_FAILED || mprotect((char *)g->base + room, page, PROT_NONE) != 0) {
        perror("guard page");
        abort();
    }
    t_own(unmap_guarded, g);
    return (char *)g->base + room - len;
}

void *t_guarded(const void *bytes, size_t len)
{
    void *p = t_guarded_room(len);
    if (len > 0)
        memcpy(p, bytes, len);
    return p;
}

/* --- random numbers: splitmix64 -------------------------------------------------------- */

uint64_t t_random(void)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t t_below(uint64_t below)
{
    return below ? t_random() % below : 0;
}

static uint64_t choose_seed(void)
{
    const char *text = getenv("PLUG_SEED");
    uint64_t seed;
    if (text && plug_uint_parse(text, strlen(text), UINT64_MAX, &seed) == 0)
        return seed;
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_nsec ^ ((uint64_t)ts.tv_sec << 20) ^ (uint64_t)getpid();
}

/* --- invariants ------------------------------------------------------------------------ */

static int count_entries(const char *path)
{
    DIR *d = opendir(path);
    if (!d)
        return -1;
    int n = 0;
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static struct t_census take_census(void)
{
    struct plug_alloc_stats s;
    plug_alloc_stats(&s);
    return (struct t_census){.fds = count_entries("/proc/self/fd"),
                             .threads = count_entries("/proc/self/task"),
                             .blocks = s.live};
}

static bool has_children(void)
{
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* A thread that has been joined may still show in /proc for a moment. */
static struct t_census settled_census(const struct t_census *before)
{
    struct t_census now = take_census();
    for (int i = 0; i < 200 && now.threads > before->threads; i++) {
        usleep(1000);
        now = take_census();
    }
    return now;
}

static void check_invariants(const struct t_census *before)
{
    struct t_census now = settled_census(before);
    char leak[100] = "", message[sizeof t_run.message + sizeof leak + 2];
    if (now.fds != before->fds)
        snprintf(leak, sizeof leak, "leaked %d descriptors", now.fds - before->fds);
    else if (now.threads > before->threads)
        snprintf(leak, sizeof leak, "leaked %d threads", now.threads - before->threads);
    else if (now.blocks != before->blocks)
        snprintf(leak, sizeof leak, "leaked %lld blocks of memory",
                 (long long)(now.blocks - before->blocks));
    else if (has_children())
        snprintf(leak, sizeof leak, "left a child process behind");
    else
        return;
    snprintf(message, sizeof message, "%s%s%s", t_run.message, *t_run.message ? "; " : "", leak);
    t_run.verdict = T_PASSED;
    t_judge(T_FAILED, message);
}

/* --- running --------------------------------------------------------------------------- */

enum t_verdict t_run_case(const struct t_case *c)
{
    struct plug_waiter *w;
    t_run.verdict = T_PASSED;
    t_run.message[0] = 0;
    fibers_left = false;
    random_state = t_run.seed;
    t_accept_none();
    main_thread = pthread_self();
    struct t_census before = take_census();
    if (setjmp(t_run.out) == 0)
        c->fn();
    t_end_owned();
    /* A test that was cut short may have left a plan, a table, a waiter or a deadline scope in
     * place. */
    (void)!plug_sys_fault(NULL, NULL);
    (void)!plug_sys_set(NULL);
    plug_waiter_set(NULL);
    w = plug_waiter();
    w->own.scope = NULL;
    w->own.defer = NULL;
    w->own.return_eintr = false;
    plug_offload_trim(PLUG_S(2)); /* idle workers are no leak; one that hangs is */
    check_invariants(&before);
    return t_run.verdict;
}

/* An exact name stands for that test alone, anything else for all that contain it. */
static size_t select_cases(const char *only)
{
    size_t n = 0;
    bool exact = false;
    for (size_t i = 0; only && i < case_count; i++)
        exact |= strcmp(cases[i].name, only) == 0;
    for (size_t i = 0; i < case_count; i++)
        if (!only ||
            (exact ? strcmp(cases[i].name, only) == 0 : strstr(cases[i].name, only) != NULL))
            cases[n++] = cases[i];
    return n;
}

static void *end_at_once(void *arg)
{
    return arg;
}

/* TSan starts a thread of its own with the first one: it must not look like a test's leak. */
static void first_thread(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, end_at_once, NULL) == 0)
        pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
    first_thread();
    t_keep_handlers();
    t_run.seed = choose_seed();
    t_run.program = argv[0];
    return t_report(cases, select_cases(argc > 1 ? argv[1] : NULL));
}
