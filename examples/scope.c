/* SPDX-License-Identifier: MIT */
/*
 * Shows    scopes of fibers: results, a deadline for a group, the first error that ends the others
 * Needs    nothing
 * Run      scope
 * Try with scope
 */
#include <plug.h>
#include <stdio.h>

static int nap(void *arg)
{
    int r = plug_sleep(PLUG_MS(*(int *)arg));
    printf("  nap of %d ms: %s\n", *(int *)arg, r < 0 ? plug_strerror(r) : "slept");
    return r;
}

static int fail(void *unused)
{
    (void)unused;
    printf("  something fails\n");
    return -EPROTO;
}

static int both(struct plug_scope *s, plug_fiber_fn *other)
{
    static int naps[] = {10, 60000};
    int rc = plug_fiber_spawn(s, other, &naps[0], "first", NULL);
    if (rc >= 0)
        rc = plug_fiber_spawn(s, nap, &naps[1], "second", NULL);
    int failed = plug_scope_close(s);
    return rc < 0 ? rc : failed;
}

static int run(void *unused)
{
    struct plug_scope s;
    struct plug_fiber *f;
    int ms = 10, result = 0;
    (void)unused;
    printf("a result:\n");
    plug_scope_open(&s, PLUG_FOREVER);
    int rc = plug_fiber_spawn(&s, nap, &ms, "napper", &f);
    if (rc >= 0)
        rc = plug_fiber_join(f, &result);
    (void)plug_scope_close(&s);
    printf("  joined: %d\na deadline:\n", rc < 0 ? rc : result);
    plug_scope_open(&s, PLUG_MS(100)); /* for all of its waits together */
    printf("  closed: %s\nan error:\n", plug_strerror(both(&s, nap)));
    plug_scope_open(&s, PLUG_FOREVER);
    plug_scope_cancel_on_error(&s, true);
    printf("  closed: %s\n", plug_strerror(both(&s, fail)));
    return rc;
}

int main(void)
{
    int rc = plug_fiber_run(run, NULL, NULL);
    return rc < 0 || fflush(stdout) != 0;
}
