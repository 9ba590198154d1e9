/* SPDX-License-Identifier: MIT */
#include "net/ascii.h"
#include "net/url_parts.h"
#include <plug/err.h>
#include <plug/service.h>
#include <string.h>

/*
 * Where several schemes share a port, the first is the port's scheme. Sources: the schemes' own
 * RFCs and the IANA registries of URI schemes and of services.
 */
static const struct url_scheme {
    const char *name;
    uint16_t port;
} schemes[] = {
    {"http", 80},       {"https", 443},   {"ftp", 21},          {"ftps", 990},
    {"ssh", 22},        {"sftp", 22},     {"scp", 22},          {"telnet", 23},
    {"smtp", 25},       {"smtps", 465},   {"submission", 587},  {"whois", 43},
    {"dns", 53},        {"tftp", 69},     {"gopher", 70},       {"finger", 79},
    {"ws", 80},         {"wss", 443},     {"pop3", 110},        {"pop", 110},
    {"pop3s", 995},     {"nntp", 119},    {"nntps", 563},       {"ntp", 123},
    {"imap", 143},      {"imaps", 993},   {"snmp", 161},        {"ldap", 389},
    {"ldaps", 636},     {"smb", 445},     {"rtsp", 554},        {"rtsps", 322},
    {"afp", 548},       {"ipp", 631},     {"ipps", 631},        {"rsync", 873},
    {"socks", 1080},    {"socks4", 1080}, {"socks5", 1080},     {"mqtt", 1883},
    {"mqtts", 8883},    {"nfs", 2049},    {"dict", 2628},       {"mysql", 3306},
    {"rdp", 3389},      {"turn", 3478},   {"stun", 3478},       {"turns", 5349},
    {"stuns", 5349},    {"svn", 3690},    {"nats", 4222},       {"sip", 5060},
    {"sips", 5061},     {"xmpp", 5222},   {"postgresql", 5432}, {"postgres", 5432},
    {"amqps", 5671},    {"amqp", 5672},   {"coap", 5683},       {"coaps", 5684},
    {"vnc", 5900},      {"redis", 6379},  {"rediss", 6379},     {"irc", 6667},
    {"ircs", 6697},     {"git", 9418},    {"gemini", 1965},     {"memcached", 11211},
    {"mongodb", 27017},
};

#define URL_SCHEME_MAX 63 /* longest name looked up in the services */

int plug_url_default_port(const char *scheme, size_t len)
{
    char name[URL_SCHEME_MAX + 1] = "";
    int port;

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (plug__ascii_is(scheme, len, schemes[i].name))
            return schemes[i].port;
    if (len == 0 || len > URL_SCHEME_MAX || memchr(scheme, '\0', len))
        return PLUG_ESCHEME;
    for (size_t i = 0; i < len; i++) /* schemes have no case, services do */
        name[i] = plug__ascii_lower(scheme[i]);
    port = plug_service_port(name, "tcp");
    if (port == PLUG_ESERVICE)
        port = plug_service_port(name, "udp");
    return port == PLUG_ESERVICE ? PLUG_ESCHEME : port;
}

int plug_url_port(const struct plug_url *u)
{
    return u->port >= 0 ? u->port : plug_url_default_port(u->scheme.ptr, u->scheme.len);
}

int plug_url_scheme_of_port(int port, char *buf, size_t len)
{
    int n;

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        struct plug__out o = {buf, len, 0};

        if (schemes[i].port != port)
            continue;
        if (strlen(schemes[i].name) >= len)
            return -ENOSPC;
        plug__out_text(&o, schemes[i].name);
        return (int)plug__out_end(&o);
    }
    n = plug_service_name(port, "tcp", buf, len);
    if (n == PLUG_ESERVICE)
        n = plug_service_name(port, "udp", buf, len);
    return n == PLUG_ESERVICE ? PLUG_ESCHEME : n;
}
