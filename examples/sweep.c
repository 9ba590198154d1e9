/* SPDX-License-Identifier: MIT */
/*
 * Shows    which of many hosts answer: a set of addresses, swept as fast as the answers allow;
 *          privileges are given up before the first answer is read
 * Needs    net.ipv4.ping_group_range that has the user's group, or CAP_NET_RAW
 * Run      sweep [ADDRESS|PREFIX|RANGE...]
 * Try with sweep 127.0.0.0/28 ::1
 */
#include <plug.h>
#include <stdio.h>

static int told(const struct plug_sweep_event *e, void *arg)
{
    char who[PLUG_ADDR_TEXT], time[32];
    (void)arg;
    if (e->type != PLUG_SWEEP_REPLY)
        return 0;
    plug_addr_text(&e->addr, who, sizeof who);
    plug_duration_text(e->rtt, time, sizeof time);
    printf("%s answers in %s\n", who, time);
    return 0;
}

static int sweep(struct plug_sweep *s, struct plug_targets *t, int count, char **texts)
{
    struct plug_sweep_stats stats;
    int err = plug_privilege_drop();
    for (int i = 0; i < count && err >= 0; i++)
        err = plug_targets_add(t, texts[i]);
    if (err >= 0)
        err = plug_targets_seal(t);
    if (err >= 0)
        err = plug_sweep_run(s, t, told, NULL);
    plug_sweep_stats(s, &stats);
    printf("%llu of %llu\n", (unsigned long long)stats.answered, (unsigned long long)stats.targets);
    return err;
}

int main(int argc, char **argv)
{
    static char *local[] = {"127.0.0.0/28"};
    struct plug_targets *t = NULL;
    struct plug_sweep *s = NULL;
    int err = plug_sweep_open(&s, NULL);
    if (err >= 0)
        err = plug_targets_open(&t, NULL);
    if (err >= 0)
        err = sweep(s, t, argc > 1 ? argc - 1 : 1, argc > 1 ? argv + 1 : local);
    if (err < 0)
        fprintf(stderr, "sweep: %s\n", plug_strerror(err));
    plug_targets_close(t);
    plug_sweep_close(s);
    return err < 0;
}
