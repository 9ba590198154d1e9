/* SPDX-License-Identifier: MIT */
/* The torture itself: tests that are wrong in each way it must notice, and how it tells them. */
#include "t.h"
#include "t_internal.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Whatever mode the environment asks for. */
static enum t_verdict torture_all(const struct t_case *c, char *ret_note, size_t len)
{
    const char *mode = getenv("PLUG_TORTURE");
    char before[40];
    enum t_verdict v;
    snprintf(before, sizeof before, "%s", mode ? mode : "all");
    setenv("PLUG_TORTURE", "all", 1);
    v = t_torture(c, ret_note, len);
    setenv("PLUG_TORTURE", before, 1);
    return v;
}

static void expect(t_fn *fn, enum t_verdict verdict, const char *note)
{
    if (t_torture_impossible())
        T_SKIP("%s", t_torture_impossible());
    const struct t_case c = {.name = "wrong", .fn = fn, .torture = true};
    char got[4000] = "";
    enum t_verdict v = torture_all(&c, got, sizeof got);
    T_EQ(v, verdict);
    if (!strstr(got, note))
        T_FAIL("\"%s\" is not in \"%s\"", note, got);
}

static void good(void)
{
    char *a = T_PTR(plug_strdup("a"));
    T_OWN(plug_free, a);
    t_own_fd((int)T_OK(plug_sys()->socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
}

static void leaks_memory(void)
{
    void *a = T_PTR(plug_alloc(1)), *b = T_PTR(plug_alloc(2));
    plug_free(a);
    plug_free(b);
}

static void leaks_descriptor(void)
{
    int fd = (int)T_OK(plug_sys()->eventfd(0, EFD_CLOEXEC));
    plug_free(T_PTR(plug_strdup("a")));
    close(fd);
}

static void crashes(void)
{
    volatile char *a = plug_alloc(1);
    if (!a)
        abort();
    plug_free((void *)a);
}

static void hangs(void)
{
    int fd;
    do
        fd = plug_sys()->socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    while (fd < 0);
    close(fd);
}

static void other_error(void)
{
    int fd = plug_sys()->eventfd(0, EFD_CLOEXEC);
    t_own_fd((int)T_OK(fd < 0 ? -ECONNRESET : fd));
}

static void wrong_value(void)
{
    int fd = plug_sys()->eventfd(0, EFD_CLOEXEC);
    if (fd >= 0)
        t_own_fd(fd);
    T_EQ(fd < 0 ? 7 : 8, 8);
}

static void in_thread(void *arg)
{
    (void)arg;
    t_own_fd((int)T_OK(plug_sys()->eventfd(0, EFD_CLOEXEC)));
}

static void threaded(void)
{
    t_thread(in_thread, NULL);
    t_join();
}

T_TEST_PLAIN(torture_passes_what_is_right)
{
    expect(good, T_PASSED, "2 of 2 calls fail");
    expect(threaded, T_PASSED, "1 of 1 calls");
}

T_TEST_PLAIN(torture_notices_leaks)
{
    expect(leaks_memory, T_FAILED, "leaked 1 blocks of memory\n#   PLUG_FAULT=\"*:2\"");
    expect(leaks_descriptor, T_FAILED, "leaked 1 descriptors");
}

T_TEST_PLAIN(torture_notices_crashes)
{
    expect(crashes, T_FAILED, "crashes: signal 6\n#   PLUG_FAULT=\"*:1\"");
}

T_TEST_PLAIN(torture_notices_hangs)
{
    expect(hangs, T_FAILED, " ms\n#   PLUG_FAULT=\"*:1+\"");
}

T_TEST_PLAIN(torture_notices_wrong_results)
{
    expect(other_error, T_FAILED, "ECONNRESET");
    expect(wrong_value, T_FAILED, "7, expected 8");
}
