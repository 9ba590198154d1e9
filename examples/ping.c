/* SPDX-License-Identifier: MIT */
/*
 * Shows    echo requests to several hosts on an event loop: each reply as it comes, then the
 *          figures; privileges are given up before the first reply is read
 * Needs    net.ipv4.ping_group_range that has the user's group, or CAP_NET_RAW
 * Run      ping [ADDRESS...]
 * Try with ping 127.0.0.1 ::1
 */
#include <plug.h>
#include <stdio.h>

static void told(struct plug_ping *p, const struct plug_ping_event *e, void *arg)
{
    char who[PLUG_ADDR_TEXT], time[32];
    (void)arg;
    if (e->type >= PLUG_PING_OVERDUE)
        return;
    plug_addr_text(plug_ping_addr(p, e->host), who, sizeof who);
    plug_duration_text(e->rtt, time, sizeof time);
    if (e->type == PLUG_PING_REPLY)
        printf("%s answers %llu in %s\n", who, (unsigned long long)e->seq, time);
    else
        printf("%s: %llu has no answer\n", who, (unsigned long long)e->seq);
}

static int ask(struct plug_ping *p, struct plug_loop *l, int count, char **hosts)
{
    struct plug_ping_stats s;
    struct plug_addr addr;
    int lost = 0, err = plug_privilege_drop();
    for (int i = 0; i < count && err >= 0; i++)
        if ((err = plug_addr_parse(hosts[i], &addr)) >= 0)
            err = plug_ping_add(p, &addr);
    if (err >= 0 && (err = plug_ping_start(p)) >= 0)
        err = plug_loop_run(l);
    for (uint32_t i = 0; i < plug_ping_hosts(p); i++) {
        plug_ping_stats(p, i, &s);
        printf("%llu of %llu\n", (unsigned long long)s.received, (unsigned long long)s.sent);
        lost += s.received < s.sent;
    }
    return err < 0 ? err : lost;
}

int main(int argc, char **argv)
{
    char *here[] = {"127.0.0.1"};
    struct plug_ping_opts o = PLUG_PING_OPTS;
    struct plug_loop *l = NULL;
    struct plug_ping *p = NULL;
    int err = plug_loop_open(&l, PLUG_BACKEND_AUTO);
    o.count = 3;
    o.interval = PLUG_MS(100);
    if (err >= 0 && (err = plug_ping_open(&p, l, &o, told, NULL)) >= 0)
        err = ask(p, l, argc > 1 ? argc - 1 : 1, argc > 1 ? argv + 1 : here);
    if (err < 0)
        fprintf(stderr, "ping: %s\n", plug_strerror(err));
    plug_ping_close(p);
    plug_loop_close(l);
    return err != 0;
}
