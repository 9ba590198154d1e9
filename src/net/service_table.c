/* SPDX-License-Identifier: MIT */
#include "net/ascii.h"
#include "net/service_table.h"
#include <string.h>

enum { TCP = 1, UDP = 2, BOTH = TCP | UDP };

static const struct plug__service services[] = {
    {"echo", NULL, 7, BOTH},
    {"discard", NULL, 9, BOTH},
    {"daytime", NULL, 13, BOTH},
    {"chargen", NULL, 19, BOTH},
    {"ftp-data", NULL, 20, TCP},
    {"ftp", NULL, 21, TCP},
    {"ssh", NULL, 22, TCP},
    {"telnet", NULL, 23, TCP},
    {"smtp", "mail", 25, TCP},
    {"time", NULL, 37, BOTH},
    {"whois", "nicname", 43, TCP},
    {"domain", NULL, 53, BOTH},
    {"bootps", NULL, 67, UDP},
    {"bootpc", NULL, 68, UDP},
    {"tftp", NULL, 69, UDP},
    {"gopher", NULL, 70, TCP},
    {"finger", NULL, 79, TCP},
    {"http", "www", 80, TCP},
    {"kerberos", NULL, 88, BOTH},
    {"pop3", "pop-3", 110, TCP},
    {"sunrpc", "portmapper", 111, BOTH},
    {"auth", "ident", 113, TCP},
    {"nntp", NULL, 119, TCP},
    {"ntp", NULL, 123, UDP},
    {"netbios-ns", NULL, 137, UDP},
    {"netbios-dgm", NULL, 138, UDP},
    {"netbios-ssn", NULL, 139, TCP},
    {"imap2", "imap", 143, TCP},
    {"snmp", NULL, 161, BOTH},
    {"snmp-trap", "snmptrap", 162, BOTH},
    {"bgp", NULL, 179, TCP},
    {"irc", NULL, 194, BOTH},
    {"ldap", NULL, 389, BOTH},
    {"https", NULL, 443, BOTH},
    {"microsoft-ds", NULL, 445, BOTH},
    {"submissions", "smtps", 465, TCP},
    {"syslog", NULL, 514, UDP},
    {"printer", NULL, 515, TCP},
    {"nntps", NULL, 563, TCP},
    {"submission", NULL, 587, TCP},
    {"ipp", NULL, 631, TCP},
    {"ldaps", NULL, 636, BOTH},
    {"domain-s", NULL, 853, BOTH},
    {"rsync", NULL, 873, TCP},
    {"ftps", NULL, 990, TCP},
    {"telnets", NULL, 992, TCP},
    {"imaps", NULL, 993, TCP},
    {"pop3s", NULL, 995, TCP},
    {"socks", NULL, 1080, TCP},
    {"openvpn", NULL, 1194, BOTH},
    {"nfs", NULL, 2049, BOTH},
    {"mysql", NULL, 3306, TCP},
    {"ms-wbt-server", NULL, 3389, TCP},
    {"svn", "subversion", 3690, TCP},
    {"sip", NULL, 5060, BOTH},
    {"sip-tls", NULL, 5061, BOTH},
    {"xmpp-client", NULL, 5222, TCP},
    {"mdns", NULL, 5353, UDP},
    {"postgresql", "postgres", 5432, TCP},
    {"amqp", NULL, 5672, TCP},
    {"x11", NULL, 6000, TCP},
    {"http-alt", NULL, 8080, BOTH},
};

/* The IANA protocol numbers in use, and Linux's MPTCP, which is none on the wire. */
static const struct plug__protocol protocols[] = {
    {"ip", 0},         {"icmp", 1},         {"igmp", 2},       {"ggp", 3},
    {"ipencap", 4},    {"st", 5},           {"tcp", 6},        {"egp", 8},
    {"igp", 9},        {"pup", 12},         {"udp", 17},       {"hmp", 20},
    {"xns-idp", 22},   {"rdp", 27},         {"iso-tp4", 29},   {"dccp", 33},
    {"xtp", 36},       {"ddp", 37},         {"ipv6", 41},      {"ipv6-route", 43},
    {"ipv6-frag", 44}, {"idrp", 45},        {"rsvp", 46},      {"gre", 47},
    {"esp", 50},       {"ah", 51},          {"ipv6-icmp", 58}, {"ipv6-nonxt", 59},
    {"ipv6-opts", 60}, {"eigrp", 88},       {"ospf", 89},      {"ipip", 94},
    {"encap", 98},     {"pim", 103},        {"ipcomp", 108},   {"vrrp", 112},
    {"l2tp", 115},     {"isis", 124},       {"sctp", 132},     {"mobility-header", 135},
    {"udplite", 136},  {"mpls-in-ip", 137}, {"manet", 138},    {"shim6", 140},
    {"ethernet", 143}, {"mptcp", 262},
};

static unsigned service_protos(const char *proto)
{
    if (!proto)
        return BOTH;
    return strcmp(proto, "tcp") == 0 ? TCP : strcmp(proto, "udp") == 0 ? UDP : 0;
}

const struct plug__service *plug__service_by_name(const char *name, const char *proto)
{
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        const struct plug__service *s = &services[i];

        if (s->protos & service_protos(proto) &&
            (strcmp(s->name, name) == 0 || (s->alias && strcmp(s->alias, name) == 0)))
            return s;
    }
    return NULL;
}

const struct plug__service *plug__service_by_port(int port, const char *proto)
{
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (services[i].protos & service_protos(proto) && services[i].port == port)
            return &services[i];
    return NULL;
}

const struct plug__protocol *plug__protocol_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (plug__ascii_is(name, strlen(name), protocols[i].name))
            return &protocols[i];
    return NULL;
}

const struct plug__protocol *plug__protocol_by_number(int number)
{
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (protocols[i].number == number)
            return &protocols[i];
    return NULL;
}
