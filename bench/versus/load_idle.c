/* SPDX-License-Identifier: MIT */
/*
 * What a connection that says nothing costs the server in memory: how its resident set grows from
 * 64 connections to conns more, after one echo on each.
 */
#include "load.h"

#define FIRST 64

static struct load load;

/* Of one process, in KiB: "Rss" or "Pss". */
static double resident_one(pid_t pid, const char *what)
{
    char path[64], line[256];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, what, 3) == 0 && line[3] == ':')
            kib = strtod(line + 4, NULL);
    if (f)
        fclose(f);
    return kib;
}

/* With the children that its main thread has. */
static double resident(const char *what)
{
    char path[64];
    double kib = resident_one(load.pid, what);
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", load.pid, load.pid);
    FILE *f = fopen(path, "re");
    for (int child; f && fscanf(f, "%d", &child) == 1;)
        kib += resident_one(child, what);
    if (f)
        fclose(f);
    return kib;
}

/* Connections that stay until the process ends. */
static void add(unsigned count)
{
    int *fd = calloc(count, sizeof *fd);
    if (!fd)
        die("calloc");
    for (unsigned i = 0; i < count; i++)
        fd[i] = load_connect_next(&load, i);
    for (unsigned i = 0; i < count; i++)
        load_exchange(&load, fd[i], i);
    free(fd);
}

int main(int argc, char **argv)
{
    load = load_options(argc, argv);
    load_noise_fill();
    add(FIRST);
    usleep(200000);
    double rss = resident("Rss"), pss = resident("Pss");
    add(load.conns);
    usleep(200000);
    printf("{\"conns\":%u,\"base_kib\":%.0f,\"rss_per_conn\":%.0f,\"pss_per_conn\":%.0f}\n",
           load.conns, rss, (resident("Rss") - rss) * 1024 / load.conns,
           (resident("Pss") - pss) * 1024 / load.conns);
    return 0;
}
