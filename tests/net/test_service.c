/* SPDX-License-Identifier: MIT */
/* Services and protocols: from the system's database, from the table, and when neither can. */
#include "t.h"
#include "net/service_table.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

T_TEST(names_to_ports)
{
    T_EQ(T_OK(plug_service_port("http", NULL)), 80);
    T_EQ(T_OK(plug_service_port("http", "tcp")), 80);
    T_EQ(T_OK(plug_service_port("www", "tcp")), 80); /* an alias */
    T_EQ(T_OK(plug_service_port("domain", "udp")), 53);
    T_EQ(T_OK(plug_service_port("imap", "tcp")), 143);
}

T_TEST(ports_to_names)
{
    char name[PLUG_SERVICE_NAME];

    T_EQ(T_OK(plug_service_name(80, "tcp", name, sizeof name)), 4);
    T_STR(name, "http");
    T_OK(plug_service_name(53, NULL, name, sizeof name));
    T_STR(name, "domain");
    T_OK(plug_service_name(53, "udp", name, 7));
    T_STR(name, "domain");
}

T_TEST(protocols)
{
    char name[PLUG_SERVICE_NAME];

    T_EQ(T_OK(plug_protocol_number("icmp")), 1);
    T_EQ(T_OK(plug_protocol_number("ICMP")), 1);
    T_EQ(T_OK(plug_protocol_number("udp")), 17);
    T_EQ(T_OK(plug_protocol_number("tcp")), 6);
    T_EQ(T_OK(plug_protocol_name(17, name, sizeof name)), 3);
    T_STR(name, "udp");
    T_OK(plug_protocol_name(0, name, sizeof name));
    T_STR(name, "ip");
}

T_TEST_PLAIN(above_255)
{
    char name[PLUG_SERVICE_NAME];

    T_EQ(plug_protocol_number("mptcp"), 262);
    T_OK(plug_protocol_name(262, name, sizeof name));
    T_STR(name, "mptcp");
}

T_TEST_PLAIN(what_is_not_known)
{
    char name[PLUG_SERVICE_NAME] = "before";

    T_ERR(plug_service_port("", NULL), PLUG_ESERVICE);
    T_ERR(plug_service_port("nosuchservice", NULL), PLUG_ESERVICE);
    T_ERR(plug_service_port("http", "nosuchproto"), PLUG_ESERVICE);
    T_ERR(plug_service_port("HTTP", "tcp"), PLUG_ESERVICE);
    T_ERR(plug_service_port("80", "tcp"), PLUG_ESERVICE);
    T_ERR(plug_service_port("\xff\x1b[m", "tcp"), PLUG_ESERVICE);
    T_ERR(plug_service_name(-1, NULL, name, sizeof name), PLUG_EPORT);
    T_ERR(plug_service_name(65536, NULL, name, sizeof name), PLUG_EPORT);
    T_ERR(plug_service_name(65535, NULL, name, sizeof name), PLUG_ESERVICE);
    T_ERR(plug_service_name(0, NULL, name, sizeof name), PLUG_ESERVICE);
    T_ERR(plug_service_name(80, "tcp", name, 4), -ENOSPC);
    T_ERR(plug_service_name(80, "tcp", name, 0), -ENOSPC);
    T_ERR(plug_protocol_number(""), PLUG_EPROTOCOL);
    T_ERR(plug_protocol_number("nosuchproto"), PLUG_EPROTOCOL);
    T_ERR(plug_protocol_number("1"), PLUG_EPROTOCOL);
    T_ERR(plug_protocol_name(-1, name, sizeof name), PLUG_EPROTOCOL);
    T_ERR(plug_protocol_name(254, name, sizeof name), PLUG_EPROTOCOL);
    T_ERR(plug_protocol_name(70000, name, sizeof name), PLUG_EPROTOCOL);
    T_ERR(plug_protocol_name(6, name, 3), -ENOSPC);
    T_STR(name, "before");
}

/* --- other databases ---------------------------------------------------------------------- */

static struct plug_sys sys;
static size_t needs;   /* the room its entries take */
static int answers;    /* what it says when there is room */
static unsigned asked; /* how often */

static int fake(size_t len)
{
    asked++;
    return len < needs ? -ERANGE : answers;
}

static int fake_byname(const char *name, const char *proto, struct servent *e, char *buf,
                       size_t len)
{
    (void)name, (void)proto, (void)buf;
    e->s_port = htons(4711);
    return fake(len);
}

static int fake_byport(int port, const char *proto, struct servent *e, char *buf, size_t len)
{
    static char here[] = "here", there[] = "there";

    (void)proto, (void)buf;
    e->s_name = port == htons(4711) ? here : there;
    return fake(len);
}

static int fake_protobyname(const char *name, struct protoent *e, char *buf, size_t len)
{
    (void)name, (void)buf;
    e->p_proto = 300;
    return fake(len);
}

static int fake_protobynumber(int number, struct protoent *e, char *buf, size_t len)
{
    static char name[] = "proto";

    (void)number, (void)buf;
    e->p_name = name;
    return fake(len);
}

static void back(void *unused)
{
    (void)unused;
    T_EQ(plug_sys_set(NULL), 0);
}

static void database(size_t room, int result)
{
    sys = *plug_sys_kernel();
    sys.name = "fake names";
    sys.getservbyname = fake_byname;
    sys.getservbyport = fake_byport;
    sys.getprotobyname = fake_protobyname;
    sys.getprotobynumber = fake_protobynumber;
    needs = room;
    answers = result;
    asked = 0;
    T_OK(plug_sys_set(&sys));
}

T_TEST_PLAIN(large_entries_get_more_room)
{
    char name[PLUG_SERVICE_NAME];

    T_OWN(back, &sys);
    database(1024, 0);
    T_EQ(plug_service_port("x", NULL), 4711);
    T_EQ(asked, 1);
    database(65536, 0);
    T_EQ(plug_service_port("x", NULL), 4711);
    T_EQ(asked, 7);
    T_OK(plug_service_name(4711, NULL, name, sizeof name));
    T_STR(name, "here");
    T_EQ(plug_protocol_number("x"), 300);
    T_OK(plug_protocol_name(9, name, sizeof name));
    T_STR(name, "proto");
    database(65537, 0);
    T_ERR(plug_service_port("x", NULL), -ERANGE);
}

T_TEST_PLAIN(without_a_database_the_table_answers)
{
    static const int errors[] = {PLUG_ESERVICE, -EACCES, -ENOENT, -EMFILE};
    char name[PLUG_SERVICE_NAME];

    T_OWN(back, &sys);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        database(0, errors[i]);
        T_EQ(plug_service_port("http", NULL), 80);
        T_EQ(plug_service_port("www", "tcp"), 80);
        T_EQ(plug_service_port("ntp", "udp"), 123);
        T_ERR(plug_service_port("ntp", "tcp"), errors[i]);
        T_ERR(plug_service_port("nosuchservice", NULL), errors[i]);
        T_OK(plug_service_name(443, NULL, name, sizeof name));
        T_STR(name, "https");
        T_ERR(plug_service_name(443, NULL, name, 5), -ENOSPC);
        T_EQ(plug_protocol_number("ICMP"), 1);
        T_OK(plug_protocol_name(132, name, sizeof name));
        T_STR(name, "sctp");
    }
    database(0, -ENOMEM);
    T_ERR(plug_service_port("http", NULL), -ENOMEM);
}

/* The table says what the system's database says. */
T_TEST_PLAIN(table_agrees_with_the_system)
{
    struct servent serv;
    struct protoent proto;
    char buf[8192];
    unsigned found = 0;

    for (int port = 0; port < 65536; port++) {
        const struct plug__service *s = plug__service_by_port(port, NULL);
        const char *p = s && plug__service_by_port(port, "tcp") ? "tcp" : "udp";

        if (!s || plug_sys()->getservbyname(s->name, p, &serv, buf, sizeof buf) < 0)
            continue;
        found++;
        T_EQ(ntohs((uint16_t)serv.s_port), port);
        T_OK(plug_sys()->getservbyport(htons((uint16_t)port), p, &serv, buf, sizeof buf));
        T_STR(serv.s_name, s->name);
    }
    for (int number = 0; number < 300; number++) {
        const struct plug__protocol *p = plug__protocol_by_number(number);

        if (!p || plug_sys()->getprotobynumber(number, &proto, buf, sizeof buf) < 0)
            continue;
        found++;
        T_STR(proto.p_name, p->name);
    }
    if (found == 0)
        T_SKIP("this system has no database of services and protocols");
}
