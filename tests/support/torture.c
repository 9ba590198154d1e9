/* SPDX-License-Identifier: MIT */
/*
 * Torture: runs a test again and again, each time under another fault plan, in child processes.
 *
 * One child runs plan after plan, because a fork for each would cost more than the test. When a
 * plan fails, crashes or hangs, it is tried once more in a child of its own, so that the reproducer
 * that is printed is known to work; then the next child goes on behind it.
 */
#include "t_internal.h"
#include "base/sys_tap.h"
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS_MAX    400 /* of one test; more are sampled evenly */
#define ERRNO_CALLS  16  /* calls of one entry that the errno matrix goes through */
#define SAMPLE       25
#define FAILURES_MAX 3 /* told of one test */
#define PLAN_MAX     64
#define LEAK_STATUS  98
#define HANG_MS      2000

#if defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#endif
#if defined __SANITIZE_THREAD__
#define THREAD_SANITIZED 1
#endif
#if defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZED 1
#endif
#endif

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

/* --- judging a result --------------------------------------------------------------------- */

static const char *tortured; /* the plan */

bool t_tortured(void)
{
    return tortured != NULL;
}

void t_whole_transfers(void)
{
    if (!tortured || !strpbrk(tortured, "(%"))
        return;
    t_judge(T_CLEAN, "");
    t_stop();
}

/* Errors that the interface documents for a cause inside: the injected one, and what is shown. */
static const struct {
    int injected, shown;
} mapped[] = {
    {-ENOMEM, PLUG_EAI_MEMORY},
};

/* The same, as the running test has said it. */
#define ACCEPTED_MAX 8
static int accepted[ACCEPTED_MAX];
static size_t accepted_count;

void t_accept(int err)
{
    if (accepted_count == ACCEPTED_MAX)
        t_fail(__FILE__, __LINE__, "more than %d accepted errors", ACCEPTED_MAX);
    accepted[accepted_count++] = err;
}

void t_accept_none(void)
{
    accepted_count = 0;
}

/* What the other end sees when a thread of the test ended at an injected fault. */
static const int consequences[] = {
    0 /* end of file */, -ECONNRESET,   -EPIPE,        PLUG_EEOF,
    PLUG_ETIMEOUT,       -ECONNREFUSED, -ECONNABORTED, -ENOTCONN,
};

static bool is_consequence(int64_t got)
{
    for (size_t i = 0; i < sizeof consequences / sizeof *consequences; i++)
        if (got == consequences[i])
            return true;
    return false;
}

static bool is_mapped(int injected, int64_t got)
{
    for (size_t i = 0; i < accepted_count; i++)
        if (accepted[i] == got)
            return true;
    for (size_t i = 0; i < sizeof mapped / sizeof *mapped; i++)
        if (mapped[i].injected == injected && mapped[i].shown == got)
            return true;
    return false;
}

bool t_injected(int64_t got)
{
    int errors[PLUG__FIRED_MAX];
    size_t n = tortured ? plug__fault_errors(errors, PLUG__FIRED_MAX) : 0;
    for (size_t i = 0; i < n; i++)
        if (got == errors[i] || is_mapped(errors[i], got))
            return true;
    return tortured && plug__fault_elsewhere() && is_consequence(got);
}

static void lay(const char *plan)
{
    size_t where = 0;
    if (plug_sys_fault(plan, &where) == 0)
        return;
    fprintf(stderr, "fault plan \"%s\": mistake at offset %zu\n", plan ? plan : "", where);
    abort();
}

enum t_verdict t_run_faulty(const struct t_case *c, const char *plan)
{
    enum t_verdict verdict;
    lay(plan);
    tortured = plan;
    verdict = t_run_case(c);
    tortured = NULL;
    lay(NULL);
    return verdict;
}

/* --- plans -------------------------------------------------------------------------------- */

struct plans {
    char (*text)[PLAN_MAX];
    size_t count, room;
};

static void add_plan(struct plans *p, const char *fmt, ...) PLUG_PRINTF(2, 3);
static void add_plan(struct plans *p, const char *fmt, ...)
{
    va_list ap;
    if (p->count == p->room) {
        p->room = p->room ? 2 * p->room : 256;
        p->text = realloc(p->text, p->room * sizeof *p->text);
        if (!p->text)
            abort();
    }
    va_start(ap, fmt);
    vsnprintf(p->text[p->count++], PLAN_MAX, fmt, ap);
    va_end(ap);
}

/* Each call fails: alone, and with all that follow. Returns how many calls that were. */
static size_t plan_calls(struct plans *p, uint64_t calls)
{
    uint64_t chosen = calls < CALLS_MAX ? calls : CALLS_MAX;
    for (uint64_t i = 0; i < chosen; i++) {
        uint64_t n = 1 + i * calls / chosen;
        add_plan(p, "*:%llu", (unsigned long long)n);
        add_plan(p, "*:%llu+", (unsigned long long)n);
    }
    return (size_t)chosen;
}

/* Nothing is lost, only cut up, delayed, interrupted. */
static void plan_transfers(struct plans *p)
{
    add_plan(p, "*:*=short(1)");
    add_plan(p, "*:*=short(7)");
    for (int seed = 1; seed <= 3; seed++) {
        add_plan(p, "seed:%d;*:50%%=EINTR", seed);
        add_plan(p, "seed:%d;*:30%%=EAGAIN", seed);
        add_plan(p, "seed:%d;*:30%%=EINTR;*:40%%=short(1)", seed);
    }
}

/* Every documented error of every entry that the test calls. */
static void plan_errors(struct plans *p, const uint64_t counts[PLUG__SYS_COUNT])
{
    for (int entry = 0; entry < PLUG__SYS_COUNT; entry++)
        for (uint64_t n = 1; n <= counts[entry] && n <= ERRNO_CALLS; n++)
            for (const int *e = plug__sys_info[entry].errors; *e; e++)
                add_plan(p, "%s:%llu=%s", plug__sys_info[entry].name, (unsigned long long)n,
                         plug_err_name(*e));
}

static void sample(struct plans *p, size_t wanted, uint64_t seed)
{
    char swap[PLAN_MAX];
    for (size_t i = 0; i < wanted && i < p->count; i++) {
        size_t j = i + (size_t)((seed = seed * 6364136223846793005u + 1442695040888963407u) >> 33) %
                           (p->count - i);
        memcpy(swap, p->text[i], PLAN_MAX);
        memcpy(p->text[i], p->text[j], PLAN_MAX);
        memcpy(p->text[j], swap, PLAN_MAX);
    }
    if (p->count > wanted)
        p->count = wanted;
}

/* --- children ----------------------------------------------------------------------------- */

/* What a child tells its parent, in memory that both see. */
static struct shared {
    uint64_t counts[PLUG__SYS_COUNT], calls;
    volatile size_t current; /* the plan that is running */
    enum t_verdict verdict;
    char message[sizeof t_run.message];
} * shared;

static void tell(enum t_verdict verdict)
{
    memcpy(shared->message, t_run.message, sizeof shared->message);
    shared->verdict = verdict;
}

static int leak_status(void)
{
    return __lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check() ? LEAK_STATUS : 0;
}

static int count_calls(const struct t_case *c)
{
    enum t_verdict verdict;
    plug_sys_record(true);
    verdict = t_run_case(c);
    plug_sys_record(false);
    for (int i = 0; i < PLUG__SYS_COUNT; i++)
        if (plug__sys_info[i].errors[0])
            shared->calls += shared->counts[i] = plug__recorded((enum plug__sys_entry)i);
    tell(verdict);
    return leak_status();
}

static int run_plans(const struct t_case *c, const struct plans *p, size_t last)
{
    for (; shared->current < last; shared->current++) {
        enum t_verdict verdict = t_run_faulty(c, p->text[shared->current]);
        if (verdict == T_FAILED) {
            tell(verdict);
            return 0;
        }
    }
    return leak_status();
}

/* How much slower than usual everything is. */
static int slowness(void)
{
#ifdef SANITIZED
    return 4;
#else
    const char *preload = getenv("LD_PRELOAD");
    return preload && strstr(preload, "vgpreload") ? 5 : 1;
#endif
}

/* cmocka's handlers would jump into its loop, in the child; these were there before it. */
static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS};
static struct sigaction handlers[sizeof crashes / sizeof *crashes];

void t_keep_handlers(void)
{
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        sigaction(crashes[i], NULL, &handlers[i]);
}

static void restore_handlers(void)
{
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        sigaction(crashes[i], &handlers[i], NULL);
}

/*
 * Waits for the child as long as it gets on; -1 when it had to be killed. alive is a pipe whose
 * other end is the child's: it ends with it. (A pidfd would do, but valgrind does not know it.)
 */
static int watch(pid_t pid, int alive, int64_t patience)
{
    int status, ms = (int)(patience / PLUG_MS(1));
    struct pollfd p = {.fd = alive, .events = POLLIN};
    size_t seen;
    bool ended;
    do {
        seen = shared->current;
        ended = poll(&p, 1, ms) > 0;
    } while (!ended && shared->current != seen);
    if (!ended)
        kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return ended ? status : -1;
}

/* Runs plans [first, last) (none: counts calls). True when all is well, else why is told. */
static bool in_child(const struct t_case *c, const struct plans *p, size_t first, size_t last,
                     int64_t patience)
{
    int status, alive[2];
    pid_t pid;
    shared->current = first;
    shared->verdict = T_PASSED;
    pid = pipe2(alive, O_CLOEXEC) < 0 ? -1 : fork();
    if (pid < 0)
        abort();
    if (pid == 0) {
        close(alive[0]);
        restore_handlers();
        _exit(p ? run_plans(c, p, last) : count_calls(c));
    }
    close(alive[1]);
    status = watch(pid, alive[0], patience);
    close(alive[0]);
    if (status == 0 || shared->verdict == T_FAILED)
        return shared->verdict != T_FAILED;
    shared->verdict = T_FAILED;
    if (status < 0)
        snprintf(shared->message, sizeof shared->message, "hangs for more than %lld ms",
                 (long long)(patience / PLUG_MS(1)));
    else if (WIFSIGNALED(status))
        snprintf(shared->message, sizeof shared->message, "crashes: signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) == LEAK_STATUS)
        snprintf(shared->message, sizeof shared->message, "leaks memory");
    else
        snprintf(shared->message, sizeof shared->message, "ends with status %d",
                 WEXITSTATUS(status));
    return false;
}

/* --- one test ----------------------------------------------------------------------------- */

struct job {
    const struct t_case *c;
    struct plans plans;
    int64_t patience;
    char *note;
    size_t len;
    unsigned failures;
};

static void tell_failure(struct job *j, size_t plan, const char *message, bool alone)
{
    size_t n = strlen(j->note);
    snprintf(j->note + n, j->len - n, "%s\n#   %s%s\n#   PLUG_FAULT=\"%s\" PLUG_SEED=%llu %s %s",
             n ? "" : "under injected faults:", message,
             alone ? "" : " (only behind the runs before it)", j->plans.text[plan],
             (unsigned long long)t_run.seed, t_run.program, j->c->name);
    j->failures++;
}

/* The first plan at or behind first that fails, told; the count of plans when none does. */
static size_t next_failure(struct job *j, size_t first)
{
    char message[sizeof shared->message];
    size_t at;
    if (in_child(j->c, &j->plans, first, j->plans.count, j->patience))
        return j->plans.count;
    at = shared->current;
    memcpy(message, shared->message, sizeof message);
    if (at < j->plans.count) {
        bool alone = !in_child(j->c, &j->plans, at, at + 1, 2 * j->patience);
        tell_failure(j, at, alone ? shared->message : message, alone);
        return at;
    }
    /* A leak shows only at the end of the child: each plan on its own tells which one. */
    for (at = first; at < j->plans.count; at++)
        if (!in_child(j->c, &j->plans, at, at + 1, j->patience))
            break;
    if (at < j->plans.count)
        tell_failure(j, at, shared->message, true);
    else
        tell_failure(j, first, message, false);
    return at;
}

static const char *mode(void)
{
    const char *m = getenv("PLUG_TORTURE");
    return m && *m ? m : "all";
}

bool t_torture_wanted(void)
{
    return strcmp(mode(), "off") != 0 && !getenv("PLUG_FAULT");
}

const char *t_torture_impossible(void)
{
#ifdef THREAD_SANITIZED
    return "it forks, which TSan does not follow";
#else
    return NULL;
#endif
}

static size_t make_plans(struct plans *p)
{
    size_t calls = (size_t)shared->calls;
    if (calls == 0)
        return 0;
    if (strcmp(mode(), "errno") == 0) {
        plan_errors(p, shared->counts);
        return calls;
    }
    calls = plan_calls(p, shared->calls);
    plan_transfers(p);
    if (strcmp(mode(), "sample") == 0)
        sample(p, SAMPLE, t_run.seed);
    return calls;
}

enum t_verdict t_torture(const struct t_case *c, char *ret_note, size_t len)
{
    struct job j = {.c = c, .note = ret_note, .len = len};
    int64_t before = plug_now();
    size_t calls;
    if (!shared)
        shared =
            mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        abort();
    memset(shared, 0, sizeof *shared);
    if (!in_child(c, NULL, 0, 0, PLUG_S(60))) {
        snprintf(ret_note, len, "with calls recorded: %s", shared->message);
        return T_FAILED;
    }
    j.patience = slowness() * PLUG_MS(HANG_MS) + 10 * (plug_now() - before);
    calls = make_plans(&j.plans);
    for (size_t i = 0; i < j.plans.count && j.failures < FAILURES_MAX; i++)
        i = next_failure(&j, i);
    if (j.failures == 0 && calls > 0)
        snprintf(ret_note, len, "%zu of %llu calls fail, %zu runs", calls,
                 (unsigned long long)shared->calls, j.plans.count);
    free(j.plans.text);
    return j.failures ? T_FAILED : T_PASSED;
}
