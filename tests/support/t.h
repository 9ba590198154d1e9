/* SPDX-License-Identifier: MIT */
#ifndef T_H
#define T_H
/*
 * The test frame, over cmocka.
 *
 * A test file is tests/LAYER/test_NAME.c; it becomes its own program. Each test registers itself:
 *
 *     T_TEST(addr_parses_ipv6)
 *     {
 *         struct plug_addr a;
 *         T_OK(plug_addr_parse("[::1]:80", &a));
 *         T_EQ(plug_addr_port(&a), 80);
 *         T_ERR(plug_addr_parse("[::1", &a), PLUG_EADDR);
 *     }
 *
 * Every object a test makes is handed to t_own, so that it is ended whether the test passes, fails
 * or is cut short by an injected fault. After each test the frame checks that descriptors, threads,
 * children, and live allocations are back to what they were.
 *
 * A check that fails on a fiber ends that fiber and cancels all others of its scheduler; the test
 * goes on behind plug_fiber_run with the verdict taken.
 *
 * Torture: the frame counts the fallible calls of each T_TEST (allocations and every sys entry),
 * then runs it again with the n-th of them failing, for each n, once only that one and once that
 * one and all after it; and with transfers cut to single bytes and calls interrupted. In such a run
 * a check that meets the injected error ends the test as "failed cleanly"; a crash, a leak, a hang,
 * any other error or a wrong value is a failure and prints its reproducer: PLUG_FAULT="*:7+"
 * PLUG_SEED=1 build/debug/tests/test_x test_name T_TEST_PLAIN tests are not tortured (they use
 * other processes, measure, or set a table of their own). docs/testing.md tells it all.
 */
#include <plug.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void t_fn(void);
void t_register(const char *name, t_fn *fn, bool torture);

#define T_TEST_(name, torture)                                                                     \
    static void name(void);                                                                        \
    __attribute__((constructor)) static void name##_register(void)                                 \
    {                                                                                              \
        t_register(#name, name, torture);                                                          \
    }                                                                                              \
    static void name(void)
#define T_TEST(name)       T_TEST_(name, true)
#define T_TEST_PLAIN(name) T_TEST_(name, false)

/* expr >= 0; gives its value. */
#define T_OK(expr) t_ok((int64_t)(expr), #expr, __FILE__, __LINE__)
/* expr is exactly this error. */
#define T_ERR(expr, err) t_err((int64_t)(expr), (err), #expr, __FILE__, __LINE__)
#define T_EQ(a, b)       t_eq((int64_t)(a), (int64_t)(b), #a " == " #b, __FILE__, __LINE__)
#define T_STR(a, b)      t_str((a), (b), #a, __FILE__, __LINE__)
#define T_MEM(a, b, n)   t_mem((a), (b), (n), #a, __FILE__, __LINE__)
#define T_TRUE(cond)     t_true((cond), #cond, __FILE__, __LINE__)
/* Not NULL, where NULL says out of memory; gives the pointer. */
#define T_PTR(expr) t_ptr((expr), #expr, __FILE__, __LINE__)
#define T_FAIL(...) t_fail(__FILE__, __LINE__, __VA_ARGS__)
#define T_SKIP(...) t_skip(__VA_ARGS__)

int64_t t_ok(int64_t got, const char *what, const char *file, int line);
void t_err(int64_t got, int64_t want, const char *what, const char *file, int line);
void t_eq(int64_t got, int64_t want, const char *what, const char *file, int line);
void t_str(const char *got, const char *want, const char *what, const char *file, int line);
void t_mem(const void *got, const void *want, size_t n, const char *what, const char *file,
           int line);
void t_true(bool cond, const char *what, const char *file, int line);
void *t_ptr(void *got, const char *what, const char *file, int line);
void t_fail(const char *file, int line, const char *fmt, ...) PLUG_PRINTF(3, 4)
    __attribute__((noreturn));
void t_skip(const char *fmt, ...) PLUG_PRINTF(1, 2) __attribute__((noreturn));

/*
 * Ends object with fn after the test, in reverse order. The object outlives the test function: a
 * handle, or something static, never the address of a local. t_disown: it is gone already.
 */
#define T_OWN(fn, object) t_own((void (*)(void *))(fn), (object))
void t_own(void (*fn)(void *), void *object);
void t_disown(void *object);
/* The same for a descriptor. */
void t_own_fd(int fd);
/* Ends all that is owned so far; for loops that own something in each round. */
void t_end_owned(void);
/* A buffer that is cleared after the test. */
struct plug_buf *t_buf(size_t max);

/*
 * Runs fn(arg) in a thread, which is joined after the test (or by t_join, all of them). Checks in
 * it end the thread; what it owns is ended with it. A peer that waits needs a deadline of its own.
 */
void t_thread(void (*fn)(void *arg), void *arg);
void t_join(void);

/*
 * True while a fault is being injected into this run (then a result may differ but must be honest).
 */
bool t_tortured(void);

/*
 * In runs with faults this error, too, is an honest answer to what was injected: the interface
 * documents it for causes inside. Until the end of the test.
 */
void t_accept(int err);

/*
 * For tests of what one call transfers: ends the run here when its plan cuts or interrupts
 * transfers. Runs in which a call fails go on.
 */
void t_whole_transfers(void);

/* A copy of len bytes that ends exactly at an unreadable page (freed after the test). */
void *t_guarded(const void *bytes, size_t len);
/* len writable bytes that end exactly at an unreadable page. */
void *t_guarded_room(size_t len);

/* Random numbers from a seed that is printed when the test fails (PLUG_SEED=N repeats it). */
uint64_t t_random(void);
/* 0 .. below - 1 */
uint64_t t_below(uint64_t below);

#endif
