/* SPDX-License-Identifier: MIT */
/*
 * Shows:    the routers on the way to a host, straight-line, without privileges.
 * Needs:    libplug
 * Run:      traceroute ADDRESS
 * Try with: traceroute 127.0.0.1; traceroute ::1
 */
#include <plug.h>
#include <stdio.h>

static void print_hop(const struct plug_traceroute *t, unsigned ttl)
{
    struct plug_traceroute_hop hop;
    char addr[PLUG_ADDR_TEXT];

    if (plug_traceroute_hop(t, ttl, 0, &hop) < 0)
        return;
    if (hop.received == 0) {
        printf("%2u  *\n", ttl);
        return;
    }
    plug_addr_host_text(&hop.host[0].addr, addr, sizeof addr);
    printf("%2u  %s  %.3f ms%s\n", ttl, addr, (double)hop.best / 1e6,
           hop.loss == PLUG_TRACEROUTE_LOSS_LIMITED ? "  (rate-limited)" : "");
}

static int trace(const struct plug_addr *to)
{
    struct plug_traceroute_summary s;
    struct plug_traceroute *t;
    int r = plug_traceroute_open(&t, NULL, to, NULL, NULL, NULL);

    if (r < 0)
        return r;
    r = plug_traceroute_run(t);
    plug_traceroute_summary(t, &s);
    for (unsigned ttl = s.first_ttl; r >= 0 && ttl <= s.last_ttl; ttl++)
        print_hop(t, ttl);
    if (r >= 0)
        printf("%s\n", plug_traceroute_end_name(s.end));
    plug_traceroute_close(t);
    return r;
}

int main(int argc, char **argv)
{
    struct plug_addr to;
    int r = argc == 2 ? plug_addr_parse_ip(argv[1], AF_UNSPEC, 0, &to) : PLUG_EADDR;

    if (r >= 0)
        r = trace(&to);
    if (r < 0)
        fprintf(stderr, "traceroute: %s\n", plug_strerror(r));
    return r < 0;
}
