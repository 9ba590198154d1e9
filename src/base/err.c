/* SPDX-License-Identifier: MIT */
#include "base/err_system.h"
#include <netdb.h>
#include <plug/err.h>
#include <plug/text.h>
#include <string.h>

struct entry {
    int code;
    const char *name, *text;
};

static const struct entry ours[] = {
#define OURS(name, code, text) {code, #name, text},
    PLUG_ERR_MAP(OURS)
#undef OURS
};

/* In the order of the list; plug_err_each shows them like this. */
static const struct entry systems[] = {
#define SYSTEM(name, text) {-name, #name, text},
    PLUG__ERR_SYSTEM(SYSTEM)
#undef SYSTEM
};

static const struct entry aliases[] = {
#define ALIAS(name) {-name, #name, NULL},
    PLUG__ERR_ALIASES(ALIAS)
#undef ALIAS
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const struct entry *find_code(const struct entry *table, size_t count, int code)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].code == code)
            return &table[i];
    return NULL;
}

static const struct entry *find_name(const struct entry *table, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

static const struct entry *find(int code)
{
    if (code >= -4095)
        return find_code(systems, COUNT(systems), code);
    return find_code(ours, COUNT(ours), code);
}

const char *plug_strerror(int code)
{
    const struct entry *e = find(code);

    if (code >= 0)
        return "success";
    return e ? e->text : "unknown error";
}

const char *plug_err_name(int code)
{
    const struct entry *e = find(code);

    if (code == 0)
        return "PLUG_OK";
    return e ? e->name : "?";
}

int plug_err_value(const char *name)
{
    const struct entry *e = find_name(ours, COUNT(ours), name);

    if (!e)
        e = find_name(systems, COUNT(systems), name);
    if (!e)
        e = find_name(aliases, COUNT(aliases), name);
    return e ? e->code : 0;
}

static const struct {
    int low, high;
    const char *name;
} bands[] = {
    [PLUG_DOMAIN_NONE] = {0, INT32_MAX, "none"},
    [PLUG_DOMAIN_SYSTEM] = {-4095, -1, "system"},
    [PLUG_DOMAIN_RESOLVER] = {-5999, -5000, "resolver"},
    [PLUG_DOMAIN_HOST] = {-6099, -6000, "host"},
    [PLUG_DOMAIN_PLUG] = {-7099, -7000, "plug"},
    [PLUG_DOMAIN_STRUCT] = {-7199, -7100, "struct"},
    [PLUG_DOMAIN_TEXT] = {-7299, -7200, "text"},
    [PLUG_DOMAIN_FRAME] = {-7399, -7300, "frame"},
    [PLUG_DOMAIN_DNS] = {-7499, -7400, "dns"},
    [PLUG_DOMAIN_TLS] = {-7599, -7500, "tls"},
    [PLUG_DOMAIN_PACKET] = {-7699, -7600, "packet"},
};

enum plug_err_domain plug_err_domain(int code)
{
    for (size_t i = 0; i < COUNT(bands); i++)
        if (code >= bands[i].low && code <= bands[i].high)
            return (enum plug_err_domain)i;
    return PLUG_DOMAIN_NONE;
}

const char *plug_err_domain_name(enum plug_err_domain domain)
{
    return (size_t)domain < COUNT(bands) ? bands[domain].name : "none";
}

int plug_err_native(int code)
{
    switch (plug_err_domain(code)) {
    case PLUG_DOMAIN_SYSTEM:
        return -code;
    case PLUG_DOMAIN_RESOLVER:
        return code + 5000;
    case PLUG_DOMAIN_HOST:
        return -6000 - code;
    default:
        return code;
    }
}

/* A system error of a look-up; libc leaves 0 in errno when it has no better idea. */
static int from_errno(int sys_errno, int otherwise)
{
    return sys_errno > 0 && sys_errno <= 4095 ? -sys_errno : otherwise;
}

int plug_err_from_eai(int eai, int sys_errno)
{
    if (eai == 0)
        return 0;
    if (eai == EAI_SYSTEM)
        return from_errno(sys_errno, PLUG_EAI_SYSTEM);
    return eai < 0 && eai > -1000 ? -5000 + eai : PLUG_EAI_FAIL;
}

int plug_err_from_host(int host_errno, int sys_errno)
{
    if (host_errno == 0)
        return 0;
    if (host_errno == NETDB_INTERNAL)
        return from_errno(sys_errno, PLUG_EHOST_NO_RECOVERY);
    return host_errno > 0 && host_errno < 100 ? -6000 - host_errno : PLUG_EHOST_NO_RECOVERY;
}

/* Appends text at offset at of a result that may be longer than buf; the offset behind it. */
static size_t put(char *buf, size_t len, size_t at, const char *text)
{
    size_t n = strlen(text);

    if (at < len) {
        size_t room = len - at - 1, part = n < room ? n : room;
        memcpy(buf + at, text, part);
        buf[at + part] = '\0';
    }
    return at + n;
}

size_t plug_err_text(int code, const char *op, const char *object, char *buf, size_t len)
{
    size_t at = 0;

    if (op)
        at = put(buf, len, at, op);
    if (op && object)
        at = put(buf, len, at, " ");
    if (object && !*object)
        at = put(buf, len, at, "''");
    else if (object)
        at += plug_text_escape(PLUG_TEXT_TTY, object, strlen(object), at < len ? buf + at : NULL,
                               at < len ? len - at : 0);
    if (op || object)
        at = put(buf, len, at, ": ");
    return put(buf, len, at, plug_strerror(code));
}

static int each(const struct entry *table, size_t count, plug_err_each_fn *fn, void *arg)
{
    for (size_t i = 0; i < count; i++) {
        int r = fn(table[i].code, table[i].name, table[i].text, arg);
        if (r != 0)
            return r;
    }
    return 0;
}

int plug_err_each(plug_err_each_fn *fn, void *arg)
{
    int r = each(ours, COUNT(ours), fn, arg);

    return r != 0 ? r : each(systems, COUNT(systems), fn, arg);
}
