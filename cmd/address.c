/* SPDX-License-Identifier: MIT */
#include "address.h"
#include <stdio.h>
#include <string.h>

int address_parse(const char *text, bool udp, struct plug_endpoint *ret_endpoint)
{
    int err = plug_endpoint_parse(text, ret_endpoint);
    char with_scheme[ADDRESS_TEXT];

    if (err < 0 || !udp || ret_endpoint->family == AF_UNIX || strstr(text, "://"))
        return err;
    snprintf(with_scheme, sizeof with_scheme, "udp://%s", text);
    return plug_endpoint_parse(with_scheme, ret_endpoint);
}

const char *address_reason(int err, const char *text)
{
    const char *host = strstr(text, "://"), *bracket;

    host = host ? host + 3 : text;
    bracket = strrchr(host, ']');
    if (err == PLUG_EPORT && !strchr(bracket ? bracket : host, ':'))
        return *text ? "the port is missing" : "nothing is no address";
    return plug_strerror(err);
}

int address_operands(struct cmd *c, bool udp, struct plug_endpoint *ret_endpoint,
                     char text[ADDRESS_TEXT])
{
    int code = cmd_operands(c, 1, 2), err;

    if (code != CMD_YES)
        return code;
    if (c->argc == 2)
        err = plug_endpoint_host_port(c->argv[0], c->argv[1], udp ? SOCK_DGRAM : SOCK_STREAM,
                                      ret_endpoint);
    else
        err = address_parse(c->argv[0], udp, ret_endpoint);
    if (err < 0)
        return cmd_usage(c, "'%s%s%s': %s; write " ADDRESS_FORMS " or HOST PORT",
                         cmd_safe_str(c->argv[0]), c->argc == 2 ? " " : "",
                         c->argc == 2 ? cmd_safe_str(c->argv[1]) : "",
                         c->argc == 2 ? plug_strerror(err) : address_reason(err, c->argv[0]));
    if (c->argc == 2 || udp)
        plug_endpoint_text(ret_endpoint, text, ADDRESS_TEXT);
    else
        snprintf(text, ADDRESS_TEXT, "%s", c->argv[0]);
    return CMD_YES;
}

void address_of_socket(const struct plug_endpoint *e, const struct plug_addr *addr,
                       char text[ADDRESS_TEXT])
{
    struct plug_endpoint at =
        *e; /* as it was asked for, should the kernel's answer be no endpoint */

    if (plug_endpoint_from_addr(addr, e->type, &at) < 0)
        at = *e;
    plug_endpoint_text(&at, text, ADDRESS_TEXT);
}

int address_source(struct cmd *c, const struct plug_endpoint *e, const char *text,
                   struct plug_addr *ret_addr)
{
    int err = e->family == AF_UNIX ? plug_addr_unix(text, strlen(text), ret_addr)
                                   : plug_addr_parse(text, ret_addr);

    if (err < 0)
        return cmd_usage(c, "--source: '%s': %s", cmd_safe_str(text), plug_strerror(err));
    return CMD_YES;
}

const char *address_hint(int err)
{
    static const struct {
        int err;
        const char *hint;
    } table[] = {
        {-ECONNREFUSED, "nobody listens there: 'plug listen ADDRESS' would"},
        {PLUG_ETIMEOUT, "no answer: a firewall may drop packets; a longer -w TIME waits longer"},
        {-ETIMEDOUT, "no answer: a firewall may drop packets"},
        {PLUG_EAI_NONAME, "is it spelled right? 'plug lookup NAME' tells more"},
        {PLUG_EAI_AGAIN, "the name server does not answer; 'plug doctor' shows which one it is"},
        {PLUG_EAI_SERVICE, "'plug lookup --service NAME' shows the port of a service"},
        {-ENETUNREACH, "this machine has no route there; 'plug doctor' shows what it has"},
        {-EHOSTUNREACH, "no router knows the way, or a firewall says so"},
        {-EADDRNOTAVAIL, "no interface of this machine has that address"},
        {-EADDRINUSE, "somebody has it already; port 0 takes a free one"},
        {-EACCES, "a privilege is missing: 'plug doctor' shows the fixes"},
        {-EPERM, "a privilege is missing, or a firewall rule says no"},
        {-ENOENT, "there is no file or directory of that name"},
        {-EEXIST, "a file of that name is there and is not a socket"},
        {-EPROTOTYPE, "the socket there is of another type: unix:, unix-dgram: or seqpacket:"},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].err == err)
            return table[i].hint;
    return NULL;
}
