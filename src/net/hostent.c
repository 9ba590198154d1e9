/* SPDX-License-Identifier: MIT */
/* gethostbyname and gethostbyaddr, the re-entrant forms, as one owned block within a deadline. */
#include "net/lookup.h"
#include "net/trace_addr.h"

#include <netinet/in.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/resolve.h>
#include <plug/sys.h>
#include <plug/text.h>
#include <plug/time.h>
#include <string.h>

#define HOSTENT_BUF_MIN ((size_t)1024)
#define HOSTENT_BUF_MAX ((size_t)64 * 1024)

/* By name when name is not empty, else by addr. */
struct question {
    int family;
    char name[PLUG__NAME_MAX + 2];
    struct plug_addr addr;
};

/* --- libc's hostent to ours ---------------------------------------------------------------- */

static size_t list_count(char *const *list)
{
    size_t n = 0;
    while (list && list[n] && n < PLUG_RESOLVE_MAX)
        n++;
    return n;
}

static const char *text_put(char **at, const char *text)
{
    size_t len = strlen(text) + 1;
    const char *copy = memcpy(*at, text, len);
    *at += len;
    return copy;
}

static void addr_put(struct plug_addr *a, int family, const void *bytes)
{
    *a = (struct plug_addr){0};
    if (family == AF_INET) {
        plug_addr_ip4(bytes, 0, a);
    } else if (plug_addr_ip6(bytes, 0, 0, 0, a) < 0) {
        *a = (struct plug_addr){0};
    }
}

/* One block: the entry, its addresses, its alias pointers, its texts. */
static int hostent_make(const struct hostent *h, void **ret_ent)
{
    size_t aliases = list_count(h->h_aliases), addrs = list_count(h->h_addr_list);
    size_t text = strlen(h->h_name) + 1;

    for (size_t i = 0; i < aliases; i++)
        text += strlen(h->h_aliases[i]) + 1;
    struct plug_hostent *e =
        plug_alloc(sizeof *e + addrs * sizeof(struct plug_addr) + aliases * sizeof(char *) + text);
    if (!e)
        return -ENOMEM;
    struct plug_addr *addr = (struct plug_addr *)(e + 1);
    const char **alias = (const char **)(addr + addrs);
    char *at = (char *)(alias + aliases);
    *e = (struct plug_hostent){text_put(&at, h->h_name), aliases, alias, addrs, addr};
    for (size_t i = 0; i < aliases; i++)
        alias[i] = text_put(&at, h->h_aliases[i]);
    for (size_t i = 0; i < addrs; i++)
        addr_put(&addr[i], h->h_addrtype, h->h_addr_list[i]);
    *ret_ent = e;
    return 0;
}

/* --- asking -------------------------------------------------------------------------------- */

static int ask(const struct question *q, struct hostent *h, char *buf, size_t len)
{
    if (q->name[0])
        return plug_sys()->gethostbyname2(q->name, q->family, h, buf, len);
    size_t alen = 0;
    const void *bytes = plug_addr_bytes(&q->addr, &alen);
    return plug_sys()->gethostbyaddr(bytes, (socklen_t)alen, q->family, h, buf, len);
}

static int hostent_run(const void *question, void **ret_answer)
{
    struct hostent h;
    int err = -ERANGE;

    for (size_t len = HOSTENT_BUF_MIN; err == -ERANGE && len <= HOSTENT_BUF_MAX; len *= 4) {
        char *buf = plug_alloc(len);
        if (!buf)
            return -ENOMEM;
        err = ask(question, &h, buf, len);
        if (err >= 0)
            err = hostent_make(&h, ret_answer);
        plug_free(buf);
    }
    return err == -ERANGE ? PLUG_ELIMIT : err;
}

static void hostent_trace(const struct question *q, int err, int64_t took)
{
    char text[PLUG_ADDR_TEXT];

    plug_addr_host_text(&q->addr, text, sizeof text);
    PLUG__TRACE_RESOLVE("host entry of", q->name[0] ? q->name : text, err, took);
}

static int hostent_ask(const struct question *q, struct plug_hostent **ret_ent)
{
    void *answer = NULL;
    bool traced = plug_trace_on(PLUG_TRACE_RESOLVE);
    int64_t began = traced ? plug_now() : 0;
    int err = plug__lookup(hostent_run, q, sizeof *q, PLUG_NEVER, &answer);

    if (traced)
        hostent_trace(q, err, plug_now() - began);
    if (err >= 0)
        *ret_ent = answer;
    return err < 0 ? err : 0;
}

int plug_hostent_by_name(const char *name, int family, struct plug_hostent **ret_ent)
{
    struct question q = {.family = family};
    int err = plug__name_copy(q.name, name, PLUG__NAME_MAX);

    if (err < 0)
        return err;
    if (family != AF_INET && family != AF_INET6)
        return -EAFNOSUPPORT;
    return name[0] ? hostent_ask(&q, ret_ent) : PLUG_EHOST_NOT_FOUND;
}

int plug_hostent_by_addr(const struct plug_addr *addr, struct plug_hostent **ret_ent)
{
    struct question q = {.family = plug_addr_family(addr), .addr = *addr};

    if (q.family != AF_INET && q.family != AF_INET6)
        return -EAFNOSUPPORT;
    return hostent_ask(&q, ret_ent);
}

void plug_hostent_free(struct plug_hostent *ent)
{
    plug_free(ent);
}

/* --- single answers ------------------------------------------------------------------------ */

static int first_addr(const char *name, int family, struct plug_addr *ret_addr)
{
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;

    o.family = family;
    int err = plug_resolve(name, NULL, &o, &list);
    if (err < 0)
        return err;
    *ret_addr = list->item[0].addr;
    plug_resolve_free(list);
    return 0;
}

int plug_host_ip4(const char *name, struct plug_addr *ret_addr)
{
    static const uint8_t any[4], all[4] = {255, 255, 255, 255};

    if (!name[0])
        plug_addr_ip4(any, 0, ret_addr);
    else if (strcmp(name, "<broadcast>") == 0)
        plug_addr_ip4(all, 0, ret_addr);
    else
        return first_addr(name, AF_INET, ret_addr);
    return 0;
}

int plug_hostent_by_text(const char *text, struct plug_hostent **ret_ent)
{
    struct plug_addr addr;
    int err = first_addr(text, AF_UNSPEC, &addr);

    return err < 0 ? err : plug_hostent_by_addr(&addr, ret_ent);
}

static size_t give_text(const char *text, char *buf, size_t len)
{
    size_t n = strlen(text);
    if (len) {
        size_t fits = n < len ? n : len - 1;
        memcpy(buf, text, fits);
        buf[fits] = 0;
    }
    return n;
}

static const char *name_with_dot(const struct plug_hostent *ent)
{
    if (strchr(ent->name, '.'))
        return ent->name;
    for (size_t i = 0; i < ent->alias_count; i++) {
        if (strchr(ent->aliases[i], '.'))
            return ent->aliases[i];
    }
    return ent->name;
}

size_t plug_fqdn(const char *name, char *buf, size_t len)
{
    char here[PLUG__NAME_MAX + 1] = "";
    struct plug_hostent *ent;

    if (!name || !name[0] || strcmp(name, "0.0.0.0") == 0 || strcmp(name, "::") == 0) {
        name = plug_hostname(here, sizeof here) < 0 ? "" : here;
    }
    if (plug_hostent_by_text(name, &ent) < 0)
        return give_text(name, buf, len);
    size_t n = give_text(name_with_dot(ent), buf, len);
    plug_hostent_free(ent);
    return n;
}
