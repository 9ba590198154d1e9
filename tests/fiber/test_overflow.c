/* SPDX-License-Identifier: MIT */
/* A fiber that runs into the guard of its stack is named; then all goes its usual way. */
#include "child.h"
#include "t.h"
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool died(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

__attribute__((noinline)) static int deeper(volatile int *n)
{
    volatile char room[512];
    memset((char *)room, *n, sizeof room);
    ++*n;
    return *n < INT_MAX ? deeper(n) + room[0] : 0;
}

static int overflow(void *arg)
{
    volatile int n = 0;
    (void)arg;
    plug_fiber_rename("dig\x1b");
    return deeper(&n);
}

static void overflow_main(void)
{
    (void)!plug_fiber_run(overflow, NULL, NULL);
}

static int spawn_overflow(void *arg)
{
    struct plug_scope s;
    plug_scope_open(&s, PLUG_FOREVER);
    (void)!plug_fiber_spawn(&s, overflow, arg, NULL, NULL);
    return plug_scope_close(&s);
}

static void overflow_small(void)
{
    struct plug_fiber_opts o = PLUG_FIBER_OPTS;
    o.stack = 128 * 1024;
    (void)!plug_fiber_run(spawn_overflow, NULL, &o);
}

T_TEST_PLAIN(overflow_names_the_fiber)
{
    child_needs_segv();
    char text[4096];
    T_TRUE(died(child_run(overflow_main, text, sizeof text)));
    if (!strstr(text, "plug: fiber dig\\e overflowed its 64 KiB stack\n"))
        T_FAIL("not named: %s", text);
    T_TRUE(died(child_run(overflow_small, text, sizeof text)));
    if (!strstr(text, "plug: fiber dig\\e overflowed its 128 KiB stack\n"))
        T_FAIL("not named: %s", text);
}

/* --- other faults, other handlers ------------------------------------------------------------- */

static char *nowhere(void)
{
    return (char *)t_guarded_room(1) + 1;
}

static int fault(void *arg)
{
    (void)arg;
    return *(volatile char *)nowhere();
}

static void fault_elsewhere(void)
{
    (void)!plug_fiber_run(fault, NULL, NULL);
}

static int send_fault(void *arg)
{
    (void)arg;
    kill(getpid(), SIGSEGV);
    return 0;
}

static void fault_that_is_sent(void)
{
    (void)!plug_fiber_run(send_fault, NULL, NULL);
}

T_TEST_PLAIN(overflow_is_not_every_fault)
{
    child_needs_segv();
    char text[4096];
    T_TRUE(died(child_run(fault_elsewhere, text, sizeof text)));
    T_TRUE(!strstr(text, "overflowed"));
    T_TRUE(died(child_run(fault_that_is_sent, text, sizeof text)));
    T_TRUE(!strstr(text, "overflowed"));
}

static void former(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)info, (void)context;
    _exit(write(STDERR_FILENO, "former\n", 7) == 7 ? 33 : 1);
}

static void overflow_with_a_handler(void)
{
    struct sigaction action = {.sa_sigaction = former, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    overflow_main();
}

static void former_plain(int sig)
{
    former(sig, NULL, NULL);
}

static void overflow_with_a_plain_handler(void)
{
    struct sigaction action = {.sa_handler = former_plain};
    sigaction(SIGSEGV, &action, NULL);
    overflow_main();
}

static void overflow_although_ignored(void)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigaction(SIGSEGV, &action, NULL);
    fault_that_is_sent(); /* nothing */
    overflow_main();
}

T_TEST_PLAIN(overflow_hands_on_to_the_former_handler)
{
    child_needs_segv();
    char text[4096];
    int status = child_run(overflow_with_a_handler, text, sizeof text);
    T_TRUE(WIFEXITED(status));
    T_EQ(WEXITSTATUS(status), 33);
    T_STR(text, "plug: fiber dig\\e overflowed its 64 KiB stack\nformer\n");
    status = child_run(overflow_with_a_plain_handler, text, sizeof text);
    T_TRUE(WIFEXITED(status));
    T_EQ(WEXITSTATUS(status), 33);
    T_TRUE(died(child_run(overflow_although_ignored, text, sizeof text)));
    T_STR(text, "plug: fiber dig\\e overflowed its 64 KiB stack\n");
}

/* --- only while schedulers run ---------------------------------------------------------------- */

static void (*handler_now(void))(int, siginfo_t *, void *)
{
    struct sigaction now;
    sigaction(SIGSEGV, NULL, &now);
    return now.sa_sigaction;
}

static void (*before)(int, siginfo_t *, void *);

static int look(void *nested)
{
    (void)nested;
    T_TRUE(handler_now() != before);
    return 0;
}

static void run_too(void *unused)
{
    (void)unused;
    T_OK(plug_fiber_run(look, NULL, NULL));
}

T_TEST(overflow_handler_goes_with_the_last_scheduler)
{
    child_needs_segv();
    before = handler_now();
    T_OK(plug_fiber_run(look, NULL, NULL));
    T_TRUE(handler_now() == before);
    t_thread(run_too, NULL);
    t_thread(run_too, NULL);
    t_join();
    T_TRUE(handler_now() == before);
}

static void later(int sig, siginfo_t *info, void *context)
{
    former(sig, info, context);
}

static int lay_over(void *arg)
{
    struct sigaction action = {.sa_sigaction = later, .sa_flags = SA_SIGINFO};
    (void)arg;
    sigaction(SIGSEGV, &action, NULL);
    return 0;
}

static void handler_laid_over_stays(void)
{
    (void)!plug_fiber_run(lay_over, NULL, NULL);
    if (handler_now() != later)
        _exit(1);
    (void)!plug_fiber_run(look, NULL, NULL);
    if (handler_now() != later)
        _exit(2);
    *(volatile char *)nowhere() = 1;
}

T_TEST_PLAIN(overflow_leaves_a_handler_over_its_own)
{
    child_needs_segv();
    char text[4096];
    int status = child_run(handler_laid_over_stays, text, sizeof text);
    T_TRUE(WIFEXITED(status));
    T_EQ(WEXITSTATUS(status), 33);
}
