/* SPDX-License-Identifier: MIT */
/* Services, protocols, constants. */
#include "lookup.h"

#include <stdio.h>
#include <string.h>

#define PROTO_MAX 32

/* --- services --------------------------------------------------------------------------------- */

static int print_service(struct cmd *c, const char *name, int port, const char *proto)
{
    struct plug_json j;

    if (!c->json) {
        cmd_print(c, "%s %d/%s\n", cmd_safe_str(name), port, cmd_safe_str(proto));
        return CMD_YES;
    }
    cmd_event(c, &j, "service");
    plug_json_string(&j, "name", name);
    plug_json_int(&j, "port", port);
    plug_json_string(&j, "protocol", proto);
    cmd_event_end(c, &j);
    return CMD_YES;
}

/* By name or, when text is a number, by port. The port, or the error; name gets what to show. */
static int service_find(const char *text, const char *proto, char *name, size_t len)
{
    uint64_t port;
    int err = plug_uint_parse(text, strlen(text), UINT16_MAX, &port);

    if (err == PLUG_ERANGE)
        return PLUG_EPORT;
    if (err == PLUG_ENUMBER) {
        snprintf(name, len, "%s", text);
        return plug_service_port(text, proto);
    }
    err = plug_service_name((int)port, proto, name, len);
    return err < 0 ? err : (int)port;
}

/* NAME[/PROTO] or PORT[/PROTO]; without a protocol the first one that has the service. */
int lookup_service(struct cmd *c, const char *text)
{
    static const char *const all[] = {"tcp", "udp", "sctp", "dccp", NULL};
    const char *slash = strrchr(text, '/');
    const char *const one[] = {slash ? slash + 1 : NULL, NULL}, *const *proto = slash ? one : all;
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    char name[PLUG_SERVICE_NAME], what[PLUG_SERVICE_NAME];
    int port = PLUG_ESERVICE;

    if (len == 0 || len >= sizeof what)
        return lookup_fail(c, PLUG_ESERVICE, text);
    snprintf(what, sizeof what, "%.*s", (int)len, text);
    for (; *proto; proto++) {
        port = service_find(what, *proto, name, sizeof name);
        if (port >= 0)
            return print_service(c, name, port, *proto);
        if (port != PLUG_ESERVICE)
            break;
    }
    return lookup_fail(c, port, text);
}

/* --- protocols -------------------------------------------------------------------------------- */

static int print_number(struct cmd *c, const char *type, const char *name, int64_t number,
                        const char *key)
{
    struct plug_json j;

    if (!c->json) {
        cmd_print(c, "%s %lld\n", cmd_safe_str(name), (long long)number);
        return CMD_YES;
    }
    cmd_event(c, &j, type);
    plug_json_string(&j, "name", name);
    plug_json_int(&j, key, number);
    cmd_event_end(c, &j);
    return CMD_YES;
}

int lookup_protocol(struct cmd *c, const char *text)
{
    char name[PLUG_SERVICE_NAME];
    uint64_t number;
    int err = plug_uint_parse(text, strlen(text), INT32_MAX, &number);

    if (err == PLUG_ERANGE)
        return lookup_fail(c, err, text);
    if (err == PLUG_ENUMBER) {
        int found = plug_protocol_number(text);
        return found < 0 ? lookup_fail(c, found, text)
                         : print_number(c, "protocol", text, found, "number");
    }
    err = plug_protocol_name((int)number, name, sizeof name);
    return err < 0 ? lookup_fail(c, err, text)
                   : print_number(c, "protocol", name, (int64_t)number, "number");
}

/* --- constants -------------------------------------------------------------------------------- */

int lookup_constants(struct cmd *c, const char *text)
{
    const struct plug_constant *k = NULL;
    bool found = false;

    while ((k = plug_constant_next(text, k))) {
        print_number(c, "constant", k->name, k->value, "value");
        found = true;
    }
    return found ? CMD_YES : lookup_fail(c, PLUG_ECONSTANT, text);
}
