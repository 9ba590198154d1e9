/* SPDX-License-Identifier: MIT */
/* Constants: both ways, canonical names, flags. */
#include "t.h"
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>

static const char *text_of(const char *prefix, int64_t value)
{
    static char text[64];

    T_TRUE(plug_constant_text(prefix, value, text, sizeof text) < sizeof text);
    return text;
}

T_TEST_PLAIN(names_and_numbers)
{
    int64_t v = 77;

    T_OK(plug_constant_value("AF_INET6", &v));
    T_EQ(v, AF_INET6);
    T_OK(plug_constant_value("AF_LOCAL", &v));
    T_EQ(v, AF_UNIX);
    T_OK(plug_constant_value("EAI_NONAME", &v));
    T_EQ(v, EAI_NONAME);
    T_OK(plug_constant_value("INADDR_BROADCAST", &v));
    T_EQ(v, 0xFFFFFFFF);
    T_OK(plug_constant_value("EPOLLET", &v));
    T_EQ(v, 0x80000000);
    v = 77;
    T_ERR(plug_constant_value("AF_", &v), PLUG_ECONSTANT);
    T_ERR(plug_constant_value("", &v), PLUG_ECONSTANT);
    T_ERR(plug_constant_value("af_inet", &v), PLUG_ECONSTANT);
    T_ERR(plug_constant_value("AF_INET6x", &v), PLUG_ECONSTANT);
    T_EQ(v, 77);
    T_STR(plug_constant_name("IPPROTO_", 132), "IPPROTO_SCTP");
    T_STR(plug_constant_name("IPPROTO_", 262), "IPPROTO_MPTCP");
    T_TRUE(!plug_constant_name("IPPROTO_", 254));
    T_TRUE(!plug_constant_name("NOSUCH_", 1));
}

T_TEST_PLAIN(canonical_names)
{
    static const char *const names[][2] = {
        {"AF_", "AF_UNIX"},
        {"AF_", "AF_NETLINK"},
        {"PF_", "PF_UNIX"},
        {"IPPROTO_", "IPPROTO_IP"},
        {"SOCK_", "SOCK_STREAM"},
        {"SOCK_", "SOCK_RAW"},
        {"SO_", "SO_REUSEADDR"},
        {"SO_", "SO_TIMESTAMP"},
        {"SO_", "SO_RCVTIMEO"},
        {"IP_", "IP_TTL"},
        {"IPV6_", "IPV6_V6ONLY"},
        {"TCP_", "TCP_NODELAY"},
        {"MSG_", "MSG_DONTROUTE"},
        {"SCM_", "SCM_RIGHTS"},
        {"INADDR_", "INADDR_BROADCAST"},
        {"NETLINK_", "NETLINK_NETFILTER"},
        {"PACKET_", "PACKET_OUTGOING"},
        {"EPOLL", "EPOLLIN"},
        {"TIPC_", "TIPC_ADDR_NAMESEQ"},
        {"CAN_", "CAN_RAW"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int64_t v;

        T_OK(plug_constant_value(names[i][1], &v));
        T_STR(plug_constant_name(names[i][0], v), names[i][1]);
    }
}

T_TEST_PLAIN(unknown_numbers_are_numbers)
{
    T_STR(text_of("IPPROTO_", 17), "IPPROTO_UDP");
    T_STR(text_of("IPPROTO_", 254), "254");
    T_STR(text_of("IPPROTO_", -1), "-1");
    T_STR(text_of("IPPROTO_", INT64_MIN), "-9223372036854775808");
    T_STR(text_of("IPPROTO_", INT64_MAX), "9223372036854775807");
    T_STR(text_of("EAI_", EAI_AGAIN), "EAI_AGAIN");
}

T_TEST_PLAIN(flags)
{
    char text[128];

    T_EQ(plug_constant_flags("AI_", AI_PASSIVE | AI_CANONNAME, text, sizeof text), 23);
    T_STR(text, "AI_PASSIVE|AI_CANONNAME");
    (void)plug_constant_flags("AI_", 0, text, sizeof text);
    T_STR(text, "0");
    (void)plug_constant_flags("AI_", AI_PASSIVE | 1u << 30, text, sizeof text);
    T_STR(text, "AI_PASSIVE|0x40000000");
    (void)plug_constant_flags("AI_", 1u << 30, text, sizeof text);
    T_STR(text, "0x40000000");
    (void)plug_constant_flags("EPOLL", EPOLLIN | EPOLLET, text, sizeof text);
    T_STR(text, "EPOLLIN|EPOLLET");
    T_EQ(plug_constant_flags("AI_", AI_PASSIVE | AI_CANONNAME, text, 11), 23);
    T_STR(text, "AI_PASSIVE");
    (void)plug_constant_flags("NOSUCH_", UINT64_MAX, text, sizeof text);
    T_STR(text, "0xffffffffffffffff");
}

T_TEST_PLAIN(every_name_once_and_found)
{
    const struct plug_constant *c = NULL;
    size_t all = 0, inet = 0;

    while ((c = plug_constant_next(NULL, c))) {
        int64_t v;

        T_OK(plug_constant_value(c->name, &v));
        T_EQ(v, c->value);
        for (const struct plug_constant *d = c; (d = plug_constant_next("", d));)
            T_TRUE(strcmp(c->name, d->name) != 0);
        all++;
    }
    T_TRUE(all > 700);
    while ((c = plug_constant_next("INADDR_", c))) {
        T_TRUE(strncmp(c->name, "INADDR_", 7) == 0);
        inet++;
    }
    T_TRUE(inet >= 7);
}
