/* SPDX-License-Identifier: MIT */
/* plug doctor: addresses, names, privileges, settings of the network. */
#include "doctor.h"
#include <ifaddrs.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CAP_NET_RAW 13 /* linux/capability.h */

/* --- addresses -------------------------------------------------------------------------------- */

static bool can_bind(struct doctor_finding *f, int family)
{
    struct plug_addr loopback;
    int fd = -1, err = plug_addr_loopback(family, 0, &loopback);

    if (err == 0 && !doctor_socket(f, family, SOCK_STREAM, 0, NULL, &fd))
        return false;
    if (err == 0)
        err = plug_sys()->bind(fd, &loopback.sa, loopback.len);
    if (fd >= 0)
        (void)plug_sys()->close(fd);
    if (err < 0)
        doctor_lacks(f, "ip link set lo up", "loopback: %s", plug_strerror(err));
    return err == 0;
}

static void check_ip4(struct doctor_finding *f)
{
    if (can_bind(f, AF_INET))
        doctor_value(f, "127.0.0.1 works");
    else
        f->state = DOCTOR_BAD;
}

static void check_ip6(struct doctor_finding *f)
{
    char off[8];

    if (can_bind(f, AF_INET6)) {
        doctor_value(f, "::1 works");
    } else if (doctor_line("/proc/sys/net/ipv6/conf/lo/disable_ipv6", off, sizeof off) &&
               *off == '1') {
        doctor_lacks(f, "sysctl -w net.ipv6.conf.all.disable_ipv6=0",
                     "switched off (net.ipv6.conf.lo.disable_ipv6=1)");
    }
}

static void check_dual(struct doctor_finding *f)
{
    if (plug_has_dual_stack())
        doctor_value(f, "one IPv6 listener serves IPv4, too");
    else
        doctor_lacks(f, NULL, "an IPv6 listener does not take IPv4 here");
}

static void check_interfaces(struct doctor_finding *f)
{
    struct ifaddrs *list;
    size_t at = 0;
    int err = plug_sys()->getifaddrs(&list);

    if (err < 0) {
        doctor_lacks(f, NULL, "%s", plug_strerror(err));
        return;
    }
    for (struct ifaddrs *i = list; i; i = i->ifa_next) {
        struct plug_addr addr;
        char text[PLUG_ADDR_TEXT];
        int family = i->ifa_addr ? i->ifa_addr->sa_family : AF_UNSPEC;

        if (!(i->ifa_flags & IFF_UP) || (family != AF_INET && family != AF_INET6))
            continue;
        if (plug_addr_from_sockaddr(i->ifa_addr,
                                    family == AF_INET ? sizeof(struct sockaddr_in)
                                                      : sizeof(struct sockaddr_in6),
                                    &addr) < 0)
            continue;
        plug_addr_host_text(&addr, text, sizeof text);
        if (at + strlen(i->ifa_name) + strlen(text) + 4 < sizeof f->value)
            at += (size_t)snprintf(f->value + at, sizeof f->value - at, "%s%s %s", at ? ", " : "",
                                   i->ifa_name, text);
    }
    plug_sys()->freeifaddrs(list);
    if (at == 0)
        doctor_lacks(f, "ip link set lo up", "no interface with an address is up");
}

/* --- names ------------------------------------------------------------------------------------ */

/* The words behind a key at the beginning of a line: all lines "nameserver X". */
static size_t words_of(const char *text, const char *key, char *buf, size_t len)
{
    size_t at = 0, n = 0;

    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        size_t skip = strlen(key), size;

        if (strncmp(line, key, skip) != 0 || !strchr(" \t", line[skip]))
            continue;
        line += skip + strspn(line + skip, " \t");
        size = strcspn(line, "\n#");
        while (size > 0 && line[size - 1] == ' ')
            size--;
        if (at + size + 3 < len)
            at +=
                (size_t)snprintf(buf + at, len - at, "%s%s", at ? ", " : "", cmd_safe(line, size));
        n++;
    }
    return n;
}

static void check_servers(struct doctor_finding *f)
{
    char text[4096];

    if (doctor_file("/etc/resolv.conf", text, sizeof text) < 0)
        doctor_lacks(f, "write a line 'nameserver ADDRESS' there", "no /etc/resolv.conf");
    else if (words_of(text, "nameserver", f->value, sizeof f->value) == 0)
        doctor_lacks(f, "write a line 'nameserver ADDRESS' there",
                     "no nameserver in /etc/resolv.conf");
}

static void check_nsswitch(struct doctor_finding *f)
{
    char text[4096];

    if (doctor_file("/etc/nsswitch.conf", text, sizeof text) < 0 ||
        words_of(text, "hosts:", f->value, sizeof f->value) == 0)
        doctor_value(f, "libc's own order");
}

static void check_localhost(struct doctor_finding *f)
{
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    size_t at = 0;
    int err;

    o.timeout = PLUG_S(3);
    o.type = SOCK_STREAM;
    err = plug_resolve("localhost", NULL, &o, &list);
    if (err < 0) {
        doctor_bad(f, "write '127.0.0.1 localhost' into /etc/hosts", "%s", plug_strerror(err));
        return;
    }
    for (size_t i = 0; i < list->count && at < sizeof f->value - 64; i++) {
        char text[PLUG_ADDR_TEXT];
        plug_addr_host_text(&list->item[i].addr, text, sizeof text);
        at += (size_t)snprintf(f->value + at, sizeof f->value - at, "%s%s", at ? ", " : "", text);
    }
    plug_resolve_free(list);
}

/* --- privileges ------------------------------------------------------------------------------- */

static void check_capability(struct doctor_finding *f)
{
    char text[4096], *line;
    unsigned long long bits = 0;

    if (doctor_file("/proc/self/status", text, sizeof text) <= 0 ||
        !(line = strstr(text, "CapEff:")))
        return;
    for (line += 7 + strspn(line + 7, "\t "); *line && *line != '\n'; line++)
        bits = bits * 16 + (unsigned)(*line <= '9' ? *line - '0' : (*line | 0x20) - 'a' + 10);
    if (bits >> CAP_NET_RAW & 1)
        doctor_value(f, "held");
    else
        doctor_lacks(f, "sudo setcap cap_net_raw+ep $(command -v plug), or run it as root",
                     "this process does not have it");
}

static void open_and_close(struct doctor_finding *f, int family, int type, int proto,
                           const char *fix, const char *value)
{
    int fd;

    if (!doctor_socket(f, family, type, proto, fix, &fd))
        return;
    (void)plug_sys()->close(fd);
    doctor_value(f, "%s", value);
}

#define RAW_FIX "sudo setcap cap_net_raw+ep $(command -v plug), or run it as root"

static void check_raw(struct doctor_finding *f)
{
    open_and_close(f, AF_INET, SOCK_RAW, IPPROTO_ICMP, RAW_FIX, "allowed");
}

static void check_ping(struct doctor_finding *f)
{
    char range[64] = "?";

    open_and_close(f, AF_INET, SOCK_DGRAM, IPPROTO_ICMP,
                   "sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'", "");
    (void)doctor_line("/proc/sys/net/ipv4/ping_group_range", range, sizeof range);
    doctor_value(f, "net.ipv4.ping_group_range = %s", cmd_safe_str(range));
}

static void check_packet(struct doctor_finding *f)
{
    open_and_close(f, AF_PACKET, SOCK_RAW, __builtin_bswap16(ETH_P_ALL), RAW_FIX, "allowed");
}

static void check_low_ports(struct doctor_finding *f)
{
    char start[32] = "1024";

    (void)doctor_line("/proc/sys/net/ipv4/ip_unprivileged_port_start", start, sizeof start);
    if (geteuid() == 0 || strcmp(start, "0") == 0)
        doctor_value(f, "every port may be bound");
    else
        doctor_lacks(f,
                     "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80, or setcap "
                     "cap_net_bind_service+ep",
                     "ports below %s need a privilege", cmd_safe_str(start));
}

/* --- settings --------------------------------------------------------------------------------- */

static void check_backlog(struct doctor_finding *f)
{
    doctor_setting(f, "/proc/sys/net/core/somaxconn");
}

static void check_ports(struct doctor_finding *f)
{
    doctor_setting(f, "/proc/sys/net/ipv4/ip_local_port_range");
}

static void check_buffers(struct doctor_finding *f)
{
    char in[32] = "?", out[32] = "?";

    (void)doctor_line("/proc/sys/net/core/rmem_max", in, sizeof in);
    (void)doctor_line("/proc/sys/net/core/wmem_max", out, sizeof out);
    doctor_value(f, "at most %s to receive, %s to send", cmd_safe_str(in), cmd_safe_str(out));
}

static void check_congestion(struct doctor_finding *f)
{
    doctor_setting(f, "/proc/sys/net/ipv4/tcp_available_congestion_control");
}

static void check_fast_open(struct doctor_finding *f)
{
    static const char *const meaning[] = {"off", "clients", "servers", "clients and servers"};
    char bits[16];

    if (!doctor_line("/proc/sys/net/ipv4/tcp_fastopen", bits, sizeof bits))
        doctor_lacks(f, NULL, "not in this kernel");
    else if (*bits < '0' || *bits > '9' || (*bits - '0') % 4 == 0)
        doctor_lacks(f, "sudo sysctl -w net.ipv4.tcp_fastopen=3", "switched off");
    else
        doctor_value(f, "for %s", meaning[(*bits - '0') % 4]);
}

const struct doctor_check doctor_network[] = {
    {"Addresses", "IPv4", check_ip4},
    {NULL, "IPv6", check_ip6},
    {NULL, "dual stack", check_dual},
    {NULL, "interfaces", check_interfaces},
    {"Names", "name servers", check_servers},
    {NULL, "look-up order", check_nsswitch},
    {NULL, "localhost", check_localhost},
    {"Privileges", "CAP_NET_RAW", check_capability},
    {NULL, "raw sockets", check_raw},
    {NULL, "ping sockets", check_ping},
    {NULL, "packet sockets", check_packet},
    {NULL, "low ports", check_low_ports},
    {"Network settings", "listen backlog", check_backlog},
    {NULL, "local ports", check_ports},
    {NULL, "socket buffers", check_buffers},
    {NULL, "congestion control", check_congestion},
    {NULL, "TCP Fast Open", check_fast_open},
    {NULL, NULL, NULL},
};
