/* SPDX-License-Identifier: MIT */
/* plug ping: figures as ping(8) shows them, words of errors, names that strangers chose. */
#include "ping.h"
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <t.h>

T_TEST(times_have_the_figures_of_ping)
{
    static const struct {
        int64_t rtt;
        const char *want;
    } row[] = {{0, "0.000"},
               {999, "0.000"},
               {1000, "0.001"},
               {23456, "0.023"},
               {999999, "0.999"},
               {PLUG_MS(1), "1.00"},
               {PLUG_US(1234), "1.23"},
               {PLUG_US(1235), "1.24"},
               {PLUG_US(9994), "9.99"},
               {PLUG_US(9995), "10.0"},
               {PLUG_US(12340), "12.3"},
               {PLUG_US(99949), "99.9"},
               {PLUG_US(99950), "100"},
               {PLUG_MS(1500), "1500"},
               {PLUG_S(4), "4000"}};
    char text[32];

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        ping_time_words(text, sizeof text, row[i].rtt);
        T_STR(text, row[i].want);
    }
    ping_ms_words(text, sizeof text, PLUG_US(1234567));
    T_STR(text, "1234.567");
}

static const char *words(int family, uint8_t type, uint8_t code, uint32_t mtu)
{
    static char text[128];
    struct plug_ping_event e = {.icmp_type = type, .icmp_code = code, .info = mtu};

    ping_error_words(text, sizeof text, family, &e);
    return text;
}

T_TEST(errors_have_the_words_of_ping)
{
    T_STR(words(AF_INET, 3, 0, 0), "Destination Net Unreachable");
    T_STR(words(AF_INET, 3, 4, 1400), "Frag needed and DF set (mtu = 1400)");
    T_STR(words(AF_INET, 3, 13, 0), "Packet filtered");
    T_STR(words(AF_INET, 3, 99, 0), "Dest Unreachable, Bad Code: 99");
    T_STR(words(AF_INET, 11, 0, 0), "Time to live exceeded");
    T_STR(words(AF_INET, 11, 1, 0), "Frag reassembly time exceeded");
    T_STR(words(AF_INET, 11, 7, 0), "Time exceeded, Bad Code: 7");
    T_STR(words(AF_INET, 12, 0, 3), "Parameter problem: pointer = 3");
    T_STR(words(AF_INET, 4, 0, 0), "Source Quench");
    T_STR(words(AF_INET, 5, 1, 0x0a4d0006), "Redirect Host(New nexthop: 10.77.0.6)");
    T_STR(words(AF_INET, 5, 4, 0), "Redirect, Bad Code: 4(New nexthop: 0.0.0.0)");
    T_STR(words(AF_INET, 200, 0, 0), "Bad ICMP type: 200");
    T_STR(words(AF_INET6, 1, 0, 0), "Destination unreachable: No route");
    T_STR(words(AF_INET6, 1, 9, 0), "Destination unreachable: Unknown code 9");
    T_STR(words(AF_INET6, 2, 0, 1280), "Packet too big: mtu=1280");
    T_STR(words(AF_INET6, 2, 1, 1280), "Packet too big: mtu=1280, code=1");
    T_STR(words(AF_INET6, 3, 0, 0), "Time exceeded: Hop limit");
    T_STR(words(AF_INET6, 3, 5, 0), "Time exceeded: code 5");
    T_STR(words(AF_INET6, 4, 1, 40), "Parameter problem: Unknown header at 40");
    T_STR(words(AF_INET6, 4, 8, 40), "Parameter problem: code 8 at 40");
    T_STR(words(AF_INET6, 200, 0, 0), "unknown icmp type: 200");
}

/* --- names ------------------------------------------------------------------------------------ */

static struct ping g;
static struct ping_opts options;
static struct plug_ping_event shown[8];
static size_t count;
static int64_t slow; /* how long a look-up takes */

static int hostile_name(const struct sockaddr *sa, socklen_t salen, char *host, socklen_t hostlen,
                        char *serv, socklen_t servlen, int flags)
{
    (void)sa;
    (void)salen;
    (void)serv;
    (void)servlen;
    (void)flags;
    if (slow)
        (void)!plug_sys_kernel()->nanosleep_until(plug_deadline_after(slow));
    snprintf(host, hostlen, "evil\x1b[2J\xe2\x80\xae.example");
    return 0;
}

static void show(struct ping *p, const struct plug_ping_event *e)
{
    (void)p;
    if (count < 8)
        shown[count++] = *e;
}

static const struct ping_view view = {NULL, show, NULL, NULL};

static void begin_names(void)
{
    static struct plug_sys sys;
    static struct ping_host host;
    static struct cmd command;

    sys = *plug_sys_kernel();
    sys.getnameinfo = hostile_name;
    T_OK(plug_sys_set(&sys));
    host.named = true;
    command = (struct cmd){0};
    options = (struct ping_opts){0};
    g = (struct ping){.c = &command, .o = &options, .view = &view, .host = &host, .hosts = 1};
    count = 0;
    slow = 0;
    T_OK(plug_loop_open(&g.loop, PLUG_BACKEND_AUTO));
    T_OWN(plug_loop_close, g.loop);
    ping_names_open(&g);
}

static struct plug_ping_event reply(const char *from, uint64_t seq)
{
    struct plug_ping_event e = {.type = PLUG_PING_REPLY, .seq = seq};

    T_OK(plug_addr_parse(from, &e.from));
    return e;
}

/* The name that a stranger put into the DNS cannot do anything to a terminal. */
T_TEST_PLAIN(a_name_from_outside_is_escaped)
{
    struct plug_ping_event e;

    begin_names();
    e = reply("192.0.2.7", 1);
    ping_show(&g, &e);
    while (ping_names_held(&g))
        T_OK(plug_loop_turn(g.loop, PLUG_S(20)));
    T_EQ(count, 1);
    T_STR(ping_called(&g, 0, &e.from), "evil\\e[2J\\u{202e}.example (192.0.2.7)");
    options.numeric = true;
    T_STR(ping_called(&g, 0, &e.from), "192.0.2.7");
    T_OK(plug_sys_set(NULL));
}

/* Lines wait for a name, a second at most, and stay in order. */
T_TEST_PLAIN(lines_stay_in_order_and_do_not_wait_long)
{
    struct plug_ping_event e;
    int64_t began = plug_now();

    begin_names();
    slow = PLUG_MS(1500);
    for (uint64_t seq = 1; seq <= 3; seq++) {
        e = reply(seq == 2 ? "192.0.2.9" : "192.0.2.8", seq);
        ping_show(&g, &e);
    }
    T_EQ(count, 0);
    while (ping_names_held(&g))
        T_OK(plug_loop_turn(g.loop, PLUG_S(20)));
    T_TRUE(plug_now() - began >= PLUG_MS(900));
    T_EQ(count, 3);
    for (size_t i = 0; i < 3; i++)
        T_EQ(shown[i].seq, i + 1);
    while (ping_names_asking(&g))
        T_OK(plug_loop_turn(g.loop, PLUG_S(20)));
    T_OK(plug_sys_set(NULL));
}
