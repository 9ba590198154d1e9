/* SPDX-License-Identifier: MIT */
/*
 * Shows    a file read in the pool of threads, while other fibers go on
 * Needs    a file; without one it reads itself
 * Run      call [FILE]
 * Try with call /etc/services
 */
#include <plug.h>
#include <stdio.h>

struct job {
    const char *path;
    size_t lines;
    bool done;
};

/* In a thread of the pool: it may block. */
static int count_lines(void *arg)
{
    struct job *j = arg;
    FILE *f = fopen(j->path, "re");
    int c;
    if (!f)
        return -errno;
    while ((c = getc(f)) != EOF)
        j->lines += c == '\n';
    c = ferror(f);
    return fclose(f) != 0 || c ? -EIO : 0;
}

static int tick(void *arg)
{
    const struct job *j = arg;
    int rc = 0;
    while (!j->done && rc >= 0)
        rc = plug_sleep(PLUG_MS(1)); /* one thread: no lock for j->done */
    printf("the other fiber: %s\n", rc < 0 ? plug_strerror(rc) : "went on meanwhile");
    return rc;
}

static int run(void *arg)
{
    struct job *j = arg;
    struct plug_scope s;
    plug_scope_open(&s, PLUG_S(10));
    int rc = plug_fiber_spawn(&s, tick, j, "tick", NULL);
    if (rc >= 0)
        rc = plug_fiber_call(count_lines, j);
    j->done = true;
    int failed = plug_scope_close(&s);
    return rc < 0 ? rc : failed;
}

int main(int argc, char **argv)
{
    struct job j = {.path = argc > 1 ? argv[1] : argv[0]};
    int rc = plug_fiber_run(run, &j, NULL);
    printf("%s: %zu lines: %s\n", j.path, j.lines, plug_strerror(rc < 0 ? rc : 0));
    return rc < 0;
}
