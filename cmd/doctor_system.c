/* SPDX-License-Identifier: MIT */
/* plug doctor: the system, its limits, the tools beside plug. */
#include "doctor.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

static void check_plug(struct doctor_finding *f)
{
    unsigned features = plug_features();

    doctor_value(f, "%s%s%s", plug_version(), features & PLUG_FEATURE_DNS ? ", DNS client" : "",
                 features & PLUG_FEATURE_FAULT ? ", obeys PLUG_FAULT (test build)" : "");
}

static void check_kernel(struct doctor_finding *f)
{
    struct utsname u;

    if (uname(&u) == 0)
        doctor_value(f, "%s %s %s", u.sysname, u.release, u.machine);
}

static void check_cpus(struct doctor_finding *f)
{
    doctor_value(f, "%ld of %ld in use", sysconf(_SC_NPROCESSORS_ONLN),
                 sysconf(_SC_NPROCESSORS_CONF));
}

static void check_clock(struct doctor_finding *f)
{
    doctor_setting(f, "/sys/devices/system/clocksource/clocksource0/current_clocksource");
}

/* --- limits ----------------------------------------------------------------------------------- */

static const char *limit_text(rlim_t limit, unsigned unit, char text[32])
{
    if (limit == RLIM_INFINITY)
        snprintf(text, 32, "unlimited");
    else
        snprintf(text, 32, "%llu%s", (unsigned long long)(limit / unit), unit > 1 ? " KiB" : "");
    return text;
}

static void limit(struct doctor_finding *f, __rlimit_resource_t which, unsigned unit)
{
    struct rlimit r;
    char soft[32], hard[32];

    if (getrlimit(which, &r) == 0)
        doctor_value(f, "%s now, at most %s", limit_text(r.rlim_cur, unit, soft),
                     limit_text(r.rlim_max, unit, hard));
}

static void check_files(struct doctor_finding *f)
{
    struct rlimit r;

    limit(f, RLIMIT_NOFILE, 1);
    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < 64)
        doctor_bad(f, "ulimit -n 1024", "too few to serve anybody");
    else if (r.rlim_cur < 4096)
        f->fix = "for many connections: ulimit -n 65536";
}

static void check_processes(struct doctor_finding *f)
{
    limit(f, RLIMIT_NPROC, 1);
}

static void check_memlock(struct doctor_finding *f)
{
    limit(f, RLIMIT_MEMLOCK, 1024);
}

static void check_stack(struct doctor_finding *f)
{
    limit(f, RLIMIT_STACK, 1024);
}

static void check_maps(struct doctor_finding *f)
{
    doctor_setting(f, "/proc/sys/vm/max_map_count");
}

/* --- tools ------------------------------------------------------------------------------------ */

static bool on_path(const char *tool)
{
    const char *p = getenv("PATH");

    while (p && *p) {
        size_t len = strcspn(p, ":");
        char file[512];

        snprintf(file, sizeof file, "%.*s/%s", (int)len, p, tool);
        if (access(file, X_OK) == 0)
            return true;
        p += len + (p[len] == ':');
    }
    return false;
}

/* Helpful beside plug, never needed by it. */
static void check_tools(struct doctor_finding *f)
{
    static const char *const tool[] = {"tcpdump", "tshark", "dig",     "socat", "ncat",
                                       "ss",      "ip",     "openssl", "strace"};
    size_t at = 0;

    for (size_t i = 0; i < sizeof tool / sizeof tool[0]; i++)
        if (on_path(tool[i]))
            at += (size_t)snprintf(f->value + at, sizeof f->value - at, "%s%s", at ? " " : "",
                                   tool[i]);
    if (at == 0)
        doctor_lacks(f, NULL, "none of tcpdump, dig, socat, ss, openssl ...");
}

const struct doctor_check doctor_system[] = {
    {"System", "plug", check_plug},
    {NULL, "kernel", check_kernel},
    {NULL, "processors", check_cpus},
    {NULL, "clock source", check_clock},
    {NULL, "tools", check_tools},
    {"Limits", "open files", check_files},
    {NULL, "processes", check_processes},
    {NULL, "locked memory", check_memlock},
    {NULL, "stack", check_stack},
    {NULL, "memory maps", check_maps},
    {NULL, NULL, NULL},
};
