/* SPDX-License-Identifier: MIT */
#include "net/service_table.h"
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/service.h>
#include <plug/sys.h>
#include <arpa/inet.h>
#include <string.h>

#define SERVICE_BUFFER     1024      /* of a look-up: enough for all but absurd entries */
#define SERVICE_BUFFER_MAX (1 << 16) /* those get more, up to here */

/* A question to the database and its answer: a number, or a name in buf. */
struct question {
    const char *name;  /* NULL: look up the number */
    const char *proto; /* NULL: any */
    int number;
    char *ret_name;
    size_t len;
};
typedef int question_fn(const struct question *q, char *buf, size_t len);

static int answer_name(const struct question *q, const char *name)
{
    size_t n = strlen(name);

    if (n >= q->len)
        return -ENOSPC;
    memcpy(q->ret_name, name, n + 1);
    return (int)n;
}

static int ask_service(const struct question *q, char *buf, size_t len)
{
    struct servent ent;
    int err = q->name
                  ? plug_sys()->getservbyname(q->name, q->proto, &ent, buf, len)
                  : plug_sys()->getservbyport(htons((uint16_t)q->number), q->proto, &ent, buf, len);

    if (err < 0)
        return err;
    return q->name ? ntohs((uint16_t)ent.s_port) : answer_name(q, ent.s_name);
}

static int ask_protocol(const struct question *q, char *buf, size_t len)
{
    struct protoent ent;
    int err = q->name ? plug_sys()->getprotobyname(q->name, &ent, buf, len)
                      : plug_sys()->getprotobynumber(q->number, &ent, buf, len);

    if (err < 0)
        return err;
    return q->name ? ent.p_proto : answer_name(q, ent.p_name);
}

/* Asks with a growing buffer: the database says -ERANGE when an entry does not fit. */
static int ask(question_fn *fn, const struct question *q)
{
    char small[SERVICE_BUFFER];
    int result = fn(q, small, sizeof small);

    for (size_t size = 2 * sizeof small; result == -ERANGE && size <= SERVICE_BUFFER_MAX;
         size *= 2) {
        char *big = plug_alloc(size);

        if (!big)
            return -ENOMEM;
        result = fn(q, big, size);
        plug_free(big);
    }
    return result;
}

/* Whatever kept the database from knowing it (no file, no right to read it): the table may. */
static bool ask_table(int result)
{
    return result < 0 && result != -ENOSPC && result != -ENOMEM;
}

int plug_service_port(const char *name, const char *proto)
{
    struct question q = {.name = name, .proto = proto};
    int port = *name != '\0' ? ask(ask_service, &q) : PLUG_ESERVICE;
    const struct plug__service *s = ask_table(port) ? plug__service_by_name(name, proto) : NULL;

    return s ? s->port : port;
}

int plug_service_name(int port, const char *proto, char *buf, size_t len)
{
    struct question q = {.proto = proto, .number = port, .ret_name = buf, .len = len};
    const struct plug__service *s;
    int n;

    if (port < 0 || port > UINT16_MAX)
        return PLUG_EPORT;
    n = ask(ask_service, &q);
    s = ask_table(n) ? plug__service_by_port(port, proto) : NULL;
    return s ? answer_name(&q, s->name) : n;
}

int plug_protocol_number(const char *name)
{
    struct question q = {.name = name};
    int number = *name != '\0' ? ask(ask_protocol, &q) : PLUG_EPROTOCOL;
    const struct plug__protocol *p = ask_table(number) ? plug__protocol_by_name(name) : NULL;

    return p ? p->number : number;
}

int plug_protocol_name(int number, char *buf, size_t len)
{
    struct question q = {.number = number, .ret_name = buf, .len = len};
    int n = number >= 0 ? ask(ask_protocol, &q) : PLUG_EPROTOCOL;
    const struct plug__protocol *p = ask_table(n) ? plug__protocol_by_number(number) : NULL;

    return p ? answer_name(&q, p->name) : n;
}
