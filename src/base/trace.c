/* SPDX-License-Identifier: MIT */
#include "base/sys_tap.h"
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/text.h>
#include <plug/time.h>
#include <plug/trace.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX       512
#define LINE_MAX_BYTES 1024

static const struct {
    const char *name;
    unsigned part;
} parts[] = {
    {"sys", PLUG_TRACE_SYS},         {"net", PLUG_TRACE_NET},
    {"resolve", PLUG_TRACE_RESOLVE}, {"loop", PLUG_TRACE_LOOP},
    {"fiber", PLUG_TRACE_FIBER},     {"server", PLUG_TRACE_SERVER},
    {"app", PLUG_TRACE_APP},         {"all", ~0u},
};
#define PARTS (sizeof parts / sizeof parts[0])

static atomic_uint enabled;
static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER; /* never held across a fork */
static __thread bool in_sink; /* what a sink itself does is not traced: it would wait for itself */
static plug_trace_fn *sink;
static void *sink_arg;

static unsigned part_of(const char *name, size_t len)
{
    for (size_t i = 0; i < PARTS; i++)
        if (strlen(parts[i].name) == len && memcmp(parts[i].name, name, len) == 0)
            return parts[i].part;
    return 0;
}

static const char *name_of(unsigned part)
{
    for (size_t i = 0; i < PARTS; i++)
        if (parts[i].part == part)
            return parts[i].name;
    return "?";
}

int plug_trace_set(const char *list)
{
    unsigned mask = 0;

    while (list && *list) {
        bool off = *list == '-';
        size_t n = strcspn(list += off, ",");
        unsigned part = part_of(list, n);

        if (part == 0)
            return -EINVAL;
        mask = off ? mask & ~part : mask | part;
        list += n + (list[n] == ',' && list[n + 1]);
        if (*list == ',')
            return -EINVAL;
    }
    atomic_store(&enabled, mask);
    plug__sys_trace(mask & PLUG_TRACE_SYS);
    return 0;
}

void plug_trace_sink(plug_trace_fn *fn, void *arg)
{
    pthread_mutex_lock(&sink_lock);
    sink = fn;
    sink_arg = arg;
    pthread_mutex_unlock(&sink_lock);
}

bool plug_trace_on(enum plug_trace_part part)
{
    return atomic_load_explicit(&enabled, memory_order_relaxed) & (unsigned)part;
}

/* Straight to the kernel's table: tracing must not change what a fault plan or a record counts. */
static void emit(char *line, size_t len)
{
    in_sink = true;
    pthread_mutex_lock(&sink_lock);
    if (sink) {
        sink(line, len, sink_arg);
    } else {
        line[len] = '\n';
        (void)!plug_sys_kernel()->write(STDERR_FILENO, line, len + 1);
    }
    pthread_mutex_unlock(&sink_lock);
    in_sink = false;
}

void plug_trace(enum plug_trace_part part, const char *file, int line, const char *fmt, ...)
{
    char text[TEXT_MAX], out[LINE_MAX_BYTES];
    const char *slash;
    int64_t us, s;
    va_list ap;
    size_t n;

    if (!plug_trace_on(part) || in_sink)
        return;
    slash = strrchr(file, '/');
    us = plug_sys_kernel()->now(CLOCK_REALTIME) / 1000;
    s = us / 1000000 % 86400;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    n = (size_t)snprintf(out, 256, "%02d:%02d:%02d.%06d %s %.100s:%d ", (int)(s / 3600),
                         (int)(s / 60 % 60), (int)(s % 60), (int)(us % 1000000), name_of(part),
                         slash ? slash + 1 : file, line);
    plug_text_escape(PLUG_TEXT_TTY, text, strlen(text), out + n, sizeof out - n - 1);
    emit(out, strlen(out));
}

static void lock_sink(void)
{
    pthread_mutex_lock(&sink_lock);
}

static void unlock_sink(void)
{
    pthread_mutex_unlock(&sink_lock);
}

__attribute__((constructor)) static void trace_from_environment(void)
{
    static const char mistake[] =
        "plug: PLUG_TRACE: unknown component; known are sys, net, resolve, "
        "loop, fiber, server, app, all\n";
    const char *list = getenv("PLUG_TRACE");

    pthread_atfork(lock_sink, unlock_sink, unlock_sink);
    if (list && plug_trace_set(list) < 0)
        (void)!plug_sys_kernel()->write(STDERR_FILENO, mistake, sizeof mistake - 1);
}
