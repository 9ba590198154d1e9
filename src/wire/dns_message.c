/* SPDX-License-Identifier: MIT */
/* Header, names and records of a DNS message (RFC 1035 4.1). */
#include "wire/dns_message.h"

#include <plug/bytes.h>
#include <plug/err.h>
#include <string.h>

#define POINTER      0xC0 /* RFC 1035 4.1.4 */
#define POINTER_MASK 0x3FFF

/* --- names -------------------------------------------------------------------------------- */

static char *put_decimal3(char *p, uint8_t c)
{
    *p++ = (char)('0' + c / 100);
    *p++ = (char)('0' + c / 10 % 10);
    *p++ = (char)('0' + c % 10);
    return p;
}

/* One label; what could be taken for syntax or is not printable becomes an escape. */
static char *put_label(char *p, const uint8_t *label, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t c = label[i];
        bool plain = c > 0x20 && c < 0x7F;
        if (!plain || strchr(".\\\"();@$", c))
            *p++ = '\\';
        if (plain)
            *p++ = (char)c;
        else
            p = put_decimal3(p, c);
    }
    return p;
}

/* Where the compression pointer at at leads: only to before limit. 0 or the error. */
static int follow(const struct plug__dns *m, size_t at, size_t *limit)
{
    if (m->len - at < 2)
        return PLUG_EDNS_BADREPLY;
    size_t to = plug_get_be16(m->bytes + at) & POINTER_MASK;
    if (to >= *limit || to < PLUG__DNS_HEADER)
        return PLUG_EDNS_BADREPLY;
    *limit = to;
    return 0;
}

/*
 * The next label at *at, its pointers followed; *end is set where the name ends in its own place.
 */
static int next_label(const struct plug__dns *m, size_t *at, size_t *limit, size_t *end)
{
    while (*at < m->len && (m->bytes[*at] & POINTER) == POINTER) {
        if (!*end)
            *end = *at + 2;
        int err = follow(m, *at, limit);
        if (err < 0)
            return err;
        *at = *limit;
    }
    if (*at >= m->len || (m->bytes[*at] & POINTER) || m->bytes[*at] >= m->len - *at)
        return PLUG_EDNS_BADREPLY;
    return m->bytes[*at];
}

int plug__dns_name(const struct plug__dns *m, size_t *at, char *out)
{
    size_t here = *at, limit = *at, end = 0, wire = 1;
    char *p = out;
    int len;

    while ((len = next_label(m, &here, &limit, &end)) > 0) {
        wire += (size_t)len + 1;
        if (wire > PLUG__DNS_NAME_WIRE)
            return PLUG_EDNS_BADREPLY;
        if (p > out)
            *p++ = '.';
        p = put_label(p, m->bytes + here + 1, (size_t)len);
        here += (size_t)len + 1;
    }
    if (len < 0)
        return len;
    if (p == out)
        *p++ = '.';
    *p = 0;
    *at = end ? end : here + 1;
    return (int)(p - out);
}

/* --- the message -------------------------------------------------------------------------- */

static int skip(struct plug__dns *m, size_t n)
{
    if (m->len - m->at < n)
        return PLUG_EDNS_BADREPLY;
    m->at += n;
    return 0;
}

int plug__dns_open(struct plug__dns *m, const void *bytes, size_t len)
{
    char name[PLUG__DNS_NAME_TEXT];
    const uint8_t *p = bytes;

    if (len < PLUG__DNS_HEADER)
        return PLUG_EDNS_BADREPLY;
    *m = (struct plug__dns){.bytes = p,
                            .len = len,
                            .at = PLUG__DNS_HEADER,
                            .left = plug_get_be16(p + 6),
                            .id = plug_get_be16(p),
                            .rcode = p[3] & 0x0F,
                            .response = p[2] & 0x80,
                            .authoritative = p[2] & 0x04,
                            .truncated = p[2] & 0x02};
    for (unsigned questions = plug_get_be16(p + 4); questions; questions--) {
        int err = plug__dns_name(m, &m->at, name);
        if (err < 0 || (err = skip(m, 4)) < 0)
            return err;
    }
    return 0;
}

int plug__dns_next(struct plug__dns *m, struct plug__dns_rr *ret_rr)
{
    char name[PLUG__DNS_NAME_TEXT];
    struct plug__dns_rr rr = {.name_at = m->at};

    if (!m->left)
        return 0;
    int err = plug__dns_name(m, &m->at, name);
    if (err < 0)
        return err;
    const uint8_t *p = m->bytes + m->at;
    if ((err = skip(m, 10)) < 0)
        return err;
    rr.type = plug_get_be16(p);
    rr.cls = plug_get_be16(p + 2);
    rr.ttl = plug_get_be32(p + 4);
    rr.data_len = plug_get_be16(p + 8);
    rr.data_at = m->at;
    if ((err = skip(m, rr.data_len)) < 0)
        return err;
    m->left--;
    *ret_rr = rr;
    return 1;
}
